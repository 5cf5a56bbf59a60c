/* SPDX-License-Identifier: Apache-2.0
 * The agency's own carers by a plan, in the clear: the same slots and the same sums as the blinded
 * match, and which needs each household meets.
 */
#ifndef HEARTH_AGENT_RANKING_H
#define HEARTH_AGENT_RANKING_H

#include "agent/vault.h"
#include "proto/domain/referral.h"

/* One must: a slot, one of the accepted availabilities (and being open to placements at all), or an
 * acceptable place. */
enum need_kind { NEED_SLOT, NEED_AVAILABLE, NEED_PLACE };
struct need {
    enum need_kind kind;
    uint16_t slot; /* of NEED_SLOT */
};
enum { NEEDS_MAX = SLOTS_MAX + 2 };

struct ranked {
    char ref[PROFILE_REF_MAX + 1];
    char name[PROFILE_NAME_MAX + 1];
    int score;     /* SCORE_NONE: misses a must */
    size_t missed; /* musts */
    uint8_t musts_met[NEEDS_MAX / 8 + 1], preferences_met[SLOTS_MAX / 8];
};

struct ranking {
    struct need needs[NEEDS_MAX];
    size_t need_count;
    uint16_t preferences[SLOTS_MAX];
    size_t preference_count;
    struct ranked **items; /* best first, then those that miss one must, by reference */
    size_t count, eligible;
    struct secret memory; /* of the items */
};
/* Ranks all carers as of that day: the eligible, and with `referral` (which may be NULL) also those
 * that miss exactly one must, and what each of both meets. plan: of the referral. ranking_free
 * wipes and frees. */
MUST_CHECK bool ranking_make(struct vault *vault, const struct plan *plan,
                             const struct referral *referral, int32_t today, int fresh_days,
                             struct ranking *out, struct err *err);
void ranking_free(struct ranking *ranking);
/* Whether must or preference i is met. */
bool ranked_meets(const struct ranked *ranked, size_t need);
bool ranked_likes(const struct ranked *ranked, size_t preference);

#endif
