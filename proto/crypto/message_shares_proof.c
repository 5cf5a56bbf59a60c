/* SPDX-License-Identifier: Apache-2.0
 * The LA's closing word: whose shares its one proof covers, in order. */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

/* An id takes two bytes more on the wire; the proof and its frame less than 128. */
enum { SHARES_PROOF_BODY_MAX = AGENTS_MAX * (ID_MAX + 2) + 128 };

void shares_proof_encode(const struct shares_proof *proof, struct buf *out)
{
    REQUIRE(proof->agent_count <= AGENTS_MAX);
    char **agents = mem_array(proof->agent_count, sizeof *agents);
    for (size_t i = 0; i < proof->agent_count; i++) agents[i] = proof->agents[i];
    Hearth__V1__SharesProofBody body = HEARTH__V1__SHARES_PROOF_BODY__INIT;
    body.agents = agents;
    body.n_agents = proof->agent_count;
    body.proof = wire_data(proof->proof, PROOF_BYTES);
    wire_pack(&body.base, out);
    free(agents);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__SharesProofBody *body = message;
    struct shares_proof *out = to;
    if (body->n_agents > AGENTS_MAX) {
        return err_set(err, ERR_INVALID, "agents", "%zu of them; at most %d", body->n_agents,
                       AGENTS_MAX);
    }
    for (size_t i = 0; i < body->n_agents; i++) {
        char id[ID_MAX + 1];
        if (!wire_id(body->agents[i], "agents", id, err)) return false;
    }
    if (!wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err)) return false;
    out->agent_count = body->n_agents;
    out->agents = mem_array(body->n_agents, sizeof *out->agents);
    for (size_t i = 0; i < body->n_agents; i++)
        memcpy(out->agents[i], body->agents[i], strlen(body->agents[i]) + 1);
    return true;
}

bool shares_proof_decode(const uint8_t *body, size_t len, struct shares_proof *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__shares_proof_body__descriptor,
                                          .max = SHARES_PROOF_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}

void shares_proof_free(struct shares_proof *proof)
{
    free(proof->agents);
    *proof = (struct shares_proof){0};
}
