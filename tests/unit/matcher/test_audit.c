/* SPDX-License-Identifier: Apache-2.0
 * The hash chain: what was altered, removed, added, exchanged or replaced is found and named.
 */
#include "matcher/audit.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <sodium.h>

#include "tests/unit/matcher/audited.h"

enum { ENTRIES = 20 };

static int set_up(void **state)
{
    *state = scene_new();
    return 0;
}

static int tear_down(void **state)
{
    return scene_free(*state);
}

static struct log_head write_entries(const struct scene *scene, int count)
{
    struct audit *audit = NULL;
    struct err err = {0};
    if (!audit_start(scene->store, scene->matcher.identity, &audit, &err)) fail_msg("%s", err.text);
    for (int i = 0; i < count; i++) {
        struct buf fields = {0};
        audit_number(&fields, "i", (uint64_t)i);
        audit_text(&fields, "la", "la-1");
        audit_bytes(&fields, "hash", &i, sizeof i);
        audit_add(audit, AUDIT_QUERY, &fields);
        assert_null(fields.data); /* taken over */
    }
    struct log_head head = audit_flush(audit);
    assert_true(audit_works(audit));
    audit_stop(audit);
    return head;
}

/* ---- tampering, one entry at a time ---- */

static struct buf load(struct store *store, uint64_t number)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    struct buf copy = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    store_key_u64(key, number);
    assert_true(store_begin(store, false, &txn, &err));
    assert_true(store_get(txn, AUDIT_TABLE_LOG, key, 8, &value, &len, &found, &err));
    assert_true(found);
    buf_append(&copy, value, len);
    store_abort(txn);
    return copy;
}

/* value NULL removes. */
static void save(struct store *store, uint64_t number, const struct buf *value)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    uint8_t key[8];
    store_key_u64(key, number);
    assert_true(store_begin(store, true, &txn, &err));
    assert_true(value ? store_put(txn, AUDIT_TABLE_LOG, key, 8, value->data, value->len, &err)
                      : store_delete(txn, AUDIT_TABLE_LOG, key, 8, NULL, &err));
    assert_true(store_commit(txn, &err));
}

static void expect_bad(struct store *store, uint64_t number, const char *word)
{
    struct audit_report report;
    struct err err = {0};
    assert_true(audit_verify(store, NULL, NULL, &report, &err));
    if (report.intact || report.bad != number || !strstr(report.reason, word)) {
        fail_msg("expected entry %d \"%s\": intact %d, entry %d %s", (int)number, word,
                 report.intact, (int)report.bad, report.reason);
    }
}

static void expect_intact(struct store *store, const struct log_head *head)
{
    struct audit_report report;
    struct err err = {0};
    assert_true(audit_verify(store, NULL, NULL, &report, &err));
    if (!report.intact) fail_msg("entry %d %s", (int)report.bad, report.reason);
    assert_int_equal(report.head.length, head->length);
    assert_memory_equal(report.head.hash, head->hash, HASH_BYTES);
}

static void intact_log_continues_over_restarts(void **state)
{
    struct scene *scene = *state;
    struct log_head none = {0};
    expect_intact(scene->store, &none);
    struct log_head first = write_entries(scene, ENTRIES);
    assert_int_equal(first.length, ENTRIES);
    expect_intact(scene->store, &first);
    struct log_head second = write_entries(scene, 3);
    assert_int_equal(second.length, ENTRIES + 3);
    expect_intact(scene->store, &second);
    struct audit_report report;
    struct err err = {0};
    assert_true(audit_verify(scene->store, &first, NULL, &report, &err)); /* a head of earlier */
    assert_true(report.intact && report.known_found);
    first.hash[5] ^= 1;
    assert_true(audit_verify(scene->store, &first, NULL, &report, &err));
    assert_true(report.intact && !report.known_found);
}

static void every_altered_byte_is_found(void **state)
{
    struct scene *scene = *state;
    struct log_head head = write_entries(scene, ENTRIES);
    for (uint64_t number = 1; number <= ENTRIES; number += 6) {
        struct buf entry = load(scene->store, number);
        for (size_t i = 0; i < entry.len; i++) {
            entry.data[i] ^= 0x10;
            save(scene->store, number, &entry);
            expect_bad(scene->store, number, "altered");
            entry.data[i] ^= 0x10;
        }
        save(scene->store, number, &entry);
        buf_free(&entry);
    }
    expect_intact(scene->store, &head);
}

static void removed_entries_are_found(void **state)
{
    struct scene *scene = *state;
    (void)write_entries(scene, ENTRIES);
    struct buf entry = load(scene->store, 7);
    save(scene->store, 7, NULL);
    expect_bad(scene->store, 7, "removed");
    save(scene->store, 7, &entry);
    buf_free(&entry);
    entry = load(scene->store, 1);
    save(scene->store, 1, NULL);
    expect_bad(scene->store, 1, "removed");
    save(scene->store, 1, &entry);
    buf_free(&entry);
    save(scene->store, ENTRIES, NULL); /* the end cut off */
    expect_bad(scene->store, ENTRIES, "removed");
    struct audit *audit = NULL;
    struct err err = {0};
    assert_false(
        audit_start(scene->store, scene->matcher.identity, &audit, &err)); /* is not continued */
    assert_int_equal(err.code, ERR_CORRUPT);
}

static void exchanged_entries_are_found(void **state)
{
    struct scene *scene = *state;
    (void)write_entries(scene, ENTRIES);
    struct buf a = load(scene->store, 4), b = load(scene->store, 9);
    save(scene->store, 4, &b);
    save(scene->store, 9, &a);
    expect_bad(scene->store, 4, "another's place");
    buf_free(&a);
    buf_free(&b);
}

