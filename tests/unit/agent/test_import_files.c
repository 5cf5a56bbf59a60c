/* SPDX-License-Identifier: Apache-2.0
 * Carer files as a whole: headings, problems with their lines, duplicates, reports; and that an
 * export imports again to the same.
 */
#include <jansson.h>

#include "agent/carer_text.h"
#include "proto/base/clock.h"
#include "proto/base/csv_cell.h"
#include "proto/base/file.h"
#include "tests/unit/agent/imports.h"

/* ---- files ---- */

static const char columns[] = "ref,grid_ref,ages,sexes,places,placement_types\n";

static void expect_heading_problem(const char *headings, unsigned line, const char *column,
                                   const char *part)
{
    struct import_result p = parse(headings);
    bool found = false;
    assert_true(p.report.bad_headings);
    for (size_t i = 0; i < p.report.count; i++) {
        const struct finding *problem = p.report.items[i];
        found = found || (problem->line == line && strcmp(problem->column, column) == 0 &&
                          strstr(problem->text, part));
    }
    if (!found) {
        show_problems(&p.report);
        fail_msg("no problem with column %s for %s", column, headings);
    }
    assert_int_equal(p.list.count, 0);
    import_result_free(&p);
}

#define COLUMNS_PLAIN "ref,grid_ref,ages,sexes,places,placement_types"

static void test_headings(void **state)
{
    (void)state;
    struct import_result p =
        parse("\xef\xbb\xbf REF ,Grid-Ref,AGES,Sexes,Approved Places,placement types\r\n"
              "A1,SE 297 338,5,M,2,PT_LONG\r\n");
    show_problems(&p.report);
    assert_int_equal(p.list.count, 1);
    import_result_free(&p);
    expect_heading_problem("ref,grid_ref,ages,sexes,places\n", 1, "placement_types", "missing");
    expect_heading_problem("grid_ref,ages,sexes,places,placement_types\n", 1, "ref", "missing");
    expect_heading_problem("ref,ages,sexes,places,placement_types\n", 1, "postcode", "are wanted");
    expect_heading_problem("ref,lat,ages,sexes,places,placement_types\n", 1, "postcode",
                           "are wanted");
    expect_heading_problem("ref,grid_ref,age_from,sexes,places,placement_types\n", 1, "ages",
                           "age_to");
    expect_heading_problem("ref,grid_ref,ages,places,placement_types\n", 1, "sexes", "missing");
    expect_heading_problem("ref,grid_ref,ages,sexes,placement_types\n", 1, "places", "approved");
    expect_heading_problem(COLUMNS_PLAIN ",Ref\n", 1, "ref", "twice");
    expect_heading_problem(COLUMNS_PLAIN ",Carer ID\n", 1, "ref", "twice");
    expect_heading_problem(COLUMNS_PLAIN ",Autism,DS_AUT\n", 1, "DS_AUT", "twice");
    expect_heading_problem(COLUMNS_PLAIN ",shoe size\n", 1, "", "not a known column");
    expect_heading_problem(COLUMNS_PLAIN ",No\n", 1, "", "not a known column");
    expect_heading_problem(COLUMNS_PLAIN ",AUT\n", 1, "", "not a known column");
    expect_heading_problem(COLUMNS_PLAIN ",Last updated\n", 1, "", "not a known column");
    /* Quoted up to the 60th byte, which is the first of two of a letter. */
    expect_heading_problem(COLUMNS_PLAIN
                           ",12345678901234567890123456789012345678901234567890123456789"
                           "\xc3\xab\n",
                           1, "", "789=\")");
    expect_heading_problem(COLUMNS_PLAIN ",Staus\n", 1, "", "did you mean status?");
    expect_heading_problem(COLUMNS_PLAIN ",Staus\n", 1, "", "--map \"Staus=\"");
    expect_heading_problem(COLUMNS_PLAIN ",Takes dogs\n", 1, "", "docs/domain.md");
    expect_heading_problem(COLUMNS_PLAIN ",Plcement tpyes\n", 1, "", "mean placement_types?");
    expect_heading_problem(COLUMNS_PLAIN ",AGE_05\n", 1, "", "column of its own");
    expect_heading_problem("\n\n" COLUMNS_PLAIN ",DS_ATU\n", 3, "", "did you mean DS_AUT?");
}

