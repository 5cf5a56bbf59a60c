/* SPDX-License-Identifier: Apache-2.0
 * CSV with line numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/buf.h"
#include "proto/base/csv.h"

/* Writes what was read as "line:field@line|field@line" a row. */
static bool write_row(const struct csv_row *row, void *ctx)
{
    struct buf *out = ctx;
    buf_format(out, "%u:", (unsigned)row->line);
    for (size_t i = 0; i < row->count; i++) {
        buf_format(out, "%s%s@%u", i ? "|" : "", row->fields[i].text,
                   (unsigned)row->fields[i].line);
    }
    buf_text(out, "\n");
    return true;
}

static void expect_rows(const char *text, const char *rows)
{
    struct buf out = {0};
    struct err err = {0};
    bool ok = csv_read_rows(text, strlen(text), write_row, &out, &err);
    if (!ok) fail_msg("%s", err.text);
    buf_u8(&out, 0);
    assert_string_equal((char *)out.data, rows);
    buf_free(&out);
}

static void expect_refused(const char *text, size_t len, const char *line, const char *part)
{
    struct buf out = {0};
    struct err err = {0};
    assert_false(csv_read_rows(text, len, write_row, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, line);
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
    buf_free(&out);
}

static void test_line_ends(void **state)
{
    (void)state;
    expect_rows("a,b\nc,d\n", "1:a@1|b@1\n2:c@2|d@2\n");
    expect_rows("a,b\r\nc,d\r\n", "1:a@1|b@1\n2:c@2|d@2\n");
    expect_rows("a,b\rc,d\r", "1:a@1|b@1\n2:c@2|d@2\n");
    expect_rows("a,b\nc,d", "1:a@1|b@1\n2:c@2|d@2\n");
    expect_rows("", "");
    expect_rows("\n\n", "");
}

static void test_byte_order_mark(void **state)
{
    (void)state;
    expect_rows("\xef\xbb\xbf"
                "a,b\n",
                "1:a@1|b@1\n");
    expect_rows("\xef\xbb\xbf", "");
}

static void test_blank_lines_count(void **state)
{
    (void)state;
    expect_rows("\n\na\n\nb\n", "3:a@3\n5:b@5\n");
    expect_rows("a\r\n\r\nb\r\n", "1:a@1\n3:b@3\n");
}

static void test_quotes(void **state)
{
    (void)state;
    expect_rows("\"a,b\",\"c\"\"d\"\n", "1:a,b@1|c\"d@1\n");
    expect_rows("x,\"a\nb\",y\nz\n", "1:x@1|a\nb@1|y@2\n3:z@3\n");
    expect_rows("x,\"a\r\nb\r\nc\",y,\"\n\",w\r\nz\r\n",
                "1:x@1|a\r\nb\r\nc@1|y@3|\n@3|w@4\n5:z@5\n");
    expect_rows("a,,\n,\n", "1:a@1|@1|@1\n2:@2|@2\n");
}

static void test_refusals(void **state)
{
    (void)state;
    expect_refused("a\nb\"c\n", 6, "line 2", "a quote in the wrong place");
    expect_refused("a\n\"b\"c\n", 7, "line 2", "a quote in the wrong place");
    expect_refused("a\nb,\"c\nd\n", 9, "line 2", "a quoted field begins here");
}

static void test_limits(void **state)
{
    (void)state;
    struct buf text = {0};
    buf_text(&text, "ref\n");
    memset(buf_reserve(&text, CSV_FIELD_MAX), 'x', CSV_FIELD_MAX);
    struct buf out = {0};
    struct err err = {0};
    assert_true(csv_read_rows(text.data, text.len, write_row, &out, &err));
    assert_int_equal(out.len, strlen("1:ref@1\n2:@2\n") + CSV_FIELD_MAX);
    buf_free(&out);
    memset(buf_reserve(&text, 200), 'x', 200);
    expect_refused((char *)text.data, text.len, "line 2", "a field is longer than");
    buf_free(&text);

    memset(buf_reserve(&text, CSV_COLUMNS_MAX - 1), ',', CSV_COLUMNS_MAX - 1);
    assert_true(csv_read_rows(text.data, text.len, write_row, &out, &err));
    buf_text(&text, ",");
    expect_refused((char *)text.data, text.len, "line 1", "columns");
    buf_free(&text);
    buf_free(&out);
}

static bool stop_at_once(const struct csv_row *row, void *ctx)
{
    (void)row;
    ++*(int *)ctx;
    return false;
}

static void test_stopping(void **state)
{
    (void)state;
    int rows = 0;
    struct err err = {0};
    assert_true(csv_read_rows("a\nb\nc\"", 6, stop_at_once, &rows, &err));
    assert_int_equal(rows, 1);
}

static void expect_kind(const char *bytes, size_t len, const char *part)
{
    struct err err = {0};
    bool ok = csv_check_kind(bytes, len, &err);
    assert_int_equal(ok, part == NULL);
    if (!part) return;
    assert_string_equal(err.field, "line 1");
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}
#define EXPECT_KIND(bytes, part) expect_kind(bytes, sizeof(bytes) - 1, part)

static void test_other_kinds(void **state)
{
    (void)state;
    EXPECT_KIND("PK\x03\x04zip", "workbook");
    EXPECT_KIND("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xls", "workbook");
    EXPECT_KIND("\xff\xfer\0e\0f\0", "UTF-16");
    EXPECT_KIND("\xfe\xff\0r\0e\0f", "UTF-16");
    EXPECT_KIND("r\0e\0f\0", "UTF-16");
    EXPECT_KIND("\0r\0e\0f", "UTF-16");
    EXPECT_KIND("ref,name\n", NULL);
    EXPECT_KIND("\xef\xbb\xbfref", NULL);
    EXPECT_KIND("a,\0b", NULL); /* a row may have such a byte: its reader says where */
    EXPECT_KIND("PK", NULL);
    EXPECT_KIND("", NULL);
}

static void expect_separator(const char *text, const char *line, const char *part)
{
    struct err err = {0};
    bool ok = csv_check_separator(text, strlen(text), &err);
    if (ok != !part) fail_msg("%s: %s", text, ok ? "taken" : err.text);
    if (!part) return;
    assert_string_equal(err.field, line);
    if (!strstr(err.text, part)) fail_msg("\"%s\" does not say \"%s\"", err.text, part);
}

static void test_other_separators(void **state)
{
    (void)state;
    expect_separator("ref;name\n1;2\n", "line 1", "semicolons");
    expect_separator("ref\tname\n", "line 1", "tabs");
    expect_separator("\"ref\";\"name\"\n", "line 1", "semicolons");
    expect_separator("\xef\xbb\xbf\"ref\";\"name, first\"\n", "line 1", "semicolons");
    expect_separator("ref;name, first;ages\n", "line 1", "semicolons");
    expect_separator("sep=;\nref;name\n", "line 1", "semicolons");
    expect_separator("\n# a, b, c\r\n\"# a\nb, c\"\nref;name", "line 5", "semicolons");
    expect_separator("ref,name\n1;2;3,4\n", NULL, NULL);
    expect_separator("ref,name;first\n", NULL, NULL);
    expect_separator("ref,\"a;b;c\"\n", NULL, NULL);
    expect_separator("# a;b;c\nref,name\n", NULL, NULL);
    expect_separator("ref\nA\n", NULL, NULL);
    expect_separator("", NULL, NULL);
    expect_separator("\"never closed;;;", NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends),         cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_blank_lines_count), cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_refusals),          cmocka_unit_test(test_limits),
        cmocka_unit_test(test_stopping),          cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_other_separators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
