/* SPDX-License-Identifier: Apache-2.0
 * What is kept of a search, as events in the order of time: for `hearth history` and `hearth
 * export`. No free text of messages is among it.
 */
#ifndef HEARTH_CLIENT_CHRONICLE_H
#define HEARTH_CLIENT_CHRONICLE_H

#include <jansson.h>

#include "client/selection.h"

enum event_kind {
    EVENT_RUN = 1,
    EVENT_QUESTION, /* a query of an explanation */
    EVENT_DECISION,
    EVENT_MESSAGE, /* of a thread: referral, answer, message, withdrawal */
    EVENT_OUTCOME
};

struct event {
    enum event_kind kind;
    const char *name; /* "run", "question", "decision", "referral", "answer", ... */
    int64_t at_ms;
    uint64_t number; /* of a run within the search, of a message; else 0 */
    bool has_query;
    uint8_t query_hash[HASH_BYTES];
    char agency[ID_MAX + 1]; /* "" where it is about none, or several */
    const char *stage;       /* "" where it has none */
    const char *state;       /* "result", "taken", "offer", "placed", ... */
    char *detail;            /* words; owned, never NULL */
};

struct chronicle {
    const struct kept_search *search;
    struct event *events;
    size_t count;
    bool concluded;
    struct outcome outcome; /* the last one, where concluded */
};
/* Reads everything of one search of the view. chronicle_free wipes and frees. */
MUST_CHECK bool chronicle_read(const struct view *view, const struct kept_search *search,
                               struct chronicle *out, struct err *err);
void chronicle_free(struct chronicle *chronicle);

/* {"search_ref","first_searched","last_searched","runs","amendments","outcome":{...}|null,
 * "events":[{"kind","number","at","query_hash","agency","stage","state","detail"}]}; number,
 * query_hash, agency and stage are null where an event has none. New reference. */
json_t *chronicle_json(const struct chronicle *chronicle);
/* Of an outcome: pounds a week, or null. New reference. */
json_t *outcome_fee_json(const struct outcome *outcome);
/* Appends a line of headings, and a line for each event; cells are safe in a spreadsheet. */
void chronicle_csv_head(struct buf *out);
void chronicle_csv(const struct chronicle *chronicle, struct buf *out);

/* As outcome_text of the last one, or "open". */
void chronicle_outcome_text(const struct chronicle *chronicle, char out[OUTCOME_TEXT]);

#endif
