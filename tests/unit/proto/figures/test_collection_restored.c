/* SPDX-License-Identifier: Apache-2.0
 * A matcher that is put back from a backup, and a hub that hopes for a second sum of the same
 * table: the difference of the two is one agency's numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/scheme.h"

enum { VALUE = 100 };
static const char *const tables[] = {"capacity_status", "capacity_places"};

static char *copy_store(const char *home, const char *name)
{
    struct store_info info;
    struct err err = {0};
    char *figures = file_join(home, HOME_FIGURES), *to = file_join(home, name);
    parties_must(store_copy(figures, to, &info, &err), &err);
    free(figures);
    return to;
}

/* The matcher's store is what the copy has; to_ms 0: without the mark of a restore. */
static void put_back(struct scheme *scheme, const char *copy, int64_t to_ms)
{
    const struct store_gap gap = {clock_wall_ms(), to_ms};
    struct store_info info;
    struct err err = {0};
    char *figures = file_join(scheme->matcher_home, HOME_FIGURES);
    char *data = file_join(figures, "data.mdb");
    collection_close(scheme->at_matcher);
    assert_int_equal(unlink(data), 0);
    parties_must(store_copy(copy, figures, &info, &err), &err);
    if (to_ms > 0) parties_must(store_set_gap(figures, &gap, &err), &err);
    scheme_open(scheme, &scheme->matcher, scheme->matcher_home, &scheme->at_matcher);
    free(data);
    free(figures);
}

static void begin(struct scheme *scheme, size_t without)
{
    scheme_begin_period(scheme, scheme_first_period(), tables, 2);
    scheme_deliver_all(scheme, figures_table_find(tables[0]), VALUE, without);
    scheme_deliver_all(scheme, figures_table_find(tables[1]), VALUE, 0);
}

/* What the matcher would open, of the set that it has. */
static bool half_open_own(const struct scheme *scheme, const struct figures_table *table,
                          struct opened *out, struct err *err)
{
    uint8_t set_hash[HASH_BYTES];
    scheme_set_hash(scheme, scheme->at_matcher, table, set_hash);
    return collection_half_open(scheme->at_matcher, scheme->agreement.manifest.hash, table,
                                set_hash, scheme->now_ms, out, err);
}

/* Backup; the last agency's contribution comes; the sum is half-opened; the backup is put back. */
static char *play(struct scheme *scheme)
{
    const struct figures_table *table = figures_table_find(tables[0]);
    struct signed_bytes raw;
    struct opened opened;
    struct err err = {0};
    begin(scheme, 1);
    char *copy = copy_store(scheme->matcher_home, "copy");
    struct scheme_party *last = scheme_agency(scheme, SCHEME_AGENCIES - 1);
    scheme_contribute_all(scheme, last, table, VALUE, &raw);
    scheme_deliver(scheme, last, &raw);
    signed_bytes_free(&raw);
    scheme_close_window(scheme);
    parties_must(half_open_own(scheme, table, &opened, &err), &err);
    opened_free(&opened);
    return copy;
}

/* So that the test below is known to be of the mark, not of something else. */
static void without_the_mark_a_second_sum_could_be_had(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct opened opened;
    struct err err = {0};
    char *copy = play(scheme);
    put_back(scheme, copy, 0);
    parties_must(half_open_own(scheme, figures_table_find(tables[0]), &opened, &err), &err);
    opened_free(&opened);
    free(copy);
}

static void a_restored_matcher_opens_no_second_sum(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct opened opened;
    struct scalar secret;
    struct step step;
    struct err err = {0};
    char *copy = play(scheme);
    put_back(scheme, copy, scheme->now_ms);
    for (size_t i = 0; i < 2; i++) {
        assert_false(half_open_own(scheme, figures_table_find(tables[i]), &opened, &err));
        assert_int_equal(err.code, ERR_EXPIRED);
        assert_non_null(strstr(err.text, "restored"));
    }
    /* With the last table the secret is gone: nobody can have it do so later. */
    parties_must(step_begin(scheme->at_matcher, false, &step, &err), &err);
    assert_false(secret_read(&step, scheme->agreement.manifest.hash, &secret, &err));
    assert_int_equal(err.code, ERR_EXPIRED);
    parties_must(step_end(&step, true, &err), &err);
    free(copy);
}

/* What was done before the backup stays done, and the hub gets the same half again. */
static void what_was_released_before_is_given_again(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    const struct figures_table *table = figures_table_find(tables[0]);
    struct opened first, second;
    struct err err = {0};
    begin(scheme, 0);
    scheme_close_window(scheme);
    parties_must(scheme_half_open(scheme, table, &first, &err), &err);
    char *copy = copy_store(scheme->matcher_home, "copy");
    put_back(scheme, copy, scheme->now_ms);
    parties_must(scheme_half_open(scheme, table, &second, &err), &err);
    assert_int_equal(first.shares.len, second.shares.len);
    assert_memory_equal(first.shares.data, second.shares.data, first.shares.len);
    assert_false(scheme_half_open(scheme, figures_table_find(tables[1]), &second, &err));
    assert_int_equal(err.code, ERR_EXPIRED);
    opened_free(&first);
    opened_free(&second);
    free(copy);
}

/* A window that was still open when it was restored cannot have been opened before. */
static void a_window_that_is_still_open_goes_on(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    const struct figures_table *table = figures_table_find(tables[0]);
    struct opened opened;
    struct err err = {0};
    begin(scheme, 0);
    char *copy = copy_store(scheme->matcher_home, "copy");
    put_back(scheme, copy, scheme->agreement.manifest.closes_at - SCHEME_HOUR);
    scheme_close_window(scheme);
    parties_must(scheme_half_open(scheme, table, &opened, &err), &err);
    opened_free(&opened);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests_of_this[] = {
        cmocka_unit_test(without_the_mark_a_second_sum_could_be_had),
        cmocka_unit_test(a_restored_matcher_opens_no_second_sum),
        cmocka_unit_test(what_was_released_before_is_given_again),
        cmocka_unit_test(a_window_that_is_still_open_goes_on),
    };
    return cmocka_run_group_tests(tests_of_this, scheme_set_up, scheme_tear_down);
}
