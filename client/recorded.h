/* SPDX-License-Identifier: Apache-2.0
 * A search and its record, from before it is sent to its result (docs/protocol.md "One open search
 * a child"). Order: begin, then failed or done, then close.
 */
#ifndef HEARTH_CLIENT_RECORDED_H
#define HEARTH_CLIENT_RECORDED_H

#include "client/la.h"
#include "client/records_runs.h"
#include "client/search.h"

struct recorded_run {
    uint8_t query_hash[HASH_BYTES];
    uint64_t number;
};
struct recorded {
    struct records *records;
    struct search_note note;
    struct record record;        /* once it is done */
    struct search_keeper keeper; /* for the session in which it is asked */
    const struct cli_common *common;
    const struct la *la;
    const struct buf *resolved;
    struct recorded_run runs[1 + GROUP_QUERIES]; /* that were written down */
    size_t run_count;
};

/* Opens the home's records, and writes down that the request is about to be sent. Where it is
 * nearly the same as another search: a warning for the officer on standard error, and a line in the
 * log with hashes only. A search that cannot be written down is not sent. resolved: the request's
 * text in the form that is kept; it, common, la and `out` itself stay where they are until
 * recorded_close, which frees, also after a failure. */
MUST_CHECK bool recorded_begin(const struct cli_common *common, const struct la *la,
                               const struct request *request, const struct buf *resolved,
                               struct recorded *out, struct err *err);
/* There is no result; `sent`: the query has left this side all the same. */
void recorded_failed(struct recorded *recorded, bool sent);
/* The result is there: counts the run. What cannot be written any more is logged: the officer gets
 * the result, and that it was asked is written down already. Then, once a day, removes what is
 * older than is kept: not before, since the matcher would have refused a clock that is wrong. */
void recorded_done(struct recorded *recorded, const struct request *request,
                   const uint8_t query_hash[HASH_BYTES]);
void recorded_close(struct recorded *recorded); /* wipes */

/* ---- recorded_runs.c ---- */
/* Makes out->keeper one that writes runs of this search down; recorded_begin does. */
void recorded_keep_runs(struct recorded *recorded);

#endif
