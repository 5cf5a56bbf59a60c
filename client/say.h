/* SPDX-License-Identifier: Apache-2.0
 * What an LA says in a thread after its referral: a message, or that it is withdrawn.
 */
#ifndef HEARTH_CLIENT_SAY_H
#define HEARTH_CLIENT_SAY_H

#include "client/party.h"
#include "client/threads.h"

/* Writes down a message (CONTENT_MESSAGE) or a withdrawal (CONTENT_WITHDRAWAL) to the agency of the
 * thread; desk_send sends it. Needs an open exchange, for the agency's certificate. The query hash
 * of `content` is filled in. ERR_EXISTS (field "thread"): it is over. */
MUST_CHECK bool say(struct desk *desk, const struct thread *thread, struct content *content,
                    struct err *err);

#endif
