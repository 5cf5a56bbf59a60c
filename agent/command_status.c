/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "agent/status_file.h"

enum { EXIT_ATTACHED = 0, EXIT_NOT_ATTACHED = 1, EXIT_NOT_RUNNING = 3 };

static void print_running(bool json, const struct status_file *status)
{
    if (json) {
        cli_print_json(json_pack("{s:b,s:s,s:I,s:b,s:I,s:I}", "running", 1, "id", status->id, "pid",
                                 (json_int_t)status->pid, "attached", status->attached, "carers",
                                 (json_int_t)status->carers, "unread", (json_int_t)status->unread));
    } else {
        (void)printf("%s: running (pid %lld), %s, %llu carers, %llu unread\n", status->id,
                     (long long)status->pid,
                     status->attached ? "attached to the matcher" : "not attached",
                     (unsigned long long)status->carers, (unsigned long long)status->unread);
    }
}

int command_status(int argc, char **argv)
{
    static const char doc[] = "Says whether serve is running with this home directory and attached "
                              "to the matcher. Needs no passphrase.";
    struct cli_common common = {0};
    struct status_file status = {0};
    struct err err = {0};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    char *home = home_path(&common);
    if (status_file_locked(home) && status_file_read(home, &status, &err)) {
        print_running(common.json, &status);
        code = status.attached ? EXIT_ATTACHED : EXIT_NOT_ATTACHED;
    } else {
        if (common.json) {
            cli_print_json(json_pack("{s:b,s:b}", "running", 0, "attached", 0));
        } else {
            (void)printf("not running\n");
        }
        code = EXIT_NOT_RUNNING;
    }
    free(home);
    return code;
}
