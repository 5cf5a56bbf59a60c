/* SPDX-License-Identifier: Apache-2.0
 * What a hub, a matcher, a clock, a kill and a second process try against a contributor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/wait.h>

#include <cmocka.h>

#include "proto/base/file.h"
#include "proto/figures/collection.h"
#include "tests/unit/proto/figures/contributors.h"

/* ---- manifests ---- */

static void an_older_manifest_that_is_replayed_gets_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement first, second;
    struct err err = {0};
    struct contributor_hub *hubs = NULL;
    size_t made = 9, refused = 9, count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &first);
    contributors_agree(all, &(struct contributors_wish){.later = 1}, &second);
    contributors_join(all, &second);
    assert_int_equal(contributors_prepare(all, &second), CONTRIBUTORS_CAPACITY);
    parties_must(contributor_note(all->own, &first, &err), &err);
    parties_must(contributor_hubs(all->own, &hubs, &count, &err), &err);
    assert_int_equal(hubs[0].offered_period, period_next(all->period));
    free(hubs);
    parties_must(contributor_prepare(all->own, &first, contributors_in_window(&second), &made,
                                     &refused, &err),
                 &err);
    assert_int_equal(made + refused, 0);
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY);
    agreement_free(&first);
    agreement_free(&second);
}

/* A hub whose matcher helps it draws up the month twice, to have the same numbers under two noises;
 * or to have what was turned off the first time under a key of its choice. */
static void the_same_period_under_other_keys_gets_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement first, second;
    struct err err = {0};
    size_t made = 9, refused = 9;
    contributors_agree(all, &(struct contributors_wish){.secret = 5}, &first);
    contributors_agree(all, &(struct contributors_wish){.secret = 6}, &second);
    contributors_join(all, &first);
    parties_must(contributor_turn(all->own, "hub-1", "capacity_la", true, &err), &err);
    assert_int_equal(contributors_prepare(all, &first), CONTRIBUTORS_CAPACITY - 1);
    parties_must(contributor_turn(all->own, "hub-1", "capacity_la", false, &err), &err);
    assert_false(contributor_note(all->own, &second, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_string_equal(err.field, "manifest");
    assert_false(contributor_prepare(all->own, &second, contributors_in_window(&second), &made,
                                     &refused, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_int_equal(made + refused, 0);
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY - 1);
    /* Where the later month was seen in between, the earlier one is still remembered. */
    struct agreement later;
    contributors_agree(all, &(struct contributors_wish){.later = 1}, &later);
    contributors_join(all, &later);
    assert_false(contributor_prepare(all->own, &second, contributors_in_window(&second), &made,
                                     &refused, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    agreement_free(&first);
    agreement_free(&second);
    agreement_free(&later);
}

static void a_hub_that_was_not_joined_gets_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement joined, other;
    struct err err = {0};
    size_t made = 9, refused = 9, count = 0;
    contributors_agree(all, &(struct contributors_wish){.percent = 10}, &joined);
    contributors_agree(all, &(struct contributors_wish){.hub = 1, .percent = 10}, &other);
    contributors_join(all, &joined);
    parties_must(contributor_note(all->own, &other, &err), &err);
    assert_false(contributor_prepare(all->own, &other, contributors_in_window(&other), &made,
                                     &refused, &err));
    assert_int_equal(contributors_prepare(all, &joined), CONTRIBUTORS_CAPACITY);
    struct contributor_item *items = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) assert_string_equal(items[i].hub, "hub-1");
    free(items);
    agreement_free(&joined);
    agreement_free(&other);
}

/* One that is not enrolled would stand alone in the sum of those who are. */
static void a_hub_that_has_not_enrolled_us_gets_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 9, refused = 9;
    contributors_agree(all, &(struct contributors_wish){.without_us = true}, &agreement);
    contributors_join(all, &agreement);
    assert_false(contributor_prepare(all->own, &agreement, contributors_in_window(&agreement),
                                     &made, &refused, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.field, "hub");
    assert_int_equal(contributors_entries(all), 0);
    agreement_free(&agreement);
}

static void a_hub_that_was_revoked_gets_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 9, refused = 9;
    bool changed = false;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    parties_revoke(all->parties, &all->hubs[0], &all->agency);
    parties_must(trust_reload(all->agency.trust, &changed, &err), &err);
    assert_true(changed);
    assert_false(contributor_prepare(all->own, &agreement, contributors_in_window(&agreement),
                                     &made, &refused, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_int_equal(contributors_entries(all), 0);
    agreement_free(&agreement);
}

/* ---- clocks ---- */

static void a_clock_that_is_a_month_off_spends_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 9, refused = 9;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    int64_t right = contributors_in_window(&agreement);
    const int64_t wrong[] = {right - 30 * CONTRIBUTORS_DAY, right + 30 * CONTRIBUTORS_DAY,
                             agreement.manifest.opens_at - 1, agreement.manifest.closes_at + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        /* Before the hub's certificate begins, it is the certificate that is refused. */
        if (contributor_prepare(all->own, &agreement, wrong[i], &made, &refused, &err)) {
            assert_int_equal(made + refused, 0);
        } else {
            assert_int_equal(err.code, ERR_EXPIRED);
        }
        assert_int_equal(contributors_entries(all), 0);
    }
    assert_int_equal(all->counted, 0);
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY);
    agreement_free(&agreement);
}

/* ---- kills, and other processes ---- */

/* In a process of its own, which exits with what `what` gives. */
static int in_child(struct contributors *all, const struct agreement *agreement,
                    int (*what)(struct contributors *all, const struct agreement *agreement))
{
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        contributors_open(all);
        _exit(what(all, agreement));
    }
    return child;
}

