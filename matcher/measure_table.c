/* SPDX-License-Identifier: Apache-2.0
 * The metrics of a matcher: names, help, labels with all their values, bounds of histograms.
 */
#include "matcher/measure.h"

static const char *const kinds[] = {"search", "member"};
static const char *const outcomes[] = {"completed", "refused", "abandoned", "failed"};
static const char *const phases[] = {"check", "fan_out", "replies", "shares", "result"};
static const char *const answers[] = {"in_time", "declined", "refused", "left", "none", "late"};
static const char *const declines[] = {"not_allowed", "budget", "expired",     "epoch",
                                       "signature",   "proof",  "replay",      "version",
                                       "invalid",     "busy",   "unavailable", "unknown"};
static const char *const calls[] = {"Search", "Attach", "Mail", "Figures", "other"};
static const char *const reasons[] = {"invalid",     "not_found", "exists", "unauthenticated",
                                      "denied",      "expired",   "budget", "version",
                                      "unavailable", "corrupt",   "io",     "internal"};
static const char *const limits[] = {"connections", "handshakes", "streams",
                                     "messages",    "bytes",      "cut"};
static const char *const ends[] = {"finished", "lost"};
static const char *const attachments[] = {"attached", "replaced", "detached"};
static const char *const mail_events[] = {"accepted", "delivered", "unreadable", "expired"};
static const char *const stores[] = {"audit", "mail", "figures"};
static const char *const figures_events[] = {"agreed", "taken", "late", "half_opened"};
static const char *const queues[] = {"ordinary", "members"};

/* Milliseconds. Agents have deadline_ms (5 s unless set) and the LA 3 s more, then 10 s for its
 * proof: 5, 8 and 18 s are the edges at which a search gets worse; below, quarters of seconds are
 * what a person at a desk tells apart. */
static const int64_t search_bounds[] = {250,  500,  1000,  2000,  3000,  4000,
                                        5000, 8000, 12000, 18000, 30000, 60000};
/* Microseconds: from what a check takes on one core (some ms) to the same edges. */
static const int64_t phase_bounds[] = {1000,   3000,    10000,   30000,   100000,  300000,
                                       500000, 1000000, 3000000, 5000000, 8000000, 18000000};
/* Microseconds: a reply has 64 to 65,536 items (docs/protocol.md), about 50 us each on one core. */
static const int64_t opening_bounds[] = {3000,   10000,  30000,   100000,
                                         300000, 500000, 1000000, 3000000};