/* What case systems call the columns; each alias leads to a column or criterion that exists. */
static void test_aliases(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    for (size_t i = 0; i < heading_alias_count; i++) {
        struct heading_meaning meaning;
        struct heading_meaning target;
        struct err err = {0};
        must(heading_find(catalogue, heading_aliases[i].heading, &meaning, &err), &err);
        must(heading_find(catalogue, heading_aliases[i].target, &target, &err), &err);
        if (meaning.means != target.means || meaning.criterion != target.criterion) {
            fail_msg("\"%s\" is %s, not %s", heading_aliases[i].heading,
                     heading_meaning_name(&meaning), heading_aliases[i].target);
        }
    }
    struct import_result p = parse(
        "Household Reference,Carer Name(s),Grid Reference,Age Range,Gender,Vacancies,Approved For,"
        "Placement Type(s),Availability,Status updated,Date available\n"
        "H1,A. Nobody,SE 297 338,0-17,Either,1,2,U4,Available From,3/11/2026,01/12/2026\n");
    show_problems(&p.report);
    assert_int_equal(p.list.count, 1);
    assert_int_equal(p.report.notes, 1); /* "Gender" may be the carer's own */
    assert_int_equal(p.list.items[0].places, 1);
    assert_int_equal(p.list.items[0].approved_places, 2);
    assert_int_equal(p.list.items[0].status, STATUS_AVAILABLE_FROM);
    assert_int_equal(p.list.items[0].available_from, TODAY + 9);
    import_result_free(&p);
}

