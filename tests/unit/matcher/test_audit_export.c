/* SPDX-License-Identifier: Apache-2.0
 * Checkpoints, and what a party gets of the log: a log that is rewritten in the store, with every
 * hash made to fit, is found by the checkpoints; an export shows a party its own entries, lets it
 * check all of them, and gives away nothing of the others.
 */
#include "matcher/audit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/clock.h"
#include "tests/unit/matcher/audited.h"

enum { ENTRIES = 600 }; /* two checkpoints and more */

static int set_up(void **state)
{
    *state = scene_start();
    return 0;
}

static int tear_down(void **state)
{
    return scene_free(*state);
}

static void add_text(const struct scene *scene, enum audit_kind kind, const char *name,
                     const char *value, const char *role)
{
    struct buf fields = {0};
    audit_text(&fields, name, value);
    if (role) audit_text(&fields, "role", role);
    audit_add(scene->audit, kind, &fields);
}

static void fill(const struct scene *scene, int count)
{
    for (int i = 0; i < count; i++) {
        char la[16];
        (void)snprintf(la, sizeof la, "la-%d", i % 3);
        add_text(scene, AUDIT_QUERY, "la", la, NULL);
        if (i % 50 == 0) (void)audit_flush(scene->audit); /* batches of different lengths */
    }
    (void)audit_flush(scene->audit);
}

static void stop(struct scene *scene)
{
    audit_stop(scene->audit);
    scene->audit = NULL;
}

static void restart(struct scene *scene)
{
    struct err err = {0};
    stop(scene);
    parties_must(audit_start(scene->store, scene->matcher.identity, &scene->audit, &err), &err);
}

/* ---- checkpoints ---- */

static struct audit_report verify(const struct scene *scene)
{
    struct audit_report report;
    struct err err = {0};
    assert_true(audit_verify(scene->store, NULL, scene->stranger.trust, &report, &err));
    return report;
}

static void expect_broken(const struct scene *scene, uint64_t number, const char *word)
{
    struct audit_report report = verify(scene);
    if (report.intact || report.bad != number || !strstr(report.reason, word)) {
        fail_msg("expected entry %d \"%s\": intact %d, entry %d %s", (int)number, word,
                 report.intact, (int)report.bad, report.reason);
    }
}

static uint64_t newest_length(const struct scene *scene)
{
    struct audit_checkpoint stored = {0};
    struct checkpoint checkpoint;
    struct store_txn *txn = NULL;
    struct err err = {0};
    assert_true(store_begin(scene->store, false, &txn, &err));
    assert_true(audit_newest_checkpoint(txn, &stored, &err));
    store_abort(txn);
    assert_true(
        checkpoint_open(&stored.raw, &stored.signer, scene->stranger.trust, &checkpoint, &err));
    audit_checkpoint_free(&stored);
    return checkpoint.head.length;
}

static void checkpoints_come_by_themselves(void **state)
{
    struct scene *scene = *state;
    fill(scene, ENTRIES);
    struct audit_report report = verify(scene);
    assert_true(report.intact && report.checkpoints >= 3); /* the first batch, 256, 512 */
    size_t before = report.checkpoints;
    restart(scene); /* one at the stop */
    report = verify(scene);
    assert_true(report.intact && report.checkpoints == before + 1);
    assert_int_equal(newest_length(scene), ENTRIES);
    fill(scene, 1); /* one at the start */
    assert_int_equal(newest_length(scene), ENTRIES + 1);
    restart(scene);
    report = verify(scene);
    assert_true(report.intact && report.checkpoints == before + 2); /* nothing new at that stop */
}

static void the_newest_lags_a_minute_at_most(void **state)
{
    struct scene *scene = *state;
    int64_t now = clock_steady_ms();
    fill(scene, 10);
    fill(scene, 10);
    uint64_t length = newest_length(scene);
    assert_true(length < 20);
    audit_tick(scene->audit, now);
    (void)audit_flush(scene->audit);
    assert_true(newest_length(scene) == length); /* not yet */
    audit_tick(scene->audit, now + AUDIT_CHECKPOINT_AFTER_MS + 1000);
    (void)audit_flush(scene->audit);
    assert_int_equal(newest_length(scene), 20);
    struct audit_report report = verify(scene);
    assert_true(report.intact);
    assert_int_equal(report.checkpoints, 2);
    fill(scene, 1);
    audit_tick(scene->audit, now + AUDIT_CHECKPOINT_AFTER_MS + 2000);
    (void)audit_flush(scene->audit);
    assert_int_equal(newest_length(scene), 20);
}

/* ---- whoever may write to the store, and has no key ---- */

struct forger {
    struct scene *scene;
    struct store_txn *txn;
    struct log_head head;
};

