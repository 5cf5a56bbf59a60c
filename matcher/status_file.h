/* SPDX-License-Identifier: Apache-2.0
 * What `hearth-matcher status` and others on this machine may know of a running matcher.
 */
#ifndef HEARTH_MATCHER_STATUS_FILE_H
#define HEARTH_MATCHER_STATUS_FILE_H

#include "matcher/matcher.h"
#include "proto/metrics/daemon_status.h"

/* What daemon_status_new tells, and {"address":"HOST:PORT","epoch":n,"epoch_began_at",
 * "epoch_ends_at","agents":[ids, sorted],"agents_listed":n,"searches_open":n,"mail_waiting":n,
 * "audit":{"works","entries","head"},"stores":{...},"catalogue":n,"figures":[...]}, atomically. */
MUST_CHECK bool status_write(struct matcher *matcher, int port, struct err *err);

#endif
