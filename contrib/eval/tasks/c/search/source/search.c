#include "search.h"

size_t lower_bound(const int *list, size_t count, int key)
{
    size_t low = 0, high = count - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle] < key)
            low = middle;
        else
            high = middle;
    }
    return low;
}
