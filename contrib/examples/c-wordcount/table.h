#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>

struct entry {
    char *word;
    size_t count;
};

/* A hash table with open addressing; all zero is an empty one. */
struct table {
    struct entry *entries;
    size_t used, size;
};

/* Counts `word` once more. Returns 0, or -1 when memory is out. */
int table_add(struct table *table, const char *word);

/* Moves the entries to the front, the most frequent first, equal ones by name. The table is then a list. */
void table_sort(struct table *table);

void table_free(struct table *table);

#endif
