/* SPDX-License-Identifier: Apache-2.0
 * A period from its manifest to its release, at matcher and hub, with everybody honest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/scheme.h"

enum { AGENCIES = SCHEME_AGENCIES, LAS = SCHEME_LAS };
static const char *const tables[] = {"capacity_status", "capacity_la", "demand_la"};
enum { TABLES_USED = 3 };

static struct scheme *begun(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    scheme_begin_period(scheme, scheme_first_period(), tables, TABLES_USED);
    return scheme;
}

static const struct figures_table *table_of(size_t i)
{
    return figures_table_find(tables[i]);
}

static void must(bool ok, const struct err *err)
{
    parties_must(ok, err);
}

static enum err_code put_code(const struct scheme *scheme, struct collection *collection,
                              const struct scheme_party *party, const struct signed_bytes *raw,
                              bool passed, const char *field)
{
    struct err err = {0};
    if (scheme_put(scheme, collection, party, raw, passed, &err)) return ERR_NONE;
    assert_string_equal(err.field, field);
    return err.code;
}

static bool count_entry(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    (void)entry;
    (void)err;
    ++*(size_t *)ctx;
    return true;
}

static size_t ledger_count(struct collection *collection)
{
    struct err err = {0};
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    size_t called = 0;
    must(collection_ledger(collection, count_entry, &called, head, &count, &err), &err);
    assert_int_equal(count, called);
    return called;
}

static void release_table(struct scheme *scheme, const struct figures_table *table,
                          struct release *out)
{
    struct opened opened;
    struct err err = {0};
    must(scheme_half_open(scheme, table, &opened, &err), &err);
    must(scheme_open_sums(scheme, &opened, out, &err), &err);
    opened_free(&opened);
}

/* ---- all of it ---- */

static void check_sums(const struct release *release, int64_t each)
{
    for (size_t row = 0; row + 1 < release->row_count; row++) {
        const struct release_value *value = &release_at(release, row, 0)->count;
        assert_int_equal(value->shown, RELEASE_SHOWN);
        assert_int_equal(value->value, each);
    }
}

static bool count_release(const struct release *release, void *ctx, struct err *err)
{
    (void)err;
    size_t *count = ctx;
    assert_string_equal(release->table->name, tables[*count]);
    ++*count;
    return true;
}

static bool count_signed(const struct signed_bytes *release, void *ctx, struct err *err)
{
    struct figures_release read;
    must(figures_release_decode(release->body.data, release->body.len, &read, err), err);
    figures_release_free(&read);
    ++*(size_t *)ctx;
    return true;
}

static void a_period(void **state)
{
    struct scheme *scheme = begun(state);
    struct err err = {0};
    const uint8_t *hash = scheme->agreement.manifest.hash;
    size_t periods_count = 0, releases = 0, signed_count = 0;
    struct collection_period *periods = NULL;
    for (size_t i = 0; i < TABLES_USED; i++) {
        scheme_deliver_all(scheme, table_of(i), (int32_t)(100 + 50 * i), 0);
    }
    scheme_close_window(scheme);
    for (size_t i = 0; i < TABLES_USED; i++) {
        struct release release;
        release_table(scheme, table_of(i), &release);
        int64_t parties = i < 2 ? AGENCIES : LAS;
        check_sums(&release, parties * (int64_t)(100 + 50 * i));
        assert_int_equal(release.contributions, parties);
        release_free(&release);
    }
    assert_int_equal(ledger_count(scheme->at_hub), TABLES_USED);
    assert_int_equal(ledger_count(scheme->at_matcher), TABLES_USED);
    must(collection_each_release(scheme->at_hub, count_release, &releases, &err), &err);
    assert_int_equal(releases, TABLES_USED);
    must(collection_releases(scheme->at_matcher, hash, count_signed, &signed_count, &err), &err);
    assert_int_equal(signed_count, TABLES_USED);
    must(collection_periods(scheme->at_hub, &periods, &periods_count, &err), &err);
    assert_int_equal(periods_count, 1);
    assert_true(periods[0].agreed && periods[0].released);
    free(periods);
}

