/* SPDX-License-Identifier: Apache-2.0
 * The ranked list that a matcher signs. */
#include <stdio.h>
#include <string.h>

#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

enum { SHORT_TEXT_MAX = 32, RESULT_BODY_MAX = 48 * 1024 };
_Static_assert(RESULT_BODY_MAX > RESULT_AGENCIES_MAX * (sizeof(struct ranked_agency) + 64) + 256,
               "the longest result fits");

/* The end of the year 9999: what is written as a date has four digits for the year. */
static const int64_t LAST_INSTANT_MS = 253402300799999;

/* An agency and the pointers that its encoding needs. */
struct encoding {
    struct ranked_agency copy;
    char *frameworks[FRAMEWORKS_MAX];
    Hearth__V1__RankedAgency agency;
};

static void encode_agency(const struct ranked_agency *agency, struct encoding *out)
{
    REQUIRE(agency->framework_count <= FRAMEWORKS_MAX);
    out->copy = *agency;
    struct ranked_agency *copy = &out->copy;
    for (size_t i = 0; i < copy->framework_count; i++) out->frameworks[i] = copy->frameworks[i];
    out->agency = (Hearth__V1__RankedAgency)HEARTH__V1__RANKED_AGENCY__INIT;
    out->agency.id = copy->id;
    out->agency.name = copy->name;
    out->agency.urn = copy->urn;
    out->agency.band = (uint32_t)copy->band;
    out->agency.judgement = copy->judgement;
    out->agency.frameworks = out->frameworks;
    out->agency.n_frameworks = copy->framework_count;
    out->agency.sector = copy->sector;
    out->agency.contact = copy->contact;
}

void result_encode(const struct result *result, struct buf *out)
{
    REQUIRE(result->agency_count <= RESULT_AGENCIES_MAX);
    struct encoding encodings[RESULT_AGENCIES_MAX];
    Hearth__V1__RankedAgency *agencies[RESULT_AGENCIES_MAX];
    for (size_t i = 0; i < result->agency_count; i++) {
        encode_agency(&result->agencies[i], &encodings[i]);
        agencies[i] = &encodings[i].agency;
    }
    Hearth__V1__ResultBody body = HEARTH__V1__RESULT_BODY__INIT;
    body.query_hash = wire_data(result->query_hash, HASH_BYTES);
    body.asked = result->asked;
    body.answered = result->answered;
    body.declined = result->declined;
    body.more = result->more;
    body.agencies = agencies;
    body.n_agencies = result->agency_count;
    body.log_head = wire_data(result->log_head, HASH_BYTES);
    body.log_length = result->log_length;
    body.run = result->run;
    body.budget_used = result->budget_used;
    body.budget_limit = result->budget_limit;
    body.budget_renews_at = result->budget_renews_at;
    body.older = result->older;
    body.choice = (uint32_t)result->choice;
    wire_pack(&body.base, out);
}

MUST_CHECK static bool read_agency(const Hearth__V1__RankedAgency *in, struct ranked_agency *out,
                                   struct err *err)
{
    if (in->band < BAND_POSSIBLE || in->band > BAND_STRONG) {
        return err_set(err, ERR_INVALID, "band", "%u; must be %d to %d", in->band, BAND_POSSIBLE,
                       BAND_STRONG);
    }
    out->band = (enum band)in->band;
    return wire_id(in->id, "id", out->id, err) &&
           wire_text(in->name, "name", out->name, AGENCY_TEXT_MAX, err) &&
           wire_text(in->urn, "urn", out->urn, SHORT_TEXT_MAX, err) &&
           wire_text(in->judgement, "judgement", out->judgement, SHORT_TEXT_MAX, err) &&
           wire_text(in->sector, "sector", out->sector, SHORT_TEXT_MAX, err) &&
           wire_text(in->contact, "contact", out->contact, AGENCY_TEXT_MAX, err) &&
           wire_frameworks(in->frameworks, in->n_frameworks, out->frameworks, &out->framework_count,
                           err);
}

MUST_CHECK static bool read_agencies(const Hearth__V1__ResultBody *body, struct result *out,
                                     struct err *err)
{
    if (body->n_agencies > RESULT_AGENCIES_MAX) {
        return err_set(err, ERR_INVALID, "agencies", "%zu of them; at most %d", body->n_agencies,
                       RESULT_AGENCIES_MAX);
    }
    for (size_t i = 0; i < body->n_agencies; i++) {
        char field[ERR_FIELD_MAX];
        (void)snprintf(field, sizeof field, "agencies[%zu]", i);
        if (!read_agency(body->agencies[i], &out->agencies[i], err)) return err_in(err, field);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(out->agencies[j].id, out->agencies[i].id) != 0) continue;
            return err_set(err, ERR_INVALID, field, "%s is listed twice", out->agencies[i].id);
        }
    }
    out->agency_count = body->n_agencies;
    return true;
}

/* A member of a group tells how wide the choice is and nothing else. */
MUST_CHECK static bool read_choice(const Hearth__V1__ResultBody *body, struct result *out,
                                   struct err *err)
{
    if (body->choice > CHOICE_11) {
        return err_set(err, ERR_INVALID, "choice", "%u; must be 0 to %d", body->choice, CHOICE_11);
    }
    out->choice = (enum choice)body->choice;
    if (out->choice != CHOICE_UNTOLD && (body->n_agencies > 0 || body->more)) {
        return err_set(err, ERR_INVALID, "choice",
                       "%u with a list of agencies; must be 0 where there is one", body->choice);
    }
    return true;
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ResultBody *body = message;
    struct result *out = to;
    out->asked = body->asked;
    out->answered = body->answered;
    out->declined = body->declined;
    out->more = body->more != 0;
    out->log_length = body->log_length;
    out->run = body->run;
    out->budget_used = body->budget_used;
    out->budget_limit = body->budget_limit;
    out->budget_renews_at = body->budget_renews_at;
    out->older = body->older;
    if ((uint64_t)body->answered + body->declined > body->asked) {
        return err_set(err, ERR_INVALID, "asked",
                       "%u, but %u answered and %u declined; must be at least their sum",
                       body->asked, body->answered, body->declined);
    }
    if (body->budget_renews_at < 0 || body->budget_renews_at > LAST_INSTANT_MS) {
        return err_set(err, ERR_INVALID, "budget_renews_at", "%lld; must be 0 to %lld",
                       (long long)body->budget_renews_at, (long long)LAST_INSTANT_MS);
    }
    if (body->older > body->answered) {
        return err_set(err, ERR_INVALID, "older", "%u, but only %u answered", body->older,
                       body->answered);
    }
    return wire_bytes(&body->query_hash, "query_hash", out->query_hash, HASH_BYTES, err) &&
           wire_bytes(&body->log_head, "log_head", out->log_head, HASH_BYTES, err) &&
           read_agencies(body, out, err) && read_choice(body, out, err);
}

bool result_decode(const uint8_t *body, size_t len, struct result *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__result_body__descriptor,
                                          .max = RESULT_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}

enum choice choice_of(size_t agencies)
{
    if (agencies == 0) return CHOICE_NONE;
    if (agencies <= 2) return CHOICE_1;
    if (agencies <= 5) return CHOICE_3;
    return agencies <= 10 ? CHOICE_6 : CHOICE_11;
}

const char *choice_name(enum choice choice)
{
    static const char *const names[] = {
        [CHOICE_UNTOLD] = "", [CHOICE_NONE] = "none", [CHOICE_1] = "1-2",
        [CHOICE_3] = "3-5",   [CHOICE_6] = "6-10",    [CHOICE_11] = "more than 10"};
    return names[choice];
}
