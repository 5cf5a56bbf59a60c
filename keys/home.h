/* SPDX-License-Identifier: Apache-2.0
 * A party's home directory: making its keys and requests, and putting what the Authority sent in
 * place.
 */
#ifndef HEARTH_KEYS_HOME_H
#define HEARTH_KEYS_HOME_H

#include "keys/request.h"

/* Fields that are empty in `fields` are taken from the present certificate in `home`, if there is
 * one. */
MUST_CHECK bool home_request_defaults(const char *home, struct certificate_request *fields,
                                      struct err *err);

/* Writes HOME/identity.req with these fields for the keys of HOME/identity.key; a missing key file
 * is made first, at `cost`. out: the request as the Authority will read it;
 * certificate_request_free. */
MUST_CHECK bool home_make_request(const char *home, const struct certificate_request *fields,
                                  const struct key_cost *cost, const struct secret *passphrase,
                                  struct certificate_request *out, struct err *err);

/* That the certificate in `home`, if there is one, is of this role: before a file of another kind
 * of home is taken for a broken one. ERR_DENIED (field "home"). */
MUST_CHECK bool home_check_role(const char *home, enum role role, struct err *err);

/* Each may be NULL where there is nothing of that kind to install. */
struct home_parts {
    const char *root_path, *certificate_path, *revocations_path;
};
/* Checks everything against the root (the one given, or HOME/authority.root) and only then puts the
 * files in place: certificate issued by it, for this home's key file, valid now, not revoked, not
 * older than the present one; list not older. ERR_DENIED where HOME is pinned to another root. */
MUST_CHECK bool home_install(const char *home, const struct home_parts *parts, struct err *err);

/* Items of a party's backup_plan, after those of its stores, without the key file. A list of
 * revocations that is older than the pins say is refused: so pins go before it, and before the
 * certificate, whose serial they may hold. */
/* clang-format off */
#define HOME_IDENTITY_ITEMS                                                                        \
    {.name = HOME_PINS}, {.name = HOME_REVOCATIONS}, {.name = HOME_ROOT, .needed = true},          \
    {.name = HOME_CERTIFICATE, .needed = true}, {.name = HOME_REQUEST}
/* clang-format on */

#endif
