/* SPDX-License-Identifier: Apache-2.0
 * From a query that came in to the reply that leaves: check, policy, evaluation, signature,
 * keeping, send time. A reply that cannot be kept for an auditor is not sent. Queries wait in a
 * bounded queue for a pool of threads, so that the stream's callbacks never block.
 */
#ifndef HEARTH_AGENT_ANSWER_H
#define HEARTH_AGENT_ANSWER_H

#include "agent/check.h"
#include "agent/config.h"
#include "agent/keeper.h"
#include "agent/measure.h"
#include "agent/policy.h"
#include "agent/sender.h"

/* Members of groups wait in a queue of their own, eight groups long, behind ordinary queries. */
enum {
    ANSWER_QUEUE_MAX = 32,
    ANSWER_MEMBERS_MAX = 8 * GROUP_QUERIES,
    /* Answers that may wait for a slow stream at once: of all queries taken, and declines. */
    ANSWERS_MAX = 2 * (ANSWER_QUEUE_MAX + ANSWER_MEMBERS_MAX)
};

struct answerer_parts { /* all outlive the answerer */
    const struct identity *identity;
    struct vault *vault;
    struct checker *checker;
    struct policy *policy;
    struct keeper *keeper;
    struct sender *sender;
    int fresh_days;
    unsigned threads;        /* 0: one a processor */
    int64_t restored_ms;     /* when the home was put back from a backup; 0: never */
    struct metrics *metrics; /* NULL: nothing is counted */
};
struct answerer;
struct answerer *answerer_start(const struct answerer_parts *parts);
/* Drops queries that still wait, finishes those that are being evaluated or kept, frees. */
void answerer_stop(struct answerer *answerer);
/* The threads that evaluate. */
struct pool *answerer_pool(struct answerer *answerer);
/* Takes the message, which holds a query; receipt_us is when it came in. Declines "busy" where the
 * queue is full. Never blocks. */
void answerer_take(struct answerer *answerer, struct rpc_stream *stream,
                   Hearth__V1__ToAgent *message, int64_t receipt_us);

#endif
