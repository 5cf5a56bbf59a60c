/* SPDX-License-Identifier: Apache-2.0
 * A look at the part of a party's home that all programs share: keys, certificate, trust and clock.
 */
#ifndef HEARTH_KEYS_HOME_CHECK_H
#define HEARTH_KEYS_HOME_CHECK_H

#include "keys/certificate.h"
#include "proto/base/checks.h"

enum { CERTIFICATE_WARN_DAYS = 30, ROOT_WARN_DAYS = 180 };

/* Adds everything that would keep `identity_open_home` from opening `home` for that role, as far as
 * it shows without the passphrase, and what will soon. Nothing is changed or locked. own: the
 * party's certificate where it could be read, else zeros; certificate_free frees. */
void home_check(const char *home, enum role role, struct checks *checks, struct certificate *own);

#endif
