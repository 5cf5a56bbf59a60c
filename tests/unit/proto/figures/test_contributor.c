/* SPDX-License-Identifier: Apache-2.0
 * What a contributor makes, keeps and sends, and what it refuses. What others try against it is in
 * test_contributor_attack.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/contributors.h"

/* ---- joining ---- */

static void nothing_is_made_before_a_hub_is_joined(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 9, refused = 9, count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    assert_false(contributor_join(all->own, "hub-1", &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    int64_t now = contributors_in_window(&agreement);
    for (int noted = 0; noted < 2; noted++) {
        assert_false(contributor_prepare(all->own, &agreement, now, &made, &refused, &err));
        assert_int_equal(err.code, ERR_DENIED);
        assert_string_equal(err.field, "hub");
        parties_must(contributor_note(all->own, &agreement, &err), &err);
    }
    assert_int_equal(all->counted, 0);
    assert_int_equal(contributors_entries(all), 0);
    struct contributor_hub *hubs = NULL;
    parties_must(contributor_hubs(all->own, &hubs, &count, &err), &err);
    assert_int_equal(count, 1);
    assert_string_equal(hubs[0].id, "hub-1");
    assert_false(hubs[0].joined);
    assert_int_equal(hubs[0].offered_period, all->period);
    free(hubs);
    agreement_free(&agreement);
}

static void what_was_seen_last_comes_back_whole(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement, last;
    struct err err = {0};
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    contributors_reopen(all);
    parties_must(contributor_last(all->own, "hub-1", &last, &err), &err);
    assert_memory_equal(last.manifest.hash, agreement.manifest.hash, HASH_BYTES);
    assert_memory_equal(last.release_key.hash, agreement.release_key.hash, HASH_BYTES);
    assert_true(point_equal(&last.joint, &agreement.joint));
    assert_string_equal(last.hub.organisation, "hub-1");
    agreement_free(&last);
    parties_must(contributor_joined(all->own, "hub-1", &last, &err), &err);
    assert_memory_equal(last.manifest.hash, agreement.manifest.hash, HASH_BYTES);
    agreement_free(&last);
    assert_false(contributor_last(all->own, "hub-2", &last, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    agreement_free(&agreement);
}

/* ---- making ---- */

/* The numbers are those of the preview with noise on them, and the noise is not the same twice. */
static void contributions_are_the_preview_with_noise(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    struct tally *tally = NULL;
    size_t count = 0, cells = 0, differing = 0;
    int64_t noise = 0;
    contributors_agree(all, &(struct contributors_wish){.secret = 77}, &agreement);
    contributors_join(all, &agreement);
    parties_must(
        contributor_preview(all->own, &agreement, contributors_in_window(&agreement), &tally, &err),
        &err);
    assert_int_equal(contributors_entries(all), 0);
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY);
    struct contributor_item *items = contributors_items(all, &count);
    assert_int_equal(count, CONTRIBUTORS_CAPACITY);
    for (size_t i = 0; i < count; i++) {
        struct signed_bytes raw;
        size_t previewed = 0, opened = 0;
        parties_must(contributor_get(all->own, items[i].hash, &raw, &err), &err);
        const int32_t *shown = tally_cells(tally, items[i].table->name, &previewed);
        int64_t *values = contributors_opened(&agreement, 77, &raw, &opened);
        assert_int_equal(opened, previewed);
        for (size_t j = 0; j < opened; j++) {
            differing += values[j] != shown[j];
            noise += llabs(values[j] - shown[j]);
        }
        cells += opened;
        free(values);
        signed_bytes_free(&raw);
    }
    /* r = 1/3 and p = exp(-0.05) to exp(-0.1): a cell without noise is one in five or so. */
    assert_true(differing > cells / 4 && noise > 0);
    free(items);
    tally_free(tally);
    agreement_free(&agreement);
}

static void what_is_made_is_what_a_collector_accepts(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t count = 0;
    const struct certificate *own = identity_certificate(all->agency.identity);
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    struct contributor_item *items = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) {
        struct signed_bytes raw;
        struct contribution contribution;
        struct buf statement = {0};
        parties_must(contributor_get(all->own, items[i].hash, &raw, &err), &err);
        parties_must(certificate_verify(own, TAG_CONTRIBUTION, raw.body.data, raw.body.len,
                                        raw.signature, SIGNATURE_BYTES, &err),
                     &err);
        parties_must(contribution_decode(raw.body.data, raw.body.len, &contribution, &err), &err);
        assert_memory_equal(contribution.hash, items[i].hash, HASH_BYTES);
        assert_memory_equal(contribution.manifest_hash, agreement.manifest.hash, HASH_BYTES);
        assert_memory_equal(contribution.key_hash, agreement.release_key.hash, HASH_BYTES);
        agreement_statement(&agreement, contribution.role, contribution.organisation,
                            contribution.table->name, &statement);
        struct ciphertext *out = mem_array(contribution.count, sizeof *out);
        parties_must(contribution_check(&agreement.joint, contribution.ciphertexts,
                                        contribution.count, statement.data, statement.len,
                                        contribution.proof, NULL, out, &err),
                     &err);
        free(out);
        buf_free(&statement);
        signed_bytes_free(&raw);
    }
    free(items);
    agreement_free(&agreement);
}

/* An LA's preview of prices is what it sends: the drawn points too. */
static void prices_are_drawn_once(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    int32_t first[64] = {0};
    contributor_close(all->own);
    contributors_use(all, &all->la);
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    for (int i = 0; i < 5; i++) {
        struct tally *tally = NULL;
        size_t count = 0;
        parties_must(contributor_preview(all->own, &agreement, contributors_in_window(&agreement),
                                         &tally, &err),
                     &err);
        const int32_t *cells = tally_cells(tally, "price_age", &count);
        assert_true(count <= 64);
        if (i == 0) memcpy(first, cells, count * sizeof *cells);
        assert_memory_equal(cells, first, count * sizeof *cells);
        tally_free(tally);
    }
    agreement_free(&agreement);
}

static void nothing_is_made_twice(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY);
    assert_int_equal(all->counted, 1);
    assert_int_equal(contributors_prepare(all, &agreement), 0);
    contributors_reopen(all);
    assert_int_equal(contributors_prepare(all, &agreement), 0);
    assert_int_equal(all->counted, 1); /* nor counted again, where nothing is due */
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY);
    agreement_free(&agreement);
}

