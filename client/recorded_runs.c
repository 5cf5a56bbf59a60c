/* SPDX-License-Identifier: Apache-2.0
 * Writes every query of a search down before it is sent, with all that opens it later.
 */
#include <stdlib.h>
#include <string.h>

#include "client/recorded.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

static void fill_parts(const struct recorded *recorded, const struct asked_query *query,
                       struct package_parts *parts)
{
    const struct composed *composed = query->composed;
    uint8_t seed[SEED_BYTES];
    memcpy(seed, composed->seed.data, SEED_BYTES);
    parts->seed = secret_take(seed, sizeof seed);
    memcpy(parts->query_id, composed->query_id, QUERY_ID_BYTES);
    memcpy(parts->group_id, composed->group_id, GROUP_ID_BYTES);
    memcpy(parts->footprint, composed->footprint, sizeof parts->footprint);
    memcpy(parts->query_hash, composed->query_hash, HASH_BYTES);
    memcpy(parts->query_signature, composed->query.signature, SIGNATURE_BYTES);
    parts->is_member = composed->is_member;
    parts->catalogue = composed->catalogue;
    parts->issued_at = composed->issued_at;
    parts->expires_at = composed->expires_at;
    parts->footprint_count = composed->footprint_count;
    signed_bytes_copy(&identity_certificate(recorded->la->identity)->raw, &parts->la_certificate);
    signed_bytes_copy(query->matcher_certificate, &parts->matcher_certificate);
    signed_bytes_copy(query->epoch, &parts->epoch);
    signed_bytes_copy(&composed->options, &parts->options);
}

static void fill_run(const struct recorded *recorded, const struct asked_query *query,
                     struct run *run)
{
    const struct composed *composed = query->composed;
    static const struct variant base = {.kind = VARIANT_BASE};
    const struct variant *variant = query->variant ? query->variant : &base;
    *run = (struct run){.head = {.asked_ms = composed->issued_at,
                                 .variant = {.kind = variant->kind,
                                             .slot = variant->slot,
                                             .quarters = variant->quarters},
                                 .is_member = composed->is_member}};
    memcpy(run->head.query_hash, composed->query_hash, HASH_BYTES);
    fill_parts(recorded, query, &run->parts);
    run_request_text(recorded->resolved, variant, catalogue_get(composed->catalogue),
                     &run->parts.request);
}

static void remember(struct recorded *recorded, const struct asked_query *queries, size_t count,
                     const uint64_t *numbers)
{
    for (size_t i = 0; i < count; i++) {
        struct recorded_run *run = &recorded->runs[recorded->run_count++];
        run->number = numbers[i];
        memcpy(run->query_hash, queries[i].composed->query_hash, HASH_BYTES);
    }
}

static bool asking(const struct asked_query *queries, size_t count, void *ctx, struct err *err)
{
    struct recorded *recorded = ctx;
    uint64_t numbers[1 + GROUP_QUERIES];
    REQUIRE(recorded->run_count + count <= sizeof recorded->runs / sizeof *recorded->runs);
    struct run *runs = mem_array(count, sizeof *runs);
    for (size_t i = 0; i < count; i++) fill_run(recorded, &queries[i], &runs[i]);
    bool ok = records_add_runs(recorded->records, recorded->note.name, runs, count, numbers, err);
    for (size_t i = 0; i < count; i++) run_free(&runs[i]);
    free(runs);
    if (ok) remember(recorded, queries, count, numbers);
    return ok;
}

/* What cannot be written any more is logged: that it was asked is written down already. */
static void ended(const uint8_t query_hash[HASH_BYTES], const struct signed_bytes *result,
                  const struct err *err, void *ctx)
{
    struct recorded *recorded = ctx;
    struct err why = {0};
    const struct run_ending ending = {
        .at_ms = clock_wall_ms(),
        .result = result,
        .error = result ? ERR_NONE : (err->code == ERR_NONE ? ERR_INTERNAL : err->code)};
    for (size_t i = 0; i < recorded->run_count; i++) {
        const struct recorded_run *run = &recorded->runs[i];
        if (sodium_memcmp(run->query_hash, query_hash, HASH_BYTES) != 0) continue;
        if (records_end_run(recorded->records, recorded->note.name, run->number, &ending, &why)) {
            return;
        }
        log_err(LOG_LEVEL_WARN, "run_not_completed", &why);
    }
}

void recorded_keep_runs(struct recorded *recorded)
{
    recorded->keeper = (struct search_keeper){.asking = asking, .ended = ended, .ctx = recorded};
}
