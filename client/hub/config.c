/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/hub/home.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { CONFIG_MAX = 64 * 1024 };

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

static bool parse(const struct buf *text, struct hub_config *out, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)text->data, text->len, JSON_REJECT_DUPLICATES, &why);
    if (!root) return err_set(err, ERR_INVALID, HOME_CONFIG, "line %d: %s", why.line, why.text);
    const char *matcher = NULL, *id = NULL, *listen = NULL, *address = NULL;
    json_t *watch[WATCH_KEYS] = {NULL};
    bool ok = json_unpack_ex(root, &why, JSON_STRICT, "{s:s,s:s,s:s,s:s,s?o,s?o,s?o}", "matcher",
                             &matcher, "matcher_id", &id, "listen", &listen, "address", &address,
                             WATCH_KEYS_UNPACK(watch)) == 0;
    out->watch = watch_config_default();
    if (!ok) {
        (void)err_set(err, ERR_INVALID, HOME_CONFIG,
                      "%s; wanted: {\"matcher\":\"host:port\",\"matcher_id\":\"id\","
                      "\"listen\":\"host:port\",\"address\":\"host:port\"}",
                      why.text);
    } else if (!(ok = check(matcher, id, listen, address, err) &&
                      watch_config_unpacked(&out->watch, watch, err))) {
        (void)err_in(err, HOME_CONFIG);
    } else {
        memcpy(out->matcher, matcher, strlen(matcher) + 1);
        memcpy(out->matcher_id, id, strlen(id) + 1);
        memcpy(out->listen, listen, strlen(listen) + 1);
        memcpy(out->address, address, strlen(address) + 1);
    }
    json_decref(root);
    return ok;
}

bool hub_config_read(const char *home, struct hub_config *out, struct err *err)
{
    char *path = file_join(home, HOME_CONFIG);
    struct buf text = {0};
    bool ok = file_read(path, CONFIG_MAX, &text, err) && parse(&text, out, err);
    if (!ok && err->code == ERR_NOT_FOUND) {
        (void)err_set(err, ERR_NOT_FOUND, "", "%s does not exist; 'hearth hub init' makes it",
                      path);
    }
    buf_free(&text);
    free(path);
    return ok;
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
