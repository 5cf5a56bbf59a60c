/* SPDX-License-Identifier: Apache-2.0
 * Replies recomputed by an auditor: honest ones of any agency follow; an inflated one, or one of
 * which anything was changed, is found, and what differs is named.
 */
#include "agent/reply_check.h"
#include "agent/reply_package.h"
#include "proto/base/json_wipe.h"
#include "tests/unit/agent/asked.h"
#include "tests/unit/support_keys/parties.h"

struct stage {
    struct parties *parties;
    struct party agent, other, la;
    struct held held;
    struct asked *asked;
    struct kept_reply kept;
    struct trust *trust; /* the root alone, as an auditor has it */
    const struct certificate *certificate;
};

static int set_up(void **state)
{
    struct stage *stage = mem_new(struct stage);
    struct err err = {0};
    stage->held.dir = support_temp_dir();
    stage->parties = parties_new(stage->held.dir);
    stage->agent = parties_add(stage->parties, ROLE_AGENT, "ifa-1");
    stage->other = parties_add(stage->parties, ROLE_AGENT, "ifa-2");
    stage->la = parties_add(stage->parties, ROLE_LA, "la-1");
    stage->held.key = test_key();
    must(vault_create(stage->held.dir, &stage->held.key, &err), &err);
    must(vault_open(stage->held.dir, &stage->held.key, &stage->held.vault, &err), &err);
    char root[512];
    (void)snprintf(root, sizeof root, "%s/%s", stage->agent.home, HOME_ROOT);
    must(trust_open(root, NULL, NULL, &stage->trust, &err), &err);
    stage->certificate = identity_certificate(stage->agent.identity);
    *state = stage;
    return 0;
}

static void forget(struct stage *stage)
{
    if (stage->asked) asked_free(stage->asked);
    kept_reply_free(&stage->kept);
    stage->asked = NULL;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    forget(stage);
    trust_close(stage->trust);
    vault_close(stage->held.vault);
    secret_free(&stage->held.key);
    party_close(&stage->agent);
    party_close(&stage->other);
    party_close(&stage->la);
    parties_free(stage->parties);
    support_temp_dir_remove(stage->held.dir);
    free(stage);
    return 0;
}

static void sign(struct stage *stage, const struct reply *reply, const struct party *signer)
{
    buf_free(&stage->kept.signed_reply.body);
    reply_encode(reply, &stage->kept.signed_reply.body);
    identity_sign_body(signer->identity, TAG_REPLY, &stage->kept.signed_reply);
}

/* A query, evaluated over the vault and kept as the agent does. */
static struct reply answer(struct stage *stage)
{
    char *json = random_request();
    forget(stage);
    stage->asked = ask(json);
    struct evaluated got = run(stage->held.vault, stage->asked);
    struct reply reply = got.reply;
    stage->kept = (struct kept_reply){.catalogue = CATALOGUE_VERSION,
                                      .at_ms = clock_wall_ms(),
                                      .carers = got.carers,
                                      .seed = got.seed,
                                      .slot_sets = got.slot_sets};
    memcpy(stage->kept.la, "la-1", 5);
    memcpy(stage->kept.query_hash, stage->asked->hash, HASH_BYTES);
    got.seed = (struct secret){0};
    got.slot_sets = (struct buf){0};
    evaluated_free(&got);
    sign(stage, &reply, &stage->agent);
    free(json);
    return reply;
}

static bool try_check(struct stage *stage, struct reply_check *out, struct err *err)
{
    const struct reply_question question = {.query = stage->asked->body.data,
                                            .query_len = stage->asked->body.len,
                                            .epoch = &stage->asked->epoch,
                                            .at_ms = clock_wall_ms()};
    return reply_check(&stage->kept, stage->certificate, &question, stage->trust, out, err);
}

static struct reply_check check(struct stage *stage)
{
    struct reply_check found;
    struct err err = {0};
    must(try_check(stage, &found, &err), &err);
    return found;
}

static void expect_follows(struct stage *stage)
{
    struct reply_check found = check(stage);
    if (!found.follows) fail_msg("%s", found.why);
    for (int i = 0; i < REPLY_CHECKS; i++) assert_int_equal(found.items[i], REPLY_FOLLOWS);
    assert_string_equal(found.agent, "ifa-1");
}

/* That item differs, all before it follow, and the reason is not empty. */
static void expect_differs(struct stage *stage, enum reply_check_item item)
{
    struct reply_check found = check(stage);
    assert_false(found.follows);
    assert_true(found.why[0] != '\0');
    for (int i = 0; i < (int)item; i++) assert_int_equal(found.items[i], REPLY_FOLLOWS);
    if (found.items[item] != REPLY_DIFFERS) {
        fail_msg("%s should differ: %s", reply_check_name(item), found.why);
    }
}

