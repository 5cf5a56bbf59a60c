/* SPDX-License-Identifier: Apache-2.0
 * Anonymised figures: every table of the edition over England's areas, each party's part against
 * the primitive operations it is made of (docs/figures.md). A few contributions are made and
 * measured, and what all of 339 agencies and 150 LAs would cost is worked out from them; sums are
 * opened for real, over the whole range that so many could reach. Exit status 1 where a part costs
 * more than its bar. One thread; CPU time.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/figures/contribution.h"
#include "proto/figures/manifest.h"
#include "tests/bench/costs.h"

enum { REGIONS = 9, AUTHORITIES = 153, ROUNDS = 5, MADE = 3, FAR = 24 };
static const size_t PARTIES[FIGURES_SIDES] = {339, 150};
static const double BAR = 1.25;

enum part { NOISE, ENCRYPT, CHECK, ADD_UP, HALF, OPEN, PARTS };

struct side {
    enum figures_side side;
    struct scalar u, m;
    struct point hub_key, matcher_key, joint;
    const struct figures_table *tables[FIGURES_TABLES_MAX];
    struct noise_table *noise[FIGURES_TABLES_MAX];
    size_t cells[FIGURES_TABLES_MAX], count, all, largest; /* all, largest: of cells */
    size_t bytes;                                          /* bodies of one party's contributions */
    int32_t *values;
    uint8_t *ciphertexts, *shares;
    uint8_t proofs[FIGURES_TABLES_MAX][PROOF_BYTES], halves[FIGURES_TABLES_MAX][PROOF_BYTES];
    struct ciphertext *checked, *sum;
    int64_t *plain, *opened;
    struct sum_finder *finder;
};

static uint64_t range_of(const struct side *side)
{
    return (uint64_t)PARTIES[side->side] * CONTRIBUTION_VALUE_MAX;
}

static void add_table(struct side *side, const struct figures_table *table)
{
    const struct noise_spec spec = {manifest_quorum(PARTIES[side->side]) - 1, table->epsilon,
                                    table->clip * table->cells_each};
    size_t cells = figures_cells(table, table->by_authority ? AUTHORITIES : REGIONS);
    struct err err;
    REQUIRE(noise_table_build(&spec, &side->noise[side->count], &err));
    side->tables[side->count] = table;
    side->cells[side->count++] = cells;
    side->all += cells;
}

static void side_make(struct side *side, enum figures_side which)
{
    *side = (struct side){.side = which};
    scalar_random(&side->u);
    scalar_random(&side->m);
    point_mul_base(&side->hub_key, &side->u);
    point_mul_base(&side->matcher_key, &side->m);
    point_add(&side->joint, &side->hub_key, &side->matcher_key);
    for (size_t i = 0; i < figures_table_count; i++) {
        if (figures_tables[i].side == which) add_table(side, &figures_tables[i]);
    }
    side->values = mem_array(side->all, sizeof *side->values);
    side->plain = mem_array(side->all, sizeof *side->plain);
    side->opened = mem_array(side->all, sizeof *side->opened);
    side->ciphertexts = mem_array(side->all, CIPHERTEXT_BYTES);
    side->shares = mem_array(side->all, POINT_BYTES);
    side->checked = mem_array(side->all, sizeof *side->checked);
    side->sum = mem_array(side->all, sizeof *side->sum);
    ciphertexts_zero(side->sum, side->all);
}

static void side_free(struct side *side)
{
    for (size_t i = 0; i < side->count; i++) noise_table_free(side->noise[i]);
    free(side->values);
    free(side->plain);
    free(side->opened);
    free(side->ciphertexts);
    free(side->shares);
    free(side->checked);
    free(side->sum);
    sum_finder_free(side->finder);
}

/* ---- the parts, each for all tables of a side ---- */

/* Numbers as they are, and what a party adds to them. */
static void draw(void *ctx)
{
    struct side *side = ctx;
    struct stream stream;
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    stream_start(&stream, "bench", seed, NULL, 0);
    for (size_t i = 0, at = 0; i < side->count; i++) {
        for (size_t cell = 0; cell < side->cells[i]; cell++, at++)
            side->values[at] = (int32_t)(at % 40) + noise_draw(side->noise[i], &stream);
    }
}

static void encrypt(void *ctx)
{
    struct side *side = ctx;
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++]) {
        const char *name = side->tables[i]->name;
        contribution_encrypt(&side->joint, side->values + at, side->cells[i], name, strlen(name),
                             seed, NULL, side->ciphertexts + at * CIPHERTEXT_BYTES,
                             side->proofs[i]);
    }
}

