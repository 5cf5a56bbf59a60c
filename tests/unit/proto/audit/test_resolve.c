/* SPDX-License-Identifier: Apache-2.0
 * A resolved request means what the file meant: random requests, with places in every form and
 * areas in files, parse without files to the same plan.
 */
#include "proto/audit/package.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

enum { REQUESTS = 300 };

struct dice {
    uint64_t state;
};

static uint32_t roll(struct dice *dice, uint32_t below)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (uint32_t)((dice->state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static const struct catalogue *newest(void)
{
    return catalogue_get(CATALOGUE_VERSION);
}

/* ---- random requests ---- */

static void put_place(struct dice *dice, struct buf *out)
{
    static const char *const squares[] = {"SE", "SD", "SK", "TA"};
    const char *square = squares[roll(dice, 4)];
    switch (roll(dice, 4)) {
    case 0: buf_format(out, "\"%s %03u %03u\"", square, roll(dice, 1000), roll(dice, 1000)); return;
    case 1:
        buf_format(out, "\"%s%05u%05u\"", square, roll(dice, 100000), roll(dice, 100000));
        return;
    case 2: buf_format(out, "\"%s %u%u NW\"", square, roll(dice, 10), roll(dice, 10)); return;
    default:
        buf_format(out, "\"53.%06u,-1.%06u\"", roll(dice, 1000000), roll(dice, 1000000));
        return;
    }
}

static void put_anchors(struct dice *dice, const char *name, uint32_t most, bool weighed,
                        struct buf *out)
{
    buf_format(out, "\"%s\":[", name);
    for (uint32_t i = 0, count = roll(dice, most + 1); i < count; i++) {
        buf_text(out, i > 0 ? ",{\"at\":" : "{\"at\":");
        put_place(dice, out);
        buf_format(out, ",\"within_km\":%u", weighed ? 40 + roll(dice, 60) : 1 + roll(dice, 12));
        if (weighed && roll(dice, 2)) buf_format(out, ",\"weight\":%u", roll(dice, 6));
        if (roll(dice, 2)) buf_format(out, ",\"name\":\"Grüße %u\"", i);
        buf_text(out, "}");
    }
    buf_text(out, "]");
}

/* A star around a point of Yorkshire: many vertices, each with all digits and a height. */
static void put_ring(struct dice *dice, struct buf *out)
{
    uint32_t corners = 5 + roll(dice, 40);
    double lon = -1.9 + roll(dice, 1000) / 1000.0, lat = 53.4 + roll(dice, 700) / 1000.0;
    double first = 0;
    for (uint32_t i = 0; i <= corners; i++) {
        double angle = 6.283185307179586 * (i % corners) / corners;
        double radius = i == corners ? first : 0.15 + roll(dice, 1000) / 5000.0;
        if (i == 0) first = radius;
        buf_format(out, "%s[%.17g,%.17g,%u]", i > 0 ? "," : "", lon + radius * cos(angle),
                   lat + radius * 0.6 * sin(angle), roll(dice, 300));
    }
}

/* Forms 0 and 1 stand in files only. */
static void put_area(struct dice *dice, uint32_t form, struct buf *out)
{
    if (form == 0) buf_text(out, "\xef\xbb\xbf");
    if (form == 1) {
        buf_text(out, "{\"type\":\"FeatureCollection\",\"name\":\"x\",\"crs\":null,\"features\":["
                      "{\"type\":\"Feature\",\"properties\":{\"id\":123456789012345678901234},"
                      "\"geometry\":null},{\"type\":\"Feature\",\"geometry\":");
    }
    if (form == 2) buf_text(out, "{\"geometries\":[");
    buf_text(out, form == 3 ? "{\"type\":\"MultiPolygon\",\"coordinates\":[[["
                            : "{\"type\":\"Polygon\",\"bbox\":[1,2,3,4],\"coordinates\":[[");
    put_ring(dice, out);
    buf_text(out, form == 3 ? "]]]}" : "]]}");
    if (form == 1) buf_text(out, "}]}");
    if (form == 2) buf_text(out, "],\"type\":\"GeometryCollection\"}");
}

static void put_location(struct dice *dice, const char *dir, bool has_area, struct buf *out)
{
    buf_text(out, ",\"location\":{");
    if (has_area && roll(dice, 4) == 0) {
        buf_text(out, "\"area\":");
        put_area(dice, 2 + roll(dice, 2), out);
        buf_text(out, ",");
    } else if (has_area) {
        struct buf area = {0};
        struct err err = {0};
        char *path = file_join(dir, "area.geojson");
        put_area(dice, roll(dice, 4), &area);
        if (!file_write(path, area.data, area.len, 0600, &err)) fail_msg("%s", err.text);
        buf_format(out, "\"area\":\"%s\",", roll(dice, 2) ? "area.geojson" : path);
        buf_free(&area);
        free(path);
    }
    put_anchors(dice, "anchors", 2, true, out);
    if (roll(dice, 2)) buf_text(out, ",\"combine\":\"any\"");
    if (has_area) {
        buf_text(out, ",");
        put_anchors(dice, "avoid", 2, false, out);
    }
    buf_text(out, "}");
}

static struct buf random_request(struct dice *dice, const char *dir)
{
    struct buf text = {0};
    buf_format(&text, "%s{\"search_ref\":\"S-%u\",\"children\":[{\"age\":%u,\"sex\":\"F\"}],",
               roll(dice, 3) ? "" : "\xef\xbb\xbf", roll(dice, 1000), roll(dice, 18));
    buf_text(&text, "\"placement\":{\"type\":\"PT_SHORT\",\"needed_by\":\"later\"}");
    if (roll(dice, 6)) put_location(dice, dir, roll(dice, 3) > 0, &text);
    buf_text(&text, "}\n");
    return text;
}

/* ---- the property ---- */

static bool same_plan(const struct request *a, const struct request *b)
{
    struct plan *x = mem_new(struct plan), *y = mem_new(struct plan);
    struct err err = {0}, other = {0};
    bool good = plan_make(a, newest(), x, &err);
    bool same = plan_make(b, newest(), y, &other) == good &&
                (good ? x->quadrant_count == y->quadrant_count && x->musts == y->musts &&
                            x->base == y->base &&
                            memcmp(x->quadrants, y->quadrants, sizeof x->quadrants) == 0 &&
                            memcmp(x->hard, y->hard, sizeof x->hard) == 0 &&
                            memcmp(x->soft, y->soft, sizeof x->soft) == 0 &&
                            memcmp(x->hard_cell, y->hard_cell, sizeof x->hard_cell) == 0 &&
                            memcmp(x->soft_cell, y->soft_cell, sizeof x->soft_cell) == 0
                      : strcmp(err.text, other.text) == 0);
    free(x);
    free(y);
    return same;
}

static void resolve_and_compare(const struct buf *text, const char *dir, size_t *areas)
{
    struct request *request = mem_new(struct request), *again = mem_new(struct request);
    struct request_rules rules = {.catalogue = newest(), .directory = dir};
    struct request_rules bare = {.catalogue = newest(), .max = REQUEST_RESOLVED_MAX};
    struct buf resolved = {0};
    struct err err = {0};
    if (!request_parse(text->data, text->len, &rules, request, &err)) {
        /* A random star may cross a cell's centre so that it is in doubt; little else is wrong. */
        if (!strstr(err.field, "area")) fail_msg("%s: %s", err.field, err.text);
    } else {
        if (!request_resolve(text, request, dir, &resolved, &err) ||
            !request_parse(resolved.data, resolved.len, &bare, again, &err)) {
            fail_msg("%s: %s\n%.*s", err.field, err.text, (int)text->len, (char *)text->data);
        }
        if (!same_plan(request, again)) {
            fail_msg("%.*s\n%.*s", (int)text->len, (char *)text->data, (int)resolved.len,
                     (char *)resolved.data);
        }
        assert_string_equal(request->search_ref, again->search_ref);
        *areas += request->has_area;
    }
    buf_wipe(&resolved);
    free(request);
    free(again);
}

static void resolved_requests_mean_the_same(void **state)
{
    (void)state;
    struct dice dice = {20261127};
    char *dir = support_temp_dir();
    size_t areas = 0;
    for (int i = 0; i < REQUESTS; i++) {
        struct buf text = random_request(&dice, dir);
        resolve_and_compare(&text, dir, &areas);
        buf_free(&text);
    }
    assert_true(areas > REQUESTS / 4);
    support_temp_dir_remove(dir);
}

/* ---- what does not belong together ---- */

static void changed_areas_are_found(void **state)
{
    (void)state;
    static const char json[] =
        "{\"search_ref\":\"S\",\"children\":[{\"age\":1,\"sex\":\"F\"}],\"placement\":{\"type\":"
        "\"PT_SHORT\",\"needed_by\":\"today\"},\"location\":{\"area\":\"area.geojson\"}}";
    struct dice dice = {5};
    char *dir = support_temp_dir();
    char *path = file_join(dir, "area.geojson");
    struct buf area = {0}, text = {0}, out = {0};
    struct request *request = mem_new(struct request);
    struct err err = {0};
    buf_text(&text, json);
    put_area(&dice, 1, &area);
    assert_true(file_write(path, area.data, area.len, 0600, &err));
    if (!request_parse(text.data, text.len,
                       &(struct request_rules){.catalogue = newest(), .directory = dir}, request,
                       &err)) {
        fail_msg("%s", err.text);
    }
    assert_true(request_resolve(&text, request, dir, &out, &err));
    assert_null(memmem(out.data, out.len, "area.geojson", 12));
    area.len = out.len = 0;
    put_area(&dice, 1, &area); /* another star, written before the request was resolved */
    assert_true(file_write(path, area.data, area.len, 0600, &err));
    assert_false(request_resolve(&text, request, dir, &out, &err));
    assert_string_equal(err.field, "location.area");
    assert_non_null(strstr(err.text, "changed"));
    assert_true(file_write(path, "{", 1, 0600, &err));
    assert_false(request_resolve(&text, request, dir, &out, &err));
    assert_int_equal(unlink(path), 0);
    assert_false(request_resolve(&text, request, dir, &out, &err));
    assert_int_equal(out.len, 0);
    request->anchor_count = 1; /* of another text */
    assert_false(request_resolve(&text, request, dir, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    buf_free(&area);
    buf_free(&text);
    buf_free(&out);
    free(request);
    free(path);
    support_temp_dir_remove(dir);
}

/* The largest areas that are read stay within REQUEST_RESOLVED_MAX. */
static void large_areas_stay_inline(void **state)
{
    (void)state;
    char *dir = support_temp_dir();
    char *path = file_join(dir, "a");
    struct buf area = {0}, text = {0}, out = {0};
    struct request *request = mem_new(struct request), *again = mem_new(struct request);
    struct err err = {0};
    buf_text(&area, "{\"type\":\"MultiPolygon\",\"coordinates\":[");
    for (int i = 0; i < 19000; i++) { /* small squares; numbers that grow to 17 digits */
        double lon = -1.9 + (i % 140) * 0.007, lat = 53.4 + i / 140.0 * 0.005;
        buf_format(&area, "%s[[[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f],[%.7f,%.7f]]]",
                   i ? "," : "", lon, lat, lon + .005, lat, lon + .005, lat + .004, lon, lat + .004,
                   lon, lat);
    }
    buf_text(&area, "]}");
    assert_true(area.len <= AREA_FILE_MAX && area.len > REQUEST_MAX);
    assert_true(file_write(path, area.data, area.len, 0600, &err));
    buf_text(&text,
             "{\"search_ref\":\"S\",\"children\":[{\"age\":1,\"sex\":\"F\"}],\"placement\":{"
             "\"type\":\"PT_SHORT\",\"needed_by\":\"today\"},\"location\":{\"area\":\"a\"}}");
    struct request_rules rules = {.catalogue = newest(), .directory = dir};
    if (!request_parse(text.data, text.len, &rules, request, &err)) fail_msg("%s", err.text);
    if (!request_resolve(&text, request, dir, &out, &err)) fail_msg("%s", err.text);
    rules = (struct request_rules){.catalogue = newest(), .max = REQUEST_RESOLVED_MAX};
    if (!request_parse(out.data, out.len, &rules, again, &err)) fail_msg("%s", err.text);
    assert_true(area_count(&again->area) > 20);
    assert_true(same_plan(request, again));
    rules.max = 0; /* a request file of that size is still refused */
    assert_false(request_parse(out.data, out.len, &rules, again, &err));
    buf_free(&area);
    buf_free(&text);
    buf_free(&out);
    free(request);
    free(again);
    free(path);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolved_requests_mean_the_same),
        cmocka_unit_test(changed_areas_are_found),
        cmocka_unit_test(large_areas_stay_inline),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
