/* SPDX-License-Identifier: Apache-2.0
 * A chronicle as JSON and as CSV.
 */
#include <string.h>

#include "client/chronicle.h"
#include "client/thread_report.h"
#include "proto/base/clock.h"
#include "proto/base/csv_cell.h"
#include "proto/base/text.h"

void chronicle_outcome_text(const struct chronicle *chronicle, char out[OUTCOME_TEXT])
{
    if (chronicle->concluded) {
        outcome_text(&chronicle->outcome, out);
    } else {
        (void)snprintf(out, OUTCOME_TEXT, "open");
    }
}

/* ---- JSON ---- */

json_t *outcome_fee_json(const struct outcome *outcome)
{
    return outcome->fee > 0 ? json_integer((json_int_t)outcome->fee) : json_null();
}

static json_t *outcome_json(const struct chronicle *chronicle)
{
    const struct outcome *outcome = &chronicle->outcome;
    if (!chronicle->concluded) return json_null();
    bool elsewhere = outcome->kind == OUTCOME_PLACED_ELSEWHERE;
    return json_pack("{s:s,s:s?,s:s?,s:i,s:o}", "outcome", outcome_kind_name(outcome->kind),
                     "agency", outcome->kind == OUTCOME_PLACED ? outcome->agency : NULL,
                     "elsewhere", elsewhere ? outcome_elsewhere[outcome->elsewhere] : NULL, "days",
                     (int)outcome->days, "fee", outcome_fee_json(outcome));
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *event_json(const struct event *event)
{
    char hash[2 * HASH_BYTES + 1] = "";
    if (event->has_query) (void)text_hex(event->query_hash, HASH_BYTES, hash);
    json_t *number = event->number > 0 ? json_integer((json_int_t)event->number) : json_null();
    json_t *object =
        json_pack("{s:s,s:o,s:o,s:o,s:o,s:o,s:s,s:s}", "kind", event->name, "number", number, "at",
                  instant_json(event->at_ms), "query_hash", text_or_null(hash), "agency",
                  text_or_null(event->agency), "stage", text_or_null(event->stage), "state",
                  event->state, "detail", event->detail);
    REQUIRE(object != NULL);
    return object;
}

json_t *chronicle_json(const struct chronicle *chronicle)
{
    const struct record *record = &chronicle->search->record;
    json_t *events = json_array();
    for (size_t i = 0; i < chronicle->count; i++) {
        (void)json_array_append_new(events, event_json(&chronicle->events[i]));
    }
    json_t *object = json_pack("{s:s,s:o,s:o,s:I,s:I,s:o,s:o}", "search_ref", record->search_ref,
                               "first_searched", instant_json(record->first_ms), "last_searched",
                               instant_json(record->last_ms), "runs", (json_int_t)record->runs,
                               "amendments", (json_int_t)record->amendments, "outcome",
                               outcome_json(chronicle), "events", events);
    REQUIRE(object != NULL);
    return object;
}

/* ---- CSV ---- */

void chronicle_csv_head(struct buf *out)
{
    buf_text(out, "search_ref,kind,number,at,query_hash,agency,stage,state,detail\r\n");
}

static void put_cell(struct buf *out, const char *text, const char *end)
{
    csv_cell(out, text);
    buf_text(out, end);
}

void chronicle_csv(const struct chronicle *chronicle, struct buf *out)
{
    for (size_t i = 0; i < chronicle->count; i++) {
        const struct event *event = &chronicle->events[i];
        char number[24] = "", at[CLOCK_TEXT], hash[2 * HASH_BYTES + 1] = "";
        if (event->number > 0) {
            (void)snprintf(number, sizeof number, "%llu", (unsigned long long)event->number);
        }
        if (event->has_query) (void)text_hex(event->query_hash, HASH_BYTES, hash);
        clock_format(event->at_ms, at);
        put_cell(out, chronicle->search->record.search_ref, ",");
        put_cell(out, event->name, ",");
        put_cell(out, number, ",");
        put_cell(out, at, ",");
        put_cell(out, hash, ",");
        put_cell(out, event->agency, ",");
        put_cell(out, event->stage, ",");
        put_cell(out, event->state, ",");
        put_cell(out, event->detail, "\r\n");
    }
}
