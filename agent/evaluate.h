/* SPDX-License-Identifier: Apache-2.0
 * One blinded query over one snapshot of the vault (docs/protocol.md "Evaluation by the agent"). No
 * network, no keys: the query has been checked already. How long it takes and what comes out, in
 * size, depends on the carers held and on the footprint, not on what the ciphertexts hold.
 */
#ifndef HEARTH_AGENT_EVALUATE_H
#define HEARTH_AGENT_EVALUATE_H

#include "agent/blind_list.h"
#include "agent/vault.h"

struct evaluation {
    struct blind_question question;
    int32_t today; /* Europe/London */
    int fresh_days;
};
struct evaluated {
    struct reply reply; /* to be encoded and signed */
    struct buf c1, c2;  /* reply.count * 32 bytes each */
    /* What an auditor recomputes it from; both confidential. */
    struct secret seed;   /* SEED_BYTES */
    struct buf slot_sets; /* the frame of each carer */
    size_t carers;
};

/* ERR_CORRUPT or ERR_IO where the vault cannot be read. evaluated_free wipes and frees. */
MUST_CHECK bool evaluate(struct vault *vault, const struct evaluation *in, struct evaluated *out,
                         struct err *err);
void evaluated_free(struct evaluated *evaluated);

#endif
