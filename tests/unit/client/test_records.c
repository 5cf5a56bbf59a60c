/* SPDX-License-Identifier: Apache-2.0
 * What an LA keeps of its searches: the stored form, runs and amendments, likes under other
 * references, and that the disk tells nothing.
 */
#include "client/records.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/client/kept.h"

/* A request for a child of nine: musts as JSON strings with ' for ". */
static void write_request(struct kept_home *desk, const char *ref, const char *musts)
{
    struct err err = {0};
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    char *json = mem_format("{'search_ref':'%s','children':[{'age':9,'sex':'F'}],'placement':{"
                            "'type':'PT_LONG','needed_by':'later'},'must':[%s]}",
                            ref, musts);
    for (char *c = json; *c; c++) {
        if (*c == '\'') *c = '"';
    }
    kept_must(request_parse(json, strlen(json), &(struct request_rules){.catalogue = catalogue},
                            &desk->request, &err),
              &err);
    kept_must(plan_make(&desk->request, catalogue, &desk->plan, &err), &err);
    free(json);
}

static struct search_note ask(struct kept_home *desk, const char *ref, const char *musts,
                              int64_t now_ms)
{
    struct search_note note;
    struct err err = {0};
    write_request(desk, ref, musts);
    kept_must(records_ask(desk->records, &desk->request, &desk->plan, now_ms, &note, &err), &err);
    return note;
}

static struct search_note run(struct kept_home *desk, const char *ref, const char *musts,
                              int64_t now_ms)
{
    const uint8_t hash[HASH_BYTES] = {(uint8_t)now_ms};
    struct search_note note = ask(desk, ref, musts, now_ms);
    struct err err = {0};
    kept_must(records_done(desk->records, &note, hash, &desk->record, &err), &err);
    assert_memory_equal(desk->record.query_hash, hash, HASH_BYTES);
    return note;
}

static void amendments_are_counted(void **state)
{
    struct kept_home *desk = *state;
    static const struct {
        const char *musts;
        uint32_t amendments;
    } runs[] = {{"'DS_AUT'", 0},
                {"'DS_AUT'", 0},
                {"'DS_AUT','SU_DOL'", 1},
                {"'SU_DOL','DS_AUT'", 1}, /* the same in other words */
                {"'DS_AUT'", 2}};
    for (uint32_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct search_note note =
            run(desk, "EX-7", runs[i].musts, KEPT_START + (int64_t)i * KEPT_DAY);
        assert_false(note.similar);
        assert_string_equal(desk->record.search_ref, "EX-7");
        assert_int_equal(desk->record.runs, i + 1);
        assert_int_equal(desk->record.amendments, runs[i].amendments);
        assert_true(desk->record.first_ms == KEPT_START);
        assert_true(desk->record.last_ms == KEPT_START + (int64_t)i * KEPT_DAY);
        kept_reopen(desk);
    }
}

/* Provider filters are part of what is asked; a search that was never answered is no run. */
static void filters_count_and_failures_do_not(void **state)
{
    struct kept_home *desk = *state;
    (void)run(desk, "EX-7", "'DS_AUT'", KEPT_START);
    (void)ask(desk, "EX-7", "'DS_AUT','SU_DOL'", KEPT_START + 1);
    (void)run(desk, "EX-7", "'DS_AUT'", KEPT_START + 2);
    assert_int_equal(desk->record.runs, 2);
    assert_int_equal(desk->record.amendments, 0);
    write_request(desk, "EX-7", "'DS_AUT'");
    desk->request.min_judgement = 2;
    struct search_note note;
    struct err err = {0};
    kept_must(records_ask(desk->records, &desk->request, &desk->plan, KEPT_START + 3, &note, &err),
              &err);
    kept_must(records_done(desk->records, &note, note.digest, &desk->record, &err), &err);
    assert_int_equal(desk->record.amendments, 1);
}