static void put_entry(struct forger *forger, const struct audit_entry *entry, const char *la)
{
    struct buf fields = {0}, stored = {0};
    struct err err = {0};
    uint8_t key[8];
    audit_text(&fields, "la", la);
    audit_entry_make(&stored, forger->head.length + 1, forger->head.hash, entry->time_ms,
                     entry->kind, &fields, forger->head.hash);
    store_key_u64(key, ++forger->head.length);
    assert_true(store_put(forger->txn, AUDIT_TABLE_LOG, key, 8, stored.data, stored.len, &err));
    buf_free(&fields);
    buf_free(&stored);
}

/* Entries from..to are written anew, all hashes and the stored head fit; what is behind is gone. */
static void rewrite(struct scene *scene, uint64_t from, uint64_t to, const char *la)
{
    struct forger forger = {.scene = scene};
    struct err err = {0};
    struct audit_entry entry = {.kind = AUDIT_QUERY, .time_ms = 1764000000000};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    assert_true(store_begin(scene->store, true, &forger.txn, &err));
    if (from > 1) {
        struct audit_entry before;
        store_key_u64(key, from - 1);
        assert_true(store_get(forger.txn, AUDIT_TABLE_LOG, key, 8, &value, &len, &found, &err));
        assert_true(audit_entry_decode(value, len, &before, &err));
        forger.head.length = from - 1;
        memcpy(forger.head.hash, before.hash, HASH_BYTES);
    }
    while (forger.head.length < to) put_entry(&forger, &entry, la);
    for (uint64_t gone = to + 1; gone <= ENTRIES; gone++) {
        store_key_u64(key, gone);
        assert_true(store_delete(forger.txn, AUDIT_TABLE_LOG, key, 8, NULL, &err));
    }
    assert_true(audit_write_head(forger.txn, &forger.head, &err));
    assert_true(store_commit(forger.txn, &err));
}

static void rewritten_logs_are_found_by_checkpoints(void **state)
{
    struct scene *scene = *state;
    struct audit_report report;
    struct err err = {0};
    fill(scene, ENTRIES);
    stop(scene);
    rewrite(scene, 300, ENTRIES, "la-7");
    assert_true(audit_verify(scene->store, NULL, NULL, &report, &err));
    assert_true(report.intact); /* the chain itself is whole */
    assert_int_equal(report.checkpoints, 0);
    report = verify(scene);
    assert_false(report.intact);
    assert_non_null(strstr(report.reason, "names another head"));
    assert_null(strstr(report.reason, "of 256 entries")); /* that one still fits */
}

static void shortened_logs_are_found_by_checkpoints(void **state)
{
    struct scene *scene = *state;
    fill(scene, ENTRIES);
    stop(scene);
    rewrite(scene, 550, 549, NULL);
    expect_broken(scene, 550, "was removed: a checkpoint of");
}

static void forge_checkpoint(const struct scene *scene, const struct party *signer,
                             const struct log_head *head)
{
    struct store_txn *txn = NULL;
    struct err err = {0};
    assert_true(store_begin(scene->store, true, &txn, &err));
    assert_true(audit_write_checkpoint(txn, signer->identity, head, true, &err));
    assert_true(store_commit(txn, &err));
}

static void others_sign_no_checkpoints(void **state)
{
    struct scene *scene = *state;
    fill(scene, 3);
    struct log_head head = audit_flush(scene->audit);
    stop(scene);
    forge_checkpoint(scene, &scene->stranger, &head); /* certified, but no matcher */
    expect_broken(scene, 0, "the one of 3 entries");
    forge_checkpoint(scene, &scene->matcher, &head);
    assert_true(verify(scene).intact);
}

static void broken_checkpoints_are_named(void **state)
{
    struct scene *scene = *state;
    struct store_txn *txn = NULL;
    struct err err = {0};
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    fill(scene, 3);
    stop(scene);
    store_key_u64(key, 3);
    assert_true(store_begin(scene->store, true, &txn, &err));
    assert_true(store_get(txn, AUDIT_TABLE_CHECKPOINTS, key, 8, &value, &len, &found, &err));
    assert_true(found);
    struct buf copy = {0};
    buf_append(&copy, value, len);
    copy.data[40] ^= 1; /* within the signed body */
    assert_true(store_put(txn, AUDIT_TABLE_CHECKPOINTS, key, 8, copy.data, copy.len, &err));
    assert_true(store_commit(txn, &err));
    expect_broken(scene, 0, "checkpoint");
    assert_true(store_begin(scene->store, true, &txn, &err));
    assert_true(store_put(txn, AUDIT_TABLE_CHECKPOINTS, key, 8, copy.data, 9, &err));
    assert_true(store_commit(txn, &err));
    expect_broken(scene, 0, "malformed");
    buf_free(&copy);
}