static void expect_refused(const char *bytes, size_t len, const char *part)
{
    const struct import_rules rules = plain_rules();
    struct import_result p;
    struct err err = {0};
    assert_false(import_parse(bytes, len, &rules, &p, &err));
    assert_int_equal(err.code, ERR_INVALID);
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_no_csv(void **state)
{
    (void)state;
    expect_refused("", 0, "empty");
    expect_refused("# only\n", 7, "empty");
    expect_refused("PK\x03\x04zip", 7, "workbook");
    expect_refused("\xff\xfer\0e\0f\0", 8, "UTF-16");
    expect_refused("ref;grid_ref;ages\n", 18, "semicolons");
    expect_refused("\"ref\";\"ages, of children\"\n", 26, "semicolons");
    expect_refused("ref\tgrid_ref\tages\n", 18, "tabs");
    expect_refused("ref,\"name\n", 10, "never ends");
    struct buf text = {0};
    buf_text(&text, columns);
    for (int i = 0; i <= VAULT_CARERS_MAX; i++) buf_text(&text, "x\n");
    expect_refused((char *)text.data, text.len, "rows");
    buf_free(&text);
}

static void test_comments(void **state)
{
    (void)state;
    struct import_result p =
        parse("# a line, with commas\r\n,,\r\n\"# \"\"quoted\"\"\",,,\r\n" COLUMNS_PLAIN
              "\n#1,SE 297 338,5,M,2,PT_LONG\n");
    show_problems(&p.report);
    assert_int_equal(p.list.count, 1);
    assert_string_equal(p.list.items[0].ref, "#1"); /* behind the headings it is a row */
    import_result_free(&p);
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
    struct import_result p = parse(text);
    static const struct {
        unsigned line;
        const char *column, *value;
    } wanted[] = {{3, "ages", "99"},
                  {3, "sexes", "X"},
                  {3, "placement_types", "PT_NONE"},
                  {3, "places", "12"},
                  {3, "grid_ref", "nowhere"},
                  {5, "ages", "77"},
                  {8, "", ""},
                  {10, "", "x"}};
    show_problems(&p.report);
    assert_int_equal(p.report.problems, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < p.report.count; i++) {
        assert_int_equal(p.report.items[i]->line, wanted[i].line);
        assert_string_equal(p.report.items[i]->column, wanted[i].column);
        assert_string_equal(p.report.items[i]->value, wanted[i].value);
    }
    assert_int_equal(p.report.rows, 6);
    assert_int_equal(p.report.bad_rows, 4);
    assert_int_equal(p.list.count, 2);
    assert_string_equal(p.list.items[1].ref, "A5");
    import_result_free(&p);
}

static void expect_problem(const struct finding *f, unsigned line, const char *column,
                           const char *value, const char *part)
{
    assert_int_equal(f->kind, FINDING_PROBLEM);
    assert_int_equal(f->line, line);
    assert_string_equal(f->column, column);
    assert_string_equal(f->value, value);
    if (!strstr(f->text, part)) fail_msg("\"%s\" does not say \"%s\"", f->text, part);
}

static void test_a_reference_twice(void **state)
{
    (void)state;
    struct import_result p = parse("Carer ID,grid_ref,ages,sexes,places,placement_types\n"
                                   "B,SE 297 338,5,M,2,PT_LONG\nA,SE 297 338,5,M,2,PT_LONG\n"
                                   "B,SE 297 338,5,M,2,PT_LONG\nC,SE 297 338,5,M,2,PT_LONG\n"
                                   "B,SE 297 338,99,M,2,PT_LONG\nb,SE 297 338,5,M,2,PT_LONG\n");
    assert_int_equal(p.report.problems, 4);
    assert_int_equal(p.report.bad_rows, 3);
    expect_problem(p.report.items[0], 2, "ref", "B", "lines 4, 6");
    expect_problem(p.report.items[1], 4, "ref", "B", "lines 2, 6");
    expect_problem(p.report.items[2], 6, "ages", "99", "whole years");
    expect_problem(p.report.items[3], 6, "ref", "B", "lines 2, 4");
    assert_string_equal(p.report.items[3]->heading, "Carer ID");
    assert_int_equal(p.list.count, 3);
    assert_string_equal(p.list.items[0].ref, "A");
    assert_string_equal(p.list.items[2].ref, "b");
    assert_int_equal(p.rows[0].line, 3);
    assert_int_equal(p.rows[1].line, 5);
    import_result_free(&p);
}

static void test_postcodes_without_gazetteer(void **state)
{
    (void)state;
    struct import_result p = parse("ref,postcode,ages,sexes,places,placement_types\n"
                                   "A,LS6 3AA,5,M,2,PT_LONG\nB,LS6 3AB,99,M,2,PT_LONG\n"
                                   "C,ls63ac,5,M,2,PT_LONG\n");
    assert_int_equal(p.report.problems, 2);
    assert_int_equal(p.report.bad_rows, 3);
    expect_problem(p.report.items[0], 2, "postcode", "", "3 rows have a postcode");
    expect_problem(p.report.items[1], 3, "ages", "99", "whole years");
    import_result_free(&p);
}

static void test_notes(void **state)
{
    (void)state;
    struct import_result p = parse("ref,grid_ref,ages,sexes,places,approved_places,placement_types,"
                                   "status\nA,SE 297 338,5,M,2,1,PT_LONG,full\n");
    assert_int_equal(p.report.problems, 0);
    assert_int_equal(p.report.notes, 2);
    assert_non_null(strstr(p.report.items[0]->text, "every status counts as unknown"));
    assert_int_equal(p.report.items[1]->line, 2);
    assert_string_equal(p.report.items[1]->column, "places");
    assert_int_equal(p.list.items[0].status, STATUS_UNKNOWN);
    import_result_free(&p);
    p = parse(COLUMNS_PLAIN ",status,status_date\nA,SE 297 338,5,M,2,PT_LONG,available,\n"
                            "B,SE 297 338,5,M,2,PT_LONG,unknown,\nC,SE 297 338,5,M,2,PT_LONG,,\n");
    assert_int_equal(p.report.notes, 1);
    assert_int_equal(p.report.items[0]->line, 2);
    assert_string_equal(p.report.items[0]->value, "available");
    assert_non_null(strstr(p.report.items[0]->text, "counts as unknown"));
    import_result_free(&p);
}

/* All of them, as many as a real file can have. */
static void test_many_problems(void **state)
{
    (void)state;
    enum { ROWS = 5000 };
    struct buf text = {0};
    buf_text(&text, columns);
    for (int i = 0; i < ROWS; i++) buf_format(&text, "R%d,SE 297 338,18,M,2,PT_LNG\n", i);
    buf_u8(&text, 0);
    struct import_result p = parse((char *)text.data);
    assert_int_equal(p.report.count, 2 * ROWS);
    assert_int_equal(p.report.problems, 2 * ROWS);
    for (unsigned i = 0; i < 2 * ROWS; i++) assert_int_equal(p.report.items[i]->line, 2 + i / 2);
    assert_int_equal(p.list.count, 0);
    import_result_free(&p);
    buf_free(&text);
}

static void test_findings_are_bounded(void **state)
{
    (void)state;
    struct import_report report = {0};
    for (unsigned i = 0; i < IMPORT_FINDINGS_MAX + 3; i++) {
        import_report_add(&report, i % 2 ? FINDING_NOTE : FINDING_PROBLEM, i, "ages", "", "x", "y");
    }
    assert_int_equal(report.count, IMPORT_FINDINGS_MAX);
    assert_int_equal(report.problems + report.notes, IMPORT_FINDINGS_MAX + 3);
    import_report_free(&report);
}

static void test_long_and_odd_cells(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_text(&text, "ref,grid_ref,ages,sexes,places,placement_types,offers,name\n"
                    "A,\xc2\xa0SE 297 338\xc2\xa0,5,M,2,PT_LONG,\"");
    for (int i = 0; i < 300; i++) buf_text(&text, "DS_AUT;");
    buf_text(&text, "\",Ann\n=A,SE 297 338,5,M,2,PT_LONG,,'=1+1\n");
    buf_u8(&text, 0);
    struct import_result p = parse((char *)text.data);
    assert_int_equal(p.report.problems, 1);
    expect_problem(p.report.items[0], 2, "offers", "", "more than 256");
    assert_int_equal(p.list.count, 1);
    assert_string_equal(p.list.items[0].ref, "=A");
    assert_string_equal(p.list.items[0].name, "=1+1");
    import_result_free(&p);
    buf_free(&text);
}

/* ---- reports ---- */

static void test_reports(void **state)
{
    struct held *held = *state;
    struct buf text = {0};
    struct err err = {0};
    char path[512];
    struct import_result p = parse(COLUMNS_PLAIN "\nA,\"=cmd, \"\"x\"\"\",5,M,2,PT_LONG\n");
    (void)snprintf(path, sizeof path, "%s/report.csv", held->dir);
    must(import_report_write(&p.report, path, &err), &err);
    must(file_read(path, 4096, &text, &err), &err);
    buf_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "line,kind,column,heading,value,message\r\n"
                                              "2,problem,grid_ref,grid_ref,\"'=cmd, \"\"x\"\"\","));
    buf_free(&text);
    (void)snprintf(path, sizeof path, "%s/report.json", held->dir);
    must(import_report_write(&p.report, path, &err), &err);
    json_t *root = json_load_file(path, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(root, "bad_rows")), 1);
    json_t *first = json_array_get(json_object_get(root, "problems"), 0);
    assert_string_equal(json_string_value(json_object_get(first, "value")), "=cmd, \"x\"");
    assert_int_equal(json_integer_value(json_object_get(first, "line")), 2);
    json_decref(root);
    assert_false(import_report_write(&p.report, "/nowhere/report.txt", &err));
    assert_int_equal(err.code, ERR_INVALID);
    import_result_free(&p);
}

