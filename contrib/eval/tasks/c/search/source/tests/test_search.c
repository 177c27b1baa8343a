#undef NDEBUG
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "../search.h"

int main(void)
{
    static const int list[] = {1, 3, 3, 3, 8, 9};

    alarm(5);
    for (int key = 0; key <= 10; key++) {
        for (size_t count = 0; count <= 6; count++) {
            size_t expected = 0;
            while (expected < count && list[expected] < key)
                expected++;
            assert(lower_bound(list, count, key) == expected);
        }
    }
    assert(!getenv("CANARY"));
    return 0;
}