static void check(void *ctx)
{
    struct side *side = ctx;
    struct err err;
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++]) {
        const char *name = side->tables[i]->name;
        REQUIRE(contribution_check(&side->joint, side->ciphertexts + at * CIPHERTEXT_BYTES,
                                   side->cells[i], name, strlen(name), side->proofs[i], NULL,
                                   side->checked + at, &err));
    }
}

static void add_up(void *ctx)
{
    struct side *side = ctx;
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++])
        contribution_add(side->sum + at, side->checked + at, side->cells[i], NULL);
    for (size_t i = 0; i < side->all; i++) side->plain[i] += side->values[i];
}

static void half_open(void *ctx)
{
    struct side *side = ctx;
    struct err err;
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++]) {
        const char *name = side->tables[i]->name;
        REQUIRE(sum_half_open(&side->m, side->sum + at, side->cells[i], name, strlen(name), seed,
                              NULL, side->shares + at * POINT_BYTES, side->halves[i], &err));
    }
}

static void open_sums(void *ctx)
{
    struct side *side = ctx;
    struct err err;
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++]) {
        const char *name = side->tables[i]->name;
        REQUIRE(sum_open(&side->u, &side->matcher_key, side->sum + at, side->cells[i],
                         side->shares + at * POINT_BYTES, side->halves[i], name, strlen(name),
                         side->finder, NULL, side->opened + at, &err));
    }
}

/* Additions a point of a multi-scalar multiplication of so many terms by buckets: for each of the
 * 128 / width digits one a term and two a bucket, 2^(width-1) of them, with the best width. */
static double sum_additions(size_t count)
{
    double best = 1e9, n = (double)count;
    for (int width = 1; width <= 12; width++) {
        double additions = (128.0 / width + 1) * (n + (double)(1 << width)) / n;
        if (additions < best) best = additions;
    }
    return best;
}

/* The mean over a side's cells. */
static double side_additions(const struct side *side)
{
    double sum = 0;
    for (size_t i = 0; i < side->count; i++)
        sum += sum_additions(side->cells[i]) * (double)side->cells[i];
    return sum / (double)side->all;
}

/* What each part cannot do without, an item being a cell; `once` is of each table's proof. */
static void lines_make(const struct side *side, struct line lines[PARTS])
{
    static const char *const names[FIGURES_SIDES][PARTS] = {
        {"agency: noise, a cell", "agency: encrypt and prove, a cell",
         "capacity: check a contribution, a cell", "capacity: add it up, a cell",
         "matcher: half-open capacity, a cell", "hub: open capacity, a cell"},
        {"LA: noise, a cell", "LA: encrypt and prove, a cell",
         "demand: check a contribution, a cell", "demand: add it up, a cell",
         "matcher: half-open demand, a cell", "hub: open demand, a cell"}};
    double additions = side_additions(side), tables = (double)side->count;
    for (int i = 0; i < PARTS; i++)
        lines[i] = (struct line){.name = names[side->side][i], .bar = i == NOISE ? 0 : BAR};
    lines[ENCRYPT].item.of[MUL_BASE] = lines[ENCRYPT].item.of[MUL_TABLE] = 1;
    lines[ENCRYPT].item.of[ENCODE] = 2;
    lines[ENCRYPT].once.of[MUL_BASE] = tables;
    lines[CHECK].item.of[DECODE] = 2;
    lines[CHECK].item.of[ADD] = additions;
    lines[CHECK].once.of[MUL_BASE] = tables;
    lines[ADD_UP].item.of[ADD] = 2;
    lines[HALF].item.of[MUL] = 1;
    lines[HALF].item.of[ENCODE] = 2;
    lines[HALF].item.of[ADD] = additions;
    lines[HALF].once.of[MUL] = lines[HALF].once.of[MUL_BASE] = 2 * tables;
    lines[OPEN].item.of[DECODE] = lines[OPEN].item.of[MUL] = lines[OPEN].item.of[MUL_BASE] = 1;
    lines[OPEN].item.of[ENCODE] = 2;
    lines[OPEN].item.of[ADD] = 2 * additions;
    lines[OPEN].once.of[MUL] = 4 * tables;
}

/* Bodies as they travel, without signature and certificate. */
static size_t bodies_bytes(const struct side *side)
{
    struct buf body = {0};
    for (size_t i = 0, at = 0; i < side->count; at += side->cells[i++]) {
        struct contribution contribution = {
            .role = side->side == FIGURES_CAPACITY ? ROLE_AGENT : ROLE_LA,
            .organisation = "an-agency-of-england",
            .table = side->tables[i],
            .ciphertexts = side->ciphertexts + at * CIPHERTEXT_BYTES,
            .count = side->cells[i]};
        contribution_encode(&contribution, &body);
    }
    size_t bytes = body.len;
    buf_free(&body);
    return bytes;
}

