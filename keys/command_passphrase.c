/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "keys/armour.h"
#include "keys/commands.h"
#include "keys/options.h"
#include "proto/base/file.h"

static const struct argp_option table[] = {
    {"new-passphrase-fd", OPTION_NEW_PASSPHRASE_FD, "N", 0,
     "Read the new passphrase from descriptor N (default: ask on the terminal)", 0},
    {"argon2", OPTION_ARGON2, "COST", 0,
     "interactive, moderate or sensitive (default: as the file has it)", 0},
    {0}};

static bool present_cost(const char *path, struct key_cost *out, struct err *err)
{
    struct key_file_header header;
    struct buf data = {0};
    bool ok = armour_read_file(ARMOUR_KEY, path, &data, err) &&
              key_file_inspect(data.data, data.len, &header, err);
    if (ok) *out = header.cost;
    buf_free(&data);
    return ok;
}

static bool change(const struct keys_options *options, const char *path, struct err *err)
{
    struct key_cost cost;
    struct secret old = {0}, new = {0};
    struct private_keys keys = {0};
    if (options->new_passphrase_fd < 0 && secret_has_credential()) {
        return err_set(err, ERR_INVALID, "new-passphrase-fd",
                       "is wanted where the old passphrase is a credential");
    }
    bool ok = options->argon2 ? keys_options_cost(options, NULL, &cost, err)
                              : present_cost(path, &cost, err);
    ok = ok && ask_passphrase(options, path, &old, err) && key_file_load(path, &old, &keys, err) &&
         ask_new_passphrase(options->new_passphrase_fd, path, &new, err) &&
         key_file_save(path, &keys, &cost, &new, true, err);
    private_keys_free(&keys);
    secret_free(&old);
    secret_free(&new);
    return ok;
}

static bool run(const struct keys_options *options, struct err *err)
{
    if (!keys_options_home(options, err)) return false;
    char *path = file_join(options->common.home, HOME_KEY);
    bool ok = change(options, path, err);
    if (ok && options->common.json) {
        (void)puts("{\"changed\":true}");
    } else if (ok) {
        (void)printf("%s has a new passphrase. Copies of the file keep the old one.\n", path);
    }
    free(path);
    return ok;
}

int keys_command_passphrase(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code = keys_options_parse(
        table, NULL, "Encrypts identity.key in the directory -C under a new passphrase.", argc,
        argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
