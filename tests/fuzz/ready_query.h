/* SPDX-License-Identifier: Apache-2.0
 * A query of la-1 and what agencies answer it with, made once in a while and used by many inputs:
 * encrypting one takes longer than all else that an input does.
 */
#ifndef TESTS_FUZZ_READY_QUERY_H
#define TESTS_FUZZ_READY_QUERY_H

#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/blind.h"
#include "proto/crypto/message.h"
#include "proto/domain/catalogue.h"
#include "tests/unit/support_keys/parties.h"

enum {
    QUERY_CARERS = 3,
    QUERY_ITEMS = 16,    /* their size class */
    QUERY_AGENTS = 2,    /* that have a reply ready */
    QUERY_USE_MS = 60000 /* then it is made anew, long before it has expired */
};

struct ready_query {
    const uint8_t *query_id;
    bool is_member; /* of the group below */
    struct epoch_record epoch;
    int64_t made_ms;
    uint8_t seed[SEED_BYTES], hash[HASH_BYTES];
    struct scalar a;
    struct buf body, group;
    uint8_t c1[QUERY_AGENTS][QUERY_ITEMS * POINT_BYTES];
    uint8_t c2[QUERY_AGENTS][QUERY_ITEMS * POINT_BYTES];
};

/* One must, two preferences. Of the first carer both, of the second the must, of the third none. */
static inline void ready_replies(struct ready_query *query, const struct blind_layout *layout)
{
    uint16_t hard[] = {(uint16_t)blind_position_hard(layout, 0)};
    uint16_t soft[] = {(uint16_t)blind_position_soft(layout, 0),
                       (uint16_t)blind_position_soft(layout, 1)};
    const struct blind_profile carers[QUERY_CARERS] = {
        {.hard = hard, .soft = soft, .hard_count = 1, .soft_count = 2},
        {.hard = hard, .soft = soft, .hard_count = 1, .soft_count = 0},
        {.hard = hard, .soft = soft, .hard_count = 0, .soft_count = 1}};
    struct query decoded;
    struct point joint;
    struct err err = {0};
    parties_must(query_decode(query->body.data, query->body.len, &decoded, &err), &err);
    REQUIRE(blind_joint_key(&joint, &decoded.key, &query->epoch.key));
    REQUIRE(blind_size_class(QUERY_CARERS) == QUERY_ITEMS);
    for (size_t i = 0; i < QUERY_AGENTS; i++) {
        uint8_t seed[SEED_BYTES] = {(uint8_t)(1 + i)};
        blind_evaluate(query->c1[i], query->c2[i], layout, decoded.ciphertexts.data, &joint, carers,
                       QUERY_CARERS, seed, query->hash, NULL);
    }
    query_free(&decoded);
}

static inline void ready_group(struct ready_query *query, int64_t now, const uint8_t *group_id)
{
    struct query_group group = {.la = "la-1",
                                .epoch = query->epoch.epoch,
                                .issued_at = now,
                                .expires_at = now + QUERY_LIFETIME_MS};
    memcpy(group.group_id, group_id, GROUP_ID_BYTES);
    for (size_t i = 0; i < GROUP_QUERIES; i++) group.queries[i][0] = (uint8_t)i;
    memcpy(group.queries[3], query->hash, HASH_BYTES);
    buf_free(&query->group);
    query_group_encode(&group, &query->group);
}

static inline void ready_make(struct ready_query *query, int64_t now)
{
    static const uint8_t group_id[GROUP_ID_BYTES] = {7, 7};
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0);
    int16_t *values = mem_array(blind_layout_count(&layout), sizeof *values);
    values[blind_position_hard(&layout, 0)] = 1;
    values[blind_position_soft(&layout, 0)] = 400;
    values[blind_position_soft(&layout, 1)] = 300;
    values[blind_position_gate(&layout)] = -1;
    const struct query_plain plain = {.catalogue = CATALOGUE_VERSION,
                                      .la = "la-1",
                                      .query_id = query->query_id,
                                      .issued_at = now,
                                      .expires_at = now + QUERY_LIFETIME_MS,
                                      .layout = layout,
                                      .values = values,
                                      .group_id = query->is_member ? group_id : NULL};
    buf_free(&query->body);
    query_make(&plain, &query->epoch, query->seed, &query->a, &query->body);
    query_hash(query->hash, query->body.data, query->body.len);
    ready_replies(query, &layout);
    ready_group(query, now, group_id);
    query->made_ms = now;
    free(values);
}

/* An ordinary query, or a member of a group, of that epoch. */
static inline struct ready_query *ready_query_of(const struct epoch_record *epoch, bool is_member)
{
    static const uint8_t ids[2][QUERY_ID_BYTES] = {{1}, {2}};
    static struct ready_query queries[2];
    struct ready_query *query = &queries[is_member ? 1 : 0];
    int64_t now = clock_wall_ms();
    query->query_id = ids[is_member ? 1 : 0];
    query->is_member = is_member;
    if (query->epoch.epoch != epoch->epoch || now > query->made_ms + QUERY_USE_MS) {
        query->epoch = *epoch;
        ready_make(query, now);
    }
    return query;
}

#endif
