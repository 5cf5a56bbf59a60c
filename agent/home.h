/* SPDX-License-Identifier: Apache-2.0
 * An agency's home directory opened: configuration, trust, identity and vault.
 */
#ifndef HEARTH_AGENT_HOME_H
#define HEARTH_AGENT_HOME_H

#include "agent/config.h"
#include "agent/replies.h"
#include "agent/vault.h"
#include "keys/identity.h"
#include "proto/base/cli.h"
#include "proto/mail/correspondence.h"

enum { EXIT_OK = 0, EXIT_OTHER = 1, EXIT_BAD_INPUT = 2, EXIT_NONE = 3 };

struct home {
    char *path;
    struct config config;
    struct trust *trust;
    struct identity *identity;
    struct vault *vault;
    struct correspondence *correspondence; /* NULL before home_open_correspondence */
    struct replies *replies;               /* NULL before home_open_replies */
};

/* Opens common->home (default: $HOME/.hearth-agent). The passphrase comes from
 * common->passphrase_fd or the terminal. home_close frees and wipes, also after a failure. */
MUST_CHECK bool home_open(const struct cli_common *common, struct home *out, struct err *err);
/* Trust and identity only: config.json and the vault may be missing. */
MUST_CHECK bool home_open_identity(const struct cli_common *common, struct home *out,
                                   struct err *err);
/* After home_open. */
MUST_CHECK bool home_open_correspondence(struct home *home, struct err *err);
MUST_CHECK bool home_open_replies(struct home *home, struct err *err);
void home_close(struct home *home);

/* A command that works on an opened home: opens it, calls `what` with ctx, closes it. `what`
 * returns the exit code, or -1 with err set, which is then printed as NAME's. Returns the exit
 * code. */
typedef int (*home_fn)(const void *ctx, struct home *home, struct err *err);
int home_run(const char *name, const struct cli_common *common, home_fn what, const void *ctx);

/* The directory to use; caller frees. */
char *home_path(const struct cli_common *common);
/* Prints the error in the common form; gives the exit code for it: 2 for bad input and for a
 * household, referral or query that is named and not there, else 1. */
int home_fail(const char *command, const struct cli_common *common, const struct err *err);

#endif
