/* SPDX-License-Identifier: Apache-2.0
 * What a hub may put into a manifest, and what it would like to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"
#include "proto/figures/manifest_internal.h"
#include "tests/unit/proto/figures/periods.h"

static const int64_t DAY_MS = 86400000;

/* ---- a good one ---- */
static void comes_back(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest(), back = {0};
    struct scalar u = periods_secret(1234567);
    struct buf body = {0};
    struct err err = {0};
    uint8_t hash[HASH_BYTES];
    if (!manifest_encode(&manifest, &u, &body, &err)) fail_msg("%s: %s", err.field, err.text);
    if (!manifest_decode(body.data, body.len, &back, &err)) fail_msg("%s", err.text);
    hash_once(hash, "hearth v1 figures manifest", body.data, body.len);
    assert_memory_equal(back.hash, hash, HASH_BYTES);
    assert_memory_equal(manifest.hash, hash, HASH_BYTES);
    assert_memory_equal(back.key_bytes, manifest.key_bytes, POINT_BYTES);
    assert_string_equal(back.hub, "hub-1");
    assert_string_equal(back.matcher, "matcher-1");
    assert_string_equal(back.address, "127.0.0.1:7441");
    assert_int_equal(back.period, PERIODS_PERIOD);
    assert_int_equal(back.opens_at, manifest.opens_at);
    assert_int_equal(back.closes_at, manifest.closes_at);
    assert_int_equal(back.sides[FIGURES_CAPACITY].enrolled, PERIODS_AGENCIES);
    assert_int_equal(back.sides[FIGURES_DEMAND].enrolled, PERIODS_LAS);
    assert_int_equal(manifest.sides[FIGURES_DEMAND].enrolled, PERIODS_LAS);
    assert_memory_equal(back.geography, manifest.geography, sizeof *back.geography);
    assert_int_equal(back.enrolled_count, PERIODS_AGENCIES + PERIODS_LAS);
    assert_int_equal(back.term_count, figures_table_count);
    for (size_t i = 0; i < back.term_count; i++) {
        const struct manifest_term *term = &back.terms[i];
        assert_ptr_equal(term->table, &figures_tables[i]);
        assert_int_equal(term->noise.shares, term->table->side == FIGURES_CAPACITY ? 3 : 2);
        assert_int_equal(term->noise.sensitivity, term->table->cells_each * term->table->clip);
        assert_ptr_equal(manifest_term(&back, term->table->name), term);
    }
    assert_int_equal(manifest_party(&back, ROLE_LA, "la-3")->authority, 2);
    assert_int_equal(manifest_party(&back, ROLE_AGENT, "ifa-3")->authority, AREA_NONE);
    assert_null(manifest_party(&back, ROLE_AGENT, "la-3"));
    assert_null(manifest_term(&back, "capacity_"));
    manifest_free(&back);
    manifest_free(&manifest);
    buf_free(&body);
}

/* The hash of a sampler is that of the table that anybody builds from the terms. */
static void samplers_are_committed_to(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct scalar u = periods_secret(99);
    struct buf body = {0};
    struct err err = {0};
    assert_true(manifest_encode(&manifest, &u, &body, &err));
    const struct manifest_term *term = manifest_term(&manifest, "capacity_type");
    struct noise_spec spec = {.shares = 4 - 1, .epsilon = 200000, .sensitivity = 3};
    struct noise_table *table = NULL;
    uint8_t hash[HASH_BYTES];
    assert_true(noise_table_build(&spec, &table, &err));
    noise_table_hash(table, hash);
    noise_table_free(table);
    assert_memory_equal(term->noise_hash, hash, HASH_BYTES);
    manifest_free(&manifest);
    buf_free(&body);
}

static void one_side_alone_will_do(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct scalar u = periods_secret(5);
    struct buf body = {0};
    struct err err = {0};
    manifest.term_count = 7; /* of capacity */
    manifest.enrolled_count = PERIODS_AGENCIES;
    manifest.sides[FIGURES_DEMAND] = (struct manifest_side){0};
    if (!manifest_encode(&manifest, &u, &body, &err)) fail_msg("%s: %s", err.field, err.text);
    buf_free(&body);
    manifest.sides[FIGURES_DEMAND].insiders = 1;
    assert_false(manifest_encode(&manifest, &u, &body, &err));
    assert_string_equal(err.field, "demand");
    manifest.sides[FIGURES_DEMAND].insiders = 0;
    manifest.enrolled_count++;
    assert_false(manifest_encode(&manifest, &u, &body, &err));
    assert_string_equal(err.field, "enrolled");
    assert_int_equal(body.len, 0);
    manifest_free(&manifest);
}

