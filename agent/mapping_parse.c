/* SPDX-License-Identifier: Apache-2.0
 * The decoder of mapping files.
 */
#include <string.h>

#include <jansson.h>

#include "agent/mapping.h"
#include "proto/base/text.h"

struct decoder {
    const struct catalogue *catalogue;
    struct mapping *out;
    struct err *err;
};

/* The field's name without what a terminal may not show. */
static bool in_field(struct err *err, const char *name)
{
    char shown[ERR_FIELD_MAX / 2];
    text_copy_cut(shown, sizeof shown, name);
    return err_in(err, shown);
}

static bool read_headings(struct decoder *d, json_t *object)
{
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value) && !json_is_null(value)) {
            (void)err_set(d->err, ERR_INVALID, NULL, "a column's name, a code, or null is wanted");
            return in_field(d->err, name);
        }
        if (mapping_heading(d->out, name)) {
            (void)err_set(d->err, ERR_INVALID, NULL,
                          "is there twice (case, spaces and punctuation do not matter)");
            return in_field(d->err, name);
        }
        if (!mapping_add_heading(d->out, name, json_string_value(value), d->catalogue, d->err)) {
            return in_field(d->err, name);
        }
    }
    return true;
}

static bool find_value_column(const char *name, const struct catalogue *catalogue, int *out,
                              struct err *err)
{
    struct heading_meaning meaning;
    struct err why;
    if (heading_same(name, MAPPING_YES_NO_NAME)) {
        *out = MAPPING_YES_NO;
        return true;
    }
    if (strlen(name) <= HEADING_MAX && heading_find(catalogue, name, &meaning, &why) &&
        meaning.means < COLUMNS) {
        *out = meaning.means;
        return true;
    }
    return err_set(err, ERR_INVALID, NULL, "a column's name is wanted, or %s for Y/N columns",
                   MAPPING_YES_NO_NAME);
}

static bool read_column_values(struct decoder *d, int column, json_t *object)
{
    const char *text = NULL;
    json_t *to = NULL;
    json_object_foreach(object, text, to)
    {
        bool good = json_is_string(to) || json_is_null(to);
        if (!good) (void)err_set(d->err, ERR_INVALID, NULL, "a text, or null for blank, is wanted");
        if (!good || !mapping_add_value(d->out, column, text,
                                        json_is_null(to) ? "" : json_string_value(to), d->err)) {
            return in_field(d->err, text);
        }
    }
    return true;
}

static bool read_values(struct decoder *d, json_t *object)
{
    const char *name = NULL;
    json_t *values = NULL;
    json_object_foreach(object, name, values)
    {
        int column = 0;
        bool good = json_is_object(values);
        if (!good) (void)err_set(d->err, ERR_INVALID, NULL, "an object of values is wanted");
        if (!good || !find_value_column(name, d->catalogue, &column, d->err) ||
            !read_column_values(d, column, values)) {
            return in_field(d->err, name);
        }
    }
    return true;
}

static bool read_root(struct decoder *d, json_t *root)
{
    const char *name = NULL;
    json_t *value = NULL;
    if (!json_is_object(root)) {
        return err_set(d->err, ERR_INVALID, NULL,
                       "an object with \"headings\" and \"values\" is wanted");
    }
    json_object_foreach(root, name, value)
    {
        bool headings = strcmp(name, "headings") == 0;
        if (!headings && strcmp(name, "values") != 0) {
            (void)err_set(d->err, ERR_INVALID, NULL,
                          "unknown; \"headings\" and \"values\" are known");
            return in_field(d->err, name);
        }
        if (!json_is_object(value)) {
            (void)err_set(d->err, ERR_INVALID, NULL, "an object is wanted");
            return in_field(d->err, name);
        }
        if (!(headings ? read_headings(d, value) : read_values(d, value))) {
            return in_field(d->err, name);
        }
    }
    return true;
}

bool mapping_parse(const void *json, size_t len, const struct catalogue *catalogue,
                   struct mapping *out, struct err *err)
{
    json_error_t why;
    if (len > MAPPING_FILE_MAX) {
        return err_set(err, ERR_INVALID, NULL, "longer than %d bytes", MAPPING_FILE_MAX);
    }
    json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, &why);
    if (!root) return err_set(err, ERR_INVALID, NULL, "line %d: %s", why.line, why.text);
    struct mapping read = {0};
    struct decoder decoder = {catalogue, &read, err};
    bool ok = read_root(&decoder, root);
    json_decref(root);
    if (ok) {
        mapping_free(out);
        *out = read;
    } else {
        mapping_free(&read);
    }
    return ok;
}
