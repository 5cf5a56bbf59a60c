/* SPDX-License-Identifier: Apache-2.0
 * A referral for people and for scripts.
 */
#ifndef HEARTH_AGENT_REFERRAL_TEXT_H
#define HEARTH_AGENT_REFERRAL_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "agent/ranking.h"

/* "5 M, 7 F, unborn": appended. */
void referral_children(const struct referral *referral, struct buf *out);
/* What the LA says, in words, each line behind two spaces. */
void referral_print(const struct referral *referral, FILE *out);
/* The same; codes as codes, places as grid references. Caller's reference. */
json_t *referral_json(const struct referral *referral);

/* "a child of 5 years", "an acceptable place": the words of a must. */
const char *need_words(const struct need *need, const struct catalogue *catalogue);
/* Its criterion's code, "available" or "place". */
const char *need_code(const struct need *need, const struct catalogue *catalogue);

/* The ranked carers: score, band, what is met. referral: whose. */
void ranking_print(const struct ranking *ranking, const struct referral *referral, FILE *out);
/* Arrays "eligible" and "near_misses" of an object. Caller's reference. */
json_t *ranking_json(const struct ranking *ranking, const struct referral *referral);

#endif
