/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/noise.h"

#include <math.h>
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/figures/noise_internal.h"

enum { ENTRY_BYTES = 16 };

size_t noise_table_entries(const struct noise_table *table)
{
    return table->count;
}

static void put_u64(uint8_t out[8], uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)(value >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t in[8])
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) value = value << 8 | in[i];
    return value;
}

void noise_table_entry(const struct noise_table *table, size_t i, uint8_t out[16])
{
    REQUIRE(i < table->count);
    put_u64(out, table->entries[i].high);
    put_u64(out + 8, table->entries[i].low);
}

void noise_table_hash(const struct noise_table *table, uint8_t out[HASH_BYTES])
{
    uint8_t *bytes = mem_array(table->count, ENTRY_BYTES);
    for (size_t i = 0; i < table->count; i++) noise_table_entry(table, i, bytes + i * ENTRY_BYTES);
    struct hash hash;
    hash_start(&hash, "hearth v1 noise table", HASH_BYTES, NULL);
    hash_u64(&hash, table->spec.shares);
    hash_u64(&hash, table->spec.epsilon);
    hash_u64(&hash, table->spec.sensitivity);
    hash_bytes(&hash, bytes, table->count * ENTRY_BYTES);
    hash_end(&hash, out);
    free(bytes);
}

/* What a - b - borrow borrows, 0 or 1: in the highest bit, without a comparison that a compiler
 * could make a branch of. */
static uint64_t borrow(uint64_t a, uint64_t b, uint64_t difference)
{
    return ((~a & b) | (~(a ^ b) & difference)) >> 63;
}

/* The number of entries that are not above the uniform. */
static uint64_t draw(const struct noise_table *table, struct stream *stream)
{
    uint8_t bytes[ENTRY_BYTES];
    stream_bytes(stream, bytes, sizeof bytes);
    uint64_t high = get_u64(bytes), low = get_u64(bytes + 8), above = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct noise_entry *entry = &table->entries[i];
        uint64_t carry = borrow(low, entry->low, low - entry->low);
        above += borrow(high, entry->high, high - entry->high - carry);
    }
    sodium_memzero(bytes, sizeof bytes);
    return table->count - above;
}

int32_t noise_draw(const struct noise_table *table, struct stream *stream)
{
    uint64_t x = draw(table, stream), y = draw(table, stream);
    return (int32_t)x - (int32_t)y;
}

double noise_deviation(const struct noise_spec *spec, size_t contributions)
{
    double p = exp(-(double)spec->epsilon / EPSILON_ONE / spec->sensitivity);
    double each = 2 * p / ((1 - p) * (1 - p)) / spec->shares;
    return sqrt((double)contributions * each);
}
