/* SPDX-License-Identifier: Apache-2.0
 * The Authority's own record of every certificate it issued: AUTHDIR/issued, one line each, exactly
 * as signed.
 */
#ifndef HEARTH_KEYS_ISSUED_H
#define HEARTH_KEYS_ISSUED_H

#include "keys/certificate.h"

#define AUTHORITY_ISSUED "issued"
#define ISSUED_FIRST_LINE "hearth issued 1\n"
enum { ISSUED_FILE_MAX = 64 << 20 };

/* issued_free frees. */
struct issued {
    struct certificate *list; /* serials ascending */
    size_t count, cap;
};

/* A missing file is an empty record. Every line's signature is checked against the root (NULL, only
 * to show a file: unchecked). ERR_CORRUPT names the line. */
MUST_CHECK bool issued_load(const char *path, const struct certificate *root, struct issued *out,
                            struct err *err);
/* Takes the certificate over (and empties the argument). */
void issued_add(struct issued *issued, struct certificate *certificate);
MUST_CHECK bool issued_save(const char *path, const struct issued *issued, struct err *err);
void issued_free(struct issued *issued);
/* The newest certificate of (role, organisation), or NULL. */
const struct certificate *issued_newest(const struct issued *issued, enum role role,
                                        const char *organisation);
const struct certificate *issued_by_serial(const struct issued *issued, uint64_t serial);

#endif
