/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub status`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/hub/commands.h"
#include "client/hub/home.h"
#include "client/report.h"
#include "proto/metrics/daemon_status.h"

static const char PROGRAM[] = "hearth hub";

static void print_text(const json_t *status)
{
    const json_t *periods = json_object_get(status, "periods");
    daemon_print_head(status, PROGRAM);
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
    daemon_print_tail(status);
}

static int show(const char *home, const struct cli_common *common)
{
    json_t *status = NULL;
    struct err err = {0};
    if (!daemon_status_read(home, PROGRAM, &status, &err)) return hub_fail("status", common, &err);
    daemon_findings(status);
    daemon_store_findings(status);
    int code = daemon_verdict(status);
    if (common->json) {
        cli_print_json(status);
    } else {
        print_text(status);
        json_decref(status);
    }
    return code;
}

int command_hub_status(int argc, char **argv)
{
    static const char doc[] = "Says how the hub that serves in the home directory is: exit status "
                              "0 it runs well, 1 it runs and something is wrong, 3 it does not "
                              "run. Needs no passphrase.";
    struct cli_common common = {0};
    if (cli_parse_common(doc, argc, argv, &common) != 0) return EXIT_BAD_REQUEST;
    char *home = hub_home(&common);
    int code =
        daemon_runs(home) ? show(home, &common) : daemon_not_running(common.json, PROGRAM, home);
    free(home);
    return code;
}
