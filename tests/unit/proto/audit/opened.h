/* SPDX-License-Identifier: Apache-2.0
 * A search as it was asked, answered and logged, with real keys, for tests of packages.
 */
#ifndef HEARTH_TESTS_AUDIT_OPENED_H
#define HEARTH_TESTS_AUDIT_OPENED_H

#include "proto/audit/package.h"
#include "proto/base/mem.h"
#include "tests/unit/proto/audit/logs.h"
#include "tests/unit/support/temp_dir.h"

#define OPENED_REQUEST                                                                             \
    "{\"search_ref\":\"S-1\",\"children\":[{\"age\":7,\"sex\":\"F\"},{\"age\":9,\"sex\":\"M\"}],"  \
    "\"placement\":{\"type\":\"PT_SHORT\",\"needed_by\":\"today\"},"                               \
    "\"location\":{\"anchors\":[{\"name\":\"School\",\"at\":\"SE 29700 33800\","                   \
    "\"within_km\":12,\"weight\":3}]},"                                                            \
    "\"provider\":{\"min_judgement\":\"good\",\"frameworks\":[\"North\"]}}"

struct opened_world {
    char *dir;
    struct parties *parties;
    struct party la, other_la, matcher, other_matcher, agent;
    struct fake_log *log;
};

static inline struct opened_world *opened_world_new(void)
{
    struct opened_world *world = mem_new(struct opened_world);
    world->dir = support_temp_dir();
    world->parties = parties_new(world->dir);
    world->la = parties_add(world->parties, ROLE_LA, "la-1");
    world->other_la = parties_add(world->parties, ROLE_LA, "la-2");
    world->matcher = parties_add(world->parties, ROLE_MATCHER, "matcher");
    world->other_matcher = parties_add(world->parties, ROLE_MATCHER, "other");
    world->agent = parties_add(world->parties, ROLE_AGENT, "agent");
    world->log = mem_new(struct fake_log);
    fake_log_fill(world->log, 4);
    return world;
}

static inline void opened_world_free(struct opened_world *world)
{
    fake_log_free(world->log);
    free(world->log);
    party_close(&world->la);
    party_close(&world->other_la);
    party_close(&world->matcher);
    party_close(&world->other_matcher);
    party_close(&world->agent);
    parties_free(world->parties);
    support_temp_dir_remove(world->dir);
    free(world);
}

static inline void opened_copy(const struct signed_bytes *from, struct signed_bytes *to)
{
    buf_append(&to->body, from->body.data, from->body.len);
    memcpy(to->signature, from->signature, SIGNATURE_BYTES);
}

static inline void opened_epoch(const struct party *matcher, struct signed_bytes *out,
                                struct epoch_record *record)
{
    uint8_t tie[HASH_BYTES] = {1};
    int64_t now = clock_wall_ms();
    struct scalar m;
    epoch_make(identity_certificate(matcher->identity)->organisation, now - 1000, now + 3600000,
               tie, &m, record, &out->body);
    scalar_wipe(&m);
    identity_sign_body(matcher->identity, TAG_EPOCH, out);
}

/* As client/compose.c makes a query; shares nothing with what checks it but the plan. */
static inline void opened_query(const struct opened_world *world, const char *json,
                                const struct epoch_record *epoch, struct package_parts *parts)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    parties_must(request_parse(json, strlen(json), &(struct request_rules){.catalogue = catalogue},
                               request, &err),
                 &err);
    parties_must(plan_make(request, catalogue, plan, &err), &err);
    uint8_t key[HASH_KEY_BYTES] = {9};
    parts->footprint_count = plan_footprint(plan, request->search_ref, key, parts->footprint);
    int16_t *values = plan_values(plan, parts->footprint, parts->footprint_count);
    struct query_plain plain = {
        .catalogue = parts->catalogue,
        .la = "la-1",
        .query_id = parts->query_id,
        .issued_at = parts->issued_at,
        .expires_at = parts->expires_at,
        .footprint = parts->footprint,
        .footprint_count = parts->footprint_count,
        .layout = catalogue_layout(catalogue, parts->footprint_count),
        .values = values,
        .group_id = parts->is_member ? parts->group_id : NULL,
    };
    struct scalar a;
    struct buf body = {0};
    query_make(&plain, epoch, parts->seed.data, &a, &body);
    query_hash(parts->query_hash, body.data, body.len);
    identity_sign(world->la.identity, TAG_QUERY, body.data, body.len, parts->query_signature);
    struct search_options options = {.min_judgement = request->min_judgement,
                                     .framework_count = request->framework_count,
                                     .search_tag = {7}};
    memcpy(options.query_hash, parts->query_hash, HASH_BYTES);
    memcpy(options.frameworks, request->frameworks, sizeof options.frameworks);
    search_options_encode(&options, &parts->options.body);
    identity_sign_body(world->la.identity, TAG_OPTIONS, &parts->options);
    buf_free(&body);
    free(values);
    free(request);
    free(plan);
}