/* Somebody who knows the format rewrites an entry, its hash included: the next one tells. */
static void forged_entries_are_found(void **state)
{
    struct scene *scene = *state;
    (void)write_entries(scene, ENTRIES);
    struct buf before = load(scene->store, 4), forged = {0}, fields = {0};
    uint8_t hash[HASH_BYTES];
    audit_text(&fields, "la", "la-2");
    audit_entry_make(&forged, 5, before.data + before.len - HASH_BYTES, 1, AUDIT_QUERY, &fields,
                     hash);
    struct buf original = load(scene->store, 5);
    save(scene->store, 5, &forged);
    expect_bad(scene->store, 6, "follow");
    save(scene->store, 5, &original);
    buf_free(&forged);
    /* The last one: only the stored head tells, and the heads that LAs and agents hold. */
    struct buf last = load(scene->store, ENTRIES - 1);
    audit_entry_make(&forged, ENTRIES, last.data + last.len - HASH_BYTES, 1, AUDIT_QUERY, &fields,
                     hash);
    save(scene->store, ENTRIES, &forged);
    expect_bad(scene->store, ENTRIES, "head");
    save(scene->store, ENTRIES + 1, &forged);
    expect_bad(scene->store, ENTRIES + 1, "");
    buf_free(&last);
    buf_free(&forged);
    buf_free(&fields);
    buf_free(&before);
    buf_free(&original);
}

/* ---- entries that depend on the head ---- */

struct asked {
    struct log_head before, after;
    bool done, ok;
};

static void build(struct buf *fields, const struct log_head *before, void *ctx)
{
    ((struct asked *)ctx)->before = *before;
    audit_number(fields, "length", before->length);
}

static void done(bool ok, const struct log_head *after, void *ctx)
{
    struct asked *asked = ctx;
    asked->done = true;
    asked->ok = ok;
    asked->after = *after;
}

static void asking_gives_both_heads(void **state)
{
    struct scene *scene = *state;
    struct log_head head = write_entries(scene, 3);
    struct audit *audit = NULL;
    struct err err = {0};
    struct asked asked = {0};
    assert_true(audit_start(scene->store, scene->matcher.identity, &audit, &err));
    audit_ask(audit, &(struct audit_request){AUDIT_RESULT, build, done, &asked});
    struct log_head after = audit_flush(audit);
    audit_stop(audit);
    assert_true(asked.done && asked.ok);
    assert_memory_equal(asked.before.hash, head.hash, HASH_BYTES);
    assert_int_equal(asked.after.length, 4);
    assert_memory_equal(asked.after.hash, after.hash, HASH_BYTES);
    expect_intact(scene->store, &after);
}

/* ---- a store that takes nothing for a while ---- */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == RLIM_INFINITY ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void add_one(struct audit *audit)
{
    struct buf fields = {0};
    audit_text(&fields, "la", "la-1");
    audit_add(audit, AUDIT_QUERY, &fields);
}

static void tick_and_flush(struct audit *audit)
{
    audit_tick(audit, 0);
    (void)audit_flush(audit);
}

/* What was done while the disk is full is in the log when there is room again; nobody restarts. */
static void entries_wait_for_a_store_that_takes_none(void **state)
{
    struct scene *scene = *state;
    struct audit *audit = NULL;
    struct err err = {0};
    struct asked first = {0}, second = {0};
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_true(audit_start(scene->store, scene->matcher.identity, &audit, &err));
    add_one(audit);
    struct log_head before = audit_flush(audit);
    limit_files(4096); /* every page of entries is behind that */
    add_one(audit);
    audit_ask(audit, &(struct audit_request){AUDIT_RESULT, build, done, &first});
    struct log_head during = audit_flush(audit);
    assert_false(audit_works(audit));
    assert_true(first.done && !first.ok);
    assert_int_equal(during.length, before.length);
    tick_and_flush(audit);
    assert_false(audit_works(audit));
    add_one(audit);
    audit_ask(audit, &(struct audit_request){AUDIT_RESULT, build, done, &second});
    (void)audit_flush(audit);
    assert_true(second.done && !second.ok);
    limit_files(RLIM_INFINITY);
    assert_false(audit_works(audit));
    tick_and_flush(audit);
    assert_true(audit_works(audit));
    add_one(audit);
    struct log_head after = audit_flush(audit);
    audit_stop(audit);
    assert_int_equal(after.length, before.length + 3);
    expect_intact(scene->store, &after);
}

static void held_entries_are_written_at_the_stop(void **state)
{
    struct scene *scene = *state;
    struct audit *audit = NULL;
    struct err err = {0};
    struct log_head head = {0};
    struct store_txn *txn = NULL;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_true(audit_start(scene->store, scene->matcher.identity, &audit, &err));
    limit_files(4096);
    add_one(audit);
    add_one(audit);
    (void)audit_flush(audit);
    limit_files(RLIM_INFINITY);
    audit_stop(audit);
    assert_true(store_begin(scene->store, false, &txn, &err));
    assert_true(audit_read_head(txn, &head, &err));
    store_abort(txn);
    assert_int_equal(head.length, 2);
    expect_intact(scene->store, &head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intact_log_continues_over_restarts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_altered_byte_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(removed_entries_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exchanged_entries_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forged_entries_are_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(asking_gives_both_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(entries_wait_for_a_store_that_takes_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(held_entries_are_written_at_the_stop, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
