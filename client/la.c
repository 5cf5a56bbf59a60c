/* SPDX-License-Identifier: Apache-2.0 */
#include "client/la.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keys/home.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { CONFIG_MAX = 64 * 1024 };

char *la_home(const struct cli_common *common)
{
    if (common->home) return mem_string(common->home);
    const char *user = getenv("HOME");
    return file_join(user ? user : ".", ".hearth");
}

static bool check_config(const char *address, const char *matcher_id, struct err *err)
{
    if (strlen(address) > ADDRESS_MAX || !text_is_address(address, 1)) {
        return err_set(err, ERR_INVALID, "matcher", "\"%s\": host:port is wanted", address);
    }
    if (!text_is_id(matcher_id)) {
        return err_set(err, ERR_INVALID, "matcher_id",
                       "\"%s\": an organisation id ([a-z0-9-]{1,32}) is wanted", matcher_id);
    }
    return true;
}

static bool check_catalogue(json_int_t version, struct err *err)
{
    return (version >= 1 && version <= CATALOGUE_VERSION) ||
           err_set(err, ERR_INVALID, "catalogue",
                   "%lld: the newest catalogue version to use, 1 to %d, is wanted",
                   (long long)version, CATALOGUE_VERSION);
}

static bool check_keep_days(json_int_t days, struct err *err)
{
    return (days >= KEEP_DAYS_MIN && days <= KEEP_DAYS_MAX) ||
           err_set(err, ERR_INVALID, "keep_days",
                   "%lld: how many days records are kept, %d to %d, is wanted", (long long)days,
                   KEEP_DAYS_MIN, KEEP_DAYS_MAX);
}

static bool parse_config(const struct buf *text, struct la *out, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)text->data, text->len, JSON_REJECT_DUPLICATES, &why);
    if (!root) return err_set(err, ERR_INVALID, HOME_CONFIG, "line %d: %s", why.line, why.text);
    const char *address = NULL, *id = NULL;
    json_int_t catalogue = CATALOGUE_VERSION, keep_days = KEEP_DAYS;
    bool ok =
        json_unpack_ex(root, &why, JSON_STRICT, "{s:s,s:s,s?I,s?I}", "matcher", &address,
                       "matcher_id", &id, "catalogue", &catalogue, "keep_days", &keep_days) == 0;
    if (!ok) {
        (void)err_set(err, ERR_INVALID, HOME_CONFIG,
                      "%s; wanted: {\"matcher\":\"host:port\",\"matcher_id\":\"id\"}", why.text);
    } else if ((ok = check_config(address, id, err) && check_catalogue(catalogue, err) &&
                     check_keep_days(keep_days, err))) {
        out->keep_days = (int)keep_days;
        out->catalogue = catalogue_chosen((uint32_t)catalogue);
        memcpy(out->matcher_address, address, strlen(address) + 1);
        memcpy(out->matcher_id, id, strlen(id) + 1);
    }
    json_decref(root);
    return ok;
}

static bool read_config(const char *home, struct la *out, struct err *err)
{
    char *path = file_join(home, HOME_CONFIG);
    struct buf text = {0};
    bool ok = file_read(path, CONFIG_MAX, &text, err) && parse_config(&text, out, err);
    buf_free(&text);
    free(path);
    return ok;
}

/* Whoever has no home directory yet wants to know how one is made. */
static bool say_how(struct err *err)
{
    struct err why = *err;
    if (why.code != ERR_NOT_FOUND) return false;
    return err_set(err, why.code, why.field,
                   "%s. A home directory is made by 'hearth-keys request', 'hearth-keys install' "
                   "and 'hearth init'; -C names another one",
                   why.text);
}

bool la_open(const struct cli_common *common, struct la *out, struct err *err)
{
    *out = (struct la){0};
    char *home = la_home(common);
    bool ok =
        home_check_role(home, ROLE_LA, err) && read_config(home, out, err) &&
        identity_open_home(home, common->passphrase_fd, ROLE_LA, &out->trust, &out->identity, err);
    free(home);
    return ok || say_how(err);
}

void la_close(struct la *la)
{
    if (la->identity) identity_close(la->identity);
    if (la->trust) trust_close(la->trust);
    la->identity = NULL;
    la->trust = NULL;
}

bool la_keep_head(const char *home, const struct result *result, struct err *err)
{
    char when[CLOCK_TEXT], query[2 * HASH_BYTES + 1], head[2 * HASH_BYTES + 1];
    clock_format(clock_wall_ms(), when);
    char *line = mem_format(
        "%s query=%s at=%llu:%s", when, text_hex(result->query_hash, HASH_BYTES, query),
        (unsigned long long)result->log_length, text_hex(result->log_head, HASH_BYTES, head));
    char *path = file_join(home, HOME_LOG_HEADS);
    bool ok = file_append_line(path, line, 0600, err);
    free(path);
    free(line);
    return ok;
}

bool la_write_config(const char *home, const char *address, const char *matcher_id, struct err *err)
{
    if (!check_config(address, matcher_id, err) || !file_make_dirs(home, 0700, err)) return false;
    json_t *config = json_pack("{s:s,s:s}", "matcher", address, "matcher_id", matcher_id);
    char *path = file_join(home, HOME_CONFIG);
    bool ok = json_create_file(path, config, err);
    free(path);
    return ok;
}
