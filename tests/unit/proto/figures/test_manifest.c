/* SPDX-License-Identifier: Apache-2.0
 * What a hub may put into a manifest, and what it is told where it may not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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
        cmocka_unit_test(terms_last_from_month_to_month),
        cmocka_unit_test(other_terms_are_other_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
