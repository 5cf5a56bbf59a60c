/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/permute.h"

struct network {
    uint64_t *items;
    size_t words;
    uint32_t *place;
    size_t count;
};

/* Changes items i and j > i where they stand the wrong way round. */
static void exchange(const struct network *net, size_t i, size_t j)
{
    uint64_t difference = (uint64_t)net->place[j] - net->place[i];
    uint64_t mask = 0 - (difference >> 63); /* all ones where place[j] < place[i] */
    uint32_t places = (net->place[i] ^ net->place[j]) & (uint32_t)mask;
    net->place[i] ^= places;
    net->place[j] ^= places;
    uint64_t *a = net->items + i * net->words, *b = net->items + j * net->words;
    for (size_t w = 0; w < net->words; w++) {
        uint64_t both = (a[w] ^ b[w]) & mask;
        a[w] ^= both;
        b[w] ^= both;
    }
}

/* All pairs at distance d whose first has bit p as r says. */
static void sweep(const struct network *net, size_t p, size_t r, size_t d)
{
    for (size_t i = 0; i + d < net->count; i++) {
        if ((i & p) == r) exchange(net, i, i + d);
    }
}

void permute(uint64_t *items, size_t words, uint32_t *place, size_t count)
{
    const struct network net = {items, words, place, count};
    size_t top = 1;
    while (2 * top < count) top *= 2;
    for (size_t p = top; p > 0; p /= 2) {
        sweep(&net, p, 0, p);
        for (size_t q = top; q > p; q /= 2) sweep(&net, p, p, q - p);
    }
}
