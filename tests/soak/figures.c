/* SPDX-License-Identifier: Apache-2.0
 * build/soak/figures: see soak.h, and tests/soak/run, which makes its input and cleans up.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "tests/soak/soak.h"

/* ---- clock, periods, tasks ---- */

void soak_set_clock(const struct soak *soak, int64_t wall_ms)
{
    int64_t real_ms = soak->real_ms + clock_steady_ms() - soak->steady_ms;
    char *offset = mem_format("%lld", (long long)((wall_ms - real_ms) / 1000));
    REQUIRE(setenv("HEARTH_CLOCK_OFFSET", offset, 1) == 0);
    free(offset);
}

uint32_t soak_period(const struct soak *soak, size_t index)
{
    uint32_t period = soak->first;
    while (index-- > 0) period = period_next(period);
    return period;
}

struct each {
    struct soak *soak;
    soak_task task;
};

static void run_task(size_t index, void *ctx)
{
    const struct each *each = ctx;
    struct soak_party *party = &each->soak->parties[index];
    if (party->enrolled) each->task(each->soak, party);
}

void soak_each(struct soak *soak, soak_task task)
{
    struct each each = {soak, task};
    pool_each(soak->pool, soak_party_count(soak), run_task, &each);
}

static double cpu_of(struct soak *soak, soak_task task)
{
    int64_t before_us = clock_cpu_us();
    soak_each(soak, task);
    return (double)(clock_cpu_us() - before_us) / 1e6;
}

/* ---- a period ---- */

static void keep_taken(struct soak *soak, const struct soak_party *party)
{
    if (party->fate == FATE_LATE) return;
    soak->taken =
        mem_resize(soak->taken, soak->taken_count + party->sent_count, sizeof *soak->taken);
    for (size_t i = 0; i < party->sent_count; i++) {
        memcpy(soak->taken[soak->taken_count++], party->sent[i].hash, HASH_BYTES);
    }
}

static void note_parties(struct soak *soak, struct soak_row *row)
{
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        if (!party->enrolled) continue;
        row->enrolled++;
        row->late += party->fate == FATE_LATE;
        row->contributed += party->fate != FATE_ABSENT && party->fate != FATE_LATE;
        for (size_t j = 0; j < party->sent_count; j++) row->bytes += party->sent[j].raw.body.len;
        keep_taken(soak, party);
    }
}

static void upkeep(struct soak *soak)
{
    struct err err = {0};
    parties_must(collection_upkeep(soak->at_matcher, clock_wall_ms(), &err), &err);
    parties_must(collection_upkeep(soak->at_hub, clock_wall_ms(), &err), &err);
}

/* The window: the month is over, its figures are counted and sent. */
static void run_window(struct soak *soak, struct soak_row *row)
{
    int64_t over = period_start_ms(period_next(row->period));
    soak_set_clock(soak, over + 9 * SOAK_HOUR);
    agree(soak, &soak->hub, soak->at_hub, row->period, &soak->agreement);
    soak_set_clock(soak, over + SOAK_DAY);
    soak_each(soak, contribute_live);
    row->contributing_s = cpu_of(soak, contribute_in_window);
    soak_check_parties(soak, "counting");
    row->checking_s = cpu_of(soak, deliver_in_window);
    soak_check_parties(soak, "delivery");
    release_too_early(soak);
    if (soak->period_index + 1 == soak->periods) budgets_second_hub(soak);
}

static void run_release(struct soak *soak)
{
    int64_t closes_at = soak->agreement.manifest.closes_at;
    soak_set_clock(soak, closes_at + SOAK_HOUR);
    soak_each(soak, deliver_late);
    soak_check_parties(soak, "late comers");
    soak_set_clock(soak, closes_at + 2 * SOAK_HOUR);
    soak->of_period = (struct soak_moments){0};
    release_all(soak);
    upkeep(soak);
    erased_check_released(soak);
    moments_check(soak, &soak->of_period, "residuals");
    coverage_check(soak);
    ledgers_check(soak);
    soak_each(soak, look_at_releases);
    soak_check_parties(soak, "contributors' books");
}

