/* SPDX-License-Identifier: Apache-2.0
 * What a running agent tells in numbers (docs/operations.md "Metrics"). Whoever has an account on
 * the computer can read them: totals alone, of carers nothing but the size class that the matcher
 * and every LA see too, and no time that depends on how many carers there are.
 */
#ifndef HEARTH_AGENT_MEASURE_H
#define HEARTH_AGENT_MEASURE_H

#include "agent/decline.h"
#include "proto/metrics/metrics_server.h"
#include "proto/metrics/process.h"

enum measure {
    MEASURE_ATTACHED = PROCESS_METRICS,
    MEASURE_ATTACHED_SINCE,
    MEASURE_CONNECTS, /* event */
    MEASURE_ANSWERED,
    MEASURE_REPEATED,
    MEASURE_DECLINED, /* reason */
    MEASURE_REPLY_SECONDS,
    MEASURE_REPLY_ITEMS,
    MEASURE_BUDGET_USED,
    MEASURE_BUDGET_LIMIT,
    MEASURE_BUDGET_LAS,
    MEASURE_BUDGET_AT_LIMIT,
    MEASURE_RECEIPTS,
    MEASURE_UNREAD,
    MEASURE_MAILBOX_CONNECTED,
    MEASURE_MAIL,    /* event */
    MEASURE_FIGURES, /* event */
    MEASURE_CATALOGUE,
    MEASURES
};
enum measure_connect { CONNECT_ATTEMPT, CONNECT_WELCOMED, CONNECT_LOST };
enum measure_mail { MAIL_CAME, MAIL_CHANGED, MAIL_NOT_READ };
enum measure_figures { FIGURE_MADE, FIGURE_MATCHER, FIGURE_HUBS, FIGURE_LATE, FIGURE_NO_BUDGET };

extern const struct metric measure_table[MEASURES];

#endif
