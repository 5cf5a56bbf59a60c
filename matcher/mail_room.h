/* SPDX-License-Identifier: Apache-2.0
 * Where the mail is handled: the thread on which all of it happens, one step after the other, and
 * the streams that are open. Nobody waits for it: it waits for the disk.
 */
#ifndef HEARTH_MATCHER_MAIL_ROOM_H
#define HEARTH_MATCHER_MAIL_ROOM_H

#include "matcher/mailbox.h"

enum {
    MAIL_SESSIONS_PER_PARTY = 16,
    MAIL_NOTES_MAX = 4096 /* certificates that wait to be noted; more are left to a later hello */
};

struct matcher;
struct mail_session;
struct mail_room;

/* Opens HOME/mail. */
MUST_CHECK bool mail_room_start(struct matcher *matcher, struct mail_room **out, struct err *err);
/* Does what is queued, joins the thread, closes the store, frees; NULL is fine. No stream may be
 * open any more. */
void mail_room_stop(struct mail_room *room);

/* ---- from any thread; none of these waits ---- */
/* Runs job(ctx) on the mail's thread, in the order of the calls. */
void mail_room_run(struct mail_room *room, void (*job)(void *ctx), void *ctx);
/* That thread. */
struct pool *mail_room_thread(struct mail_room *room);
/* A certificate that was checked in a hello: under it the party can be written to. */
void mail_room_note_party(struct mail_room *room, const struct certificate *certificate);
/* Every second: lets go of parties that may not stay, expires, forgets. */
void mail_room_tick(struct mail_room *room);
/* Ends every stream with the status of err. */
void mail_room_end_all(struct mail_room *room, const struct err *err);
/* Messages that wait in all mailboxes. */
uint64_t mail_room_waiting(const struct mail_room *room);
/* The open streams; a reference to each while it is in. ERR_BUDGET where the party has too many. */
MUST_CHECK bool mail_room_enter(struct mail_room *room, struct mail_session *session,
                                struct err *err);
/* Leaving twice is harmless. */
void mail_room_leave(struct mail_room *room, struct mail_session *session);
/* The store behind it. */
struct mailbox *mail_room_mailbox(struct mail_room *room);

/* ---- on the mail's thread ---- */
/* One message more (1) or less (-1) waits. */
void mail_room_count(struct mail_room *room, int change);
/* Something has changed in that party's mailbox: its streams get what they are due. */
void mail_room_deliver(struct mail_room *room, const struct mail_party *party);

#endif
