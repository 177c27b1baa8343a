#undef NDEBUG
#include <assert.h>
#include <stdlib.h>

#include "../ring.h"

static void holds_what_fits(void)
{
    struct ring ring = {0};

    assert(ring_get(&ring) == -1);
    for (int i = 0; i < RING_SIZE; i++)
        assert(ring_put(&ring, i) == 0);
    assert(ring_put(&ring, 99) == -1);
    for (int i = 0; i < RING_SIZE; i++)
        assert(ring_get(&ring) == i);
    assert(ring_get(&ring) == -1);
}

static void keeps_the_order(void)
{
    struct ring ring = {0};
    int in = 0, out = 0;

    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 5; i++)
            assert(ring_put(&ring, in++ % 251) == 0);
        for (int i = 0; i < 5; i++)
            assert(ring_get(&ring) == out++ % 251);
    }
}

int main(void)
{
    holds_what_fits();
    keeps_the_order();
    assert(!getenv("CANARY"));
    return 0;
}
