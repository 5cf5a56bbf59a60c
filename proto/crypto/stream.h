/* SPDX-License-Identifier: Apache-2.0
 * Deterministic randomness from a seed (docs/protocol.md "Randomness from seeds"):
 *   key     = H(tag, context), keyed with the seed, 64 bytes (hash.h: both length-prefixed)
 *   block i = BLAKE2b-512, keyed with key, of i as 8 big-endian bytes; i = 0, 1, ...
 * and the stream is the blocks in a row. Each function says what it takes from it: the order in
 * which a stream is consumed is part of the protocol and fixed by vectors (tests/vectors).
 */
#ifndef HEARTH_CRYPTO_STREAM_H
#define HEARTH_CRYPTO_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "proto/crypto/group.h"

enum { SEED_BYTES = 32 };

struct stream {
    uint8_t key[64]; /* derived from seed, tag and context */
    uint64_t next;   /* next block */
    uint8_t block[64];
    size_t used;
};

/* seed: SEED_BYTES bytes, one a query or a reply, never reused under the same tag and context. */
void stream_start(struct stream *stream, const char *tag, const uint8_t seed[SEED_BYTES],
                  const void *context, size_t context_len);
void stream_bytes(struct stream *stream, void *out, size_t len);
/* 64 stream bytes, little-endian, reduced mod l; a zero aborts. */
void stream_scalar(struct stream *stream, struct scalar *out);
/* Uniform in [0, bound), bound >= 1: takes words of 8 big-endian bytes until one is not below
 * 2^64 mod bound, and gives it mod bound. At least one word, for bound 1 too. */
uint64_t stream_below(struct stream *stream, uint64_t bound);
/* An unbiased permutation of 0..count-1 (Fisher-Yates): from the last place down to the second,
 * place i changes with place stream_below(i + 1). Constant time: each change looks at all places,
 * count^2 / 2 steps of about a nanosecond in all. */
void stream_permutation(struct stream *stream, uint32_t *out, size_t count);
void stream_wipe(struct stream *stream);

#endif
