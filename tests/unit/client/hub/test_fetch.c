/* SPDX-License-Identifier: Apache-2.0
 * Fetching from a matcher that really serves, in this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>

#include "client/hub/fetch.h"
#include "client/hub/fetcher.h"
#include "proto/figures/contribution_internal.h"
#include "proto/figures/serve.h"
#include "tests/unit/proto/figures/scheme.h"

static const char *const tables[] = {"capacity_status", "capacity_together"};
enum { AGENCIES = 4, QUORUM = 3, TABLES_ASKED = 2 };

struct scene {
    struct scheme *scheme;
    struct hub hub;
    struct figures_server *figures;
    struct rpc_server *server;
};

static const struct figures_table *table_at(size_t i)
{
    return figures_table_find(tables[i]);
}

static void start_matcher(struct scene *scene)
{
    struct scheme *scheme = scene->scheme;
    const struct figures_server_parts parts = {.collection = scheme->at_matcher,
                                               .identity = scheme->matcher.identity,
                                               .trust = scheme->matcher.trust};
    struct err err = {0};
    int port = 0;
    scene->figures = figures_server_start(&parts);
    const struct rpc_method method = {
        .path = METHOD_FIGURES, .events = &figures_server_events, .ctx = scene->figures};
    const struct rpc_server_config config = {.address = "127.0.0.1:0",
                                             .message_max = FIGURES_MESSAGE_MAX,
                                             .methods = &method,
                                             .method_count = 1};
    parties_must(rpc_server_start(&config, scheme->matcher.identity, scheme->matcher.trust,
                                  &scene->server, &port, &err),
                 &err);
    (void)snprintf(scene->hub.config.matcher, sizeof scene->hub.config.matcher, "127.0.0.1:%d",
                   port);
}

static void stop_matcher(struct scene *scene)
{
    if (scene->figures) figures_server_drain(scene->figures);
    rpc_server_stop(scene->server);
    figures_server_stop(scene->figures);
    scene->server = NULL;
    scene->figures = NULL;
}

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    struct scheme *scheme = scene->scheme = scheme_new(AGENCIES, 0, NULL);
    scheme_begin_period(scheme, scheme_first_period(), tables, TABLES_ASKED);
    scene->hub = (struct hub){.path = scheme->hub.home,
                              .trust = scheme->hub.trust,
                              .identity = scheme->hub.identity,
                              .collection = scheme->at_hub};
    (void)snprintf(scene->hub.config.matcher_id, sizeof scene->hub.config.matcher_id, "%s",
                   scheme_matcher(scheme)->organisation);
    rpc_start();
    start_matcher(scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    stop_matcher(scene);
    rpc_stop();
    (void)unsetenv("HEARTH_CLOCK_OFFSET");
    scheme_free(scene->scheme);
    free(scene);
    return 0;
}

/* Contributions are made by the scheme's own time; fetching goes by the clock. */
static void close_window(struct scene *scene)
{
    char text[32];
    scheme_close_window(scene->scheme);
    int64_t ahead = (scene->scheme->now_ms - clock_wall_ms()) / 1000;
    (void)snprintf(text, sizeof text, "%lld", (long long)ahead);
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", text, 1), 0);
}

static void fetch(struct scene *scene, struct fetch_outcome *out)
{
    const struct fetch_parts parts = {.period = 0};
    struct err err = {0};
    parties_must(fetch_run(&scene->hub, &parts, clock_wall_ms(), out, &err), &err);
}

static size_t ledger_length(const struct scene *scene)
{
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    struct err err = {0};
    parties_must(collection_ledger(scene->hub.collection, NULL, NULL, head, &count, &err), &err);
    return count;
}

/* ---- what is due ---- */

static void test_nothing_before_it_closes(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    int64_t closes_at = scene->scheme->agreement.manifest.closes_at;
    scheme_deliver_all(scene->scheme, table_at(0), 10, 0);
    fetch(scene, &outcome);
    assert_int_equal(outcome.periods, 0);
    assert_int_equal(outcome.count, 0);
    assert_int_equal(outcome.next_close, closes_at);
    fetch_outcome_free(&outcome);
    bool due = true;
    int64_t next = 0;
    struct err err = {0};
    parties_must(fetch_due(&scene->hub, 0, closes_at - 1, &due, &next, &err), &err);
    assert_false(due);
    parties_must(fetch_due(&scene->hub, 0, closes_at, &due, &next, &err), &err);
    assert_true(due);
    assert_int_equal(next, 0);
    uint32_t another = period_next(scene->scheme->period);
    parties_must(fetch_due(&scene->hub, another, closes_at, &due, &next, &err), &err);
    assert_false(due);
}

/* ---- released ---- */

