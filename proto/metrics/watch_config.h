/* SPDX-License-Identifier: Apache-2.0
 * How a program that runs on its own is watched: the keys that the config.json of matcher, agent
 * and hub have in common.
 */
#ifndef HEARTH_METRICS_WATCH_CONFIG_H
#define HEARTH_METRICS_WATCH_CONFIG_H

#include "proto/base/buf.h"
#include "proto/base/cli.h"
#include "proto/base/log.h"
#include "proto/metrics/loopback.h"

struct watch_config {
    char metrics_listen[METRICS_LISTEN_MAX]; /* "" : no metrics */
    enum log_level log_level;
    enum log_format log_format;
};
/* No metrics, text, info. */
struct watch_config watch_config_default(void);
/* "metrics_listen", "log_level", "log_format". */
bool watch_config_knows(const char *key);
/* Sets one of them; text NULL: the value is not a string. ERR_INVALID names key and what is wanted.
 */
MUST_CHECK bool watch_config_set(struct watch_config *config, const char *key, const char *text,
                                 struct err *err);
/* The three keys, for the help of check-config. */
void watch_config_help(struct buf *out);
/* Level and format of the log, unless an option says otherwise; warns of a clock that is moved. In
 * main, before threads start. */
void watch_config_apply(const struct watch_config *config, const struct cli_common *options);

#endif