/* A release that is wrong by one, or of another sign, would show here: sums are opened exactly. */
static void sums_are_exact(void **state)
{
    static const char *const one[] = {"demand_la"};
    struct scheme *scheme = scheme_fresh(state);
    scheme_begin_period(scheme, scheme_first_period(), one, 1);
    const struct figures_table *table = figures_table_find(one[0]);
    const int32_t values[3][3] = {{7, -400, 1000000}, {8, -30, 1000000}, {5, 3, -1999995}};
    for (size_t i = 0; i < 3; i++) {
        struct signed_bytes raw;
        scheme_contribute(scheme, scheme_la(scheme, i), table, values[i], &raw);
        scheme_deliver(scheme, scheme_la(scheme, i), &raw);
        signed_bytes_free(&raw);
    }
    struct release release;
    scheme_close_window(scheme);
    release_table(scheme, table, &release);
    assert_int_equal(release_at(&release, 0, 0)->count.value, 20);
    assert_int_equal(release_at(&release, 1, 0)->count.shown, RELEASE_SMALL);
    assert_int_not_equal(release_at(&release, 2, 0)->count.shown, RELEASE_SHOWN);
    release_free(&release);
}

/* ---- agreements ---- */

static void the_same_manifest_gets_the_same_key(void **state)
{
    struct scheme *scheme = begun(state);
    struct signed_bytes again;
    struct err err = {0};
    scheme->now_ms = scheme->agreement.manifest.closes_at + SCHEME_DAY;
    must(collection_agree(scheme->at_matcher, &scheme->agreement.manifest_raw, scheme_hub(scheme),
                          scheme->now_ms, &again, &err),
         &err);
    assert_int_equal(again.body.len, scheme->agreement.release_key_raw.body.len);
    assert_memory_equal(again.body.data, scheme->agreement.release_key_raw.body.data,
                        again.body.len);
    assert_memory_equal(again.signature, scheme->agreement.release_key_raw.signature,
                        SIGNATURE_BYTES);
    /* And the hub takes it again. */
    must(collection_agreed(scheme->at_hub, &again, scheme_matcher(scheme), scheme->now_ms, &err),
         &err);
    signed_bytes_free(&again);
}

