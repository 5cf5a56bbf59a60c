/* SPDX-License-Identifier: Apache-2.0
 * An LA's decision to refer a search to agencies, as it is kept, and the stored form with its
 * bounded decoder.
 *
 *   decision = u8 form, u64 at (ms since 1970), 32 bytes query hash, u8 stage, u8 chosen,
 *              each: id, u8 rank, 16 bytes mail id; u8 passed over, each: id, u8 rank; reason
 * Texts carry a 32-bit length. A stored form may be followed by zeros.
 */
#ifndef HEARTH_CLIENT_DECISION_H
#define HEARTH_CLIENT_DECISION_H

#include "proto/domain/referral.h"
#include "proto/mail/mail.h"

enum {
    DECISION_FORM = 1,
    DECISION_PAD = 2048,
    DECISION_PLAIN_MAX = 3 * DECISION_PAD,
    DECISION_REASON_MAX = 1000 /* bytes */
};

/* An agency of the ranked list that was decided by. */
struct decided_agency {
    char id[ID_MAX + 1];
    uint8_t rank;                   /* 1..RESULT_AGENCIES_MAX */
    uint8_t mail_id[MAIL_ID_BYTES]; /* of its referral; zeros where it was passed over */
};
struct decision {
    int64_t at_ms;
    uint8_t query_hash[HASH_BYTES]; /* of the run that gave the list */
    enum referral_stage stage;
    struct decided_agency chosen[RESULT_AGENCIES_MAX];      /* ranks ascend */
    struct decided_agency passed_over[RESULT_AGENCIES_MAX]; /* the same; before the last chosen */
    size_t chosen_count, passed_count;
    char reason[DECISION_REASON_MAX + 1]; /* the officer's; may be "" where nobody is passed over */
};
void decision_wipe(struct decision *decision);

/* Appends the stored form, without padding. */
void decision_encode(const struct decision *decision, struct buf *out);
/* ERR_CORRUPT; ERR_VERSION for a form that a later program wrote. Only what decision_encode gives,
 * with zeros behind it. */
MUST_CHECK bool decision_decode(const uint8_t *data, size_t len, struct decision *out,
                                struct err *err);

#endif