/* One that the hub alone has, and one that the matcher alone has, are both in the sum. */
static void deliver_to_one_each(const struct scene *scene, const struct figures_table *table)
{
    struct scheme *scheme = scene->scheme;
    struct collection *const to[] = {scheme->at_hub, scheme->at_matcher};
    struct err err = {0};
    for (size_t i = 0; i < 2; i++) {
        struct signed_bytes raw;
        struct scheme_party *party = scheme_agency(scheme, AGENCIES - 1 - i);
        scheme_contribute_all(scheme, party, table, 100, &raw);
        parties_must(scheme_put(scheme, to[i], party, &raw, false, &err), &err);
        signed_bytes_free(&raw);
    }
}

static void test_released_from_all_that_either_has(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    scheme_deliver_all(scene->scheme, table_at(0), 100, 2);
    deliver_to_one_each(scene, table_at(0));
    scheme_deliver_all(scene->scheme, table_at(1), 7, 1);
    close_window(scene);
    fetch(scene, &outcome);
    assert_int_equal(outcome.periods, 1);
    assert_int_equal(outcome.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(outcome.tables[i].state, FETCH_RELEASED);
        assert_ptr_equal(outcome.tables[i].table, table_at(i));
        assert_int_equal(outcome.tables[i].contributions, AGENCIES - i);
        assert_int_equal(outcome.tables[i].taken, 1 - i);
        assert_int_equal(outcome.tables[i].passed, 1 - i);
    }
    fetch_outcome_free(&outcome);
    assert_int_equal(ledger_length(scene), 2);
    fetch(scene, &outcome); /* again: there is no more to do */
    assert_int_equal(outcome.periods, 0);
    fetch_outcome_free(&outcome);
    assert_int_equal(ledger_length(scene), 2);
}

static bool check_sum(const struct release *release, void *ctx, struct err *err)
{
    (void)err;
    assert_int_equal(release_at(release, 0, 0)->count.shown, RELEASE_SHOWN);
    assert_int_equal(release_at(release, 0, 0)->count.value, *(int *)ctx);
    return true;
}

/* No noise in these, so that the sum is exact but for its rounding. */
static void test_what_is_released_is_the_sum(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    struct err err = {0};
    int sum = AGENCIES * 25;
    scheme_deliver_all(scene->scheme, table_at(0), 25, 0);
    close_window(scene);
    fetch(scene, &outcome);
    fetch_outcome_free(&outcome);
    parties_must(collection_each_release(scene->hub.collection, check_sum, &sum, &err), &err);
}

/* ---- not released ---- */

static void test_given_up_below_the_quorum(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    struct collection_table kept;
    struct err err = {0};
    scheme_deliver_all(scene->scheme, table_at(0), 10, AGENCIES - QUORUM + 1);
    scheme_deliver_all(scene->scheme, table_at(1), 10, AGENCIES - QUORUM);
    close_window(scene);
    fetch(scene, &outcome);
    assert_int_equal(outcome.count, 2);
    assert_int_equal(outcome.tables[0].state, FETCH_GIVEN_UP);
    assert_int_equal(outcome.tables[0].contributions, QUORUM - 1);
    assert_string_equal(outcome.tables[0].why.field, "quorum");
    assert_string_equal(outcome.tables[0].why.text, "2 of 4 contributed; a release needs 3");
    assert_int_equal(outcome.tables[1].state, FETCH_RELEASED);
    fetch_outcome_free(&outcome);
    parties_must(collection_table(scene->hub.collection, scene->scheme->agreement.manifest.hash,
                                  table_at(0), &kept, &err),
                 &err);
    assert_int_equal(kept.state, COLLECTION_GIVEN_UP);
    assert_int_equal(ledger_length(scene), 1);
}

static void test_a_matcher_that_is_not_there(void **state)
{
    struct scene *scene = *state;
    const struct fetch_parts parts = {.period = 0};
    struct fetch_outcome outcome;
    struct err err = {0};
    scheme_deliver_all(scene->scheme, table_at(0), 10, 0);
    close_window(scene);
    stop_matcher(scene);
    assert_false(fetch_run(&scene->hub, &parts, clock_wall_ms(), &outcome, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, scene->hub.config.matcher));
    assert_int_equal(outcome.count, 0);
    fetch_outcome_free(&outcome);
    start_matcher(scene);
    fetch(scene, &outcome);
    assert_int_equal(outcome.tables[0].state, FETCH_RELEASED);
    fetch_outcome_free(&outcome);
}

