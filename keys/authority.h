/* SPDX-License-Identifier: Apache-2.0
 * The Authority: makes its root, issues certificates, revokes them. It runs offline; its directory
 * holds identity.key, authority.root, revocations and the record of what it issued.
 */
#ifndef HEARTH_KEYS_AUTHORITY_H
#define HEARTH_KEYS_AUTHORITY_H

#include "keys/issued.h"
#include "keys/request.h"
#include "keys/revocations.h"

#define AUTHORITY_ID "authority"
enum {
    ROOT_DAYS_DEFAULT = 3650,
    ROOT_DAYS_MAX = 7300,
    CERTIFICATE_DAYS_DEFAULT = 365,
    CERTIFICATE_DAYS_MAX = 1100
};

/* Makes a new Authority in `dir` (made 0700 where it is missing): key file, root, empty signed
 * list. The key file comes last, so that an interrupted attempt can be repeated. ERR_EXISTS where
 * there is one. */
MUST_CHECK bool authority_make(const char *dir, const char *name, int days,
                               const struct key_cost *cost, const struct secret *passphrase,
                               struct err *err);

/* What authority_make would refuse at once, to be asked before the passphrase. */
MUST_CHECK bool authority_may_be_made(const char *dir, const char *name, struct err *err);

/* Open with the key, holding the directory's lock: one user of the key at a time. */
struct authority;
MUST_CHECK bool authority_open(const char *dir, const struct secret *passphrase,
                               struct authority **out, struct err *err);
void authority_close(struct authority *authority); /* wipes */
const struct authority_root *authority_root_of(const struct authority *authority);
const struct issued *authority_issued(const struct authority *authority);
const struct revocations *authority_revocations(const struct authority *authority);

/* Issues certificates valid for `days` for all requests, or none: the record is written before any
 * certificate is handed out. out: `count` elements, freed with credentials_free. ERR_INVALID where
 * the period would outlast the root's. */
MUST_CHECK bool authority_issue(struct authority *authority,
                                const struct certificate_request *requests, size_t count, int days,
                                struct credentials *out, struct err *err);

/* Writes a new list with these serials added. All must have been issued (ERR_NOT_FOUND). Those that
 * are on the list already stay. */
MUST_CHECK bool authority_revoke(struct authority *authority, const uint64_t *serials, size_t count,
                                 struct err *err);

#endif