static void the_quorum_is_two_thirds(void **state)
{
    (void)state;
    for (size_t enrolled = 0; enrolled <= MANIFEST_ENROLLED_MAX; enrolled++) {
        uint32_t quorum = manifest_quorum(enrolled);
        assert_true(3 * (size_t)quorum >= 2 * enrolled && quorum >= 3);
        assert_true(quorum == 3 || 3 * (size_t)(quorum - 1) < 2 * enrolled);
    }
}

/* ---- what the hub that draws one up is told ---- */
static struct scalar own_secret(void)
{
    return periods_secret(77);
}

static void refused(struct manifest *manifest, enum err_code code, const char *field)
{
    struct scalar u = own_secret();
    struct buf body = {0};
    struct err err = {0};
    assert_false(manifest_encode(manifest, &u, &body, &err));
    if (err.code != code || strcmp(err.field, field) != 0)
        fail_msg("%s %s: %s", err_code_name(err.code), err.field, err.text);
    assert_int_equal(body.len, 0);
    manifest_free(manifest);
}

static void small_quorums_are_refused(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 1, 2, 3, 6, UINT32_MAX}; /* of 5; two thirds are 4 */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct manifest manifest = periods_manifest();
        manifest.sides[FIGURES_CAPACITY].quorum = bad[i];
        refused(&manifest, ERR_INVALID, "capacity.quorum");
    }
    /* A quorum of two needs no more than two enrolled; three are the least. */
    struct manifest manifest = periods_manifest();
    manifest.enrolled_count = PERIODS_AGENCIES + 2;
    manifest.sides[FIGURES_DEMAND].quorum = 2;
    refused(&manifest, ERR_INVALID, "demand.quorum");
}

static void insiders_are_at_least_one_and_leave_two(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 3, 4, 5, UINT32_MAX}; /* with quorum 4 */
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct manifest manifest = periods_manifest();
        manifest.sides[FIGURES_CAPACITY].insiders = bad[i];
        refused(&manifest, ERR_INVALID, "capacity.insiders");
    }
    struct manifest manifest = periods_manifest();
    struct scalar u = own_secret();
    struct buf body = {0};
    struct err err = {0};
    manifest.sides[FIGURES_CAPACITY].insiders = 2;
    assert_true(manifest_encode(&manifest, &u, &body, &err));
    manifest_free(&manifest);
    buf_free(&body);
}

static void epsilons_are_at_most_those_of_the_edition(void **state)
{
    (void)state;
    for (size_t i = 0; i < figures_table_count; i++) {
        static const uint32_t more[] = {1, UINT32_MAX / 2};
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "terms[%zu].epsilon", i);
        for (size_t j = 0; j < 2; j++) {
            struct manifest manifest = periods_manifest();
            manifest.terms[i].noise.epsilon += more[j];
            /* The sampler may be refused before. */
            struct scalar u = own_secret();
            struct buf body = {0};
            struct err err = {0};
            assert_false(manifest_encode(&manifest, &u, &body, &err));
            assert_string_equal(err.field, field);
            manifest_free(&manifest);
        }
    }
    struct manifest manifest = periods_manifest();
    manifest.terms[0].noise.epsilon = 0;
    refused(&manifest, ERR_INVALID, "terms[0].epsilon");
}

