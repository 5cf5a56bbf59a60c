/* SPDX-License-Identifier: Apache-2.0
 * The matcher's keys and whom it trusts, out of its home directory.
 */
#ifndef HEARTH_MATCHER_PARTY_H
#define HEARTH_MATCHER_PARTY_H

#include "keys/identity.h"

struct party {
    struct trust *trust;
    struct identity *identity;
};

/* Opens HOME's root, revocations, pins and key file; the passphrase comes from descriptor
 * `passphrase_fd`, or from the terminal where it is -1. */
MUST_CHECK bool party_open(const char *home, int passphrase_fd, struct party *out, struct err *err);
void party_close(struct party *party);

#endif
