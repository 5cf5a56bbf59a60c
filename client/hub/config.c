/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/hub/home.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/text.h"

static bool check_address(const char *key, const char *text, size_t max, int64_t lowest_port,
                          struct err *err)
{
    if (strlen(text) <= max && text_is_address(text, lowest_port)) return true;
    return err_set(err, ERR_INVALID, key, "\"%s\": host:port is wanted", text);
}

static bool check(const char *matcher, const char *matcher_id, const char *listen,
                  const char *address, struct err *err)
{
    if (!text_is_id(matcher_id)) {
        return err_set(err, ERR_INVALID, "matcher_id",
                       "\"%s\": an organisation id ([a-z0-9-]{1,32}) is wanted", matcher_id);
    }
    return check_address("matcher", matcher, ADDRESS_MAX, 1, err) &&
           check_address("listen", listen, ADDRESS_MAX, 0, err) &&
           check_address("address", address, MANIFEST_ADDRESS_MAX, 1, err);
}

static bool take(void *ctx, const char *name, const json_t *value, bool *known, struct err *err)
{
    struct hub_config *config = ctx;
    if (strcmp(name, "matcher") == 0) {
        return config_address(name, value, 1, ADDRESS_MAX, config->matcher, err);
    }
    if (strcmp(name, "matcher_id") == 0) return config_id(name, value, config->matcher_id, err);
    if (strcmp(name, "listen") == 0) {
        return config_address(name, value, 0, ADDRESS_MAX, config->listen, err);
    }
    if (strcmp(name, "address") == 0) {
        return config_address(name, value, 1, MANIFEST_ADDRESS_MAX, config->address, err);
    }
    if (watch_config_knows(name)) {
        return watch_config_set(&config->watch, name, json_string_value(value), err);
    }
    *known = false;
    return true;
}

static bool read_config(const char *home, struct hub_config *out, struct checks *checks,
                        struct err *err)
{
    static const char *const needed[] = {"matcher", "matcher_id", "listen", "address", NULL};
    static const struct config_form form = {
        .take = take,
        .needed = needed,
        .hint = "wanted: {\"matcher\":\"host:port\",\"matcher_id\":\"id\",\"listen\":\"host:port\","
                "\"address\":\"host:port\"}; man hearth lists the keys",
        .maker = "hearth hub init"};
    *out = (struct hub_config){.watch = watch_config_default()};
    return config_file_read(home, &form, out, checks, err);
}

bool hub_config_check(const char *home, struct hub_config *out, struct checks *checks)
{
    struct err ignored;
    return read_config(home, out, checks, &ignored);
}

bool hub_config_read(const char *home, struct hub_config *out, struct err *err)
{
    if (read_config(home, out, NULL, err)) return true;
    if (err->code != ERR_NOT_FOUND) return err_in(err, HOME_CONFIG);
    return err_set(err, ERR_NOT_FOUND, "", "%s/%s does not exist; 'hearth hub init' makes it", home,
                   HOME_CONFIG);
}

bool hub_config_create(const char *home, const struct hub_config *config, struct err *err)
{
    if (!check(config->matcher, config->matcher_id, config->listen, config->address, err) ||
        !file_make_dirs(home, 0700, err)) {
        return false;
    }
    json_t *root =
        json_pack("{s:s,s:s,s:s,s:s}", "matcher", config->matcher, "matcher_id", config->matcher_id,
                  "listen", config->listen, "address", config->address);
    char *path = file_join(home, HOME_CONFIG);
    bool ok = json_create_file(path, root, err);
    free(path);
    return ok;
}
