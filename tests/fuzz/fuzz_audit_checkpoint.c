/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/audit/log_export.h"
#include "tests/fuzz/codec.h"

FUZZ_CODEC(checkpoint, nothing_to_free)
