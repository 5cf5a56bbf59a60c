/* SPDX-License-Identifier: Apache-2.0
 * From slot sets to a reply: what the agent does with its carers when it answers, and an auditor
 * with the slot sets that were kept. The same code for both, so that they cannot differ.
 */
#ifndef HEARTH_AGENT_BLIND_LIST_H
#define HEARTH_AGENT_BLIND_LIST_H

#include "proto/crypto/message.h"
#include "proto/domain/profile.h"

/* What a query is answered with, beside carers and seed. */
struct blind_question {
    const struct query *query;
    const struct catalogue *catalogue; /* whose slots the carers hold: the query's, or older */
    const struct blind_layout *layout; /* the query's */
    const struct point *joint_key;
    const uint8_t *query_hash; /* HASH_BYTES */
    const char *agent;         /* the agency's id */
    struct pool *pool;         /* spreads the work; may be NULL */
};

/* Carers as positions in the query, nothing else. Buffers wipe what they move out of. */
struct blind_list {
    const struct blind_question *question;
    struct buf hard, soft; /* uint16_t each, carer after carer */
    struct buf carers;     /* a span of these each */
    struct buf frames;     /* slot sets as evaluated, for the commitment */
    size_t count;
    struct secret room; /* for the positions of one */
};
/* Zeroes it; blind_list_free wipes and frees. */
void blind_list_start(struct blind_list *list, const struct blind_question *question);
void blind_list_free(struct blind_list *list);
void blind_list_add(struct blind_list *list, const struct slot_set *set);
/* Evaluates with that seed (SEED_BYTES) and fills in the whole reply. c1, c2: appended to,
 * reply->count * 32 bytes each. */
void blind_list_evaluate(const struct blind_list *list, const struct secret *seed,
                         struct reply *reply, struct buf *c1, struct buf *c2);

#endif
