/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/gaps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

/* Of the normal distribution: beyond it lies one case in twenty. */
static const double quantile = 1.645;

/* ---- sums with noise ---- */

/* Where noise has made a number negative, it shows as c and counts as 0 here: that alone would lift
 * a sum over many months of a place where there is nothing at all. Below 0 a number lies no further
 * than this many deviations in the mean (Laplace: sqrt(1/2); normal: sqrt(2/pi)). */
static const double mean_pull = 0.8;

void sum_add(struct sum *sum, const struct release_value *value, bool total)
{
    double rounding = total ? RELEASE_ROUND_TOTAL : RELEASE_ROUND;
    sum->variance += value->deviation * value->deviation;
    if (value->shown == RELEASE_SHOWN) {
        sum->shown += (double)value->value;
        sum->variance += rounding * rounding / 12;
        return;
    }
    sum->suppressed++;
    sum->pull += mean_pull * value->deviation;
}

struct estimate sum_estimate(const struct sum *sum)
{
    const double most = RELEASE_SHOWN_FROM - 1;
    double margin = quantile * sqrt(sum->variance), hidden = (double)sum->suppressed;
    return (struct estimate){.low = fmax(0, sum->shown - sum->pull - margin),
                             .middle = sum->shown + hidden * most / 2,
                             .high = sum->shown + hidden * most + margin};
}

static struct estimate share_of(const struct estimate *part, const struct estimate *whole)
{
    struct estimate share = {.low = part->low > 0 ? fmin(part->low / whole->high, 1) : 0,
                             .middle = part->middle > 0 ? 1 : 0,
                             .high = 1};
    if (whole->middle > 0) share.middle = fmin(part->middle / whole->middle, 1);
    if (whole->low > 0) share.high = fmin(part->high / whole->low, 1);
    return share;
}

static enum gap_verdict verdict_of(const struct gap *gap)
{
    const double points = (double)GAP_ABOUT_POINTS / 100;
    if (gap->unmet.low <= 0) return GAP_UNCERTAIN;
    if (gap->share.middle - gap->share.low <= points &&
        gap->share.high - gap->share.middle <= points) {
        return GAP_ABOUT;
    }
    return GAP_AT_LEAST;
}

/* ---- one gap ---- */

static const struct {
    const char *unmet, *demand, *capacity;
} tables_by[GAP_KINDS] = {[GAP_BY_NEED] = {"unmet_need", "demand_need", "capacity_need"},
                          [GAP_BY_AGE] = {"unmet_age", "demand_age", "capacity_age"}};

/* The value of a category in an area, or NULL. */
static const struct release_value *value_of(const struct release *release, const char *area,
                                            const char *category)
{
    size_t row = release_row_find(release, area);
    size_t column = release_column_find(release, category);
    if (row == release->row_count || column == release->column_count) return NULL;
    return &release_at(release, row, column)->count;
}

/* Both sides of a period count, or neither does. Returns how many periods have both. */
static size_t add_up(const struct shelf *shelf, const struct wanted *wanted, struct gap *gap)
{
    struct sum unmet = {0}, demand = {0};
    size_t periods = 0;
    for (uint32_t p = wanted->from; p <= wanted->to; p = period_next(p)) {
        const struct release *a = shelf_find(shelf, tables_by[gap->by].unmet, p);
        const struct release *b = shelf_find(shelf, tables_by[gap->by].demand, p);
        const struct release_value *part = a ? value_of(a, gap->area, gap->category) : NULL;
        const struct release_value *whole = b ? value_of(b, gap->area, gap->category) : NULL;
        if (!part || !whole) continue;
        sum_add(&unmet, part, gap->england);
        sum_add(&demand, whole, gap->england);
        periods++;
    }
    gap->unmet = sum_estimate(&unmet);
    gap->demand = sum_estimate(&demand);
    gap->share = share_of(&gap->unmet, &gap->demand);
    gap->verdict = verdict_of(gap);
    return periods;
}

/* A stock, not a flow: it is not summed. */
static void add_capacity(const struct shelf *shelf, const struct wanted *wanted, struct gap *gap)
{
    const struct release *release = wanted_last(shelf, wanted, tables_by[gap->by].capacity);
    const struct release_value *value =
        release ? value_of(release, gap->area, gap->category) : NULL;
    gap->has_capacity = value != NULL;
    if (value) gap->capacity = *value;
}

/* ---- all of them ---- */

static void add_rows(const struct shelf *shelf, const struct wanted *wanted, enum gap_by by,
                     const struct release *last, const bool *marks, struct gaps *gaps)
{
    for (size_t row = 0; row < last->row_count; row++) {
        for (size_t i = 0; marks[row] && i < last->table->category_count; i++) {
            struct gap gap = {.by = by,
                              .area = last->codes[row],
                              .name = last->names[row],
                              .england = row + 1 == last->row_count,
                              .category = last->table->categories[i].code,
                              .label = last->table->categories[i].label};
            size_t periods = add_up(shelf, wanted, &gap);
            if (periods == 0) continue;
            if (periods > gaps->periods) gaps->periods = periods;
            add_capacity(shelf, wanted, &gap);
            gaps->gaps = mem_resize(gaps->gaps, gaps->count + 1, sizeof *gaps->gaps);
            gaps->gaps[gaps->count++] = gap;
        }
    }
}

/* By what is certain; where nothing is, in the order of the tables: noise decides nowhere. */
static int by_rank(const void *a, const void *b)
{
    const struct gap *left = a, *right = b;
    if (left->by != right->by) return left->by < right->by ? -1 : 1;
    if (left->england != right->england) return left->england ? 1 : -1;
    if (left->unmet.low != right->unmet.low) return left->unmet.low > right->unmet.low ? -1 : 1;
    int area = strcmp(left->area, right->area);
    return area != 0 ? area : strcmp(left->category, right->category);
}

bool gaps_find(const struct shelf *shelf, const struct wanted *wanted, struct gaps *out,
               struct err *err)
{
    struct gaps gaps = {.from = wanted->from, .to = wanted->to};
    for (enum gap_by by = GAP_BY_NEED; by < GAP_KINDS; by++) {
        const struct release *last = wanted_last(shelf, wanted, tables_by[by].unmet);
        bool marks[GEOGRAPHY_AUTHORITIES_MAX + 1];
        if (!last) continue;
        if (!wanted_rows(wanted, shelf, last, marks, err)) {
            gaps_free(&gaps);
            return false;
        }
        add_rows(shelf, wanted, by, last, marks, &gaps);
    }
    if (gaps.count == 0) {
        gaps_free(&gaps);
        return err_set(err, ERR_NOT_FOUND, "period",
                       "no month of that time has both what was sought and what was not found");
    }
    qsort(gaps.gaps, gaps.count, sizeof *gaps.gaps, by_rank);
    *out = gaps;
    return true;
}

void gaps_free(struct gaps *gaps)
{
    free(gaps->gaps);
    *gaps = (struct gaps){0};
}
