/* SPDX-License-Identifier: Apache-2.0
 * A query as an LA makes it, with all keys at hand, and its evaluation.
 */
#ifndef HEARTH_TESTS_AGENT_ASKED_H
#define HEARTH_TESTS_AGENT_ASKED_H

#include "agent/evaluate.h"
#include "proto/base/clock.h"
#include "proto/domain/request.h"
#include "tests/unit/agent/carers.h"

static inline struct request *parse_request(const char *json)
{
    struct err err = {0};
    struct request *request = mem_new(struct request);
    must(request_parse(json, strlen(json),
                       &(struct request_rules){.catalogue = catalogue_get(CATALOGUE_VERSION)},
                       request, &err),
         &err);
    return request;
}

struct asked {
    struct plan plan;
    uint16_t footprint[FOOTPRINT_MAX];
    size_t footprint_count;
    struct scalar m, a;
    struct epoch_record epoch;
    struct query query;
    struct blind_layout layout;
    struct point joint_key;
    struct buf body; /* of the query */
    uint8_t hash[HASH_BYTES], seed[SEED_BYTES];
};

static inline void encrypt(struct asked *asked, int64_t now)
{
    const uint8_t query_id[QUERY_ID_BYTES] = {1, 2, 3};
    struct err err = {0};
    int16_t *values = plan_values(&asked->plan, asked->footprint, asked->footprint_count);
    const struct query_plain plain = {
        .catalogue = CATALOGUE_VERSION,
        .la = "la-1",
        .query_id = query_id,
        .issued_at = now,
        .expires_at = now + QUERY_LIFETIME_MS,
        .footprint = asked->footprint,
        .footprint_count = asked->footprint_count,
        .layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), asked->footprint_count),
        .values = values};
    query_make(&plain, &asked->epoch, asked->seed, &asked->a, &asked->body);
    query_hash(asked->hash, asked->body.data, asked->body.len);
    must(query_decode(asked->body.data, asked->body.len, &asked->query, &err), &err);
    asked->layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), asked->footprint_count);
    must(query_check(&asked->query, &asked->epoch, &asked->layout, now, &asked->joint_key, &err),
         &err);
    free(values);
}

static inline struct asked *ask(const char *json)
{
    struct asked *asked = mem_new(struct asked);
    struct request *request = parse_request(json);
    struct err err = {0};
    const uint8_t key[HASH_KEY_BYTES] = {9};
    const uint8_t tie[HASH_BYTES] = {0};
    struct buf epoch = {0};
    int64_t now = clock_wall_ms();
    must(plan_make(request, catalogue_get(CATALOGUE_VERSION), &asked->plan, &err), &err);
    asked->footprint_count =
        plan_footprint(&asked->plan, request->search_ref, key, asked->footprint);
    epoch_make("matcher", now - 1000, now + 3600000, tie, &asked->m, &asked->epoch, &epoch);
    randombytes_buf(asked->seed, sizeof asked->seed);
    encrypt(asked, now);
    buf_free(&epoch);
    free(request);
    return asked;
}

static inline void asked_free(struct asked *asked)
{
    query_free(&asked->query);
    buf_free(&asked->body);
    free(asked);
}

static inline bool try_evaluate(struct vault *vault, const struct asked *asked,
                                struct evaluated *out, struct err *err)
{
    const struct evaluation in = {.question = {.query = &asked->query,
                                               .catalogue = catalogue_get(CATALOGUE_VERSION),
                                               .layout = &asked->layout,
                                               .joint_key = &asked->joint_key,
                                               .query_hash = asked->hash,
                                               .agent = "ifa-1"},
                                  .today = TODAY,
                                  .fresh_days = STATUS_FRESH_DAYS};
    return evaluate(vault, &in, out, err);
}

static inline struct evaluated run(struct vault *vault, const struct asked *asked)
{
    struct evaluated out;
    struct err err = {0};
    must(try_evaluate(vault, asked, &out, &err), &err);
    return out;
}

/* Carers near Leeds, so that a location matters. */
static inline void hold_near_leeds(struct vault *vault, unsigned count)
{
    struct err err = {0};
    struct vault_changes changes;
    struct profile *profiles = mem_array(count, sizeof *profiles);
    for (unsigned i = 0; i < count; i++) {
        profiles[i] = random_profile(i);
        const struct grid_point at = {(int32_t)(400000 + pick(60000)),
                                      (int32_t)(410000 + pick(60000))};
        profiles[i].cell = grid_cell_of(at);
        profiles[i].places = (uint8_t)(1 + pick(5));
        if (pick(2)) profiles[i].ages = (1U << 18) - 1;
        if (pick(2)) profiles[i].status = STATUS_AVAILABLE;
        profile_hold(
            &profiles[i],
            catalogue_find(catalogue_get(CATALOGUE_VERSION), pick(2) ? "DS_AUT" : "AV_OOH")->slot);
        profile_hold(&profiles[i],
                     catalogue_find(catalogue_get(CATALOGUE_VERSION), "PT_LONG")->slot);
    }
    must(vault_import(vault, profiles, count, true, false, &changes, &err), &err);
    free(profiles);
}

static inline char *random_request(void)
{
    static const char *const soft[] = {"CS_SIM", "LN_PL", "ET_WBRI", "DS_AUT", "ED_RUN", "AV_OOH"};
    static const char *const hard[] = {"DS_AUT", "ED_KEEP", "AV_OOH"};
    static const char *const needed[] = {"today", "within_5_days", "later"};
    struct buf text = {0};
    buf_format(&text, "{\"search_ref\":\"T-%u\",\"children\":[{\"age\":%u,\"sex\":\"%c\"}],",
               pick(1000), pick(18), "MFU"[pick(3)]);
    buf_format(
        &text,
        "\"placement\":{\"type\":\"PT_LONG\",\"needed_by\":\"%s\",\"accept_unconfirmed\":%s}",
        needed[pick(3)], pick(2) ? "true" : "false");
    size_t must_have = pick(4); /* 3: none */
    if (must_have < 3) buf_format(&text, ",\"must\":[\"%s\"]", hard[must_have]);
    if (pick(3)) {
        size_t first = 1 + pick(5);
        buf_format(&text, ",\"prefer\":{\"%s\":%u", soft[0], 1 + pick(5));
        if (must_have == 3) buf_format(&text, ",\"%s\":%u", soft[first], 1 + pick(5));
        buf_text(&text, "}");
    }
    if (pick(2)) {
        buf_format(&text,
                   ",\"location\":{\"anchors\":[{\"name\":\"school\",\"at\":\"SE 297 338\","
                   "\"within_km\":%u,\"weight\":%u}]}",
                   5 + pick(40), pick(6));
    }
    buf_text(&text, "}");
    buf_u8(&text, 0);
    return (char *)text.data;
}

#endif
