/* SPDX-License-Identifier: Apache-2.0
 * What an LA's commands open of its home, beside its keys: records, correspondence, and the
 * exchange with its mailbox.
 */
#ifndef HEARTH_CLIENT_PARTY_H
#define HEARTH_CLIENT_PARTY_H

#include "client/la.h"
#include "client/records_kept.h"
#include "proto/mail/exchange.h"

/* HOME/records and HOME/correspondence under the LA's keys; records_close, correspondence_close. */
MUST_CHECK bool la_open_records(const struct cli_common *common, const struct la *la,
                                struct records **out, struct err *err);
MUST_CHECK bool la_open_correspondence(const struct cli_common *common, const struct la *la,
                                       struct correspondence **out, struct err *err);

/* All of it. desk_close closes what is open and wipes. */
struct desk {
    const struct cli_common *common;
    struct la la;
    struct records *records;
    struct correspondence *correspondence;
    struct exchange *exchange; /* NULL until desk_settle */
    bool rpc;
};
/* Errors as la_open, records_open and correspondence_open. On failure nothing stays open. */
MUST_CHECK bool desk_open(const struct cli_common *common, struct desk *out, struct err *err);
void desk_close(struct desk *desk);
/* Connects where that has not happened yet, sends what is queued and takes what waits. Errors as
 * exchange_open and exchange_settle. */
MUST_CHECK bool desk_settle(struct desk *desk, struct exchange_counts *counts, struct err *err);

/* desk_settle after something was queued: the error of a matcher that cannot be reached says that
 * it will be sent later. */
MUST_CHECK bool desk_send(struct desk *desk, struct err *err);

/* The exit code for an error of a command that uses a desk: that of docs/man/hearth.1, 1 where
 * something of the home is the reason. */
int desk_exit_code(const struct err *err);

#endif
