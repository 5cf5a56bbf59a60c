/* SPDX-License-Identifier: Apache-2.0
 * An LA's home directory opened: trust, identity and where its matcher is.
 */
#ifndef HEARTH_CLIENT_LA_H
#define HEARTH_CLIENT_LA_H

#include "keys/identity.h"
#include "proto/base/checks.h"
#include "proto/base/cli.h"
#include "proto/domain/versions.h"

#define HOME_LOG_HEADS "log-heads"

enum {
    ADDRESS_MAX = 255,
    KEEP_DAYS = 400,    /* how long records and correspondence are kept unless config.json says */
    KEEP_DAYS_MIN = 28, /* searches are compared for as long (RECORDS_WINDOW_DAYS) */
    KEEP_DAYS_MAX = 36500
};

struct la {
    struct trust *trust;
    struct identity *identity;
    char matcher_address[ADDRESS_MAX + 1]; /* "host:port" */
    char matcher_id[ID_MAX + 1];
    const struct catalogue *catalogue; /* the newest that is used */
    int keep_days;
};

/* Opens common->home (default: $HOME/.hearth) for role la: config.json, authority.root,
 * revocations, pins, key (passphrase from common->passphrase_fd or the terminal). Errors as
 * identity_open_home, ERR_INVALID with field config.json, matcher, matcher_id, catalogue or
 * keep_days,
 * ERR_NOT_FOUND; on failure nothing stays open. la_close frees and wipes. */
MUST_CHECK bool la_open(const struct cli_common *common, struct la *out, struct err *err);
void la_close(struct la *la);
/* HOME/config.json alone: its errors, or with `checks` all faults into that. */
MUST_CHECK bool la_config(const char *home, struct la *out, struct checks *checks, struct err *err);

/* Keeps the head of the matcher's audit log that came with a result, as a line of HOME/log-heads
 * (`hearth-matcher audit verify --at LENGTH:HEAD` compares one with the log): a matcher that
 * rewrites its log later is found by it. */
MUST_CHECK bool la_keep_head(const char *home, const struct result *result, struct err *err);

/* The home directory to use; caller frees. */
char *la_home(const struct cli_common *common);

/* Writes HOME/config.json for a matcher; ERR_EXISTS where there is one. */
MUST_CHECK bool la_write_config(const char *home, const char *address, const char *matcher_id,
                                struct err *err);

#endif
