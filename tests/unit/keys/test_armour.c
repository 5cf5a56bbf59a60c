/* SPDX-License-Identifier: Apache-2.0
 * Text armour: one encoding a message, any damage is noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "keys/armour.h"

static void round_trips_every_length(void **state)
{
    (void)state;
    uint8_t data[300];
    randombytes_buf(data, sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        struct buf text = {0}, back = {0};
        struct err err = {0};
        enum armour_kind kind = ARMOUR_KEY;
        armour_write(ARMOUR_ROOT, data, len, &text);
        assert_true(armour_kind_of(text.data, text.len, &kind));
        assert_int_equal(kind, ARMOUR_ROOT);
        assert_true(armour_read(ARMOUR_ROOT, text.data, text.len, &back, &err));
        assert_int_equal(back.len, len);
        if (len > 0) assert_memory_equal(back.data, data, len);
        buf_free(&text);
        buf_free(&back);
    }
}

static void refuses(const char *text, enum err_code code)
{
    struct buf out = {0};
    struct err err = {0};
    assert_false(armour_read(ARMOUR_ROOT, (const uint8_t *)text, strlen(text), &out, &err));
    assert_int_equal(err.code, code);
    assert_int_equal(out.len, 0);
    buf_free(&out);
}

static void refuses_other_encodings(void **state)
{
    (void)state;
    refuses("", ERR_INVALID);
    refuses("-----BEGIN HEARTH ROOT", ERR_INVALID);
    refuses("-----BEGIN HEARTH KEY-----\nAAAA\n-----END HEARTH KEY-----\n", ERR_INVALID);
    refuses("-----BEGIN HEARTH ROOT-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAAAA\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAAAA\n-----END HEARTH KEY-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAA\nAA\n-----END HEARTH ROOT-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAAAB=\n-----END HEARTH ROOT-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAB==\n-----END HEARTH ROOT-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\n AAAA\n-----END HEARTH ROOT-----\n", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAAAA\n-----END HEARTH ROOT-----\nx", ERR_CORRUPT);
    refuses("-----BEGIN HEARTH ROOT-----\nAAAA\n-----END HEARTH ROOT-----\n"
            "-----BEGIN HEARTH ROOT-----\nAAAA\n-----END HEARTH ROOT-----\n",
            ERR_CORRUPT);
}

static void accepts_crlf_and_white_space_at_the_end(void **state)
{
    (void)state;
    static const char text[] =
        "-----BEGIN HEARTH ROOT-----\r\nAAAA\r\n-----END HEARTH ROOT-----\r\n \n";
    struct buf out = {0};
    struct err err = {0};
    assert_true(armour_read(ARMOUR_ROOT, (const uint8_t *)text, sizeof text - 1, &out, &err));
    assert_int_equal(out.len, 3);
    buf_free(&out);
}

static void refuses_more_than_the_limit(void **state)
{
    (void)state;
    static uint8_t data[ARMOUR_FILE_MAX];
    struct buf text = {0}, out = {0};
    struct err err = {0};
    armour_write(ARMOUR_ROOT, data, sizeof data, &text);
    assert_false(armour_read(ARMOUR_ROOT, text.data, text.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    buf_free(&text);
    armour_write(ARMOUR_REVOCATIONS, data, sizeof data, &text);
    assert_true(armour_read(ARMOUR_REVOCATIONS, text.data, text.len, &out, &err));
    buf_free(&text);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips_every_length),
        cmocka_unit_test(refuses_other_encodings),
        cmocka_unit_test(accepts_crlf_and_white_space_at_the_end),
        cmocka_unit_test(refuses_more_than_the_limit),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