const struct metric measure_table[MEASURES] = {
    PROCESS_METRICS_ROWS,
    [MEASURE_SEARCHES_STARTED] = {METRIC_COUNTER_OF(
                                      "hearth_matcher_searches_started_total",
                                      "Queries that were accepted and handed to agents; member:"
                                      " of an explanation."),
                                  .labels = {METRIC_LABEL("kind", kinds)}},
    [MEASURE_SEARCHES_FINISHED] =
        {METRIC_COUNTER_OF(
             "hearth_matcher_searches_finished_total",
             "Calls of LAs that have ended, whatever they found; refused: something that the LA"
             " sent; abandoned: the LA or the matcher left; failed: the matcher's own fault."),
         .labels = {METRIC_LABEL("outcome", outcomes)}},
    [MEASURE_SEARCHES_OPEN] = {METRIC_GAUGE_OF("hearth_matcher_searches_open",
                                               "Calls of LAs that are open now.")},
    [MEASURE_SEARCHES_LIMIT] = {METRIC_GAUGE_OF("hearth_matcher_searches_limit",
                                                "Calls of LAs that may be open at the same time.")},
    [MEASURE_SEARCHES_WAITING] = {METRIC_GAUGE_OF("hearth_matcher_searches_waiting",
                                                  "Searches that wait for their turn.")},
    [MEASURE_SEARCH_SECONDS] = {METRIC_HISTOGRAM_OF(
        "hearth_matcher_search_seconds",
        "From a query's arrival to its result; without members"
        " of explanations.",
        1000, search_bounds, 10)},
    [MEASURE_PHASE_SECONDS] =
        {METRIC_HISTOGRAM_OF(
             "hearth_matcher_search_phase_seconds",
             "Parts of that time: check of the query, fan_out to the agents, replies until"
             " nobody is waited for, shares until the LA's proof is there, result.",
             1000000, phase_bounds, 1000),
         .labels = {METRIC_LABEL("phase", phases)}},
    [MEASURE_OPENING_SECONDS] = {METRIC_HISTOGRAM_OF(
        "hearth_matcher_opening_seconds", "Arithmetic of opening one reply, dummies included.",
        1000000, opening_bounds, 1000)},
    [MEASURE_ANSWERS] =
        {METRIC_COUNTER_OF(
             "hearth_matcher_answers_total",
             "What came of asking an agent, over all agents, when a search stopped waiting;"
             " late: a reply that came after that."),
         .labels = {METRIC_LABEL("outcome", answers)}},
    [MEASURE_DECLINES] = {METRIC_COUNTER_OF("hearth_matcher_declines_total",
                                            "Agents' reasons not to answer, over all agents."),
                          .labels = {METRIC_LABEL("reason", declines)}},
    [MEASURE_REFUSALS] = {METRIC_COUNTER_OF("hearth_matcher_refusals_total",
                                            "Calls and messages that were refused, and why."),
                          .labels = {METRIC_LABEL("call", calls), METRIC_LABEL("reason", reasons)}},
    [MEASURE_LIMITED] = {METRIC_COUNTER_OF(
                             "hearth_matcher_limited_total",
                             "What went past a limit of connections: connections and handshakes"
                             " that were closed, streams that were refused or ended for new"
                             " streams, messages or bytes a second; cut: connections that went on"
                             " all the same."),
                         .labels = {METRIC_LABEL("limit", limits)}},
    [MEASURE_STREAMS] = {METRIC_GAUGE_OF("hearth_matcher_streams", "Streams that are open.")},
    [MEASURE_STREAMS_ENDED] = {METRIC_COUNTER_OF("hearth_matcher_streams_ended_total",
                                                 "Streams that have ended: finished with a status"
                                                 " of any kind, or lost before it was sent."),
                               .labels = {METRIC_LABEL("call", calls), METRIC_LABEL("end", ends)}},
    [MEASURE_AGENTS_ATTACHED] = {METRIC_GAUGE_OF("hearth_matcher_agents_attached",
                                                 "Agencies whose agent is attached.")},
    [MEASURE_AGENTS_LISTED] = {METRIC_GAUGE_OF("hearth_matcher_agents_listed",
                                               "Agencies in the directory in force.")},
    [MEASURE_ATTACHMENTS] = {METRIC_COUNTER_OF(
                                 "hearth_matcher_attachments_total",
                                 "Agents that came, came again before they had gone, left."),
                             .labels = {METRIC_LABEL("event", attachments)}},
    [MEASURE_EPOCH_BEGAN] = {METRIC_GAUGE_OF(
                                 "hearth_matcher_epoch_start_time_seconds",
                                 "When the epoch in force began, in seconds since 1970."),
                             .per_unit = 1000},
    [MEASURE_EPOCH_ENDS] = {METRIC_GAUGE_OF("hearth_matcher_epoch_end_time_seconds",
                                            "When the epoch in force ends, in seconds since 1970."),
                            .per_unit = 1000},
    [MEASURE_EPOCHS] = {METRIC_COUNTER_OF("hearth_matcher_epochs_total",
                                          "Epoch keys that were drawn since the start.")},
    [MEASURE_BUDGET_USED] = {METRIC_GAUGE_OF("hearth_matcher_budget_used",
                                             "Searches of today (Europe/London), over all LAs.")},
    [MEASURE_BUDGET_LIMIT] = {METRIC_GAUGE_OF(
        "hearth_matcher_budget_limit", "Searches that each LA has a day; 0: no limit, nothing is"
                                       " counted.")},
    [MEASURE_BUDGET_LAS] = {METRIC_GAUGE_OF("hearth_matcher_budget_las",
                                            "LAs that have searched today.")},
    [MEASURE_BUDGET_AT_LIMIT] = {METRIC_GAUGE_OF("hearth_matcher_budget_las_at_limit",
                                                 "LAs that have used up their day.")},
    [MEASURE_MAIL] =
        {METRIC_COUNTER_OF("hearth_matcher_mail_total",
                           "Messages: accepted from a sender, delivered and acknowledged,"
                           " unreadable for the receiver, expired."),
         .labels = {METRIC_LABEL("event", mail_events)}},
    [MEASURE_MAIL_WAITING] = {METRIC_GAUGE_OF("hearth_matcher_mail_waiting",
                                              "Messages that wait for their receivers.")},
    [MEASURE_MAIL_BYTES] = {METRIC_GAUGE_OF(
        "hearth_matcher_mail_bytes", "What waits in all mailboxes, as it is counted against their"
                                     " limits.")},
    [MEASURE_MAIL_OLDEST] = {METRIC_GAUGE_OF(
        "hearth_matcher_mail_oldest_seconds",
        "How long the oldest message has waited; 0: none waits.")},
    [MEASURE_AUDIT_ENTRIES] = {METRIC_COUNTER_OF("hearth_matcher_audit_entries_total",
                                                 "Entries of the audit log.")},
    [MEASURE_AUDIT_WORKS] = {METRIC_GAUGE_OF(
        "hearth_matcher_audit_works", "1 while the audit log can be written; else all searches are"
                                      " refused.")},
    [MEASURE_STORE_BYTES] = {METRIC_GAUGE_OF("hearth_matcher_store_bytes", "Pages in use."),
                             .labels = {METRIC_LABEL("store", stores)}},
    [MEASURE_STORE_FILE] = {METRIC_GAUGE_OF("hearth_matcher_store_file_bytes",
                                            "Pages that the file holds."),
                            .labels = {METRIC_LABEL("store", stores)}},
    [MEASURE_STORE_LIMIT] = {METRIC_GAUGE_OF("hearth_matcher_store_limit_bytes",
                                             "Size past which a store takes no more."),
                             .labels = {METRIC_LABEL("store", stores)}},
    [MEASURE_FIGURES] = {METRIC_COUNTER_OF(
                             "hearth_matcher_figures_total",
                             "Figures: manifests agreed to, contributions taken and late,"
                             " tables half-opened."),
                         .labels = {METRIC_LABEL("event", figures_events)}},
    [MEASURE_FIGURES_OPEN] = {METRIC_GAUGE_OF("hearth_matcher_figures_open",
                                              "Manifests whose tables are not all half-opened.")},
    [MEASURE_QUEUE] = {METRIC_GAUGE_OF(
                           "hearth_matcher_queue_jobs",
                           "Arithmetic that waits for a worker; members: of explanations."),
                       .labels = {METRIC_LABEL("queue", queues)}},
    [MEASURE_CATALOGUE] = {METRIC_GAUGE_OF("hearth_matcher_catalogue_version",
                                           "Newest catalogue that is used.")},
};
