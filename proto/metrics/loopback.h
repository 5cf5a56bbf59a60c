/* SPDX-License-Identifier: Apache-2.0
 * Addresses of this machine for itself: what is told on them never leaves it.
 */
#ifndef HEARTH_METRICS_LOOPBACK_H
#define HEARTH_METRICS_LOOPBACK_H

#include <stdint.h>

#include "proto/base/err.h"

enum { METRICS_LISTEN_MAX = 64 };

/* "" (off), or an address of 127.0.0.0/8, [::1] or the word localhost (127.0.0.1), a colon and a
 * port of 0 to 65535; ERR_INVALID, field "metrics_listen", for all else. */
MUST_CHECK bool metrics_listen_check(const char *text, struct err *err);
/* A listening, non-blocking socket there (text is not ""); *port gets the bound one. ERR_INVALID as
 * above, ERR_IO. */
MUST_CHECK bool loopback_listen(const char *text, int *fd, uint16_t *port, struct err *err);
/* Whether a Host header names this machine: what a browser that was sent here by somebody else's
 * name for 127.0.0.1 asks with does not. */
bool loopback_is_host(const char *host);

#endif
