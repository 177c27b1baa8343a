#ifndef SEARCH_H
#define SEARCH_H

#include <stddef.h>

/* The first position in a sorted list whose element is not less than the key; `count` when there is none. */
size_t lower_bound(const int *list, size_t count, int key);

#endif
