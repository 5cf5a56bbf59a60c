/* SPDX-License-Identifier: Apache-2.0
 * The page: what is on it, in which order, and that nothing in it comes from a file unescaped.
 */
#include "client/hub/page.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/hub/chart.h"
#include "tests/unit/client/hub/shelf_sample.h"

static double counts(const struct figures_table *table, size_t area, size_t category, size_t point,
                     uint32_t period)
{
    if (table->measure == FIGURES_PRICES) return point == 1 || point == 2 ? 300 : 20;
    double most = table->side == FIGURES_CAPACITY ? 300 : 500;
    return most * (1 + (double)area) / (2 + (double)category) + (double)(period % 5);
}

static char *page_of(const struct shelf *shelf, const struct wanted *wanted)
{
    struct buf out = {0};
    struct err err = {0};
    assert_true(page_make(shelf, wanted, &out, &err));
    return (char *)(uintptr_t)sample_text(&out); /* free() */
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) count++;
    return count;
}

/* Every element that is opened is closed, innermost first; <meta> has no end. */
static void nested(const char *page)
{
    const char *open[64];
    size_t depth = 0;
    for (const char *p = page; (p = strchr(p, '<')); p++) {
        const char *end = strchr(p, '>');
        assert_non_null(end);
        if (p[1] == '!' || strncmp(p, "<meta", 5) == 0 || end[-1] == '/') continue;
        const char *name = p[1] == '/' ? p + 2 : p + 1;
        size_t len = 0;
        while (isalnum((unsigned char)name[len])) len++;
        assert_true(len > 0);
        if (p[1] != '/') {
            assert_true(depth < sizeof open / sizeof *open);
            open[depth++] = name;
            continue;
        }
        assert_true(depth > 0 && strncmp(open[--depth], name, len) == 0);
    }
    assert_int_equal(depth, 0);
}

static void ids_are_unique(const char *page)
{
    for (const char *p = page; (p = strstr(p, " id=\"")); p++) {
        size_t len = strcspn(p + 5, "\"") + 6;
        char whole[64];
        assert_true(len < sizeof whole);
        memcpy(whole, p, len);
        whole[len] = '\0';
        assert_int_equal(occurrences(page, whole), 1);
    }
}

static void gaps_come_first_and_every_chart_has_its_table(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202511, 202610, 4, counts, 1);
    const struct wanted wanted = {.from = 202511, .to = 202610};
    char *page = page_of(&shelf, &wanted);
    static const char *const sections[] = {"gaps",  "areas",       "kinds", "prices",
                                           "trend", "authorities", "notes"};
    const char *at = page;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "<h2 id=\"%s\"", sections[i]);
        at = strstr(at, id);
        assert_non_null(at);
    }
    size_t charts = occurrences(page, "<svg ");
    assert_true(charts >= 11); /* four of gaps, area, three kinds, three prices, trend */
    assert_int_equal(occurrences(page, "<title id="), charts);
    assert_int_equal(occurrences(page, "<desc id="), charts);
    assert_int_equal(occurrences(page, "</svg>\n</div><div>\n<table>"), charts);
    assert_int_equal(occurrences(page, "Nothing has been released"), 0);
    nested(page);
    ids_are_unique(page);
    free(page);
    shelf_free(&shelf);
}

static void nothing_comes_from_outside(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202610, 202610, 2, counts, 2);
    const struct wanted wanted = {.from = 202610, .to = 202610};
    char *page = page_of(&shelf, &wanted);
    static const char *const never[] = {
        "<script", "http:",      "https:",  "src=",        "@import",
        "<link",   "@font-face", "<iframe", "javascript:", "onload"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        assert_null(strstr(page, never[i]));
    }
    assert_int_equal(occurrences(page, "url("), occurrences(page, "url(#p"));
    assert_non_null(strstr(page, "default-src 'none'"));
    free(page);
    shelf_free(&shelf);
}

static void names_cannot_leave_their_place(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202610, 202610, 2, counts, 3);
    const struct wanted wanted = {.from = 202610, .to = 202610};
    for (size_t i = 0; i < shelf.count; i++) {
        struct release *release = &shelf.releases[i];
        strcpy(release->names[0], "</svg><script>x</script>\"'&");
        strcpy(release->hub, "\"><img>");
    }
    char *page = page_of(&shelf, &wanted);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "<img"));
    assert_non_null(strstr(page, "&lt;/svg&gt;&lt;script&gt;x&lt;/script&gt;&quot;&#39;&amp;"));
    nested(page);
    free(page);
    shelf_free(&shelf);
}

