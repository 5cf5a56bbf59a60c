/* SPDX-License-Identifier: Apache-2.0
 * HOME/serve.lock and HOME/status.json: that a program runs with a home directory, and what it says
 * of itself meanwhile, for its `status` command, which needs neither passphrase nor stores.
 */
#ifndef HEARTH_METRICS_DAEMON_STATUS_H
#define HEARTH_METRICS_DAEMON_STATUS_H

#include <stdint.h>

#include <jansson.h>

#include "proto/base/err.h"

#define HOME_STATUS "status.json"
#define HOME_LOCK "serve.lock"

enum {
    STATUS_PERIOD_MS = 20000,      /* it is written this often at least */
    STATUS_STALE_MS = 90000,       /* older: the program hangs, or its disk does */
    CERTIFICATE_WARNING_DAYS = 30, /* less is left: it is to be renewed */
    CERTIFICATE_TROUBLE_DAYS = 7
};

/* One program a home directory: *fd holds the lock until it is closed. ERR_EXISTS where another
 * holds it. */
MUST_CHECK bool daemon_lock(const char *home, int *fd, struct err *err);
/* True where some process holds the lock. */
bool daemon_runs(const char *home);

/* ---- the program that runs ---- */
struct daemon_facts {
    const char *program;                      /* "hearth-agent" */
    const char *id;                           /* of the organisation */
    int64_t started_ms, certificate_until_ms; /* wall clock */
    const char *metrics;                      /* address, "" for none */
};
/* {"program","id","pid","version","started_at","certificate_until","certificate_days":n,
 * "metrics":"HOST:PORT"|null,"last_error":{"at","event","fields"}|null,"errors":n,"steady_ms":n}: a
 * new object. */
json_t *daemon_status_new(const struct daemon_facts *facts);
/* An entry of the status' "stores": {"bytes","file_bytes","limit_bytes"}, in use, on disk, and past
 * which nothing more is taken. A new reference. */
json_t *daemon_store_json(int64_t bytes, int64_t file_bytes, int64_t limit_bytes);
/* Atomic; takes the object. */
MUST_CHECK bool daemon_status_write(const char *home, json_t *status, unsigned mode,
                                    struct err *err);
void daemon_status_remove(const char *home);

/* ---- the command ---- */
/* What was written, with "running" and "findings" (a list) put in; ERR_CORRUPT where it is no
 * object, ERR_INVALID where it is of another program than `program`. It was written by another
 * process: keys may be missing or of another kind. */
MUST_CHECK bool daemon_status_read(const char *home, const char *program, json_t **out,
                                   struct err *err);
enum finding { FINDING_WARNING, FINDING_TROUBLE };
/* Adds {"kind":"warning"|"trouble","text":...} to the status' findings. */
void daemon_finding(json_t *status, enum finding kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* What is wrong with any of the three programs: silence, certificate. */
void daemon_findings(json_t *status);
/* "stores":{NAME:daemon_store_json}: nine tenths full, or all but full. */
void daemon_store_findings(json_t *status);
/* 0, or 1 where there is trouble among the findings. Sets "well". */
int daemon_verdict(json_t *status);

/* A text in the status, "-" where there is none; a number, 0. */
const char *daemon_text(const json_t *status, const char *key);
long long daemon_number(const json_t *status, const char *key);

/* The whole of a `status` command but for its arguments. */
struct daemon_command {
    const char *program;                 /* "hearth-agent" */
    void (*judge)(json_t *status);       /* adds findings of this program alone; may be NULL */
    void (*print)(const json_t *status); /* lines of this program alone, for a person */
};
/* Reads, judges and prints. *code: the exit status, 0 or 1 (daemon_verdict) or 3 where nothing
 * runs. False, and nothing printed, where the status cannot be read (daemon_status_read). */
MUST_CHECK bool daemon_status_show(const struct daemon_command *command, const char *home,
                                   bool json, int *code, struct err *err);

#endif
