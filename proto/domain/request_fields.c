/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/request_fields.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/text.h"
#include "proto/domain/request_path.h"
#include "proto/domain/shown.h"

static const char *type_name(json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "a list";
    case JSON_STRING: return "a text";
    case JSON_INTEGER: return "a whole number";
    case JSON_REAL: return "a number with a fraction or exponent";
    case JSON_TRUE:
    case JSON_FALSE: return "true or false";
    case JSON_NULL: return "null";
    }
    return "something else";
}

/* What is wrong where the JSON is whole up to a field; NULL where it is broken. */
static const char *wrong_in_field(enum json_error_code code)
{
    switch (code) {
    case json_error_duplicate_key: return "stands twice";
    case json_error_null_character: return "holds \\u0000, which is no character of a text";
    case json_error_numeric_overflow: return "is a number too large for any field";
    default: return NULL;
    }
}

bool fields_load(const void *json, size_t len, size_t max, json_t **out, struct err *err)
{
    static const char bom[] = "\xef\xbb\xbf";
    const char *text = json;
    if (len > max) {
        return err_set(err, ERR_INVALID, NULL, "a request has at most %zu bytes", max);
    }
    if (len >= 3 && strncmp(text, bom, 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (len == 0) return err_set(err, ERR_INVALID, NULL, "is empty: a JSON object is wanted");
    json_error_t problem;
    json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &problem);
    if (root && json_is_object(root)) {
        *out = root;
        return true;
    }
    if (root) {
        (void)err_set(err, ERR_INVALID, NULL, "a request is a JSON object, not %s",
                      type_name(root));
        json_decref(root);
        return false;
    }
    const char *wrong = wrong_in_field(json_error_code(&problem));
    if (wrong) {
        char path[ERR_FIELD_MAX];
        request_path_at(text, len, (size_t)problem.position, path);
        return err_set(err, ERR_INVALID, path, "%s (line %d)", wrong, problem.line);
    }
    char reason[SHOWN_MAX];
    return err_set(err, ERR_INVALID, NULL, "is not JSON: line %d, column %d: %s", problem.line,
                   problem.column, shown(problem.text, reason));
}

static void list_of(const char *const *names, char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t i = 0; names[i]; i++) {
        size_t used = strlen(out);
        (void)snprintf(out + used, cap - used, "%s%s", i ? ", " : "", names[i]);
    }
}

bool fields_known(json_t *value, const char *const *known, const char *hint, struct err *err)
{
    if (!json_is_object(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be an object { }, not %s", type_name(value));
    }
    const char *key = NULL;
    json_t *unused = NULL;
    json_object_foreach(value, key, unused)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0) i++;
        if (known[i]) continue;
        char name[SHOWN_MAX], list[200];
        list_of(known, list, sizeof list);
        return err_set(err, ERR_INVALID, shown(key, name),
                       "is not a field of a request here; known: %s%s%s", list, hint ? ". " : "",
                       hint ? hint : "");
    }
    return true;
}

bool fields_get(json_t *object, const char *name, const char *what, json_t **out, struct err *err)
{
    *out = json_object_get(object, name);
    return *out || err_set(err, ERR_INVALID, name, "is missing: %s", what);
}

bool fields_array(json_t *value, size_t min, size_t max, const char *what, struct err *err)
{
    if (!json_is_array(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be a list [ ] of %s, not %s", what,
                       type_name(value));
    }
    size_t count = json_array_size(value);
    if (count < min || count > max) {
        return err_set(err, ERR_INVALID, NULL, "has %zu %s; %zu to %zu are possible", count, what,
                       min, max);
    }
    return true;
}

bool fields_integer(json_t *value, int64_t min, int64_t max, int32_t *out, struct err *err)
{
    if (!json_is_integer(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be a whole number from %lld to %lld, not %s",
                       (long long)min, (long long)max, type_name(value));
    }
    json_int_t number = json_integer_value(value);
    if (number < min || number > max) {
        return err_set(err, ERR_INVALID, NULL, "%lld is not a whole number from %lld to %lld",
                       (long long)number, (long long)min, (long long)max);
    }
    *out = (int32_t)number;
    return true;
}

bool fields_text(json_t *value, char *out, size_t cap, struct err *err)
{
    if (!json_is_string(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be a text in quotes, not %s",
                       type_name(value));
    }
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    bool blank = strspn(text, " ") == len;
    if (blank || len >= cap || !text_is_printable_utf8(text, len)) {
        char seen[SHOWN_MAX];
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not a text of 1 to %zu printable characters (bytes in UTF-8)",
                       shown(text, seen), cap - 1);
    }
    memcpy(out, text, len + 1);
    return true;
}

bool fields_choice(json_t *value, const char *const *choices, size_t *out, struct err *err)
{
    char list[200], seen[SHOWN_MAX];
    list_of(choices, list, sizeof list);
    if (!json_is_string(value)) {
        return err_set(err, ERR_INVALID, NULL, "must be one of %s, not %s", list, type_name(value));
    }
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], json_string_value(value)) == 0) {
            *out = i;
            return true;
        }
    }
    return err_set(err, ERR_INVALID, NULL, "'%s' is not one of %s",
                   shown(json_string_value(value), seen), list);
}

bool fields_in(struct err *err, const char *name, size_t index)
{
    char prefix[ERR_FIELD_MAX];
    (void)snprintf(prefix, sizeof prefix, "%s[%zu]", name, index);
    return err_in(err, prefix);
}

bool fields_for_each(json_t *array, const char *name, fields_each each, void *ctx, struct err *err)
{
    size_t index = 0;
    json_t *element = NULL;
    json_array_foreach(array, index, element)
    {
        if (!each(element, ctx, err)) return fields_in(err, name, index);
    }
    return true;
}
