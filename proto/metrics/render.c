/* SPDX-License-Identifier: Apache-2.0
 * The text format 0.0.4 of Prometheus.
 */
#include <inttypes.h>

#include "proto/metrics/metrics_internal.h"

/* In help a backslash and a line feed are escaped, in values of labels a quotation mark too. */
static void put_escaped(struct buf *out, const char *text, bool label)
{
    for (; *text; text++) {
        if (*text == '\n') {
            buf_text(out, "\\n");
        } else {
            if (*text == '\\' || (label && *text == '"')) buf_text(out, "\\");
            buf_append(out, text, 1);
        }
    }
}

/* A whole number of parts as a decimal number of units; per_unit is a power of ten. */
static void put_value(struct buf *out, int64_t value, int64_t per_unit)
{
    uint64_t parts = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t unit = per_unit > 1 ? (uint64_t)per_unit : 1, rest = parts % unit;
    buf_format(out, "%s%" PRIu64, value < 0 ? "-" : "", parts / unit);
    if (rest > 0) buf_text(out, ".");
    while (rest > 0) {
        unit /= 10;
        buf_format(out, "%" PRIu64, rest / unit);
        rest %= unit;
    }
}

/* One series of a metric. */
struct series {
    const struct metrics *metrics;
    size_t metric, a, b;
};

static void put_labels(struct buf *out, const struct series *series, const char *le)
{
    const struct metric *metric = &series->metrics->table[series->metric];
    const size_t chosen[METRIC_LABELS] = {series->a, series->b};
    const char *before = "{";
    for (size_t i = 0; i < METRIC_LABELS; i++) {
        if (!metric->labels[i].name) continue;
        buf_format(out, "%s%s=\"", before, metric->labels[i].name);
        put_escaped(out, metric->labels[i].values[chosen[i]], true);
        buf_text(out, "\"");
        before = ",";
    }
    if (le) {
        buf_format(out, "%sle=\"%s\"", before, le);
        before = ",";
    }
    if (before[0] == ',') buf_text(out, "}");
}

static void put_line(struct buf *out, const struct series *series, const char *suffix,
                     const char *le, int64_t value, int64_t per_unit)
{
    buf_format(out, "%s%s", series->metrics->table[series->metric].name, suffix);
    put_labels(out, series, le);
    buf_text(out, " ");
    put_value(out, value, per_unit);
    buf_text(out, "\n");
}

static void put_histogram(struct buf *out, const struct series *series, const metric_cell_t *cells)
{
    const struct metric *metric = &series->metrics->table[series->metric];
    int64_t sum = atomic_load_explicit(&cells[metric->bound_count + 1], memory_order_relaxed);
    int64_t below = 0;
    for (size_t i = 0; i <= metric->bound_count; i++) {
        struct buf le = {0};
        below += atomic_load_explicit(&cells[i], memory_order_relaxed);
        if (i < metric->bound_count) {
            put_value(&le, metric->bounds[i], metric->per_unit);
        } else {
            buf_text(&le, "+Inf");
        }
        buf_append(&le, "", 1);
        put_line(out, series, "_bucket", (const char *)le.data, below, 1);
        buf_free(&le);
    }
    put_line(out, series, "_sum", NULL, sum, metric->per_unit);
    put_line(out, series, "_count", NULL, below, 1);
}

static void put_series(struct buf *out, const struct series *series)
{
    const struct metric *metric = &series->metrics->table[series->metric];
    const metric_cell_t *cells =
        &series->metrics->cells[metric_cell(series->metrics, series->metric, series->a, series->b)];
    if (metric->kind == METRIC_HISTOGRAM) {
        put_histogram(out, series, cells);
        return;
    }
    int64_t value = atomic_load_explicit(cells, memory_order_relaxed);
    if (value != METRIC_UNSET) put_line(out, series, "", NULL, value, metric->per_unit);
}

static void put_metric(struct buf *out, const struct metrics *metrics, size_t place)
{
    static const char *const kinds[] = {
        [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};
    const struct metric *metric = &metrics->table[place];
    buf_format(out, "# HELP %s ", metric->name);
    put_escaped(out, metric->help, false);
    buf_format(out, "\n# TYPE %s %s\n", metric->name, kinds[metric->kind]);
    for (size_t a = 0; a < metric_label_count(metric, 0); a++) {
        for (size_t b = 0; b < metric_label_count(metric, 1); b++) {
            put_series(out, &(struct series){metrics, place, a, b});
        }
    }
}

void metrics_render(const struct metrics *metrics, struct buf *out)
{
    for (size_t i = 0; i < metrics->count; i++) put_metric(out, metrics, i);
}