static void a_draft_waits_or_gives_way(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct manifest manifest;
    struct signed_bytes first, second, waits;
    struct err err = {0};
    uint32_t period = scheme_first_period();
    scheme_draft(scheme, period, tables, TABLES_USED, &manifest);
    assert_false(collection_proposed(scheme->at_hub, period, &waits, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    must(collection_draw_up(scheme->at_hub, &manifest, &first, &err), &err);
    must(collection_proposed(scheme->at_hub, period, &waits, &err), &err);
    assert_memory_equal(waits.body.data, first.body.data, first.body.len);
    signed_bytes_free(&waits);
    must(collection_draw_up(scheme->at_hub, &manifest, &second, &err), &err);
    assert_int_not_equal(memcmp(first.body.data, second.body.data, first.body.len), 0);
    must(collection_proposed(scheme->at_hub, period, &waits, &err), &err);
    assert_memory_equal(waits.body.data, second.body.data, second.body.len);
    scheme_agree(scheme, &manifest);
    assert_false(collection_draw_up(scheme->at_hub, &manifest, &first, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    signed_bytes_free(&first);
    signed_bytes_free(&second);
    signed_bytes_free(&waits);
    manifest_free(&manifest);
}

static bool only_the_first(const char *agency, void *ctx)
{
    (void)ctx;
    return strcmp(agency, "agency-0000") == 0;
}

static enum err_code proposed(struct scheme *scheme, struct manifest *manifest, int64_t now_ms,
                              const char *field)
{
    struct signed_bytes raw, key;
    struct err err = {0};
    must(collection_draw_up(scheme->at_hub, manifest, &raw, &err), &err);
    bool ok = collection_agree(scheme->at_matcher, &raw, scheme_hub(scheme), now_ms, &key, &err);
    signed_bytes_free(&raw);
    if (ok) {
        signed_bytes_free(&key);
        return ERR_NONE;
    }
    assert_string_equal(err.field, field);
    return err.code;
}

static void what_a_matcher_does_not_agree_to(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    struct manifest manifest;
    scheme_draft(scheme, scheme_first_period(), tables, TABLES_USED, &manifest);
    int64_t open = manifest.opens_at + SCHEME_HOUR;
    assert_int_equal(proposed(scheme, &manifest, manifest.closes_at, "closes_at"), ERR_EXPIRED);
    struct manifest ahead;
    scheme_draft(scheme, period_next(period_next(manifest.period)), tables, TABLES_USED, &ahead);
    int64_t too_soon = ahead.opens_at - FIGURES_KEEP_MS - 1;
    assert_int_equal(proposed(scheme, &ahead, too_soon, "opens_at"), ERR_EXPIRED);
    assert_int_equal(proposed(scheme, &ahead, too_soon + 1, ""), ERR_NONE);
    manifest_free(&ahead);
    scheme->at_matcher->parts.listed = only_the_first;
    assert_int_equal(proposed(scheme, &manifest, open, "enrolled"), ERR_DENIED);
    scheme->at_matcher->parts.listed = NULL;
    (void)snprintf(manifest.matcher, sizeof manifest.matcher, "matcher-2");
    assert_int_equal(proposed(scheme, &manifest, open, "matcher"), ERR_INVALID);
    (void)snprintf(manifest.matcher, sizeof manifest.matcher, "matcher-1");
    assert_int_equal(proposed(scheme, &manifest, open, ""), ERR_NONE);
    manifest_free(&manifest);
}

static void only_so_many_periods_are_open(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    static const char *const one[] = {"capacity_status"};
    uint32_t period = scheme_first_period();
    struct manifest manifest;
    struct signed_bytes raw;
    struct err err = {0};
    for (int i = 0; i < FIGURES_OPEN_MAX; i++, period = period_next(period)) {
        scheme_begin_period(scheme, period, one, 1);
    }
    scheme_draft(scheme, period, one, 1, &manifest);
    assert_false(collection_draw_up(scheme->at_hub, &manifest, &raw, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    /* At the matcher too, where a hub does not keep to that. */
    struct step step;
    struct err full = {0};
    must(step_begin(scheme->at_matcher, false, &step, &err), &err);
    assert_false(agreement_check_limits(&step, "hub-1", 0, &full));
    assert_int_equal(full.code, ERR_BUDGET);
    assert_true(agreement_check_limits(&step, "hub-2", 1 << 20, &full));
    assert_false(agreement_check_limits(&step, "hub-2", (uint64_t)FIGURES_ROOM_MIB << 20, &full));
    assert_false(step_end(&step, false, &full));
    /* A month later the first ones are over. */
    scheme->now_ms = scheme->agreement.manifest.closes_at + FIGURES_KEEP_MS;
    must(collection_upkeep(scheme->at_hub, scheme->now_ms, &err), &err);
    must(collection_draw_up(scheme->at_hub, &manifest, &raw, &err), &err);
    signed_bytes_free(&raw);
    manifest_free(&manifest);
}

/* ---- contributions ---- */

static void the_same_bytes_get_a_receipt_again(void **state)
{
    struct scheme *scheme = begun(state);
    struct signed_bytes raw, first, again;
    struct err err = {0};
    struct scheme_party *party = scheme_agency(scheme, 0);
    scheme_contribute_all(scheme, party, table_of(0), 1, &raw);
    must(collection_put(scheme->at_hub, &raw, &party->certificate, false, scheme->now_ms, &first,
                        &err),
         &err);
    scheme_close_both(scheme);
    scheme_open_both(scheme);
    scheme_close_window(scheme); /* it was taken in time, whenever the answer got lost */
    must(collection_put(scheme->at_hub, &raw, &party->certificate, false, scheme->now_ms, &again,
                        &err),
         &err);
    assert_int_equal(first.body.len, again.body.len);
    assert_memory_equal(first.body.data, again.body.data, first.body.len);
    struct figures_receipt receipt;
    must(figures_receipt_decode(again.body.data, again.body.len, &receipt, &err), &err);
    must(certificate_verify(scheme_hub(scheme), TAG_FIGURES_RECEIPT, again.body.data,
                            again.body.len, again.signature, SIGNATURE_BYTES, &err),
         &err);
    assert_int_equal(receipt.role, ROLE_HUB);
    signed_bytes_free(&raw);
    signed_bytes_free(&first);
    signed_bytes_free(&again);
}

static void what_one_lacks_the_other_passes_on(void **state)
{
    struct scheme *scheme = begun(state);
    const struct figures_table *table = table_of(1);
    struct scheme_party *last = scheme_agency(scheme, AGENCIES - 1);
    struct signed_bytes raw, passed;
    struct certificate certificate;
    struct opened opened;
    struct figures_release set;
    struct err err = {0};
    scheme_deliver_all(scheme, table, 100, 1);
    scheme_contribute_all(scheme, last, table, 100, &raw);
    must(scheme_put(scheme, scheme->at_hub, last, &raw, false, &err), &err);
    scheme_close_window(scheme);
    assert_int_equal(put_code(scheme, scheme->at_matcher, last, &raw, false, "closes_at"),
                     ERR_EXPIRED);
    assert_false(scheme_half_open(scheme, table, &opened, &err));
    assert_string_equal(err.field, "set_hash");
    must(collection_set(scheme->at_hub, scheme->agreement.manifest.hash, table, &set, &err), &err);
    assert_int_equal(set.count, AGENCIES);
    for (size_t i = 0; i < set.count; i++) {
        struct signed_bytes receipt;
        must(collection_get(scheme->at_hub, set.contributions[i], &passed, &certificate, &err),
             &err);
        must(collection_put(scheme->at_matcher, &passed, &certificate, true, scheme->now_ms,
                            &receipt, &err),
             &err);
        signed_bytes_free(&receipt);
        signed_bytes_free(&passed);
        certificate_free(&certificate);
    }
    struct release release;
    release_table(scheme, table, &release);
    check_sums(&release, AGENCIES * 100);
    /* Once it is done nothing is taken any more. */
    struct scheme_party stranger = scheme_party(scheme, ROLE_AGENT, "agency-0003");
    struct signed_bytes other;
    scheme_contribute_all(scheme, &stranger, table, 1, &other);
    enum err_code code = put_code(scheme, scheme->at_matcher, &stranger, &other, true, "table");
    assert_true(code == ERR_EXISTS || code == ERR_EXPIRED); /* by which hash is lower */
    release_free(&release);
    figures_release_free(&set);
    signed_bytes_free(&raw);
    signed_bytes_free(&other);
    scheme_party_free(&stranger);
}

static void coverage_tells_who_is_missing(void **state)
{
    struct scheme *scheme = begun(state);
    const enum coverage expected[AGENCIES + LAS] = {
        COVERAGE_WHOLE, COVERAGE_PART,    COVERAGE_LATE,   COVERAGE_MISSING,
        COVERAGE_WHOLE, COVERAGE_MISSING, COVERAGE_MISSING};
    struct collection_coverage *coverage = NULL;
    struct signed_bytes raw;
    struct err err = {0};
    size_t count = 0;
    const struct {
        size_t party, table;
    } sent[] = {{0, 0}, {0, 1}, {1, 1}, {AGENCIES, 2}};
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++) {
        struct scheme_party *party = &scheme->contributors[sent[i].party];
        scheme_contribute_all(scheme, party, table_of(sent[i].table), 1, &raw);
        scheme_deliver(scheme, party, &raw);
        signed_bytes_free(&raw);
    }
    scheme_close_window(scheme);
    struct scheme_party *late = scheme_agency(scheme, 2);
    scheme_contribute_all(scheme, late, table_of(0), 1, &raw);
    assert_int_equal(put_code(scheme, scheme->at_hub, late, &raw, false, "closes_at"), ERR_EXPIRED);
    signed_bytes_free(&raw);
    for (int i = 0; i < 2; i++) {
        must(collection_coverage(scheme->at_hub, scheme->agreement.manifest.hash, &coverage, &count,
                                 &err),
             &err);
        assert_int_equal(count, AGENCIES + LAS);
        for (size_t k = 0; k < count; k++) assert_int_equal(coverage[k].coverage, expected[k]);
        assert_int_equal(coverage[0].tables, 2);
        free(coverage);
        /* It is the same once everything else has gone. */
        scheme->now_ms = scheme->agreement.manifest.closes_at + FIGURES_KEEP_MS;
        must(collection_upkeep(scheme->at_hub, scheme->now_ms, &err), &err);
    }
}

static void below_the_quorum_it_is_given_up(void **state)
{
    struct scheme *scheme = begun(state);
    const struct figures_table *table = table_of(0);
    const uint8_t *hash = scheme->agreement.manifest.hash;
    struct opened opened;
    struct collection_table found;
    struct err err = {0}, why = {0};
    scheme_deliver_all(scheme, table, 1, 2);
    scheme_close_window(scheme);
    assert_false(scheme_half_open(scheme, table, &opened, &why));
    assert_int_equal(why.code, ERR_INVALID);
    assert_string_equal(why.field, "quorum");
    must(collection_table(scheme->at_hub, hash, table, &found, &err), &err);
    assert_int_equal(found.state, COLLECTION_TAKING);
    must(collection_give_up(scheme->at_hub, hash, table, &why, scheme->now_ms, &err), &err);
    must(collection_table(scheme->at_hub, hash, table, &found, &err), &err);
    assert_int_equal(found.state, COLLECTION_GIVEN_UP);
    assert_int_equal(found.contributions, 2);
    assert_string_equal(found.why.text, why.text);
    assert_false(collection_give_up(scheme->at_hub, hash, table, &why, scheme->now_ms, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_int_equal(ledger_count(scheme->at_hub), 0);
}

/* A contributor sends a number that none can have; here the hub's secret is exchanged instead, so
 * that no cell opens. */
static void a_sum_that_no_count_fits(void **state)
{
    struct scheme *scheme = begun(state);
    const struct figures_table *table = table_of(1);
    struct opened opened;
    struct release release;
    struct collection_table found;
    struct scalar other;
    struct step step;
    struct err err = {0}, why = {0};
    scheme_deliver_all(scheme, table, 100, 0);
    scheme_close_window(scheme);
    must(scheme_half_open(scheme, table, &opened, &err), &err);
    scalar_random(&other);
    must(step_begin(scheme->at_hub, true, &step, &err), &err);
    must(secret_write(&step, scheme->agreement.manifest.hash, &other, &err), &err);
    must(step_end(&step, true, &err), &err);
    assert_false(scheme_open_sums(scheme, &opened, &release, &why));
    assert_int_equal(why.code, ERR_INVALID);
    assert_string_equal(why.field, "cells[0]");
    assert_non_null(strstr(why.text, "Manchester, All"));
    must(collection_table(scheme->at_hub, scheme->agreement.manifest.hash, table, &found, &err),
         &err);
    assert_int_equal(found.state, COLLECTION_TAKING);
    assert_int_equal(ledger_count(scheme->at_hub), 0);
    opened_free(&opened);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {
        cmocka_unit_test(a_period),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(the_same_manifest_gets_the_same_key),
        cmocka_unit_test(a_draft_waits_or_gives_way),
        cmocka_unit_test(what_a_matcher_does_not_agree_to),
        cmocka_unit_test(only_so_many_periods_are_open),
        cmocka_unit_test(the_same_bytes_get_a_receipt_again),
        cmocka_unit_test(what_one_lacks_the_other_passes_on),
        cmocka_unit_test(coverage_tells_who_is_missing),
        cmocka_unit_test(below_the_quorum_it_is_given_up),
        cmocka_unit_test(a_sum_that_no_count_fits),
    };
    return sodium_init() < 0 ? 1
                             : cmocka_run_group_tests(tests_of, scheme_set_up, scheme_tear_down);
}