/* A certificate that was renewed, or has been revoked since, does not make old ones false. */
static void old_checkpoints_outlive_certificates(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    fill(scene, 5);
    stop(scene);
    parties_revoke(scene->parties, &scene->matcher, &scene->stranger);
    bool changed = false;
    assert_true(trust_reload(scene->stranger.trust, &changed, &err));
    party_close(&scene->matcher);
    scene->matcher = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    parties_must(audit_start(scene->store, scene->matcher.identity, &scene->audit, &err), &err);
    fill(scene, 5);
    struct audit_report report = verify(scene);
    if (!report.intact) fail_msg("%s", report.reason);
    assert_true(report.checkpoints >= 2);
}

/* ---- exports ---- */

static char *export_text(const struct scene *scene, enum role role, const char *id, uint64_t from,
                         struct err *err)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct audit_export wanted = {.role = role, .id = id, .from = from};
    bool ok = audit_export(scene->store, &wanted, out, err);
    (void)fclose(out);
    if (ok) return text;
    free(text);
    return NULL;
}

struct seen {
    size_t count;
    const char *la;
};

static void see(const struct audit_entry *entry, void *ctx)
{
    struct seen *seen = ctx;
    seen->count++;
    assert_true(entry->kind == AUDIT_STARTED || audit_text_is(entry, "la", seen->la));
}

static struct log_check check(const struct scene *scene, char *text, const char *la,
                              const struct known_head *known, size_t count)
{
    struct log_check found;
    struct err err = {0};
    struct seen seen = {0, la};
    FILE *in = fmemopen(text, strlen(text), "r");
    if (!log_export_check(in, scene->stranger.trust, known, count, see, &seen, &found, &err)) {
        fail_msg("%s: %s", err.field, err.text);
    }
    (void)fclose(in);
    assert_int_equal(seen.count, found.own);
    return found;
}