static void windows_open_in_the_month_after(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    manifest.opens_at = period_start_ms(202612) - 1; /* the period is not over */
    refused(&manifest, ERR_INVALID, "opens_at");
    manifest = periods_manifest();
    manifest.opens_at = INT64_MIN;
    refused(&manifest, ERR_INVALID, "opens_at");
    /* An old period, opened late: its window would be one of many at that time. */
    manifest = periods_manifest();
    manifest.opens_at = period_start_ms(202701);
    manifest.closes_at = manifest.opens_at + DAY_MS;
    refused(&manifest, ERR_INVALID, "opens_at");
    manifest = periods_manifest();
    manifest.closes_at = manifest.opens_at + 40 * DAY_MS;
    refused(&manifest, ERR_INVALID, "closes_at");
    manifest = periods_manifest();
    manifest.closes_at = INT64_MAX;
    refused(&manifest, ERR_INVALID, "closes_at");
    manifest = periods_manifest();
    manifest.closes_at = manifest.opens_at;
    refused(&manifest, ERR_INVALID, "closes_at");
    manifest = periods_manifest();
    manifest.period = 202613;
    refused(&manifest, ERR_INVALID, "period");
}

static void odd_parties_are_refused(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    strcpy(manifest.enrolled[1].organisation, "ifa-1"); /* an agency that would count twice */
    refused(&manifest, ERR_INVALID, "enrolled[1].organisation");
    manifest = periods_manifest();
    manifest.enrolled[0].role = ROLE_LA;
    manifest.enrolled[0].authority = 0;
    refused(&manifest, ERR_INVALID, "enrolled[1].organisation");
    manifest = periods_manifest();
    manifest.enrolled[0].role = ROLE_MATCHER;
    refused(&manifest, ERR_INVALID, "enrolled[0].role");
    manifest = periods_manifest();
    strcpy(manifest.enrolled[0].organisation, "IFA");
    refused(&manifest, ERR_INVALID, "enrolled[0].organisation");
    manifest = periods_manifest();
    manifest.enrolled[0].authority = 1;
    refused(&manifest, ERR_INVALID, "enrolled[0].authority");
    manifest = periods_manifest();
    manifest.enrolled[PERIODS_AGENCIES].authority = AREA_NONE;
    refused(&manifest, ERR_INVALID, "enrolled[5].authority");
    manifest = periods_manifest();
    manifest.enrolled[PERIODS_AGENCIES].authority = 3;
    refused(&manifest, ERR_INVALID, "enrolled[5].authority");
}

static void terms_keep_the_order_of_the_edition(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    struct manifest_term first = manifest.terms[0];
    manifest.terms[0] = manifest.terms[1];
    manifest.terms[1] = first;
    refused(&manifest, ERR_INVALID, "terms[1].table");
    manifest = periods_manifest();
    manifest.terms[3] = manifest.terms[2];
    refused(&manifest, ERR_INVALID, "terms[3].table");
    manifest = periods_manifest();
    manifest.term_count = 0;
    refused(&manifest, ERR_INVALID, "terms");
}

static void odd_fields_are_refused(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest();
    strcpy(manifest.address, "nowhere");
    refused(&manifest, ERR_INVALID, "address");
    manifest = periods_manifest();
    strcpy(manifest.hub, "Hub 1");
    refused(&manifest, ERR_INVALID, "hub");
    manifest = periods_manifest();
    manifest.matcher[0] = '\0';
    refused(&manifest, ERR_INVALID, "matcher");
    manifest = periods_manifest();
    manifest.geography->regions[0].name[0] = '\0';
    refused(&manifest, ERR_INVALID, "geography.regions[0].name");
}

/* ---- what a hub with another program might sign ---- */
struct forgery {
    Hearth__V1__ManifestBody *body; /* of a good one, to be changed before refused_body */
    struct buf good;
};

static struct forgery forge(void)
{
    struct forgery forgery = {0};
    struct manifest manifest = periods_manifest();
    struct scalar u = own_secret();
    struct err err = {0};
    assert_true(manifest_encode(&manifest, &u, &forgery.good, &err));
    forgery.body = hearth__v1__manifest_body__unpack(NULL, forgery.good.len, forgery.good.data);
    manifest_free(&manifest);
    return forgery;
}

/* Frees it too. */
static void refused_body(struct forgery *forgery, enum err_code code, const char *field)
{
    struct buf body = {0};
    struct manifest out = {0};
    struct err err = {0};
    wire_pack(&forgery->body->base, &body);
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    if (err.code != code || strcmp(err.field, field) != 0)
        fail_msg("%s %s: %s", err_code_name(err.code), err.field, err.text);
    assert_null(out.enrolled);
    hearth__v1__manifest_body__free_unpacked(forgery->body, NULL);
    buf_free(&body);
    buf_free(&forgery->good);
}

