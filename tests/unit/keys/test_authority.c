/* SPDX-License-Identifier: Apache-2.0
 * The Authority's directory: serials, the record of what was issued, revocation, and nothing half
 * done.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keys/armour.h"
#include "keys/authority.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static const int64_t DAY_MS = INT64_C(86400000);

static void request_of(enum role role, const char *id, struct certificate_request *out)
{
    struct err err = {0};
    struct private_keys keys = {0};
    struct certificate_request fields = {.role = role, .name = "Somebody"};
    struct buf text = {0}, data = {0};
    memcpy(fields.organisation, id, strlen(id));
    parties_must(private_keys_make(&keys, &err), &err);
    parties_must(certificate_request_write(&fields, &keys, &text, &err), &err);
    parties_must(armour_read(ARMOUR_REQUEST, text.data, text.len, &data, &err), &err);
    parties_must(certificate_request_decode(data.data, data.len, out, &err), &err);
    private_keys_free(&keys);
    buf_free(&text);
    buf_free(&data);
}

static void reopen(struct parties *parties)
{
    struct err err = {0};
    struct secret passphrase = parties_passphrase();
    authority_close(parties->authority);
    assert_true(authority_open(parties->authority_dir, &passphrase, &parties->authority, &err));
    secret_free(&passphrase);
}

static void issue(struct parties *parties, size_t count, uint64_t first_serial)
{
    struct certificate_request requests[3] = {0};
    struct credentials issued[3] = {0};
    struct err err = {0};
    static const char *const ids[] = {"agency-1", "agency-2", "agency-3"};
    for (size_t i = 0; i < count; i++) request_of(ROLE_AGENT, ids[i], &requests[i]);
    assert_true(authority_issue(parties->authority, requests, count, 30, issued, &err));
    for (size_t i = 0; i < count; i++) {
        const struct certificate *c = &issued[i].certificate;
        assert_int_equal(c->serial, first_serial + i);
        assert_int_equal(c->role, ROLE_AGENT);
        assert_string_equal(c->organisation, ids[i]);
        assert_string_equal(c->name, "Somebody");
        assert_int_equal(c->not_after - c->not_before, 30 * DAY_MS);
        assert_memory_equal(c->sign_key, requests[i].sign_key, SIGN_KEY_BYTES);
        assert_memory_equal(c->seal_key, requests[i].seal_key, SEAL_KEY_BYTES);
        credentials_free(&issued[i]);
        certificate_request_free(&requests[i]);
    }
}

static void serials_rise_and_are_recorded(void **state)
{
    struct parties *parties = *state;
    issue(parties, 3, 2);
    issue(parties, 1, 5);
    reopen(parties);
    const struct issued *record = authority_issued(parties->authority);
    assert_int_equal(record->count, 4);
    for (size_t i = 0; i < 4; i++) assert_int_equal(record->list[i].serial, i + 2);
    assert_int_equal(issued_newest(record, ROLE_AGENT, "agency-1")->serial, 5);
    assert_null(issued_newest(record, ROLE_LA, "agency-1"));
    assert_null(issued_by_serial(record, 1));
    issue(parties, 1, 6);
    /* identity.key, authority.root, revocations, issued: no temporary file is left. */
    assert_int_equal(support_count_files(parties->authority_dir), 4);
}

/* A lost record must not lead to serials that the revocation list already names. */
static void serials_stay_above_revoked_ones(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    const uint64_t last = 4;
    issue(parties, 3, 2);
    assert_true(authority_revoke(parties->authority, &last, 1, &err));
    char *path = file_join(parties->authority_dir, AUTHORITY_ISSUED);
    assert_int_equal(remove(path), 0);
    free(path);
    reopen(parties);
    issue(parties, 1, 5);
}

static void notices_a_changed_record(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    struct buf text = {0};
    struct issued out = {0};
    const struct certificate *root = &authority_root_of(parties->authority)->certificate;
    char *path = file_join(parties->authority_dir, AUTHORITY_ISSUED);
    issue(parties, 2, 2);
    assert_true(file_read(path, 1 << 20, &text, &err));
    for (size_t i = 0; i < text.len; i++) {
        text.data[i] ^= 1;
        assert_true(file_write(path, text.data, text.len, 0600, &err));
        if (issued_load(path, root, &out, &err)) fail_msg("character %zu can be changed", i);
        assert_int_equal(err.code, ERR_CORRUPT);
        text.data[i] ^= 1;
    }
    assert_true(file_write(path, text.data, text.len - 1, 0600, &err));
    assert_false(issued_load(path, root, &out, &err));
    free(path);
    buf_free(&text);
}

