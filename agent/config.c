/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keys/identity.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/profile.h"

enum { CONFIG_MAX = 256 * 1024 };

struct config config_default(void)
{
    return (struct config){.allow_all = true,
                           .budget = BUDGET_DEFAULT,
                           .fresh_days = STATUS_FRESH_DAYS,
                           .threads = 0,
                           .keep_days = KEEP_DAYS_DEFAULT,
                           .catalogue = catalogue_chosen(0),
                           .watch = watch_config_default()};
}

void config_free(struct config *config)
{
    free(config->allow);
    *config = config_default();
}

bool config_allow(struct config *config, const char *la, struct err *err)
{
    if (!text_is_id(la)) {
        return err_set(err, ERR_INVALID, "allow",
                       "\"%s\": an LA's organisation id ([a-z0-9-]{1,32}) is wanted", la);
    }
    if (config->allow_count >= ALLOW_MAX) {
        return err_set(err, ERR_INVALID, "allow", "more than %d LAs", ALLOW_MAX);
    }
    config->allow = mem_resize(config->allow, config->allow_count + 1, sizeof *config->allow);
    memcpy(config->allow[config->allow_count], la, strlen(la) + 1);
    config->allow_count++;
    config->allow_all = false;
    return true;
}

static bool set_matcher(struct config *config, const char *address, const char *id, struct err *err)
{
    if (strlen(address) > ADDRESS_MAX || !text_is_address(address, 1)) {
        return err_set(err, ERR_INVALID, "matcher", "\"%s\": host:port is wanted", address);
    }
    if (!text_is_id(id)) {
        return err_set(err, ERR_INVALID, "matcher_id",
                       "\"%s\": an organisation id ([a-z0-9-]{1,32}) is wanted", id);
    }
    memmove(config->matcher, address, strlen(address) + 1);
    memmove(config->matcher_id, id, strlen(id) + 1);
    return true;
}

static bool check_number(const char *field, json_int_t value, int min, int max, struct err *err)
{
    if (value >= min && value <= max) return true;
    return err_set(err, ERR_INVALID, field, "%lld: a whole number %d to %d is wanted",
                   (long long)value, min, max);
}

static bool read_allow(struct config *config, const json_t *list, struct err *err)
{
    if (!list) return true;
    if (!json_is_array(list)) {
        return err_set(err, ERR_INVALID, "allow", "a list of LA ids is wanted");
    }
    /* An empty list is a closed door, not an open one. */
    config->allow_all = false;
    size_t i = 0;
    json_t *item = NULL;
    json_array_foreach(list, i, item)
    {
        const char *la = json_string_value(item);
        if (!config_allow(config, la ? la : "(not a string)", err)) return false;
    }
    return true;
}

static bool parse(const struct buf *text, struct config *out, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)text->data, text->len, JSON_REJECT_DUPLICATES, &why);
    if (!root) return err_set(err, ERR_INVALID, HOME_CONFIG, "line %d: %s", why.line, why.text);
    const char *address = NULL;
    const char *id = NULL;
    json_t *allow = NULL;
    json_int_t budget = out->budget;
    json_int_t fresh_days = out->fresh_days;
    json_int_t threads = out->threads;
    json_int_t catalogue = CATALOGUE_VERSION;
    json_int_t keep_days = out->keep_days;
    json_t *watch[WATCH_KEYS] = {NULL};
    bool ok =
        json_unpack_ex(root, &why, JSON_STRICT, "{s:s,s:s,s?o,s?I,s?I,s?I,s?I,s?I,s?o,s?o,s?o}",
                       "matcher", &address, "matcher_id", &id, "allow", &allow, "budget", &budget,
                       "fresh_days", &fresh_days, "threads", &threads, "catalogue", &catalogue,
                       "keep_days", &keep_days, WATCH_KEYS_UNPACK(watch)) == 0;
    if (!ok) (void)err_set(err, ERR_INVALID, HOME_CONFIG, "%s", why.text);
    ok = ok && set_matcher(out, address, id, err) && read_allow(out, allow, err) &&
         check_number("budget", budget, 0, BUDGET_MAX, err) &&
         check_number("fresh_days", fresh_days, 0, FRESH_DAYS_MAX, err) &&
         check_number("threads", threads, 0, THREADS_MAX, err) &&
         check_number("catalogue", catalogue, 1, CATALOGUE_VERSION, err) &&
         check_number("keep_days", keep_days, KEEP_DAYS_MIN, KEEP_DAYS_MAX, err) &&
         watch_config_unpacked(&out->watch, watch, err);
    if (ok) {
        out->catalogue = catalogue_chosen((uint32_t)catalogue);
        out->budget = (uint32_t)budget;
        out->fresh_days = (int)fresh_days;
        out->threads = (unsigned)threads;
        out->keep_days = (int)keep_days;
    }
    json_decref(root);
    return ok;
}

bool config_read(const char *home, struct config *out, struct err *err)
{
    struct config config = config_default();
    struct buf text = {0};
    char *path = file_join(home, HOME_CONFIG);
    bool ok = file_read(path, CONFIG_MAX, &text, err) && parse(&text, &config, err);
    if (ok) {
        *out = config;
    } else {
        config_free(&config);
        if (err->code == ERR_NOT_FOUND) {
            (void)err_set(err, ERR_NOT_FOUND, "", "%s does not exist; 'hearth-agent init' makes it",
                          path);
        }
    }
    buf_free(&text);
    free(path);
    return ok;
}

static json_t *to_json(const struct config *config)
{
    json_t *root = json_pack("{s:s,s:s,s:I,s:i,s:i}", "matcher", config->matcher, "matcher_id",
                             config->matcher_id, "budget", (json_int_t)config->budget, "fresh_days",
                             config->fresh_days, "threads", (int)config->threads);
    REQUIRE(root != NULL);
    if (config->allow_all) return root;
    json_t *allow = json_array();
    for (size_t i = 0; i < config->allow_count; i++) {
        REQUIRE(json_array_append_new(allow, json_string(config->allow[i])) == 0);
    }
    REQUIRE(json_object_set_new(root, "allow", allow) == 0);
    return root;
}

bool config_create(const char *home, const struct config *config, struct err *err)
{
    struct config checked = *config;
    if (!set_matcher(&checked, config->matcher, config->matcher_id, err) ||
        !check_number("budget", config->budget, 0, BUDGET_MAX, err) ||
        !check_number("fresh_days", config->fresh_days, 0, FRESH_DAYS_MAX, err)) {
        return false;
    }
    char *path = file_join(home, HOME_CONFIG);
    bool ok = json_create_file(path, to_json(config), err);
    free(path);
    return ok;
}
