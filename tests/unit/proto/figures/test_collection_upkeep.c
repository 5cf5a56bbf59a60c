/* SPDX-License-Identifier: Apache-2.0
 * What is to be gone is gone from the file, and what is to stay stays; several programs with one
 * store; records that are damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/scheme.h"

enum { AGENCIES = SCHEME_AGENCIES, VALUE = 100, NEEDLE = 32 };
static const char *const tables[] = {"capacity_status", "capacity_la"};

static void must(bool ok, const struct err *err)
{
    parties_must(ok, err);
}

static const struct figures_table *table_of(size_t i)
{
    return figures_table_find(tables[i]);
}

static struct scheme *delivered(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    scheme_begin_period(scheme, scheme_first_period(), tables, 2);
    for (size_t i = 0; i < 2; i++) scheme_deliver_all(scheme, table_of(i), VALUE, 0);
    scheme_close_window(scheme);
    return scheme;
}

/* ---- what stands in a file ---- */

static bool file_has(const char *home, const uint8_t needle[NEEDLE])
{
    struct buf data = {0};
    struct err err = {0};
    char *directory = file_join(home, HOME_FIGURES);
    char *path = file_join(directory, "data.mdb");
    must(file_read(path, 64 << 20, &data, &err), &err);
    bool found = memmem(data.data, data.len, needle, NEEDLE) != NULL;
    buf_free(&data);
    free(path);
    free(directory);
    return found;
}

/* Bytes of the first contribution that counts for a table. */
static void contribution_bytes(const struct scheme *scheme, const struct figures_table *table,
                               uint8_t out[NEEDLE])
{
    struct figures_release set;
    struct signed_bytes raw;
    struct certificate certificate;
    struct contribution contribution;
    struct err err = {0};
    must(collection_set(scheme->at_hub, scheme->agreement.manifest.hash, table, &set, &err), &err);
    must(collection_get(scheme->at_hub, set.contributions[0], &raw, &certificate, &err), &err);
    must(contribution_decode(raw.body.data, raw.body.len, &contribution, &err), &err);
    memcpy(out, contribution.ciphertexts, NEEDLE);
    figures_release_free(&set);
    signed_bytes_free(&raw);
    certificate_free(&certificate);
}

/* Bytes of the sealed secret. */
static void secret_bytes(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                         uint8_t out[NEEDLE])
{
    struct step step;
    struct err err = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    must(step_begin(collection, false, &step, &err), &err);
    must(store_get(step.txn, TABLE_SECRETS, manifest_hash, HASH_BYTES, &value, &len, &found, &err),
         &err);
    assert_true(found && len >= NEEDLE);
    memcpy(out, value, NEEDLE);
    must(step_end(&step, true, &err), &err);
}

static void upkeep(const struct scheme *scheme)
{
    struct err err = {0};
    must(collection_upkeep(scheme->at_matcher, scheme->now_ms, &err), &err);
    must(collection_upkeep(scheme->at_hub, scheme->now_ms, &err), &err);
}

static void release_table(struct scheme *scheme, const struct figures_table *table)
{
    struct opened opened;
    struct release release;
    struct err err = {0};
    must(scheme_half_open(scheme, table, &opened, &err), &err);
    must(scheme_open_sums(scheme, &opened, &release, &err), &err);
    opened_free(&opened);
    release_free(&release);
}

/* ---- erasure ---- */

static void a_table_that_is_done(void **state)
{
    struct scheme *scheme = delivered(state);
    const char *homes[] = {scheme->matcher_home, scheme->hub_home};
    struct collection *collections[] = {scheme->at_matcher, scheme->at_hub};
    uint8_t first[NEEDLE], second[NEEDLE], secrets[2][NEEDLE];
    struct figures_release set;
    struct err err = {0};
    contribution_bytes(scheme, table_of(0), first);
    contribution_bytes(scheme, table_of(1), second);
    for (size_t i = 0; i < 2; i++) {
        secret_bytes(collections[i], scheme->agreement.manifest.hash, secrets[i]);
        assert_true(file_has(homes[i], first) && file_has(homes[i], secrets[i]));
    }
    release_table(scheme, table_of(0));
    upkeep(scheme);
    for (size_t i = 0; i < 2; i++) {
        assert_false(file_has(homes[i], first));
        assert_true(file_has(homes[i], second) && file_has(homes[i], secrets[i]));
    }
    release_table(scheme, table_of(1)); /* the last one: the secret goes too */
    upkeep(scheme);
    for (size_t i = 0; i < 2; i++) {
        assert_false(file_has(homes[i], second) || file_has(homes[i], secrets[i]));
        must(collection_set(collections[i], scheme->agreement.manifest.hash, table_of(0), &set,
                            &err),
             &err);
        assert_int_equal(set.count, AGENCIES); /* which ones they were stays known */
        figures_release_free(&set);
    }
}

