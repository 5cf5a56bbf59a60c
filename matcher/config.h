/* SPDX-License-Identifier: Apache-2.0
 * The matcher's config.json. Every key is optional; an unknown key is an error.
 */
#ifndef HEARTH_MATCHER_CONFIG_H
#define HEARTH_MATCHER_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/checks.h"
#include "proto/metrics/watch_config.h"

enum { LISTEN_MAX = 128, SEARCHES_A_THREAD = 8 };

struct config {
    char listen[LISTEN_MAX];   /* "127.0.0.1:0" */
    uint32_t deadline_ms;      /* how long agents have to answer a query */
    uint32_t budget;           /* searches per LA and London day; 0 = none */
    uint32_t epoch_hours;      /* life of an epoch key */
    uint32_t threads;          /* of the worker pool; 0 = one a processor */
    uint32_t searches_max;     /* open at the same time, in all */
    uint32_t searches_per_la;  /* open at the same time, one LA */
    uint32_t searches_at_once; /* in work at the same time; 0 = SEARCHES_A_THREAD a worker thread */
    uint32_t audit_max_mib;    /* limit of the audit store */
    uint32_t mailbox_items;    /* messages that wait in one mailbox */
    uint32_t mailbox_mib;      /* and their size; also of what waits from one sender */
    uint32_t mail_per_day;     /* messages of one sender on a London day */
    uint32_t mail_days;        /* how long a message waits for its receiver */
    uint32_t mail_max_mib;     /* limit of the store of messages */
    uint32_t answer_hours;     /* within which an answer to a referral is in time */
    /* See struct rpc_limits. */
    uint32_t connections_max, connections_per_address, handshakes_per_second, streams_per_party,
        streams_per_second, messages_per_second, mib_per_second;
    uint32_t catalogue; /* newest version used; 0 = the newest that the program knows */
    struct watch_config watch;
};

/* The whole-number keys, for the file, the options of `init` and the help text. */
struct config_key {
    const char *name;
    const char *help;
    size_t offset; /* of a uint32_t in struct config */
    uint32_t min, max, preset;
};
extern const struct config_key config_keys[];
extern const size_t config_key_count;

void config_defaults(struct config *config);
/* Sets one whole-number key from text; ERR_INVALID names key and range. */
MUST_CHECK bool config_set(struct config *config, const struct config_key *key, const char *text,
                           struct err *err);
/* "host:port", port 0..65535. */
MUST_CHECK bool config_set_listen(struct config *config, const char *text, struct err *err);
/* HOME/config.json. ERR_NOT_FOUND where there is none. */
MUST_CHECK bool config_read(const char *home, struct config *out, struct err *err);
/* The same with all faults, into `checks`; *out is filled in as far as it is right. */
bool config_check(const char *home, struct config *out, struct checks *checks);
/* Makes HOME and HOME/config.json (0600); ERR_EXISTS where the file is there already. */
MUST_CHECK bool config_create(const char *home, const struct config *config, struct err *err);

#endif
