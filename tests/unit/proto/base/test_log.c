/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "proto/base/log.h"

/* What is written to standard error, from here to `caught`. */
struct trap {
    int saved, pipe[2];
};

static struct trap set_trap(void)
{
    struct trap trap;
    assert_int_equal(pipe2(trap.pipe, O_CLOEXEC | O_NONBLOCK), 0);
    trap.saved = dup(STDERR_FILENO);
    assert_true(trap.saved >= 0 && dup2(trap.pipe[1], STDERR_FILENO) >= 0);
    return trap;
}

static void caught(struct trap *trap, char *out, size_t cap)
{
    assert_true(dup2(trap->saved, STDERR_FILENO) >= 0);
    ssize_t len = read(trap->pipe[0], out, cap - 1);
    out[len > 0 ? len : 0] = '\0';
    (void)close(trap->saved);
    (void)close(trap->pipe[0]);
    (void)close(trap->pipe[1]);
}

#define LINE(out, ...)                                                                             \
    do {                                                                                           \
        struct trap trap_ = set_trap();                                                            \
        log_line(__VA_ARGS__);                                                                     \
        caught(&trap_, out, sizeof(out));                                                          \
    } while (0)

/* The line behind its time. */
static const char *rest(const char *line)
{
    assert_true(strlen(line) > 21 && line[10] == 'T' && line[19] == 'Z' && line[20] == ' ');
    return line + 21;
}

static void values_are_quoted_where_they_have_to_be(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    LINE(out, LOG_LEVEL_INFO, "thing", "a=%s b=%s c=%s d=%s e=\"%s\"", "plain", "two words", "",
         "q\"\\=", "x:1/2");
    assert_string_equal(rest(out),
                        "info thing a=plain b=\"two words\" c=\"\" d=\"q\\\"\\\\=\" e=x:1/2\n");
    LINE(out, LOG_LEVEL_WARN, "thing", "a=%.*s b=\"constant words\" c=%c d=%%", 3, "abcdef", 'z');
    assert_string_equal(rest(out), "warn thing a=abc b=\"constant words\" c=z d=%\n");
    LINE(out, LOG_LEVEL_ERROR, "thing", "a=%d b=%u c=%zu d=%lld e=%llu f=%llx g=%llu:%s h=%ld", -1,
         2u, (size_t)3, -4LL, 5ULL, 255ULL, 6ULL, "s", -7L);
    assert_string_equal(rest(out), "error thing a=-1 b=2 c=3 d=-4 e=5 f=ff g=6:s h=-7\n");
}

/* "info thing a=VALUE end=1", where the value is bare or one JSON string. */
static void assert_one_value(const char *line)
{
    static const char start[] = "info thing a=", end[] = " end=1\n";
    size_t len = strlen(line);
    assert_true(len > sizeof start + sizeof end - 2);
    assert_int_equal(strncmp(line, start, sizeof start - 1), 0);
    assert_string_equal(line + len - (sizeof end - 1), end);
    const char *value = line + sizeof start - 1;
    size_t value_len = len - (sizeof start - 1) - (sizeof end - 1);
    if (value[0] == '"') {
        json_t *text = json_loadb(value, value_len, JSON_DECODE_ANY, NULL);
        assert_true(json_is_string(text));
        json_decref(text);
    } else {
        assert_true(strcspn(value, " \"\\=") == value_len);
    }
}

/* Whatever a peer sends stays one value of one line. */
static void nothing_that_is_put_in_forges_a_field_or_line(void **state)
{
    (void)state;
    static const char *const attacks[] = {"x\n2026-01-01T00:00:00Z error forged a=1",
                                          "x\" forged=\"1",
                                          "x forged=1",
                                          "\\",
                                          "\"",
                                          "\x1b[2J",
                                          "\xe2\x80\xaertl",
                                          "\xff\xfe",
                                          "a\tb\rc",
                                          "\xc3",
                                          "=",
                                          "\x7f"};
    char out[LOG_LINE_MAX + 1];
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        log_set_format(LOG_FORMAT_TEXT);
        LINE(out, LOG_LEVEL_INFO, "thing", "a=%s end=1", attacks[i]);
        assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
        assert_one_value(rest(out));
        for (const char *p = out; p[1]; p++) assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        log_set_format(LOG_FORMAT_JSON);
        LINE(out, LOG_LEVEL_INFO, "thing", "a=%s end=1", attacks[i]);
        json_t *object = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        assert_int_equal(json_object_size(object), 5);
        assert_string_equal(json_string_value(json_object_get(object, "event")), "thing");
        json_decref(object);
    }
    log_set_format(LOG_FORMAT_TEXT);
}

