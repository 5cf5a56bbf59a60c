/* SPDX-License-Identifier: Apache-2.0
 * The Authority's numbered, signed list of revoked serials (RevocationBody in
 * proto/identity.proto).
 */
#ifndef HEARTH_KEYS_REVOCATIONS_H
#define HEARTH_KEYS_REVOCATIONS_H

#include "keys/certificate.h"

enum { REVOKED_MAX = 100000 };

/* revocations_free frees. */
struct revocations {
    uint64_t number; /* 1, 2, ... */
    int64_t issued_at;
    uint64_t *serials; /* ascending, each once */
    size_t count;
};

/* Signs and appends the armoured file. */
void revocations_write(const struct revocations *list, const uint8_t secret[SIGN_SECRET_BYTES],
                       struct buf *out);
/* `data`: the bytes inside the armour. With `root` the signature is checked (ERR_UNAUTHENTICATED);
 * NULL only to show a file. */
MUST_CHECK bool revocations_decode(const uint8_t *data, size_t len, const struct certificate *root,
                                   struct revocations *out, struct err *err);
MUST_CHECK bool revocations_load(const char *path, const struct certificate *root,
                                 struct revocations *out, struct err *err);
void revocations_free(struct revocations *list);
bool revocations_contain(const struct revocations *list, uint64_t serial);

#endif