static int exit_of(pid_t child)
{
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int prepare(struct contributors *all, const struct agreement *agreement)
{
    return (int)contributors_prepare(all, agreement);
}

static void die(void *ctx)
{
    (void)ctx;
    _exit(77);
}

static int die_while_counting(struct contributors *all, const struct agreement *agreement)
{
    all->counting = die;
    return (int)contributors_prepare(all, agreement);
}

static void killed_before_it_was_spent_nothing_was_spent(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    contributor_close(all->own);
    assert_int_equal(exit_of(in_child(all, &agreement, die_while_counting)), 77);
    contributors_open(all);
    assert_int_equal(contributors_entries(all), 0);
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY);
    agreement_free(&agreement);
}

/* Appends what would be sent, in the order of the list. */
static void read_bodies(struct contributors *all, struct buf *out)
{
    size_t count = 0;
    struct err err = {0};
    struct contributor_item *items = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) {
        struct signed_bytes raw;
        parties_must(contributor_get(all->own, items[i].hash, &raw, &err), &err);
        buf_append(out, raw.body.data, raw.body.len);
        buf_append(out, raw.signature, SIGNATURE_BYTES);
        signed_bytes_free(&raw);
    }
    free(items);
}

/* Exits without closing anything, as a kill does, with a byte of a hash of what it could send. */
static int prepare_and_die(struct contributors *all, const struct agreement *agreement)
{
    struct buf bodies = {0};
    uint8_t hash[HASH_BYTES];
    (void)contributors_prepare(all, agreement);
    read_bodies(all, &bodies);
    hash_once(hash, "test", bodies.data, bodies.len);
    return hash[0];
}

static void killed_before_it_was_sent_the_same_bytes_are_sent(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    uint8_t hash[HASH_BYTES];
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    contributor_close(all->own);
    int before = exit_of(in_child(all, &agreement, prepare_and_die));
    contributors_open(all);
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY);
    for (int again = 0; again < 2; again++) {
        struct buf bodies = {0};
        assert_int_equal(contributors_prepare(all, &agreement), 0);
        read_bodies(all, &bodies);
        hash_once(hash, "test", bodies.data, bodies.len);
        assert_int_equal(hash[0], before);
        buf_free(&bodies);
    }
    agreement_free(&agreement);
}