static void a_window_that_closed_long_ago(void **state)
{
    struct scheme *scheme = delivered(state);
    const uint8_t *hash = scheme->agreement.manifest.hash;
    struct opened opened, again;
    struct collection_table found;
    struct collection_period *periods = NULL;
    uint8_t bytes[NEEDLE], secret[NEEDLE], shares[NEEDLE], set_hash[HASH_BYTES];
    size_t count = 0;
    struct err err = {0};
    contribution_bytes(scheme, table_of(1), bytes);
    secret_bytes(scheme->at_matcher, hash, secret);
    scheme_set_hash(scheme, scheme->at_matcher, table_of(1), set_hash);
    must(scheme_half_open(scheme, table_of(0), &opened, &err), &err);
    memcpy(shares, opened.shares.data, NEEDLE);
    scheme->now_ms = scheme->agreement.manifest.closes_at + FIGURES_KEEP_MS - 1;
    upkeep(scheme);
    assert_true(file_has(scheme->matcher_home, bytes) && file_has(scheme->matcher_home, secret) &&
                file_has(scheme->matcher_home, shares));
    scheme->now_ms++;
    upkeep(scheme);
    assert_false(file_has(scheme->matcher_home, bytes) || file_has(scheme->matcher_home, secret) ||
                 file_has(scheme->matcher_home, shares));
    assert_false(file_has(scheme->hub_home, bytes));
    must(collection_table(scheme->at_matcher, hash, table_of(1), &found, &err), &err);
    assert_int_equal(found.state, COLLECTION_GIVEN_UP);
    assert_int_equal(found.why.code, ERR_EXPIRED);
    must(collection_periods(scheme->at_matcher, &periods, &count, &err), &err);
    assert_true(count == 1 && periods[0].released);
    free(periods);
    for (size_t i = 0; i < 2; i++) {
        scheme_set_hash(scheme, scheme->at_matcher, table_of(i), set_hash);
        assert_false(collection_half_open(scheme->at_matcher, hash, table_of(i), set_hash,
                                          scheme->now_ms, &again, &err));
        assert_int_equal(err.code, ERR_EXPIRED);
    }
    upkeep(scheme); /* once is enough */
    opened_free(&opened);
}

static void a_draft_that_nobody_agreed_to(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct manifest manifest;
    struct signed_bytes raw, waits;
    struct collection_period *periods = NULL;
    uint8_t secret[NEEDLE];
    size_t count = 0;
    struct err err = {0};
    scheme_draft(scheme, scheme_first_period(), tables, 2, &manifest);
    must(collection_draw_up(scheme->at_hub, &manifest, &raw, &err), &err);
    secret_bytes(scheme->at_hub, manifest.hash, secret);
    scheme->now_ms = manifest.closes_at + FIGURES_KEEP_MS;
    upkeep(scheme);
    assert_false(file_has(scheme->hub_home, secret));
    assert_false(collection_proposed(scheme->at_hub, manifest.period, &waits, &err));
    must(collection_periods(scheme->at_hub, &periods, &count, &err), &err);
    assert_int_equal(count, 0);
    free(periods);
    signed_bytes_free(&raw);
    manifest_free(&manifest);
}

/* ---- two programs ---- */