/* The matcher has half-opened another set before: it leaves out what the hub has. */
static void test_a_matcher_that_left_one_out(void **state)
{
    struct scene *scene = *state;
    struct scheme *scheme = scene->scheme;
    struct fetch_outcome outcome;
    struct opened opened;
    struct err err = {0};
    struct signed_bytes raw;
    struct scheme_party *party = scheme_agency(scheme, AGENCIES - 1);
    scheme_deliver_all(scheme, table_at(0), 10, 1);
    scheme_contribute_all(scheme, party, table_at(0), 10, &raw);
    int64_t in_time = scheme->now_ms;
    scheme_close_window(scheme);
    parties_must(scheme_half_open(scheme, table_at(0), &opened, &err), &err);
    scheme->now_ms = in_time;
    parties_must(scheme_put(scheme, scheme->at_hub, party, &raw, false, &err), &err);
    signed_bytes_free(&raw);
    opened_free(&opened);
    close_window(scene);
    fetch(scene, &outcome);
    assert_int_equal(outcome.tables[0].state, FETCH_REFUSED);
    assert_int_equal(outcome.tables[0].contributions, AGENCIES);
    fetch_outcome_free(&outcome);
    assert_int_equal(ledger_length(scene), 0);
}

/* Another's share in the place of the first: by the record that it keeps of what it has done. */
static void change_shares(const struct scene *scene, const struct figures_table *table)
{
    const uint8_t *manifest = scene->scheme->agreement.manifest.hash;
    struct done_record record;
    struct step step;
    struct err err = {0};
    bool found = false;
    parties_must(step_begin(scene->scheme->at_matcher, true, &step, &err), &err);
    parties_must(done_read(&step, manifest, table, &record, &found, &err), &err);
    assert_true(found && record.shares.len >= (size_t)2 * POINT_BYTES);
    uint8_t *shares = mem_copy(record.shares.data, record.shares.len);
    memcpy(shares, record.shares.data + POINT_BYTES, POINT_BYTES);
    record.shares.data = shares;
    parties_must(step_end(&step, done_write(&step, manifest, table, &record, &err), &err), &err);
    free(shares);
}

static void test_a_matcher_whose_half_does_not_hold(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    struct opened opened;
    struct err err = {0};
    scheme_deliver_all(scene->scheme, table_at(0), 10, 0);
    scheme_deliver_all(scene->scheme, table_at(1), 10, 0);
    close_window(scene);
    parties_must(scheme_half_open(scene->scheme, table_at(0), &opened, &err), &err);
    opened_free(&opened);
    change_shares(scene, table_at(0));
    for (int again = 0; again < 2; again++) {
        fetch(scene, &outcome);
        assert_int_equal(outcome.count, 1); /* nothing more is asked of it */
        const struct fetched *wrong = &outcome.tables[0];
        assert_int_equal(wrong->state, FETCH_WRONG);
        assert_int_equal(wrong->why.code, ERR_UNAUTHENTICATED);
        assert_int_equal(wrong->contributions, AGENCIES);
        assert_true(file_exists(wrong->evidence));
        json_t *evidence = json_load_file(wrong->evidence, 0, NULL);
        assert_int_equal(json_array_size(json_object_get(evidence, "contributions")), AGENCIES);
        assert_string_equal(json_string_value(json_object_get(evidence, "table")), tables[0]);
        json_decref(evidence);
        fetch_outcome_free(&outcome);
    }
    assert_int_equal(ledger_length(scene), 0);
}

/* What a matcher says before sets were compared (here: that it knows nothing of the period, else
 * that its clock is behind) is no reason to erase what the hub has. */
static void test_not_given_up_for_another_reason(void **state)
{
    struct scene *scene = *state;
    struct scheme *scheme = scene->scheme;
    struct fetch_outcome outcome;
    struct step step;
    struct err err = {0};
    scheme_deliver_all(scheme, table_at(0), 10, AGENCIES - QUORUM + 1);
    close_window(scene);
    parties_must(step_begin(scheme->at_matcher, true, &step, &err), &err);
    bool gone = store_delete(step.txn, TABLE_AGREEMENTS, scheme->agreement.manifest.hash,
                             HASH_BYTES, NULL, &err);
    parties_must(step_end(&step, gone, &err), &err);
    fetch(scene, &outcome);
    assert_int_equal(outcome.tables[0].state, FETCH_REFUSED);
    assert_int_equal(outcome.tables[0].contributions, QUORUM - 1);
    fetch_outcome_free(&outcome);
}

