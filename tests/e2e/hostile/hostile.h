/* SPDX-License-Identifier: Apache-2.0
 * What the hostile peers share: a party's home opened, and a stream to the matcher with an inbox.
 */
#ifndef HEARTH_TESTS_HOSTILE_H
#define HEARTH_TESTS_HOSTILE_H

#include <stdio.h>

#include "keys/signed.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/inbox.h"

struct peer {
    struct trust *trust;
    struct identity *identity;
    struct rpc_channel *channel;
};

/* argv: HOME PASSPHRASE_FD ROLE HOST:PORT ... Exits with a message where anything fails. */
void peer_open(char **argv, struct peer *out);
void peer_close(struct peer *peer);

struct line {
    struct inbox *inbox;
    struct rpc_stream *stream;
};
void line_open(struct peer *peer, const char *method, struct line *out);
void line_close(struct line *line);
/* Waits up to 60 s for a message; prints "status=NAME detail=..." and returns false where the
 * stream is closed. */
bool line_wait(struct line *line, struct buf *message);
/* Reads until the stream is closed and prints its status. */
void line_drain(struct line *line);

/* One line on standard output, at once. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Packs and sends; says "not sent" where the stream takes nothing. */
void send_from_la(struct line *line, const Hearth__V1__FromLa *message);
void send_from_agent(struct line *line, const Hearth__V1__FromAgent *message);

#endif