static void test_honest_replies_follow(void **state)
{
    struct stage *stage = *state;
    answer(stage); /* nobody */
    expect_follows(stage);
    for (int round = 0; round < 25; round++) {
        if (round % 2 == 0) {
            hold_near_leeds(stage->held.vault, 1 + pick(60));
        } else {
            hold(stage->held.vault, 1000 * (unsigned)round, 1 + pick(40));
        }
        answer(stage);
        expect_follows(stage);
    }
}

/* ---- the agent lies ---- */

/* Everything of which a household may hold many. */
static void widen(struct slot_set *set, const struct catalogue *catalogue)
{
    struct slot_set wide = {.cell = set->cell, .placeable = set->placeable};
    size_t at = 0;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        bool held = at < set->count && set->slots[at] == slot;
        if (held) at++;
        if (held || !catalogue_slot(catalogue, slot)->one_of) wide.slots[wide.count++] = slot;
    }
    *set = wide;
}

/* The halves of a reply over other slot sets than it commits to. */
static void inflate(struct stage *stage, struct reply *reply)
{
    const struct blind_question question = {.query = &stage->asked->query,
                                            .catalogue = catalogue_get(CATALOGUE_VERSION),
                                            .layout = &stage->asked->layout,
                                            .joint_key = &stage->asked->joint_key,
                                            .query_hash = stage->asked->hash,
                                            .agent = "ifa-1"};
    struct reader reader = reader_of(stage->kept.slot_sets.data, stage->kept.slot_sets.len);
    struct blind_list list;
    struct reply lie;
    struct err err = {0};
    struct buf c1 = {0}, c2 = {0};
    blind_list_start(&list, &question);
    for (size_t i = 0; i < stage->kept.carers; i++) {
        struct slot_set set;
        must(slot_set_unframe(&reader, question.catalogue, &set, &err), &err);
        widen(&set, question.catalogue);
        blind_list_add(&list, &set);
    }
    blind_list_evaluate(&list, &stage->kept.seed, &lie, &c1, &c2);
    memcpy(reply->c1_hash, lie.c1_hash, HASH_BYTES);
    memcpy(reply->c2_hash, lie.c2_hash, HASH_BYTES);
    blind_list_free(&list);
    buf_free(&c1);
    buf_free(&c2);
}

/* What the cheating agent does: it evaluates households that hold more than it commits to. */
static void test_an_inflated_reply_is_found(void **state)
{
    struct stage *stage = *state;
    for (int round = 0; round < 5; round++) {
        hold_near_leeds(stage->held.vault, 20);
        struct reply reply = answer(stage);
        inflate(stage, &reply);
        sign(stage, &reply, &stage->agent);
        expect_differs(stage, REPLY_C1);
        assert_int_equal(check(stage).items[REPLY_C2], REPLY_DIFFERS);
    }
}

/* A score that is added after the evaluation, with an honest first half. */
static void test_added_points_are_found(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 10);
    struct reply reply = answer(stage);
    reply.c2_hash[3] ^= 1;
    sign(stage, &reply, &stage->agent);
    expect_differs(stage, REPLY_C2);
}

static void test_another_count_is_found(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 10);
    struct reply reply = answer(stage);
    reply.count = 32;
    sign(stage, &reply, &stage->agent);
    expect_differs(stage, REPLY_COUNT);
}

/* ---- what is opened is not what was committed to ---- */

static void test_an_altered_seed_is_found(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 10);
    answer(stage);
    stage->kept.seed.data[31] ^= 0x80;
    expect_differs(stage, REPLY_SEED);
}

/* Every single byte of the slot sets counts. */
static void test_altered_slot_sets_are_found(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 6);
    answer(stage);
    for (size_t at = 0; at < stage->kept.slot_sets.len; at += 1 + pick(40)) {
        stage->kept.slot_sets.data[at] ^= 1;
        expect_differs(stage, REPLY_SLOT_SETS);
        stage->kept.slot_sets.data[at] ^= 1;
    }
    buf_u8(&stage->kept.slot_sets, 0);
    expect_differs(stage, REPLY_SLOT_SETS);
    stage->kept.slot_sets.len--;
    expect_follows(stage);
    stage->kept.carers++;
    expect_differs(stage, REPLY_READABLE);
}

/* An agent that committed to something that is no slot set at all. */
static void test_nonsense_that_was_committed_to(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 6);
    struct reply reply = answer(stage);
    stage->kept.slot_sets.data[0] = 2;
    reply_commit(&reply, stage->kept.seed.data, stage->kept.slot_sets.data,
                 stage->kept.slot_sets.len);
    sign(stage, &reply, &stage->agent);
    expect_differs(stage, REPLY_READABLE);
}

/* ---- signatures ---- */

