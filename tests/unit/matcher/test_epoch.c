/* SPDX-License-Identifier: Apache-2.0
 * Epoch keys: signed and proved, rolled over, kept for a while, wiped; the tie seed is published
 * only then.
 */
#include "matcher/epoch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "tests/unit/matcher/audited.h"

static const int64_t HOUR = 3600000;

static int set_up(void **state)
{
    *state = scene_start();
    return 0;
}

static int tear_down(void **state)
{
    return scene_free(*state);
}

static void record_is_signed_and_proved(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    int64_t now = clock_wall_ms();
    struct epochs *epochs = epochs_start(scene->matcher.identity, scene->audit, 24, now);
    struct epoch_key *epoch = epochs_current(epochs);
    struct epoch_record read;
    const struct certificate *own = identity_certificate(scene->matcher.identity);
    assert_true(certificate_verify(own, TAG_EPOCH, epoch->body.body.data, epoch->body.body.len,
                                   epoch->body.signature, SIGNATURE_BYTES, &err));
    assert_true(epoch_decode(epoch->body.body.data, epoch->body.body.len, &read, &err));
    assert_string_equal(read.matcher, "matcher");
    assert_int_equal(read.not_after - read.not_before, 24 * HOUR);
    struct point key;
    point_mul_base(&key, epoch_scalar(epoch));
    assert_true(point_equal(&key, &read.key));
    uint8_t commitment[HASH_BYTES];
    epoch_tie_commitment(commitment, epoch->tie_seed.data);
    assert_memory_equal(commitment, read.tie_commitment, HASH_BYTES);
    epoch_unref(epoch);
    epochs_stop(epochs);
}

static bool known(struct epochs *epochs, uint64_t id, int64_t now)
{
    struct epoch_key *found = NULL;
    struct err err = {0};
    if (!epochs_find(epochs, id, now, &found, &err)) {
        assert_int_equal(err.code, ERR_EXPIRED);
        return false;
    }
    assert_int_equal(found->record.epoch, id);
    epoch_unref(found);
    return true;
}

/* Number of entries of that kind; the last one's `field` bytes go to `out`. */
struct found {
    enum audit_kind kind;
    const char *field;
    uint8_t bytes[HASH_BYTES];
    int count;
};

static bool look(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                 struct err *err)
{
    struct found *found = ctx;
    struct audit_entry entry;
    (void)key;
    (void)key_len;
    if (!audit_entry_decode(value, len, &entry, err)) return false;
    if (entry.kind != found->kind) return true;
    found->count++;
    for (size_t i = 0; i < entry.field_count; i++) {
        if (strcmp(entry.fields[i].name, found->field) == 0) {
            memcpy(found->bytes, entry.fields[i].data, HASH_BYTES);
        }
    }
    return true;
}

static struct found find_entries(struct scene *scene, enum audit_kind kind, const char *field)
{
    struct found found = {.kind = kind, .field = field};
    struct store_txn *txn = NULL;
    struct err err = {0};
    (void)audit_flush(scene->audit);
    parties_must(store_begin(scene->store, false, &txn, &err), &err);
    parties_must(store_each(txn, AUDIT_TABLE_LOG, NULL, 0, look, &found, &err), &err);
    store_abort(txn);
    return found;
}

static void rolls_over_keeps_and_wipes(void **state)
{
    struct scene *scene = *state;
    int64_t now = clock_wall_ms();
    struct epochs *epochs = epochs_start(scene->matcher.identity, scene->audit, 1, now);
    struct epoch_key *first = epochs_current(epochs);
    uint64_t id = first->record.epoch;
    uint8_t seed[32], key[POINT_BYTES];
    memcpy(key, first->record.key_bytes, sizeof key);
    memcpy(seed, first->tie_seed.data, sizeof seed);
    epoch_unref(first);

    assert_false(epochs_tick(epochs, now + HOUR - 1));
    assert_true(epochs_tick(epochs, now + HOUR));
    assert_false(epochs_tick(epochs, now + HOUR));
    struct epoch_key *second = epochs_current(epochs);
    assert_true(second->record.epoch > id);
    assert_memory_not_equal(second->record.key_bytes, key, POINT_BYTES);
    uint64_t next = second->record.epoch;
    epoch_unref(second);

    int64_t end = now + HOUR;
    assert_true(known(epochs, id, end) && known(epochs, next, end));
    assert_true(known(epochs, id, end + EPOCH_KEEP_MS - EPOCH_MARGIN_MS - 1));
    assert_false(known(epochs, id, end + EPOCH_KEEP_MS - EPOCH_MARGIN_MS));
    assert_false(known(epochs, id + 1000000, end));
    assert_false(epochs_tick(epochs, end + EPOCH_KEEP_MS - 1));
    assert_int_equal(find_entries(scene, AUDIT_TIE_SEED, "seed").count, 0); /* not yet */
    assert_false(epochs_tick(epochs, end + EPOCH_KEEP_MS));
    struct found tie = find_entries(scene, AUDIT_TIE_SEED, "seed");
    assert_int_equal(tie.count, 1);
    assert_memory_equal(tie.bytes, seed, sizeof seed);
    assert_false(known(epochs, id, end)); /* gone, whatever the clock says */

    struct found drawn = find_entries(scene, AUDIT_EPOCH, "tie_commitment");
    assert_int_equal(drawn.count, 2);
    epochs_stop(epochs);
    tie = find_entries(scene, AUDIT_TIE_SEED, "seed");
    assert_int_equal(tie.count, 2);
    uint8_t commitment[HASH_BYTES];
    epoch_tie_commitment(commitment, tie.bytes);
    assert_memory_equal(commitment, drawn.bytes, HASH_BYTES);
}

