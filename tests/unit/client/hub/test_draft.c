/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/hub/draft.h"
#include "proto/base/mem.h"

static const int64_t DAY_MS = 86400000;

struct scene {
    struct geography *geography;
    struct enrolled enrolled;
    struct draft_options options;
    struct draft_parts parts;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    scene->geography = mem_new(struct geography);
    scene->geography->region_count = 1;
    scene->geography->authority_count = 1;
    (void)snprintf(scene->geography->regions[0].code, GEOGRAPHY_CODE, "E12000003");
    (void)snprintf(scene->geography->regions[0].name, GEOGRAPHY_NAME_MAX, "North");
    (void)snprintf(scene->geography->authorities[0].code, GEOGRAPHY_CODE, "E99000001");
    (void)snprintf(scene->geography->authorities[0].name, GEOGRAPHY_NAME_MAX, "Larkshire");
    for (size_t i = 0; i < CELLS; i++) scene->geography->cells[i] = AREA_NONE;
    scene->geography->cells[7] = 0;
    scene->parts =
        (struct draft_parts){.hub = "hub",
                             .matcher = "matcher",
                             .address = "hub.example:4422",
                             .enrolled = &scene->enrolled,
                             .geography = scene->geography,
                             .now_ms = period_start_ms(202612) + 36 * 3600 * 1000 + 12345};
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    enrolled_free(&scene->enrolled);
    free(scene->geography);
    free(scene);
    return 0;
}

static void enrol(struct scene *scene, size_t agencies, size_t las)
{
    char id[ID_MAX + 1];
    struct err err;
    for (size_t i = 0; i < agencies; i++) {
        (void)snprintf(id, sizeof id, "agency-%zu", i);
        assert_true(enrolled_add(&scene->enrolled, ROLE_AGENT, id, NULL, &err));
    }
    for (size_t i = 0; i < las; i++) {
        (void)snprintf(id, sizeof id, "la-%zu", i);
        assert_true(enrolled_add(&scene->enrolled, ROLE_LA, id, "E99000001", &err));
    }
}

static struct manifest make(struct scene *scene)
{
    struct manifest manifest;
    struct err err = {0};
    bool ok = draft_make(&scene->parts, &scene->options, &manifest, &err);
    if (!ok) print_error("%s: %s\n", err.field, err.text);
    assert_true(ok);
    return manifest;
}

