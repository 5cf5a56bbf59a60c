/* SPDX-License-Identifier: Apache-2.0
 * A hub's home directory opened: configuration, trust, identity and what it keeps of figures.
 */
#ifndef HEARTH_CLIENT_HUB_HOME_H
#define HEARTH_CLIENT_HUB_HOME_H

#include "client/la.h"
#include "proto/figures/collection.h"
#include "proto/metrics/watch_config.h"

struct hub_config {
    char matcher[ADDRESS_MAX + 1]; /* "host:port" */
    char matcher_id[ID_MAX + 1];
    char listen[ADDRESS_MAX + 1];           /* where `hub serve` listens, "host:port" */
    char address[MANIFEST_ADDRESS_MAX + 1]; /* what contributors dial: goes into manifests */
    struct watch_config watch;
};

struct hub {
    char *path; /* of the home */
    struct hub_config config;
    struct trust *trust;
    struct identity *identity;
    struct pool *pool; /* of the collection */
    struct collection *collection;
};

/* The home directory to use: common->home, or $HOME/.hearth-hub; caller frees. */
char *hub_home(const struct cli_common *common);
/* Opens the home for role hub: config.json, authority.root, revocations, pins, key (passphrase from
 * common->passphrase_fd or the terminal), figures. Starts threads: a program that waits for signals
 * blocks them before. Errors as identity_open_home and collection_open; ERR_INVALID with field
 * config.json or the key that is wrong in it; ERR_NOT_FOUND, which tells how a home is made. On
 * failure nothing stays open. */
MUST_CHECK bool hub_open(const struct cli_common *common, struct hub *out, struct err *err);
void hub_close(struct hub *hub); /* also of one that is all zeros */

/* HOME/config.json alone. Errors as hub_open. */
MUST_CHECK bool hub_config_read(const char *home, struct hub_config *out, struct err *err);
/* The same with all faults, into `checks`. */
bool hub_config_check(const char *home, struct hub_config *out, struct checks *checks);
/* Makes HOME and its config.json (0600). ERR_EXISTS where there is one; ERR_INVALID names the key.
 */
MUST_CHECK bool hub_config_create(const char *home, const struct hub_config *config,
                                  struct err *err);

/* The exit code of docs/man/hearth.1 for an error of a hub's command: 1 where something of the home
 * is the reason, 2 also for a table, area, period or party that is named and not there. */
int hub_exit_code(const struct err *err);
/* Prints the error as that of "hearth hub NAME"; gives its exit code. */
int hub_fail(const char *name, const struct cli_common *common, const struct err *err);

#endif
