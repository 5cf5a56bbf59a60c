/* SPDX-License-Identifier: Apache-2.0
 * What counting and rendering share.
 */
#ifndef HEARTH_METRICS_METRICS_INTERNAL_H
#define HEARTH_METRICS_METRICS_INTERNAL_H

#include <stdatomic.h>

#include "proto/metrics/metrics.h"

static const int64_t METRIC_UNSET = INT64_MIN;

typedef atomic_int_least64_t metric_cell_t;

struct metrics {
    const struct metric *table;
    size_t count;
    size_t *first; /* place of each metric's first cell; one more: how many there are */
    /* A counter or gauge has one cell a series; a histogram its buckets, each counted for itself,
     * then the sum. */
    metric_cell_t *cells;
};

/* Values of the label, 1 where there is none. */
size_t metric_label_count(const struct metric *metric, size_t label);
/* Cells of one series. */
size_t metric_width(const struct metric *metric);
/* Place of the first cell of a series. */
size_t metric_cell(const struct metrics *metrics, size_t metric, size_t a, size_t b);

#endif
