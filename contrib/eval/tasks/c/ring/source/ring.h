/* A ring buffer of bytes. All zero is an empty one. */
#ifndef RING_H
#define RING_H

#define RING_SIZE 8

struct ring {
    unsigned char bytes[RING_SIZE];
    unsigned first, used;
};

/* Add a byte at the end. Returns 0, or -1 when it is full. */
int ring_put(struct ring *ring, unsigned char byte);

/* Take the oldest byte. Returns it, or -1 when there is none. */
int ring_get(struct ring *ring);

#endif
