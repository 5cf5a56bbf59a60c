/* SPDX-License-Identifier: Apache-2.0
 * The queries that were taken and have not expired: LA and query id. In memory only, since a
 * restart draws a new epoch key, which makes every older query useless.
 */
#ifndef HEARTH_MATCHER_REPLAY_H
#define HEARTH_MATCHER_REPLAY_H

#include "proto/crypto/message.h"

struct replay;

struct replay *replay_new(void);
void replay_free(struct replay *replay);
/* Remembers until expires_at plus the clock skew; ERR_EXISTS where it is known already.
 * Thread-safe. */
MUST_CHECK bool replay_add(struct replay *replay, const char *la,
                           const uint8_t query_id[QUERY_ID_BYTES], int64_t expires_at,
                           int64_t now_ms, struct err *err);
/* Forgets one again: the query was refused for another reason. */
void replay_remove(struct replay *replay, const char *la, const uint8_t query_id[QUERY_ID_BYTES]);
size_t replay_count(struct replay *replay);

#endif