static void exports_are_checked_and_tell_nothing_of_others(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    struct known_head known[2] = {{{0, {0}}, "the result of query a"}, {{0, {0}}, "b"}};
    add_text(scene, AUDIT_STARTED, "version", "1", NULL);
    fill(scene, 20);
    struct log_head head = audit_flush(scene->audit);
    known[0].head.length = head.length;
    memcpy(known[0].head.hash, head.hash, HASH_BYTES);
    fill(scene, ENTRIES);
    stop(scene);
    char *text = export_text(scene, ROLE_LA, "la-1", 1, &err);
    assert_non_null(text);
    struct log_check found = check(scene, text, "la-1", known, 2);
    if (!found.intact) fail_msg("entry %d %s", (int)found.bad, found.reason);
    assert_string_equal(found.party, "la/la-1");
    assert_int_equal(found.own, 1 + 7 + ENTRIES / 3);
    assert_int_equal(found.checked, 2);
    assert_int_equal(found.head.length, 21 + ENTRIES);
    assert_non_null(strstr(text, "6c612d31")); /* la-1 in hex */
    assert_null(strstr(text, "6c612d30"));     /* la-0 */
    assert_null(strstr(text, "6c612d32"));     /* la-2 */
    free(text);
    text = export_text(scene, ROLE_LA, "la-2", 500, &err);
    found = check(scene, text, "la-2", known, 2);
    assert_true(found.intact && found.from == 500 && found.earlier == 2);
    free(text);
    text = export_text(scene, ROLE_LA, "nobody", 1, &err); /* may check the chain all the same */
    found = check(scene, text, "", NULL, 0);
    assert_true(found.intact && found.own == 1);
    free(text);
    assert_null(export_text(scene, ROLE_LA, "la-1", 22 + ENTRIES, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

/* The matcher rewrites its log and signs it anew: the export is whole, and any party's copy of a
 * head from before shows it. */
static void a_matcher_that_rewrites_its_log_is_found(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    fill(scene, 50);
    struct log_head head = audit_flush(scene->audit);
    struct known_head known = {{head.length, {0}}, "the result of query 12ab"};
    memcpy(known.head.hash, head.hash, HASH_BYTES);
    fill(scene, ENTRIES - 50);
    stop(scene);
    rewrite(scene, 20, ENTRIES, "la-1");
    struct store_txn *txn = NULL;
    assert_true(store_begin(scene->store, true, &txn, &err));
    assert_true(audit_read_head(txn, &head, &err));
    assert_true(store_clear(txn, AUDIT_TABLE_CHECKPOINTS, &err));
    assert_true(audit_write_checkpoint(txn, scene->matcher.identity, &head, true, &err));
    assert_true(store_commit(txn, &err));
    assert_true(verify(scene).intact); /* nothing that the matcher itself has tells */
    char *text = export_text(scene, ROLE_LA, "la-1", 1, &err);
    struct log_check found = check(scene, text, "la-1", NULL, 0);
    assert_true(found.intact);
    found = check(scene, text, "la-1", &known, 1);
    assert_false(found.intact);
    assert_int_equal(found.bad, 50);
    assert_non_null(strstr(found.reason, "query 12ab"));
    free(text);
}

static void broken_logs_are_not_exported(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    assert_null(export_text(scene, ROLE_LA, "la-1", 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND); /* empty: nothing was signed */
    fill(scene, ENTRIES);
    stop(scene);
    struct store_txn *txn = NULL;
    uint8_t key[8];
    store_key_u64(key, 30);
    assert_true(store_begin(scene->store, true, &txn, &err));
    assert_true(store_delete(txn, AUDIT_TABLE_LOG, key, 8, NULL, &err));
    assert_true(store_commit(txn, &err));
    assert_null(export_text(scene, ROLE_LA, "la-1", 1, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_non_null(strstr(err.text, "entry 30"));
    assert_null(export_text(scene, ROLE_LA, "la-1", 31, &err)); /* what was before it is unknown */
    assert_int_equal(err.code, ERR_CORRUPT);
}

/* ---- whose an entry is ---- */

static bool is_for(enum audit_kind kind, const char *const (*fields)[2], enum role role,
                   const char *id)
{
    struct buf bytes = {0}, stored = {0};
    struct audit_entry entry;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], previous[HASH_BYTES] = {0};
    for (; fields && (*fields)[0]; fields++) audit_text(&bytes, (*fields)[0], (*fields)[1]);
    audit_entry_make(&stored, 1, previous, 1, kind, &bytes, hash);
    assert_true(audit_entry_decode(stored.data, stored.len, &entry, &err));
    bool yes = audit_is_for(&entry, role, id);
    buf_free(&bytes);
    buf_free(&stored);
    return yes;
}

static void entries_belong_to_those_they_name(void **state)
{
    static const char *const by_la[][2] = {{"la", "x"}, {NULL, NULL}};
    static const char *const by_agent[][2] = {{"agent", "x"}, {NULL, NULL}};
    static const char *const by_peer[][2] = {{"role", "la"}, {"peer", "x"}, {NULL, NULL}};
    static const char *const mail[][2] = {
        {"from", "x"}, {"from_role", "la"}, {"to", "y"}, {"to_role", "agent"}, {NULL, NULL}};
    static const char *const quoted[][2] = {{"reason", "x"}, {"address", "x"}, {NULL, NULL}};
    (void)state;
    assert_true(is_for(AUDIT_QUERY, by_la, ROLE_LA, "x"));
    assert_false(is_for(AUDIT_QUERY, by_la, ROLE_LA, "y"));
    assert_false(is_for(AUDIT_QUERY, by_la, ROLE_AGENT, "x")); /* an agency of the same id */
    assert_true(is_for(AUDIT_ATTACHED, by_agent, ROLE_AGENT, "x"));
    assert_false(is_for(AUDIT_ATTACHED, by_agent, ROLE_LA, "x"));
    assert_true(is_for(AUDIT_REFUSED, by_peer, ROLE_LA, "x"));
    assert_false(is_for(AUDIT_REFUSED, by_peer, ROLE_AGENT, "x"));
    assert_true(is_for(AUDIT_REFUSED, mail, ROLE_LA, "x"));
    assert_true(is_for(AUDIT_REFUSED, mail, ROLE_AGENT, "y"));
    assert_false(is_for(AUDIT_REFUSED, mail, ROLE_AGENT, "x"));
    assert_false(is_for(AUDIT_REFUSED, mail, ROLE_LA, "y"));
    assert_false(is_for(AUDIT_REFUSED, quoted, ROLE_LA, "x"));
    assert_true(is_for(AUDIT_STARTED, NULL, ROLE_LA, "x"));
    assert_true(is_for(AUDIT_TIE_SEED, NULL, ROLE_AGENT, "x"));
    assert_false(is_for(AUDIT_QUERY, NULL, ROLE_LA, "x"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(checkpoints_come_by_themselves),
        TEST(the_newest_lags_a_minute_at_most),
        TEST(rewritten_logs_are_found_by_checkpoints),
        TEST(shortened_logs_are_found_by_checkpoints),
        TEST(others_sign_no_checkpoints),
        TEST(broken_checkpoints_are_named),
        TEST(old_checkpoints_outlive_certificates),
        TEST(exports_are_checked_and_tell_nothing_of_others),
        TEST(a_matcher_that_rewrites_its_log_is_found),
        TEST(broken_logs_are_not_exported),
        cmocka_unit_test(entries_belong_to_those_they_name),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
