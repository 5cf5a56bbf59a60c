/* SPDX-License-Identifier: Apache-2.0 */
#include "client/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "client/map_parts.h"
#include "client/svg.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static void escaped(const char *text, const char *expected)
{
    struct buf out = {0};
    svg_text(&out, text);
    buf_u8(&out, 0);
    assert_string_equal((char *)out.data, expected);
    buf_free(&out);
}

static void text_cannot_leave_its_element(void **state)
{
    (void)state;
    escaped("", "");
    escaped("school", "school");
    escaped("Foyer d'\xc3\xa9t\xc3\xa9", "Foyer d&#39;\xc3\xa9t\xc3\xa9");
    escaped("</text><script>&\"", "&lt;/text&gt;&lt;script&gt;&amp;&quot;");
    escaped("]]>", "]]&gt;");
    /* What no XML may hold, not even as an entity. */
    escaped("a\x01\x1f\x7f\nb", "a????b");
    escaped("\xef\xbf\xbe-\xef\xbf\xbf-\xef\xbf\xbd", "?-?-\xef\xbf\xbd");
}

/* Two anchors around Leeds, one with weight, and one place to avoid. */
struct subject {
    struct request request;
    struct plan plan;
};

static struct subject *some_subject(void)
{
    struct subject *s = mem_new(struct subject);
    struct request *r = &s->request;
    struct err err;
    strcpy(r->search_ref, "R & D");
    r->child_count = 1;
    r->children[0] = (struct child){9, 'U'};
    r->accept_unconfirmed = true;
    r->has_location = true;
    r->anchor_count = 2;
    r->anchors[0] = (struct anchor){"school <1>", {{429700, 433800}, ""}, 20, 4};
    r->anchors[1] = (struct anchor){"", {{417000, 433000}, "the middle of BD"}, 30, 0};
    r->avoid_count = 2;
    r->avoid[0] = (struct anchor){"known risk", {{433000, 421000}, ""}, 5, 0};
    r->avoid[1] = (struct anchor){"far away", {{133000, 21000}, ""}, 5, 0};
    r->placement_type = catalogue_find(catalogue_get(1), "PT_LONG")->slot;
    assert_true(plan_make(r, catalogue_get(1), &s->plan, &err));
    return s;
}

static char *drawn(const struct map_subject *subject)
{
    struct buf out = {0};
    map_draw(subject, &out);
    buf_u8(&out, 0);
    return (char *)out.data;
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) count++;
    return count;
}

static void every_acceptable_cell_is_drawn_once(void **state)
{
    (void)state;
    struct subject *s = some_subject();
    char *svg = drawn(&(struct map_subject){&s->request, &s->plan, NULL, 0});
    size_t cells = 0;
    for (size_t i = 0; i < s->plan.quadrant_count * QUADRANT_CELLS; i++) {
        char name[GRID_NAME], title[40];
        uint16_t cell = grid_quadrant_cell(s->plan.quadrants[i / QUADRANT_CELLS],
                                           (unsigned)(i % QUADRANT_CELLS));
        grid_cell_name(cell, name);
        (void)snprintf(title, sizeof title, "<title>%s: ", name);
        assert_int_equal(occurrences(svg, title), s->plan.hard_cell[i]);
        (void)snprintf(title, sizeof title, "<title>%s: %u</title>", name,
                       (unsigned)s->plan.soft_cell[i]);
        assert_int_equal(occurrences(svg, title), s->plan.hard_cell[i]);
        cells += s->plan.hard_cell[i];
    }
    assert_int_equal(occurrences(svg, "<g class=\"cell\">"), cells);
    assert_int_equal(occurrences(svg, "class=\"anchor\""), 2);
    assert_int_equal(occurrences(svg, "class=\"avoid\""), 1);
    assert_int_equal(occurrences(svg, "class=\"quadrant\""), s->plan.quadrant_count);
    assert_non_null(strstr(svg, "request R &amp; D</title>"));
    assert_non_null(strstr(svg, ">A1 school &lt;1&gt;: within 20 km, weight 4</text>"));
    assert_non_null(strstr(svg, ">A2 within 30 km</text>"));
    assert_non_null(strstr(svg, "the middle of BD"));
    assert_non_null(strstr(svg, "to avoid, outside the map, within 5 km"));
    assert_null(strstr(svg, "school <1>"));
    free(svg);
    free(s);
}

