#include "ring.h"

int ring_put(struct ring *ring, unsigned char byte)
{
    if (ring->used > RING_SIZE)
        return -1;
    ring->bytes[ring->used++ % RING_SIZE] = byte;
    return 0;
}

int ring_get(struct ring *ring)
{
    if (ring->used == 0)
        return -1;
    ring->used--;
    return ring->bytes[ring->first++ % RING_SIZE];
}
