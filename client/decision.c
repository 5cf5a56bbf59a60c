/* SPDX-License-Identifier: Apache-2.0 */
#include "client/decision.h"

#include <sodium.h>

#include "proto/crypto/stored.h"

void decision_wipe(struct decision *decision)
{
    sodium_memzero(decision, sizeof *decision);
}

void decision_encode(const struct decision *decision, struct buf *out)
{
    buf_u8(out, DECISION_FORM);
    buf_u64(out, (uint64_t)decision->at_ms);
    buf_append(out, decision->query_hash, HASH_BYTES);
    buf_u8(out, (uint8_t)decision->stage);
    buf_u8(out, (uint8_t)decision->chosen_count);
    for (size_t i = 0; i < decision->chosen_count; i++) {
        const struct decided_agency *agency = &decision->chosen[i];
        stored_put_text(out, agency->id);
        buf_u8(out, agency->rank);
        buf_append(out, agency->mail_id, MAIL_ID_BYTES);
    }
    buf_u8(out, (uint8_t)decision->passed_count);
    for (size_t i = 0; i < decision->passed_count; i++) {
        stored_put_text(out, decision->passed_over[i].id);
        buf_u8(out, decision->passed_over[i].rank);
    }
    stored_put_text(out, decision->reason);
}

static bool take_agencies(struct reader *reader, bool chosen,
                          struct decided_agency out[RESULT_AGENCIES_MAX], size_t *count)
{
    uint8_t rank = 0;
    *count = reader_u8(reader);
    if (*count > RESULT_AGENCIES_MAX) return false;
    for (size_t i = 0; i < *count; i++) {
        if (!stored_id(reader, out[i].id)) return false;
        out[i].rank = reader_u8(reader);
        if (out[i].rank <= rank || out[i].rank > RESULT_AGENCIES_MAX) return false;
        rank = out[i].rank;
        if (chosen && !stored_bytes(reader, out[i].mail_id, MAIL_ID_BYTES)) return false;
    }
    return !reader->failed;
}

static bool take_decision(struct reader *reader, struct decision *out)
{
    if (!stored_time(reader, &out->at_ms) || !stored_bytes(reader, out->query_hash, HASH_BYTES)) {
        return false;
    }
    uint8_t stage = reader_u8(reader);
    out->stage = (enum referral_stage)stage;
    return (stage == STAGE_PROFILE || stage == STAGE_FULL) &&
           take_agencies(reader, true, out->chosen, &out->chosen_count) && out->chosen_count > 0 &&
           take_agencies(reader, false, out->passed_over, &out->passed_count) &&
           stored_text(reader, out->reason, sizeof out->reason, true);
}

bool decision_decode(const uint8_t *data, size_t len, struct decision *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct decision decision = {0};
    if (!stored_form(&reader, DECISION_FORM, err)) return false;
    bool good = take_decision(&reader, &decision) && stored_ends(&reader);
    if (good) *out = decision;
    decision_wipe(&decision);
    return good || err_set(err, ERR_CORRUPT, NULL, "a decision is malformed");
}