static void refuse(struct scene *scene, const char *field)
{
    struct manifest manifest;
    struct err err = {0};
    assert_false(draft_make(&scene->parts, &scene->options, &manifest, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
}

/* What a hub would sign is what a contributor's decoder takes. */
static void check_encodes(struct manifest *manifest)
{
    struct manifest again = {0};
    struct scalar u;
    struct buf body = {0};
    struct err err = {0};
    scalar_random(&u);
    bool ok = manifest_encode(manifest, &u, &body, &err) &&
              manifest_decode(body.data, body.len, &again, &err);
    if (!ok) print_error("%s: %s\n", err.field, err.text);
    assert_true(ok);
    assert_int_equal(again.term_count, manifest->term_count);
    assert_int_equal(again.enrolled_count, manifest->enrolled_count);
    manifest_free(&again);
    buf_free(&body);
}

static void test_defaults(void **state)
{
    struct scene *scene = *state;
    enrol(scene, 33, 4);
    struct manifest manifest = make(scene);
    assert_int_equal(manifest.period, 202611);
    assert_int_equal(manifest.closes_at - manifest.opens_at, 7 * DAY_MS);
    assert_true(manifest.opens_at <= scene->parts.now_ms);
    assert_in_range(scene->parts.now_ms - manifest.opens_at, 0, 59999);
    assert_int_equal(manifest.sides[FIGURES_CAPACITY].quorum, 22);
    assert_int_equal(manifest.sides[FIGURES_CAPACITY].insiders, 2);
    assert_int_equal(manifest.sides[FIGURES_DEMAND].quorum, 3);
    assert_int_equal(manifest.sides[FIGURES_DEMAND].insiders, 1);
    assert_int_equal(manifest.term_count, figures_table_count);
    assert_int_equal(manifest.enrolled_count, 37);
    for (size_t i = 0; i < manifest.term_count; i++) {
        const struct manifest_term *term = &manifest.terms[i];
        assert_int_equal(term->noise.epsilon, term->table->epsilon);
        assert_int_equal(term->noise.shares, term->table->side == FIGURES_CAPACITY ? 20 : 2);
    }
    check_encodes(&manifest);
    manifest_free(&manifest);
}

/* On the first of the month, in the first minute: what opens may not open before the period is
 * over. In London, where it begins an hour before UTC's in summer. */
static void test_times(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    enrol(scene, 3, 0);
    scene->options.period = 202607;
    scene->options.days = MANIFEST_WINDOW_DAYS_MAX;
    scene->parts.now_ms = period_start_ms(202608) - 1;
    refuse(scene, "period");
    scene->parts.now_ms++;
    struct manifest manifest = make(scene);
    assert_int_equal(manifest.opens_at, period_start_ms(202608));
    assert_int_equal(manifest.closes_at - manifest.opens_at, 31 * DAY_MS);
    check_encodes(&manifest);
    manifest_free(&manifest);
    scene->options.period = 0;
    manifest = make(scene);
    assert_int_equal(manifest.period, 202607);
    manifest_free(&manifest);
    assert_true(period_parse("2026-08", &scene->options.period, &err));
    refuse(scene, "period");
}

static void test_a_side_with_too_few_is_left_out(void **state)
{
    struct scene *scene = *state;
    refuse(scene, "enrolled");
    enrol(scene, 2, 2);
    refuse(scene, "enrolled");
    enrol(scene, 2, 3);
    struct manifest manifest = make(scene);
    assert_int_equal(manifest.sides[FIGURES_CAPACITY].quorum, 0);
    assert_int_equal(manifest.enrolled_count, 3);
    for (size_t i = 0; i < manifest.term_count; i++) {
        assert_int_equal(manifest.terms[i].table->side, FIGURES_DEMAND);
    }
    check_encodes(&manifest);
    manifest_free(&manifest);
}

static void test_some_tables_and_less_epsilon(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    char names[] = "capacity_status, capacity_age", wrong[] = "capacity_age,ages";
    enrol(scene, 5, 5);
    assert_true(draft_tables(names, &scene->options, &err));
    assert_true(draft_epsilon("capacity_age=0.05", &scene->options, &err));
    struct manifest manifest = make(scene);
    assert_int_equal(manifest.term_count, 2);
    assert_int_equal(manifest.enrolled_count, 5); /* LAs contribute nothing to these */
    const struct manifest_term *term = manifest_term(&manifest, "capacity_age");
    assert_non_null(term);
    assert_int_equal(term->noise.epsilon, 50000);
    assert_int_equal(term->noise.sensitivity, term->table->cells_each * term->table->clip);
    check_encodes(&manifest);
    manifest_free(&manifest);
    assert_false(draft_tables(wrong, &scene->options, &err));
    assert_string_equal(err.field, "tables");
    static const char *const bad[] = {"capacity_age",      "capacity_age=",    "capacity_age=0",
                                      "capacity_age=-0.1", "capacity_age=x",   "ages=0.1",
                                      "capacity_age=0.21", "capacity_age=1e-2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(draft_epsilon(bad[i], &scene->options, &err));
        assert_string_equal(err.field, "epsilon");
    }
}

static void test_insiders(void **state)
{
    struct scene *scene = *state;
    enrol(scene, 6, 0);
    scene->options.insiders[FIGURES_CAPACITY] = 2;
    struct manifest manifest = make(scene);
    assert_int_equal(manifest.sides[FIGURES_CAPACITY].quorum, 4);
    assert_int_equal(manifest.terms[0].noise.shares, 2);
    check_encodes(&manifest);
    manifest_free(&manifest);
    scene->options.insiders[FIGURES_CAPACITY] = 3;
    refuse(scene, "insiders");
}

static void test_an_authority_that_is_no_area(void **state)
{
    struct scene *scene = *state;
    struct err err;
    enrol(scene, 3, 3);
    assert_true(enrolled_add(&scene->enrolled, ROLE_LA, "york", "E99000009", &err));
    refuse(scene, "code");
}

static void test_in_words(void **state)
{
    struct scene *scene = *state;
    enrol(scene, 4, 0);
    struct manifest manifest = make(scene);
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    draft_print(out, &manifest);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "Period 2026-11"));
    assert_non_null(strstr(text, "4 agencies are enrolled; nothing is released with fewer than 3"));
    assert_non_null(strstr(text, "capacity_age"));
    assert_non_null(strstr(text, "demand: left out"));
    free(text);
    json_t *object = json_object();
    draft_json(object, &manifest);
    assert_string_equal(json_string_value(json_object_get(object, "period")), "2026-11");
    assert_int_equal(json_array_size(json_object_get(object, "tables")), manifest.term_count);
    assert_null(json_object_get(object, "demand"));
    json_t *capacity = json_object_get(object, "capacity");
    assert_int_equal(json_integer_value(json_object_get(capacity, "quorum")), 3);
    json_decref(object);
    manifest_free(&manifest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_times, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_side_with_too_few_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_some_tables_and_less_epsilon, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_insiders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_authority_that_is_no_area, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_in_words, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