static void json_has_numbers_where_they_are_whole(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    log_set_format(LOG_FORMAT_JSON);
    LINE(out, LOG_LEVEL_INFO, "thing", "a=%d b=%llu:%s c=%s d=\"two words\" e=%zu", -5, 6ULL, "s",
         "7", (size_t)8);
    const char *behind = strstr(out, "\"level\"");
    assert_non_null(behind);
    assert_string_equal(behind,
                        "\"level\":\"info\",\"event\":\"thing\",\"a\":-5,\"b\":\"6:s\",\"c\":\"7\","
                        "\"d\":\"two words\",\"e\":8}\n");
    log_set_format(LOG_FORMAT_TEXT);
}

/* A long value is cut, not the line: it stays one that can be read. */
static void lines_stay_whole(void **state)
{
    (void)state;
    char out[2 * LOG_LINE_MAX], text[4096];
    memset(text, 'y', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_set_format(LOG_FORMAT_JSON);
    LINE(out, LOG_LEVEL_INFO, "thing", "a=%s b=%d", text, 1);
    json_t *object = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_int_equal(json_string_length(json_object_get(object, "a")), LOG_VALUE_MAX);
    assert_int_equal(json_integer_value(json_object_get(object, "b")), 1);
    json_decref(object);
    /* Ten of them do not fit, quoted and escaped: the line ends before one that does not. */
    memset(text, '"', sizeof text - 1);
    LINE(out, LOG_LEVEL_INFO, "thing", "a=%s b=%s c=%s d=%s e=%s f=%s g=%s h=%s i=%s j=%s", text,
         text, text, text, text, text, text, text, text, text);
    assert_true(strlen(out) <= LOG_LINE_MAX);
    object = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    assert_true(json_object_size(object) < 13 && json_object_size(object) > 4);
    json_decref(object);
    log_set_format(LOG_FORMAT_TEXT);
}

static void the_journal_gets_priorities(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    assert_int_equal(setenv("JOURNAL_STREAM", "8:1", 1), 0);
    LINE(out, LOG_LEVEL_WARN, "thing", "a=1");
    assert_string_equal(out, "<4>thing a=1\n");
    log_set_format(LOG_FORMAT_JSON);
    LINE(out, LOG_LEVEL_ERROR, "thing", "a=1");
    assert_int_equal(strncmp(out, "<3>{\"time\":\"", 12), 0);
    log_set_format(LOG_FORMAT_TEXT);
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void levels_and_formats_by_name(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    enum log_level level = LOG_LEVEL_INFO;
    enum log_format format = LOG_FORMAT_TEXT;
    struct err err;
    assert_true(log_level_find("warn", &level, &err) && level == LOG_LEVEL_WARN);
    assert_true(log_format_find("json", &format, &err) && format == LOG_FORMAT_JSON);
    assert_false(log_level_find("WARN", &level, &err));
    assert_string_equal(err.field, "log_level");
    assert_false(log_format_find("xml", &format, &err));
    assert_string_equal(err.field, "log_format");
    uint64_t before = log_count(LOG_LEVEL_INFO);
    log_set_level(LOG_LEVEL_WARN);
    LINE(out, LOG_LEVEL_INFO, "thing", "a=1");
    assert_string_equal(out, "");
    assert_int_equal(log_count(LOG_LEVEL_INFO), before + 1);
    LINE(out, LOG_LEVEL_WARN, "thing", "a=1");
    assert_string_not_equal(out, "");
    log_set_level(LOG_LEVEL_INFO);
}

static void the_last_error_is_known(void **state)
{
    (void)state;
    char out[LOG_LINE_MAX + 1];
    struct err err;
    (void)err_set(&err, ERR_IO, "field", "no \"disk\"");
    struct trap trap = set_trap();
    log_err(LOG_LEVEL_ERROR, "broken", &err);
    log_err(LOG_LEVEL_WARN, "later", &err);
    caught(&trap, out, sizeof out);
    struct log_last last = log_last_error();
    assert_true(last.at_ms > 0);
    assert_string_equal(last.event, "broken");
    assert_string_equal(last.fields, "code=io field=field reason=\"no \\\"disk\\\"\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_quoted_where_they_have_to_be),
        cmocka_unit_test(nothing_that_is_put_in_forges_a_field_or_line),
        cmocka_unit_test(json_has_numbers_where_they_are_whole),
        cmocka_unit_test(lines_stay_whole),
        cmocka_unit_test(the_journal_gets_priorities),
        cmocka_unit_test(levels_and_formats_by_name),
        cmocka_unit_test(the_last_error_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
