/* SPDX-License-Identifier: Apache-2.0
 * The matcher's keys and whom it trusts, out of its home directory.
 */
#ifndef HEARTH_MATCHER_OWN_KEYS_H
#define HEARTH_MATCHER_OWN_KEYS_H

#include "keys/identity.h"

struct own_keys {
    struct trust *trust;
    struct identity *identity;
};

/* Opens HOME's root, revocations, pins and key file; the passphrase comes from descriptor
 * `passphrase_fd`, or from the terminal where it is -1. */
MUST_CHECK bool own_keys_open(const char *home, int passphrase_fd, struct own_keys *out,
                              struct err *err);
void own_keys_close(struct own_keys *keys);

#endif
