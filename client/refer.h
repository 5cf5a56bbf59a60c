/* SPDX-License-Identifier: Apache-2.0
 * Referring a search to agencies of its ranked list (docs/domain.md "Referral and outcome"): what
 * is decided, what is told, and to whom.
 */
#ifndef HEARTH_CLIENT_REFER_H
#define HEARTH_CLIENT_REFER_H

#include "client/outcome.h"
#include "client/party.h"
#include "client/threads.h"

enum { LEFT_OUT_MAX = ANCHORS_MAX + AVOID_MAX + 8 };

/* What the officer wants. */
struct refer_order {
    const char *search; /* search_ref, or the start of a query hash */
    const char *to;     /* ids of agencies, separated by commas */
    enum referral_stage stage;
    const char *reason; /* why a better ranked agency is passed over; NULL: not given */
    bool again;
};

/* A search with its last list, and what is made of it. Confidential, large: mem_new, and
 * referring_free wipes and frees it. */
struct referring {
    struct kept_search search;
    uint64_t run_number; /* of the run whose list is referred from */
    struct run run;
    struct result result;
    struct request request;
    struct plan plan;
    struct content content;   /* of every referral */
    struct decision decision; /* mail ids are drawn */
    bool ended;               /* an outcome was written down after that run */
    struct outcome outcome;   /* the last one, where it has ended */
    char *left_out[LEFT_OUT_MAX];
    size_t left_out_count;
};
void referring_free(struct referring *referring);

/* Finds the search and reads its last list. ERR_NOT_FOUND, ERR_INVALID (field "search"). */
MUST_CHECK bool refer_begin(struct records *records, const char *search, struct referring *out,
                            struct err *err);
/* Which agencies: decision.chosen in the order of the list. ERR_INVALID (field "to"): not an id,
 * twice, or not in the list, which the error gives. */
MUST_CHECK bool refer_choose(struct referring *referring, const char *to, struct err *err);
/* What they are told: content, and what the stage leaves out. Note and attachments may have been
 * put into content before (STAGE_FULL). */
void refer_tell(struct referring *referring, enum referral_stage stage);
/* Against what was referred before. ERR_EXISTS, where the order does not say again: the search has
 * ended since the list was made (field "search"), or an agency has this stage already ("to");
 * ERR_INVALID (field "reason"): agencies that rank before one of the chosen are passed over without
 * a reason, with their names; or the reason is no text. Fills in decision. */
MUST_CHECK bool refer_check(struct referring *referring, const struct threads *threads,
                            const struct refer_order *order, struct err *err);
/* After refer_check, with an open exchange: gets the agencies' certificates, writes down the
 * decision, then the messages. The next desk_settle sends them. */
MUST_CHECK bool refer_write(struct desk *desk, struct referring *referring,
                            const struct threads *threads, struct err *err);

#endif
