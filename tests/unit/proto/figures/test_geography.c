/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"
#include "tests/unit/proto/figures/areas.h"

static void comes_back(const struct geography *areas)
{
    struct buf bytes = {0}, again = {0};
    struct err err = {0};
    struct geography *back = mem_new(struct geography);
    geography_encode(areas, &bytes);
    if (!geography_decode(bytes.data, bytes.len, back, &err)) fail_msg("%s", err.text);
    assert_memory_equal(back, areas, sizeof *areas);
    geography_encode(back, &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.data, bytes.data, bytes.len);
    free(back);
    buf_free(&bytes);
    buf_free(&again);
}

static void areas_come_back(void **state)
{
    (void)state;
    struct geography *areas = areas_new();
    comes_back(areas);
    areas->cells[0] = 2;
    areas->cells[CELLS - 1] = 0;
    areas->cells[AREAS_FIRST_CELL + 1] = AREA_NONE;
    comes_back(areas);
    for (size_t i = 0; i < CELLS; i++) areas->cells[i] = 1;
    comes_back(areas);
    for (size_t i = 0; i < CELLS; i++) areas->cells[i] = AREA_NONE;
    comes_back(areas);
    free(areas);
}

static void cells_count_for_authority_and_region(void **state)
{
    (void)state;
    struct geography *areas = areas_new();
    assert_int_equal(geography_areas(areas, false), 2);
    assert_int_equal(geography_areas(areas, true), 3);
    uint16_t manchester = AREAS_FIRST_CELL, leeds = AREAS_FIRST_CELL + 2 * AREAS_CELLS;
    assert_int_equal(geography_area_of_cell(areas, true, manchester), 0);
    assert_int_equal(geography_area_of_cell(areas, false, manchester), 0);
    assert_int_equal(geography_area_of_cell(areas, true, leeds), 2);
    assert_int_equal(geography_area_of_cell(areas, false, leeds), 1);
    assert_int_equal(geography_area_of_cell(areas, true, manchester - 1), AREA_NONE);
    assert_int_equal(geography_area_of_cell(areas, false, manchester - 1), AREA_NONE);
    assert_int_equal(geography_area_of_authority(areas, false, AREA_NONE), AREA_NONE);
    assert_int_equal(geography_authority_find(areas, "E08000032"), 1);
    assert_int_equal(geography_authority_find(areas, "E08000033"), AREA_NONE);
    assert_string_equal(geography_area_code(areas, true, 2), "E08000035");
    assert_string_equal(geography_area_name(areas, false, 1), "Yorkshire and The Humber");
    free(areas);
}

