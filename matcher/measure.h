/* SPDX-License-Identifier: Apache-2.0
 * What a running matcher tells in numbers (docs/operations.md "Metrics"). Totals alone: no series
 * is of one LA, agency, search, message or query, none says how many carers or agencies suit, and
 * no label has a value that is not in the table in measure.c.
 */
#ifndef HEARTH_MATCHER_MEASURE_H
#define HEARTH_MATCHER_MEASURE_H

#include "proto/metrics/metrics_server.h"
#include "proto/metrics/process.h"
#include "proto/rpc/rpc.h"

enum measure {
    MEASURE_SEARCHES_STARTED = PROCESS_METRICS, /* kind */
    MEASURE_SEARCHES_FINISHED,                  /* outcome */
    MEASURE_SEARCHES_OPEN,
    MEASURE_SEARCHES_LIMIT,
    MEASURE_SEARCHES_WAITING,
    MEASURE_SEARCH_SECONDS,
    MEASURE_PHASE_SECONDS, /* phase */
    MEASURE_OPENING_SECONDS,
    MEASURE_ANSWERS,  /* outcome */
    MEASURE_DECLINES, /* reason */
    MEASURE_REFUSALS, /* call, reason */
    MEASURE_LIMITED,  /* what */
    MEASURE_STREAMS,
    MEASURE_STREAMS_ENDED, /* call, end */
    MEASURE_AGENTS_ATTACHED,
    MEASURE_AGENTS_LISTED,
    MEASURE_ATTACHMENTS, /* event */
    MEASURE_EPOCH_BEGAN,
    MEASURE_EPOCH_ENDS,
    MEASURE_EPOCHS,
    MEASURE_BUDGET_USED,
    MEASURE_BUDGET_LIMIT,
    MEASURE_BUDGET_LAS,
    MEASURE_BUDGET_AT_LIMIT,
    MEASURE_MAIL, /* event */
    MEASURE_MAIL_WAITING,
    MEASURE_MAIL_BYTES,
    MEASURE_MAIL_OLDEST,
    MEASURE_AUDIT_ENTRIES,
    MEASURE_AUDIT_WORKS,
    MEASURE_STORE_BYTES, /* store */
    MEASURE_STORE_FILE,  /* store */
    MEASURE_STORE_LIMIT, /* store */
    MEASURE_FIGURES,     /* event */
    MEASURE_FIGURES_OPEN,
    MEASURE_QUEUE, /* queue */
    MEASURE_CATALOGUE,
    MEASURES
};
enum measure_kind { MEASURE_SEARCH, MEASURE_MEMBER };
enum measure_outcome { OUTCOME_COMPLETED, OUTCOME_REFUSED, OUTCOME_ABANDONED, OUTCOME_FAILED };
enum measure_phase { STEP_CHECK, STEP_FAN_OUT, STEP_REPLIES, STEP_SHARES, STEP_RESULT };
enum measure_answer { FATE_IN_TIME, FATE_DECLINED, FATE_REFUSED, FATE_LEFT, FATE_NONE, FATE_LATE };
enum measure_limited {
    LIMITED_CONNECTIONS,
    LIMITED_HANDSHAKES,
    LIMITED_STREAMS,
    LIMITED_MESSAGES,
    LIMITED_BYTES,
    LIMITED_CUT
};
enum measure_attachment { ATTACHMENT_NEW, ATTACHMENT_REPLACED, ATTACHMENT_ENDED };
enum measure_mail { LETTER_ACCEPTED, LETTER_DELIVERED, LETTER_UNREADABLE, LETTER_EXPIRED };
enum measure_store { STORE_AUDIT, STORE_MAIL, STORE_FIGURES };

struct matcher;

extern const struct metric measure_table[MEASURES];

/* ---- one line where something happens; from any thread ---- */
void measure_refusal(struct matcher *matcher, const char *call, const struct err *err);
void measure_stream_ended(struct matcher *matcher, const char *call, enum rpc_status status);

/* ---- life: everything but measure_mail_load on the thread that ticks ---- */
/* Starts telling, where the configuration says so. */
MUST_CHECK bool measure_start(struct matcher *matcher, struct err *err);
/* Every second or so: brings the gauges up to date and takes a picture every METRICS_PERIOD_MS. */
void measure_tick(struct matcher *matcher, int64_t now_ms);
void measure_stop(struct matcher *matcher);
/* On the mail's thread, with its ticks. */
void measure_mail_load(struct matcher *matcher);

#endif
