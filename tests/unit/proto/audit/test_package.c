/* SPDX-License-Identifier: Apache-2.0
 * A search opened: the honest package passes, and whatever is changed in it is refused, with a
 * reason that names what does not fit.
 */
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"
#include "tests/unit/proto/audit/opened.h"

struct scene {
    struct opened_world *world;
    struct package_parts parts, second; /* two searches of one LA */
    json_t *package;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    scene->world = opened_world_new();
    scene->parts = opened_search(scene->world, OPENED_REQUEST, false);
    scene->second = opened_search(scene->world, OPENED_REQUEST, false);
    json_t *chain = opened_chain(scene->world, &scene->parts);
    scene->package = package_json(&scene->parts, chain);
    json_decref(chain);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    json_decref(scene->package);
    package_parts_free(&scene->parts);
    package_parts_free(&scene->second);
    opened_world_free(scene->world);
    free(scene);
    return 0;
}

static bool check(const struct scene *scene, struct package_report *report, struct err *err)
{
    char *text = json_dumps(scene->package, JSON_INDENT(1));
    bool ok = package_check((uint8_t *)text, strlen(text), scene->world->agent.trust, report, err);
    free(text);
    return ok;
}

static void expect_accepted(const struct scene *scene)
{
    struct package_report report;
    struct err err = {0};
    if (!check(scene, &report, &err)) fail_msg("%s: %s", err.field, err.text);
    package_report_free(&report);
}

static void expect_refused(const struct scene *scene, enum err_code code, const char *field,
                           const char *word)
{
    struct package_report report;
    struct err err = {0};
    if (check(scene, &report, &err)) fail_msg("accepted, expected %s \"%s\"", field, word);
    if (err.code != code || strncmp(err.field, field, strlen(field)) != 0 ||
        !strstr(err.text, word)) {
        fail_msg("expected %s '%s' \"%s\": %s '%s' %s", err_code_name(code), field, word,
                 err_code_name(err.code), err.field, err.text);
    }
}

static void set(const struct scene *scene, const char *name, json_t *value)
{
    assert_int_equal(json_object_set_new(scene->package, name, value), 0);
}

static void flip_digit(json_t *object, const char *name, size_t at)
{
    char *text = mem_string(json_string_value(json_object_get(object, name)));
    text[at] = text[at] == '0' ? '1' : '0';
    (void)json_object_set_new(object, name, json_string(text));
    free(text);
}

static json_t *chain_entries(const struct scene *scene)
{
    return json_object_get(json_object_get(scene->package, "chain"), "entries");
}

/* ---- what is right ---- */

static void honest_package_passes(void **state)
{
    struct scene *scene = *state;
    struct package_report report;
    struct err err = {0};
    if (!check(scene, &report, &err)) fail_msg("%s: %s", err.field, err.text);
    assert_string_equal(report.la, "la-1");
    assert_string_equal(report.la_name, "Test la-1");
    assert_string_equal(report.matcher, "matcher");
    assert_string_equal(report.search_ref, "S-1");
    assert_memory_equal(report.query_hash, scene->parts.query_hash, HASH_BYTES);
    assert_int_equal(report.request->child_count, 2);
    assert_true(report.has_result && report.logged);
    assert_int_equal(report.result.answered, 11);
    assert_int_equal(report.run, 1);
    assert_int_equal(report.entry, 5);
    assert_true(report.entry_time_ms >= scene->parts.issued_at);
    uint8_t hash[HASH_BYTES];
    query_hash(hash, report.query.data, report.query.len);
    assert_memory_equal(hash, report.query_hash, HASH_BYTES);
    package_report_free(&report);
    assert_null(report.request);
}

static void chain_and_result_may_be_missing(void **state)
{
    struct scene *scene = *state;
    struct package_report report;
    struct err err = {0};
    (void)json_object_del(scene->package, "chain");
    assert_true(check(scene, &report, &err));
    assert_true(report.has_result && !report.logged);
    package_report_free(&report);
    (void)json_object_del(scene->package, "result");
    assert_true(check(scene, &report, &err));
    assert_true(!report.has_result && !report.logged);
    package_report_free(&report);
}

static void members_of_explanations_open_too(void **state)
{
    struct scene *scene = *state;
    struct package_parts member = opened_search(scene->world, OPENED_REQUEST, true);
    json_t *chain = opened_chain(scene->world, &member);
    json_decref(scene->package);
    scene->package = package_json(&member, chain);
    expect_accepted(scene);
    (void)json_object_del(scene->package, "group_id");
    expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed");
    json_decref(chain);
    package_parts_free(&member);
}

