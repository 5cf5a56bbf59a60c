/* SPDX-License-Identifier: Apache-2.0
 * How a search ended (docs/domain.md "Referral and outcome"), as it is kept, and the stored form
 * with its bounded decoder.
 *
 *   outcome = u8 form, u64 at (ms since 1970), u8 kind, u8 elsewhere, agency, u32 day, u32 days;
 *             form 2: u32 fee
 * Texts carry a 32-bit length. A stored form may be followed by zeros. Form 1 is written where
 * there is no fee, so that programs of before read it.
 */
#ifndef HEARTH_CLIENT_OUTCOME_H
#define HEARTH_CLIENT_OUTCOME_H

#include "proto/base/buf.h"
#include "proto/crypto/message.h"

enum {
    OUTCOME_FORM = 1,
    OUTCOME_FORM_FEE = 2,
    OUTCOME_FEE_MAX = 10000, /* pounds a week */
    OUTCOME_PAD = 256,
    OUTCOME_PLAIN_MAX = OUTCOME_PAD,
    OUTCOME_DAYS_MAX = 36525 /* of a search, and of a day after 1970-01-01: a hundred years */
};

enum outcome_kind {
    OUTCOME_PLACED = 1, /* with an agency of the scheme */
    OUTCOME_PLACED_ELSEWHERE,
    OUTCOME_NONE_FOUND,
    OUTCOME_WITHDRAWN
};
const char *outcome_kind_name(enum outcome_kind kind); /* "placed_elsewhere" */
/* Takes "placed-elsewhere" too; false for any other text. */
MUST_CHECK bool outcome_kind_from_name(const char *name, enum outcome_kind *out);

/* Where else, NULL-terminated; the place in the list is what is kept. */
extern const char *const outcome_elsewhere[];
MUST_CHECK bool outcome_elsewhere_from_name(const char *name, uint8_t *out);

struct outcome {
    int64_t at_ms; /* when it was written down */
    enum outcome_kind kind;
    uint8_t elsewhere;       /* of OUTCOME_PLACED_ELSEWHERE, else 0 */
    char agency[ID_MAX + 1]; /* of OUTCOME_PLACED, else "" */
    int32_t day;             /* when it came about: days since 1970-01-01, in London */
    int32_t days;            /* from the day the search was first asked */
    uint32_t fee;            /* agreed, pounds a week for each child; 0: not written down */
};
/* Whether a fee may go with it: a foster home was found that one can be agreed with. */
bool outcome_may_have_fee(const struct outcome *outcome);

/* "placed with ifa-003 after 4 days, 905 pounds a week", "none found after 1 day": for a person. */
enum { OUTCOME_TEXT = 100 };
void outcome_text(const struct outcome *outcome, char out[OUTCOME_TEXT]);

/* Appends the stored form, without padding. */
void outcome_encode(const struct outcome *outcome, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Only what outcome_encode gives,
 * with zeros behind it. */
MUST_CHECK bool outcome_decode(const uint8_t *data, size_t len, struct outcome *out,
                               struct err *err);

#endif