static void test_signatures_are_checked(void **state)
{
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 6);
    struct reply reply = answer(stage);
    stage->kept.signed_reply.signature[5] ^= 1;
    expect_differs(stage, REPLY_SIGNATURE);
    sign(stage, &reply, &stage->other);
    expect_differs(stage, REPLY_SIGNATURE);
    /* Signed by another agency under its own certificate, for this one. */
    stage->certificate = identity_certificate(stage->other.identity);
    expect_differs(stage, REPLY_SIGNATURE);
    sign(stage, &reply, &stage->la);
    stage->certificate = identity_certificate(stage->la.identity);
    struct reply_check found = check(stage);
    assert_false(found.follows);
    assert_int_equal(found.items[REPLY_CERTIFICATE], REPLY_DIFFERS);
    stage->certificate = identity_certificate(stage->agent.identity);
    sign(stage, &reply, &stage->agent);
    expect_follows(stage);
}

static void test_a_certificate_of_nobody(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    hold_near_leeds(stage->held.vault, 6);
    answer(stage);
    struct certificate copy;
    struct buf raw = {0};
    buf_append(&raw, stage->certificate->raw.signature, SIGNATURE_BYTES);
    raw.data[0] ^= 1;
    must(certificate_decode(stage->certificate->raw.body.data, stage->certificate->raw.body.len,
                            raw.data, raw.len, &copy, &err),
         &err);
    stage->certificate = &copy;
    struct reply_check found = check(stage);
    assert_false(found.follows);
    assert_int_equal(found.items[REPLY_CERTIFICATE], REPLY_DIFFERS);
    assert_int_equal(found.items[REPLY_C2], REPLY_FOLLOWS); /* it is only the certificate */
    certificate_free(&copy);
    buf_free(&raw);
}

static void test_another_query(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct reply_check found;
    hold_near_leeds(stage->held.vault, 6);
    answer(stage);
    struct kept_reply kept = stage->kept;
    stage->kept = (struct kept_reply){0};
    answer(stage);
    struct kept_reply second = stage->kept;
    stage->kept = kept;
    expect_differs(stage, REPLY_QUERY);
    memcpy(stage->kept.la, "la-2", 5);
    assert_false(try_check(stage, &found, &err));
    assert_int_equal(err.code, ERR_INVALID);
    memcpy(stage->kept.la, "la-1", 5);
    stage->kept.catalogue = CATALOGUE_VERSION + 1;
    assert_false(try_check(stage, &found, &err));
    assert_int_equal(err.code, ERR_VERSION);
    kept_reply_free(&second);
}

/* ---- packages ---- */

static void test_packages_carry_all_of_it(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct certificate certificate;
    struct kept_reply got;
    hold_near_leeds(stage->held.vault, 12);
    answer(stage);
    json_t *package = reply_package_json(&stage->kept, stage->certificate);
    char *text = json_dumps(package, 0);
    must(reply_package_parse((uint8_t *)text, strlen(text), &got, &certificate, &err), &err);
    kept_reply_free(&stage->kept);
    stage->kept = got;
    stage->certificate = &certificate;
    expect_follows(stage);
    certificate_free(&certificate);
    stage->certificate = identity_certificate(stage->agent.identity);
    free(text);
    json_decref(package);
}

static void expect_refused(const char *text, enum err_code code, const char *field)
{
    struct err err = {0};
    struct certificate certificate;
    struct kept_reply got;
    assert_false(
        reply_package_parse((const uint8_t *)text, strlen(text), &got, &certificate, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static void test_malformed_packages(void **state)
{
    static const char *const fields[] = {"query", "seed", "slot_sets", "reply", "certificate"};
    struct stage *stage = *state;
    hold_near_leeds(stage->held.vault, 2);
    answer(stage);
    json_t *package = reply_package_json(&stage->kept, stage->certificate);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        static const char *const bad[] = {"abc", "xx", "7", "zz00"};
        for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
            json_t *copy = json_deep_copy(package);
            json_object_set_new(copy, fields[i], json_string(bad[j]));
            char *text = json_dumps(copy, 0);
            expect_refused(text, ERR_INVALID, fields[i]);
            free(text);
            json_decref(copy);
        }
        json_t *copy = json_deep_copy(package);
        json_object_del(copy, fields[i]);
        char *text = json_dumps(copy, 0);
        expect_refused(text, ERR_INVALID, "");
        free(text);
        json_decref(copy);
    }
    expect_refused("{}", ERR_INVALID, "hearth_reply");
    expect_refused("[1", ERR_INVALID, "");
    expect_refused("{\"hearth_reply\":2}", ERR_VERSION, "hearth_reply");
    json_decref(package);
}

int main(void)
{
#define WITH_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_STAGE(test_honest_replies_follow),
        WITH_STAGE(test_an_inflated_reply_is_found),
        WITH_STAGE(test_added_points_are_found),
        WITH_STAGE(test_another_count_is_found),
        WITH_STAGE(test_an_altered_seed_is_found),
        WITH_STAGE(test_altered_slot_sets_are_found),
        WITH_STAGE(test_nonsense_that_was_committed_to),
        WITH_STAGE(test_signatures_are_checked),
        WITH_STAGE(test_a_certificate_of_nobody),
        WITH_STAGE(test_another_query),
        WITH_STAGE(test_packages_carry_all_of_it),
        WITH_STAGE(test_malformed_packages),
    };
    json_wipe_setup();
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