static void versions_are_told_apart(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    forgery.body->protocol = 2;
    refused_body(&forgery, ERR_VERSION, "protocol");
    forgery = forge();
    forgery.body->edition = 2;
    refused_body(&forgery, ERR_VERSION, "edition");
}

/* Less noise than the terms say, as a hub would want it: the sampler of half the shares, or that of
 * a larger epsilon. */
static void less_noise_is_refused(void **state)
{
    (void)state;
    static const struct noise_spec less[] = {
        {.shares = 4, .epsilon = 100000, .sensitivity = 1},
        {.shares = 3, .epsilon = 100001, .sensitivity = 1},
        {.shares = 3, .epsilon = 1000000, .sensitivity = 1},
    };
    for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
        struct forgery forgery = forge();
        struct noise_table *table = NULL;
        struct err err = {0};
        assert_true(noise_table_build(&less[i], &table, &err));
        noise_table_hash(table, forgery.body->terms[0]->noise.data);
        noise_table_free(table);
        refused_body(&forgery, ERR_INVALID, "terms[0].noise");
    }
    struct forgery forgery = forge();
    forgery.body->terms[5]->noise.data[0] ^= 1;
    refused_body(&forgery, ERR_INVALID, "terms[5].noise");
}

static void clipping_is_that_of_the_edition(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    forgery.body->terms[1]->clip = 9;
    refused_body(&forgery, ERR_INVALID, "terms[1].clip");
    forgery = forge();
    forgery.body->terms[3]->cells_each = 1;
    refused_body(&forgery, ERR_INVALID, "terms[3].cells_each");
}

static void sides_may_not_be_missing(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    Hearth__V1__FiguresSide *side = forgery.body->demand;
    forgery.body->demand = NULL;
    hearth__v1__figures_side__free_unpacked(side, NULL);
    refused_body(&forgery, ERR_INVALID, "demand");
}

/* The key of another, its proof of another hub, matcher or period: none of them shows that this hub
 * knows u for this period. */
static void proofs_of_others_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct manifest other = periods_manifest();
        struct scalar u = own_secret();
        struct buf body = {0};
        struct err err = {0};
        if (i == 0) strcpy(other.hub, "hub-2");
        if (i == 1) strcpy(other.matcher, "matcher-2");
        if (i == 2) {
            other.period = 202610;
            other.opens_at = period_start_ms(202611);
            other.closes_at = other.opens_at + DAY_MS;
        }
        if (i == 3) u = periods_secret(78);
        assert_true(manifest_encode(&other, &u, &body, &err));
        struct forgery forgery = forge();
        memcpy(forgery.body->proof.data, other.proof, PROOF_BYTES);
        refused_body(&forgery, ERR_UNAUTHENTICATED, "proof");
        manifest_free(&other);
        buf_free(&body);
    }
}

/* U = wB - M_w, so that K = U + M_w = wB and the hub could open everything alone: it knows no u for
 * that, and a proof with w does not do. */
static void a_key_chosen_against_the_matchers_is_refused(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    struct scalar m = periods_secret(4711), w = periods_secret(815);
    struct point matcher_key, wanted, rogue;
    struct buf statement = {0};
    static const uint8_t seed[SEED_BYTES] = {1};
    struct manifest claimed = periods_manifest();
    point_mul_base(&matcher_key, &m);
    point_mul_base(&wanted, &w);
    point_sub(&rogue, &wanted, &matcher_key);
    point_encode(forgery.body->key.data, &rogue);
    manifest_key_statement(&claimed, &statement);
    proof_possession_make(forgery.body->proof.data, TAG_HUB_KEY, statement.data, statement.len, &w,
                          seed);
    refused_body(&forgery, ERR_UNAUTHENTICATED, "proof");
    forgery = forge();
    memset(forgery.body->key.data, 0, POINT_BYTES); /* the identity: K would be the matcher's */
    refused_body(&forgery, ERR_INVALID, "key");
    buf_free(&statement);
    manifest_free(&claimed);
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest(), out = {0};
    struct scalar u = own_secret();
    struct buf body = {0};
    struct err err = {0};
    assert_true(manifest_encode(&manifest, &u, &body, &err));
    buf_u16(&body, 0x7801); /* an unknown field 15 */
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    (void)buf_reserve(&body, MANIFEST_BYTES_MAX);
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    manifest_free(&manifest);
    buf_free(&body);
}

