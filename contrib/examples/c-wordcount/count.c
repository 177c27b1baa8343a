#include "count.h"

#include <ctype.h>

enum { LONGEST = 64 };

int count(FILE *in, struct totals *totals, struct table *table)
{
    char word[LONGEST + 1];
    size_t length = 0;
    int c;

    do {
        c = getc(in);
        if (c != EOF) {
            totals->bytes++;
            if (c == '\n')
                totals->lines++;
        }
        if (c != EOF && isalpha(c)) {
            if (length < LONGEST)
                word[length++] = (char)tolower(c);
        } else if (length > 0) {
            word[length] = '\0';
            length = 0;
            totals->words++;
            if (table_add(table, word) < 0)
                return -1;
        }
    } while (c != EOF);
    return ferror(in) ? -1 : 0;
}
