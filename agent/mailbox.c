/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/mailbox.h"

#include <stdio.h>

#include "proto/metrics/daemon_status.h"

bool mailbox_open(struct home *home, struct exchange **out, struct err *err)
{
    const struct exchange_parts parts = {.identity = home->identity,
                                         .trust = home->trust,
                                         .correspondence = home->correspondence,
                                         .target = home->config.matcher,
                                         .matcher_id = home->config.matcher_id};
    *out = NULL;
    rpc_start();
    return exchange_open(&parts, out, err);
}

void mailbox_close(struct exchange *exchange)
{
    exchange_close(exchange);
    rpc_stop();
}

bool mailbox_look(struct home *home, const char *command)
{
    struct err err = {0};
    struct exchange *exchange = NULL;
    struct exchange_counts counts = {0};
    if (daemon_runs(home->path)) return true;
    bool ok = mailbox_open(home, &exchange, &err) && exchange_settle(exchange, &counts, &err);
    mailbox_close(exchange);
    if (!ok) {
        (void)fprintf(stderr, "%s: the mailbox was not looked into: %s\n", command, err.text);
    }
    return ok;
}
