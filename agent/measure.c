/* SPDX-License-Identifier: Apache-2.0
 * The metrics of an agent: names, help, labels with all their values, bounds of histograms.
 */
#include "agent/measure.h"

static const char *const connects[] = {"attempt", "welcomed", "lost"};
static const char *const declines[] = {"none",    "not_allowed", "budget", "expired",
                                       "epoch",   "signature",   "proof",  "replay",
                                       "version", "invalid",     "busy",   "unavailable"};
static const char *const mail_events[] = {"received", "changed", "unreadable"};
static const char *const figures_events[] = {"made", "taken_by_matcher", "taken_by_hub", "late",
                                             "no_budget"};

/* Milliseconds. A reply leaves 50 ms and 0.25 ms an item after its query (agent/sender.h): 66 ms
 * for the smallest size class, and twice as long a class up; past a class comes load, in steps of
 * 25 ms. 5 s is the matcher's deadline unless it is set otherwise. */
static const int64_t reply_bounds[] = {75, 100, 150, 200, 350, 700, 1200, 2200, 5000, 10000, 20000};

const struct metric measure_table[MEASURES] = {
    PROCESS_METRICS_ROWS,
    [MEASURE_ATTACHED] = {METRIC_GAUGE_OF("hearth_agent_attached",
                                          "1 while attached to the matcher.")},
    [MEASURE_ATTACHED_SINCE] = {METRIC_GAUGE_OF(
                                    "hearth_agent_attached_time_seconds",
                                    "Since when it is attached, in seconds since 1970."),
                                .per_unit = 1000},
    [MEASURE_CONNECTS] = {METRIC_COUNTER_OF(
                              "hearth_agent_connections_total",
                              "Attempts to attach, welcomes, connections that were lost."),
                          .labels = {METRIC_LABEL("event", connects)}},
    [MEASURE_ANSWERED] = {METRIC_COUNTER_OF("hearth_agent_answered_total",
                                            "Queries that were answered with a reply.")},
    [MEASURE_REPEATED] = {METRIC_COUNTER_OF(
        "hearth_agent_repeated_total",
        "Queries that came again: sent what was kept, or nothing new.")},
    [MEASURE_DECLINED] = {METRIC_COUNTER_OF("hearth_agent_declined_total",
                                            "Queries that were declined, and why."),
                          .labels = {METRIC_LABEL("reason", declines)}},
    [MEASURE_REPLY_SECONDS] = {METRIC_HISTOGRAM_OF(
        "hearth_agent_reply_seconds",
        "From a query's arrival to when its reply may leave, which depends on the size class and on"
        " load alone; without members of explanations.",
        1000, reply_bounds, 0)},
    [MEASURE_REPLY_ITEMS] = {METRIC_GAUGE_OF(
        "hearth_agent_reply_items", "Size class of the newest reply: items, dummies included.")},
    [MEASURE_BUDGET_USED] = {METRIC_GAUGE_OF("hearth_agent_budget_used",
                                             "Queries of today (Europe/London), over all LAs.")},
    [MEASURE_BUDGET_LIMIT] = {METRIC_GAUGE_OF(
        "hearth_agent_budget_limit", "Queries that each LA has a day; 0: no limit, nothing is"
                                     " counted.")},
    [MEASURE_BUDGET_LAS] = {METRIC_GAUGE_OF("hearth_agent_budget_las",
                                            "LAs that have asked today.")},
    [MEASURE_BUDGET_AT_LIMIT] = {METRIC_GAUGE_OF("hearth_agent_budget_las_at_limit",
                                                 "LAs that have used up their day.")},
    [MEASURE_RECEIPTS] = {METRIC_COUNTER_OF(
        "hearth_agent_receipts_total",
        "Receipts of the matcher for replies that went into a result.")},
    [MEASURE_UNREAD] = {METRIC_GAUGE_OF("hearth_agent_inbox_unread",
                                        "Messages that nobody has looked at.")},
    [MEASURE_MAILBOX_CONNECTED] = {METRIC_GAUGE_OF("hearth_agent_mailbox_connected",
                                                   "1 while the mailbox is connected.")},
    [MEASURE_MAIL] = {METRIC_COUNTER_OF(
                          "hearth_agent_mail_total",
                          "Messages: received, sent ones of which something became known,"
                          " unreadable ones."),
                      .labels = {METRIC_LABEL("event", mail_events)}},
    [MEASURE_FIGURES] = {METRIC_COUNTER_OF(
                             "hearth_agent_figures_total",
                             "Contributions to figures: made, taken by matcher and hub, late;"
                             " no_budget: not made, for want of epsilon."),
                         .labels = {METRIC_LABEL("event", figures_events)}},
    [MEASURE_CATALOGUE] = {METRIC_GAUGE_OF("hearth_agent_catalogue_version",
                                           "Newest catalogue that is used.")},
};
