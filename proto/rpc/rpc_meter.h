/* SPDX-License-Identifier: Apache-2.0
 * What one organisation may do on all its connections to a server together: open streams, streams,
 * messages and bytes a second. By organisation rather than by connection, so that opening more of
 * them gains nothing; whose certificate names none are one together. Not for use outside proto/rpc.
 */
#ifndef HEARTH_RPC_METER_H
#define HEARTH_RPC_METER_H

#include "proto/rpc/rpc.h"

struct rpc_meters;
struct rpc_meter; /* of one organisation; valid as long as the meters */

struct rpc_meters *rpc_meters_new(const struct rpc_limits *limits);
void rpc_meters_free(struct rpc_meters *meters);
/* Counts a stream of that organisation; *out is its meter in any case, for rpc_meter_close when the
 * stream ends. ERR_BUDGET with a time after which to try again. */
MUST_CHECK bool rpc_meter_open(struct rpc_meters *meters, enum role role, const char *id,
                               struct rpc_meter **out, struct err *err);
void rpc_meter_close(struct rpc_meter *meter);
/* Counts a message. ERR_BUDGET as above. */
MUST_CHECK bool rpc_meter_message(struct rpc_meter *meter, size_t len, struct err *err);
/* Counts a refusal of something of the organisation's. *loud: it is to be logged, once a second.
 * Gives true where it goes on in spite of many: its connection is to be cut. */
bool rpc_meter_strike(struct rpc_meter *meter, bool *loud);
/* Adds to all but connections and handshakes. */
void rpc_meters_refused(struct rpc_meters *meters, struct rpc_refused *out);

#endif
