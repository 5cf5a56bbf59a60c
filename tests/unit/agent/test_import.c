/* SPDX-License-Identifier: Apache-2.0
 * Carer files: each column good, bad and borderline, with the line, column and value of each
 * problem; and that an export imports again to the same.
 */
#include <time.h>

#include "agent/carer_text.h"
#include "agent/import.h"
#include "proto/base/clock.h"
#include "tests/unit/agent/carers.h"

struct parsed {
    struct profile_list list;
    struct import_report report;
};

static struct parsed parse(const char *text)
{
    struct parsed p;
    struct err err = {0};
    must(import_parse(text, strlen(text), catalogue_get(CATALOGUE_VERSION), TODAY, &p.list,
                      &p.report, &err),
         &err);
    return p;
}

static void parsed_free(struct parsed *p)
{
    profile_list_free(&p->list);
    import_report_free(&p->report);
}

static void show_problems(const struct import_report *report)
{
    for (size_t i = 0; i < report->problem_count; i++) {
        const struct import_problem *p = report->problems[i];
        print_error("line %u column \"%s\" value \"%s\": %s\n", (unsigned)p->line, p->column,
                    p->value, p->text);
    }
}

/* A file of one carer whose columns are the defaults, with some replaced or added. */
struct cell {
    const char *column, *text;
};
static char *file_with(const struct cell *cells, size_t count)
{
    static const struct cell defaults[] = {
        {"ref", "A1"},   {"grid_ref", "SE 297 338"},     {"ages", "0-17"}, {"sexes", "M;F"},
        {"places", "2"}, {"placement_types", "PT_LONG"},
    };
    struct buf headings = {0};
    struct buf row = {0};
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0] + count; i++) {
        size_t base = sizeof defaults / sizeof defaults[0];
        struct cell cell = i < base ? defaults[i] : cells[i - base];
        bool skip = false;
        for (size_t k = 0; k < count; k++) {
            if (i < base && strcmp(cells[k].column, cell.column) == 0) skip = true;
        }
        if (skip) continue;
        buf_format(&headings, "%s%s", headings.len ? "," : "", cell.column);
        buf_format(&row, "%s\"%s\"", row.len ? "," : "", cell.text);
    }
    buf_text(&headings, "\n");
    buf_append(&headings, row.data, row.len);
    buf_u8(&headings, '\n');
    buf_u8(&headings, 0);
    buf_free(&row);
    return (char *)headings.data;
}

#define CELLS_OF(...)                                                                              \
    ((const struct cell[]){__VA_ARGS__}),                                                          \
        sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell)

static struct profile good(const struct cell *cells, size_t count)
{
    char *text = file_with(cells, count);
    struct parsed p = parse(text);
    if (p.report.problem_total != 0 || p.list.count != 1) {
        show_problems(&p.report);
        fail_msg("not imported:\n%s", text);
    }
    struct profile profile = p.list.items[0];
    parsed_free(&p);
    free(text);
    return profile;
}

/* One problem, in line 2, with that column, value and a part of the text. */
static void bad(const char *column, const char *value, const char *part, const struct cell *cells,
                size_t count)
{
    char *text = file_with(cells, count);
    struct parsed p = parse(text);
    bool as_expected =
        p.report.problem_total == 1 && p.list.count == 0 && p.report.bad_rows == 1 &&
        p.report.problems[0]->line == 2 && strcmp(p.report.problems[0]->column, column) == 0 &&
        strcmp(p.report.problems[0]->value, value) == 0 && strstr(p.report.problems[0]->text, part);
    if (!as_expected) {
        show_problems(&p.report);
        fail_msg("wanted column %s value \"%s\" and \"%s\" for:\n%s", column, value, part, text);
    }
    parsed_free(&p);
    free(text);
}
#define GOOD(...) good(CELLS_OF(__VA_ARGS__))
#define BAD(column, value, part, ...) bad(column, value, part, CELLS_OF(__VA_ARGS__))
#define BAD1(column, value, part) BAD(column, value, part, {column, value})