static void nothing_outlasts_the_root(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    struct certificate_request request = {0};
    struct credentials issued = {0};
    request_of(ROLE_LA, "la-1", &request);
    assert_false(
        authority_issue(parties->authority, &request, 1, ROOT_DAYS_DEFAULT + 1, &issued, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "days");
    assert_int_equal(authority_issued(parties->authority)->count, 0);
    certificate_request_free(&request);
}

/* Where the record cannot be written no certificate leaves the room. */
static void issues_nothing_without_a_record(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    struct certificate_request request = {0};
    struct credentials issued = {0};
    char *path = file_join(parties->authority_dir, AUTHORITY_ISSUED);
    request_of(ROLE_LA, "la-1", &request);
    assert_true(file_make_dirs(path, 0700, &err)); /* in the record's place */
    assert_false(authority_issue(parties->authority, &request, 1, 30, &issued, &err));
    assert_int_equal(issued.tls_certificate.len, 0);
    assert_null(issued.certificate.raw.body.data);
    assert_int_equal(authority_issued(parties->authority)->count, 0);
    assert_int_equal(remove(path), 0);
    issue(parties, 1, 2);
    free(path);
    certificate_request_free(&request);
}

static void revokes_what_was_issued_only(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    const uint64_t both[] = {4, 2}, unknown[] = {3, 99};
    const struct revocations *list = authority_revocations(parties->authority);
    issue(parties, 3, 2);
    assert_int_equal(list->number, 1);
    assert_int_equal(list->count, 0);
    assert_false(authority_revoke(parties->authority, unknown, 2, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(list->number, 1);
    assert_true(authority_revoke(parties->authority, both, 2, &err));
    assert_true(authority_revoke(parties->authority, both, 1, &err));
    reopen(parties);
    list = authority_revocations(parties->authority);
    assert_int_equal(list->number, 3);
    assert_int_equal(list->count, 2);
    assert_true(revocations_contain(list, 2) && revocations_contain(list, 4));
    assert_false(revocations_contain(list, 3));
}

static void one_directory_holds_one_authority(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    struct secret passphrase = parties_passphrase();
    assert_false(
        authority_make(parties->authority_dir, "Again", 10, &parties_cost, &passphrase, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    struct stat info;
    char *key = file_join(parties->authority_dir, HOME_KEY);
    assert_int_equal(stat(key, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(parties->authority_dir, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    free(key);
    secret_free(&passphrase);
    reopen(parties);
}

static void an_interrupted_start_can_be_repeated(void **state)
{
    struct parties *parties = *state;
    struct err err = {0};
    struct secret passphrase = parties_passphrase();
    char *key = file_join(parties->authority_dir, HOME_KEY);
    assert_int_equal(remove(key), 0); /* the last file to be written */
    assert_true(
        authority_make(parties->authority_dir, "Again", 10, &parties_cost, &passphrase, &err));
    reopen(parties);
    const struct certificate *root = &authority_root_of(parties->authority)->certificate;
    assert_string_equal(root->name, "Again");
    assert_int_equal(root->not_after - root->not_before, 10 * DAY_MS);
    free(key);
    secret_free(&passphrase);
}

static void revocation_lists_are_bounded_and_ordered(void **state)
{
    (void)state;
    uint8_t public_key[SIGN_KEY_BYTES], secret[SIGN_SECRET_BYTES];
    REQUIRE(crypto_sign_keypair(public_key, secret) == 0);
    uint64_t falling[] = {3, 2}, twice[] = {3, 3}, zero[] = {0, 1};
    uint64_t *bad[] = {falling, twice, zero};
    for (size_t i = 0; i < 4; i++) {
        struct revocations list = {.number = i == 3 ? 0 : 1, .serials = bad[i % 3], .count = 2};
        struct revocations out = {0};
        struct buf text = {0}, data = {0};
        struct err err = {0};
        if (i == 3) list.count = 0;
        revocations_write(&list, secret, &text);
        assert_true(armour_read(ARMOUR_REVOCATIONS, text.data, text.len, &data, &err));
        assert_false(revocations_decode(data.data, data.len, NULL, &out, &err));
        assert_int_equal(err.code, ERR_INVALID);
        buf_free(&text);
        buf_free(&data);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, parties_set_up, parties_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(serials_rise_and_are_recorded),
        TEST(serials_stay_above_revoked_ones),
        TEST(notices_a_changed_record),
        TEST(nothing_outlasts_the_root),
        TEST(issues_nothing_without_a_record),
        TEST(revokes_what_was_issued_only),
        TEST(one_directory_holds_one_authority),
        TEST(an_interrupted_start_can_be_repeated),
        cmocka_unit_test(revocation_lists_are_bounded_and_ordered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
