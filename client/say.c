/* SPDX-License-Identifier: Apache-2.0 */
#include "client/say.h"

#include <string.h>

#include <sodium.h>

#include "proto/base/clock.h"

static bool check_open(const struct thread *thread, struct err *err)
{
    char id[THREAD_SHORT];
    if (!thread_is_closed(thread->state)) return true;
    thread_short_id(thread, id);
    return err_set(err, ERR_EXISTS, "thread", "%s with %s is over: it is %s", id, thread->agency,
                   thread_state_name(thread->state));
}

static bool write_down(struct desk *desk, const struct thread *thread,
                       const struct certificate *certificate, const struct content *content,
                       struct err *err)
{
    struct entry entry = {
        .mail = {.sent_at = clock_wall_ms(), .closes = content->kind == CONTENT_WITHDRAWAL}};
    struct signed_bytes mail = {0};
    struct buf encoded = {0};
    randombytes_buf(entry.mail.mail_id, MAIL_ID_BYTES);
    memcpy(entry.mail.thread_id, thread->id, MAIL_ID_BYTES);
    memcpy(entry.peer_name, certificate->name, sizeof entry.peer_name);
    memcpy(entry.query_hash, thread->query_hash, HASH_BYTES);
    content_encode(content, &encoded);
    bool ok = mail_write(&entry.mail, desk->la.identity, certificate, &encoded, &mail, err) &&
              correspondence_put(desk->correspondence, &entry, content, &mail, err);
    buf_wipe(&encoded);
    signed_bytes_free(&mail);
    return ok;
}

bool say(struct desk *desk, const struct thread *thread, struct content *content, struct err *err)
{
    struct certificate certificate = {0};
    REQUIRE(content->kind == CONTENT_MESSAGE || content->kind == CONTENT_WITHDRAWAL);
    memcpy(content->query_hash, thread->query_hash, HASH_BYTES);
    if (!check_open(thread, err) ||
        !exchange_party(desk->exchange, ROLE_AGENT, thread->agency, &certificate, err)) {
        return false;
    }
    bool ok = write_down(desk, thread, &certificate, content, err);
    certificate_free(&certificate);
    return ok;
}