/* ---- tables off, hubs left ---- */

static void expect_held(struct contributors *all, const char *table, bool held)
{
    size_t count = 0;
    struct err err = {0};
    struct contributor_item *items = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) {
        struct signed_bytes raw = {0};
        if (table && strcmp(items[i].table->name, table) != 0) continue;
        enum contributor_state wanted = held ? CONTRIBUTION_HELD : CONTRIBUTION_WAITS;
        assert_int_equal(items[i].matcher, wanted);
        assert_int_equal(items[i].hub_side, wanted);
        assert_int_equal(contributor_get(all->own, items[i].hash, &raw, &err), !held);
        if (held) assert_int_equal(err.code, ERR_DENIED);
        signed_bytes_free(&raw);
    }
    free(items);
}

static void a_table_that_is_off_is_neither_made_nor_sent(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement, other;
    struct err err = {0};
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_agree(all, &(struct contributors_wish){.hub = 1, .percent = 10}, &other);
    parties_must(contributor_turn(all->own, NULL, "capacity_la", true, &err), &err);
    contributors_join(all, &agreement); /* seen after it was turned off for all */
    assert_int_equal(contributors_prepare(all, &agreement), CONTRIBUTORS_CAPACITY - 1);
    parties_must(contributor_turn(all->own, "hub-1", "capacity_la", false, &err), &err);
    assert_int_equal(contributors_prepare(all, &agreement), 1);
    parties_must(contributor_turn(all->own, "hub-1", "capacity_age", true, &err), &err);
    expect_held(all, "capacity_age", true);
    expect_held(all, "capacity_la", false);
    parties_must(contributor_turn(all->own, NULL, "capacity_age", false, &err), &err);
    expect_held(all, NULL, false);
    contributors_join(all, &other);
    assert_int_equal(contributors_prepare(all, &other), CONTRIBUTORS_CAPACITY - 1);
    const char *const wrong[] = {"demand_age", "capacity", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(contributor_turn(all->own, NULL, wrong[i], true, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, "table");
    }
    assert_false(contributor_turn(all->own, "hub-9", "capacity_la", true, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    agreement_free(&agreement);
    agreement_free(&other);
}

static void what_waits_stays_here_once_a_hub_is_left(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t made = 0, refused = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    parties_must(contributor_leave(all->own, "hub-1", &err), &err);
    expect_held(all, NULL, true);
    assert_false(contributor_prepare(all->own, &agreement, contributors_in_window(&agreement),
                                     &made, &refused, &err));
    assert_string_equal(err.field, "hub");
    parties_must(contributor_join(all->own, "hub-1", &err), &err);
    expect_held(all, NULL, false);
    agreement_free(&agreement);
}

/* ---- terms ---- */

static void other_terms_wait_until_they_are_agreed_to(void **state)
{
    struct contributors *all = *state;
    struct agreement first, second;
    struct err err = {0};
    size_t made = 0, refused = 0;
    contributors_agree(all, &(struct contributors_wish){.percent = 50}, &first);
    contributors_agree(all, &(struct contributors_wish){.later = 1}, &second);
    contributors_join(all, &first);
    parties_must(contributor_note(all->own, &second, &err), &err);
    assert_false(contributor_prepare(all->own, &second, contributors_in_window(&second), &made,
                                     &refused, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.field, "terms");
    assert_non_null(strstr(err.text, "epsilon of capacity_age 0.20 instead of 0.10"));
    /* The terms that were agreed to hold on, for a manifest that has them. */
    assert_int_equal(contributors_prepare(all, &first), CONTRIBUTORS_CAPACITY);
    parties_must(contributor_join(all->own, "hub-1", &err), &err);
    assert_int_equal(contributors_prepare(all, &second), CONTRIBUTORS_CAPACITY);
    agreement_free(&first);
    agreement_free(&second);
}

static void differences_are_told_in_words(void **state)
{
    struct contributors *all = *state;
    struct manifest before = contributors_draft(all, &(struct contributors_wish){.tables = 2});
    struct manifest now =
        contributors_draft(all, &(struct contributors_wish){.tables = 3, .later = 1});
    struct buf words = {0};
    contributor_differences(&before, &before, &words);
    assert_int_equal(words.len, 0);
    contributor_differences(&before, &now, &words);
    buf_u8(&words, 0);
    assert_string_equal(words.data, "capacity_la is new");
    buf_free(&words);
    now.sides[FIGURES_CAPACITY].insiders = 2;
    contributor_differences(&now, &before, &words);
    buf_u8(&words, 0);
    assert_string_equal(words.data, "capacity_la is gone; insiders among agencies 1 instead of 2");
    buf_free(&words);
    manifest_free(&before);
    manifest_free(&now);
}

/* ---- sending ---- */

static void receipt_of(const struct party *party, enum role role, const char *organisation,
                       const uint8_t hash[HASH_BYTES], struct signed_bytes *out)
{
    struct figures_receipt receipt = {.role = role, .at = 1795392000000};
    memcpy(receipt.contribution_hash, hash, HASH_BYTES);
    (void)snprintf(receipt.organisation, sizeof receipt.organisation, "%s", organisation);
    *out = (struct signed_bytes){0};
    figures_receipt_encode(&receipt, &out->body);
    identity_sign_body(party->identity, TAG_FIGURES_RECEIPT, out);
}

static void take(struct contributors *all, const struct party *party, enum role role,
                 const char *organisation, const uint8_t hash[HASH_BYTES])
{
    struct signed_bytes receipt;
    struct err err = {0};
    receipt_of(party, role, organisation, hash, &receipt);
    parties_must(
        contributor_receipt(all->own, &receipt, identity_certificate(party->identity), &err), &err);
    signed_bytes_free(&receipt);
}

static void receipts_end_the_waiting(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    size_t count = 0;
    struct signed_bytes raw, again;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    struct contributor_item *items = contributors_items(all, &count);
    const uint8_t *hash = items[0].hash;
    parties_must(contributor_get(all->own, hash, &raw, &err), &err);
    take(all, &all->matcher, ROLE_MATCHER, "matcher-1", hash);
    parties_must(contributor_upkeep(all->own, contributors_in_window(&agreement), &err), &err);
    contributors_reopen(all);
    parties_must(contributor_get(all->own, hash, &again, &err), &err); /* the hub waits for it */
    assert_int_equal(again.body.len, raw.body.len);
    assert_memory_equal(again.body.data, raw.body.data, raw.body.len);
    assert_memory_equal(again.signature, raw.signature, SIGNATURE_BYTES);
    signed_bytes_free(&again);
    take(all, &all->hubs[0], ROLE_HUB, "hub-1", hash);
    parties_must(contributor_refused(all->own, hash, ROLE_HUB, &err), &err); /* comes too late */
    parties_must(contributor_refused(all->own, items[1].hash, ROLE_HUB, &err), &err);
    parties_must(contributor_upkeep(all->own, contributors_in_window(&agreement), &err), &err);
    assert_false(contributor_get(all->own, hash, &again, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    struct contributor_item *after = contributors_items(all, &count);
    assert_int_equal(after[0].matcher, CONTRIBUTION_TAKEN);
    assert_int_equal(after[0].hub_side, CONTRIBUTION_TAKEN);
    assert_int_equal(after[0].hub_at, 1795392000000);
    assert_int_equal(after[1].matcher, CONTRIBUTION_WAITS);
    assert_int_equal(after[1].hub_side, CONTRIBUTION_REFUSED);
    free(after);
    free(items);
    signed_bytes_free(&raw);
    agreement_free(&agreement);
}

static void what_nobody_takes_any_more_is_given_up(void **state)
{
    struct contributors *all = *state;
    struct agreement agreement;
    struct err err = {0};
    struct signed_bytes raw;
    size_t count = 0;
    contributors_agree(all, &(struct contributors_wish){0}, &agreement);
    contributors_join(all, &agreement);
    (void)contributors_prepare(all, &agreement);
    int64_t closed = agreement.manifest.closes_at;
    parties_must(contributor_upkeep(all->own, closed + 30 * CONTRIBUTORS_DAY, &err), &err);
    expect_held(all, NULL, false);
    parties_must(contributor_upkeep(all->own, closed + 32 * CONTRIBUTORS_DAY, &err), &err);
    struct contributor_item *items = contributors_items(all, &count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(items[i].matcher, CONTRIBUTION_REFUSED);
        assert_int_equal(items[i].hub_side, CONTRIBUTION_REFUSED);
        assert_false(contributor_get(all->own, items[i].hash, &raw, &err));
    }
    assert_int_equal(contributors_entries(all), CONTRIBUTORS_CAPACITY); /* spent all the same */
    free(items);
    agreement_free(&agreement);
}

/* ---- the budget ---- */

static void budgets_are_over_all_hubs(void **state)
{
    struct contributors *all = *state;
    struct agreement first, second;
    struct err err = {0};
    struct ledger_sum spent;
    size_t made = 0, refused = 0;
    contributors_agree(all, &(struct contributors_wish){.every_table = true}, &first);
    contributors_agree(all, &(struct contributors_wish){.hub = 1}, &second);
    contributors_join(all, &first);
    contributors_join(all, &second);
    parties_must(contributor_turn(all->own, "hub-1", "capacity_la", true, &err), &err);
    assert_int_equal(contributors_prepare(all, &first), 6);
    parties_must(contributor_spent(all->own, all->period, &spent, &err), &err);
    assert_int_equal(spent.period[FIGURES_CAPACITY], 900000);
    assert_int_equal(spent.period[FIGURES_DEMAND], 0);
    /* 0.10 are left: for the first of 0.10, 0.20 and 0.10. */
    struct err untouched = {.code = ERR_INTERNAL};
    parties_must(contributor_prepare(all->own, &second, contributors_in_window(&second), &made,
                                     &refused, &untouched),
                 &err);
    assert_int_equal(made, 1);
    assert_int_equal(refused, 2);
    assert_int_equal(untouched.code, ERR_INTERNAL);
    parties_must(contributor_spent(all->own, all->period, &spent, &err), &err);
    assert_int_equal(spent.period[FIGURES_CAPACITY], EPSILON_PERIOD);
    agreement_free(&first);
    agreement_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH(test)                                                                                 \
    cmocka_unit_test_setup_teardown(test, contributors_set_up, contributors_tear_down)
        WITH(nothing_is_made_before_a_hub_is_joined),
        WITH(what_was_seen_last_comes_back_whole),
        WITH(contributions_are_the_preview_with_noise),
        WITH(what_is_made_is_what_a_collector_accepts),
        WITH(prices_are_drawn_once),
        WITH(nothing_is_made_twice),
        WITH(a_table_that_is_off_is_neither_made_nor_sent),
        WITH(what_waits_stays_here_once_a_hub_is_left),
        WITH(other_terms_wait_until_they_are_agreed_to),
        WITH(differences_are_told_in_words),
        WITH(receipts_end_the_waiting),
        WITH(what_nobody_takes_any_more_is_given_up),
        WITH(budgets_are_over_all_hubs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
