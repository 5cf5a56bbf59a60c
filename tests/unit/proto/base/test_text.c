/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/text.h"

static void test_integers_to_their_borders(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t min, max;
        bool ok;
        int64_t value;
    } cases[] = {
        {"0", 0, 0, true, 0},
        {"-0", 0, 0, true, 0},
        {"007", 0, 10, true, 7},
        {"10", 0, 10, true, 10},
        {"11", 0, 10, false, 0},
        {"-1", 0, 10, false, 0},
        {"-5", -5, 5, true, -5},
        {"-6", -5, 5, false, 0},
        {"9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN},
        {"9223372036854775808", INT64_MIN, INT64_MAX, false, 0},
        {"-9223372036854775809", INT64_MIN, INT64_MAX, false, 0},
        {"99999999999999999999999", INT64_MIN, INT64_MAX, false, 0},
        {"00000000000000000000000000000001", 0, 1, true, 1},
        {"", 0, 10, false, 0},
        {"-", -10, 10, false, 0},
        {"+1", 0, 10, false, 0},
        {"--1", -10, 10, false, 0},
        {" 1", 0, 10, false, 0},
        {"1 ", 0, 10, false, 0},
        {"0x1", 0, 10, false, 0},
        {"1e0", 0, 10, false, 0},
        {"1.0", 0, 10, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 4711;
        bool ok = text_integer(cases[i].text, cases[i].min, cases[i].max, &value);
        if (ok != cases[i].ok) fail_msg("\"%s\" gave %d", cases[i].text, ok);
        assert_true(value == (ok ? cases[i].value : 4711));
    }
}

static void test_decimals(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",    "-",   ".",   "-.", "1..2", "1.2.3", "1e5", "0x1",
        "nan", "inf", "1,5", " 1", "1 ",   "+1",    "--1", "1234567890123456"};
    double value = 47.11;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (text_decimal(bad[i], &value)) fail_msg("\"%s\" was taken", bad[i]);
    }
    assert_true(value == 47.11);
    for (int i = 0; i < 20000; i++) {
        char text[32];
        double lat = (double)randombytes_uniform(180000001) / 1000000 - 90;
        (void)snprintf(text, sizeof text, "%.*f", (int)randombytes_uniform(12), lat);
        assert_true(text_decimal(text, &value));
        assert_true(value == strtod(text, NULL));
    }
    /* As a program may print a double: more digits than count. */
    assert_true(text_decimal("-53.80754277549421034", &value));
    assert_true(fabs(value + 53.80754277549421) < 1e-12);
    assert_true(text_decimal(".5", &value) && value == 0.5);
    assert_true(text_decimal("5.", &value) && value == 5);
}

static void test_trim(void **state)
{
    (void)state;
    char plain[] = "a b", around[] = " \t\r\n a b \v\f", blank[] = " \t ", empty[] = "";
    assert_string_equal(text_trim(plain), "a b");
    assert_string_equal(text_trim(around), "a b");
    assert_string_equal(text_trim(blank), "");
    assert_string_equal(text_trim(empty), "");
}

static void test_hex(void **state)
{
    (void)state;
    for (size_t len = 0; len < 40; len++) {
        uint8_t bytes[40], back[40];
        char hex[81], expected[81] = "";
        randombytes_buf(bytes, sizeof bytes);
        for (size_t i = 0; i < len; i++) (void)snprintf(expected + 2 * i, 3, "%02x", bytes[i]);
        assert_string_equal(text_hex(bytes, len, hex), expected);
        assert_true(text_unhex(hex, back, len));
        assert_memory_equal(bytes, back, len);
        assert_false(text_unhex(hex, back, len + 1));
        if (len == 0) continue;
        assert_false(text_unhex(hex, back, len - 1));
        hex[randombytes_uniform((uint32_t)(2 * len))] = 'g';
        assert_false(text_unhex(hex, back, len));
    }
}

