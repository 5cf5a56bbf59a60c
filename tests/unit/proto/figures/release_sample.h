/* SPDX-License-Identifier: Apache-2.0
 * Areas and an agreement as far as release_make looks at it, for the tests of releases.
 */
#ifndef TESTS_RELEASE_SAMPLE_H
#define TESTS_RELEASE_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/stream.h"
#include "proto/figures/release.h"

struct sample {
    struct agreement *agreement;
    struct manifest_term term;
};

static inline struct sample sample_of(const char *table, size_t regions, size_t authorities)
{
    struct sample sample = {.agreement = mem_new(struct agreement)};
    struct manifest *manifest = &sample.agreement->manifest;
    struct geography *geography = mem_new(struct geography);
    geography->region_count = regions;
    geography->authority_count = authorities;
    for (size_t i = 0; i < regions; i++) {
        (void)snprintf(geography->regions[i].code, GEOGRAPHY_CODE, "E12%06zu", i + 1);
        (void)snprintf(geography->regions[i].name, GEOGRAPHY_NAME_MAX, "Region %zu", i + 1);
    }
    for (size_t i = 0; i < authorities; i++) {
        struct geography_authority *authority = &geography->authorities[i];
        (void)snprintf(authority->code, GEOGRAPHY_CODE, "E10%06zu", i + 1);
        (void)snprintf(authority->name, GEOGRAPHY_NAME_MAX, "Authority %zu", i + 1);
        authority->region = (uint16_t)(i % regions);
    }
    manifest->geography = geography;
    manifest->period = 202610;
    strcpy(manifest->hub, "hub-north");
    manifest->sides[FIGURES_CAPACITY] = (struct manifest_side){8, 1, 12};
    manifest->sides[FIGURES_DEMAND] = (struct manifest_side){8, 1, 12};
    sample.term.table = figures_table_find(table);
    REQUIRE(sample.term.table != NULL);
    sample.term.noise = (struct noise_spec){
        7, sample.term.table->epsilon, sample.term.table->cells_each * sample.term.table->clip};
    return sample;
}

static inline void sample_free(struct sample *sample)
{
    free(sample->agreement->manifest.geography);
    free(sample->agreement);
}

static inline struct release sample_release(const struct sample *sample, const int64_t *sums)
{
    struct release release;
    release_make(sample->agreement, &sample->term, sums, 9, INT64_C(1793000000000), &release);
    return release;
}

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

#endif
