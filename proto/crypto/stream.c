/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/stream.h"

#include <sodium.h>
#include <string.h>

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

uint64_t stream_below(struct stream *stream, uint64_t bound)
{
    REQUIRE(bound >= 1);
    /* The lowest 2^64 mod bound words are refused: what is left is a whole number of bounds. */
    uint64_t refused = (0 - bound) % bound;
    uint64_t word = 0;
    do {
        word = next_word(stream);
    } while (word < refused);
    return word % bound;
}

void stream_permutation(struct stream *stream, uint32_t *out, size_t count)
{
    REQUIRE(count <= UINT32_MAX);
    for (size_t i = 0; i < count; i++) out[i] = (uint32_t)i;
    for (size_t left = count; left > 1; left--) {
        size_t chosen = (size_t)stream_below(stream, left);
        uint32_t value = out[left - 1];
        out[left - 1] = out[chosen];
        out[chosen] = value;
    }
}

void stream_wipe(struct stream *stream)
{
    sodium_memzero(stream, sizeof *stream);
}
