/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/seen.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

enum { SEEN_START = 64 }; /* places; a power of two */

/* Open addressing, at most half full. The hash is keyed: whoever sends the points chooses them. */
struct seen {
    uint8_t (*places)[POINT_BYTES];
    size_t size, used;
    uint8_t key[crypto_shorthash_KEYBYTES];
};

struct seen *seen_new(void)
{
    struct seen *seen = mem_new(struct seen);
    seen->size = SEEN_START;
    seen->places = mem_array(seen->size, POINT_BYTES);
    crypto_shorthash_keygen(seen->key);
    return seen;
}

void seen_free(struct seen *seen)
{
    if (!seen) return;
    free(seen->places);
    free(seen);
}

/* Where the point is, or the empty place where it belongs. */
static uint8_t *place_of(const struct seen *seen, const uint8_t point[POINT_BYTES])
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t start = 0;
    crypto_shorthash(hash, point, POINT_BYTES, seen->key);
    memcpy(&start, hash, sizeof start);
    for (size_t i = (size_t)start;; i++) {
        uint8_t *place = seen->places[i & (seen->size - 1)];
        if (sodium_is_zero(place, POINT_BYTES) || sodium_memcmp(place, point, POINT_BYTES) == 0)
            return place;
    }
}

static void grow(struct seen *seen)
{
    struct seen old = *seen;
    seen->size = 2 * old.size;
    seen->places = mem_array(seen->size, POINT_BYTES);
    for (size_t i = 0; i < old.size; i++) {
        if (sodium_is_zero(old.places[i], POINT_BYTES)) continue;
        memcpy(place_of(seen, old.places[i]), old.places[i], POINT_BYTES);
    }
    free(old.places);
}

bool seen_has(const struct seen *seen, const uint8_t point[POINT_BYTES])
{
    REQUIRE(!sodium_is_zero(point, POINT_BYTES));
    return !sodium_is_zero(place_of(seen, point), POINT_BYTES);
}

bool seen_add(struct seen *seen, const uint8_t point[POINT_BYTES])
{
    if (seen_has(seen, point)) return false;
    if (2 * (seen->used + 1) > seen->size) grow(seen);
    memcpy(place_of(seen, point), point, POINT_BYTES);
    seen->used++;
    return true;
}
