/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/metrics/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/metrics/metrics_internal.h"

/* ---- the table ---- */

static bool is_name(const char *name)
{
    return name && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static bool is_power_of_ten(int64_t n)
{
    while (n > 9 && n % 10 == 0) n /= 10;
    return n <= 1;
}

static bool is_well_formed(const struct metric *metric)
{
    bool ok = is_name(metric->name) && metric->help && metric->per_unit >= 0 &&
              is_power_of_ten(metric->per_unit) && metric->grain >= 0;
    for (size_t i = 0; i < METRIC_LABELS; i++) {
        const struct metric_label *label = &metric->labels[i];
        /* "le" is a histogram's own. */
        ok = ok && (label->name
                        ? is_name(label->name) && strcmp(label->name, "le") != 0 && label->count > 0
                        : label->count == 0);
    }
    bool histogram = metric->kind == METRIC_HISTOGRAM;
    ok = ok && histogram == (metric->bound_count > 0) && metric->bound_count <= METRIC_BOUNDS_MAX;
    for (size_t i = 1; ok && i < metric->bound_count; i++) {
        ok = metric->bounds[i - 1] < metric->bounds[i];
    }
    return ok;
}

static void check_table(const struct metric *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        REQUIRE(is_well_formed(&table[i]));
        for (size_t j = 0; j < i; j++) REQUIRE(strcmp(table[i].name, table[j].name) != 0);
    }
}

size_t metric_label_count(const struct metric *metric, size_t label)
{
    return metric->labels[label].name ? metric->labels[label].count : 1;
}

size_t metric_width(const struct metric *metric)
{
    return metric->kind == METRIC_HISTOGRAM ? metric->bound_count + 2 : 1;
}

struct metrics *metrics_new(const struct metric *table, size_t count)
{
    check_table(table, count);
    struct metrics *metrics = mem_new(struct metrics);
    metrics->table = table;
    metrics->count = count;
    metrics->first = mem_array(count + 1, sizeof *metrics->first);
    for (size_t i = 0; i < count; i++) {
        metrics->first[i + 1] = metrics->first[i] + metric_label_count(&table[i], 0) *
                                                        metric_label_count(&table[i], 1) *
                                                        metric_width(&table[i]);
    }
    metrics->cells = mem_array(metrics->first[count], sizeof *metrics->cells);
    for (size_t i = 0; i < count; i++) {
        int64_t start = table[i].kind == METRIC_GAUGE ? METRIC_UNSET : 0;
        for (size_t j = metrics->first[i]; j < metrics->first[i + 1]; j++) {
            atomic_init(&metrics->cells[j], start);
        }
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics) return;
    free(metrics->cells);
    free(metrics->first);
    free(metrics);
}

/* ---- values ---- */

size_t metric_cell(const struct metrics *metrics, size_t metric, size_t a, size_t b)
{
    REQUIRE(metric < metrics->count);
    const struct metric *entry = &metrics->table[metric];
    size_t width_b = metric_label_count(entry, 1);
    REQUIRE(a < metric_label_count(entry, 0) && b < width_b);
    return metrics->first[metric] + (a * width_b + b) * metric_width(entry);
}

static metric_cell_t *simple_cell(struct metrics *metrics, size_t metric, size_t a, size_t b)
{
    REQUIRE(metric < metrics->count && metrics->table[metric].kind != METRIC_HISTOGRAM);
    return &metrics->cells[metric_cell(metrics, metric, a, b)];
}

void metrics_add(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t n)
{
    if (!metrics) return;
    metric_cell_t *cell = simple_cell(metrics, metric, a, b);
    int_least64_t unset = METRIC_UNSET;
    (void)atomic_compare_exchange_strong_explicit(cell, &unset, 0, memory_order_relaxed,
                                                  memory_order_relaxed);
    (void)atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

void metrics_set(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t value)
{
    if (!metrics) return;
    atomic_store_explicit(simple_cell(metrics, metric, a, b), value, memory_order_relaxed);
}

void metrics_unset(struct metrics *metrics, size_t metric, size_t a, size_t b)
{
    if (!metrics) return;
    REQUIRE(metric < metrics->count && metrics->table[metric].kind == METRIC_GAUGE);
    metrics_set(metrics, metric, a, b, METRIC_UNSET);
}

void metrics_observe(struct metrics *metrics, size_t metric, size_t a, size_t b, int64_t value)
{
    if (!metrics) return;
    REQUIRE(metric < metrics->count && metrics->table[metric].kind == METRIC_HISTOGRAM);
    const struct metric *entry = &metrics->table[metric];
    metric_cell_t *cells = &metrics->cells[metric_cell(metrics, metric, a, b)];
    if (value < 0) value = 0;
    if (entry->grain > 0) value = (value + entry->grain - 1) / entry->grain * entry->grain;
    size_t bucket = 0;
    while (bucket < entry->bound_count && value > entry->bounds[bucket]) bucket++;
    (void)atomic_fetch_add_explicit(&cells[entry->bound_count + 1], value, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&cells[bucket], 1, memory_order_relaxed);
}

int64_t metrics_value(const struct metrics *metrics, size_t metric, size_t a, size_t b)
{
    const metric_cell_t *cells = &metrics->cells[metric_cell(metrics, metric, a, b)];
    const struct metric *entry = &metrics->table[metric];
    int64_t sum = 0;
    if (entry->kind != METRIC_HISTOGRAM) {
        sum = atomic_load_explicit(cells, memory_order_relaxed);
        return sum == METRIC_UNSET ? 0 : sum;
    }
    for (size_t i = 0; i <= entry->bound_count; i++) {
        sum += atomic_load_explicit(&cells[i], memory_order_relaxed);
    }
    return sum;
}

size_t metrics_find(const struct metrics *metrics, size_t metric, size_t label, const char *value)
{
    if (!metrics) return 0;
    REQUIRE(metric < metrics->count && label < METRIC_LABELS);
    const struct metric_label *entry = &metrics->table[metric].labels[label];
    REQUIRE(entry->name != NULL);
    size_t i = 0;
    while (i + 1 < entry->count && strcmp(entry->values[i], value) != 0) i++;
    return i;
}
