/* SPDX-License-Identifier: Apache-2.0
 * What an LA keeps of its queries: the stored form, what is there before a query is sent and after,
 * how a search is named, that entries stay in their places, and that what is purged is gone.
 */
#include "client/records_runs.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "client/records_internal.h"
#include "proto/base/file.h"
#include "tests/unit/client/kept.h"

/* ---- the stored form ---- */

static void a_run_comes_back(void **state)
{
    (void)state;
    struct run run = kept_run("EX-1", 0x11, KEPT_START), out = {0};
    struct buf bytes = {0};
    struct err err = {0};
    run.head.is_member = run.parts.is_member = true;
    run.head.variant = (struct variant){.kind = VARIANT_WITHOUT, .slot = 17};
    run_encode(&run, &bytes);
    kept_must(run_decode(bytes.data, bytes.len, &out, &err), &err);
    assert_memory_equal(&out.head, &run.head, sizeof out.head);
    assert_true(secret_equal(&out.parts.seed, &run.parts.seed));
    assert_int_equal(out.parts.request.len, run.parts.request.len);
    run_free(&out);
    buf_append(&bytes, (uint8_t[100]){0}, 100); /* padding */
    kept_must(run_decode(bytes.data, bytes.len, &out, &err), &err);
    run_free(&out);
    buf_u8(&bytes, 1);
    assert_false(run_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    buf_wipe(&bytes);
    run_free(&run);
}

static void cut_and_contradictory_runs_are_corrupt(void **state)
{
    (void)state;
    struct run run = kept_run("EX-1", 0x11, KEPT_START), out = {0};
    struct buf bytes = {0};
    struct err err = {0};
    run_encode(&run, &bytes);
    for (size_t len = 0; len < bytes.len; len += len < 80 ? 1 : 31) {
        uint8_t *copy = mem_copy(bytes.data, len); /* of exact size, for ASan */
        assert_false(run_decode(copy, len, &out, &err));
        free(copy);
    }
    /* Each of these says something that the others deny: an end without a time, a member's variant
     * without a group, another query hash than the parts'. */
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{17, RUN_RESULT}, {18, ERR_IO}, {19, VARIANT_WITHIN}, {23, 0x12}, {55, 1}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        uint8_t *copy = mem_copy(bytes.data, bytes.len);
        assert_true(copy[changes[i].at] != changes[i].value);
        copy[changes[i].at] = changes[i].value;
        if (run_decode(copy, bytes.len, &out, &err)) fail_msg("change %zu is not noticed", i);
        assert_int_equal(err.code, ERR_CORRUPT);
        free(copy);
    }
    bytes.data[0] = RUN_FORM + 1;
    assert_false(run_decode(bytes.data, bytes.len, &out, &err));
    assert_int_equal(err.code, ERR_VERSION);
    buf_wipe(&bytes);
    run_free(&run);
}

/* ---- the request of an explanation's member ---- */

static struct plan *plan_of(const struct buf *text)
{
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    const struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    kept_must(request_parse(text->data, text->len, &rules, request, &err), &err);
    kept_must(plan_make(request, rules.catalogue, plan, &err), &err);
    free(request);
    return plan;
}

/* What is kept of a variant asks exactly what the variant asked: else it could not be opened. */
static void kept_requests_of_variants_have_their_plans(void **state)
{
    (void)state;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    uint16_t slot = catalogue_find(catalogue, "DS_AUT")->slot;
    const struct variant variants[] = {{.kind = VARIANT_BASE},
                                       {.kind = VARIANT_WITHOUT, .slot = slot},
                                       {.kind = VARIANT_WITHIN, .quarters = 1},
                                       {.kind = VARIANT_WITHIN, .quarters = 2}};
    static const char *const musts[] = {"\"DS_AUT\",\"SU_DOL\"", "\"SU_DOL\"",
                                        "\"DS_AUT\",\"SU_DOL\"", "\"DS_AUT\",\"SU_DOL\""};
    static const int within[] = {13, 13, 17, 20}; /* 16.25 and 19.5, in whole km */
    struct buf resolved = {0};
    char *request = kept_request("EX-1");
    buf_text(&resolved, request);
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        struct buf text = {0}, expected = {0};
        run_request_text(&resolved, &variants[i], catalogue, &text);
        buf_format(&expected,
                   "{\"search_ref\":\"EX-1\",\"children\":[{\"age\":9,\"sex\":\"F\"}],"
                   "\"placement\":{\"type\":\"PT_SHORT\",\"needed_by\":\"later\"},\"must\":[%s],"
                   "\"location\":{\"anchors\":[{\"at\":\"SE 277 360\",\"within_km\":%d,"
                   "\"weight\":4}],\"avoid\":[{\"at\":\"SE 30 34\",\"within_km\":5}]}}",
                   musts[i], within[i]);
        struct plan *kept = plan_of(&text), *asked = plan_of(&expected);
        assert_memory_equal(kept, asked, sizeof *kept);
        free(kept);
        free(asked);
        buf_wipe(&text);
        buf_wipe(&expected);
    }
    buf_wipe(&resolved);
    free(request);
}