/* serve and `figures send`: each counts, encrypts, and then finds out who was first. */
static void several_processes_contribute_once(void **state)
{
    enum { PROCESSES = 5 };
    struct contributors *all = *state;
    struct agreement agreement;
    pid_t children[PROCESSES];
    int made = 0;
    size_t count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    contributor_close(all->own);
    for (int i = 0; i < PROCESSES; i++) children[i] = in_child(all, &agreement, prepare);
    for (int i = 0; i < PROCESSES; i++) made += exit_of(children[i]);
    contributors_open(all);
    assert_int_equal(made, CONTRIBUTORS_CAPACITY);
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY);
    free(contributors_items(all, &count));
    assert_int_equal(count, CONTRIBUTORS_CAPACITY);
    agreement_free(&agreement);
}

static void leave_in_between(void *ctx)
{
    struct contributors *all = ctx;
    struct err err = {0};
    parties_must(contributor_leave(all->own, "hub-1", &err), &err);
}

/* The operator leaves while it is counted: what was begun is not kept. */
static void leaving_while_it_is_made_is_in_time(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 9, refused = 9;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    all->counting = leave_in_between;
    all->counting_ctx = all;
    assert_false(contributor_prepare(all->own, &agreement, contributors_in_window(&agreement),
                                     &made, &refused, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_int_equal(made + refused, 0);
    assert_int_equal(contributors_entries(all), 0);
    agreement_free(&agreement);
}

/* ---- receipts ---- */

/* What one party signs of another, or of a contribution that was never made. */
static void receipts_of_others_count_for_nothing(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    size_t count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    struct contributor_item *items = contributors_items(all, &count);
    const struct {
        const struct party *signer;
        enum role role;
        const char *organisation;
        bool unknown, damaged;
    } bad[] = {{&all->hubs[0], ROLE_MATCHER, "matcher-1", false, false},
               {&all->hubs[0], ROLE_HUB, "hub-2", false, false},
               {&all->hubs[1], ROLE_HUB, "hub-2", false, false},
               {&all->hubs[1], ROLE_HUB, "hub-1", false, false},
               {&all->hubs[0], ROLE_HUB, "hub-1", true, false},
               {&all->hubs[0], ROLE_HUB, "hub-1", false, true}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct figures_receipt receipt = {.role = bad[i].role, .at = 1795392000000};
        struct signed_bytes raw = {0};
        struct err err = {0};
        memcpy(receipt.contribution_hash, items[0].hash, HASH_BYTES);
        receipt.contribution_hash[0] ^= bad[i].unknown;
        (void)snprintf(receipt.organisation, sizeof receipt.organisation, "%s",
                       bad[i].organisation);
        figures_receipt_encode(&receipt, &raw.body);
        identity_sign_body(bad[i].signer->identity, TAG_FIGURES_RECEIPT, &raw);
        raw.signature[5] ^= bad[i].damaged;
        if (contributor_receipt(all->own, &raw, identity_certificate(bad[i].signer->identity),
                                &err)) {
            fail_msg("receipt %zu is taken", i);
        }
        signed_bytes_free(&raw);
    }
    struct contributor_item *after = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(after[i].matcher, CONTRIBUTION_WAITS);
        assert_int_equal(after[i].hub_side, CONTRIBUTION_WAITS);
    }
    free(after);
    free(items);
    agreement_free(&agreement);
}

/* ---- releases ---- */

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, HASH_BYTES);
}

/* The matcher says that others' contributions, and perhaps ours, were added up; whether we were
 * left out. */
static bool release(struct contributors *all, const struct agreement *agreement,
                    const struct contributor_item *item, bool with_ours, const struct party *signer)
{
    struct figures_release body = {.table = item->table, .count = 4};
    struct signed_bytes raw = {0};
    struct err err = {0};
    bool left_out = false;
    memcpy(body.manifest_hash, agreement->manifest.hash, HASH_BYTES);
    body.contributions = mem_array(body.count, HASH_BYTES);
    for (size_t i = 0; i < body.count; i++) {
        randombytes_buf(body.contributions[i], HASH_BYTES);
    }
    if (with_ours) memcpy(body.contributions[2], item->hash, HASH_BYTES);
    qsort(body.contributions, body.count, HASH_BYTES, by_bytes);
    figures_release_encode(&body, &raw.body);
    identity_sign_body(signer->identity, TAG_FIGURES_RELEASE, &raw);
    parties_must(contributor_release(all->own, &raw, identity_certificate(signer->identity),
                                     &left_out, &err),
                 &err);
    figures_release_free(&body);
    signed_bytes_free(&raw);
    return left_out;
}

