/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/authority.h"
#include "keys/commands.h"
#include "keys/options.h"
#include "keys/show.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"

static const struct argp_option table[] = {
    {"name", OPTION_NAME, "NAME", 0, "Who the Authority is, as people will read it", 0},
    {"days", OPTION_DAYS, "N", 0, "Validity of the root: 1 to 7300, default 3650", 0},
    OPTION_ROW_ARGON2,
    {0}};

static bool print_root(const struct keys_options *options, struct err *err)
{
    const char *title = NULL;
    struct facts facts = facts_new();
    char *path = file_join(options->common.home, HOME_ROOT);
    bool ok = show_file(path, NULL, clock_wall_ms(), &facts, &title, err);
    if (ok && options->common.json) {
        cli_print_json(json_incref(facts.object));
    } else if (ok) {
        (void)printf("A new Authority. Everyone installs %s, %s\n", path, title);
        facts_print(&facts, stdout);
    }
    free(path);
    facts_free(&facts);
    return ok;
}

static bool run(const struct keys_options *options, struct err *err)
{
    struct key_cost cost;
    struct secret passphrase = {0};
    int days = 0;
    if (!keys_options_home(options, err) ||
        !keys_options_days(options, ROOT_DAYS_DEFAULT, ROOT_DAYS_MAX, &days, err) ||
        !keys_options_cost(options, "moderate", &cost, err)) {
        return false;
    }
    if (!options->name) return err_set(err, ERR_INVALID, "name", "--name NAME is wanted");
    bool ok =
        authority_may_be_made(options->common.home, options->name, err) &&
        ask_new_passphrase(options->common.passphrase_fd, options->common.home, &passphrase, err) &&
        authority_make(options->common.home, options->name, days, &cost, &passphrase, err) &&
        print_root(options, err);
    secret_free(&passphrase);
    return ok;
}

int keys_command_root(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code =
        keys_options_parse(table, NULL,
                           "Makes the Authority in the directory -C: its encrypted key file, "
                           "authority.root for everyone, and an empty revocation list. Do this "
                           "on a machine that stays offline.",
                           argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
