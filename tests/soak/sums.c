/* SPDX-License-Identifier: Apache-2.0
 * What is predicted is worked out here anew from the parameters: each cell's noise has the variance
 * n r 2p/(1-p)^2 and the excess (1 + 4p + p^2)/(2 p n r), with r = 1/(q - t), p = exp(-epsilon/D).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "tests/soak/soak.h"

enum { MOMENT_CELLS = 200 }; /* with fewer, a single cell may be too much of it */
/* Tails are those of a Laplace distribution: beyond CELL_BOUND deviations lies less than one cell
 * in 10^9. Means and variances over MOMENT_CELLS cells or more are nearly normal. */
static const double CELL_BOUND = 16, MOMENT_BOUND = 6.5, PRICE_FEW = 20;

struct predicted {
    double variance, excess; /* of one cell */
};

static struct predicted predict(const struct soak *soak, const struct manifest_term *term,
                                size_t contributions)
{
    const struct figures_table *table = term->table;
    const struct manifest_side *side = &soak->agreement.manifest.sides[table->side];
    double r = 1.0 / (side->quorum - side->insiders), n = (double)contributions;
    double p = exp(-(double)table->epsilon / 1e6 / (table->cells_each * table->clip));
    return (struct predicted){.variance = n * r * 2 * p / ((1 - p) * (1 - p)),
                              .excess = (1 + 4 * p + p * p) / (2 * p * n * r)};
}

/* ---- what was counted ---- */

static size_t cells_of(const struct soak *soak, const struct figures_table *table)
{
    return figures_cells(table, geography_areas(soak->areas, table->by_authority));
}

/* Caller frees. */
static int64_t *plain_sums(const struct soak *soak, const struct figures_table *table)
{
    size_t cells = cells_of(soak, table), count = 0;
    int64_t *plain = mem_array(cells, sizeof *plain);
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        if (!soak_counts(party, table)) continue;
        const int32_t *own = tally_cells(party->tally, table->name, &count);
        REQUIRE(own != NULL && count == cells);
        for (size_t c = 0; c < cells; c++) plain[c] += own[c];
    }
    return plain;
}

/* ---- residuals ---- */

void moments_add(struct soak_moments *moments, double z, double excess)
{
    moments->cells++;
    moments->z += z;
    moments->z2 += z * z;
    moments->var_z2 += excess + 2;
    if (fabs(z) > moments->largest) moments->largest = fabs(z);
}

static void moments_join(struct soak_moments *to, const struct soak_moments *more)
{
    to->cells += more->cells;
    to->z += more->z;
    to->z2 += more->z2;
    to->var_z2 += more->var_z2;
    to->largest = fmax(to->largest, more->largest);
}

void moments_check(struct soak *soak, const struct soak_moments *m, const char *name)
{
    double n = (double)m->cells, mean = m->z / n, variance = m->z2 / n;
    if (m->cells < MOMENT_CELLS) return;
    double of_mean = MOMENT_BOUND / sqrt(n), of_variance = MOMENT_BOUND * sqrt(m->var_z2) / n;
    soak_check(soak, fabs(mean) <= of_mean, name, "mean residual %.3f; 0 within %.3f is predicted",
               mean, of_mean);
    soak_check(soak, fabs(variance - 1) <= of_variance, name,
               "variance of residuals %.3f; 1 within %.3f is predicted", variance, of_variance);
}

void sums_check(struct soak *soak, const struct manifest_term *term, const int64_t *sums,
                size_t contributions)
{
    const struct predicted predicted = predict(soak, term, contributions);
    struct soak_moments moments = {0};
    int64_t *plain = plain_sums(soak, term->table);
    for (size_t i = 0; i < cells_of(soak, term->table); i++) {
        double z = (double)(sums[i] - plain[i]) / sqrt(predicted.variance);
        moments_add(&moments, z, predicted.excess);
    }
    soak_check(soak, moments.largest <= CELL_BOUND, term->table->name,
               "a sum is %.1f deviations from what was counted", moments.largest);
    moments_join(&soak->of_period, &moments);
    moments_join(&soak->of_tables[figures_table_index(term->table)], &moments);
    moments_join(&soak->moments, &moments);
    free(plain);
}

/* ---- what is shown ---- */

struct shown {
    struct soak *soak;
    const struct release *release;
    const int64_t *sums, *plain;
    double deviation; /* of one cell */
    size_t wrong, far;
};

/* The sum over the cells that are in (row, column), at a point of the scale; *cells: how many. */
static int64_t add_up(const struct shown *shown, const int64_t *values, size_t row, size_t column,
                      size_t point, size_t *cells)
{
    const struct figures_table *table = shown->release->table;
    int64_t sum = 0;
    *cells = 0;
    for (size_t i = 0; i + 1 < shown->release->row_count; i++) {
        for (size_t j = 0; j < table->category_count; j++) {
            bool in_row = row + 1 == shown->release->row_count || i == row;
            bool in_column = column == table->category_count || j == column;
            if (!in_row || !in_column) continue;
            sum += values[figures_cell(table, i, j, point)];
            (*cells)++;
        }
    }
    return sum;
}