static void finish_row(struct soak *soak, struct soak_row *row, int64_t start_ms)
{
    char period[PERIOD_TEXT];
    row->cells = soak->of_period.cells;
    row->mean = soak->of_period.z / (double)row->cells;
    row->variance = soak->of_period.z2 / (double)row->cells;
    row->seconds = (double)(clock_steady_ms() - start_ms) / 1000;
    (void)fprintf(stderr,
                  "%s: %zu enrolled, %zu contributed, %zu late, %zu tables released, %zu given "
                  "up, %.0f s\n",
                  period_text(row->period, period), row->enrolled, row->contributed, row->late,
                  row->released, row->given_up, row->seconds);
}

static void run_period(struct soak *soak)
{
    struct soak_row *row = &soak->rows[soak->period_index];
    int64_t start_ms = clock_steady_ms();
    row->period = soak_period(soak, soak->period_index);
    fates_draw(soak);
    run_window(soak, row);
    note_parties(soak, row);
    run_release(soak);
    for (size_t i = 0; i < soak_party_count(soak); i++) contribute_forget(&soak->parties[i]);
    release_forget(soak);
    agreement_free(&soak->agreement);
    finish_row(soak, row, start_ms);
}

/* ---- all ---- */

static void check_end(struct soak *soak)
{
    moments_check(soak, &soak->moments, "residuals of all periods");
    for (size_t i = 0; i < figures_table_count; i++) {
        if (soak->of_tables[i].cells == 0) continue;
        moments_check(soak, &soak->of_tables[i], figures_tables[i].name);
    }
    prices_check(soak);
    soak->period_index = soak->periods;
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        struct soak_party *party = &soak->parties[i];
        party->enrolled = party->until >= soak->periods;
    }
    budgets_thirteenth(soak);
    soak_set_clock(soak, period_start_ms(period_next(soak_period(soak, soak->periods))) +
                             (FIGURES_KEEP_DAYS + 1) * SOAK_DAY);
    upkeep(soak);
    erased_check(soak);
}

static void run(struct soak *soak)
{
    int64_t start_ms = clock_steady_ms();
    soak->pool = pool_start(0);
    soak_set_clock(soak, period_start_ms(soak->first));
    world_open(soak);
    (void)fprintf(stderr, "%zu agencies and %zu LAs with their homes: %.0f s\n", soak->agencies,
                  soak->las, (double)(clock_steady_ms() - start_ms) / 1000);
    for (soak->period_index = 0; soak->period_index < soak->periods; soak->period_index++) {
        run_period(soak);
    }
    soak->period_index = soak->periods - 1;
    check_end(soak);
    world_close(soak);
    pool_stop(soak->pool);
}

/* ---- options ---- */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct soak *soak = state->input;
    struct err err = {0};
    int64_t number = 0;
    switch (key) {
    case 'p':
        if (!text_integer(arg, 1, SOAK_PERIODS_MAX, &number)) argp_error(state, "1 to 12 periods");
        soak->periods = (size_t)number;
        return 0;
    case 'f':
        if (!period_parse(arg, &soak->first, &err)) argp_error(state, "%s", err.text);
        return 0;
    case 'j': soak->json = true; return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0) soak->carers = arg;
        if (state->arg_num == 1) soak->year = arg;
        if (state->arg_num == 2) soak->work = arg;
        return state->arg_num < 3 ? 0 : ARGP_ERR_UNKNOWN;
    case ARGP_KEY_END:
        if (state->arg_num != 3) argp_usage(state);
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"periods", 'p', "N", 0, "How many (default 2)", 0},
        {"first", 'f', "YYYY-MM", 0, "The first of them", 0},
        {"json", 'j', NULL, 0, "Print JSON", 0},
        {0}};
    static const struct argp argp = {.options = options,
                                     .parser = parse,
                                     .args_doc = "CARERS YEAR WORK",
                                     .doc =
                                         "Runs a simulated year of figures. CARERS and YEAR: the "
                                         "generator's, as of the first day and the last."};
    struct soak *soak = mem_new(struct soak);
    soak->periods = 2;
    soak->first = 202511;
    if (argp_parse(&argp, argc, argv, 0, NULL, soak) != 0) return 2;
    REQUIRE(sodium_init() >= 0 && unsetenv("HEARTH_CLOCK_OFFSET") == 0);
    soak->low = soak->periods / 2;
    soak->real_ms = clock_wall_ms();
    soak->steady_ms = clock_steady_ms();
    run(soak);
    soak_print(soak, soak->json);
    FILE *closing = soak->json ? stderr : stdout;
    (void)fprintf(closing, "%zu passed, %zu failed\n", soak->checks_passed, soak->checks_failed);
    int code = soak->checks_failed > 0;
    free(soak);
    return code;
}
