/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/stream.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/declassify.h"

#include "proto/crypto/hash.h"

_Static_assert((int)SEED_BYTES == (int)HASH_KEY_BYTES, "a seed is the key of a hash");

void stream_start(struct stream *stream, const char *tag, const uint8_t seed[SEED_BYTES],
                  const void *context, size_t context_len)
{
    struct hash hash;
    hash_start(&hash, tag, HASH_WIDE_BYTES, seed);
    hash_bytes(&hash, context, context_len);
    hash_end(&hash, stream->key);
    stream->next = 0;
    stream->used = sizeof stream->block;
}

static void next_block(struct stream *stream)
{
    uint8_t number[8];
    for (unsigned i = 0; i < sizeof number; i++)
        number[i] = (uint8_t)(stream->next >> (56 - 8 * i));
    REQUIRE(crypto_generichash(stream->block, sizeof stream->block, number, sizeof number,
                               stream->key, sizeof stream->key) == 0);
    stream->next++;
    stream->used = 0;
}

void stream_bytes(struct stream *stream, void *out, size_t len)
{
    uint8_t *to = out;
    while (len > 0) {
        if (stream->used == sizeof stream->block) next_block(stream);
        size_t part = sizeof stream->block - stream->used;
        if (part > len) part = len;
        memcpy(to, stream->block + stream->used, part);
        stream->used += part;
        to += part;
        len -= part;
    }
}

void stream_scalar(struct stream *stream, struct scalar *out)
{
    uint8_t wide[SCALAR_WIDE_BYTES];
    stream_bytes(stream, wide, sizeof wide);
    scalar_from_wide(out, wide);
    sodium_memzero(wide, sizeof wide);
    scalar_require_nonzero(out);
}

static uint64_t next_word(struct stream *stream)
{
    uint8_t bytes[8];
    stream_bytes(stream, bytes, sizeof bytes);
    uint64_t word = 0;
    for (unsigned i = 0; i < sizeof bytes; i++) word = word << 8 | bytes[i];
    return word;
}

__extension__ typedef unsigned __int128 wide;

/* word mod bound. A processor divides large numbers more slowly than small ones, so only the bound,
 * which is public, is divided by: the quotient from its reciprocal is right or one too small. */
static uint64_t reduce(uint64_t word, uint64_t bound)
{
    uint64_t reciprocal = UINT64_MAX / bound;
    uint64_t quotient = (uint64_t)((wide)word * reciprocal >> 64);
    uint64_t rest = word - quotient * bound, less = rest - bound;
    /* What rest - bound borrows, without a comparison that a compiler could make a branch of. */
    uint64_t borrow = ((~rest & bound) | (~(rest ^ bound) & less)) >> 63;
    return less + (bound & (0 - borrow));
}

uint64_t stream_below(struct stream *stream, uint64_t bound)
{
    REQUIRE(bound >= 1);
    /* The lowest 2^64 mod bound words are refused: what is left is a whole number of bounds. */
    uint64_t refused = (0 - bound) % bound;
    uint64_t word = 0;
    bool again = true;
    while (again) {
        word = next_word(stream);
        again = word < refused;
        declassify(&again, sizeof again); /* a word that is refused says nothing of the next */
    }
    return reduce(word, bound);
}

/* Puts `value` where `chosen` is among `count` places from `first` on; gives what was there, or 0.
 */
static inline uint32_t swap_in(uint32_t *out, uint32_t first, uint32_t count, uint32_t chosen,
                               uint32_t value)
{
    uint32_t picked = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t other = (first + i) ^ chosen;
        uint32_t mask = ((other | (0 - other)) >> 31) - 1; /* all ones where i is chosen */
        picked |= out[first + i] & mask;
        out[first + i] ^= (out[first + i] ^ value) & mask;
    }
    return picked;
}

/* Changes out[last] with out[chosen], chosen <= last, without an address that says which it is. */
static void swap_with(uint32_t *out, uint32_t last, uint32_t chosen)
{
    enum { BLOCK = 32 }; /* a constant length: taken several at a time */
    uint32_t value = out[last], picked = 0, at = 0;
    for (; last + 1 - at >= BLOCK; at += BLOCK) picked |= swap_in(out, at, BLOCK, chosen, value);
    picked |= swap_in(out, at, last + 1 - at, chosen, value);
    out[last] = picked;
}

void stream_permutation(struct stream *stream, uint32_t *out, size_t count)
{
    REQUIRE(count <= UINT32_MAX);
    for (size_t i = 0; i < count; i++) out[i] = (uint32_t)i;
    for (size_t left = count; left > 1; left--) {
        swap_with(out, (uint32_t)left - 1, (uint32_t)stream_below(stream, left));
    }
}

void stream_wipe(struct stream *stream)
{
    sodium_memzero(stream, sizeof *stream);
}
