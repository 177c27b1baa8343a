#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "count.h"

enum { TOP = 5 };

int main(int argc, char **argv)
{
    struct totals totals = {0, 0, 0};
    struct table table = {NULL, 0, 0};
    FILE *in = argc > 1 ? fopen(argv[1], "rb") : stdin;

    if (in == NULL || count(in, &totals, &table) < 0) {
        fprintf(stderr, "wordcount: %s: %s\n", argc > 1 ? argv[1] : "stdin", strerror(errno));
        return 1;
    }
    printf("%zu lines, %zu words, %zu bytes\n", totals.lines, totals.words, totals.bytes);
    table_sort(&table);
    for (size_t i = 0; i < table.used && i < TOP; i++)
        printf("%4zu %s\n", table.entries[i].count, table.entries[i].word);
    table_free(&table);
    return 0;
}
