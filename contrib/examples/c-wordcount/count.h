#ifndef COUNT_H
#define COUNT_H

#include <stdio.h>

#include "table.h"

struct totals {
    size_t lines, words, bytes;
};

/* Reads `in` to its end. Words are runs of letters, in lower case. Returns 0, or -1 with errno set. */
int count(FILE *in, struct totals *totals, struct table *table);

#endif
