/* SPDX-License-Identifier: Apache-2.0
 * Mean and spread of fees from the noisy numbers at the five points of the scale.
 */
#include <math.h>

#include "proto/figures/release_rules.h"
#include "proto/figures/tally.h"

/* One authority counts at most FIGURES_PRICES_EACH times in a category: more than two of them can
 * give must stand behind a price, for one case in twenty at most that do not. */
static const double least_placements = 2 * FIGURES_PRICES_EACH, quantile = 1.645;

enum {
    HIGHEST = FIGURES_POINT_LOWEST + (FIGURES_POINTS - 1) * FIGURES_POINT_STEP,
    WIDEST = (HIGHEST - FIGURES_POINT_LOWEST) / 2 /* no deviation of fees on the scale is larger */
};

static double point_pounds(size_t point)
{
    return FIGURES_POINT_LOWEST + (double)point * FIGURES_POINT_STEP;
}

/* Noise may push what is worked out off the scale. The deviation is rounded too, upwards: mean and
 * deviation to the last digit give the number behind them, and the numbers of all categories that
 * are shown, with those of the total, the mean of one that is not. */
static struct release_value price(double pounds, double low, double high, double deviation)
{
    double held = fmin(fmax(pounds, low), high);
    return (struct release_value){
        .shown = RELEASE_SHOWN,
        .value = release_rounded((int64_t)llround(held), RELEASE_ROUND),
        .deviation = fmin(ceil(deviation / RELEASE_ROUND) * RELEASE_ROUND, high - low)};
}

void release_price(const int64_t *points, size_t categories, double deviation,
                   struct release_cell *out)
{
    double n = 0, sum = 0, squares = 0;
    for (size_t p = 0; p < FIGURES_POINTS; p++) {
        double pounds = point_pounds(p), number = (double)points[p];
        n += number;
        sum += number * pounds;
        squares += number * pounds * pounds;
    }
    if (n - quantile * deviation * sqrt(FIGURES_POINTS) <= least_placements * (double)categories) {
        out->count = out->spread = (struct release_value){.shown = RELEASE_THIN};
        return;
    }
    double mean = sum / n, variance = squares / n - mean * mean;
    double of_mean = 0, of_variance = 0; /* squared derivatives by the numbers, times n^2 */
    for (size_t p = 0; p < FIGURES_POINTS; p++) {
        double off = point_pounds(p) - mean;
        of_mean += off * off;
        of_variance += (off * off - variance) * (off * off - variance);
    }
    of_mean = deviation * sqrt(of_mean) / n;
    of_variance = deviation * sqrt(of_variance) / n;
    /* A fee drawn to one of the points beside it varies by h^2/6 more than it did. */
    const double step = FIGURES_POINT_STEP;
    double spread = sqrt(fmax(variance - step * step / 6, 0));
    double of_spread =
        spread > 0 ? fmin(of_variance / (2 * spread), sqrt(of_variance)) : sqrt(of_variance);
    out->count = price(mean, FIGURES_POINT_LOWEST, HIGHEST, of_mean);
    out->spread = price(spread, 0, WIDEST, of_spread);
}
