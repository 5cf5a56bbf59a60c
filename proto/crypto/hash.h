/* SPDX-License-Identifier: Apache-2.0
 * H(tag, ...) of docs/protocol.md: BLAKE2b (RFC 7693) over a length-prefixed tag, length-prefixed
 * byte strings (length: 4 big-endian bytes) and big-endian integers of fixed width, so that no two
 * inputs of one use share an encoding.
 */
#ifndef HEARTH_CRYPTO_HASH_H
#define HEARTH_CRYPTO_HASH_H

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/crypto/group.h"

enum { HASH_BYTES = 32, HASH_WIDE_BYTES = 64, HASH_KEY_BYTES = 32 };

struct hash {
    crypto_generichash_state state;
    size_t out_len;
};

/* out_len: HASH_BYTES or HASH_WIDE_BYTES. key: NULL, or HASH_KEY_BYTES bytes (BLAKE2b's keyed
 * mode). */
void hash_start(struct hash *hash, const char *tag, size_t out_len, const uint8_t *key);
void hash_u64(struct hash *hash, uint64_t value);
void hash_bytes(struct hash *hash, const void *data, size_t len);
void hash_text(struct hash *hash, const char *text);
/* Appends the 32-byte canonical encoding, without a length. */
void hash_point(struct hash *hash, const struct point *point);
/* Writes out_len bytes and wipes the state. */
void hash_end(struct hash *hash, uint8_t *out);
/* Same, with out_len HASH_WIDE_BYTES, reduced mod l: a challenge. */
void hash_end_scalar(struct hash *hash, struct scalar *out);

/* The order of two hashes that are public, HASH_BYTES each, for qsort too. Not constant time. */
int hash_order(const void *a, const void *b);

/* H(tag, data) in one call, HASH_BYTES long. */
void hash_once(uint8_t out[HASH_BYTES], const char *tag, const void *data, size_t len);

#endif
