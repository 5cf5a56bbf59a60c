/* SPDX-License-Identifier: Apache-2.0
 * Months of releases from invented counts and noise, for the tests of what a hub shows.
 */
#ifndef TESTS_SHELF_SAMPLE_H
#define TESTS_SHELF_SAMPLE_H

#include <math.h>

#include "client/hub/shelf.h"
#include "proto/crypto/stream.h"
#include "tests/unit/proto/figures/release_sample.h"

/* The true count of a cell, before noise. */
typedef double (*sample_count_fn)(const struct figures_table *table, size_t area, size_t category,
                                  size_t point, uint32_t period);

static inline struct stream sample_stream(uint8_t first)
{
    const uint8_t seed[SEED_BYTES] = {first};
    struct stream stream;
    stream_start(&stream, "hearth v1 test", seed, NULL, 0);
    return stream;
}

/* Nearly normal: twelve uniform ones. */
static inline double sample_normal(struct stream *stream)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += (double)stream_below(stream, 1 << 20) / (1 << 20);
    return sum;
}

static inline void sample_add(struct shelf *shelf, struct sample *sample, uint32_t period,
                              sample_count_fn count, struct stream *stream)
{
    const struct figures_table *table = sample->term.table;
    size_t areas = geography_areas(sample->agreement->manifest.geography, table->by_authority);
    int64_t *sums = mem_array(figures_cells(table, areas), sizeof *sums);
    double scale = noise_deviation(&sample->term.noise, 9);
    sample->agreement->manifest.period = period;
    for (size_t i = 0; i < areas; i++) {
        for (size_t j = 0; j < table->category_count; j++) {
            for (size_t p = 0; p < figures_points(table); p++) {
                double noisy = count(table, i, j, p, period) + scale * sample_normal(stream);
                sums[figures_cell(table, i, j, p)] = llround(noisy);
            }
        }
    }
    struct release release = sample_release(sample, sums);
    shelf_add(shelf, &release);
    release_free(&release);
    free(sums);
}

#endif
