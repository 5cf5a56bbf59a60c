/* SPDX-License-Identifier: Apache-2.0
 * The JSON file of a request, section by section.
 */
#include "proto/domain/request_fields.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/shown.h"

void request_wipe(struct request *request)
{
    sodium_memzero(request, sizeof *request);
}

/* ---- children ---- */

static bool parse_age(json_t *value, int *out, struct err *err)
{
    int32_t age = 0;
    const char *text = json_string_value(value);
    char seen[SHOWN_MAX];
    if (text && strcmp(text, "unborn") == 0) {
        *out = AGE_UNBORN;
        return true;
    }
    if (text) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not an age: a whole number from 0 to %d without quotes, or "
                       "\"unborn\"",
                       shown(text, seen), AGE_MAX);
    }
    if (!fields_integer(value, 0, AGE_MAX, &age, err)) return false;
    *out = age;
    return true;
}

static bool parse_child(json_t *value, void *ctx, struct err *err)
{
    static const char *const known[] = {"age", "sex", NULL};
    static const char *const sexes[] = {"M", "F", "U", NULL};
    struct request *out = ctx;
    struct child *child = &out->children[out->child_count];
    json_t *age = NULL, *sex = NULL;
    size_t choice = 0;
    if (!fields_known(value, known,
                      "Names, dates of birth and case numbers are never part of a query", err)) {
        return false;
    }
    if (!fields_get(value, "age", "whole years, or \"unborn\"", &age, err)) return false;
    if (!parse_age(age, &child->age, err)) return err_in(err, "age");
    if (!fields_get(value, "sex", "\"M\", \"F\" or \"U\"", &sex, err)) return false;
    if (!fields_choice(sex, sexes, &choice, err)) return err_in(err, "sex");
    child->sex = sexes[choice][0];
    out->child_count++;
    return true;
}

static bool parse_children(json_t *root, struct request *out, struct err *err)
{
    json_t *children = NULL;
    if (!fields_get(root, "children", "a list of 1 to 5 children, each with age and sex", &children,
                    err)) {
        return false;
    }
    if (!fields_array(children, 1, CHILDREN_MAX, "children", err)) return err_in(err, "children");
    return fields_for_each(children, "children", parse_child, out, err);
}

/* ---- placement ---- */

static bool parse_type(json_t *value, const struct catalogue *catalogue, uint16_t *out,
                       struct err *err)
{
    const struct criterion *criterion = NULL;
    if (!json_is_string(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be a code in quotes, such as \"PT_SHORT\"");
    }
    const char *code = json_string_value(value);
    if (!request_find_code(catalogue, code, &criterion, err)) return false;
    if (strncmp(code, "PT_", 3) != 0) {
        return err_set(err, ERR_INVALID, NULL,
                       "%s (%s) is not a placement type: those begin with PT_, such as PT_SHORT",
                       code, criterion->label);
    }
    *out = criterion->slot;
    return true;
}

static bool parse_needed_by(json_t *value, struct request *out, struct err *err)
{
    static const char *const choices[] = {"today", "within_5_days", "later", NULL};
    size_t choice = 0;
    if (!fields_choice(value, choices, &choice, err)) return false;
    out->needed_by = (enum needed_by)choice;
    return true;
}

static bool parse_placement(json_t *value, const struct catalogue *catalogue, struct request *out,
                            struct err *err)
{
    static const char *const known[] = {"type", "needed_by", "accept_unconfirmed", NULL};
    json_t *type = NULL, *needed_by = NULL;
    if (!fields_known(value, known, NULL, err)) return false;
    if (!fields_get(value, "type", "a placement type, such as \"PT_SHORT\"", &type, err)) {
        return false;
    }
    if (!parse_type(type, catalogue, &out->placement_type, err)) return err_in(err, "type");
    if (!fields_get(value, "needed_by", "\"today\", \"within_5_days\" or \"later\"", &needed_by,
                    err)) {
        return false;
    }
    if (!parse_needed_by(needed_by, out, err)) return err_in(err, "needed_by");
    json_t *unconfirmed = json_object_get(value, "accept_unconfirmed");
    if (unconfirmed && !json_is_boolean(unconfirmed)) {
        return err_set(err, ERR_INVALID, "accept_unconfirmed", "must be true or false");
    }
    out->accept_unconfirmed = !unconfirmed || json_is_true(unconfirmed);
    return true;
}

