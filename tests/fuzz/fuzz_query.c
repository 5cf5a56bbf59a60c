/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a query: refused with a reason, or checked and evaluated over carers who hold every
 * position, whatever the ciphertexts are.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The epoch is whatever the query names; its key is B, so that only the proof can be wrong. */
static struct epoch_record epoch_of(const struct query *query)
{
    struct epoch_record epoch = {.epoch = query->epoch, .not_before = 1, .not_after = INT64_MAX};
    point_base(&epoch.key);
    point_encode(epoch.key_bytes, &epoch.key);
    return epoch;
}

static void evaluate(const struct query *query, const struct blind_layout *layout)
{
    static const uint8_t seed[SEED_BYTES] = {1}, hash[HASH_BYTES] = {2};
    uint8_t c1[16 * POINT_BYTES], c2[16 * POINT_BYTES];
    size_t gate = blind_position_gate(layout);
    uint16_t *held = mem_array(gate, sizeof *held);
    for (size_t i = 0; i < gate; i++) held[i] = (uint16_t)i;
    const struct blind_profile profile = {.hard = held, .soft = held, .hard_count = (uint16_t)gate};
    struct point key;
    point_base(&key);
    blind_evaluate(c1, c2, layout, query->ciphertexts.data, &key, &profile, 1, seed, hash, NULL);
    free(held);
}

static void use(const struct query *query)
{
    size_t cells = 100 * query->footprint_count, count = query->ciphertexts.len / CIPHERTEXT_BYTES;
    struct blind_layout layout = {
        .hard_slots = count > 2 * cells + 2 ? (uint16_t)(count - 2 * cells - 2) : 0};
    const struct epoch_record epoch = epoch_of(query);
    struct point joint;
    struct err err = {0};
    if (!query_check(query, &epoch, &layout, query->issued_at, &joint, &err))
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    if (blind_layout_count(&layout) == count) evaluate(query, &layout);
    if (!blind_query_check(query->ciphertexts.data, count, NULL, &err))
        REQUIRE(err.code == ERR_INVALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct query query;
    struct err err = {0};
    if (!query_decode(data, len, &query, &err)) {
        REQUIRE(err.code == ERR_INVALID || err.code == ERR_VERSION);
        REQUIRE(err.text[0] != '\0');
        return 0;
    }
    use(&query);
    query_free(&query);
    return 0;
}
