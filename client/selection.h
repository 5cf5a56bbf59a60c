/* SPDX-License-Identifier: Apache-2.0
 * Everything that commands about referrals look at: the desk, its threads, its searches.
 */
#ifndef HEARTH_CLIENT_SELECTION_H
#define HEARTH_CLIENT_SELECTION_H

#include "client/party.h"
#include "client/threads.h"

/* Zero-initialise; view_close wipes and frees. */
struct view {
    struct desk desk;
    struct threads threads;
    struct kept_search *searches;
    size_t search_count;
};
/* Opens the desk, settles it unless `offline`, and reads everything. */
MUST_CHECK bool view_open(const struct cli_common *common, bool offline, struct view *out,
                          struct err *err);
/* Where the matcher could not be reached: adds to the error what that means. */
void view_unreachable(const char *hint, struct err *err);
/* Reads threads and searches anew. */
MUST_CHECK bool view_refresh(struct view *view, struct err *err);
void view_close(struct view *view);
/* A command that works on a view: opens it, calls `what` with ctx, closes it; prints the error as
 * NAME's where one of these fails, with the hint where the matcher cannot be reached. `what`
 * returns false without an error where the matcher has refused something, and it has said so.
 * Returns the exit code. */
typedef bool (*view_fn)(const void *ctx, struct view *view, struct err *err);
struct view_command {
    const char *name; /* "hearth inbox" */
    const struct cli_common *common;
    bool offline;
    const char *hint; /* view_unreachable's; never needed offline */
};
int view_run(const struct view_command *command, view_fn what, const void *ctx);

/* Which threads a person means. */
struct selection {
    const struct thread **list; /* of view->threads; owned */
    size_t count;
};
void selection_free(struct selection *selection);
/* text: a search, or else a thread; NULL: all threads. to: NULL or ids of agencies, separated by
 * commas: only these. ERR_NOT_FOUND, ERR_INVALID (fields "search", "to"). An empty selection is no
 * error. selection_free frees. */
MUST_CHECK bool selection_of(const struct view *view, const char *text, const char *to,
                             struct selection *out, struct err *err);

#endif
