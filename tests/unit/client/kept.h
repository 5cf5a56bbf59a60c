/* SPDX-License-Identifier: Apache-2.0
 * What tests of the client's records share: runs that are made up, but for what decoders look at.
 */
#ifndef HEARTH_TESTS_CLIENT_KEPT_H
#define HEARTH_TESTS_CLIENT_KEPT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/records_kept.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static const int64_t KEPT_START = 1795392000000; /* 2026-11-23T00:00:00Z */
static const int64_t KEPT_DAY = 24 * 3600 * (int64_t)1000;

static inline void kept_must(bool ok, const struct err *err)
{
    if (ok) return;
    (void)fprintf(stderr, "%s: %s: %s\n", err_code_name(err->code), err->field, err->text);
    abort();
}

/* A home with records that are open, and room for what tests put into them. */
struct kept_home {
    char *home;
    struct secret key;
    struct records *records;
    struct request request;
    struct plan plan;
    struct record record;
};

static inline int kept_set_up(void **state)
{
    struct kept_home *kept = mem_new(struct kept_home);
    struct err err = {0};
    kept->home = support_temp_dir();
    kept->key = secret_random(HASH_KEY_BYTES);
    kept_must(records_open(kept->home, &kept->key, &kept->records, &err), &err);
    *state = kept;
    return 0;
}

static inline int kept_tear_down(void **state)
{
    struct kept_home *kept = *state;
    records_close(kept->records);
    secret_free(&kept->key);
    support_temp_dir_remove(kept->home);
    free(kept);
    return 0;
}

static inline void kept_reopen(struct kept_home *kept)
{
    struct err err = {0};
    records_close(kept->records);
    kept_must(records_open(kept->home, &kept->key, &kept->records, &err), &err);
}

/* A request for a child of nine near a school. */
static inline char *kept_request(const char *ref)
{
    return mem_format("{\"search_ref\":\"%s\",\"children\":[{\"age\":9,\"sex\":\"F\"}],"
                      "\"placement\":{\"type\":\"PT_SHORT\",\"needed_by\":\"later\"},"
                      "\"must\":[\"DS_AUT\",\"SU_DOL\"],\"location\":{\"anchors\":[{\"name\":"
                      "\"Marked School\",\"at\":\"SE 277 360\",\"within_km\":13,\"weight\":4}],"
                      "\"avoid\":[{\"name\":\"Marked Street\",\"at\":\"SE 30 34\","
                      "\"within_km\":5}]}}",
                      ref);
}

/* A list of three: ifa-001, ifa-002, ifa-003 in this order. */
static inline void kept_result(const uint8_t query_hash[HASH_BYTES], struct signed_bytes *out)
{
    struct result *result = mem_new(struct result);
    *result = (struct result){.asked = 4, .answered = 3, .run = 1, .agency_count = 3};
    memcpy(result->query_hash, query_hash, HASH_BYTES);
    for (size_t i = 0; i < result->agency_count; i++) {
        struct ranked_agency *agency = &result->agencies[i];
        (void)snprintf(agency->id, sizeof agency->id, "ifa-%03zu", i + 1);
        (void)snprintf(agency->name, sizeof agency->name, "Agency %zu", i + 1);
        agency->band = BAND_GOOD;
    }
    result_encode(result, &out->body);
    memset(out->signature, 7, SIGNATURE_BYTES);
    free(result);
}

static inline void kept_signed(struct signed_bytes *out)
{
    buf_text(&out->body, "a body");
    memset(out->signature, 3, SIGNATURE_BYTES);
}

/* A run about to be sent, of a query with the hash {first, 0x5a, ...}; run_free. */
static inline struct run kept_run(const char *ref, uint8_t first, int64_t asked_ms)
{
    struct run run = {.head = {.asked_ms = asked_ms}};
    struct package_parts *parts = &run.parts;
    char *request = kept_request(ref);
    memset(run.head.query_hash, 0x5a, HASH_BYTES);
    run.head.query_hash[0] = first;
    buf_text(&parts->request, request);
    free(request);
    parts->seed = secret_random(SEED_BYTES);
    memset(parts->query_id, 9, QUERY_ID_BYTES);
    parts->catalogue = CATALOGUE_VERSION;
    parts->issued_at = asked_ms;
    parts->expires_at = asked_ms + QUERY_LIFETIME_MS;
    memcpy(parts->query_hash, run.head.query_hash, HASH_BYTES);
    kept_signed(&parts->la_certificate);
    kept_signed(&parts->matcher_certificate);
    kept_signed(&parts->epoch);
    kept_signed(&parts->options);
    return run;
}

/* The search is in the records, with no location compared: records_ask; gives its name. */
static inline void kept_search(struct records *records, const char *ref, int64_t now_ms,
                               uint8_t name[HASH_BYTES])
{
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct search_note *note = mem_new(struct search_note);
    struct err err = {0};
    char *json = kept_request(ref);
    const struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    kept_must(request_parse(json, strlen(json), &rules, request, &err), &err);
    kept_must(plan_make(request, rules.catalogue, plan, &err), &err);
    kept_must(records_ask(records, request, plan, now_ms, note, &err), &err);
    memcpy(name, note->name, HASH_BYTES);
    free(json);
    free(request);
    free(plan);
    free(note);
}

/* A search with one run and its list. */
static inline void kept_search_with_list(struct records *records, const char *ref, uint8_t first,
                                         int64_t now_ms, uint8_t name[HASH_BYTES])
{
    struct run run = kept_run(ref, first, now_ms);
    struct signed_bytes result = {0};
    struct err err = {0};
    uint64_t number = 0;
    kept_search(records, ref, now_ms, name);
    kept_must(records_add_runs(records, name, &run, 1, &number, &err), &err);
    kept_result(run.head.query_hash, &result);
    const struct run_ending ending = {.at_ms = now_ms + 1, .result = &result};
    kept_must(records_end_run(records, name, number, &ending, &err), &err);
    signed_bytes_free(&result);
    run_free(&run);
}

#endif
