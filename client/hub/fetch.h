/* SPDX-License-Identifier: Apache-2.0
 * What has closed is opened: table by table, the matcher's half is asked for, checked, and put
 * together with the hub's own.
 */
#ifndef HEARTH_CLIENT_HUB_FETCH_H
#define HEARTH_CLIENT_HUB_FETCH_H

#include "client/hub/home.h"
#include "proto/figures/dial.h"

enum fetch_state {
    FETCH_RELEASED,
    FETCH_GIVEN_UP, /* the quorum is not met, or a contributor has made the sum unreadable */
    FETCH_REFUSED,  /* the matcher would not half-open it */
    FETCH_WRONG     /* what the matcher gave does not hold; nothing of it was opened */
};
const char *fetch_state_name(enum fetch_state state); /* "given_up" */

struct fetched {
    uint32_t period;
    const struct figures_table *table;
    enum fetch_state state;
    size_t contributions; /* that are in the sum, or would be */
    size_t taken, passed; /* from the matcher and to it */
    struct err why;       /* unless it was released */
    char *evidence;       /* path of what the matcher signed (FETCH_WRONG), or NULL */
};
struct fetch_outcome {
    struct fetched *tables;
    size_t count;
    size_t periods; /* that were worked on */
    int64_t
        next_close; /* where nothing was to be done: when the next one closes; 0: none is open */
};
void fetch_outcome_free(struct fetch_outcome *outcome);

struct fetch_parts {
    uint32_t period; /* 0: all */
    /* After each table; may be NULL. */
    void (*progress)(const struct fetched *fetched, void *ctx);
    /* The connection while there is one, then NULL: for dial_stop from elsewhere. May be NULL. */
    void (*dialled)(struct dial *dial, void *ctx);
    void *ctx;
};
/* Whether something has closed and waits for it; *next_close as above. */
MUST_CHECK bool fetch_due(struct hub *hub, uint32_t period, int64_t now_ms, bool *due,
                          int64_t *next_close, struct err *err);
/* All that is due. False where it had to stop: the matcher is not reached, a store fails; *out
 * holds what was done before, in any case. At the first table whose half does not hold it stops
 * too, with success. rpc_start must have been called. fetch_outcome_free. */
MUST_CHECK bool fetch_run(struct hub *hub, const struct fetch_parts *parts, int64_t now_ms,
                          struct fetch_outcome *out, struct err *err);

/* ---- evidence.c ---- */
/* Keeps what the matcher signed, and the set that it should have been, as
 * HOME/evidence-PERIOD-TABLE.json: the contributions themselves, signed by their contributors, are
 * in the collection. Gives the path; caller frees. */
MUST_CHECK bool evidence_write(struct hub *hub, const struct fetched *fetched,
                               const uint8_t manifest_hash[HASH_BYTES], const struct opened *opened,
                               const struct certificate *matcher, char **path, struct err *err);

#endif
