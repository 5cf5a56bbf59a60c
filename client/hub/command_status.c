/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub status`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/commands.h"
#include "client/hub/home.h"
#include "client/report.h"
#include "proto/metrics/daemon_status.h"

static void print(const json_t *status)
{
    const json_t *periods = json_object_get(status, "periods");
    (void)printf("address      %s\n", daemon_text(status, "address"));
    (void)printf("matcher      %s at %s\n", daemon_text(status, "matcher_id"),
                 daemon_text(status, "matcher"));
    (void)printf("streams      %lld open, %lld contributions taken since the start\n",
                 daemon_number(status, "streams"), daemon_number(status, "taken"));
    (void)printf("periods      %lld proposed, %lld taking, %lld closed, %lld released; next close "
                 "%s\n",
                 daemon_number(periods, "proposed"), daemon_number(periods, "taking"),
                 daemon_number(periods, "closed"), daemon_number(periods, "released"),
                 daemon_text(status, "next_close"));
}

int command_hub_status(int argc, char **argv)
{
    static const char doc[] = "Says how the hub that serves in the home directory is: exit status "
                              "0 it runs well, 1 it runs and something is wrong, 3 it does not "
                              "run. Needs no passphrase.";
    static const struct daemon_command command = {"hearth hub", NULL, print};
    struct cli_common common = {0};
    struct err err = {0};
    int code = 0;
    if (cli_parse_common(doc, argc, argv, &common) != 0) return EXIT_BAD_REQUEST;
    char *home = hub_home(&common);
    if (!daemon_status_show(&command, home, common.json, &code, &err)) {
        code = hub_fail("status", &common, &err);
    }
    free(home);
    return code;
}