static uint16_t slot(const char *code)
{
    const struct criterion *c = catalogue_find(catalogue_get(CATALOGUE_VERSION), code);
    assert_non_null(c);
    return c->slot;
}

/* ---- columns ---- */

static void test_ref_and_name(void **state)
{
    (void)state;
    char longest[PROFILE_REF_MAX + 2];
    memset(longest, 'r', sizeof longest);
    longest[PROFILE_REF_MAX] = '\0';
    assert_string_equal(GOOD({"ref", longest}).ref, longest);
    longest[PROFILE_REF_MAX] = 'r';
    longest[PROFILE_REF_MAX + 1] = '\0';
    BAD("ref", longest, "at most 64", {"ref", longest});
    BAD1("ref", "", "a value is wanted");
    assert_string_equal(GOOD({"ref", "  a/b-1  "}).ref, "a/b-1");
    assert_string_equal(GOOD({"name", "Zoë \"\"Ó\"\" Baker, Leeds"}).name,
                        "Zoë \"Ó\" Baker, Leeds");
    assert_string_equal(GOOD({"name", "Ann\r\nBaker"}).name, "Ann  Baker");
    BAD("name", "(not shown)", "UTF-8", {"name", "Zo\xeb"});
    BAD("ref", "(not shown)", "UTF-8", {"ref", "a\x01"}, {"name", ""});
}

static void test_location(void **state)
{
    (void)state;
    struct profile p = GOOD({"grid_ref", "se297338"});
    char name[GRID_NAME];
    grid_cell_name(p.cell, name);
    assert_string_equal(name, "SE23SE");
    assert_string_equal(p.location, "se297338");
    p = GOOD({"grid_ref", ""}, {"lat", "53.8008"}, {"lon", "-1.5491"});
    grid_cell_name(p.cell, name);
    assert_string_equal(name, "SE23SE");
    assert_string_equal(p.location, "53.8008,-1.5491");
    BAD1("grid_ref", "LS6 3AA", "a National Grid reference is wanted");
    BAD1("grid_ref", "SE 29 7338 1", "a National Grid reference is wanted");
    BAD1("grid_ref", "", "a location is wanted");
    BAD("grid_ref", "SE 297 338", "not both", {"lat", "53.8"}, {"lon", "-1.5"});
    BAD("grid_ref", "SE 297 338", "not both", {"lat", "53.8"});
    BAD("lon", "", "together", {"grid_ref", ""}, {"lat", "53.8"}, {"lon", ""});
    BAD("lat", "", "together", {"grid_ref", ""}, {"lat", ""}, {"lon", "-1.5"});
    BAD("lat", "x", "decimal degrees", {"grid_ref", ""}, {"lat", "x"}, {"lon", "1"});
    BAD("lon", "1,5", "decimal degrees", {"grid_ref", ""}, {"lat", "53"}, {"lon", "1,5"});
    BAD("lat", "10.0", "", {"grid_ref", ""}, {"lat", "10.0"}, {"lon", "-1.5"});
    BAD("postcode", "LS6 3AA", "gazetteer", {"postcode", "LS6 3AA"});
    BAD("postcode", "LS6 3AA", "gazetteer", {"grid_ref", ""}, {"postcode", "LS6 3AA"});
    (void)GOOD({"postcode", ""});
}

static void test_ages(void **state)
{
    (void)state;
    assert_int_equal(GOOD({"ages", "0-4;8-12"}).ages, 0x1f | 0x1f << 8);
    assert_int_equal(GOOD({"ages", " 17 ; Unborn "}).ages, 1 << 17 | 1 << 18);
    assert_int_equal(GOOD({"ages", "3 - 3;;"}).ages, 1 << 3);
    BAD1("ages", "", "a value is wanted");
    BAD1("ages", ";", "at least one age");
    BAD1("ages", "18", "whole years 0 to 17");
    BAD1("ages", "-1", "whole years 0 to 17");
    BAD1("ages", "12-8", "from low to high");
    BAD1("ages", "3-", "whole years 0 to 17");
    BAD1("ages", "0-4,8-12", "whole years 0 to 17");
    BAD1("ages", "08-Dec", "whole years 0 to 17");
}

