/* SPDX-License-Identifier: Apache-2.0
 * A hub's connection to its matcher.
 */
#ifndef HEARTH_CLIENT_HUB_LINK_H
#define HEARTH_CLIENT_HUB_LINK_H

#include "client/hub/home.h"
#include "proto/figures/dial.h"

/* dial_open at the matcher of config.json. ERR_UNAVAILABLE says which one. */
MUST_CHECK bool link_open(const struct hub *hub, struct dial **out, struct err *err);

#endif