static void likes_under_other_references_are_counted(void **state)
{
    struct kept_home *desk = *state;
    static const char *const musts[] = {
        "'DS_AUT','SU_DOL','CM_BSL'", "'DS_AUT','SU_DOL','CM_BSL','HE_FEED'", "'DS_AUT','SU_DOL'",
        "'DS_AUT','SU_DOL','HE_FEED'", "'DS_AUT','SU_DOL','CM_BSL'"};
    for (uint32_t i = 0; i < 5; i++) {
        char ref[REF_MAX];
        (void)snprintf(ref, sizeof ref, "EX-%u", 7 + i);
        struct search_note note = run(desk, ref, musts[i], KEPT_START + (int64_t)i * KEPT_DAY);
        assert_true(note.similar == (i > 0));
        if (i == 0) continue;
        assert_string_equal(note.similar_to, "EX-7");
        assert_int_equal(note.nth, i + 1);
        assert_true(note.similar_first_ms == KEPT_START);
        assert_in_range(note.percent, 50, i == 4 ? 100 : 99);
        assert_int_equal(desk->record.alike, 1);
        assert_string_equal(desk->record.first_alike, "EX-7");
    }
    struct search_note note =
        run(desk, "OTHER", "'AC_HOIST','LS_J1','LS_J2'", KEPT_START + 5 * KEPT_DAY);
    assert_false(note.similar);
    note = run(desk, "EX-7", musts[0], KEPT_START + 6 * KEPT_DAY); /* it was there first */
    assert_false(note.similar);
    note = run(desk, "EX-9", musts[2], KEPT_START + 6 * KEPT_DAY);
    assert_true(note.similar);
    assert_string_equal(note.similar_to, "EX-7");
    assert_int_equal(note.nth, 5);
    assert_int_equal(desk->record.alike, 2);
}

/* Small steps away from a search: each is like the one before, none of the last like the first. */
static void drifting_stays_noticed(void **state)
{
    struct kept_home *desk = *state;
    static const char *const musts[] = {"'DS_AUT','SU_DOL','CM_BSL'", "'HE_FEED','SU_DOL','CM_BSL'",
                                        "'HE_FEED','AC_HOIST','CM_BSL'",
                                        "'HE_FEED','AC_HOIST','LS_J1'"};
    for (uint32_t i = 0; i < 4; i++) {
        char ref[REF_MAX];
        (void)snprintf(ref, sizeof ref, "D-%u", i);
        struct search_note note = run(desk, ref, musts[i], KEPT_START + i);
        assert_true(note.similar == (i > 0));
        if (i > 0) assert_int_equal(note.nth, i + 1);
        if (i > 0) assert_string_equal(desk->record.first_alike, "D-0");
    }
}

static void the_window_ends(void **state)
{
    struct kept_home *desk = *state;
    (void)run(desk, "EX-7", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START);
    assert_true(
        ask(desk, "A", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 28 * KEPT_DAY - 1).similar);
    assert_false(
        ask(desk, "EX-7", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 29 * KEPT_DAY).similar);
    assert_false(ask(desk, "B", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 90 * KEPT_DAY).similar);
}