/* Revoked, and renewed with another serial, after the search. */
static void later_revocation_hinders_no_audit(void **state)
{
    struct scene *scene = *state;
    struct opened_world *world = scene->world;
    struct err err = {0};
    bool changed = false;
    parties_revoke(world->parties, &world->la, &world->agent);
    assert_true(trust_reload(world->agent.trust, &changed, &err));
    assert_true(changed &&
                !trust_check(world->agent.trust, identity_certificate(world->la.identity), ROLE_LA,
                             clock_wall_ms(), &err));
    expect_accepted(scene);
}

static void parts_read_back(void **state)
{
    struct scene *scene = *state;
    struct buf bytes = {0}, again = {0};
    struct package_parts parts;
    struct err err = {0};
    package_parts_encode(&scene->parts, &bytes);
    assert_true(package_parts_decode(bytes.data, bytes.len, &parts, &err));
    package_parts_encode(&parts, &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    package_parts_free(&parts);
    for (size_t len = 1; len < bytes.len; len += len < 600 ? 1 : 97) {
        assert_false(package_parts_decode(bytes.data, len, &parts, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
    }
    bytes.data[5] = '['; /* the request is no object any more */
    assert_false(package_parts_decode(bytes.data, bytes.len, &parts, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    bytes.data[0]++;
    assert_false(package_parts_decode(bytes.data, bytes.len, &parts, &err));
    assert_int_equal(err.code, ERR_VERSION);
    buf_wipe(&bytes);
    buf_wipe(&again);
}

static void json_reads_back(void **state)
{
    struct scene *scene = *state;
    char *text = json_dumps(scene->package, 0);
    struct package_parts parts;
    struct err err = {0};
    json_t *chain = NULL;
    assert_true(package_read((uint8_t *)text, strlen(text), &parts, &chain, &err));
    json_t *again = package_json(&parts, chain);
    assert_true(json_equal(again, scene->package));
    json_decref(again);
    json_decref(chain);
    package_parts_free(&parts);
    free(text);
}

/* ---- the query ---- */

static void every_bit_of_the_seed_counts(void **state)
{
    struct scene *scene = *state;
    for (size_t digit = 0; digit < 2 * (size_t)SEED_BYTES; digit += 9) {
        json_t *seed = json_incref(json_object_get(scene->package, "seed"));
        flip_digit(scene->package, "seed", digit);
        expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed from request, seed");
        set(scene, "seed", seed);
    }
    flip_digit(scene->package, "query_id", 3);
    expect_refused(scene, ERR_CORRUPT, "query_hash", "query id");
}

static void another_request_is_found(void **state)
{
    struct scene *scene = *state;
    json_t *request = json_object_get(scene->package, "request");
    json_t *child = json_array_get(json_object_get(request, "children"), 0);
    (void)json_object_set_new(child, "age", json_integer(8));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed from request");
    (void)json_object_set_new(child, "age", json_integer(7));
    expect_accepted(scene);
    json_t *location = json_object_get(request, "location");
    json_t *anchor = json_array_get(json_object_get(location, "anchors"), 0);
    (void)json_object_set_new(anchor, "within_km", json_integer(13));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed");
    (void)json_object_set_new(anchor, "at", json_string("TQ 30000 80000")); /* elsewhere */
    expect_refused(scene, ERR_CORRUPT, "footprint", "does not hold");
    (void)json_object_set_new(anchor, "at", json_string("LS6 3AA"));
    expect_refused(scene, ERR_INVALID, "request.location.anchors[0].at", "");
    (void)json_object_set_new(location, "area", json_string("/etc/passwd")); /* reads no files */
    expect_refused(scene, ERR_INVALID, "request.location.area", "path");
}

static void other_filters_are_found(void **state)
{
    struct scene *scene = *state;
    json_t *provider = json_object_get(json_object_get(scene->package, "request"), "provider");
    (void)json_object_set_new(provider, "min_judgement", json_string("outstanding"));
    expect_refused(scene, ERR_CORRUPT, "request.provider", "options");
    (void)json_object_set_new(provider, "min_judgement", json_string("good"));
    (void)json_object_set_new(provider, "frameworks", json_pack("[s]", "South"));
    expect_refused(scene, ERR_CORRUPT, "request.provider", "options");
}

static void other_times_are_found(void **state)
{
    struct scene *scene = *state;
    int64_t issued = scene->parts.issued_at;
    set(scene, "issued_at", json_integer(issued + 1));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "times");
    set(scene, "issued_at", json_integer(issued));
    set(scene, "expires_at", json_integer(issued + QUERY_LIFETIME_MS - 1));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "times");
    set(scene, "expires_at", json_integer(issued));
    expect_refused(scene, ERR_CORRUPT, "expires_at", "120 s");
    set(scene, "expires_at", json_integer(issued + QUERY_LIFETIME_MS + 1));
    expect_refused(scene, ERR_CORRUPT, "expires_at", "120 s");
    set(scene, "issued_at", json_integer(1000)); /* before anybody was certified */
    set(scene, "expires_at", json_integer(2000));
    expect_refused(scene, ERR_EXPIRED, "la_certificate", "valid from");
}

static void another_footprint_is_found(void **state)
{
    struct scene *scene = *state;
    json_t *list = json_object_get(scene->package, "footprint");
    size_t count = json_array_size(list), decoys = 0;
    for (size_t i = 0; i < count; i++) {
        json_t *name = json_incref(json_array_get(list, i));
        (void)json_array_remove(list, i);
        struct package_report report;
        struct err err = {0};
        assert_false(check(scene, &report, &err));
        bool decoy = strcmp(err.field, "query_hash") == 0;
        decoys += decoy;
        if (!decoy) assert_string_equal(err.field, "footprint");
        (void)json_array_insert_new(list, i, name);
    }
    assert_true(decoys > 0 && decoys < count);
    (void)json_array_append(list, json_array_get(list, 0));
    expect_refused(scene, ERR_INVALID, "footprint", "each once");
    set(scene, "footprint", json_array());
    expect_refused(scene, ERR_CORRUPT, "footprint", "does not hold");
}

static void other_catalogues_are_found(void **state)
{
    struct scene *scene = *state;
    set(scene, "catalogue", json_integer(CATALOGUE_VERSION - 1));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed");
    set(scene, "catalogue", json_integer(CATALOGUE_VERSION + 1));
    expect_refused(scene, ERR_VERSION, "catalogue", "update");
}

/* ---- who signed ---- */

static void other_parties_are_found(void **state)
{
    struct scene *scene = *state;
    struct opened_world *world = scene->world;
    json_t *own = json_incref(json_object_get(scene->package, "la_certificate"));
    set(scene, "la_certificate", signed_json(&identity_certificate(world->other_la.identity)->raw));
    expect_refused(scene, ERR_UNAUTHENTICATED, "options", "la la-2");
    set(scene, "la_certificate", signed_json(&identity_certificate(world->agent.identity)->raw));
    expect_refused(scene, ERR_DENIED, "la_certificate", "role agent");
    set(scene, "la_certificate", own);
    set(scene, "matcher_certificate",
        signed_json(&identity_certificate(world->other_matcher.identity)->raw));
    expect_refused(scene, ERR_UNAUTHENTICATED, "epoch", "matcher other");
}

static void another_authority_is_found(void **state)
{
    struct scene *scene = *state;
    char *dir = support_temp_dir();
    struct parties *parties = parties_new(dir);
    struct party la = parties_add(parties, ROLE_LA, "la-1");
    set(scene, "la_certificate", signed_json(&identity_certificate(la.identity)->raw));
    expect_refused(scene, ERR_UNAUTHENTICATED, "la_certificate", "authority");
    party_close(&la);
    parties_free(parties);
    support_temp_dir_remove(dir);
}

static void signatures_are_checked(void **state)
{
    static const char *const names[] = {"la_certificate", "matcher_certificate", "epoch", "options",
                                        "result"};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *was = json_incref(json_object_get(scene->package, names[i]));
        size_t digits = json_string_length(was);
        flip_digit(scene->package, names[i], digits - 40); /* in the signature */
        expect_refused(scene, ERR_UNAUTHENTICATED, names[i], "is not one by");
        set(scene, names[i], was);
    }
    flip_digit(scene->package, "query_signature", 17);
    expect_refused(scene, ERR_UNAUTHENTICATED, "query_signature", "la la-1");
}

static void other_epochs_are_found(void **state)
{
    struct scene *scene = *state;
    struct epoch_record record;
    struct signed_bytes other = {0};
    set(scene, "epoch", signed_json(&scene->second.epoch));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "epoch");
    opened_epoch(&scene->world->other_matcher, &other, &record);
    identity_sign_body(scene->world->matcher.identity, TAG_EPOCH, &other);
    set(scene, "epoch", signed_json(&other));
    expect_refused(scene, ERR_CORRUPT, "epoch", "matcher other");
    signed_bytes_free(&other);
}

/* LA and matcher together: an epoch key M = -A, proved and signed as it should be, with which every
 * value would lie open. No query can be made with it, and the auditor's program must not abort. */
static void epochs_that_undo_the_query_key_are_refused(void **state)
{
    struct scene *scene = *state;
    struct signed_bytes raw = {0};
    struct scalar a, zero, m;
    struct point key;
    struct buf statement = {0};
    uint8_t bytes[POINT_BYTES], proof[PROOF_BYTES], tie[HASH_BYTES] = {1}, seed[SEED_BYTES] = {2};
    char matcher[] = "matcher";
    uint64_t now = (uint64_t)scene->parts.issued_at;
    blind_query_key(&a, &key, scene->parts.seed.data, scene->parts.query_id);
    scalar_from_int(&zero, 0);
    scalar_sub(&m, &zero, &a);
    point_mul_base(&key, &m);
    point_encode(bytes, &key);
    buf_bytes(&statement, matcher, strlen(matcher)); /* as proto/crypto/message_epoch.c */
    buf_u64(&statement, now);
    buf_u64(&statement, now - 1);
    buf_u64(&statement, now + 1000);
    buf_bytes(&statement, tie, HASH_BYTES);
    proof_possession_make(proof, "hearth v1 epoch key proof", statement.data, statement.len, &m,
                          seed);
    Hearth__V1__EpochBody body = HEARTH__V1__EPOCH_BODY__INIT;
    body.epoch = now;
    body.matcher = matcher;
    body.not_before = (int64_t)now - 1;
    body.not_after = (int64_t)now + 1000;
    body.key = wire_data(bytes, POINT_BYTES);
    body.proof = wire_data(proof, PROOF_BYTES);
    body.tie_commitment = wire_data(tie, HASH_BYTES);
    wire_pack(&body.base, &raw.body);
    identity_sign_body(scene->world->matcher.identity, TAG_EPOCH, &raw);
    set(scene, "epoch", signed_json(&raw));
    expect_refused(scene, ERR_CORRUPT, "epoch", "readable");
    buf_free(&statement);
    signed_bytes_free(&raw);
}

static void another_query_hash_is_found(void **state)
{
    struct scene *scene = *state;
    flip_digit(scene->package, "query_hash", 11);
    expect_refused(scene, ERR_CORRUPT, "options", "another query");
    set(scene, "query_hash", hex_json(scene->second.query_hash, HASH_BYTES));
    set(scene, "options", signed_json(&scene->second.options));
    set(scene, "query_signature", hex_json(scene->second.query_signature, SIGNATURE_BYTES));
    expect_refused(scene, ERR_CORRUPT, "query_hash", "recomputed");
}

/* ---- the result ---- */

static void results_of_other_queries_are_found(void **state)
{
    struct scene *scene = *state;
    set(scene, "result", signed_json(&scene->second.result));
    expect_refused(scene, ERR_CORRUPT, "result", "another query");
    struct signed_bytes forged = {0};
    opened_copy(&scene->parts.result, &forged);
    identity_sign_body(scene->world->other_matcher.identity, TAG_RESULT, &forged);
    set(scene, "result", signed_json(&forged));
    expect_refused(scene, ERR_UNAUTHENTICATED, "result", "matcher matcher");
    identity_sign_body(scene->world->matcher.identity, TAG_RECEIPT, &forged);
    set(scene, "result", signed_json(&forged));
    expect_refused(scene, ERR_UNAUTHENTICATED, "result", TAG_RESULT);
    signed_bytes_free(&forged);
    (void)json_object_del(scene->package, "result");
    expect_refused(scene, ERR_INVALID, "chain", "needs a result");
}

/* ---- the log ---- */

static void dropped_entries_are_found(void **state)
{
    struct scene *scene = *state;
    json_t *entries = chain_entries(scene);
    assert_int_equal(json_array_size(entries), 3);
    for (size_t i = 0; i < 3; i++) {
        static const char *const words[] = {"not shown", "entry 6 was removed", "ends at entry 6"};
        json_t *entry = json_incref(json_array_get(entries, i));
        (void)json_array_remove(entries, i);
        expect_refused(scene, ERR_CORRUPT, "chain", words[i]);
        (void)json_array_insert_new(entries, i, entry);
    }
    json_t *last = json_incref(json_array_get(entries, 2));
    (void)json_array_remove(entries, 2);
    (void)json_array_insert_new(entries, 1, last);
    expect_refused(scene, ERR_CORRUPT, "chain", "entry 6 was removed or put elsewhere: number 7");
    (void)json_array_clear(entries);
    expect_refused(scene, ERR_INVALID, "chain.entries", "1 to");
}

static void altered_entries_are_found(void **state)
{
    struct scene *scene = *state;
    json_t *entries = chain_entries(scene);
    flip_digit(json_array_get(entries, 1), "inner", 5);
    expect_refused(scene, ERR_CORRUPT, "chain", "entry 6 was altered");
    flip_digit(json_array_get(entries, 1), "inner", 5);
    json_t *first = json_array_get(entries, 0);
    flip_digit(first, "entry", 3); /* its salt */
    expect_refused(scene, ERR_CORRUPT, "chain", "entry 5 was altered");
    flip_digit(first, "entry", 2 * (AUDIT_SALT_BYTES + 8 + 1 + 1 + 4 + 5 + 4)); /* the query */
    expect_refused(scene, ERR_CORRUPT, "chain", "entry 5, where it begins, names another query");
}

/* Whole and consistent, but not the log that the matcher signed. */
static void other_logs_are_found(void **state)
{
    struct scene *scene = *state;
    struct fake_log *log = mem_new(struct fake_log);
    struct fake_log *real = scene->world->log;
    struct epoch_record epoch;
    struct err err = {0};
    json_t *chain = opened_chain(scene->world, &scene->second);
    set(scene, "chain", chain); /* of the other search */
    expect_refused(scene, ERR_CORRUPT, "chain", "another query");
    assert_true(
        epoch_decode(scene->parts.epoch.body.data, scene->parts.epoch.body.len, &epoch, &err));
    scene->world->log = log;
    fake_log_fill(log, 4);
    struct package_parts copy = {0};
    memcpy(copy.query_hash, scene->parts.query_hash, HASH_BYTES);
    opened_log(scene->world, &epoch, &copy);
    chain = opened_chain(scene->world, &copy);
    set(scene, "chain", chain);
    expect_refused(scene, ERR_CORRUPT, "chain", "does not lead to the head of 7");
    set(scene, "result", signed_json(&copy.result)); /* with its own result it would */
    expect_accepted(scene);
    package_parts_free(&copy);
    fake_log_free(log);
    free(log);
    scene->world->log = real;
}

static void chains_are_cut_out_of_exports(void **state)
{
    struct scene *scene = *state;
    struct buf text = opened_export(scene->world);
    struct log_head until = scene->world->log->heads[7];
    struct err err = {0};
    uint8_t unknown[HASH_BYTES] = {1};
    json_t *chain = NULL;
    FILE *in = open_text(&text);
    assert_false(package_chain(in, unknown, &until, &chain, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    rewind(in);
    until.length = 40;
    assert_false(package_chain(in, scene->parts.query_hash, &until, &chain, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "later export"));
    rewind(in);
    until.length = 8; /* that is not the head there */
    assert_false(package_chain(in, scene->parts.query_hash, &until, &chain, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    (void)fclose(in);
    buf_free(&text);
}

/* ---- no package ---- */

static void other_texts_are_refused(void **state)
{
    struct scene *scene = *state;
    static const char *const needed[] = {"request",   "seed",          "query_id",   "catalogue",
                                         "issued_at", "footprint",     "query_hash", "options",
                                         "epoch",     "la_certificate"};
    struct package_report report;
    struct err err = {0};
    assert_false(package_check((const uint8_t *)"", 0, scene->world->agent.trust, &report, &err));
    assert_int_equal(err.code, ERR_INVALID);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        json_t *was = json_incref(json_object_get(scene->package, needed[i]));
        (void)json_object_del(scene->package, needed[i]);
        expect_refused(scene, ERR_INVALID, needed[i], "must");
        set(scene, needed[i], was);
    }
    set(scene, "more", json_true());
    expect_refused(scene, ERR_INVALID, "", "'more'");
    set(scene, "hearth_package", json_integer(2));
    expect_refused(scene, ERR_VERSION, "hearth_package", "form 2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(honest_package_passes),
        TEST(chain_and_result_may_be_missing),
        TEST(members_of_explanations_open_too),
        TEST(later_revocation_hinders_no_audit),
        TEST(parts_read_back),
        TEST(json_reads_back),
        TEST(every_bit_of_the_seed_counts),
        TEST(another_request_is_found),
        TEST(other_filters_are_found),
        TEST(other_times_are_found),
        TEST(another_footprint_is_found),
        TEST(other_catalogues_are_found),
        TEST(other_parties_are_found),
        TEST(another_authority_is_found),
        TEST(signatures_are_checked),
        TEST(other_epochs_are_found),
        TEST(epochs_that_undo_the_query_key_are_refused),
        TEST(another_query_hash_is_found),
        TEST(results_of_other_queries_are_found),
        TEST(dropped_entries_are_found),
        TEST(altered_entries_are_found),
        TEST(other_logs_are_found),
        TEST(chains_are_cut_out_of_exports),
        TEST(other_texts_are_refused),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
