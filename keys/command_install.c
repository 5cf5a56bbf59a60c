/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "keys/commands.h"
#include "keys/home.h"
#include "keys/options.h"

static const struct argp_option table[] = {
    {"root", OPTION_ROOT, "FILE", 0,
     "The Authority's authority.root; needed the first time, kept from then on", 0},
    {"revocations", OPTION_REVOCATIONS, "FILE", 0, "The Authority's revocation list", 0},
    {0}};

static bool run(const struct keys_options *options, struct err *err)
{
    if (!keys_options_home(options, err)) return false;
    if (options->file_count > 1) {
        return err_set(err, ERR_INVALID, "", "one certificate is wanted, not %zu",
                       options->file_count);
    }
    struct home_parts parts = {.root_path = options->root,
                               .revocations_path = options->revocations,
                               .certificate_path =
                                   options->file_count > 0 ? options->files[0] : NULL};
    if (!parts.certificate_path && !parts.revocations_path && !parts.root_path) {
        return err_set(err, ERR_INVALID, "", "nothing to install is given");
    }
    if (!home_install(options->common.home, &parts, err)) return false;
    if (options->common.json) {
        (void)puts("{\"installed\":true}");
    } else {
        (void)printf("Installed in %s\n", options->common.home);
    }
    return true;
}

int keys_command_install(int argc, char **argv)
{
    struct keys_options options;
    struct err err = {0};
    int code =
        keys_options_parse(table, "[CERTIFICATE]",
                           "Checks a certificate, and a revocation list, against the Authority's "
                           "root and this home's key file, and puts them in place in the "
                           "directory -C. No passphrase is needed.",
                           argc, argv, &options);
    return code ? code : keys_finish(&options, run(&options, &err), &err);
}
