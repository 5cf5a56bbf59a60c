/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/manifest.h"
#include "tests/fuzz/codec.h"

FUZZ_CODEC(figures_receipt, nothing_to_free)
