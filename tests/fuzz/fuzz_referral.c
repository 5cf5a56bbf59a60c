/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a referral: refused with a reason, or exactly the encoding of what they give; what
 * is read can be scored by.
 */
#include <string.h>

#include <sodium.h>

#include "proto/domain/referral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return sodium_init() < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct referral referral;
    static struct plan plan;
    struct err err = {0};
    struct buf again = {0};
    if (!referral_decode(data, len, &referral, &err)) {
        REQUIRE((err.code == ERR_INVALID || err.code == ERR_VERSION) && err.text[0]);
        return 0;
    }
    referral_encode(&referral, &again);
    REQUIRE(again.len == len && memcmp(again.data, data, len) == 0);
    buf_free(&again);
    referral_plan(&referral, &plan);
    struct slot_set nobody = {.placeable = true};
    REQUIRE(plan_score(&plan, &nobody) == SCORE_NONE);
    REQUIRE(referral_place_points(&referral) <= SCORE_MAX);
    return 0;
}
