/* SPDX-License-Identifier: Apache-2.0
 * `hearth-keys backup` and `restore`: of the Authority's directory.
 */
#include <stdlib.h>

#include "keys/authority.h"
#include "keys/commands.h"
#include "keys/options.h"
#include "keys/restored.h"
#include "proto/backup/backup_command.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* The list before the record: all that is revoked was issued. */
static const struct backup_item items[] = {
    {.name = HOME_REVOCATIONS, .needed = true},
    {.name = AUTHORITY_ISSUED},
    {.name = AUTHORITY_RESTORED},
    {.name = HOME_ROOT, .needed = true},
    {.name = HOME_KEY, .needed = true},
};

static bool settle(const char *directory, struct err *err)
{
    return restored_note(directory, err);
}

static const struct backup_plan plan = {.program = "hearth-keys",
                                        .kind = "authority",
                                        .items = items,
                                        .count = sizeof items / sizeof items[0],
                                        .key_file = HOME_KEY,
                                        .settle = settle};

static char *home(const struct cli_common *common)
{
    return common->home ? mem_string(common->home) : NULL;
}

/* A party's home has a certificate; its own program knows what stores it has. */
static bool check(const char *path, struct err *err)
{
    char *certificate = file_join(path, HOME_CERTIFICATE);
    bool ok = !file_exists(certificate) ||
              err_set(err, ERR_DENIED, "home",
                      "%s is a party's home: its own program copies it ('hearth-agent backup' and "
                      "the like)",
                      path);
    free(certificate);
    return ok;
}

static int fail(const char *name, const struct cli_common *common, const struct err *err)
{
    char *title = mem_format(PROGRAM " %s", name);
    cli_print_error(title, common->json, err);
    free(title);
    return err->code == ERR_INVALID ? EXIT_BAD_INPUT : EXIT_FAILURE;
}

static const struct backup_command command = {&plan, home, check, fail};

int keys_command_backup(int argc, char **argv)
{
    return backup_command_backup(&command, argc, argv);
}

int keys_command_restore(int argc, char **argv)
{
    return backup_command_restore(&command, argc, argv);
}
