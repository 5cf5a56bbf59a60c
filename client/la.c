/* SPDX-License-Identifier: Apache-2.0 */
#include "client/la.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "keys/home.h"
#include "proto/base/clock.h"
#include "proto/base/config_file.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

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

static bool take(void *ctx, const char *name, const json_t *value, bool *known, struct err *err)
{
    struct la *la = ctx;
    int64_t n = 0;
    if (strcmp(name, "matcher") == 0) {
        return config_address(name, value, 1, ADDRESS_MAX, la->matcher_address, err);
    }
    if (strcmp(name, "matcher_id") == 0) return config_id(name, value, la->matcher_id, err);
    if (strcmp(name, "catalogue") == 0) {
        if (!config_number(name, value, 1, CATALOGUE_VERSION, &n, err)) return false;
        la->catalogue = catalogue_chosen((uint32_t)n);
    } else if (strcmp(name, "keep_days") == 0) {
        if (!config_number(name, value, KEEP_DAYS_MIN, KEEP_DAYS_MAX, &n, err)) return false;
        la->keep_days = (int)n;
    } else {
        *known = false;
    }
    return true;
}

bool la_config(const char *home, struct la *out, struct checks *checks, struct err *err)
{
    static const char *const needed[] = {"matcher", "matcher_id", NULL};
    static const struct config_form form = {
        .take = take,
        .needed = needed,
        .hint =
            "wanted: {\"matcher\":\"host:port\",\"matcher_id\":\"id\"}; man hearth lists the keys",
        .maker = "hearth init"};
    *out = (struct la){.catalogue = catalogue_chosen(0), .keep_days = KEEP_DAYS};
    return config_file_read(home, &form, out, checks, err) ||
           (err->field[0] || err->code == ERR_NOT_FOUND ? false : err_in(err, HOME_CONFIG));
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
        home_check_role(home, ROLE_LA, err) && la_config(home, out, NULL, err) &&
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
