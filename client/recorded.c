/* SPDX-License-Identifier: Apache-2.0 */
#include "client/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/party.h"
#include "client/report.h"
#include "client/retention.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

/* On the officer's screen, and in the log without anything of the child. */
static void warn_of_similar(const struct request *request, const struct search_note *note)
{
    char own[2 * HASH_BYTES + 1], other[2 * HASH_BYTES + 1];
    if (!note->similar) return;
    report_similar(stderr, request->search_ref, note);
    log_warn("similar_search", "search=%s like=%s nth=%u", text_hex(note->name, HASH_BYTES, own),
             text_hex(note->similar_name, HASH_BYTES, other), note->nth);
}

bool recorded_begin(const struct cli_common *common, const struct la *la,
                    const struct request *request, const struct buf *resolved, struct recorded *out,
                    struct err *err)
{
    struct plan *plan = mem_new(struct plan);
    *out = (struct recorded){.common = common, .la = la, .resolved = resolved};
    recorded_keep_runs(out);
    bool ok = la_open_records(common, la, &out->records, err) &&
              plan_make(request, catalogue_chosen(0), plan, err) &&
              records_ask(out->records, request, plan, clock_wall_ms(), &out->note, err);
    plan_wipe(plan);
    free(plan);
    if (ok) warn_of_similar(request, &out->note);
    return ok;
}

void recorded_failed(struct recorded *recorded, bool sent)
{
    struct err err = {0};
    if (sent || records_withdraw(recorded->records, &recorded->note, &err)) return;
    log_err(LOG_LEVEL_WARN, "record_not_withdrawn", &err);
}

static void count_run(struct recorded *recorded, const struct request *request,
                      const uint8_t query_hash[HASH_BYTES])
{
    struct err err = {0};
    struct record *record = &recorded->record;
    if (records_done(recorded->records, &recorded->note, query_hash, record, &err)) return;
    log_err(LOG_LEVEL_WARN, "record_not_completed", &err);
    *record = (struct record){.first_ms = recorded->note.asked_ms};
    memcpy(record->search_ref, request->search_ref, sizeof record->search_ref);
}

void recorded_done(struct recorded *recorded, const struct request *request,
                   const uint8_t query_hash[HASH_BYTES])
{
    struct err err = {0};
    count_run(recorded, request, query_hash);
    if (retention_daily(recorded->common, recorded->la, recorded->records, &err)) return;
    log_err(LOG_LEVEL_WARN, "not_purged", &err);
}

void recorded_close(struct recorded *recorded)
{
    records_close(recorded->records);
    sodium_memzero(recorded, sizeof *recorded);
}