static void test_sexes(void **state)
{
    (void)state;
    struct profile p = GOOD({"sexes", "m"});
    assert_true(p.takes_m && !p.takes_f);
    p = GOOD({"sexes", "F; M"});
    assert_true(p.takes_m && p.takes_f);
    BAD1("sexes", "", "a value is wanted");
    BAD1("sexes", "M;U", "M, F or M;F");
    BAD1("sexes", "male", "M, F or M;F");
}

static void test_places(void **state)
{
    (void)state;
    struct profile p = GOOD({"places", "0"}, {"approved_places", "9"});
    assert_int_equal(p.places, 0);
    assert_int_equal(p.approved_places, 9);
    p = GOOD({"places", ""}, {"approved_places", "3"});
    assert_int_equal(p.places, 3);
    p = GOOD({"places", "1"}, {"approved_places", ""});
    assert_int_equal(p.approved_places, 1);
    BAD("places", "", "places or approved_places", {"places", ""}, {"approved_places", ""});
    BAD1("places", "10", "0 to 9");
    BAD1("places", "-1", "0 to 9");
    BAD1("places", "1.5", "0 to 9");
    BAD("approved_places", "ten", "0 to 9", {"approved_places", "ten"});
}

static void test_codes(void **state)
{
    (void)state;
    struct profile p = GOOD({"placement_types", "pt_long; PT_SHORT"}, {"offers", "CS_SIM;ds_aut;"});
    assert_true(profile_holds(&p, slot("PT_LONG")) && profile_holds(&p, slot("PT_SHORT")));
    assert_true(profile_holds(&p, slot("CS_SIM")) && profile_holds(&p, slot("DS_AUT")));
    BAD1("placement_types", "", "a value is wanted");
    BAD1("placement_types", ";", "at least one");
    BAD1("placement_types", "PT_LNG", "did you mean PT_LONG?");
    BAD1("placement_types", "DS_AUT", "not a placement type");
    BAD("offers", "CS_SIM;DS_ATU", "\"DS_ATU\" is not a code", {"offers", "CS_SIM;DS_ATU"});
    BAD("offers", "PT_LONG", "column of its own", {"offers", "PT_LONG"});
    BAD("offers", "AGE_05", "column of its own", {"offers", "AGE_05"});
    BAD("offers", "AVL_TODAY", "column of its own", {"offers", "AVL_TODAY"});
}

static void test_code_columns(void **state)
{
    (void)state;
    struct profile p = GOOD({"DS_AUT", "Y"}, {"cs sim", "no"}, {"Rc-Miss", ""}, {"LN_PL", "yes"});
    assert_true(profile_holds(&p, slot("DS_AUT")) && profile_holds(&p, slot("LN_PL")));
    assert_false(profile_holds(&p, slot("CS_SIM")) || profile_holds(&p, slot("RC_MISS")));
    BAD("ds aut", "maybe", "Y or N", {"ds aut", "maybe"});
}