static void decoys_are_named_where_they_are_known(void **state)
{
    (void)state;
    struct subject *s = some_subject();
    assert_int_equal(s->plan.quadrant_count, 2);
    char *svg = drawn(&(struct map_subject){&s->request, &s->plan, NULL, 0});
    assert_non_null(strstr(svg, "4 quadrants of 50 km. These hold acceptable cells:</text>"));
    assert_non_null(strstr(svg, ">SE.SW SE.NW </text>"));
    assert_non_null(strstr(svg, "The others are decoys. They follow from"));
    free(svg);
    uint16_t footprint[4] = {s->plan.quadrants[0], s->plan.quadrants[1], 0, 0};
    assert_true(grid_parse_quadrant("TQ.NW", &footprint[2]));
    assert_true(grid_parse_quadrant("TL.SW", &footprint[3]));
    grid_sort(footprint, 4);
    svg = drawn(&(struct map_subject){&s->request, &s->plan, footprint, 4});
    assert_non_null(strstr(svg, "decoys, not drawn here:</text>"));
    assert_non_null(strstr(svg, ">TQ.NW TL.SW </text>"));
    assert_int_equal(occurrences(svg, "class=\"quadrant\""), 2);
    free(svg);
    free(s);
}

static void coordinates_by_hand(void **state)
{
    (void)state;
    struct subject *s = some_subject();
    struct map_view view = map_view_of(&(struct map_subject){&s->request, &s->plan, NULL, 0});
    /* SE.SW and SE.NW with a cell around: 395000..455000 east, 395000..505000 north. */
    assert_int_equal(view.west, 395000);
    assert_int_equal(view.north, 505000);
    assert_int_equal(view.columns, 12);
    assert_int_equal(view.rows, 22);
    assert_int_equal(map_x(&view, 429700), 347);
    assert_int_equal(map_y(&view, 433800), 712);
    assert_int_equal(view.cell_pixels, 48);
    assert_int_equal(view.most, 777); /* 3489000 of 4489000 */
    assert_int_equal(map_class(&view, 0), 0);
    assert_int_equal(map_class(&view, 1), 1);
    assert_int_equal(map_class(&view, 194), 1); /* 777 / 4 = 194.25 */
    assert_int_equal(map_class(&view, 195), 2);
    assert_int_equal(map_class(&view, 777), 4);
    char *svg = drawn(view.subject);
    /* SE23SE: 425000 east, up to 435000 north. */
    assert_non_null(strstr(svg, "<title>SE23SE: 777</title><rect class=\"c4\" x=\"300\" y=\"700\" "
                                "width=\"50\" height=\"50\"/>"));
    assert_non_null(strstr(svg, "<circle cx=\"347\" cy=\"712\" r=\"200\""));
    assert_non_null(strstr(svg, "<circle cx=\"380\" cy=\"840\" r=\"50\" fill=\"url(#hatch)\""));
    free(svg);
    free(s);
}

static void the_area_has_an_edge(void **state)
{
    (void)state;
    struct subject *s = some_subject();
    struct err err;
    s->request.has_area = true;
    uint16_t cell = grid_cell_of((struct grid_point){427500, 432500});
    s->request.area.cells[cell / 8] |= (uint8_t)(1u << cell % 8);
    s->request.area.cells[(cell + 1) / 8] |= (uint8_t)(1u << (cell + 1) % 8);
    assert_true(plan_make(&s->request, catalogue_get(1), &s->plan, &err));
    char *svg = drawn(&(struct map_subject){&s->request, &s->plan, NULL, 0});
    /* One quadrant is left, 395000..455000 each way: two cells side by side have six sides. */
    assert_non_null(strstr(svg, "d=\"M300 200h50M300 250h50M300 200v50M350 200h50M350 250h50M400 "
                                "200v50\""));
    assert_int_equal(occurrences(svg, "<g class=\"cell\">"), 2);
    free(svg);
    free(s);
}

static void the_file_is_for_its_owner_only(void **state)
{
    (void)state;
    struct subject *s = some_subject();
    struct err err = {0};
    char *dir = support_temp_dir(), *path = file_join(dir, "map.svg"), *bad = file_join(dir, "x/y");
    struct map_subject subject = {&s->request, &s->plan, NULL, 0};
    assert_true(file_write(path, "old", 3, 0644, &err));
    assert_true(map_write(path, &subject, &err));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(info.st_size > 1000);
    assert_int_equal(support_count_files(dir), 1);
    assert_false(map_write(bad, &subject, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(err.field, "map");
    free(path);
    free(bad);
    free(s);
    support_temp_dir_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_cannot_leave_its_element),
        cmocka_unit_test(every_acceptable_cell_is_drawn_once),
        cmocka_unit_test(decoys_are_named_where_they_are_known),
        cmocka_unit_test(coordinates_by_hand),
        cmocka_unit_test(the_area_has_an_edge),
        cmocka_unit_test(the_file_is_for_its_owner_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
