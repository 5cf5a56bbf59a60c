/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HEARTH_FIGURES_NOISE_INTERNAL_H
#define HEARTH_FIGURES_NOISE_INTERNAL_H

#include "proto/figures/noise.h"

struct noise_entry {
    uint64_t high, low;
};

struct noise_table {
    struct noise_spec spec;
    size_t count;
    struct noise_entry *entries; /* ascending */
};

#endif
