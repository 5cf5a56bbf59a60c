/* SPDX-License-Identifier: Apache-2.0
 * A process that takes contributions, half-opens and opens, for matcher and hub, is killed at
 * random instants. After each both stores are compared with what the process had been told:
 * nothing that had a receipt is lost, nothing is released twice with different bytes, the ledgers
 * have what was released and nothing else, what was to be erased is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/proto/figures/scheme.h"
#include "tests/unit/support/sanitized.h"

static const char *const tables[] = {"capacity_status", "capacity_together", "capacity_la"};
enum {
    AGENCIES = 3,
    TABLE_COUNT = 3,
    PUTS = AGENCIES * TABLE_COUNT * 2, /* at matcher and hub */
    STEPS = PUTS + 2 * TABLE_COUNT,    /* then each table is half-opened, and opened */
    KILLS = SANITIZED ? 30 : 80,
    KILLS_MAX = 10 * KILLS, /* on a busy machine a period takes more of them */
    PERIODS_MAX = 11,       /* as long as the certificates */
    DELAY_MAX_US = SANITIZED ? 90000 : 30000,
    PATIENCE_MS = 20000
};

/* How far each step had come when the process was killed. */
enum progress { STEP_NONE, STEP_BEGUN, STEP_DONE };

/* In memory that both processes share, so that a kill leaves it as it stood. */
struct told {
    volatile uint32_t running; /* the process has opened the stores */
    volatile uint32_t all;     /* it has nothing more to do */
    struct {
        volatile uint8_t progress;
        uint8_t hash[HASH_BYTES]; /* of the answer; written before `progress` */
    } steps[STEPS];
};

struct killing {
    struct scheme *scheme;
    struct told *told;
    struct signed_bytes contributions[AGENCIES * TABLE_COUNT];
    size_t kills, in_the_midst, periods;
};

static void must(bool ok, const struct err *err)
{
    parties_must(ok, err);
}

static const struct figures_table *table_of(size_t i)
{
    return figures_table_find(tables[i]);
}

/* ---- the steps: each may be done again, and gives the same answer ---- */

static void answer_of_put(struct killing *killing, size_t i, uint8_t out[HASH_BYTES])
{
    struct scheme *scheme = killing->scheme;
    struct signed_bytes receipt;
    struct err err = {0};
    size_t which = i / 2;
    must(collection_put(
             i % 2 == 0 ? scheme->at_matcher : scheme->at_hub, &killing->contributions[which],
             &scheme_agency(scheme, which % AGENCIES)->certificate, false,
             scheme->agreement.manifest.opens_at + SCHEME_HOUR + clock_steady_us() % 1000, &receipt,
             &err),
         &err);
    hash_once(out, "test", receipt.body.data, receipt.body.len);
    signed_bytes_free(&receipt);
}

static void half_open(struct killing *killing, size_t table, struct opened *out)
{
    struct err err = {0};
    killing->scheme->now_ms = killing->scheme->agreement.manifest.closes_at + SCHEME_HOUR;
    must(scheme_half_open(killing->scheme, table_of(table), out, &err), &err);
}

static void answer_of_half(struct killing *killing, size_t table, uint8_t out[HASH_BYTES])
{
    struct opened opened;
    struct hash hash;
    half_open(killing, table, &opened);
    hash_start(&hash, "test", HASH_BYTES, NULL);
    hash_bytes(&hash, opened.release.body.data, opened.release.body.len);
    hash_bytes(&hash, opened.release.signature, SIGNATURE_BYTES);
    hash_bytes(&hash, opened.shares.data, opened.shares.len);
    hash_bytes(&hash, opened.proof, PROOF_BYTES);
    hash_end(&hash, out);
    opened_free(&opened);
}

/* What was opened before says so: it was begun by a process that was killed. */
static void open_sums(struct killing *killing, size_t table)
{
    struct opened opened;
    struct release release;
    struct err err = {0};
    half_open(killing, table, &opened);
    if (scheme_open_sums(killing->scheme, &opened, &release, &err)) {
        release_free(&release);
    } else {
        assert_int_equal(err.code, ERR_EXISTS);
    }
    opened_free(&opened);
}

