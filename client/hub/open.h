/* SPDX-License-Identifier: Apache-2.0
 * A period opened: its manifest drawn up, agreed to by the matcher, its release key kept.
 */
#ifndef HEARTH_CLIENT_HUB_OPEN_H
#define HEARTH_CLIENT_HUB_OPEN_H

#include "client/hub/draft.h"
#include "client/hub/home.h"

enum opened_how {
    OPENED_NEW,   /* drawn up now */
    OPENED_AGAIN, /* drawn up before, proposed again */
    OPENED_BEFORE /* agreed before: nothing was to be done */
};
struct opening {
    enum opened_how how;
    struct manifest manifest; /* manifest_free */
    struct signed_bytes raw;  /* what is to be proposed; empty where OPENED_BEFORE */
};
void opening_free(struct opening *opening);

/* What is to be proposed for options->period, or the month before: a manifest of that period that
 * waits for the matcher's answer, the very same; the one that is agreed; or a new one, kept before
 * it is proposed. anew: one that waits is drawn up anew. Errors as draft_make, areas_read,
 * enrolled_read and collection_draw_up; opening_free frees. */
MUST_CHECK bool opening_make(struct hub *hub, const struct draft_options *options, bool anew,
                             int64_t now_ms, struct opening *out, struct err *err);
/* Proposes it and keeps the matcher's answer. rpc_start must have been called. Errors as dial_open,
 * dial_propose and collection_agreed. */
MUST_CHECK bool opening_propose(struct hub *hub, const struct opening *opening, struct err *err);

#endif