static void check_count(struct shown *shown, size_t row, size_t column)
{
    const struct release_value *value = &release_at(shown->release, row, column)->count;
    size_t cells = 0;
    int64_t plain = add_up(shown, shown->plain, row, column, 0, &cells);
    int64_t noisy = add_up(shown, shown->sums, row, column, 0, &cells);
    bool total =
        row + 1 == shown->release->row_count || column == shown->release->table->category_count;
    double deviation = shown->deviation * sqrt((double)cells);
    double to = total ? RELEASE_ROUND_TOTAL : RELEASE_ROUND;
    bool small = noisy < RELEASE_SHOWN_FROM;
    bool right = value->shown == RELEASE_SHOWN
                     ? !small && (double)value->value == floor((double)noisy / to + 0.5) * to
                     : value->value == 0 && (value->shown == RELEASE_SMALL) == small;
    right = right && fabs(value->deviation / deviation - 1) < 1e-9;
    shown->wrong += !right;
    if (value->shown != RELEASE_SHOWN) return;
    shown->soak->rows[shown->soak->period_index].shown++;
    shown->far += fabs((double)(value->value - plain)) > CELL_BOUND * deviation + to / 2;
}

/* The mean of what the parties counted, which lies at the points of the scale too. Where no more
 * than PRICE_FEW stand behind a price it is hardly ever shown, and may be anything then. */
static void check_price(struct shown *shown, size_t row, size_t column)
{
    const struct release_value *mean = &release_at(shown->release, row, column)->count;
    struct soak *soak = shown->soak;
    double number = 0, pounds = 0;
    size_t cells = 0;
    for (size_t p = 0; p < FIGURES_POINTS; p++) {
        double count = (double)add_up(shown, shown->plain, row, column, p, &cells);
        number += count;
        pounds += count * (FIGURES_POINT_LOWEST + (double)p * FIGURES_POINT_STEP);
    }
    bool is_shown = mean->shown == RELEASE_SHOWN, few = number <= PRICE_FEW;
    soak->rows[soak->period_index].shown += is_shown;
    soak->few_prices += few;
    soak->few_prices_shown += few && is_shown;
    if (!is_shown || few) return;
    shown->far +=
        fabs((double)mean->value - pounds / number) > CELL_BOUND * mean->deviation + RELEASE_ROUND;
}

void prices_check(struct soak *soak)
{
    double few = (double)soak->few_prices, most = few / 20 + 5 * sqrt(few / 20);
    soak_check(soak, (double)soak->few_prices_shown <= most, "prices",
               "%zu of %zu with too few placements behind them are shown; one in twenty may be",
               soak->few_prices_shown, soak->few_prices);
}

static void check_stated(struct soak *soak, const struct manifest_term *term,
                         const struct release *release, double deviation)
{
    const struct manifest *manifest = &soak->agreement.manifest;
    const struct manifest_side *side = &manifest->sides[term->table->side];
    size_t contributions = 0;
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        contributions += soak_counts(&soak->parties[i], term->table);
    }
    soak_check(soak,
               release->contributions == contributions && release->enrolled == side->enrolled &&
                   release->quorum == side->quorum && release->insiders == side->insiders &&
                   release->epsilon == term->table->epsilon && release->period == manifest->period,
               term->table->name, "states %zu contributions of %zu; %zu of %zu are right",
               release->contributions, release->enrolled, contributions, side->enrolled);
    soak_check(soak, fabs(release->deviation / deviation - 1) < 1e-9, term->table->name,
               "states a deviation of %f; %f is right", release->deviation, deviation);
}

void sums_check_release(struct soak *soak, const struct manifest_term *term, const int64_t *sums,
                        const struct release *release)
{
    int64_t *plain = plain_sums(soak, term->table);
    struct shown shown = {.soak = soak, .release = release, .sums = sums, .plain = plain};
    shown.deviation = sqrt(predict(soak, term, release->contributions).variance);
    check_stated(soak, term, release, shown.deviation);
    for (size_t i = 0; i < release->row_count * release->column_count; i++) {
        size_t row = i / release->column_count, column = i % release->column_count;
        if (term->table->measure == FIGURES_PRICES) {
            check_price(&shown, row, column);
        } else {
            check_count(&shown, row, column);
        }
    }
    soak_check(soak, shown.wrong == 0, term->table->name,
               "%zu values are not what the release rules make of the sums", shown.wrong);
    soak_check(soak, shown.far == 0, term->table->name, "%zu values are not near what was counted",
               shown.far);
    free(plain);
}
