/* SPDX-License-Identifier: Apache-2.0
 * A whole period over real TLS in one process: a matcher and a hub that serve, contributors that
 * list, join, make and send, one of whom reaches the matcher alone and one the hub alone, and the
 * hub that compares, asks for the half, and opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/served.h"

enum { HEADS = 40 };

static bool count_all(struct tally *tally, const struct manifest *manifest, int64_t now_ms,
                      struct stream *stream, void *ctx, struct err *err)
{
    const size_t first = 0;
    const uint32_t one = 1;
    (void)manifest;
    (void)now_ms;
    (void)stream;
    (void)ctx;
    (void)err;
    for (size_t i = 0; i < HEADS; i++) {
        tally_count(tally, "capacity_status", 0, &first, &one, 1);
        tally_count(tally, "capacity_la", 1, &first, &one, 1);
    }
    return true;
}

static struct contributor *open_contributor(const struct served *served, size_t i, char *home)
{
    const struct party *party = &served->cast->agencies[i];
    struct contributor *contributor = NULL;
    struct err err = {0};
    const struct contributor_parts parts = {
        .home = home, .identity = party->identity, .trust = party->trust, .count = count_all};
    parties_must(contributor_open(&parts, &contributor, &err), &err);
    return contributor;
}

/* One round of an agency; the matcher's target as it is told. */
static bool run_contributor(struct served *served, size_t i, const char *matcher_target, bool joins,
                            struct contribute_counts *counts, struct err *err)
{
    char name[16];
    const struct party *party = &served->cast->agencies[i];
    (void)snprintf(name, sizeof name, "agency-%zu", i);
    char *home = served_home(served, name);
    struct contributor *contributor = open_contributor(served, i, home);
    const struct contribute_parts parts = {.contributor = contributor,
                                           .identity = party->identity,
                                           .trust = party->trust,
                                           .matcher_target = matcher_target,
                                           .matcher_id = "matcher-1",
                                           .stop_fd = -1};
    bool ok = contribute(&parts, counts, err);
    if (ok && joins) {
        parties_must(contributor_join(contributor, "hub-1", err), err);
        ok = contribute(&parts, counts, err);
    }
    contributor_close(contributor);
    free(home);
    return ok;
}

