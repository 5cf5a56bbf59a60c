/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/own_keys.h"

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

bool own_keys_open(const char *home, int passphrase_fd, struct own_keys *out, struct err *err)
{
    struct secret passphrase = {0};
    *out = (struct own_keys){0};
    bool ok =
        open_trust(home, &out->trust, err) &&
        secret_read_passphrase(passphrase_fd, "Passphrase of the key file: ", &passphrase, err) &&
        identity_open(home, &passphrase, out->trust, ROLE_MATCHER, &out->identity, err);
    secret_free(&passphrase);
    if (!ok) own_keys_close(out);
    return ok;
}

void own_keys_close(struct own_keys *keys)
{
    if (keys->identity) identity_close(keys->identity);
    if (keys->trust) trust_close(keys->trust);
    *keys = (struct own_keys){0};
}
