/* SPDX-License-Identifier: Apache-2.0
 * The decoder of Placements Standard documents.
 */
#include "client/convert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/convert_rules.h"
#include "proto/base/mem.h"
#include "proto/domain/shown.h"
#include "proto/domain/standards.h"
#include "proto/domain/words.h"

/* "pl:pets" and "https://ns.socialcaredata.io/placements/pets" are pets. */
static const char *local_name(const char *name)
{
    const char *last = name;
    for (const char *p = name; *p; p++) {
        if (*p == ':' || *p == '#' || *p == '/') last = p + 1;
    }
    return *last ? last : name;
}

/* ---- what is left out ---- */

/* Where a field stands. Values are only repeated of fields that hold values of a list: anything
 * else may be somebody's name. */
struct place_in {
    struct conversion *out;
    const char *section; /* "" at the top */
    const char *reason;  /* for all fields of the section, or NULL */
};

static void leave(const struct place_in *in, const char *field, const char *value,
                  const char *reason)
{
    char seen[SHOWN_MAX];
    if (json_array_size(in->out->left) >= CONVERT_LEFT_MAX) return;
    char *path = mem_format("%s%s%s", in->section, *in->section ? "." : "", shown(field, seen));
    json_t *entry = json_pack("{s:s,s:s}", "field", path, "reason", reason);
    REQUIRE(entry != NULL);
    if (value) (void)json_object_set_new(entry, "value", json_string(shown(value, seen)));
    (void)json_array_append_new(in->out->left, entry);
    free(path);
}

/* ---- values ---- */

/* The text of a value: a string, true or false, {"@id": ...} or {"@value": ...}; else NULL. */
static const char *value_text(json_t *value)
{
    if (json_is_object(value)) {
        json_t *inner = json_object_get(value, "@id");
        value = inner ? inner : json_object_get(value, "@value");
    }
    if (json_is_boolean(value)) return json_is_true(value) ? "true" : "false";
    return json_is_string(value) ? json_string_value(value) : NULL;
}

/* Value names are IRIs in some documents; the standard's own words hold none of these marks. */
static const char *value_name(const char *text)
{
    const char *hash = strrchr(text, '#'), *colon = strrchr(text, ':');
    return hash ? hash + 1 : colon ? colon + 1 : text;
}

static bool is_word(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (words_are(text, *words)) return true;
    }
    return false;
}

/* Answers that ask for nothing. */
static bool asks_nothing(const char *text)
{
    static const char *const words[] = {"no",           "false",         "none",     "na",
                                        "noknownrisk",  "nopreference",  "notknown", "notrequired",
                                        "notspecified", "notapplicable", NULL};
    return is_word(text, words);
}

static void add_once(const struct criterion **list, size_t *count,
                     const struct criterion *criterion)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == criterion) return;
    }
    REQUIRE(*count < CONVERTED_MAX); /* the tables of values are far smaller */
    list[(*count)++] = criterion;
}

static void carry(struct conversion *out, const struct criterion *criterion, enum convert_how how)
{
    bool must = (criterion->kind & KIND_HARD) && (how == HOW_MUST || criterion->kind == KIND_HARD);
    if (must) {
        add_once(out->must, &out->must_count, criterion);
    } else {
        add_once(out->prefer, &out->prefer_count, criterion);
    }
}

static const char *why_left(const struct catalogue *catalogue, const char *list, const char *value)
{
    static const char *const other[] = {"other", "yes", NULL};
    uint32_t version = catalogue->version;
    while (catalogue_get(version + 1)) version++;
    if (standard_criterion(catalogue_get(version), list, value)) {
        return "the catalogue in use has no criterion for it";
    }
    if (is_word(value, other)) return "does not say what: name the criteria that are meant";
    return "not a value of the standard";
}

static void read_value(const struct place_in *in, const struct convert_rule *rule, json_t *value)
{
    static const char *const indifferent[] = {"yescan", NULL}; /* pets: the child does not mind */
    const struct catalogue *catalogue = in->out->catalogue;
    const char *text = value_text(value);
    if (json_is_null(value)) return;
    if (!text) {
        leave(in, rule->name, NULL, "not a value of the standard");
        return;
    }
    text = value_name(text);
    if (is_word(text, indifferent)) return;
    char list[WORDS_MAX];
    (void)snprintf(list, sizeof list, "NPS.%s", rule->name);
    const struct criterion *criterion = standard_criterion(catalogue, list, text);
    if (criterion) {
        carry(in->out, criterion, rule->how);
    } else if (!asks_nothing(text)) {
        leave(in, rule->name, text, why_left(catalogue, list, text));
    }
}