static void test_status(void **state)
{
    (void)state;
    struct profile p = GOOD({"status", "On hold"}, {"status_date", "2026-11-22"});
    assert_int_equal(p.status, STATUS_ON_HOLD);
    assert_int_equal(p.status_date, TODAY);
    p = GOOD({"status", "available-from"}, {"status_date", "2026-11-01"},
             {"available_from", "2026-12-01"});
    assert_int_equal(p.status, STATUS_AVAILABLE_FROM);
    assert_int_equal(p.available_from, TODAY + 9);
    p = GOOD({"status", "full"}, {"status_date", ""});
    assert_int_equal(p.status, STATUS_UNKNOWN);
    assert_int_equal(p.status_date, NO_DAY);
    p = GOOD({"status", ""}, {"status_date", "2026-11-01"});
    assert_int_equal(p.status, STATUS_UNKNOWN);
    BAD("status", "vacant", "not_available or unknown is wanted", {"status", "vacant"},
        {"status_date", "2026-11-01"});
    BAD("status_date", "2026-11-23", "in the future", {"status", "full"},
        {"status_date", "2026-11-23"});
    BAD("status_date", "2026-02-30", "year-month-day", {"status_date", "2026-02-30"});
    p = GOOD({"status", "available-from"}, {"status_date", "03/11/2026"},
             {"available_from", "01/12/2026"});
    assert_int_equal(p.status_date, TODAY - 19);
    assert_int_equal(p.available_from, TODAY + 9);
    BAD("status_date", "11/22/2026", "day/month/year", {"status_date", "11/22/2026"});
    BAD("status_date", "29/02/2026", "day/month/year", {"status_date", "29/02/2026"});
    BAD("status_date", "23/11/2026", "in the future", {"status_date", "23/11/2026"});
    BAD("status_date", "2/11/2026", "day/month/year", {"status_date", "2/11/2026"});
    BAD("available_from", "2026-12-01", "only with status available_from", {"status", "available"},
        {"status_date", "2026-11-01"}, {"available_from", "2026-12-01"});
    BAD("available_from", "", "needs a date", {"status", "available_from"},
        {"status_date", "2026-11-01"}, {"available_from", ""});
}

/* ---- files ---- */

static const char columns[] = "ref,grid_ref,ages,sexes,places,placement_types\n";

static void expect_heading_problem(const char *headings, unsigned line, const char *column,
                                   const char *part)
{
    struct parsed p = parse(headings);
    bool found = false;
    assert_true(p.report.bad_headings);
    for (size_t i = 0; i < p.report.problem_count; i++) {
        const struct import_problem *problem = p.report.problems[i];
        found = found || (problem->line == line && strcmp(problem->column, column) == 0 &&
                          strstr(problem->text, part));
    }
    if (!found) {
        show_problems(&p.report);
        fail_msg("no problem with column %s for %s", column, headings);
    }
    assert_int_equal(p.list.count, 0);
    parsed_free(&p);
}

