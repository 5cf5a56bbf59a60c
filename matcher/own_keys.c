/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/own_keys.h"

bool own_keys_open(const char *home, int passphrase_fd, struct own_keys *out, struct err *err)
{
    return identity_open_home(home, passphrase_fd, ROLE_MATCHER, &out->trust, &out->identity, err);
}

void own_keys_close(struct own_keys *keys)
{
    if (keys->identity) identity_close(keys->identity);
    if (keys->trust) trust_close(keys->trust);
    *keys = (struct own_keys){0};
}