/* What the matcher does: two entries of others lie between the query's and the result's. */
static inline void opened_log(struct opened_world *world, const struct epoch_record *epoch,
                              struct package_parts *parts)
{
    struct buf fields = {0};
    uint8_t tag[HASH_BYTES] = {7};
    audit_bytes(&fields, "query", parts->query_hash, HASH_BYTES);
    audit_text(&fields, "la", "la-1");
    audit_bytes(&fields, "search_tag", tag, HASH_BYTES);
    if (parts->is_member) audit_bytes(&fields, "group", tag, HASH_BYTES);
    audit_number(&fields, "run", 1);
    audit_number(&fields, "epoch", epoch->epoch);
    audit_number(&fields, "asked", 12);
    fake_log_add(world->log, AUDIT_QUERY, &fields, true);
    fake_log_fill(world->log, 2);
    struct result result = {.asked = 12,
                            .answered = 11,
                            .declined = 1,
                            .run = 1,
                            .choice = parts->is_member ? CHOICE_3 : CHOICE_UNTOLD};
    memcpy(result.query_hash, parts->query_hash, HASH_BYTES);
    result.log_length = world->log->length;
    memcpy(result.log_head, world->log->heads[world->log->length].hash, HASH_BYTES);
    result_encode(&result, &parts->result.body);
    identity_sign_body(world->matcher.identity, TAG_RESULT, &parts->result);
    fake_log_fill(world->log, 1);
}

static inline struct package_parts opened_search(struct opened_world *world, const char *json,
                                                 bool is_member)
{
    struct package_parts parts = {.seed = secret_random(SEED_BYTES),
                                  .is_member = is_member,
                                  .catalogue = CATALOGUE_VERSION,
                                  .issued_at = clock_wall_ms()};
    struct epoch_record epoch;
    buf_text(&parts.request, json);
    randombytes_buf(parts.query_id, QUERY_ID_BYTES);
    if (is_member) randombytes_buf(parts.group_id, GROUP_ID_BYTES);
    parts.expires_at = parts.issued_at + QUERY_LIFETIME_MS;
    opened_copy(&identity_certificate(world->la.identity)->raw, &parts.la_certificate);
    opened_copy(&identity_certificate(world->matcher.identity)->raw, &parts.matcher_certificate);
    opened_epoch(&world->matcher, &parts.epoch, &epoch);
    opened_query(world, json, &epoch, &parts);
    opened_log(world, &epoch, &parts);
    return parts;
}

/* An export for la-1 of the whole log as it stands now. */
static inline struct buf opened_export(const struct opened_world *world)
{
    struct buf text = {0};
    fake_log_header(world->log, 1, world->log->length, world->matcher.identity, &text);
    for (uint64_t n = 1; n <= world->log->length; n++) {
        buf_append(&text, world->log->lines[n].data, world->log->lines[n].len);
    }
    return text;
}

/* The chain of the search out of such an export; a new reference. */
static inline json_t *opened_chain(const struct opened_world *world,
                                   const struct package_parts *parts)
{
    struct err err = {0};
    struct result *result = mem_new(struct result);
    json_t *chain = NULL;
    parties_must(result_decode(parts->result.body.data, parts->result.body.len, result, &err),
                 &err);
    struct log_head until = {.length = result->log_length};
    memcpy(until.hash, result->log_head, HASH_BYTES);
    struct buf text = opened_export(world);
    FILE *in = open_text(&text);
    parties_must(package_chain(in, parts->query_hash, &until, &chain, &err), &err);
    (void)fclose(in);
    buf_free(&text);
    free(result);
    return chain;
}

#endif
