/* SPDX-License-Identifier: Apache-2.0
 * One entry of the log: what is written is read back, its hash follows from the inner hash alone,
 * and the salt is fresh each time.
 */
#include "proto/audit/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static void fields_read_back(void **state)
{
    (void)state;
    struct buf fields = {0}, stored = {0};
    struct audit_entry entry;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], previous[HASH_BYTES] = {3};
    audit_number(&fields, "n", UINT64_MAX);
    audit_text(&fields, "text", "Grüße");
    audit_text(&fields, "bad", "\x01\xff");
    audit_bytes(&fields, "bytes", "\0\xff", 2);
    audit_entry_make(&stored, 9, previous, 1234, AUDIT_REFUSED, &fields, hash);
    assert_true(audit_entry_decode(stored.data, stored.len, &entry, &err));
    assert_int_equal(entry.number, 9);
    assert_int_equal(entry.time_ms, 1234);
    assert_memory_equal(entry.previous, previous, HASH_BYTES);
    assert_memory_equal(entry.hash, hash, HASH_BYTES);
    assert_string_equal(audit_kind_name(entry.kind), "refused");
    assert_int_equal(entry.field_count, 4);
    assert_true(entry.fields[0].number == UINT64_MAX);
    assert_memory_equal(entry.fields[1].data, "Grüße", entry.fields[1].len);
    assert_memory_equal(entry.fields[2].data, "(not printable)", entry.fields[2].len);
    assert_int_equal(entry.fields[3].len, 2);
    for (size_t len = 0; len < stored.len; len++) {
        assert_false(audit_entry_decode(stored.data, len, &entry, &err));
    }
    buf_free(&fields);
    buf_free(&stored);
}

static void inner_hash_is_enough(void **state)
{
    (void)state;
    struct buf fields = {0}, stored = {0}, other = {0};
    struct audit_entry entry, again;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], from_inner[HASH_BYTES], previous[HASH_BYTES] = {3}, zeros[16] = {0};
    audit_text(&fields, "la", "la-1");
    audit_entry_make(&stored, 9, previous, 1234, AUDIT_QUERY, &fields, hash);
    audit_entry_make(&other, 9, previous, 1234, AUDIT_QUERY, &fields, from_inner);
    assert_memory_not_equal(hash, from_inner, HASH_BYTES); /* salted */
    assert_true(audit_entry_decode(stored.data, stored.len, &entry, &err));
    assert_memory_not_equal(entry.inner, zeros, AUDIT_SALT_BYTES);
    audit_inner_hash(from_inner, entry.inner, entry.inner_len);
    assert_memory_equal(from_inner, entry.inner_hash, HASH_BYTES);
    audit_entry_hash(from_inner, 9, previous, from_inner); /* in place */
    assert_memory_equal(from_inner, hash, HASH_BYTES);
    assert_true(audit_inner_decode(entry.inner, entry.inner_len, 9, previous, &again, &err));
    assert_memory_equal(again.hash, hash, HASH_BYTES);
    audit_entry_hash(from_inner, 10, previous, entry.inner_hash); /* its number belongs to it */
    assert_memory_not_equal(from_inner, hash, HASH_BYTES);
    buf_free(&fields);
    buf_free(&stored);
    buf_free(&other);
}

static void newer_kinds_are_told_from_damage(void **state)
{
    (void)state;
    uint8_t inner[AUDIT_SALT_BYTES + 8 + 1] = {0}, previous[HASH_BYTES] = {0};
    struct audit_entry entry;
    struct err err = {0};
    inner[sizeof inner - 1] = 0;
    assert_false(audit_inner_decode(inner, sizeof inner, 1, previous, &entry, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    inner[sizeof inner - 1] = 255;
    assert_false(audit_inner_decode(inner, sizeof inner, 1, previous, &entry, &err));
    assert_int_equal(err.code, ERR_VERSION);
    inner[sizeof inner - 1] = AUDIT_STOPPED;
    assert_true(audit_inner_decode(inner, sizeof inner, 1, previous, &entry, &err));
}

static void fields_are_found_by_name_and_type(void **state)
{
    (void)state;
    struct buf fields = {0}, stored = {0};
    struct audit_entry entry;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], previous[HASH_BYTES] = {0};
    audit_text(&fields, "la", "la-1");
    audit_bytes(&fields, "query", "abc", 3);
    audit_entry_make(&stored, 1, previous, 1, AUDIT_QUERY, &fields, hash);
    assert_true(audit_entry_decode(stored.data, stored.len, &entry, &err));
    assert_true(audit_text_is(&entry, "la", "la-1"));
    assert_false(audit_text_is(&entry, "la", "la-"));
    assert_false(audit_text_is(&entry, "la", "la-12"));
    assert_false(audit_text_is(&entry, "query", "abc")); /* bytes are no text */
    assert_true(audit_bytes_are(&entry, "query", "abc", 3));
    assert_false(audit_bytes_are(&entry, "query", "abd", 3));
    assert_null(audit_field_find(&entry, AUDIT_TYPE_NUMBER, "la"));
    buf_free(&fields);
    buf_free(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_read_back),
        cmocka_unit_test(inner_hash_is_enough),
        cmocka_unit_test(newer_kinds_are_told_from_damage),
        cmocka_unit_test(fields_are_found_by_name_and_type),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