/* ---- in the store ---- */

static void a_run_is_there_before_its_result(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    uint8_t name[HASH_BYTES];
    uint64_t numbers[3] = {0};
    kept_search(desk->records, "EX-1", KEPT_START, name);
    struct run runs[] = {kept_run("EX-1", 1, KEPT_START), kept_run("EX-1", 2, KEPT_START + 1),
                         kept_run("EX-1", 3, KEPT_START + 2)};
    kept_must(records_add_runs(desk->records, name, runs, 3, numbers, &err), &err);
    kept_reopen(desk); /* as if it had been killed here */
    struct run_ref *list = NULL;
    size_t count = 0;
    kept_must(records_list_runs(desk->records, name, &list, &count, &err), &err);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        struct run out = {0};
        assert_int_equal(list[i].number, i + 1);
        assert_int_equal(list[i].head.end, RUN_UNKNOWN);
        assert_int_equal(list[i].head.query_hash[0], i + 1);
        kept_must(records_get_run(desk->records, name, i + 1, &out, &err), &err);
        assert_true(secret_equal(&out.parts.seed, &runs[i].parts.seed));
        run_free(&out);
        run_free(&runs[i]);
    }
    records_list_free(list, count, sizeof *list);
}

static void results_and_failures_complete_a_run(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    uint8_t name[HASH_BYTES];
    struct run out = {0}, run = kept_run("EX-1", 7, KEPT_START);
    uint64_t number = 0;
    kept_search_with_list(desk->records, "EX-1", 1, KEPT_START, name);
    kept_must(records_get_run(desk->records, name, 1, &out, &err), &err);
    assert_int_equal(out.head.end, RUN_RESULT);
    assert_true(out.head.ended_ms == KEPT_START + 1);
    assert_int_equal(out.parts.result.signature[5], 7);
    run_free(&out);
    kept_must(records_add_runs(desk->records, name, &run, 1, &number, &err), &err);
    assert_int_equal(number, 2);
    const struct run_ending failed = {.at_ms = KEPT_START + 9, .error = ERR_UNAVAILABLE};
    kept_must(records_end_run(desk->records, name, number, &failed, &err), &err);
    kept_must(records_get_run(desk->records, name, number, &out, &err), &err);
    assert_int_equal(out.head.end, RUN_FAILED);
    assert_int_equal(out.head.error, ERR_UNAVAILABLE);
    assert_int_equal(out.parts.result.body.len, 0);
    assert_false(records_end_run(desk->records, name, 3, &failed, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    run_free(&out);
    run_free(&run);
}

static void a_search_is_found_by_what_people_write(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    uint8_t one[HASH_BYTES], two[HASH_BYTES], hexlike[HASH_BYTES];
    struct kept_search *found = mem_new(struct kept_search);
    kept_search_with_list(desk->records, "EX-1", 0x11, KEPT_START, one);
    kept_search_with_list(desk->records, "EX-2", 0x22, KEPT_START + 1, two);
    kept_search_with_list(desk->records, "115a", 0x22, KEPT_START + 2, hexlike);
    kept_must(records_find(desk->records, "EX-2", found, &err), &err);
    assert_memory_equal(found->name, two, HASH_BYTES);
    assert_string_equal(found->record.search_ref, "EX-2");
    kept_must(records_find(desk->records, "115a5", found, &err), &err);
    assert_memory_equal(found->name, one, HASH_BYTES);
    kept_must(records_find(desk->records, "115a", found, &err), &err); /* a reference goes first */
    assert_memory_equal(found->name, hexlike, HASH_BYTES);
    static const char *const unknown[] = {"EX-3", "11", "115A5", "", "335a5a"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        assert_false(records_find(desk->records, unknown[i], found, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_string_equal(err.field, "search");
    }
    assert_false(records_find(desk->records, "225a5a", found, &err)); /* of two searches */
    assert_int_equal(err.code, ERR_INVALID);
    free(found);
}

/* Whoever can write to the disk puts one search's run in the place of another's. */
static void entries_open_in_their_place_alone(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    uint8_t one[HASH_BYTES], two[HASH_BYTES], from[SEVERAL_KEY_BYTES], to[SEVERAL_KEY_BYTES];
    struct store_txn *txn = NULL;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    kept_search_with_list(desk->records, "EX-1", 1, KEPT_START, one);
    kept_search_with_list(desk->records, "EX-2", 2, KEPT_START, two);
    memcpy(from, one, HASH_BYTES);
    memcpy(to, two, HASH_BYTES);
    store_key_u64(from + HASH_BYTES, 1);
    store_key_u64(to + HASH_BYTES, 1);
    kept_must(store_begin(desk->records->store, true, &txn, &err), &err);
    kept_must(store_get(txn, TABLE_RUNS, from, sizeof from, &value, &len, &found, &err), &err);
    assert_true(found);
    uint8_t *copy = mem_copy(value, len);
    kept_must(store_put(txn, TABLE_RUNS, to, sizeof to, copy, len, &err), &err);
    free(copy);
    kept_must(store_commit(txn, &err), &err);
    struct run out = {0};
    assert_false(records_get_run(desk->records, two, 1, &out, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    kept_must(records_get_run(desk->records, one, 1, &out, &err), &err);
    run_free(&out);
}

static bool file_holds(const struct kept_home *desk, const void *what, size_t len)
{
    struct buf bytes = {0};
    struct err err = {0};
    char *path = file_join(desk->home, HOME_RECORDS "/data.mdb");
    kept_must(file_read(path, 64 << 20, &bytes, &err), &err);
    bool found = memmem(bytes.data, bytes.len, what, len) != NULL;
    buf_free(&bytes);
    free(path);
    return found;
}

static void nothing_of_a_run_is_readable_on_disk(void **state)
{
    struct kept_home *desk = *state;
    uint8_t name[HASH_BYTES], hash[HASH_BYTES];
    kept_search_with_list(desk->records, "MARKED-REFERENCE", 0x31, KEPT_START, name);
    memset(hash, 0x5a, sizeof hash);
    assert_false(file_holds(desk, "MARKED", 6));
    assert_false(file_holds(desk, "Marked School", 13));
    assert_false(file_holds(desk, "DS_AUT", 6));
    assert_false(file_holds(desk, "ifa-002", 7));
    assert_false(file_holds(desk, hash + 1, HASH_BYTES - 1));
    assert_true(file_holds(desk, name, HASH_BYTES)); /* the search itself works */
}

/* ---- retention ---- */

static bool uses(const uint8_t query_hash[HASH_BYTES], void *ctx)
{
    return query_hash[0] == *(const uint8_t *)ctx;
}

static void purging_removes_what_is_old_and_not_in_use(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    struct purged purged = {0};
    uint8_t old[HASH_BYTES], used[HASH_BYTES], young[HASH_BYTES], decided[HASH_BYTES];
    uint8_t in_use = 0x22;
    const int64_t before = KEPT_START + 200 * KEPT_DAY;
    struct decision decision = {.at_ms = before, .stage = STAGE_PROFILE, .chosen_count = 1};
    memcpy(decision.chosen[0].id, "ifa-001", 8);
    decision.chosen[0].rank = 1;
    kept_search_with_list(desk->records, "OLD", 0x11, KEPT_START, old);
    kept_search_with_list(desk->records, "USED", 0x22, KEPT_START, used);
    kept_search_with_list(desk->records, "YOUNG", 0x33, before, young);
    kept_search_with_list(desk->records, "DECIDED", 0x44, KEPT_START, decided);
    kept_must(records_add_decision(desk->records, decided, &decision, &err), &err);
    kept_must(records_purge(desk->records, before, true, uses, &in_use, &purged, &err), &err);
    assert_int_equal(purged.searches, 1);
    struct kept_search *list = NULL;
    size_t count = 0;
    kept_must(records_list(desk->records, &list, &count, &err), &err);
    assert_int_equal(count, 4); /* a dry run removes nothing */
    records_list_free(list, count, sizeof *list);
    kept_must(records_purge(desk->records, before, false, uses, &in_use, &purged, &err), &err);
    assert_int_equal(purged.searches, 1);
    assert_int_equal(purged.runs, 1);
    assert_true(file_holds(desk, old, HASH_BYTES)); /* sealed bytes are still there */
    bool done = false;
    kept_must(records_rewrite(desk->records, &done, &err), &err);
    assert_true(done);
    assert_false(file_holds(desk, old, HASH_BYTES));
    assert_true(file_holds(desk, used, HASH_BYTES));
    assert_true(file_holds(desk, decided, HASH_BYTES));
    struct run out = {0};
    assert_false(records_get_run(desk->records, old, 1, &out, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    kept_must(records_get_run(desk->records, young, 1, &out, &err), &err);
    run_free(&out);
}

static void the_daily_purge_is_due_once_a_day(void **state)
{
    struct kept_home *desk = *state;
    struct err err = {0};
    static const struct {
        int32_t day;
        bool due;
    } calls[] = {{20000, true}, {20000, false}, {20001, true}, {20001, false},
                 {29000, true}, {20002, true},  {20002, false}}; /* the clock was ahead */
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        bool due = !calls[i].due;
        kept_reopen(desk);
        kept_must(records_purge_is_due(desk->records, calls[i].day, &due, &err), &err);
        assert_true(due == calls[i].due);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_back),
        cmocka_unit_test(cut_and_contradictory_runs_are_corrupt),
        cmocka_unit_test(kept_requests_of_variants_have_their_plans),
        cmocka_unit_test_setup_teardown(a_run_is_there_before_its_result, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(results_and_failures_complete_a_run, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(a_search_is_found_by_what_people_write, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(entries_open_in_their_place_alone, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_a_run_is_readable_on_disk, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(purging_removes_what_is_old_and_not_in_use, kept_set_up,
                                        kept_tear_down),
        cmocka_unit_test_setup_teardown(the_daily_purge_is_due_once_a_day, kept_set_up,
                                        kept_tear_down),
    };
    return sodium_init() < 0 || cmocka_run_group_tests(tests, NULL, NULL);
}
