/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/proto/crypto/bodies.h"

static bool decode(const uint8_t *body, size_t len, struct err *err)
{
    struct shares_proof proof;
    bool ok = shares_proof_decode(body, len, &proof, err);
    if (ok) shares_proof_free(&proof);
    return ok;
}

static struct shares_proof example(size_t agents)
{
    struct shares_proof proof = {.agent_count = agents};
    proof.agents = mem_array(agents, sizeof *proof.agents);
    for (size_t i = 0; i < agents; i++)
        (void)snprintf(proof.agents[i], sizeof *proof.agents, "a234567890123456789012345678%04u",
                       (unsigned)(i % 10000));
    randombytes_buf(proof.proof, PROOF_BYTES);
    return proof;
}

/* None, one, and as many as there may be with the longest names. */
static void decodes_what_was_encoded(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, AGENTS_MAX};
    for (size_t c = 0; c < 3; c++) {
        struct shares_proof proof = example(counts[c]), got;
        struct buf body = {0};
        struct err err;
        shares_proof_encode(&proof, &body);
        assert_true(shares_proof_decode(body.data, body.len, &got, &err));
        assert_int_equal(got.agent_count, counts[c]);
        for (size_t i = 0; i < counts[c]; i++) assert_string_equal(got.agents[i], proof.agents[i]);
        assert_memory_equal(got.proof, proof.proof, PROOF_BYTES);
        buf_free(&body);
        shares_proof_free(&got);
        shares_proof_free(&proof);
    }
}

static void wrong_fields_are_refused(void **state)
{
    (void)state;
    struct shares_proof proof = example(3);
    struct buf body = {0};
    shares_proof_encode(&proof, &body);
    Hearth__V1__SharesProofBody *message =
        hearth__v1__shares_proof_body__unpack(NULL, body.len, body.data);
    lengths_refused(decode, &message->base, &message->proof, "proof");
    ids_refused(decode, &message->base, &message->agents[2], "agents");
    message->n_agents = 0;
    body.len = 0;
    wire_pack(&message->base, &body);
    strictness_holds(decode, &body, AGENTS_MAX * (ID_MAX + 2) + 128, ERR_INVALID);
    message->n_agents = 3;

    char **agents = message->agents, **many = mem_array(AGENTS_MAX + 1, sizeof *many);
    for (size_t i = 0; i <= AGENTS_MAX; i++) many[i] = "a";
    message->agents = many;
    message->n_agents = AGENTS_MAX + 1;
    message_refused(decode, &message->base, ERR_INVALID, "agents");
    message->agents = agents;
    message->n_agents = 3;
    free(many);
    hearth__v1__shares_proof_body__free_unpacked(message, NULL);
    shares_proof_free(&proof);
    buf_free(&body);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_what_was_encoded),
        cmocka_unit_test(wrong_fields_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
