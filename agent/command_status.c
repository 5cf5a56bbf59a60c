/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/commands.h"
#include "agent/home.h"
#include "proto/metrics/daemon_status.h"

static const char PROGRAM[] = "hearth-agent";

static void judge(json_t *status)
{
    if (!json_is_true(json_object_get(status, "attached"))) {
        daemon_finding(status, FINDING_TROUBLE, "not attached to the matcher at %s",
                       daemon_text(status, "matcher"));
    }
}

static void print_budget(const json_t *budget)
{
    long long limit = daemon_number(budget, "limit");
    (void)printf("queries      %lld counted today of %lld LAs, ", daemon_number(budget, "used"),
                 daemon_number(budget, "las"));
    if (limit > 0) {
        (void)printf("%lld of them at their limit of %lld\n", daemon_number(budget, "las_at_limit"),
                     limit);
    } else {
        (void)printf("without a limit (budget 0)\n");
    }
}

static void print(const json_t *status)
{
    bool attached = json_is_true(json_object_get(status, "attached"));
    (void)printf("matcher      %s at %s, %s%s\n", daemon_text(status, "matcher_id"),
                 daemon_text(status, "matcher"), attached ? "attached since " : "not attached",
                 attached ? daemon_text(status, "attached_since") : "");
    (void)printf("carers       %lld\n", daemon_number(status, "carers"));
    (void)printf("inbox        %lld unread\n", daemon_number(status, "unread"));
    print_budget(json_object_get(status, "budget"));
    (void)printf("catalogue    %lld\n", daemon_number(status, "catalogue"));
}

int command_status(int argc, char **argv)
{
    static const char doc[] = "Says how the agent of the home directory is: exit status 0 it runs "
                              "well, 1 it runs and something is wrong (such as that it is not "
                              "attached), 3 it does not run. Needs no passphrase.";
    static const struct daemon_command command = {PROGRAM, judge, print};
    struct cli_common common = {0};
    struct err err = {0};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    char *home = home_path(&common);
    if (!daemon_status_show(&command, home, common.json, &code, &err)) {
        code = home_fail(PROGRAM, &common, &err);
    }
    free(home);
    return code;
}
