/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/codec.h"

FUZZ_CODEC(shares_proof, shares_proof_free)