/* Opens the hub's store, takes a contribution, tells, and keeps it open until it is told. */
_Noreturn static void serve(struct scheme *scheme, const struct signed_bytes *raw, int ready[2],
                            int done[2])
{
    (void)close(ready[0]);
    (void)close(done[1]);
    struct err err = {0};
    uint8_t byte = 1;
    scheme_open(scheme, &scheme->hub, scheme->hub_home, &scheme->at_hub);
    must(scheme_put(scheme, scheme->at_hub, scheme_agency(scheme, 0), raw, false, &err), &err);
    REQUIRE(write(ready[1], &byte, 1) == 1);
    REQUIRE(read(done[0], &byte, 1) == 1);
    collection_close(scheme->at_hub);
    _exit(0);
}

static bool wants_rewrite(struct collection *collection)
{
    struct err err = {0};
    bool wanted = false;
    must(store_wants_rewrite(collection->sealed.store, &wanted, &err), &err);
    return wanted;
}

static void two_programs(void **state)
{
    struct scheme *scheme = delivered(state);
    uint8_t old[NEEDLE], byte = 1;
    struct signed_bytes raw;
    int ready[2], done[2], status = 0;
    contribution_bytes(scheme, table_of(0), old);
    for (size_t i = 0; i < 2; i++) release_table(scheme, table_of(i));
    scheme_begin_period(scheme, period_next(scheme->period), tables, 2);
    scheme_contribute_all(scheme, scheme_agency(scheme, 0), table_of(0), VALUE, &raw);
    scheme_close_both(scheme);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(done), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) serve(scheme, &raw, ready, done);
    (void)close(ready[1]);
    (void)close(done[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    scheme_open_both(scheme);
    /* What the other one took is there. */
    struct figures_release set;
    struct err err = {0};
    must(collection_set(scheme->at_hub, scheme->agreement.manifest.hash, table_of(0), &set, &err),
         &err);
    assert_int_equal(set.count, 1);
    figures_release_free(&set);
    /* The file cannot be written anew while the other one has it open, but is later. */
    upkeep(scheme);
    assert_true(wants_rewrite(scheme->at_hub));
    assert_int_equal(write(done[1], &byte, 1), 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    upkeep(scheme);
    assert_false(wants_rewrite(scheme->at_hub) || file_has(scheme->hub_home, old));
    (void)close(ready[0]);
    (void)close(done[1]);
    signed_bytes_free(&raw);
}

/* ---- damage ---- */

/* A contribution that was changed in the file is found out before it is added up. */
static void a_damaged_contribution(void **state)
{
    struct scheme *scheme = delivered(state);
    struct figures_release set;
    struct step step;
    struct opened opened;
    struct err err = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    must(collection_set(scheme->at_matcher, scheme->agreement.manifest.hash, table_of(0), &set,
                        &err),
         &err);
    must(step_begin(scheme->at_matcher, true, &step, &err), &err);
    must(store_get(step.txn, TABLE_CONTRIBUTIONS, set.contributions[1], HASH_BYTES, &value, &len,
                   &found, &err),
         &err);
    uint8_t *copy = mem_copy(value, len);
    copy[len / 2] ^= 1;
    must(
        store_put(step.txn, TABLE_CONTRIBUTIONS, set.contributions[1], HASH_BYTES, copy, len, &err),
        &err);
    must(step_end(&step, true, &err), &err);
    assert_false(scheme_half_open(scheme, table_of(0), &opened, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_FIGURES);
    free(copy);
    figures_release_free(&set);
}

/* Another identity's key opens neither secrets nor the store. */
static void another_key_file(void **state)
{
    struct scheme *scheme = delivered(state);
    struct party other = parties_add(scheme->parties, ROLE_HUB, "hub-2");
    struct collection *collection = NULL;
    struct err err = {0};
    scheme_close_both(scheme);
    const struct collection_parts parts = {
        .home = scheme->hub_home, .identity = other.identity, .trust = other.trust};
    assert_false(collection_open(&parts, &collection, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_FIGURES);
    party_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {
        cmocka_unit_test(a_table_that_is_done),
        cmocka_unit_test(a_window_that_closed_long_ago),
        cmocka_unit_test(a_draft_that_nobody_agreed_to),
        cmocka_unit_test(two_programs),
        cmocka_unit_test(a_damaged_contribution),
        cmocka_unit_test(another_key_file),
    };
    return sodium_init() < 0 ? 1
                             : cmocka_run_group_tests(tests_of, scheme_set_up, scheme_tear_down);
}
