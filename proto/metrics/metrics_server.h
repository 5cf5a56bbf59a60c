/* SPDX-License-Identifier: Apache-2.0
 * Metrics over HTTP, for programs on this machine: GET /metrics and GET /healthz, nothing else, on
 * a loopback address alone.
 *
 * What is told is a picture that the owner takes now and then (metrics_server_publish): whoever
 * asks every millisecond learns no more than whoever asks once between two pictures, and asking
 * costs the program no more than sending some kilobytes. One thread of its own serves a few
 * connections at a time, one request each, and cuts off who takes longer than METRICS_REQUEST_MS.
 */
#ifndef HEARTH_METRICS_METRICS_SERVER_H
#define HEARTH_METRICS_METRICS_SERVER_H

#include "proto/metrics/metrics.h"

enum {
    METRICS_PERIOD_MS = 5000,    /* between two pictures */
    METRICS_CONNECTIONS_MAX = 8, /* at the same time; more wait in the socket's queue */
    METRICS_REQUEST_MS = 3000,   /* from connecting to the end of the answer */
    METRICS_HEALTH_MS = 30000    /* /healthz says 503 where the last picture is older */
};

struct metrics_server;
/* address: as metrics_listen_check takes it; where it is "" *out is NULL and nothing is started.
 * metrics must outlive it. To be called with the signals blocked that the program waits for
 * (signals_open): its thread inherits that. ERR_INVALID, ERR_IO; field "metrics_listen". */
MUST_CHECK bool metrics_server_start(const char *address, const struct metrics *metrics,
                                     struct metrics_server **out, struct err *err);
/* Takes a picture. well: whether /healthz says 200 until the next one. NULL is fine. */
void metrics_server_publish(struct metrics_server *server, bool well);
/* "127.0.0.1:9464": with the port that was bound; "" for NULL. Lives as long as the server. */
const char *metrics_server_address(const struct metrics_server *server);
/* Closes what is open, joins, frees; NULL is fine. */
void metrics_server_stop(struct metrics_server *server);

#endif
