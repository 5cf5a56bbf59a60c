/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/codec.h"

FUZZ_CODEC(result, nothing_to_free)