static void test_headings(void **state)
{
    (void)state;
    struct parsed p =
        parse("\xef\xbb\xbf REF ,Grid-Ref,AGES,Sexes,Approved Places,placement types\r\n"
              "A1,SE 297 338,5,M,2,PT_LONG\r\n");
    show_problems(&p.report);
    assert_int_equal(p.list.count, 1);
    parsed_free(&p);
    expect_heading_problem("ref,grid_ref,ages,sexes,places\n", 1, "placement_types", "missing");
    expect_heading_problem("grid_ref,ages,sexes,places,placement_types\n", 1, "ref", "missing");
    expect_heading_problem("ref,ages,sexes,places,placement_types\n", 1, "grid_ref", "are wanted");
    expect_heading_problem("ref,lat,ages,sexes,places,placement_types\n", 1, "grid_ref",
                           "are wanted");
    expect_heading_problem("ref,postcode,ages,sexes,places,placement_types\n", 1, "postcode",
                           "gazetteer");
    expect_heading_problem("ref,grid_ref,ages,sexes,placement_types\n", 1, "places", "approved");
    expect_heading_problem("ref,grid_ref,ages,sexes,places,placement_types,Ref\n", 1, "Ref",
                           "twice");
    expect_heading_problem("ref,grid_ref,ages,sexes,places,placement_types,shoe size\n", 1,
                           "shoe size", "not a known column");
    expect_heading_problem("\n\nref,grid_ref,ages,sexes,places,placement_types,DS_ATU\n", 3,
                           "DS_ATU", "did you mean DS_AUT?");
    expect_heading_problem("ref,grid_ref,ages,sexes,places,placement_types,PT_LONG\n", 1, "PT_LONG",
                           "column of its own");
    expect_heading_problem("ref;grid_ref;ages\n", 1, "ref;grid_ref;ages", "not a known column");
    struct parsed none;
    struct err err = {0};
    assert_false(import_parse("", 0, catalogue_get(CATALOGUE_VERSION), TODAY, &none.list,
                              &none.report, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

static void test_every_problem_is_reported(void **state)
{
    (void)state;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "%s"
                   "A1,SE 297 338,5,M,2,PT_LONG\n"              /* good */
                   "A2,nowhere,99,X,12,PT_NONE\n"               /* five problems in line 3 */
                   "\"A\n3\",SE 297 338,\"\n77\",M,2,PT_LONG\n" /* the age begins in line 5 */
                   ",,,,,\n"                                    /* blank: not a row */
                   "A4,SE 297 338,5,M,2\n"                      /* short */
                   "A5,SE 297 338,5,M,2,PT_LONG,\n"             /* one blank cell too many: fine */
                   "A6,SE 297 338,5,M,2,PT_LONG,x\n",           /* one too many */
                   columns);
    struct parsed p = parse(text);
    static const struct {
        unsigned line;
        const char *column, *value;
    } wanted[] = {{3, "ages", "99"},
                  {3, "grid_ref", "nowhere"},
                  {3, "placement_types", "PT_NONE"},
                  {3, "places", "12"},
                  {3, "sexes", "X"},
                  {5, "ages", "77"},
                  {8, "", ""},
                  {10, "", "x"}};
    show_problems(&p.report);
    assert_int_equal(p.report.problem_total, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < p.report.problem_count; i++) {
        assert_int_equal(p.report.problems[i]->line, wanted[i].line);
        assert_string_equal(p.report.problems[i]->column, wanted[i].column);
        assert_string_equal(p.report.problems[i]->value, wanted[i].value);
    }
    assert_int_equal(p.report.rows, 6);
    assert_int_equal(p.report.bad_rows, 4);
    assert_int_equal(p.list.count, 2);
    assert_string_equal(p.list.items[1].ref, "A5");
    parsed_free(&p);
}

static void test_a_reference_twice(void **state)
{
    (void)state;
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "%sB,SE 297 338,5,M,2,PT_LONG\nA,SE 297 338,5,M,2,PT_LONG\n"
                   "B,SE 297 338,6,M,2,PT_LONG\nC,SE 297 338,5,M,2,PT_LONG\n"
                   "B,SE 297 338,7,M,2,PT_LONG\n",
                   columns);
    struct parsed p = parse(text);
    assert_int_equal(p.report.problem_total, 2);
    assert_int_equal(p.report.bad_rows, 2);
    assert_int_equal(p.report.problems[0]->line, 4);
    assert_string_equal(p.report.problems[0]->value, "B");
    assert_non_null(strstr(p.report.problems[0]->text, "line 2"));
    assert_int_equal(p.report.problems[1]->line, 6);
    assert_int_equal(p.list.count, 3);
    assert_string_equal(p.list.items[0].ref, "B");
    assert_int_equal(p.list.items[0].ages, 1 << 5);
    assert_string_equal(p.list.items[2].ref, "C");
    parsed_free(&p);
}

static void test_many_problems_are_counted(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_text(&text, columns);
    for (int i = 0; i < IMPORT_PROBLEMS_MAX + 50; i++) {
        buf_format(&text, "R%d,SE 297 338,18,M,2,PT_LONG\n", i);
    }
    buf_u8(&text, 0);
    struct parsed p = parse((char *)text.data);
    assert_int_equal(p.report.problem_count, IMPORT_PROBLEMS_MAX);
    assert_int_equal(p.report.problem_total, IMPORT_PROBLEMS_MAX + 50);
    assert_int_equal(p.report.problems[IMPORT_PROBLEMS_MAX - 1]->line, IMPORT_PROBLEMS_MAX + 1);
    assert_int_equal(p.list.count, 0);
    parsed_free(&p);
    buf_free(&text);
}

/* ---- export ---- */

static void expect_same(const struct profile *a, const struct profile *b)
{
    struct buf x = {0};
    struct buf y = {0};
    profile_encode(a, &x);
    profile_encode(b, &y);
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.data, y.data, x.len);
    buf_free(&x);
    buf_free(&y);
}

