/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/hash.h"

#include <string.h>

static void put(struct hash *hash, const void *data, size_t len)
{
    REQUIRE(crypto_generichash_update(&hash->state, data, len) == 0);
}

static void put_length(struct hash *hash, size_t len)
{
    REQUIRE(len <= UINT32_MAX);
    uint8_t prefix[4];
    for (unsigned i = 0; i < sizeof prefix; i++) prefix[i] = (uint8_t)(len >> (24 - 8 * i));
    put(hash, prefix, sizeof prefix);
}

void hash_start(struct hash *hash, const char *tag, size_t out_len, const uint8_t *key)
{
    REQUIRE(out_len == HASH_BYTES || out_len == HASH_WIDE_BYTES);
    hash->out_len = out_len;
    size_t key_len = key != NULL ? HASH_KEY_BYTES : 0;
    REQUIRE(crypto_generichash_init(&hash->state, key, key_len, out_len) == 0);
    hash_text(hash, tag);
}

void hash_u64(struct hash *hash, uint64_t value)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    put(hash, bytes, sizeof bytes);
}

void hash_bytes(struct hash *hash, const void *data, size_t len)
{
    put_length(hash, len);
    if (len > 0) put(hash, data, len);
}

void hash_text(struct hash *hash, const char *text)
{
    hash_bytes(hash, text, strlen(text));
}

void hash_point(struct hash *hash, const struct point *point)
{
    uint8_t encoded[POINT_BYTES];
    point_encode(encoded, point);
    put(hash, encoded, sizeof encoded);
}

void hash_end(struct hash *hash, uint8_t *out)
{
    REQUIRE(crypto_generichash_final(&hash->state, out, hash->out_len) == 0);
    sodium_memzero(hash, sizeof *hash);
}

void hash_end_scalar(struct hash *hash, struct scalar *out)
{
    REQUIRE(hash->out_len == HASH_WIDE_BYTES);
    uint8_t wide[HASH_WIDE_BYTES];
    hash_end(hash, wide);
    scalar_from_wide(out, wide);
    sodium_memzero(wide, sizeof wide);
}

int hash_order(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

void hash_once(uint8_t out[HASH_BYTES], const char *tag, const void *data, size_t len)
{
    struct hash hash;
    hash_start(&hash, tag, HASH_BYTES, NULL);
    hash_bytes(&hash, data, len);
    hash_end(&hash, out);
}
