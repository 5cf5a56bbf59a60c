/* SPDX-License-Identifier: Apache-2.0
 * HOME/config.json of an agent: where its matcher is, and the agency's own policy.
 *   {"matcher":"host:port","matcher_id":"matcher","allow":["la-1"],"budget":200,"fresh_days":28,
 *    "threads":0,"catalogue":1,"keep_days":180}
 */
#ifndef HEARTH_AGENT_CONFIG_H
#define HEARTH_AGENT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/checks.h"
#include "proto/domain/versions.h"
#include "proto/metrics/watch_config.h"

enum {
    ADDRESS_MAX = 255,
    ALLOW_MAX = 1024,
    BUDGET_DEFAULT = 200,
    BUDGET_MAX = 1000000,
    FRESH_DAYS_MAX = 366,
    THREADS_MAX = 256,
    KEEP_DAYS_DEFAULT = 180,
    KEEP_DAYS_MIN = 15, /* a message may wait in the mailbox for 14 days */
    KEEP_DAYS_MAX = 3650
};

struct config {
    char matcher[ADDRESS_MAX + 1]; /* "host:port" */
    char matcher_id[ID_MAX + 1];
    bool allow_all; /* no "allow" in the file: every LA may ask */
    char (*allow)[ID_MAX + 1];
    size_t allow_count;
    uint32_t budget;                   /* queries an LA may ask a day; 0: no limit */
    int fresh_days;                    /* a status older than this counts as unknown */
    unsigned threads;                  /* for evaluation; 0: one a processor */
    int keep_days;                     /* correspondence and kept replies */
    const struct catalogue *catalogue; /* the newest that is used; the program's newest if unset */
    struct watch_config watch;
};

/* Everything at its default, without a matcher. */
struct config config_default(void);
/* ERR_INVALID names the field and what would be valid; ERR_NOT_FOUND where there is no file. */
MUST_CHECK bool config_read(const char *home, struct config *out, struct err *err);
/* The same with all faults, into `checks`; *out is filled in as far as it is right: config_free. */
bool config_check(const char *home, struct config *out, struct checks *checks);
/* Writes a new file, mode 0600; ERR_EXISTS where there is one. Checks the values first. */
MUST_CHECK bool config_create(const char *home, const struct config *config, struct err *err);
/* Adds an LA to the allow list, which from then on is closed to others. */
MUST_CHECK bool config_allow(struct config *config, const char *la, struct err *err);
void config_free(struct config *config);

#endif