static void make_population(struct profile_list *list, unsigned count)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    for (unsigned i = 0; i < count; i++) {
        struct profile p = random_profile(i);
        struct grid_point point;
        profile_hold(&p, slot("PT_LONG"));
        if (i % 2) (void)snprintf(p.location, sizeof p.location, "53.8008,-1.5491");
        if (i % 3 == 0) (void)snprintf(p.name, sizeof p.name, "\"Zoë\", %u", i);
        assert_true(grid_parse("SE 297 338", &point));
        p.cell = grid_cell_of(point);
        if (p.status == STATUS_AVAILABLE_FROM && p.available_from == NO_DAY) p.available_from = 0;
        profile_list_add(list, &p);
    }
    (void)catalogue;
}

static void test_an_export_imports_to_the_same(void **state)
{
    (void)state;
    struct profile_list list = {0};
    struct buf text = {0};
    make_population(&list, 200);
    carer_csv(&list, catalogue_get(CATALOGUE_VERSION), &text);
    buf_u8(&text, 0);
    struct parsed p = parse((char *)text.data);
    show_problems(&p.report);
    assert_int_equal(p.list.count, list.count);
    for (size_t i = 0; i < list.count; i++) expect_same(&list.items[i], &p.list.items[i]);
    parsed_free(&p);
    profile_list_free(&list);
    buf_free(&text);
}

/* A bound with room: on an idle processor it takes a twentieth of it. */
static void test_speed(void **state)
{
    struct held *held = *state;
    struct profile_list list = {0};
    struct buf text = {0};
    struct err err = {0};
    struct vault_changes changes;
    make_population(&list, 2500);
    carer_csv(&list, catalogue_get(CATALOGUE_VERSION), &text);
    buf_u8(&text, 0);
    int64_t start = clock_cpu_us();
    struct parsed p = parse((char *)text.data);
    must(vault_import(held->vault, p.list.items, p.list.count, true, false, &changes, &err), &err);
    int64_t used = clock_cpu_us() - start;
    print_message("2500 rows: %lld ms\n", (long long)(used / 1000));
    assert_int_equal(changes.added, 2500);
    assert_true(used < 2000000);
    parsed_free(&p);
    profile_list_free(&list);
    buf_free(&text);
}

static void test_lists_are_sorted(void **state)
{
    (void)state;
    for (unsigned count = 0; count < 70; count++) {
        struct profile_list list = {0};
        for (unsigned i = 0; i < count; i++) {
            struct profile p = random_profile(pick(50));
            profile_list_add(&list, &p);
        }
        profile_list_sort(&list);
        for (size_t i = 1; i < list.count; i++) {
            assert_true(strcmp(list.items[i - 1].ref, list.items[i].ref) <= 0);
        }
        assert_int_equal(list.count, count);
        profile_list_free(&list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ref_and_name),
        cmocka_unit_test(test_location),
        cmocka_unit_test(test_ages),
        cmocka_unit_test(test_sexes),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_code_columns),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_every_problem_is_reported),
        cmocka_unit_test(test_a_reference_twice),
        cmocka_unit_test(test_many_problems_are_counted),
        cmocka_unit_test(test_an_export_imports_to_the_same),
        cmocka_unit_test_setup_teardown(test_speed, held_set_up, held_tear_down),
        cmocka_unit_test(test_lists_are_sorted),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
