/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/config_file.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

#define CONFIG_NAME "config.json"
enum { CONFIG_MAX = 256 * 1024 };

/* ---- values ---- */

bool config_number(const char *name, const json_t *value, int64_t min, int64_t max, int64_t *out,
                   struct err *err)
{
    if (!json_is_integer(value)) {
        return err_set(err, ERR_INVALID, name, "a whole number %lld to %lld is wanted",
                       (long long)min, (long long)max);
    }
    *out = json_integer_value(value);
    return (*out >= min && *out <= max) ||
           err_set(err, ERR_INVALID, name, "%lld: a whole number %lld to %lld is wanted",
                   (long long)*out, (long long)min, (long long)max);
}

static const char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);
    return text ? text : "(not a text)";
}

bool config_address(const char *name, const json_t *value, int64_t lowest_port, size_t max,
                    char *out, struct err *err)
{
    const char *text = text_of(value);
    if (!json_is_string(value) || strlen(text) > max || !text_is_address(text, lowest_port)) {
        return err_set(err, ERR_INVALID, name,
                       "\"%.100s\": host:port is wanted, such as 0.0.0.0:7411", text);
    }
    memmove(out, text, strlen(text) + 1);
    return true;
}

bool config_id(const char *name, const json_t *value, char *out, struct err *err)
{
    const char *text = text_of(value);
    if (!json_is_string(value) || !text_is_id(text)) {
        return err_set(err, ERR_INVALID, name,
                       "\"%.100s\": an organisation id ([a-z0-9-]{1,32}) is wanted", text);
    }
    memmove(out, text, strlen(text) + 1);
    return true;
}

/* ---- the file ---- */

/* True where the reading goes on: nothing was wrong, or all of it is wanted. */
static bool note(bool ok, struct checks *checks, const struct err *why, struct err *first)
{
    if (ok) return true;
    if (first->code == ERR_NONE) *first = *why;
    if (checks) (void)checks_take(checks, false, CONFIG_NAME, why);
    return checks != NULL;
}

static bool take_key(const struct config_form *form, void *config, const char *name,
                     const json_t *value, struct err *err)
{
    bool known = true;
    if (form->take(config, name, value, &known, err) && known) return true;
    return !known ? err_set(err, ERR_INVALID, name, "unknown key; %s", form->hint) : false;
}

static bool read_object(json_t *root, const struct config_form *form, void *config,
                        struct checks *checks, struct err *first)
{
    struct err why;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(root, name, value)
    {
        if (!note(take_key(form, config, name, value, &why), checks, &why, first)) return false;
    }
    for (const char *const *needed = form->needed; needed && *needed; needed++) {
        bool there = json_object_get(root, *needed) != NULL;
        if (!there) (void)err_set(&why, ERR_INVALID, *needed, "is missing; %s", form->hint);
        if (!note(there, checks, &why, first)) return false;
    }
    return first->code == ERR_NONE;
}

static bool parse(const struct buf *text, json_t **out, struct err *err)
{
    json_error_t where;
    if (text->len == 0) {
        return err_set(err, ERR_INVALID, NULL, "is empty; a JSON object is wanted, such as {}");
    }
    json_t *root = json_loadb((const char *)text->data, text->len, JSON_REJECT_DUPLICATES, &where);
    if (root && json_is_object(root)) {
        *out = root;
        return true;
    }
    bool parsed = root != NULL;
    json_decref(root);
    return parsed ? err_set(err, ERR_INVALID, NULL, "a JSON object is wanted")
                  : err_set(err, ERR_INVALID, NULL, "line %d, column %d: %s", where.line,
                            where.column, where.text);
}

/* Who asks for all faults is told what to do about a file that is not there; for others the program
 * says it, or goes on without. */
static bool read_text(const char *path, const struct config_form *form, bool all, struct buf *out,
                      struct err *err)
{
    if (file_read(path, CONFIG_MAX, out, err)) return true;
    return all && err->code == ERR_NOT_FOUND
               ? err_set(err, ERR_NOT_FOUND, NULL, "is missing: '%s' makes it", form->maker)
               : false;
}

bool config_file_read(const char *home, const struct config_form *form, void *config,
                      struct checks *checks, struct err *err)
{
    char *path = file_join(home, CONFIG_NAME);
    struct buf text = {0};
    json_t *root = NULL;
    struct err why, first = {0};
    bool ok = read_text(path, form, checks != NULL, &text, &why) && parse(&text, &root, &why);
    ok = note(ok, checks, &why, &first) && root && read_object(root, form, config, checks, &first);
    if (!ok) *err = first;
    json_decref(root);
    buf_free(&text);
    free(path);
    return ok;
}

/* ---- help ---- */

void config_help_text(struct buf *out, const char *name, const char *preset, const char *valid)
{
    buf_format(out, "  %-23s  %-12s  %s\n", name, preset, valid);
}

void config_help_number(struct buf *out, const char *name, int64_t preset, int64_t min, int64_t max)
{
    buf_format(out, "  %-23s  %-12lld  %lld to %lld\n", name, (long long)preset, (long long)min,
               (long long)max);
}

int config_check_command(const struct config_check *command, int argc, char **argv)
{
    struct cli_common common = {0};
    struct checks checks = {0};
    struct buf keys = {0};
    command->keys(&keys);
    char *doc = mem_format("%s\vKeys of " CONFIG_NAME ", their defaults and what is valid:\n%.*s",
                           command->doc, (int)keys.len, (const char *)keys.data);
    int code = cli_parse_common(doc, argc, argv, &common);
    free(doc);
    buf_free(&keys);
    if (code != 0) return code;
    char *home = command->home(&common);
    command->check(home, &checks);
    code = checks_print(&checks, common.json);
    checks_free(&checks);
    free(home);
    return code;
}
