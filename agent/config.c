/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/config.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keys/identity.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/profile.h"

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

static bool take_number(struct config *config, const char *name, const json_t *value, bool *known,
                        struct err *err)
{
    int64_t n = 0;
    if (strcmp(name, "budget") == 0) {
        if (!config_number(name, value, 0, BUDGET_MAX, &n, err)) return false;
        config->budget = (uint32_t)n;
    } else if (strcmp(name, "fresh_days") == 0) {
        if (!config_number(name, value, 0, FRESH_DAYS_MAX, &n, err)) return false;
        config->fresh_days = (int)n;
    } else if (strcmp(name, "threads") == 0) {
        if (!config_number(name, value, 0, THREADS_MAX, &n, err)) return false;
        config->threads = (unsigned)n;
    } else if (strcmp(name, "catalogue") == 0) {
        if (!config_number(name, value, 1, CATALOGUE_VERSION, &n, err)) return false;
        config->catalogue = catalogue_chosen((uint32_t)n);
    } else if (strcmp(name, "keep_days") == 0) {
        if (!config_number(name, value, KEEP_DAYS_MIN, KEEP_DAYS_MAX, &n, err)) return false;
        config->keep_days = (int)n;
    } else {
        *known = false;
    }
    return true;
}

static bool take(void *ctx, const char *name, const json_t *value, bool *known, struct err *err)
{
    struct config *config = ctx;
    if (strcmp(name, "matcher") == 0) {
        return config_address(name, value, 1, ADDRESS_MAX, config->matcher, err);
    }
    if (strcmp(name, "matcher_id") == 0) return config_id(name, value, config->matcher_id, err);
    if (strcmp(name, "allow") == 0) return read_allow(config, value, err);
    if (watch_config_knows(name)) {
        return watch_config_set(&config->watch, name, json_string_value(value), err);
    }
    return take_number(config, name, value, known, err);
}

static bool read_config(const char *home, struct config *out, struct checks *checks,
                        struct err *err)
{
    static const char *const needed[] = {"matcher", "matcher_id", NULL};
    static const struct config_form form = {.take = take,
                                            .needed = needed,
                                            .hint = "man hearth-agent lists the keys",
                                            .maker = "hearth-agent init"};
    struct config config = config_default();
    bool ok = config_file_read(home, &form, &config, checks, err);
    if (ok || checks) {
        *out = config;
    } else {
        config_free(&config);
    }
    return ok;
}

bool config_check(const char *home, struct config *out, struct checks *checks)
{
    struct err ignored;
    return read_config(home, out, checks, &ignored);
}

bool config_read(const char *home, struct config *out, struct err *err)
{
    if (read_config(home, out, NULL, err)) return true;
    if (err->code == ERR_NOT_FOUND) {
        return err_set(err, ERR_NOT_FOUND, "", "%s/%s does not exist; 'hearth-agent init' makes it",
                       home, HOME_CONFIG);
    }
    return err->field[0] ? false : err_in(err, HOME_CONFIG);
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
