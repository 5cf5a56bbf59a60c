/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/figures.h"

#include "matcher/matcher.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

static bool is_listed(const char *agency, void *ctx)
{
    struct err err;
    return matcher_lists(ctx, agency, &err);
}

static bool is_ready(void *ctx, struct err *err)
{
    const struct matcher *matcher = ctx;
    return audit_works(matcher->audit) ||
           err_set(err, ERR_UNAVAILABLE, NULL, "the audit log cannot be written");
}

static void count_stream(int change, void *ctx)
{
    matcher_count_stream(ctx, change);
}

static void tell_refused(struct rpc_stream *stream, const struct err *err, void *ctx)
{
    matcher_note_refusal(ctx, stream, "Figures", NULL, err);
}

/* ---- the audit log ---- */

static void add_subject(struct buf *fields, const struct figures_note *note)
{
    audit_text(fields, "hub", note->hub);
    audit_number(fields, "period", note->period);
    if (note->table) audit_text(fields, "table", note->table);
}

static void audit_note(const struct matcher *matcher, const struct figures_note *note)
{
    struct buf fields = {0};
    add_subject(&fields, note);
    switch (note->event) {
    case FIGURES_AGREED:
        audit_bytes(&fields, "manifest", note->hash, HASH_BYTES);
        audit_add(matcher->audit, AUDIT_FIGURES_AGREED, &fields);
        return;
    case FIGURES_TAKEN:
        audit_text(&fields, role_name(note->role), note->organisation);
        audit_bytes(&fields, "contribution", note->hash, HASH_BYTES);
        audit_add(matcher->audit, AUDIT_FIGURES_CONTRIBUTION, &fields);
        return;
    case FIGURES_HALF_OPENED:
        audit_bytes(&fields, "set", note->hash, HASH_BYTES);
        audit_number(&fields, "contributions", note->contributions);
        audit_add(matcher->audit, AUDIT_FIGURES_RELEASED, &fields);
        return;
    case FIGURES_LATE: break; /* written as a refusal, within bounds: tell_refused */
    }
    buf_free(&fields);
}

static void tell_note(const struct figures_note *note, void *ctx)
{
    static const char *const names[] = {[FIGURES_AGREED] = "figures_agreed",
                                        [FIGURES_TAKEN] = "figures_contribution",
                                        [FIGURES_LATE] = "figures_late",
                                        [FIGURES_HALF_OPENED] = "figures_released"};
    char hex[2 * HASH_BYTES + 1];
    struct matcher *matcher = ctx;
    audit_note(matcher, note);
    metrics_add(matcher->metrics, MEASURE_FIGURES, note->event, 0, 1);
    log_info(names[note->event], "role=%s peer=%s hub=%s period=%u table=%s hash=%s",
             role_name(note->role), note->organisation, note->hub, note->period,
             note->table ? note->table : "-", text_hex(note->hash, HASH_BYTES, hex));
    if (note->event != FIGURES_TAKEN && note->event != FIGURES_LATE) matcher_changed(matcher);
}

/* ---- life ---- */

bool figures_start(struct matcher *matcher, struct err *err)
{
    const struct collection_parts collection = {.home = matcher->home,
                                                .identity = matcher->identity,
                                                .trust = matcher->trust,
                                                .pool = matcher->pool,
                                                .listed = is_listed,
                                                .listed_ctx = matcher};
    if (!collection_open(&collection, &matcher->collection, err)) return false;
    const struct figures_server_parts server = {.collection = matcher->collection,
                                                .identity = matcher->identity,
                                                .trust = matcher->trust,
                                                .listed = is_listed,
                                                .ready = is_ready,
                                                .note = tell_note,
                                                .refused = tell_refused,
                                                .streams = count_stream,
                                                .ctx = matcher};
    matcher->figures = figures_server_start(&server);
    return true;
}

void figures_stop(struct matcher *matcher)
{
    figures_server_stop(matcher->figures);
    if (matcher->collection) collection_close(matcher->collection);
}
