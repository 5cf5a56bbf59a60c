/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/mapping.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

void mapping_free(struct mapping *mapping)
{
    free(mapping->headings);
    free(mapping->values);
    *mapping = (struct mapping){0};
}

struct mapped_heading *mapping_heading(const struct mapping *mapping, const char *text)
{
    char key[HEADING_MAX + 1];
    heading_fold(text, key);
    for (size_t i = 0; mapping && i < mapping->heading_count; i++) {
        if (strcmp(mapping->headings[i].key, key) == 0) return &mapping->headings[i];
    }
    return NULL;
}

const char *mapping_value(const struct mapping *mapping, int column, const char *text)
{
    for (size_t i = 0; mapping && i < mapping->value_count; i++) {
        const struct mapped_value *value = &mapping->values[i];
        if (value->column == column && strcasecmp(value->text, text) == 0) return value->to;
    }
    return NULL;
}

/* ---- headings ---- */

static bool check_text(const char *text, size_t max, bool may_be_empty, struct err *err)
{
    size_t len = strlen(text);
    if (len > max) {
        return err_set(err, ERR_INVALID, NULL, "%zu bytes; at most %zu are wanted", len, max);
    }
    if (!may_be_empty && len == 0) return err_set(err, ERR_INVALID, NULL, "must not be empty");
    return text_is_printable_utf8(text, len) ||
           err_set(err, ERR_INVALID, NULL, "text without control characters is wanted");
}

static bool find_target(const char *target, const struct catalogue *catalogue,
                        struct heading_meaning *out, struct err *err)
{
    *out = (struct heading_meaning){MEANS_IGNORED, NULL};
    if (!target) return true;
    if (!check_text(target, HEADING_MAX, false, err)) return false;
    if (strcmp(target, "?") == 0) {
        return err_set(err, ERR_INVALID, NULL,
                       "\"?\" waits for you: write a column, a code, or null where it is not "
                       "wanted");
    }
    struct err why;
    if (heading_find_target(catalogue, target, out, &why)) return true;
    return err_set(err, ERR_INVALID, NULL, "\"%.60s\": %s", target, why.text);
}

bool mapping_add_heading(struct mapping *mapping, const char *text, const char *target,
                         const struct catalogue *catalogue, struct err *err)
{
    struct heading_meaning meaning;
    if (!check_text(text, HEADING_MAX, false, err) ||
        !find_target(target, catalogue, &meaning, err)) {
        return false;
    }
    if (mapping->heading_count == MAPPING_ENTRIES_MAX) {
        return err_set(err, ERR_INVALID, NULL, "more than %d headings", MAPPING_ENTRIES_MAX);
    }
    mapping->headings =
        mem_resize(mapping->headings, mapping->heading_count + 1, sizeof *mapping->headings);
    struct mapped_heading *new = &mapping->headings[mapping->heading_count++];
    *new = (struct mapped_heading){.meaning = meaning};
    memcpy(new->text, text, strlen(text) + 1);
    heading_fold(text, new->key);
    return true;
}

bool mapping_add(const char *text, const struct catalogue *catalogue, struct mapping *out,
                 struct err *err)
{
    const char *equals = strrchr(text, '=');
    if (!equals || equals - text > HEADING_MAX) {
        return err_set(err, ERR_INVALID, "map",
                       "\"%.60s\": HEADING=COLUMN is wanted, or HEADING= for one to leave out",
                       text);
    }
    char heading[HEADING_MAX + 1];
    memcpy(heading, text, (size_t)(equals - text));
    heading[equals - text] = '\0';
    const char *target = equals[1] ? equals + 1 : NULL;
    struct mapped_heading *known = mapping_heading(out, heading);
    bool ok = known ? find_target(target, catalogue, &known->meaning, err)
                    : mapping_add_heading(out, heading, target, catalogue, err);
    return ok || err_in(err, "map");
}

/* ---- values ---- */

bool mapping_add_value(struct mapping *mapping, int column, const char *text, const char *to,
                       struct err *err)
{
    if (!check_text(text, MAPPING_TEXT_MAX, false, err) ||
        !check_text(to, MAPPING_TEXT_MAX, true, err)) {
        return false;
    }
    if (mapping_value(mapping, column, text)) {
        return err_set(err, ERR_INVALID, NULL, "is there twice (case does not matter)");
    }
    if (mapping->value_count == MAPPING_ENTRIES_MAX) {
        return err_set(err, ERR_INVALID, NULL, "more than %d values", MAPPING_ENTRIES_MAX);
    }
    mapping->values =
        mem_resize(mapping->values, mapping->value_count + 1, sizeof *mapping->values);
    struct mapped_value *new = &mapping->values[mapping->value_count++];
    *new = (struct mapped_value){.column = column};
    memcpy(new->text, text, strlen(text) + 1);
    memcpy(new->to, to, strlen(to) + 1);
    return true;
}

/* ---- writing ---- */

static void set_new(json_t *object, const char *name, json_t *value)
{
    REQUIRE(json_object_set_new(object, name, value) == 0);
}

static json_t *target_json(const struct heading_meaning *meaning)
{
    if (meaning->means == MEANS_UNKNOWN) return json_string("?");
    const char *name = heading_meaning_name(meaning);
    return name ? json_string(name) : json_null();
}

static const char *value_column_name(int column)
{
    return column == MAPPING_YES_NO ? MAPPING_YES_NO_NAME : column_kinds[column].name;
}

static json_t *values_json(const struct mapping *mapping)
{
    json_t *all = json_object();
    for (size_t i = 0; mapping && i < mapping->value_count; i++) {
        const struct mapped_value *value = &mapping->values[i];
        const char *column = value_column_name(value->column);
        json_t *of_column = json_object_get(all, column);
        if (!of_column) {
            of_column = json_object();
            set_new(all, column, of_column);
        }
        set_new(of_column, value->text, value->to[0] ? json_string(value->to) : json_null());
    }
    return all;
}

static int append_text(const char *text, size_t len, void *buf)
{
    buf_append(buf, text, len);
    return 0;
}

/* A mapping may have each heading once, however it is spelt. */
static bool seen_before(const struct headings *headings, size_t at)
{
    for (size_t i = 0; i < at; i++) {
        if (heading_same(headings->items[i].text, headings->items[at].text)) return true;
    }
    return false;
}

void mapping_write(const struct headings *headings, const struct mapping *mapping, struct buf *out)
{
    json_t *known = json_object();
    for (size_t i = 0; i < headings->count; i++) {
        const struct heading *heading = &headings->items[i];
        if (heading->meaning.means == MEANS_BLANK || seen_before(headings, i)) continue;
        set_new(known, heading->text, target_json(&heading->meaning));
    }
    json_t *root = json_pack("{s:o,s:o}", "headings", known, "values", values_json(mapping));
    REQUIRE(root && json_dump_callback(root, append_text, out, JSON_INDENT(2)) == 0);
    buf_text(out, "\n");
    json_decref(root);
}
