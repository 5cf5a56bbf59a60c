/* SPDX-License-Identifier: Apache-2.0
 * The mailbox for a command that looks in by itself, while no `serve` keeps it open.
 */
#ifndef HEARTH_AGENT_MAILBOX_H
#define HEARTH_AGENT_MAILBOX_H

#include "agent/home.h"
#include "proto/mail/exchange.h"

/* Connects with the home's keys; its correspondence must be open. Errors: as exchange_open. */
MUST_CHECK bool mailbox_open(struct home *home, struct exchange **out, struct err *err);
/* Closes what mailbox_open has opened, or could not; once for each. */
void mailbox_close(struct exchange *exchange);
/* Sends what is queued and takes what waits, unless `serve` does it. False, with a warning on
 * standard error, where the matcher cannot be reached: what is here can be shown all the same. */
bool mailbox_look(struct home *home, const char *command);

#endif
