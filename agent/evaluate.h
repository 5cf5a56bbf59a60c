/* SPDX-License-Identifier: Apache-2.0
 * One blinded query over one snapshot of the vault (docs/protocol.md "Evaluation by the agent"). No
 * network, no keys: the query has been checked already. How long it takes and what comes out, in
 * size, depends on the carers held and on the footprint, not on what the ciphertexts hold.
 */
#ifndef HEARTH_AGENT_EVALUATE_H
#define HEARTH_AGENT_EVALUATE_H

#include "agent/vault.h"

struct evaluation {
    const struct query *query;
    const struct catalogue *catalogue; /* whose slots the carers hold: the query's, or older */
    const struct blind_layout *layout; /* the query's */
    const struct point *joint_key;
    const uint8_t *query_hash; /* HASH_BYTES */
    const char *agent;         /* this agency's id */
    int32_t today;             /* Europe/London */
    int fresh_days;
    struct pool *pool; /* spreads the work; may be NULL */
};
struct evaluated {
    struct reply reply; /* to be encoded and signed */
    struct buf c1, c2;  /* reply.count * 32 bytes each */
};

/* ERR_CORRUPT or ERR_IO where the vault cannot be read. evaluated_free frees. */
MUST_CHECK bool evaluate(struct vault *vault, const struct evaluation *in, struct evaluated *out,
                         struct err *err);
void evaluated_free(struct evaluated *evaluated);

#endif
