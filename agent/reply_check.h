/* SPDX-License-Identifier: Apache-2.0
 * Recomputes a reply from its seed and slot sets, and compares it with what the agency signed.
 */
#ifndef HEARTH_AGENT_REPLY_CHECK_H
#define HEARTH_AGENT_REPLY_CHECK_H

#include "agent/replies.h"

/* In the order in which they are looked at. */
enum reply_check_item {
    REPLY_CERTIFICATE, /* of the agency: the Authority's, valid when it was asked */
    REPLY_SIGNATURE,   /* of the agency, over the reply */
    REPLY_QUERY,       /* it answers this query, in its epoch */
    REPLY_SEED,        /* is the one that it committed to */
    REPLY_SLOT_SETS,   /* are those that it committed to */
    REPLY_READABLE,    /* as many slot sets as it says, each well formed */
    REPLY_COUNT,       /* items: those of so many carers */
    REPLY_C1,          /* first halves, recomputed */
    REPLY_C2,          /* second halves: the scores */
    REPLY_CHECKS
};
enum reply_verdict { REPLY_NOT_LOOKED, REPLY_FOLLOWS, REPLY_DIFFERS };

struct reply_check {
    enum reply_verdict items[REPLY_CHECKS];
    char agent[ID_MAX + 1];
    bool follows;           /* all of them */
    char why[ERR_TEXT_MAX]; /* of the first that differs */
};
/* What each item says, for people; and a short name for scripts ("seed"). */
const char *reply_check_words(enum reply_check_item item);
const char *reply_check_name(enum reply_check_item item);

/* kept: as it came, nothing in it is believed. agent: its certificate as it came. query, epoch:
 * from the LA's package, checked. at_ms: when the query was issued. After the first that differs
 * those that depend on it are not looked at. */
struct reply_question {
    const uint8_t *query; /* body */
    size_t query_len;
    const struct epoch_record *epoch;
    int64_t at_ms;
};
/* ERR_INVALID or ERR_VERSION where the query itself cannot be read here. */
MUST_CHECK bool reply_check(const struct kept_reply *kept, const struct certificate *agent,
                            const struct reply_question *question, struct trust *trust,
                            struct reply_check *out, struct err *err);

#endif