static void no_chart_tells_why_a_value_is_not_shown(void **state)
{
    (void)state;
    struct shelf shelf = {0};
    const int64_t unmet[] = {700, 3, 200, 40, 900, 500, 400, 60}, la[] = {50, 3, 30, 40};
    sample_put(&shelf, "unmet_age", 202610, 2, unmet);
    sample_put(&shelf, "demand_age", 202610, 2, unmet);
    sample_put(&shelf, "capacity_la", 202610, 2, la);
    const struct wanted wanted = {.from = 202610, .to = 202610};
    char *page = page_of(&shelf, &wanted);
    assert_non_null(strstr(page, "<td>c</td>"));
    sample_swap_reasons(&shelf);
    char *swapped = page_of(&shelf, &wanted);
    assert_string_equal(page, swapped);
    nested(page);
    free(page);
    free(swapped);
    shelf_free(&shelf);
}

static void a_region_has_charts_of_its_own(void **state)
{
    (void)state;
    struct shelf shelf = sample_shelf(202609, 202610, 3, counts, 4);
    const struct wanted wanted = {202609, 202610, {"Region 2", "england"}, 2};
    const struct wanted authority = {202609, 202610, {"Authority 1"}, 1};
    struct buf out = {0};
    struct err err = {0};
    char *page = page_of(&shelf, &wanted);
    assert_non_null(strstr(page, "<h3>Region 2, by age band, October 2026</h3>"));
    assert_non_null(strstr(page, "<h3>England, by age band, October 2026</h3>"));
    assert_null(strstr(page, "Region 1"));
    assert_null(strstr(page, "Region 3"));
    nested(page);
    ids_are_unique(page);
    free(page);
    assert_false(page_make(&shelf, &authority, &out, &err));
    assert_string_equal(err.field, "area");
    assert_int_equal(out.len, 0);
    shelf_free(&shelf);
}

/* ---- charts on their own ---- */

static const struct chart_head head = {7, "A & B", "<what>"};

static void bars_of_nothing_and_of_little(void **state)
{
    (void)state;
    static const char *const groups[] = {"one", "two", "three"};
    const struct chart_value values[] = {{CHART_SUPPRESSED, 0, 0}, {CHART_MISSING, 0, 0},
                                         {CHART_VALUE, 0, 0},      {CHART_VALUE, 1e9, 1e8},
                                         {CHART_VALUE, 5, 40},     {CHART_VALUE, 10, 0}};
    const struct chart_bars bars = {head, {{"a", "b"}, 2}, groups, 3, values};
    struct buf out = {0};
    chart_bars(&bars, &out);
    const char *svg = sample_text(&out);
    assert_non_null(strstr(svg, "A &amp; B</title>"));
    assert_non_null(strstr(svg, "&lt;what&gt;</desc>"));
    assert_non_null(strstr(svg, ">c</text>"));
    assert_non_null(strstr(svg, ">not released</text>"));
    assert_non_null(strstr(svg, ">1000000000</text>"));
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    assert_null(strstr(svg, "width=\"-"));
    nested(svg);
    buf_free(&out);
}

static void lines_and_ranges_of_nothing(void **state)
{
    (void)state;
    static const char *const points[] = {"Oct 26"};
    const struct chart_value values[] = {
        {CHART_SUPPRESSED, 0, 0}, {CHART_MISSING, 0, 0}, {CHART_VALUE, 10, 400}};
    const struct chart_range hidden = {"group", "c", CHART_SUPPRESSED, 0, 0, 0};
    struct chart_lines lines = {head, {{"a", "b", "c"}, 3}, points, 1, values};
    struct chart_ranges ranges = {head, &hidden, 1, false};
    for (size_t count = 0; count < 2; count++) {
        struct buf out = {0};
        lines.point_count = ranges.count = count;
        chart_lines(&lines, &out);
        chart_ranges(&ranges, &out);
        const char *svg = sample_text(&out);
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        nested(svg);
        buf_free(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_come_first_and_every_chart_has_its_table),
        cmocka_unit_test(nothing_comes_from_outside),
        cmocka_unit_test(names_cannot_leave_their_place),
        cmocka_unit_test(no_chart_tells_why_a_value_is_not_shown),
        cmocka_unit_test(a_region_has_charts_of_its_own),
        cmocka_unit_test(bars_of_nothing_and_of_little),
        cmocka_unit_test(lines_and_ranges_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