/* A key drawn while the clock was a day ahead would be refused by all for that day. */
static void a_clock_set_back_brings_a_new_epoch_at_once(void **state)
{
    struct scene *scene = *state;
    const int64_t day = 24 * HOUR;
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "86400", 1), 0);
    int64_t now = clock_wall_ms();
    struct epochs *epochs = epochs_start(scene->matcher.identity, scene->audit, 24, now);
    struct epoch_key *first = epochs_current(epochs);
    uint64_t ahead = first->record.epoch;
    epoch_unref(first);
    assert_false(epochs_tick(epochs, now - 5000)); /* a clock that is trimmed a little */
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    assert_true(epochs_tick(epochs, now - day));
    assert_false(epochs_tick(epochs, now - day));
    struct epoch_key *second = epochs_current(epochs);
    assert_true(second->record.not_before <= clock_wall_ms());
    assert_true(second->record.epoch != ahead);
    assert_true(known(epochs, ahead, now - day)); /* for searches that are under way */
    epoch_unref(second);
    assert_true(epochs_tick(epochs, now)); /* the day has passed */
    assert_false(known(epochs, ahead, now));
    epochs_stop(epochs);
    assert_int_equal(find_entries(scene, AUDIT_TIE_SEED, "seed").count, 3);
}

static void references_outlive_the_holder(void **state)
{
    struct scene *scene = *state;
    struct epochs *epochs = epochs_start(scene->matcher.identity, scene->audit, 1, clock_wall_ms());
    struct epoch_key *epoch = epochs_current(epochs);
    epochs_stop(epochs);
    struct point key;
    point_mul_base(&key, epoch_scalar(epoch)); /* still there while somebody uses it */
    assert_true(point_equal(&key, &epoch->record.key));
    epoch_unref(epoch);
}

/* Sessions that take the present epoch and find their own again while it rolls over. */
struct rolling {
    struct epochs *epochs;
    int64_t now; /* at the start: what is found must be usable for as long as it is held */
};

static void *use_epochs(void *ctx)
{
    const struct rolling *rolling = ctx;
    for (int i = 0; i < 300; i++) {
        struct epoch_key *epoch = epochs_current(rolling->epochs), *found = NULL;
        struct point key;
        struct err err;
        if (epochs_find(rolling->epochs, epoch->record.epoch, rolling->now, &found, &err)) {
            REQUIRE(found == epoch);
        }
        point_mul_base(&key, epoch_scalar(epoch));
        REQUIRE(point_equal(&key, &epoch->record.key));
        epoch_unref(found);
        epoch_unref(epoch);
    }
    return NULL;
}

static void keys_roll_over_under_their_users(void **state)
{
    struct scene *scene = *state;
    struct rolling rolling = {.now = clock_wall_ms()};
    pthread_t users[3];
    rolling.epochs = epochs_start(scene->matcher.identity, scene->audit, 1, rolling.now);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&users[i], NULL, use_epochs, &rolling), 0);
    for (int64_t hour = 1; hour <= 50; hour++)
        assert_true(epochs_tick(rolling.epochs, rolling.now + hour * HOUR));
    for (size_t i = 0; i < 3; i++) assert_int_equal(pthread_join(users[i], NULL), 0);
    epochs_stop(rolling.epochs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(record_is_signed_and_proved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rolls_over_keeps_and_wipes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_clock_set_back_brings_a_new_epoch_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(references_outlive_the_holder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_roll_over_under_their_users, set_up, tear_down),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
