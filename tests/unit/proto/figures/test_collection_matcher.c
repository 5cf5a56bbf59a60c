/* SPDX-License-Identifier: Apache-2.0
 * A matcher that cheats. It has its secret m, all contributions and its signing key, and makes
 * whatever half it likes; the hub's collection catches it, opens nothing and keeps nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/scheme.h"

enum { AGENCIES = SCHEME_AGENCIES, VALUE = 100 };
static const char *const tables[] = {"capacity_status", "capacity_places"};

struct cheat {
    struct scheme *scheme;
    const struct figures_table *table;
    struct figures_release set; /* the honest one */
};

static void must(bool ok, const struct err *err)
{
    parties_must(ok, err);
}

static void begin(void **state, struct cheat *cheat)
{
    struct err err = {0};
    cheat->scheme = scheme_fresh(state);
    cheat->table = figures_table_find(tables[0]);
    scheme_begin_period(cheat->scheme, scheme_first_period(), tables, 2);
    scheme_deliver_all(cheat->scheme, cheat->table, VALUE, 0);
    scheme_deliver_all(cheat->scheme, figures_table_find(tables[1]), VALUE, 0);
    scheme_close_window(cheat->scheme);
    must(collection_set(cheat->scheme->at_matcher, cheat->scheme->agreement.manifest.hash,
                        cheat->table, &cheat->set, &err),
         &err);
}

static void end(struct cheat *cheat)
{
    figures_release_free(&cheat->set);
}

/* ---- what the matcher makes ---- */

static void read_secret(const struct cheat *cheat, struct scalar *m)
{
    struct step step;
    struct err err = {0};
    must(step_begin(cheat->scheme->at_matcher, false, &step, &err), &err);
    must(secret_read(&step, cheat->scheme->agreement.manifest.hash, m, &err), &err);
    must(step_end(&step, true, &err), &err);
}

static void add(const struct cheat *cheat, const uint8_t hash[HASH_BYTES], struct ciphertext *sum,
                size_t cells)
{
    struct signed_bytes raw;
    struct certificate certificate;
    struct contribution contribution;
    struct err err = {0};
    struct ciphertext *points = mem_array(cells, sizeof *points);
    must(collection_get(cheat->scheme->at_matcher, hash, &raw, &certificate, &err), &err);
    must(contribution_decode(raw.body.data, raw.body.len, &contribution, &err), &err);
    for (size_t i = 0; i < cells; i++) {
        assert_true(ciphertext_decode(&points[i], contribution.ciphertexts + i * CIPHERTEXT_BYTES));
    }
    contribution_add(sum, points, cells, NULL);
    signed_bytes_free(&raw);
    certificate_free(&certificate);
    free(points);
}

/* What is added up (by place in the honest set), what is named, and under which key. */
struct half {
    const size_t *places;
    size_t count;
    const struct figures_release *named;
    const struct scalar *m; /* NULL: the matcher's */
};

static void make_half(const struct cheat *cheat, const struct half *half, struct opened *out)
{
    struct scalar m;
    struct err err = {0};
    size_t cells = scheme_cells(cheat->scheme, half->named->table);
    struct ciphertext *sum = mem_array(cells, sizeof *sum);
    uint8_t set_hash[HASH_BYTES], statement[HASH_BYTES], seed[SEED_BYTES] = {1};
    ciphertexts_zero(sum, cells);
    for (size_t i = 0; i < half->count; i++) {
        add(cheat, cheat->set.contributions[half->places[i]], sum, cells);
    }
    read_secret(cheat, &m);
    figures_set_hash(half->named, set_hash);
    half_open_statement(&cheat->scheme->agreement, half->named->table, set_hash, statement);
    *out = (struct opened){.proof = {0}};
    must(sum_half_open(half->m ? half->m : &m, sum, cells, statement, sizeof statement, seed, NULL,
                       buf_reserve(&out->shares, cells * POINT_BYTES), out->proof, &err),
         &err);
    figures_release_encode(half->named, &out->release.body);
    identity_sign_body(cheat->scheme->matcher.identity, TAG_FIGURES_RELEASE, &out->release);
    scalar_wipe(&m);
    free(sum);
}

/* ---- what the hub says ---- */

static bool no_entry(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    (void)entry;
    (void)ctx;
    (void)err;
    fail_msg("the hub's ledger has an entry");
    return false;
}