static void confirm(struct contributors *all, const struct contributor_item *item)
{
    struct figures_receipt receipt = {.role = ROLE_MATCHER, .organisation = "matcher-1", .at = 1};
    struct signed_bytes raw = {0};
    struct err err = {0};
    memcpy(receipt.contribution_hash, item->hash, HASH_BYTES);
    figures_receipt_encode(&receipt, &raw.body);
    identity_sign_body(all->matcher.identity, TAG_FIGURES_RECEIPT, &raw);
    parties_must(contributor_receipt(all->own, &raw, contributors_matcher(all), &err), &err);
    signed_bytes_free(&raw);
}

static void who_is_left_out_finds_out(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    size_t count = 0;
    struct party other = parties_add(all->parties, ROLE_MATCHER, "matcher-2");
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    struct contributor_item *items = contributors_items(all, &count);
    /* Without a receipt the matcher never had it. */
    assert_false(release(all, &agreement, &items[0], false, &all->matcher));
    confirm(all, &items[0]);
    assert_false(release(all, &agreement, &items[0], false, &other)); /* not its business */
    assert_true(release(all, &agreement, &items[0], false, &all->matcher));
    /* Two sets for one table: one of them leaves it out. */
    confirm(all, &items[1]);
    assert_false(release(all, &agreement, &items[1], true, &all->matcher));
    assert_true(release(all, &agreement, &items[1], false, &all->matcher));
    confirm(all, &items[2]);
    assert_false(release(all, &agreement, &items[2], true, &all->matcher));
    free(items);
    contributors_reopen(all);
    items = contributors_items(all, &count);
    assert_true(items[0].left_out && !items[0].released);
    assert_true(items[1].left_out && items[1].released);
    assert_true(!items[2].left_out && items[2].released);
    /* What others can be shown: both signed by the matcher, about this contribution. */
    struct signed_bytes receipt, evidence;
    struct figures_receipt confirmed;
    struct err err = {0};
    parties_must(contributor_evidence(all->own, items[0].hash, &receipt, &evidence, &err), &err);
    parties_must(certificate_verify(contributors_matcher(all), TAG_FIGURES_RECEIPT,
                                    receipt.body.data, receipt.body.len, receipt.signature,
                                    SIGNATURE_BYTES, &err),
                 &err);
    parties_must(figures_receipt_decode(receipt.body.data, receipt.body.len, &confirmed, &err),
                 &err);
    assert_memory_equal(confirmed.contribution_hash, items[0].hash, HASH_BYTES);
    parties_must(certificate_verify(contributors_matcher(all), TAG_FIGURES_RELEASE,
                                    evidence.body.data, evidence.body.len, evidence.signature,
                                    SIGNATURE_BYTES, &err),
                 &err);
    signed_bytes_free(&receipt);
    signed_bytes_free(&evidence);
    parties_must(contributor_evidence(all->own, items[2].hash, &receipt, &evidence, &err), &err);
    assert_int_equal(evidence.body.len, 0);
    signed_bytes_free(&receipt);
    free(items);
    party_close(&other);
    agreement_free(&agreement);
}

/* ---- a backup that is put back ---- */

/* Takes HOME/figures back to what `copy` has, with a gap from then until to_ms. */
static void put_back(struct contributors *all, const char *copy, int64_t to_ms)
{
    const struct store_gap gap = {clock_wall_ms(), to_ms};
    struct store_info info;
    struct err err = {0};
    char *home = file_join(all->agency.home, HOME_FIGURES);
    char *data = file_join(home, "data.mdb");
    contributor_close(all->own);
    assert_int_equal(unlink(data), 0);
    parties_must(store_copy(copy, home, &info, &err), &err);
    parties_must(store_set_gap(home, &gap, &err), &err);
    contributors_open(all);
    free(data);
    free(home);
}