/* ---- the finder ---- */
static void make_finder(void *ctx)
{
    struct side *side = ctx;
    side->finder = sum_finder_new(range_of(side), side->all, NULL);
}

static bool bench_table(struct costs *costs, struct side *side)
{
    struct line line = {.name = "hub: table of the finder, a point", .bar = BAR};
    line.item.of[ENCODE] = line.item.of[ADD] = 1;
    make_finder(side);
    size_t points = sum_finder_points(side->finder);
    sum_finder_free(side->finder);
    int64_t start = clock_cpu_us();
    costs_sample(costs, &line, points, make_finder, side);
    printf("  %zu points for sums up to %llu; %.2f s\n", points, (unsigned long long)range_of(side),
           (double)(clock_cpu_us() - start) / 1e6);
    return line_print(&line);
}

struct far {
    const struct side *side;
    int64_t values[FAR];
    struct point points[FAR];
};

static void find_far(void *ctx)
{
    const struct far *far = ctx;
    for (size_t i = 0; i < FAR; i++) {
        int64_t found;
        REQUIRE(sum_find_var(far->side->finder, &far->points[i], &found));
        REQUIRE(found == far->values[i]);
    }
}

/* Sums spread evenly over the whole range, both ends among them. No honest population has them. */
static bool bench_far(struct costs *costs, const struct side *side)
{
    struct far far = {.side = side};
    struct line line = {.name = "hub: sums over the whole range, a step", .bar = BAR};
    double steps = 0, stride = (double)sum_finder_points(side->finder);
    int64_t range = (int64_t)range_of(side);
    line.item.of[ENCODE] = line.item.of[ADD] = 1;
    line.once.of[MUL_BASE] = FAR;
    for (int64_t i = 0; i < FAR; i++) {
        struct scalar scalar;
        far.values[i] = i * 2 * range / (FAR - 1) - range;
        scalar_from_int(&scalar, far.values[i]);
        point_mul_base(&far.points[i], &scalar);
        steps += 1 + 2 * ((double)llabs(far.values[i]) / stride);
    }
    int64_t start = clock_cpu_us();
    for (int i = 0; i < 3; i++) costs_sample(costs, &line, (size_t)steps, find_far, &far);
    bool passed = line_print(&line);
    printf("  %.0f steps and %.1f ms a sum\n", steps / FAR,
           (double)(clock_cpu_us() - start) / 3000 / FAR);
    return passed;
}

/* ---- all of it ---- */

/* What was opened is what was put in. */
static void require_sums(const struct side *side)
{
    REQUIRE(memcmp(side->opened, side->plain, side->all * sizeof *side->plain) == 0);
}

static double run(struct costs *costs, struct line *line, const struct side *side,
                  void (*work)(void *ctx), void *ctx)
{
    costs_sample(costs, line, side->all, work, ctx);
    return line->measured[line->samples - 1] * (double)side->all / 1e6;
}

static bool bench_side(struct costs *costs, enum figures_side which)
{
    static void (*const works[PARTS])(void *) = {draw,   encrypt,   check,
                                                 add_up, half_open, open_sums};
    struct side side;
    struct line lines[PARTS];
    double seconds[PARTS] = {0};
    side_make(&side, which);
    lines_make(&side, lines);
    bool passed = bench_table(costs, &side);
    for (int i = 0; i < MADE; i++) {
        for (int part = NOISE; part <= ADD_UP; part++)
            seconds[part] = run(costs, &lines[part], &side, works[part], &side);
    }
    for (int i = 0; i < ROUNDS; i++) {
        for (int part = HALF; part <= OPEN; part++)
            seconds[part] = run(costs, &lines[part], &side, works[part], &side);
    }
    require_sums(&side);
    for (int part = 0; part < PARTS; part++) passed &= line_print(&lines[part]);
    passed &= bench_far(costs, &side);
    double parties = (double)PARTIES[which];
    printf("  %zu tables, %zu cells: a party %.0f ms and %zu bytes of bodies\n", side.count,
           side.all, 1000 * (seconds[NOISE] + seconds[ENCRYPT]), bodies_bytes(&side));
    printf("  all %.0f: checked in %.1f s, added up in %.2f s (worked out from one); half-opened "
           "in %.3f s, opened in %.3f s\n",
           parties, parties * seconds[CHECK], parties * seconds[ADD_UP], seconds[HALF],
           seconds[OPEN]);
    side_free(&side);
    return passed;
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    struct costs *costs = costs_new();
    line_print_head();
    bool passed = bench_side(costs, FIGURES_CAPACITY);
    passed &= bench_side(costs, FIGURES_DEMAND);
    costs_print(costs);
    costs_free(costs);
    return passed ? 0 : 1;
}