static void propose(struct served *served)
{
    const struct party *hub = &served->cast->hub;
    const struct dial_parts parts = {.identity = hub->identity,
                                     .trust = hub->trust,
                                     .target = served->matcher.target,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher-1"};
    struct manifest manifest = served_draft(served, hub);
    struct signed_bytes raw, key, again;
    struct dial *dial = NULL;
    struct err err = {0};
    parties_must(collection_draw_up(served->hub.collection, &manifest, &raw, &err), &err);
    parties_must(dial_open(&parts, &dial, &err), &err);
    parties_must(dial_propose(dial, &raw, &key, &err), &err);
    parties_must(dial_propose(dial, &raw, &again, &err), &err); /* the answer may have been lost */
    assert_int_equal(key.body.len, again.body.len);
    assert_memory_equal(key.body.data, again.body.data, key.body.len);
    parties_must(
        collection_agreed(served->hub.collection, &key, dial_peer(dial), clock_wall_ms(), &err),
        &err);
    dial_close(dial);
    signed_bytes_free(&raw);
    signed_bytes_free(&key);
    signed_bytes_free(&again);
    manifest_free(&manifest);
}

/* Compares, has the matcher half-open, opens; gives how many contributions were added up. */
static size_t fetch(struct served *served, const char *table, size_t *taken, size_t *passed)
{
    const struct party *hub = &served->cast->hub;
    const struct dial_parts parts = {.identity = hub->identity,
                                     .trust = hub->trust,
                                     .target = served->matcher.target,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher-1"};
    struct collection_period *periods = NULL;
    struct dial *dial = NULL;
    struct opened opened;
    struct release release;
    size_t count = 0;
    struct err err = {0};
    parties_must(collection_periods(served->hub.collection, &periods, &count, &err), &err);
    assert_int_equal(count, 1);
    parties_must(dial_open(&parts, &dial, &err), &err);
    parties_must(dial_release(dial, served->hub.collection, periods[0].manifest_hash,
                              figures_table_find(table), &opened, taken, passed, &err),
                 &err);
    parties_must(collection_open_sums(served->hub.collection, &opened, dial_peer(dial),
                                      clock_wall_ms(), &release, &err),
                 &err);
    size_t contributions = release.contributions;
    release_free(&release);
    opened_free(&opened);
    dial_close(dial);
    free(periods);
    return contributions;
}

static void a_whole_period(void **state)
{
    struct served *served = *state;
    struct contribute_counts counts;
    struct err err = {0};
    size_t taken = 0, passed = 0;
    char nowhere[32] = "127.0.0.1:1";
    propose(served);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_AGREED]), 1);

    /* Nothing is made for a hub that was not joined. */
    assert_true(run_contributor(served, 0, served->matcher.target, false, &counts, &err));
    assert_int_equal(counts.manifests, 1);
    assert_int_equal(counts.made + counts.waiting, 0);
    assert_true(run_contributor(served, 0, served->matcher.target, true, &counts, &err));
    assert_int_equal(counts.made, 2);
    assert_int_equal(counts.taken_by_matcher, 2);
    assert_int_equal(counts.taken_by_hub, 2);
    assert_int_equal(counts.waiting, 0);
    /* Never twice. */
    assert_true(run_contributor(served, 0, served->matcher.target, false, &counts, &err));
    assert_int_equal(counts.made + counts.taken_by_matcher + counts.taken_by_hub, 0);

    /* The second one reaches the matcher alone: it waits for the hub, to no avail. */
    side_stop(&served->hub);
    assert_true(run_contributor(served, 1, served->matcher.target, true, &counts, &err));
    assert_int_equal(counts.taken_by_matcher, 2);
    assert_int_equal(counts.taken_by_hub, 0);
    assert_int_equal(counts.waiting, 2);
    side_start(served, &served->hub, &served->cast->hub, "hub");

    assert_false(run_contributor(served, 2, nowhere, true, &counts, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_true(run_contributor(served, 2, served->matcher.target, true, &counts, &err));

    served_move_clock(served, 2);
    assert_int_equal(fetch(served, "capacity_status", &taken, &passed), AGENCIES);
    assert_int_equal(taken, 2); /* the hub has a new port: the third did not reach it either */
    assert_int_equal(passed, 0);
    assert_int_equal(fetch(served, "capacity_la", &taken, &passed), AGENCIES);
    assert_int_equal(taken, 4);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_HALF_OPENED]),
                     2);
    assert_int_equal(served->matcher.last_contributions, AGENCIES);

    /* Each finds its contributions in what was added up. */
    assert_true(run_contributor(served, 1, served->matcher.target, false, &counts, &err));
    assert_int_equal(counts.left_out, 0);
}

/* What the hub alone was given comes to the matcher too; a second half is the first again. */
static void what_one_lacks_is_passed_on(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    const char *table = "capacity_status";
    struct signed_bytes receipt;
    struct err err = {0};
    size_t taken = 0, passed = 0;
    for (size_t i = 0; i < AGENCIES; i++) {
        struct signed_bytes raw = served_contribution(&agreement, &cast->agencies[i], table, 5);
        struct collection *only = i == 0 ? served->matcher.collection : served->hub.collection;
        parties_must(collection_put(only, &raw, identity_certificate(cast->agencies[i].identity),
                                    false, clock_wall_ms(), &receipt, &err),
                     &err);
        signed_bytes_free(&receipt);
        signed_bytes_free(&raw);
    }
    served_move_clock(served, 2);
    assert_int_equal(fetch(served, table, &taken, &passed), AGENCIES);
    assert_int_equal(taken, 1);
    assert_int_equal(passed, 2);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_TAKEN]), 2);
    agreement_free(&agreement);
}