static void read_values(const struct place_in *in, const struct convert_rule *rule, json_t *value)
{
    if (!json_is_array(value)) {
        read_value(in, rule, value);
        return;
    }
    size_t index;
    json_t *element;
    json_array_foreach(value, index, element)
    {
        read_value(in, rule, element);
    }
}

static void read_needed_by(const struct place_in *in, const struct convert_rule *rule,
                           json_t *value)
{
    static const char *const codes[] = {"AVL_TODAY", "AVL_5D", "AVL_LATER"};
    static const char *const words[] = {"today", "within_5_days", "later"};
    const char *text = value_text(value);
    const struct criterion *criterion =
        text ? standard_criterion(in->out->catalogue, "NPS.neededBy", value_name(text)) : NULL;
    for (size_t i = 0; criterion && i < 3; i++) {
        if (strcmp(criterion->code, codes[i]) == 0) in->out->needed_by = words[i];
    }
    if (!criterion) leave(in, rule->name, text, "not a value of the standard: give --needed-by");
}

static void read_siblings(const struct place_in *in, const struct convert_rule *rule, json_t *value)
{
    json_int_t count = json_integer_value(value);
    if (json_is_integer(value) && count >= 0 && count <= 100) {
        in->out->siblings = (int)count;
    } else {
        leave(in, rule->name, NULL, "not a number of siblings");
    }
}

/* ---- the document ---- */

static void read_object(json_t *object, const struct place_in *in);

static void read_section(const struct place_in *in, const struct convert_rule *rule, json_t *value)
{
    if (!json_is_object(value) || *in->section) {
        leave(in, rule->name, NULL, "an object is wanted here");
        return;
    }
    const struct place_in inside = {in->out, rule->name, rule->reason};
    read_object(value, &inside);
}

static bool is_empty(json_t *value)
{
    return json_is_null(value) || (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static void read_field(const struct place_in *in, const char *name, json_t *value)
{
    const struct convert_rule *rule = convert_rule_of(local_name(name));
    if ((rule && rule->how == HOW_SILENT) || is_empty(value)) return;
    if (in->reason) {
        bool identifies = rule && convert_identifies(rule);
        leave(in, local_name(name), NULL, identifies ? rule->reason : in->reason);
        return;
    }
    if (!rule) {
        leave(in, name, NULL, "not known here");
        return;
    }
    switch (rule->how) {
    case HOW_SILENT: return;
    case HOW_LEFT: leave(in, rule->name, NULL, rule->reason); return;
    case HOW_LEFT_SAID: leave(in, rule->name, value_text(value), rule->reason); return;
    case HOW_SECTION: read_section(in, rule, value); return;
    case HOW_NEEDED_BY: read_needed_by(in, rule, value); return;
    case HOW_SIBLINGS: read_siblings(in, rule, value); return;
    case HOW_MUST:
    case HOW_PREFER: read_values(in, rule, value); return;
    }
}

static void read_object(json_t *object, const struct place_in *in)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        read_field(in, name, value);
    }
}

static json_t *load(const char *json, size_t len, struct err *err)
{
    json_error_t problem;
    char reason[SHOWN_MAX];
    if (len > REQUEST_MAX) {
        (void)err_set(err, ERR_INVALID, "document", "has more than %d bytes", REQUEST_MAX);
        return NULL;
    }
    if (len >= 3 && strncmp(json, "\xef\xbb\xbf", 3) == 0) {
        json += 3;
        len -= 3;
    }
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &problem);
    if (json_is_object(root)) return root;
    if (root) {
        (void)err_set(err, ERR_INVALID, "document", "a Placement is a JSON object");
        json_decref(root);
        return NULL;
    }
    (void)err_set(err, ERR_INVALID, "document", "is not JSON: line %d, column %d: %s", problem.line,
                  problem.column, shown(problem.text, reason));
    return NULL;
}

bool convert_read(const void *json, size_t len, const struct catalogue *catalogue,
                  struct conversion *out, struct err *err)
{
    json_t *root = load(len > 0 ? json : "", len, err);
    if (!root) return false;
    *out = (struct conversion){.catalogue = catalogue, .siblings = -1, .left = json_array()};
    const struct place_in top = {out, "", NULL};
    read_object(root, &top);
    json_decref(root);
    return true;
}

void conversion_free(struct conversion *conversion)
{
    json_decref(conversion->left);
    *conversion = (struct conversion){0};
}