/* A contributor that knows all its r, but whose second halves hold no number. */
static void contribute_nonsense(const struct scene *scene, const struct scheme_party *party,
                                const struct figures_table *table, struct signed_bytes *out)
{
    struct scheme *scheme = scene->scheme;
    const struct agreement *agreement = &scheme->agreement;
    size_t count = scheme_cells(scheme, table);
    struct contribution contribution = {
        .role = party->certificate.role, .table = table, .count = count};
    uint8_t *ciphertexts = mem_array(count, CIPHERTEXT_BYTES), seed[SEED_BYTES] = {1};
    int32_t *values = mem_array(count, sizeof *values);
    struct buf statement = {0}, body = {0};
    struct stream stream;
    struct scalar z = {0}, r, d;
    memcpy(contribution.manifest_hash, agreement->manifest.hash, HASH_BYTES);
    memcpy(contribution.key_hash, agreement->release_key.hash, HASH_BYTES);
    memcpy(contribution.organisation, party->certificate.organisation,
           sizeof contribution.organisation);
    agreement_statement(agreement, contribution.role, contribution.organisation, table->name,
                        &statement);
    contribution_encrypt(&agreement->joint, values, count, statement.data, statement.len, seed,
                         NULL, ciphertexts, contribution.proof);
    memcpy(ciphertexts + POINT_BYTES, ciphertexts + CIPHERTEXT_BYTES, POINT_BYTES);
    uint8_t *coefficients = contribution_coefficients_new(
        &agreement->joint, ciphertexts, count, statement.data, statement.len, contribution.proof);
    stream_start(&stream, "hearth v1 contribution", seed, statement.data, statement.len);
    scalar_from_int(&z, 0);
    for (size_t i = 0; i <= count; i++) {
        uint8_t wide[SCALAR_WIDE_BYTES] = {0};
        stream_scalar(&stream, &r);
        if (i < count) {
            memcpy(wide, coefficients + i * MSM_COEFFICIENT_BYTES, MSM_COEFFICIENT_BYTES);
            scalar_from_wide(&d, wide);
            scalar_mul(&r, &d, &r);
        }
        scalar_add(&z, &z, &r);
    }
    scalar_encode(contribution.proof + POINT_BYTES, &z);
    contribution.ciphertexts = ciphertexts;
    contribution_encode(&contribution, &body);
    signed_bytes_make(party->sign_secret, TAG_CONTRIBUTION, &body, out);
    stream_wipe(&stream);
    free(coefficients);
    buf_free(&body);
    buf_free(&statement);
    free(values);
    free(ciphertexts);
}

/* It costs the table that it spoils, and no other; and the matcher is not to blame. */
static void test_a_contributor_that_makes_a_sum_unreadable(void **state)
{
    struct scene *scene = *state;
    struct fetch_outcome outcome;
    struct signed_bytes raw;
    const struct scheme_party *insider = scheme_agency(scene->scheme, AGENCIES - 1);
    scheme_deliver_all(scene->scheme, table_at(0), 10, 1);
    scheme_deliver_all(scene->scheme, table_at(1), 10, 0);
    contribute_nonsense(scene, insider, table_at(0), &raw);
    scheme_deliver(scene->scheme, insider, &raw);
    signed_bytes_free(&raw);
    close_window(scene);
    fetch(scene, &outcome);
    assert_int_equal(outcome.count, 2);
    assert_int_equal(outcome.tables[0].state, FETCH_GIVEN_UP);
    assert_non_null(strstr(outcome.tables[0].why.text, "no count fits the sum"));
    assert_null(outcome.tables[0].evidence);
    assert_int_equal(outcome.tables[1].state, FETCH_RELEASED);
    fetch_outcome_free(&outcome);
    fetch(scene, &outcome);
    assert_int_equal(outcome.periods, 0);
    fetch_outcome_free(&outcome);
}

/* ---- by itself ---- */

static void test_by_itself(void **state)
{
    struct scene *scene = *state;
    scheme_deliver_all(scene->scheme, table_at(0), 10, 0);
    close_window(scene);
    struct fetcher *fetcher = fetcher_start(&scene->hub, NULL);
    fetcher_tick(fetcher);
    fetcher_stop(fetcher); /* waits, and ends it between two tables at most */
    size_t before = ledger_length(scene);
    assert_true(before <= 1);
    fetcher = fetcher_start(&scene->hub, NULL);
    int64_t until = clock_steady_ms() + 60000;
    bool due = true;
    while (due && clock_steady_ms() < until) {
        int64_t next = 0;
        struct err err = {0};
        fetcher_tick(fetcher);
        (void)poll(NULL, 0, 10);
        parties_must(fetch_due(&scene->hub, 0, clock_wall_ms(), &due, &next, &err), &err);
    }
    assert_false(due);
    fetcher_stop(fetcher);
    assert_int_equal(ledger_length(scene), 1); /* the other one was given up */
}

int main(void)
{
    const struct CMUnitTest tests_of_fetch[] = {
        cmocka_unit_test_setup_teardown(test_nothing_before_it_closes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_released_from_all_that_either_has, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_released_is_the_sum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_given_up_below_the_quorum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_matcher_that_is_not_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_matcher_that_left_one_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_matcher_whose_half_does_not_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_contributor_that_makes_a_sum_unreadable, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_not_given_up_for_another_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_by_itself, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests_of_fetch, NULL, NULL);
}
