/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/authority.h"
#include "keys/commands.h"
#include "keys/facts.h"
#include "keys/options.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct serials {
    uint64_t *list;
    size_t count;
};

static void add_serial(struct serials *serials, uint64_t serial)
{
    serials->list = mem_resize(serials->list, serials->count + 1, sizeof *serials->list);
    serials->list[serials->count++] = serial;
}

/* "ROLE/ID": every certificate of it that has not expired. */
static bool add_party(struct serials *serials, const struct issued *issued, const char *text,
                      struct err *err)
{
    const char *slash = strchr(text, '/');
    char role_text[16] = "";
    size_t role_len = slash ? (size_t)(slash - text) : 0;
    size_t before = serials->count;
    if (role_len > 0 && role_len < sizeof role_text) memcpy(role_text, text, role_len);
    enum role role = role_from_name(role_text);
    if (!slash || role == ROLE_NONE) {
        return err_set(err, ERR_INVALID, "serial", "\"%.60s\" is neither a serial nor ROLE/ID",
                       text);
    }
    for (size_t i = 0; i < issued->count; i++) {
        const struct certificate *each = &issued->list[i];
        if (each->role != role || strcmp(each->organisation, slash + 1) != 0) continue;
        if (clock_wall_ms() <= each->not_after) add_serial(serials, each->serial);
    }
    return serials->count > before ||
           err_set(err, ERR_NOT_FOUND, "serial", "no valid certificate of %.60s was issued here",
                   text);
}

static bool collect(const struct keys_options *options, const struct issued *issued,
                    struct serials *serials, struct err *err)
{
    for (size_t i = 0; i < options->file_count; i++) {
        int64_t serial = 0;
        if (text_integer(options->files[i], 1, INT64_MAX, &serial)) {
            add_serial(serials, (uint64_t)serial);
        } else if (!add_party(serials, issued, options->files[i], err)) {
            return false;
        }
    }
    return serials->count > 0 ||
           err_set(err, ERR_INVALID, "serial", "no serial and no ROLE/ID is given");
}

static void print_list(const struct keys_options *options, const struct revocations *list)
{
    struct facts facts = facts_new();
    facts_of_revocations(&facts, list);
    if (options->common.json) {
        cli_print_json(json_incref(facts.object));
    } else {
        (void)printf("A new revocation list. Give %s/%s to the matcher, the agents and the LAs.\n",
                     options->common.home, HOME_REVOCATIONS);
        facts_print(&facts, stdout);
    }
    facts_free(&facts);
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct secret passphrase = {0};
    struct authority *authority = NULL;
    struct serials serials = {0};
    if (!keys_options_home(options, err)) return false;
    char *key_path = file_join(options->common.home, HOME_KEY);
    bool ok = ask_passphrase(options, key_path, &passphrase, err) &&
              authority_open(options->common.home, &passphrase, &authority, err) &&
              collect(options, authority_issued(authority), &serials, err) &&
              authority_revoke(authority, serials.list, serials.count, err);
    if (ok) print_list(options, authority_revocations(authority));
    free(serials.list);
    authority_close(authority);
    secret_free(&passphrase);
    free(key_path);
    return ok;
}

int keys_command_revoke(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code =
        keys_options_parse(NULL, "SERIAL|ROLE/ID...",
                           "Revokes certificates by serial, or all valid ones of a party, and "
                           "writes the next numbered list into the directory -C.",
                           argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
