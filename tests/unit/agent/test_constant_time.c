/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on the seed of a reply, from the slot sets to what is signed. By
 * slot sets themselves the agent does look up ciphertexts (docs/assurance.md). */
#include "tests/unit/proto/crypto/constant_time.h"

#include "agent/blind_list.h"
#include "tests/unit/agent/asked.h"

static const char REQUEST[] =
    "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"
    "\"PT_SHORT\",\"needed_by\":\"today\"}}";

static void a_reply_is_made_in_constant_time(void **state)
{
    (void)state;
    struct asked *asked = ask(REQUEST);
    const struct blind_question question = {.query = &asked->query,
                                            .catalogue = catalogue_get(CATALOGUE_VERSION),
                                            .layout = &asked->layout,
                                            .joint_key = &asked->joint_key,
                                            .query_hash = asked->hash,
                                            .agent = "ifa-1"};
    struct secret seed = secret_random(SEED_BYTES);
    struct blind_list list;
    struct reply reply;
    struct buf c1 = {0}, c2 = {0}, body = {0};
    blind_list_start(&list, &question);
    for (uint16_t i = 0; i < 5; i++) {
        const struct slot_set set = {.placeable = i != 2, .count = 2, .slots = {i, 20}};
        blind_list_add(&list, &set);
    }
    secret(seed.data, seed.len);
    secret(list.frames.data, list.frames.len);
    (void)reports();
    blind_list_evaluate(&list, &seed, &reply, &c1, &c2);
    reply_encode(&reply, &body);
    assert_int_equal(reports(), 0);
    assert_int_equal(reply.count, 16);
    buf_free(&c1);
    buf_free(&c2);
    buf_free(&body);
    blind_list_free(&list);
    secret_free(&seed);
    asked_free(asked);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_made_in_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
