/* SPDX-License-Identifier: Apache-2.0
 * What the kernel and the logger know of this process, as metrics under the names that Prometheus
 * libraries use for them.
 */
#ifndef HEARTH_METRICS_PROCESS_H
#define HEARTH_METRICS_PROCESS_H

#include "proto/metrics/metrics.h"

/* The rows that a program's table has to begin with: `PROCESS_METRICS_ROWS,`. */
enum process_metric {
    PROCESS_CPU,
    PROCESS_RSS,
    PROCESS_FDS,
    PROCESS_FDS_MAX,
    PROCESS_STARTED,
    PROCESS_BUILD,
    PROCESS_LOG_LINES,
    PROCESS_CERTIFICATE,
    PROCESS_METRICS
};

struct process_figures;
/* Opens what is read later, so that a process that confines itself afterwards still can. */
struct process_figures *process_figures_open(void);
void process_figures_close(struct process_figures *figures); /* NULL is fine */
/* Sets the rows above. certificate_until_ms: wall clock, 0: not known. */
void process_figures_set(struct process_figures *figures, struct metrics *metrics,
                         int64_t certificate_until_ms);
/* The instant at which the figures were opened, ms since 1970: the start of the process for us. */
int64_t process_figures_started(const struct process_figures *figures);

/* For the rows. */
extern const char *const process_versions[1];
extern const char *const process_log_levels[4];

#define PROCESS_METRICS_ROWS                                                                       \
    [PROCESS_CPU] = {.name = "process_cpu_seconds_total",                                          \
                     .help = "CPU time of all threads, user and system.",                          \
                     .kind = METRIC_COUNTER,                                                       \
                     .per_unit = 1000},                                                            \
    [PROCESS_RSS] = {.name = "process_resident_memory_bytes",                                      \
                     .help = "Memory that is resident.",                                           \
                     .kind = METRIC_GAUGE},                                                        \
    [PROCESS_FDS] = {.name = "process_open_fds",                                                   \
                     .help = "File descriptors that are open.",                                    \
                     .kind = METRIC_GAUGE},                                                        \
    [PROCESS_FDS_MAX] = {.name = "process_max_fds",                                                \
                         .help = "File descriptors that may be open.",                             \
                         .kind = METRIC_GAUGE},                                                    \
    [PROCESS_STARTED] = {.name = "process_start_time_seconds",                                     \
                         .help = "When the program was started, in seconds since 1970.",           \
                         .kind = METRIC_GAUGE,                                                     \
                         .per_unit = 1000},                                                        \
    [PROCESS_BUILD] = {.name = "hearth_build_info",                                                \
                       .help = "1, with the version of the program.",                              \
                       .kind = METRIC_GAUGE,                                                       \
                       .labels = {{"version", process_versions, 1}}},                              \
    [PROCESS_LOG_LINES] = {.name = "hearth_log_lines_total",                                       \
                           .help = "Events by their level, also those that are not logged.",       \
                           .kind = METRIC_COUNTER,                                                 \
                           .labels = {{"level", process_log_levels, 4}}},                          \
    [PROCESS_CERTIFICATE] = {.name = "hearth_certificate_expiry_time_seconds",                     \
                             .help = "When the program's own certificate expires, in seconds "     \
                                     "since 1970.",                                                \
                             .kind = METRIC_GAUGE,                                                 \
                             .per_unit = 1000}

#endif
