/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/codec.h"

FUZZ_CODEC(query_group, nothing_to_free)
