/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/party.h"

#include <stdlib.h>

#include "proto/base/file.h"

static bool open_trust(const char *home, struct trust **out, struct err *err)
{
    char *root = file_join(home, HOME_ROOT);
    char *revocations = file_join(home, HOME_REVOCATIONS);
    char *pins = file_join(home, HOME_PINS);
    bool ok = trust_open(root, revocations, pins, out, err);
    free(root);
    free(revocations);
    free(pins);
    return ok;
}

bool party_open(const char *home, int passphrase_fd, struct party *out, struct err *err)
{
    struct secret passphrase = {0};
    *out = (struct party){0};
    bool ok =
        open_trust(home, &out->trust, err) &&
        secret_read_passphrase(passphrase_fd, "Passphrase of the key file: ", &passphrase, err) &&
        identity_open(home, &passphrase, out->trust, ROLE_MATCHER, &out->identity, err);
    secret_free(&passphrase);
    if (!ok) party_close(out);
    return ok;
}

void party_close(struct party *party)
{
    if (party->identity) identity_close(party->identity);
    if (party->trust) trust_close(party->trust);
    *party = (struct party){0};
}
