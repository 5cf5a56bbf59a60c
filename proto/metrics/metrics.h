/* SPDX-License-Identifier: Apache-2.0
 * Numbers that a running program tells about itself: counters, gauges and histograms, in one object
 * that the program owns, and as text for Prometheus (exposition format 0.0.4).
 *
 * A program describes its metrics in one constant table. Labels have closed lists of values that
 * stand in the table too, so that nothing that comes from a peer can become one; every series of a
 * counter or histogram is there from the start. Values are whole numbers, in `per_unit` parts of
 * the metric's unit (1000: milliseconds of a metric in seconds), each in an atomic of its own:
 * counting takes no lock and waits for nobody.
 */
#ifndef HEARTH_METRICS_METRICS_H
#define HEARTH_METRICS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum { METRIC_LABELS = 2, METRIC_BOUNDS_MAX = 24 };

/* A label and all values that it can have; name NULL: none. */
struct metric_label {
    const char *name;
    const char *const *values;
    size_t count;
};

/* For tables. */
#define METRIC_COUNT(array) (sizeof(array) / sizeof(array)[0])
#define METRIC_LABEL(label, list)                                                                  \
    {                                                                                              \
        .name = (label), .values = (list), .count = METRIC_COUNT(list)                             \
    }

#define METRIC_COUNTER_OF(metric, text) .name = (metric), .help = (text), .kind = METRIC_COUNTER
#define METRIC_GAUGE_OF(metric, text) .name = (metric), .help = (text), .kind = METRIC_GAUGE
#define METRIC_HISTOGRAM_OF(metric, text, unit, edges, least)                                      \
    .name = (metric), .help = (text), .kind = METRIC_HISTOGRAM, .per_unit = (unit),                \
    .bounds = (edges), .bound_count = METRIC_COUNT(edges), .grain = (least)

struct metric {
    const char *name; /* [a-z_]+, with its unit; of a counter with _total */
    const char *help; /* one sentence */
    enum metric_kind kind;
    struct metric_label labels[METRIC_LABELS];
    int64_t per_unit; /* a power of ten; 0 counts as 1 */
    /* Of a histogram: upper bounds, ascending, in parts of the unit; the last bucket has none. */
    const int64_t *bounds;
    size_t bound_count;
    /* Of a histogram: what is observed counts as the next multiple of this (0: as it is), so that
     * the sum does not tell a single value more precisely than anybody needs it. */
    int64_t grain;
};

struct metrics;
/* The table (a metric is named by its place in it) must outlive the result. Aborts where it is not
 * well-formed: names that the format does not allow, one name twice, bounds out of order. */
struct metrics *metrics_new(const struct metric *table, size_t count);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* ---- from any thread; metrics NULL: nothing happens ---- */
/* `a` and `b` choose the values of the labels, 0 where there is none; out of range aborts. */
/* Counter (or gauge, which becomes known by it). */
void metrics_add(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t n);
/* Gauge; or a counter that is counted elsewhere and only ever grows. A gauge that was never set is
 * left out of the text. */
void metrics_set(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t value);
/* Gauge: it is not known any more. */
void metrics_unset(struct metrics *metrics, size_t metric, size_t a, size_t b);
/* Histogram; a negative value counts as 0. */
void metrics_observe(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t value);
/* Of a counter or gauge; 0 where it is not known. Of a histogram: how much was observed. */
int64_t metrics_value(const struct metrics *metrics, size_t metric, size_t a, size_t b);

/* Place of a value in the list of a label (0 or 1): the last one, by custom "other", where it is
 * not in it. */
size_t metrics_find(const struct metrics *metrics, size_t metric, size_t label, const char *value);

/* Appends the text. Each value is read once: of a histogram that is being counted, _count is the
 * sum of the buckets as they were read, and _sum may be of a moment earlier. */
void metrics_render(const struct metrics *metrics, struct buf *out);

#endif