static void check_caught(const struct cheat *cheat, const struct opened *opened, enum err_code code,
                         const char *field)
{
    struct release release;
    struct collection_table found;
    struct err err = {0};
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    assert_false(scheme_open_sums(cheat->scheme, opened, &release, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
    must(collection_table(cheat->scheme->at_hub, cheat->scheme->agreement.manifest.hash,
                          cheat->table, &found, &err),
         &err);
    assert_int_equal(found.state, COLLECTION_TAKING);
    assert_int_equal(found.contributions, AGENCIES);
    must(collection_ledger(cheat->scheme->at_hub, no_entry, NULL, head, &count, &err), &err);
}

static void check_half(const struct cheat *cheat, const struct half *half, enum err_code code,
                       const char *field)
{
    struct opened opened;
    make_half(cheat, half, &opened);
    check_caught(cheat, &opened, code, field);
    opened_free(&opened);
}

/* After all that the honest half opens: it was not the test that was wrong. */
static void check_honest(const struct cheat *cheat)
{
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    const struct half half = {all, AGENCIES, &cheat->set, NULL};
    struct opened opened;
    struct release release;
    struct err err = {0};
    make_half(cheat, &half, &opened);
    must(scheme_open_sums(cheat->scheme, &opened, &release, &err), &err);
    assert_int_equal(release_at(&release, 0, 0)->count.value, AGENCIES * VALUE);
    assert_false(scheme_open_sums(cheat->scheme, &opened, &release, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    release_free(&release);
    opened_free(&opened);
}

/* ---- the attacks ---- */

static void another_sum_than_that_of_the_set(void **state)
{
    struct cheat cheat;
    static const size_t twice[] = {0, 1, 2, 3, 3}, without[] = {0, 1, 2}, alone[] = {2},
                        instead[] = {0, 0, 1, 2};
    begin(state, &cheat);
    const struct half halves[] = {{twice, 5, &cheat.set, NULL},
                                  {without, 3, &cheat.set, NULL},
                                  {alone, 1, &cheat.set, NULL},
                                  {instead, 4, &cheat.set, NULL}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        check_half(&cheat, &halves[i], ERR_UNAUTHENTICATED, "shares");
    }
    check_honest(&cheat);
    end(&cheat);
}

static void another_set_than_the_hub_has(void **state)
{
    struct cheat cheat;
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    begin(state, &cheat);
    struct figures_release fewer = cheat.set, alone = cheat.set, more = cheat.set;
    uint8_t hashes[AGENCIES + 1][HASH_BYTES];
    fewer.count = AGENCIES - 1;
    alone.count = 1;
    memcpy(hashes, cheat.set.contributions, AGENCIES * HASH_BYTES);
    memset(hashes[AGENCIES], 0xff, HASH_BYTES);
    more.contributions = hashes;
    more.count = AGENCIES + 1;
    const struct half halves[] = {
        {all, AGENCIES - 1, &fewer, NULL}, {all, 1, &alone, NULL}, {all, AGENCIES, &more, NULL}};
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        check_half(&cheat, &halves[i], ERR_INVALID, "contributions");
    }
    check_honest(&cheat);
    end(&cheat);
}

static void another_key(void **state)
{
    struct cheat cheat;
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    struct scalar other;
    begin(state, &cheat);
    scalar_random(&other);
    const struct half half = {all, AGENCIES, &cheat.set, &other};
    check_half(&cheat, &half, ERR_UNAUTHENTICATED, "shares");
    check_honest(&cheat);
    end(&cheat);
}

/* The half of another table with as many cells, or the honest one with a share changed. */
static void shares_of_something_else(void **state)
{
    struct cheat cheat;
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    begin(state, &cheat);
    const struct half half = {all, AGENCIES, &cheat.set, NULL};
    struct opened opened, other;
    struct err err = {0};
    make_half(&cheat, &half, &opened);
    must(scheme_half_open(cheat.scheme, figures_table_find(tables[1]), &other, &err), &err);
    struct buf shares = opened.shares;
    opened.shares = other.shares;
    check_caught(&cheat, &opened, ERR_INVALID, "shares"); /* fewer cells */
    opened.shares = shares;
    memcpy(shares.data, shares.data + POINT_BYTES, POINT_BYTES);
    check_caught(&cheat, &opened, ERR_UNAUTHENTICATED, "shares");
    memset(shares.data, 0xff, POINT_BYTES); /* no point */
    check_caught(&cheat, &opened, ERR_UNAUTHENTICATED, "shares");
    opened_free(&opened);
    opened_free(&other);
    check_honest(&cheat);
    end(&cheat);
}

/* Somebody else's signature, or one over another body. */
static void a_record_that_is_not_the_matchers(void **state)
{
    struct cheat cheat;
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    begin(state, &cheat);
    const struct half half = {all, AGENCIES, &cheat.set, NULL};
    struct party other = parties_add(cheat.scheme->parties, ROLE_MATCHER, "matcher-2");
    struct opened opened;
    struct release release;
    struct err err = {0};
    make_half(&cheat, &half, &opened);
    identity_sign_body(other.identity, TAG_FIGURES_RELEASE, &opened.release);
    check_caught(&cheat, &opened, ERR_UNAUTHENTICATED, "release.signature");
    assert_false(collection_open_sums(cheat.scheme->at_hub, &opened,
                                      identity_certificate(other.identity), cheat.scheme->now_ms,
                                      &release, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_string_equal(err.field, "release");
    identity_sign_body(cheat.scheme->hub.identity, TAG_FIGURES_RELEASE, &opened.release);
    check_caught(&cheat, &opened, ERR_UNAUTHENTICATED, "release.signature");
    opened_free(&opened);
    party_close(&other);
    check_honest(&cheat);
    end(&cheat);
}

/* Before the window closes the sum of the first few would tell about each of them. */
static void a_half_before_closing(void **state)
{
    struct cheat cheat;
    static const size_t all[AGENCIES] = {0, 1, 2, 3};
    begin(state, &cheat);
    const struct half half = {all, AGENCIES, &cheat.set, NULL};
    int64_t now_ms = cheat.scheme->now_ms;
    cheat.scheme->now_ms = cheat.scheme->agreement.manifest.closes_at - 1;
    check_half(&cheat, &half, ERR_EXPIRED, "closes_at");
    cheat.scheme->now_ms = now_ms;
    check_honest(&cheat);
    end(&cheat);
}

/* One key for contributors, another for the hub: the hub keeps to the first. */
static void a_second_release_key(void **state)
{
    struct cheat cheat;
    struct signed_bytes key = {0};
    struct scalar m;
    struct err err = {0};
    begin(state, &cheat);
    scalar_random(&m);
    release_key_encode(cheat.scheme->agreement.manifest.hash, "matcher-1", &m, &key.body);
    identity_sign_body(cheat.scheme->matcher.identity, TAG_RELEASE_KEY, &key);
    assert_false(collection_agreed(cheat.scheme->at_hub, &key, scheme_matcher(cheat.scheme),
                                   cheat.scheme->now_ms, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_string_equal(err.field, "release_key");
    signed_bytes_free(&key);
    check_honest(&cheat);
    end(&cheat);
}

/* M_w = X - U would make the joint key one that the matcher knows: it cannot prove that it knows
 * the secret of that. */
static void a_key_against_the_hubs(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct manifest manifest;
    struct signed_bytes raw, key = {0};
    struct scalar x;
    struct point own, against;
    struct err err = {0};
    scheme_draft(scheme, scheme_first_period(), tables, 1, &manifest);
    must(collection_draw_up(scheme->at_hub, &manifest, &raw, &err), &err);
    scalar_random(&x);
    point_mul_base(&own, &x);
    point_sub(&against, &own, &manifest.key);
    release_key_encode(manifest.hash, "matcher-1", &x, &key.body);
    uint8_t before[POINT_BYTES], after[POINT_BYTES];
    point_encode(before, &own);
    point_encode(after, &against);
    uint8_t *place = memmem(key.body.data, key.body.len, before, sizeof before);
    assert_non_null(place);
    memcpy(place, after, sizeof after);
    identity_sign_body(scheme->matcher.identity, TAG_RELEASE_KEY, &key);
    assert_false(
        collection_agreed(scheme->at_hub, &key, scheme_matcher(scheme), manifest.opens_at, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    signed_bytes_free(&raw);
    signed_bytes_free(&key);
    manifest_free(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {
        cmocka_unit_test(another_sum_than_that_of_the_set),
        cmocka_unit_test(another_set_than_the_hub_has),
        cmocka_unit_test(another_key),
        cmocka_unit_test(shares_of_something_else),
        cmocka_unit_test(a_record_that_is_not_the_matchers),
        cmocka_unit_test(a_half_before_closing),
        cmocka_unit_test(a_second_release_key),
        cmocka_unit_test(a_key_against_the_hubs),
    };
    return sodium_init() < 0 ? 1
                             : cmocka_run_group_tests(tests_of, scheme_set_up, scheme_tear_down);
}