/* An insider signs two contributions for a table and gives one to each: it only spoils its own. */
static void two_that_one_signs_do_not_stop_a_table(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    const char *table = "capacity_status";
    struct collection *both[] = {served->matcher.collection, served->hub.collection};
    struct signed_bytes receipt;
    struct err err = {0};
    size_t taken = 0, passed = 0;
    for (size_t i = 0; i < AGENCIES; i++) {
        const struct certificate *sender = identity_certificate(cast->agencies[i].identity);
        struct signed_bytes raw = served_contribution(&agreement, &cast->agencies[i], table, 5);
        for (size_t j = 0; j < 2; j++) {
            if (i > 0 && j > 0) { /* two of them do */
                signed_bytes_free(&raw);
                raw = served_contribution(&agreement, &cast->agencies[i], table, 99);
            }
            parties_must(
                collection_put(both[j], &raw, sender, false, clock_wall_ms(), &receipt, &err),
                &err);
            signed_bytes_free(&receipt);
        }
        signed_bytes_free(&raw);
    }
    served_move_clock(served, 2);
    assert_int_equal(fetch(served, table, &taken, &passed), AGENCIES);
    assert_int_equal(taken + passed, 2); /* one way or the other */
    agreement_free(&agreement);
}

/* The hub has crashed after the matcher's half was made: it asks again and gets the same. */
static void a_half_is_given_again(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    const struct figures_table *table = figures_table_find("capacity_status");
    const struct dial_parts parts = {.identity = cast->hub.identity,
                                     .trust = cast->hub.trust,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher-1",
                                     .target = served->matcher.target};
    struct opened first, second;
    struct signed_bytes receipt;
    struct dial *dial = NULL;
    struct err err = {0};
    size_t taken = 0, passed = 0;
    for (size_t i = 0; i < AGENCIES; i++) {
        struct signed_bytes raw =
            served_contribution(&agreement, &cast->agencies[i], table->name, 5);
        parties_must(collection_put(served->hub.collection, &raw,
                                    identity_certificate(cast->agencies[i].identity), false,
                                    clock_wall_ms(), &receipt, &err),
                     &err);
        signed_bytes_free(&receipt);
        signed_bytes_free(&raw);
    }
    served_move_clock(served, 2);
    parties_must(dial_open(&parts, &dial, &err), &err);
    parties_must(dial_release(dial, served->hub.collection, agreement.manifest.hash, table, &first,
                              &taken, &passed, &err),
                 &err);
    parties_must(dial_release(dial, served->hub.collection, agreement.manifest.hash, table, &second,
                              &taken, &passed, &err),
                 &err);
    assert_int_equal(first.shares.len, second.shares.len);
    assert_memory_equal(first.shares.data, second.shares.data, first.shares.len);
    assert_memory_equal(first.proof, second.proof, PROOF_BYTES);
    assert_int_equal(passed, AGENCIES);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_HALF_OPENED]),
                     1);
    dial_close(dial);
    opened_free(&first);
    opened_free(&second);
    agreement_free(&agreement);
}

/* Below the quorum the matcher says so, in a field that the hub can give up by. */
static void too_few_are_refused_by_name(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    const struct dial_parts parts = {.identity = cast->hub.identity,
                                     .trust = cast->hub.trust,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher-1"};
    struct dial_parts at = parts;
    struct dial *dial = NULL;
    struct opened opened;
    struct err err = {0};
    size_t taken = 0, passed = 0;
    served_move_clock(served, 2);
    at.target = served->matcher.target;
    parties_must(dial_open(&at, &dial, &err), &err);
    assert_false(dial_release(dial, served->hub.collection, agreement.manifest.hash,
                              figures_table_find("capacity_la"), &opened, &taken, &passed, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "quorum");
    dial_close(dial);
    agreement_free(&agreement);
}

static void a_round_can_be_stopped(void **state)
{
    struct served *served = *state;
    const struct party *party = &served->cast->agencies[0];
    char *home = served_home(served, "agency-0");
    struct contributor *contributor = open_contributor(served, 0, home);
    struct contribute_counts counts;
    struct err err = {0};
    const struct contribute_parts parts = {.contributor = contributor,
                                           .identity = party->identity,
                                           .trust = party->trust,
                                           .matcher_target = served->matcher.target,
                                           .matcher_id = "matcher-1",
                                           .stop_fd = eventfd(1, EFD_CLOEXEC)};
    assert_false(contribute(&parts, &counts, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.text, "stopping");
    (void)close(parts.stop_fd);
    contributor_close(contributor);
    free(home);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, served_make, served_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_whole_period),
        SERVED(what_one_lacks_is_passed_on),
        SERVED(two_that_one_signs_do_not_stop_a_table),
        SERVED(a_half_is_given_again),
        SERVED(too_few_are_refused_by_name),
        SERVED(a_round_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