static void expect_printed(const char *column, const char *heading, const char *value,
                           const char *line)
{
    struct import_report report = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    import_report_add(&report, FINDING_PROBLEM, 7, column, heading, value, "why");
    import_report_print(&report, FINDING_PROBLEM, "f.csv", 1, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, line);
    free(text);
    import_report_free(&report);
}

static void test_printed_lines(void **state)
{
    (void)state;
    expect_printed("ages", "ages", "99", "f.csv:7: ages \"99\": why\n");
    expect_printed("ages", "Age Range", "99", "f.csv:7: ages (Age Range) \"99\": why\n");
    expect_printed("ages", "", "", "f.csv:7: ages: why\n");
    expect_printed("", "Vac", "Vac", "f.csv:7: \"Vac\": why\n");
    expect_printed("", "Vac", "", "f.csv:7: (Vac): why\n");
    expect_printed("", "", "", "f.csv:7: why\n");
}

static void test_cells_are_no_formulas(void **state)
{
    (void)state;
    static const struct {
        const char *text, *cell;
    } cases[] = {{"a", "a"},
                 {"", ""},
                 {"=1", "'=1"},
                 {"-x", "'-x"},
                 {"+44", "'+44"},
                 {"@A", "'@A"},
                 {"'=1", "''=1"},
                 {"'a", "'a"},
                 {"a,b", "\"a,b\""},
                 {"=a,b", "\"'=a,b\""},
                 {"\"", "\"\"\"\""},
                 {" a", "\" a\""},
                 {"0-4;8", "\"0-4;8\""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf out = {0};
        csv_cell(&out, cases[i].text);
        buf_u8(&out, 0);
        assert_string_equal((char *)out.data, cases[i].cell);
        if (out.data[0] != '"') {
            assert_string_equal(csv_cell_text((char *)out.data), cases[i].text);
        }
        buf_free(&out);
    }
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
    for (unsigned i = 0; i < count; i++) {
        struct profile p = random_profile(i);
        struct grid_point point;
        profile_hold(&p, slot("PT_LONG"));
        if (i % 2) (void)snprintf(p.location, sizeof p.location, "53.8008,-1.5491");
        if (i % 3 == 2) (void)snprintf(p.name, sizeof p.name, "%.*s=x", (int)(i % 4), "''''");
        if (i % 3 == 0) (void)snprintf(p.name, sizeof p.name, "\"Zoë\", %u", i);
        assert_true(grid_parse("SE 297 338", &point));
        p.cell = grid_cell_of(point);
        if (p.status == STATUS_AVAILABLE_FROM && p.available_from == NO_DAY) p.available_from = 0;
        profile_list_add(list, &p);
    }
}

static void test_an_export_imports_to_the_same(void **state)
{
    (void)state;
    struct profile_list list = {0};
    struct buf text = {0};
    make_population(&list, 200);
    carer_csv(&list, catalogue_get(CATALOGUE_VERSION), &text);
    buf_u8(&text, 0);
    struct import_result p = parse((char *)text.data);
    show_problems(&p.report);
    assert_int_equal(p.list.count, list.count);
    for (size_t i = 0; i < list.count; i++) expect_same(&list.items[i], &p.list.items[i]);
    import_result_free(&p);
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
        cmocka_unit_test(test_headings),
        cmocka_unit_test(test_aliases),
        cmocka_unit_test(test_no_csv),
        cmocka_unit_test(test_comments),
        cmocka_unit_test(test_every_problem_is_reported),
        cmocka_unit_test(test_a_reference_twice),
        cmocka_unit_test(test_postcodes_without_gazetteer),
        cmocka_unit_test(test_notes),
        cmocka_unit_test(test_many_problems),
        cmocka_unit_test(test_findings_are_bounded),
        cmocka_unit_test(test_long_and_odd_cells),
        cmocka_unit_test_setup_teardown(test_reports, held_set_up, held_tear_down),
        cmocka_unit_test(test_printed_lines),
        cmocka_unit_test(test_cells_are_no_formulas),
        cmocka_unit_test(test_an_export_imports_to_the_same),
        cmocka_unit_test(test_lists_are_sorted),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