/* The same month to another hub, because the restored ledger does not have it any more: a household
 * would count with twice the epsilon. */
static void a_restored_ledger_spends_no_month_twice(void **state)
{
    struct contributors *all = *state;
    struct agreement first, other, later;
    struct store_info info;
    struct err err = {0};
    size_t made = 9, refused = 9;
    contributors_agree(all, &(struct contributors_wish){0}, &first);
    contributors_agree(all, &(struct contributors_wish){.hub = 1}, &other);
    contributors_agree(all, &(struct contributors_wish){.later = 1}, &later);
    contributors_join(all, &first);
    contributors_join(all, &other);
    char *home = file_join(all->agency.home, HOME_FIGURES);
    char *copy = file_join(all->parties->dir, "copy");
    parties_must(store_copy(home, copy, &info, &err), &err);
    assert_int_equal(contributors_prepare(all, &first), CONTRIBUTORS_CAPACITY);

    put_back(all, copy, contributors_in_window(&first));
    assert_int_equal(contributors_entries(all), 0);
    const struct agreement *const both[] = {&first, &other};
    for (size_t i = 0; i < 2; i++) {
        assert_false(contributor_prepare(all->own, both[i],
                                         contributors_in_window(both[i]) + CONTRIBUTORS_HOUR, &made,
                                         &refused, &err));
        assert_int_equal(err.code, ERR_DENIED);
        assert_string_equal(err.field, "restored");
        assert_int_equal(made, 0);
    }
    assert_int_equal(contributors_entries(all), 0);
    /* The month in which it was restored was not over, and so not spent. */
    contributors_join(all, &later);
    assert_int_equal(contributors_prepare(all, &later), CONTRIBUTORS_CAPACITY);
    agreement_free(&first);
    agreement_free(&other);
    agreement_free(&later);
    free(home);
    free(copy);
}

/* What was spent before the backup is sent as it is: the bytes are the same. */
static void a_restored_home_sends_what_was_made_before(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct signed_bytes before, after;
    struct store_info info;
    struct err err = {0};
    size_t count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY);
    struct contributor_item *items = contributors_items(all, &count);
    parties_must(contributor_get(all->own, items[0].hash, &before, &err), &err);
    char *home = file_join(all->agency.home, HOME_FIGURES);
    char *copy = file_join(all->parties->dir, "copy");
    parties_must(store_copy(home, copy, &info, &err), &err);
    put_back(all, copy, contributors_in_window(&agreement));
    assert_int_equal(contributors_prepare(all, &agreement), 0);
    parties_must(contributor_get(all->own, items[0].hash, &after, &err), &err);
    assert_int_equal(before.body.len, after.body.len);
    assert_memory_equal(before.body.data, after.body.data, before.body.len);
    signed_bytes_free(&before);
    signed_bytes_free(&after);
    free(items);
    agreement_free(&agreement);
    free(home);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH(test)                                                                                 \
    cmocka_unit_test_setup_teardown(test, contributors_set_up, contributors_tear_down)
        WITH(an_older_manifest_that_is_replayed_gets_nothing),
        WITH(the_same_period_under_other_keys_gets_nothing),
        WITH(a_hub_that_was_not_joined_gets_nothing),
        WITH(a_hub_that_has_not_enrolled_us_gets_nothing),
        WITH(a_hub_that_was_revoked_gets_nothing),
        WITH(a_clock_that_is_a_month_off_spends_nothing),
        WITH(killed_before_it_was_spent_nothing_was_spent),
        WITH(killed_before_it_was_sent_the_same_bytes_are_sent),
        WITH(several_processes_contribute_once),
        WITH(leaving_while_it_is_made_is_in_time),
        WITH(receipts_of_others_count_for_nothing),
        WITH(who_is_left_out_finds_out),
        WITH(a_restored_ledger_spends_no_month_twice),
        WITH(a_restored_home_sends_what_was_made_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