static void test_ids(void **state)
{
    (void)state;
    assert_true(text_is_id("a"));
    assert_true(text_is_id("la-1"));
    assert_true(text_is_id("12345678901234567890123456789012"));
    assert_false(text_is_id("123456789012345678901234567890123"));
    assert_false(text_is_id(""));
    for (int c = 1; c < 256; c++) {
        const char id[] = {'x', (char)c, '\0'};
        bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        assert_int_equal(text_is_id(id), allowed);
    }
}

static size_t encode(uint32_t point, char out[4])
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    for (size_t i = more; i > 0; i--) {
        out[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    out[0] = (char)(lead[more] | point);
    return more + 1;
}

static void test_every_code_point(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x110010; point++) {
        char bytes[4];
        size_t len = encode(point, bytes);
        bool control = point < 0x20 || (point >= 0x7f && point < 0xa0) ||
                       (point >= 0x2028 && point <= 0x202e) ||
                       (point >= 0x2066 && point <= 0x2069); /* bidirectional and line controls */
        bool valid = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
        if (text_is_printable_utf8(bytes, len) != (valid && !control)) {
            fail_msg("U+%04" PRIX32, point);
        }
        for (size_t cut = 1; cut < len; cut++) assert_false(text_is_printable_utf8(bytes, cut));
    }
}

static void test_broken_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xf0\x8f\xbf\xbf", "\x80",
        "\xff",     "a\xc3",    "\xc3(",        "\xe2\x82x",        "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_is_printable_utf8(bad[i], strlen(bad[i])));
    }
    assert_true(text_is_printable_utf8("", 0));
    char mended[] = "Zo\xc3\xab\x1b[1m\xc2\x85\xff \xe2\x82\xac \xe2\x82";
    text_make_printable(mended);
    assert_string_equal(mended, "Zo\xc3\xab?[1m??? \xe2\x82\xac ??");
    assert_true(text_is_printable_utf8("Zo\xc3\xab \xe2\x82\xac", 8));
    assert_false(text_is_printable_utf8("a\0b", 3));
}

struct parts {
    char all[64];
    size_t len, stop_after;
};

static bool collect(char *part, void *ctx)
{
    struct parts *parts = ctx;
    parts->len +=
        (size_t)snprintf(parts->all + parts->len, sizeof parts->all - parts->len, "<%s>", part);
    return --parts->stop_after > 0;
}

static void test_split(void **state)
{
    (void)state;
    struct parts parts = {.stop_after = 10};
    char text[] = " a ;b c;; ;d;";
    assert_true(text_split(text, ';', collect, &parts));
    assert_string_equal(parts.all, "<a><b c><d>");
    char empty[] = "";
    parts = (struct parts){.stop_after = 10};
    assert_true(text_split(empty, ';', collect, &parts));
    assert_string_equal(parts.all, "");
    char again[] = "a,b,c";
    parts = (struct parts){.stop_after = 2};
    assert_false(text_split(again, ',', collect, &parts));
    assert_string_equal(parts.all, "<a><b>");
}

static void test_cut_between_characters(void **state)
{
    (void)state;
    char out[4];
    text_copy_cut(out, sizeof out, "abc");
    assert_string_equal(out, "abc");
    text_copy_cut(out, sizeof out, "abcd");
    assert_string_equal(out, "abc");
    text_copy_cut(out, sizeof out, "ab\xc3\xa9");
    assert_string_equal(out, "ab");
    text_copy_cut(out, sizeof out, "a\xc3\xa9x");
    assert_string_equal(out, "a\xc3\xa9");
    text_copy_cut(out, sizeof out, "\xf0\x9f\x98\x80");
    assert_string_equal(out, "");
    text_copy_cut(out, 1, "a");
    assert_string_equal(out, "");
}

static void test_addresses(void **state)
{
    (void)state;
    assert_true(text_is_address("match.example.org:4711", 1));
    assert_true(text_is_address("[::1]:65535", 1));
    assert_true(text_is_address("127.0.0.1:0", 0));
    const char *const bad[] = {"",       ":",          "host",    "host:",  ":1",
                               "host:0", "host:65536", "host:1x", "host:-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(text_is_address(bad[i], 1));
}

static int set_up(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_to_their_borders),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_broken_utf8),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_cut_between_characters),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