static void do_step(struct killing *killing, size_t i)
{
    struct told *told = killing->told;
    uint8_t hash[HASH_BYTES] = {0};
    told->steps[i].progress = STEP_BEGUN;
    if (i < PUTS) answer_of_put(killing, i, hash);
    if (i >= PUTS && (i - PUTS) % 2 == 0) answer_of_half(killing, (i - PUTS) / 2, hash);
    if (i >= PUTS && (i - PUTS) % 2 == 1) open_sums(killing, (i - PUTS) / 2);
    memcpy(told->steps[i].hash, hash, HASH_BYTES);
    told->steps[i].progress = STEP_DONE;
}

/* Reads the agreement, which takes longer than a step. */
static void warm(struct collection *collection, const struct scheme *scheme)
{
    const struct agreement *agreement = NULL;
    struct err err = {0};
    must(held_find(collection, scheme->agreement.manifest.hash, &agreement, &err), &err);
    held_drop(collection, agreement);
}

_Noreturn static void work(struct killing *killing)
{
    struct told *told = killing->told;
    scheme_open_both(killing->scheme);
    warm(killing->scheme->at_matcher, killing->scheme);
    warm(killing->scheme->at_hub, killing->scheme);
    told->running = 1;
    for (size_t i = 0; i < STEPS; i++) {
        if (told->steps[i].progress != STEP_DONE) do_step(killing, i);
    }
    told->all = 1;
    for (;;) (void)pause();
}

static void run_and_kill(struct killing *killing)
{
    killing->told->running = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) work(killing);
    int64_t end_ms = clock_steady_ms() + PATIENCE_MS;
    while (!killing->told->running && clock_steady_ms() < end_ms) (void)sched_yield();
    int64_t kill_us = clock_steady_us() + randombytes_uniform(DELAY_MAX_US);
    while (clock_steady_us() < kill_us) (void)sched_yield();
    int status = 0;
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    killing->kills++;
}

/* ---- what is found afterwards ---- */

static bool counts(struct killing *killing, struct collection *collection, size_t which)
{
    struct figures_release set;
    struct contribution contribution;
    struct err err = {0};
    bool found = false;
    const struct signed_bytes *raw = &killing->contributions[which];
    must(contribution_decode(raw->body.data, raw->body.len, &contribution, &err), &err);
    must(collection_set(collection, killing->scheme->agreement.manifest.hash,
                        table_of(which / AGENCIES), &set, &err),
         &err);
    for (size_t i = 0; i < set.count; i++) {
        found = found || memcmp(set.contributions[i], contribution.hash, HASH_BYTES) == 0;
    }
    figures_release_free(&set);
    return found;
}

static bool is_done(struct killing *killing, struct collection *collection, size_t table)
{
    struct collection_table found;
    struct err err = {0};
    must(collection_table(collection, killing->scheme->agreement.manifest.hash, table_of(table),
                          &found, &err),
         &err);
    return found.state == COLLECTION_DONE;
}

/* What was begun is done altogether or not at all; from here on we know which. */
static void settle(struct killing *killing, size_t i)
{
    struct told *told = killing->told;
    struct scheme *scheme = killing->scheme;
    uint8_t hash[HASH_BYTES];
    size_t table = i < PUTS ? 0 : (i - PUTS) / 2;
    bool at_hub = i % 2 == 1;
    struct collection *collection = at_hub ? scheme->at_hub : scheme->at_matcher;
    bool there =
        i < PUTS ? counts(killing, collection, i / 2) : is_done(killing, collection, table);
    if (told->steps[i].progress == STEP_BEGUN) killing->in_the_midst++;
    if (told->steps[i].progress == STEP_DONE) assert_true(there);
    if (told->steps[i].progress == STEP_NONE) assert_false(there);
    if (!there) {
        told->steps[i].progress = STEP_NONE;
        return;
    }
    if (i < PUTS) answer_of_put(killing, i, hash);
    if (i >= PUTS && !at_hub) answer_of_half(killing, table, hash);
    if (i >= PUTS && at_hub) memset(hash, 0, sizeof hash);
    if (told->steps[i].progress == STEP_BEGUN) memcpy(told->steps[i].hash, hash, HASH_BYTES);
    told->steps[i].progress = STEP_DONE;
    assert_memory_equal(told->steps[i].hash, hash, HASH_BYTES);
}

