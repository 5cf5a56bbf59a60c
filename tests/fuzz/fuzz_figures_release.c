/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/manifest.h"
#include "tests/fuzz/codec.h"

FUZZ_CODEC(figures_release, figures_release_free)