/* ---- provider ---- */

static bool parse_framework(json_t *value, void *ctx, struct err *err)
{
    struct request *out = ctx;
    char *framework = out->frameworks[out->framework_count];
    if (!fields_text(value, framework, sizeof out->frameworks[0], err)) return false;
    /* No name in a directory is like this: it would rule out every agency, in silence. */
    if (framework[0] == ' ' || framework[strlen(framework) - 1] == ' ' || strchr(framework, ';')) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not one framework's name: no space at its ends and no semicolon",
                       framework);
    }
    for (size_t i = 0; i < out->framework_count; i++) {
        if (strcmp(out->frameworks[i], framework) == 0) {
            return err_set(err, ERR_INVALID, NULL, "%s stands twice: give it once", framework);
        }
    }
    out->framework_count++;
    return true;
}

static bool parse_provider(json_t *value, struct request *out, struct err *err)
{
    static const char *const known[] = {"min_judgement", "frameworks", NULL};
    /* In the order of search_options.min_judgement, which starts at 1. */
    static const char *const judgements[] = {"outstanding", "good", "requires_improvement", NULL};
    if (!fields_known(value, known, NULL, err)) return false;
    json_t *judgement = json_object_get(value, "min_judgement");
    json_t *frameworks = json_object_get(value, "frameworks");
    size_t choice = 0;
    if (judgement) {
        if (!fields_choice(judgement, judgements, &choice, err)) {
            return err_in(err, "min_judgement");
        }
        out->min_judgement = (uint32_t)choice + 1;
    }
    if (!frameworks) return true;
    if (!fields_array(frameworks, 0, FRAMEWORKS_MAX, "frameworks", err)) {
        return err_in(err, "frameworks");
    }
    return fields_for_each(frameworks, "frameworks", parse_framework, out, err);
}

/* ---- the whole ---- */

static bool parse_required(json_t *root, const struct catalogue *catalogue, struct request *out,
                           struct err *err)
{
    json_t *ref = NULL, *placement = NULL;
    if (!fields_get(root, "search_ref", "your own reference for the search, 1 to 64 characters",
                    &ref, err)) {
        return false;
    }
    if (!fields_text(ref, out->search_ref, sizeof out->search_ref, err)) {
        return err_in(err, "search_ref");
    }
    if (!parse_children(root, out, err)) return false;
    if (!fields_get(root, "placement", "an object with type and needed_by", &placement, err)) {
        return false;
    }
    if (!parse_placement(placement, catalogue, out, err)) return err_in(err, "placement");
    return true;
}

static bool parse_root(json_t *root, const struct request_rules *rules, struct request *out,
                       struct err *err)
{
    static const char *const known[] = {"search_ref", "children", "placement", "must",
                                        "prefer",     "location", "provider",  NULL};
    if (!fields_known(root, known,
                      "Names, dates of birth and case numbers are never part of a query", err)) {
        return false;
    }
    if (!parse_required(root, rules->catalogue, out, err)) return false;
    if (!request_parse_codes(json_object_get(root, "must"), json_object_get(root, "prefer"),
                             rules->catalogue, out, err)) {
        return false;
    }
    json_t *location = json_object_get(root, "location");
    json_t *provider = json_object_get(root, "provider");
    if (location && !request_parse_location(location, rules, out, err)) {
        return err_in(err, "location");
    }
    if (provider && !parse_provider(provider, out, err)) return err_in(err, "provider");
    return true;
}

bool request_parse(const void *json, size_t len, const struct request_rules *rules,
                   struct request *out, struct err *err)
{
    json_t *root = NULL;
    if (!fields_load(json, len, rules->max ? rules->max : REQUEST_MAX, &root, err)) return false;
    struct request *request = mem_new(struct request);
    bool good = parse_root(root, rules, request, err);
    json_decref(root);
    if (good) *out = *request;
    request_wipe(request);
    free(request);
    return good;
}