static size_t entries_of(struct step *step, size_t table)
{
    struct err err = {0};
    size_t count = 0;
    must(store_count(step->txn, table, &count, &err), &err);
    return count;
}

static void check_side(struct killing *killing, struct collection *collection)
{
    struct step step;
    struct err err = {0};
    uint8_t head[HASH_BYTES];
    uint64_t entries = 0;
    size_t done = 0, kept = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        bool gone = is_done(killing, collection, i);
        done += gone;
        for (size_t k = 0; !gone && k < AGENCIES; k++) {
            kept += counts(killing, collection, i * AGENCIES + k);
        }
    }
    must(collection_ledger(collection, NULL, NULL, head, &entries, &err), &err);
    assert_int_equal(entries, killing->periods * TABLE_COUNT + done);
    must(step_begin(collection, false, &step, &err), &err);
    assert_int_equal(entries_of(&step, TABLE_CONTRIBUTIONS), kept);
    assert_int_equal(entries_of(&step, TABLE_SECRETS), done < TABLE_COUNT ? 1 : 0);
    must(step_end(&step, true, &err), &err);
}

static void check(struct killing *killing)
{
    scheme_open_both(killing->scheme);
    for (size_t i = 0; i < STEPS; i++) settle(killing, i);
    check_side(killing, killing->scheme->at_matcher);
    check_side(killing, killing->scheme->at_hub);
}

/* ---- one period after the other ---- */

static void forget_contributions(struct killing *killing)
{
    for (size_t i = 0; i < AGENCIES * TABLE_COUNT; i++) {
        signed_bytes_free(&killing->contributions[i]);
    }
}

static void next_period(struct killing *killing, uint32_t period)
{
    struct scheme *scheme = killing->scheme;
    memset(killing->told, 0, sizeof *killing->told);
    scheme_begin_period(scheme, period, tables, TABLE_COUNT);
    for (size_t i = 0; i < AGENCIES * TABLE_COUNT; i++) {
        scheme_contribute_all(scheme, scheme_agency(scheme, i % AGENCIES), table_of(i / AGENCIES),
                              (int32_t)i, &killing->contributions[i]);
    }
    scheme_close_both(scheme);
}

static void nothing_is_lost_or_released_twice(void **state)
{
    (void)state;
    struct told *told =
        mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(told != MAP_FAILED);
    struct killing killing = {.scheme = scheme_new(AGENCIES, 0, NULL), .told = told};
    uint32_t period = scheme_first_period();
    next_period(&killing, period);
    while (killing.kills < KILLS || (killing.periods == 0 && killing.kills < KILLS_MAX)) {
        if (killing.periods == PERIODS_MAX) break;
        run_and_kill(&killing);
        check(&killing);
        if (told->all) {
            killing.periods++;
            period = period_next(period);
            forget_contributions(&killing);
            next_period(&killing, period);
        } else {
            scheme_close_both(killing.scheme);
        }
    }
    print_message("%zu kills, %zu in the midst of a step, %zu periods\n", killing.kills,
                  killing.in_the_midst, killing.periods);
    assert_true(killing.periods >= 1);
    assert_true(killing.in_the_midst >= killing.kills / 4); /* else the test tests nothing */
    forget_contributions(&killing);
    scheme_free(killing.scheme);
    (void)munmap(told, sizeof *told);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {cmocka_unit_test(nothing_is_lost_or_released_twice)};
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests_of, NULL, NULL);
}