static void what_was_not_sent_is_withdrawn(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    struct search_note note = ask(desk, "EX-7", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START);
    kept_must(records_withdraw(desk->records, &note, &err), &err);
    assert_false(ask(desk, "EX-8", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 1).similar);
    (void)run(desk, "EX-8", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 2);
    note = ask(desk, "EX-8", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 3);
    kept_must(records_withdraw(desk->records, &note, &err), &err); /* it has been run: it stays */
    assert_true(ask(desk, "EX-9", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 4).similar);
    assert_false(records_done(desk->records, &(struct search_note){.name = {1}}, note.digest,
                              &desk->record, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

/* What an attempt that never left has changed is undone; what left is kept, result or none. */
static void withdrawing_puts_back_what_was_there(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    (void)run(desk, "EX-1", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START);
    struct search_note note = ask(desk, "EX-1", "'HE_FEED','AC_HOIST','LS_J1'", KEPT_START + 1);
    kept_must(records_withdraw(desk->records, &note, &err), &err);
    assert_true(ask(desk, "EX-2", "'DS_AUT','SU_DOL','CM_BSL'", KEPT_START + 2).similar);
    assert_false(ask(desk, "EX-3", "'HE_FEED','AC_HOIST','LS_J1'", KEPT_START + 3).similar);

    (void)ask(desk, "EX-4", "'CM_BSL','HE_FEED','DS_LD'",
              KEPT_START + 4); /* sent, without a result */
    note = ask(desk, "EX-4", "'CM_BSL','HE_FEED','DS_LD'", KEPT_START + 5);
    kept_must(records_withdraw(desk->records, &note, &err), &err);
    kept_must(records_withdraw(desk->records, &note, &err), &err); /* once more changes nothing */
    assert_true(ask(desk, "EX-5", "'CM_BSL','HE_FEED','DS_LD'", KEPT_START + 6).similar);
}

/* Two at one time under one reference: the one that never left takes nothing from the other. */
static void withdrawing_leaves_others_alone(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    struct search_note unsent = ask(desk, "EX-1", "'DS_AUT'", KEPT_START);
    struct search_note sent = ask(desk, "EX-1", "'DS_AUT'", KEPT_START);
    kept_must(records_withdraw(desk->records, &unsent, &err), &err);
    kept_must(records_done(desk->records, &sent, sent.digest, &desk->record, &err), &err);
    assert_int_equal(desk->record.runs, 1);
}

static bool file_holds(const char *path, const void *what, size_t len)
{
    struct buf bytes = {0};
    struct err err = {0};
    kept_must(file_read(path, 64 << 20, &bytes, &err), &err);
    bool found = memmem(bytes.data, bytes.len, what, len) != NULL;
    buf_free(&bytes);
    return found;
}

static void the_disk_tells_nothing(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    struct records *other = NULL;
    struct secret wrong = secret_random(HASH_KEY_BYTES);
    (void)run(desk, "EXAMPLE-REFERENCE", "'DS_AUT','SU_DOL'", KEPT_START);
    uint8_t slots[4] = {0, (uint8_t)desk->request.must[0], 0, (uint8_t)desk->request.must[1]};
    records_close(desk->records);
    desk->records = NULL;
    char *path = file_join(desk->home, "records/data.mdb");
    assert_false(file_holds(path, "EXAMPLE", 7));
    assert_false(file_holds(path, "REFERENCE", 9));
    assert_false(file_holds(path, "DS_AUT", 6));
    assert_false(file_holds(path, slots, sizeof slots));
    assert_false(file_holds(path, desk->key.data, desk->key.len));
    assert_true(file_holds(path, "searches", 8)); /* the search itself works */
    free(path);
    assert_false(records_open(desk->home, &wrong, &other, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, "records");
    assert_non_null(strstr(err.text, "another key"));
    secret_free(&wrong);
}

struct clerk {
    struct kept_home *desk;
    struct request request;
    struct plan plan;
    int number;
    pthread_t thread;
};

static void *work(void *ctx)
{
    struct clerk *clerk = ctx;
    for (int i = 0; i < 10; i++) {
        struct search_note note;
        struct record record;
        struct err err = {0};
        bool ok = records_ask(clerk->desk->records, &clerk->request, &clerk->plan, KEPT_START + i,
                              &note, &err) &&
                  records_done(clerk->desk->records, &note, note.digest, &record, &err);
        REQUIRE(ok);
    }
    return NULL;
}

static void several_at_once_lose_nothing(void **state)
{
    enum { CLERKS = 4 };
    struct kept_home *desk = *state;
    struct clerk *clerks = mem_array(CLERKS, sizeof *clerks);
    for (int i = 0; i < CLERKS; i++) {
        write_request(desk, i % 2 ? "ONE" : "TWO", i % 2 ? "'DS_AUT'" : "'AC_HOIST','LS_J1'");
        clerks[i] = (struct clerk){desk, desk->request, desk->plan, i, 0};
        assert_int_equal(pthread_create(&clerks[i].thread, NULL, work, &clerks[i]), 0);
    }
    for (int i = 0; i < CLERKS; i++) assert_int_equal(pthread_join(clerks[i].thread, NULL), 0);
    free(clerks);
    (void)run(desk, "ONE", "'DS_AUT'", KEPT_START + 99);
    assert_int_equal(desk->record.runs, 21);
    assert_int_equal(desk->record.amendments, 0);
}

/* ---- the stored form ---- */

static struct record invented(void)
{
    struct record record = {.first_ms = KEPT_START,
                            .last_ms = KEPT_START + KEPT_DAY,
                            .runs = 3,
                            .amendments = 2,
                            .alike = 1,
                            .features = {.children = {256, 256}, .child_count = 2}};
    memset(record.search_ref, 'r', REF_MAX);
    memset(record.first_alike, 'f', REF_MAX);
    randombytes_buf(record.digest, HASH_BYTES);
    for (uint16_t i = 0; i < FEATURE_CRITERIA_MAX; i++) record.features.criteria[i] = i;
    record.features.criteria_count = FEATURE_CRITERIA_MAX;
    for (uint16_t i = 0; i < FEATURE_CELLS_MAX; i++) record.features.cells[i] = i;
    record.features.cell_count = FEATURE_CELLS_MAX;
    return record;
}

static void the_longest_record_comes_back(void **state)
{
    (void)state;
    struct record record = invented(), out = {0};
    struct buf bytes = {0};
    struct err err = {0};
    record_encode(&record, &bytes);
    assert_true(bytes.len <= RECORD_PLAIN_MAX);
    kept_must(record_decode(bytes.data, bytes.len, &out, &err), &err);
    assert_memory_equal(&record, &out, sizeof out);
    buf_u8(&bytes, 0);
    assert_true(record_decode(bytes.data, bytes.len, &out, &err));
    buf_u8(&bytes, 1);
    assert_false(record_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_free(&bytes);
}

static void bad_bytes_are_corrupt(void **state)
{
    (void)state;
    struct record record = invented(), out = {.runs = 77};
    struct buf bytes = {0};
    struct err err = {0};
    record_encode(&record, &bytes);
    for (size_t len = 0; len < bytes.len; len += len < 300 ? 1 : 97) {
        uint8_t *copy = mem_copy(bytes.data, len); /* of exact size, for ASan */
        assert_false(record_decode(copy, len, &out, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        free(copy);
    }
    bytes.data[0] = RECORD_FORM + 1;
    assert_false(record_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_non_null(strstr(err.text, "must be updated"));
    assert_int_equal(out.runs, 77);
    buf_free(&bytes);
}

static void unordered_lists_are_corrupt(void **state)
{
    (void)state;
    for (int what = 0; what < 4; what++) {
        struct record record = invented(), out;
        struct buf bytes = {0};
        struct err err = {0};
        if (what == 0) record.features.cells[4] = record.features.cells[3];
        if (what == 1) record.features.criteria[4] = 0;
        if (what == 2) record.features.children[1] = 1;
        if (what == 3) record.features.placement_type = SLOTS_MAX;
        record_encode(&record, &bytes);
        assert_false(record_decode(bytes.data, bytes.len, &out, &err));
        assert_int_equal(err.code, ERR_CORRUPT);
        buf_free(&bytes);
    }
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(amendments_are_counted, kept_set_up, kept_tear_down),
        cmocka_unit_test_setup_teardown(filters_count_and_failures_do_not, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(likes_under_other_references_are_counted, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(drifting_stays_noticed, kept_set_up, kept_tear_down),
        cmocka_unit_test_setup_teardown(the_window_ends, kept_set_up, kept_tear_down),
        cmocka_unit_test_setup_teardown(what_was_not_sent_is_withdrawn, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(withdrawing_puts_back_what_was_there, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(withdrawing_leaves_others_alone, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(the_disk_tells_nothing, kept_set_up, kept_tear_down),
        cmocka_unit_test_setup_teardown(several_at_once_lose_nothing, kept_set_up, kept_tear_down),
        cmocka_unit_test(the_longest_record_comes_back),
        cmocka_unit_test(bad_bytes_are_corrupt),
        cmocka_unit_test(unordered_lists_are_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