/* ---- what a hub may not send ---- */
static void refused_bytes(const struct buf *bytes, enum err_code code, const char *field)
{
    static struct geography out;
    struct err err = {0};
    assert_false(geography_decode(bytes->data, bytes->len, &out, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static void refused(const struct geography *areas, const char *field)
{
    struct buf bytes = {0};
    geography_encode(areas, &bytes);
    refused_bytes(&bytes, ERR_INVALID, field);
    buf_free(&bytes);
}

static void odd_areas_are_refused(void **state)
{
    (void)state;
    static const char *const codes[] = {"E0800000",  "E08000003x", "X08000003", "e08000003",
                                        "E08 00003", "E92000001",  ""};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct geography *areas = areas_new();
        (void)snprintf(areas->authorities[0].code, GEOGRAPHY_CODE, "%s", codes[i]);
        if (strlen(codes[i]) < GEOGRAPHY_CODE) refused(areas, "authorities[0].code");
        (void)snprintf(areas->authorities[0].code, GEOGRAPHY_CODE, "E08000003");
        (void)snprintf(areas->regions[0].code, GEOGRAPHY_CODE, "%s", codes[i]);
        if (strlen(codes[i]) < GEOGRAPHY_CODE) refused(areas, "regions[0].code");
        free(areas);
    }
    struct geography *areas = areas_new();
    areas->authorities[1] = areas->authorities[0];
    refused(areas, "authorities[1].code");
    free(areas);
    areas = areas_new();
    areas->regions[0] = areas->regions[1];
    refused(areas, "regions[1].code");
    free(areas);
    areas = areas_new();
    areas->authorities[2].region = 2;
    refused(areas, "authorities[2].region");
    areas->authorities[2].region = 1;
    strcpy(areas->regions[1].name, "York\x1b[1m");
    refused(areas, "regions[1].name");
    areas->regions[1].name[0] = '\0';
    refused(areas, "regions[1].name");
    free(areas);
    areas = areas_new();
    areas->region_count = 0;
    refused(areas, "regions");
    free(areas);
}

static void nothing_at_all_is_refused(void **state)
{
    (void)state;
    struct geography *areas = areas_new();
    for (size_t i = 0; i < CELLS; i++) areas->cells[i] = AREA_NONE;
    areas->authority_count = 0;
    refused(areas, "authorities");
    free(areas);
}

/* A geography with these runs in place of its own. */
static void runs(const uint16_t *numbers, size_t count, bool good)
{
    struct geography *areas = areas_new();
    struct buf bytes = {0}, cells = {0}, changed = {0};
    struct err err = {0};
    geography_encode(areas, &bytes);
    Hearth__V1__Geography *body = hearth__v1__geography__unpack(NULL, bytes.len, bytes.data);
    for (size_t i = 0; i < count; i++) buf_u16(&cells, numbers[i]);
    ProtobufCBinaryData own = body->cells;
    body->cells = wire_data(cells.data, cells.len);
    wire_pack(&body->base, &changed);
    if (good) {
        if (!geography_decode(changed.data, changed.len, areas, &err)) fail_msg("%s", err.text);
    } else {
        refused_bytes(&changed, ERR_INVALID, "cells");
    }
    body->cells = own;
    hearth__v1__geography__free_unpacked(body, NULL);
    buf_free(&bytes);
    buf_free(&cells);
    buf_free(&changed);
    free(areas);
}

/* Otherwise one geography would have several hashes. */
static void runs_have_one_form(void **state)
{
    (void)state;
    runs((const uint16_t[]){10, 2, 0, 12, 1, 1, 20, 1, 1}, 9, true);
    runs((const uint16_t[]){0, CELLS, 2}, 3, true);
    runs((const uint16_t[]){10, 2, 0, 11, 1, 1}, 6, false); /* overlap */
    runs((const uint16_t[]){10, 2, 0, 5, 1, 1}, 6, false);  /* not ascending */
    runs((const uint16_t[]){10, 2, 1, 12, 1, 1}, 6, false); /* not joined */
    runs((const uint16_t[]){10, 0, 1}, 3, false);           /* of nothing */
    runs((const uint16_t[]){10, 1, 3}, 3, false);           /* of nobody */
    runs((const uint16_t[]){10, 1, AREA_NONE}, 3, false);   /* of nobody */
    runs((const uint16_t[]){CELLS - 1, 2, 1}, 3, false);    /* past the end */
    runs((const uint16_t[]){0xffff, 0xffff, 1}, 3, false);  /* past the end */
    runs((const uint16_t[]){10, 1, 1, 12}, 4, false);       /* cut off */
}

static void other_versions_and_lengths_are_refused(void **state)
{
    (void)state;
    struct geography *areas = areas_new();
    struct buf bytes = {0}, changed = {0};
    geography_encode(areas, &bytes);
    Hearth__V1__Geography *body = hearth__v1__geography__unpack(NULL, bytes.len, bytes.data);
    body->version = 2;
    wire_pack(&body->base, &changed);
    refused_bytes(&changed, ERR_VERSION, "version");
    hearth__v1__geography__free_unpacked(body, NULL);
    for (size_t len = 0; len < bytes.len; len++) {
        struct err err = {0};
        struct buf again = {0};
        if (!geography_decode(bytes.data, len, areas, &err)) continue;
        geography_encode(areas, &again); /* fewer areas, but whole ones */
        assert_int_equal(again.len, len);
        buf_free(&again);
    }
    (void)buf_reserve(&bytes, GEOGRAPHY_BYTES_MAX);
    refused_bytes(&bytes, ERR_INVALID, "");
    free(areas);
    buf_free(&bytes);
    buf_free(&changed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_come_back),
        cmocka_unit_test(cells_count_for_authority_and_region),
        cmocka_unit_test(odd_areas_are_refused),
        cmocka_unit_test(nothing_at_all_is_refused),
        cmocka_unit_test(runs_have_one_form),
        cmocka_unit_test(other_versions_and_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
