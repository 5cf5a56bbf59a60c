/* SPDX-License-Identifier: Apache-2.0 */
#include "client/say.h"

#include <string.h>

#include <sodium.h>

static bool check_open(const struct thread *thread, struct err *err)
{
    char id[THREAD_SHORT];
    if (!thread_is_closed(thread->state)) return true;
    thread_short_id(thread, id);
    return err_set(err, ERR_EXISTS, "thread", "%s with %s is over: it is %s", id, thread->agency,
                   thread_state_name(thread->state));
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
    struct entry entry = {.mail = {.closes = content->kind == CONTENT_WITHDRAWAL}};
    randombytes_buf(entry.mail.mail_id, MAIL_ID_BYTES);
    memcpy(entry.mail.thread_id, thread->id, MAIL_ID_BYTES);
    bool ok = correspondence_write(desk->correspondence, desk->la.identity, &certificate, content,
                                   &entry, err);
    certificate_free(&certificate);
    return ok;
}
