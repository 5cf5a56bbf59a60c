/* SPDX-License-Identifier: Apache-2.0
 * Which connections a server takes at all, before a byte of TLS is spent on them. gRPC's C
 * core 1.51 has no hook for that, and gives its listener up for good where accept fails for want of
 * descriptors, so this stands in for the accept4 of libc that it calls (docs/rpc.md). Not for use
 * outside proto/rpc.
 */
#ifndef HEARTH_RPC_GATE_H
#define HEARTH_RPC_GATE_H

#include <sys/socket.h>

#include "proto/rpc/rpc.h"

struct rpc_gate;

/* From now on guards what is accepted on that port. Also raises the process's limit of open files
 * to the most that it may have, and takes fewer connections where that is little. */
struct rpc_gate *rpc_gate_open(int port, const struct rpc_limits *limits);
/* No accept of this port is under way any more once it returns; NULL is fine. */
void rpc_gate_close(struct rpc_gate *gate);
/* Ends the connection with that peer ("ipv4:127.0.0.1:4711") where it is known. */
void rpc_gate_cut(struct rpc_gate *gate, const char *peer);
/* Adds to out->connections and out->handshakes. */
void rpc_gate_refused(struct rpc_gate *gate, struct rpc_refused *out);
/* What of an address is counted together: an IPv4 address (also where it is written as an IPv6
 * one), or a /64, which one site has of IPv6 at least. from: AF_INET or AF_INET6. */
uint64_t rpc_gate_site(const struct sockaddr_storage *from);

#endif
