/* SPDX-License-Identifier: Apache-2.0
 * `must` and `prefer`: criteria by code.
 */
#include "proto/domain/request_fields.h"

#include <stdio.h>
#include <string.h>

#include "proto/domain/shown.h"

/* Codes of the field's vocabulary that a request says in another way. */
static const struct {
    const char *prefix, *field;
} ELSEWHERE[] = {
    {"AGE_", "children[].age"},
    {"SEX_", "children[].sex"},
    {"NUM_", "children (one entry a child)"},
    {"PT_", "placement.type"},
    {"AVL_", "placement.needed_by and placement.accept_unconfirmed"},
    {"TM_", "placement.needed_by"},
    {"LO_", "location"},
    {"PQ_", "provider.min_judgement"},
    {"PC_", "provider.frameworks"},
};

/* The field that says the same, or NULL. */
static const char *field_instead(const char *code)
{
    for (size_t i = 0; i < sizeof ELSEWHERE / sizeof *ELSEWHERE; i++) {
        if (strncmp(code, ELSEWHERE[i].prefix, strlen(ELSEWHERE[i].prefix)) == 0) {
            return ELSEWHERE[i].field;
        }
    }
    return NULL;
}

bool request_find_code(const struct catalogue *catalogue, const char *code,
                       const struct criterion **out, struct err *err)
{
    *out = catalogue_find(catalogue, code);
    if (*out) return true;
    char seen[SHOWN_MAX];
    (void)shown(code, seen);
    const char *near = catalogue_suggest(catalogue, code);
    const struct criterion *meant = NULL;
    struct err unclear = {0};
    if (!near && catalogue_match(catalogue, NULL, code, &meant, &unclear)) near = meant->code;
    const char *field = field_instead(code);
    if (near) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not a code of catalogue %u; did you mean %s?", seen,
                       (unsigned)catalogue->version, near);
    }
    if (field) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not a code of catalogue %u: use the field %s", seen,
                       (unsigned)catalogue->version, field);
    }
    return err_set(err, ERR_INVALID, NULL,
                   "'%s' is not a code of catalogue %u: 'hearth criteria' lists them", seen,
                   (unsigned)catalogue->version);
}

/* A criterion that this list may name. `kind` is KIND_HARD for must, KIND_SOFT for prefer. */
static bool usable_code(const struct catalogue *catalogue, const char *code,
                        enum criterion_kind kind, const struct criterion **out, struct err *err)
{
    if (!request_find_code(catalogue, code, out, err)) return false;
    const struct criterion *criterion = *out;
    REQUIRE(criterion != NULL);
    if (criterion->scope != SCOPE_CARER || criterion_has_field(criterion)) {
        const char *field = field_instead(code);
        return err_set(err, ERR_INVALID, NULL, "%s does not belong here: use the field %s", code,
                       field ? field : "that stands for it");
    }
    if ((criterion->kind & kind) != 0) return true;
    if (kind == KIND_HARD) {
        return err_set(err, ERR_INVALID, NULL,
                       "%s (%s) can only be a preference: name it in prefer with a weight", code,
                       criterion->label);
    }
    return err_set(err, ERR_INVALID, NULL, "%s (%s) can only be a must: name it in must", code,
                   criterion->label);
}

static bool has_slot(const uint16_t *slots, size_t count, uint16_t slot)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i] == slot) return true;
    }
    return false;
}

struct codes {
    const struct catalogue *catalogue;
    struct request *out;
};

static bool parse_must(json_t *element, void *ctx, struct err *err)
{
    struct codes *codes = ctx;
    struct request *out = codes->out;
    const struct criterion *criterion = NULL;
    if (!json_is_string(element)) {
        return err_set(err, ERR_INVALID, NULL, "must be a code in quotes, such as \"DS_AUT\"");
    }
    const char *code = json_string_value(element);
    if (!usable_code(codes->catalogue, code, KIND_HARD, &criterion, err)) return false;
    if (has_slot(out->must, out->must_count, criterion->slot)) {
        return err_set(err, ERR_INVALID, NULL, "%s stands twice in must: give it once", code);
    }
    out->must[out->must_count++] = criterion->slot;
    return true;
}

static bool parse_preference(const char *code, json_t *value, struct codes *codes, struct err *err)
{
    struct request *out = codes->out;
    const struct criterion *criterion = NULL;
    int32_t weight = 0;
    if (!usable_code(codes->catalogue, code, KIND_SOFT, &criterion, err)) return false;
    if (!fields_integer(value, 1, 5, &weight, err)) return false;
    if (has_slot(out->must, out->must_count, criterion->slot)) {
        return err_set(err, ERR_INVALID, NULL,
                       "%s stands in must as well: a criterion is one or the other", code);
    }
    out->prefer[out->prefer_count] = criterion->slot;
    out->prefer_weight[out->prefer_count++] = (uint8_t)weight;
    return true;
}

static bool parse_prefer(json_t *prefer, struct codes *codes, struct err *err)
{
    if (!json_is_object(prefer)) {
        return err_set(err, ERR_INVALID, NULL,
                       "must be an object of codes and weights, such as { \"CS_SIM\": 5 }");
    }
    const char *code = NULL;
    json_t *value = NULL;
    json_object_foreach(prefer, code, value)
    {
        char name[SHOWN_MAX];
        if (!parse_preference(code, value, codes, err)) return err_in(err, shown(code, name));
    }
    return true;
}

bool request_parse_codes(json_t *must, json_t *prefer, const struct catalogue *catalogue,
                         struct request *out, struct err *err)
{
    struct codes codes = {.catalogue = catalogue, .out = out};
    if (must) {
        if (!fields_array(must, 0, SLOTS_MAX, "codes", err)) return err_in(err, "must");
        if (!fields_for_each(must, "must", parse_must, &codes, err)) return false;
    }
    if (prefer && !parse_prefer(prefer, &codes, err)) return err_in(err, "prefer");
    return true;
}
