/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "matcher/commands.h"
#include "proto/metrics/daemon_status.h"

/* ---- what is wrong ---- */

static void judge(json_t *status)
{
    const json_t *works = json_object_get(json_object_get(status, "audit"), "works");
    if (json_is_false(works)) {
        daemon_finding(status, FINDING_TROUBLE,
                       "the audit log cannot be written: all searches are refused");
    }
    if (json_array_size(json_object_get(status, "agents")) == 0) {
        daemon_finding(status, FINDING_WARNING, "no agent is attached");
    }
}

/* ---- for a person ---- */

static void print_figures(const json_t *figures)
{
    size_t i = 0;
    json_t *one = NULL;
    json_array_foreach(figures, i, one)
    {
        (void)printf("figures      of %s for %s: contributions until %s\n", daemon_text(one, "hub"),
                     daemon_text(one, "period"), daemon_text(one, "closes_at"));
    }
}

static void print_agents(const json_t *agents)
{
    size_t i = 0;
    json_t *id = NULL;
    json_array_foreach(agents, i, id)
    {
        (void)printf("attached     %s\n", json_string_value(id));
    }
}

static void print(const json_t *status)
{
    const json_t *agents = json_object_get(status, "agents");
    const json_t *audit = json_object_get(status, "audit");
    (void)printf("address      %s\n", daemon_text(status, "address"));
    (void)printf("agents       %zu attached, %lld listed\n", json_array_size(agents),
                 daemon_number(status, "agents_listed"));
    print_agents(agents);
    (void)printf("searches     %lld open\n", daemon_number(status, "searches_open"));
    (void)printf("epoch        %lld, from %s to %s\n", daemon_number(status, "epoch"),
                 daemon_text(status, "epoch_began_at"), daemon_text(status, "epoch_ends_at"));
    (void)printf("mail         %lld messages wait\n", daemon_number(status, "mail_waiting"));
    (void)printf("audit log    %lld entries, head %s\n", daemon_number(audit, "entries"),
                 daemon_text(audit, "head"));
    (void)printf("catalogue    %lld\n", daemon_number(status, "catalogue"));
    print_figures(json_object_get(status, "figures"));
}

int command_status(int argc, char **argv)
{
    static const char doc[] = "Says how the matcher of the home directory is: exit status 0 it "
                              "runs well, 1 it runs and something is wrong, 3 it does not run. "
                              "Needs no passphrase.";
    static const struct daemon_command command = {"hearth-matcher", judge, print};
    struct cli_common common = {0};
    struct err err = {0};
    int code = 0;
    if (cli_parse_common(doc, argc, argv, &common) != 0) return EXIT_BAD_USAGE;
    if (!daemon_status_show(&command, command_home(&common), common.json, &code, &err)) {
        return command_failed("status", &common, &err);
    }
    return code;
}
