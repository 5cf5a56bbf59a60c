/* SPDX-License-Identifier: Apache-2.0 */
#include "client/outcome.h"

#include <stdio.h>
#include <string.h>

#include "proto/crypto/stored.h"

static const char *const kind_names[] = {
    [OUTCOME_PLACED] = "placed",
    [OUTCOME_PLACED_ELSEWHERE] = "placed_elsewhere",
    [OUTCOME_NONE_FOUND] = "none_found",
    [OUTCOME_WITHDRAWN] = "withdrawn",
};
enum { KINDS = sizeof kind_names / sizeof *kind_names };

const char *const outcome_elsewhere[] = {"in_house", "ifa",   "residential", "supported",
                                         "kinship",  "other", NULL};
enum { ELSEWHERE = sizeof outcome_elsewhere / sizeof *outcome_elsewhere - 1 };

const char *outcome_kind_name(enum outcome_kind kind)
{
    REQUIRE(kind > 0 && (int)kind < KINDS);
    return kind_names[kind];
}

void outcome_text(const struct outcome *outcome, char out[OUTCOME_TEXT])
{
    static const char *const words[KINDS] = {[OUTCOME_PLACED] = "placed with ",
                                             [OUTCOME_PLACED_ELSEWHERE] = "placed elsewhere (",
                                             [OUTCOME_NONE_FOUND] = "none found",
                                             [OUTCOME_WITHDRAWN] = "withdrawn"};
    bool elsewhere = outcome->kind == OUTCOME_PLACED_ELSEWHERE;
    char fee[32] = "";
    REQUIRE(outcome->kind > 0 && (int)outcome->kind < KINDS);
    if (outcome->fee > 0) (void)snprintf(fee, sizeof fee, ", %u pounds a week", outcome->fee);
    (void)snprintf(out, OUTCOME_TEXT, "%s%s%s after %d day%s%s", words[outcome->kind],
                   elsewhere ? outcome_elsewhere[outcome->elsewhere] : outcome->agency,
                   elsewhere ? ")" : "", (int)outcome->days, outcome->days == 1 ? "" : "s", fee);
}

bool outcome_may_have_fee(const struct outcome *outcome)
{
    const char *elsewhere = outcome_elsewhere[outcome->elsewhere];
    return outcome->kind == OUTCOME_PLACED ||
           (outcome->kind == OUTCOME_PLACED_ELSEWHERE &&
            (strcmp(elsewhere, "in_house") == 0 || strcmp(elsewhere, "ifa") == 0));
}

/* Names have underscores; whoever types them may write hyphens. */
static bool same_name(const char *name, const char *typed)
{
    for (; *name; name++, typed++) {
        if (*typed != *name && !(*name == '_' && *typed == '-')) return false;
    }
    return *typed == '\0';
}

bool outcome_kind_from_name(const char *name, enum outcome_kind *out)
{
    for (int kind = OUTCOME_PLACED; kind < KINDS; kind++) {
        if (!same_name(kind_names[kind], name)) continue;
        *out = (enum outcome_kind)kind;
        return true;
    }
    return false;
}

bool outcome_elsewhere_from_name(const char *name, uint8_t *out)
{
    for (uint8_t i = 0; i < ELSEWHERE; i++) {
        if (!same_name(outcome_elsewhere[i], name)) continue;
        *out = i;
        return true;
    }
    return false;
}

void outcome_encode(const struct outcome *outcome, struct buf *out)
{
    buf_u8(out, outcome->fee > 0 ? OUTCOME_FORM_FEE : OUTCOME_FORM);
    buf_u64(out, (uint64_t)outcome->at_ms);
    buf_u8(out, (uint8_t)outcome->kind);
    buf_u8(out, outcome->elsewhere);
    stored_put_text(out, outcome->agency);
    buf_u32(out, (uint32_t)outcome->day);
    buf_u32(out, (uint32_t)outcome->days);
    if (outcome->fee > 0) buf_u32(out, outcome->fee);
}

static bool take_kind(struct reader *reader, struct outcome *out)
{
    uint8_t kind = reader_u8(reader);
    out->elsewhere = reader_u8(reader);
    if (kind == 0 || kind >= KINDS || out->elsewhere >= ELSEWHERE) return false;
    out->kind = (enum outcome_kind)kind;
    if (out->kind == OUTCOME_PLACED) return out->elsewhere == 0 && stored_id(reader, out->agency);
    return (out->kind == OUTCOME_PLACED_ELSEWHERE || out->elsewhere == 0) &&
           stored_text(reader, out->agency, 1, true);
}

static bool take_fee(struct reader *reader, struct outcome *out)
{
    out->fee = reader_u32(reader);
    return out->fee >= 1 && out->fee <= OUTCOME_FEE_MAX && outcome_may_have_fee(out);
}

bool outcome_decode(const uint8_t *data, size_t len, struct outcome *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct outcome outcome = {0};
    bool first = len > 0 && data[0] == OUTCOME_FORM;
    if (!stored_form(&reader, first ? OUTCOME_FORM : OUTCOME_FORM_FEE, err)) return false;
    bool good = stored_time(&reader, &outcome.at_ms) && take_kind(&reader, &outcome);
    uint32_t day = reader_u32(&reader), days = reader_u32(&reader);
    good = good && day <= OUTCOME_DAYS_MAX && days <= OUTCOME_DAYS_MAX &&
           (first || take_fee(&reader, &outcome)) && stored_ends(&reader);
    if (!good) return err_set(err, ERR_CORRUPT, NULL, "an outcome is malformed");
    outcome.day = (int32_t)day;
    outcome.days = (int32_t)days;
    *out = outcome;
    return true;
}