/* ---- what an operator agrees to ---- */
static bool same_terms(struct manifest *changed)
{
    struct manifest first = periods_manifest();
    struct scalar u = own_secret(), v = periods_secret(3);
    struct buf body = {0};
    struct err err = {0};
    uint8_t a[HASH_BYTES], b[HASH_BYTES];
    assert_true(manifest_encode(&first, &u, &body, &err));
    if (!manifest_encode(changed, &v, &body, &err)) fail_msg("%s: %s", err.field, err.text);
    manifest_terms_hash(&first, a);
    manifest_terms_hash(changed, b);
    manifest_free(&first);
    manifest_free(changed);
    buf_free(&body);
    return memcmp(a, b, HASH_BYTES) == 0;
}

static void terms_last_from_month_to_month(void **state)
{
    (void)state;
    struct manifest next = periods_manifest();
    next.period = 202612;
    next.opens_at = period_start_ms(202701);
    next.closes_at = next.opens_at + 3 * DAY_MS;
    strcpy(next.address, "hub.example:443");
    strcpy(next.enrolled[0].organisation, "another");
    assert_true(same_terms(&next));
    /* One more agency: the quorum and the sampler change with it, the terms do not. */
    struct manifest more = periods_manifest();
    struct manifest_party *list = mem_array(more.enrolled_count + 1, sizeof *list);
    memcpy(list + 1, more.enrolled, more.enrolled_count * sizeof *list);
    list[0] = (struct manifest_party){ROLE_AGENT, "aaa", AREA_NONE};
    free(more.enrolled);
    more.enrolled = list;
    more.enrolled_count++;
    more.sides[FIGURES_CAPACITY].quorum = 5;
    assert_true(same_terms(&more));
}

static void other_terms_are_other_terms(void **state)
{
    (void)state;
    struct manifest other = periods_manifest();
    other.terms[2].noise.epsilon--;
    assert_false(same_terms(&other));
    other = periods_manifest();
    other.term_count--;
    assert_false(same_terms(&other));
    other = periods_manifest();
    other.sides[FIGURES_CAPACITY].insiders = 2;
    assert_false(same_terms(&other));
    other = periods_manifest();
    strcpy(other.hub, "hub-2");
    assert_false(same_terms(&other));
    other = periods_manifest();
    strcpy(other.matcher, "matcher-2");
    assert_false(same_terms(&other));
    other = periods_manifest();
    other.geography->cells[AREAS_FIRST_CELL] = AREA_NONE;
    assert_false(same_terms(&other));
    /* So few are left that their size class is another. */
    other = periods_manifest();
    memmove(other.enrolled + 3, other.enrolled + PERIODS_AGENCIES,
            PERIODS_LAS * sizeof *other.enrolled);
    other.enrolled_count -= 2;
    other.sides[FIGURES_CAPACITY].quorum = 3;
    assert_false(same_terms(&other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back),
        cmocka_unit_test(samplers_are_committed_to),
        cmocka_unit_test(one_side_alone_will_do),
        cmocka_unit_test(the_quorum_is_two_thirds),
        cmocka_unit_test(small_quorums_are_refused),
        cmocka_unit_test(insiders_are_at_least_one_and_leave_two),
        cmocka_unit_test(epsilons_are_at_most_those_of_the_edition),
        cmocka_unit_test(windows_open_in_the_month_after),
        cmocka_unit_test(odd_parties_are_refused),
        cmocka_unit_test(terms_keep_the_order_of_the_edition),
        cmocka_unit_test(odd_fields_are_refused),
        cmocka_unit_test(versions_are_told_apart),
        cmocka_unit_test(less_noise_is_refused),
        cmocka_unit_test(clipping_is_that_of_the_edition),
        cmocka_unit_test(sides_may_not_be_missing),
        cmocka_unit_test(proofs_of_others_are_refused),
        cmocka_unit_test(a_key_chosen_against_the_matchers_is_refused),
        cmocka_unit_test(other_encodings_are_refused),
        cmocka_unit_test(terms_last_from_month_to_month),
        cmocka_unit_test(other_terms_are_other_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
