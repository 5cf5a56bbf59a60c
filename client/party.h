/* SPDX-License-Identifier: Apache-2.0
 * An LA's home directory opened: trust, identity and where its matcher is.
 */
#ifndef HEARTH_CLIENT_PARTY_H
#define HEARTH_CLIENT_PARTY_H

#include "keys/identity.h"
#include "proto/base/cli.h"

enum { ADDRESS_MAX = 255 };

struct party {
    struct trust *trust;
    struct identity *identity;
    char matcher_address[ADDRESS_MAX + 1]; /* "host:port" */
    char matcher_id[ID_MAX + 1];
};

/* Opens common->home (default: $HOME/.hearth) for role la: config.json, authority.root,
 * revocations, pins, key (passphrase from common->passphrase_fd or the terminal). party_close frees
 * and wipes. */
MUST_CHECK bool party_open(const struct cli_common *common, struct party *out, struct err *err);
void party_close(struct party *party);

/* The home directory to use; caller frees. */
char *party_home(const struct cli_common *common);

/* Writes HOME/config.json for a matcher; ERR_EXISTS where there is one. */
MUST_CHECK bool party_write_config(const char *home, const char *address, const char *matcher_id,
                                   struct err *err);

#endif
