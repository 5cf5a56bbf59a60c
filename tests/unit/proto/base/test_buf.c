/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/buf.h"
#include "proto/base/mem.h"

static void test_integers_are_big_endian(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                                       0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e,
                                       0x0f, 0,    0,    0,    2,    'h',  'i'};
    struct buf buf = {0};
    buf_u8(&buf, 0x01);
    buf_u16(&buf, 0x0203);
    buf_u32(&buf, 0x04050607);
    buf_u64(&buf, 0x08090a0b0c0d0e0f);
    buf_bytes(&buf, "hi", 2);
    assert_int_equal(buf.len, sizeof expected);
    assert_memory_equal(buf.data, expected, sizeof expected);
    buf_free(&buf);
    assert_null(buf.data);
}

/* A random record, written and read back by its own description. */
enum kind { U8, U16, U32, U64, BYTES, KINDS };
struct item {
    enum kind kind;
    uint64_t value;
    size_t len;
    uint8_t bytes[300];
};

static struct item random_item(void)
{
    struct item item = {.kind = (enum kind)randombytes_uniform(KINDS)};
    randombytes_buf(&item.value, sizeof item.value);
    if (item.kind < BYTES) item.value >>= 64 - (8U << item.kind);
    item.len = randombytes_uniform(sizeof item.bytes + 1);
    randombytes_buf(item.bytes, item.len);
    return item;
}

static void write_item(struct buf *buf, const struct item *item)
{
    switch (item->kind) {
    case U8: buf_u8(buf, (uint8_t)item->value); break;
    case U16: buf_u16(buf, (uint16_t)item->value); break;
    case U32: buf_u32(buf, (uint32_t)item->value); break;
    case U64: buf_u64(buf, item->value); break;
    default: buf_bytes(buf, item->bytes, item->len); break;
    }
}

/* False where the reader failed; a value that differs fails the test. */
static bool read_item(struct reader *reader, const struct item *item)
{
    uint64_t value = 0;
    size_t len = 0;
    switch (item->kind) {
    case U8: value = reader_u8(reader); break;
    case U16: value = reader_u16(reader); break;
    case U32: value = reader_u32(reader); break;
    case U64: value = reader_u64(reader); break;
    default: {
        const uint8_t *bytes = reader_bytes(reader, sizeof item->bytes, &len);
        if (!bytes) {
            assert_true(reader->failed);
            assert_int_equal(len, 0);
            return false;
        }
        assert_int_equal(len, item->len);
        assert_memory_equal(bytes, item->bytes, len);
        return true;
    }
    }
    if (!reader->failed)
        assert_true(value == item->value);
    else
        assert_true(value == 0);
    return !reader->failed;
}

static void test_what_was_written_is_read_and_no_shorter_input(void **state)
{
    (void)state;
    enum { ITEMS = 12, ROUNDS = 60 };
    for (int round = 0; round < ROUNDS; round++) {
        struct item items[ITEMS];
        struct buf buf = {0};
        for (size_t i = 0; i < ITEMS; i++) {
            items[i] = random_item();
            write_item(&buf, &items[i]);
        }
        struct reader reader = reader_of(buf.data, buf.len);
        for (size_t i = 0; i < ITEMS; i++) assert_true(read_item(&reader, &items[i]));
        assert_true(reader_done(&reader));
        /* Cut anywhere, in a block of exactly that size so that the sanitizer sees an overrun. */
        size_t cut = randombytes_uniform((uint32_t)buf.len);
        uint8_t *shorter = malloc(cut ? cut : 1);
        assert_non_null(shorter);
        memcpy(shorter, buf.data, cut);
        reader = reader_of(shorter, cut);
        bool all = true;
        for (size_t i = 0; i < ITEMS; i++) {
            bool one = read_item(&reader, &items[i]);
            assert_false(one && !all); /* after a failure everything fails */
            all = all && one;
        }
        assert_false(all);
        assert_false(reader_done(&reader));
        free(shorter);
        buf_free(&buf);
    }
}

static void test_a_length_beyond_the_input_or_the_limit_fails(void **state)
{
    (void)state;
    static const uint8_t huge[] = {0xff, 0xff, 0xff, 0xff, 1, 2, 3};
    static const uint8_t three[] = {0, 0, 0, 3, 1, 2, 3};
    size_t len = 99;
    struct reader reader = reader_of(huge, sizeof huge);
    assert_null(reader_bytes(&reader, SIZE_MAX, &len));
    assert_int_equal(len, 0);
    reader = reader_of(three, sizeof three);
    assert_null(reader_bytes(&reader, 2, &len));
    assert_true(reader.failed);
    reader = reader_of(three, sizeof three);
    assert_non_null(reader_bytes(&reader, 3, &len));
    assert_true(reader_done(&reader));
    reader = reader_of(three, sizeof three);
    assert_null(reader_take(&reader, SIZE_MAX));
    /* Bytes left over are not done. */
    reader = reader_of(three, sizeof three);
    (void)reader_u32(&reader);
    assert_false(reader.failed);
    assert_false(reader_done(&reader));
}

static bool text_of(const char *bytes, size_t len, size_t cap, char *out)
{
    struct buf buf = {0};
    buf_bytes(&buf, bytes, len);
    struct reader reader = reader_of(buf.data, buf.len);
    bool ok = reader_text(&reader, out, cap);
    assert_int_equal(ok, reader_done(&reader));
    buf_free(&buf);
    return ok;
}

static void test_text_is_bounded_and_without_nul(void **state)
{
    (void)state;
    char out[8] = "before";
    assert_true(text_of("seven77", 7, sizeof out, out));
    assert_string_equal(out, "seven77");
    assert_true(text_of("", 0, sizeof out, out));
    assert_string_equal(out, "");
    assert_false(text_of("eight888", 8, sizeof out, out));
    assert_string_equal(out, "");
    assert_false(text_of("a\0b", 3, sizeof out, out));
    assert_string_equal(out, "");
}

static void test_format_and_growth_keep_the_content(void **state)
{
    (void)state;
    struct buf buf = {0};
    char *expected = mem_string("");
    for (int i = 0; i < 300; i++) {
        buf_format(&buf, "%d,", i);
        char *longer = mem_format("%s%d,", expected, i);
        free(expected);
        expected = longer;
    }
    buf_text(&buf, "end");
    assert_int_equal(buf.len, strlen(expected) + 3);
    assert_memory_equal(buf.data, expected, strlen(expected));
    assert_memory_equal(buf.data + buf.len - 3, "end", 3);
    free(expected);
    buf_wipe(&buf);
    assert_int_equal(buf.len, 0);
    buf_append(&buf, "again", 5);
    assert_memory_equal(buf.data, "again", 5);
    buf_free(&buf);
}

static int set_up(void **state)
{
    (void)state;
    return sodium_init() < 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_big_endian),
        cmocka_unit_test(test_what_was_written_is_read_and_no_shorter_input),
        cmocka_unit_test(test_a_length_beyond_the_input_or_the_limit_fails),
        cmocka_unit_test(test_text_is_bounded_and_without_nul),
        cmocka_unit_test(test_format_and_growth_keep_the_content),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
