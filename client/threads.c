/* SPDX-License-Identifier: Apache-2.0 */
#include "client/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

const char *thread_state_name(enum thread_state state)
{
    static const char *const names[] = {"",         "queued",    "accepted", "taken",
                                        "refused",  "expired",   "offer",    "decline",
                                        "question", "withdrawn", "placed"};
    REQUIRE(state > 0 && (size_t)state < sizeof names / sizeof *names);
    return names[state];
}

bool thread_is_closed(enum thread_state state)
{
    return state == THREAD_REFUSED || state == THREAD_EXPIRED || state == THREAD_WITHDRAWN;
}

bool thread_has(const struct thread *thread, const struct entry *entry)
{
    return sodium_memcmp(thread->id, entry->mail.thread_id, MAIL_ID_BYTES) == 0 &&
           strcmp(thread->agency, entry_peer(entry)) == 0;
}

void thread_short_id(const struct thread *thread, char out[THREAD_SHORT])
{
    (void)text_hex(thread->id, (THREAD_SHORT - 1) / 2, out);
}

/* ---- from entries to threads ---- */

static struct thread *thread_of(struct threads *threads, const struct entry *entry)
{
    for (size_t i = 0; i < threads->count; i++) {
        if (thread_has(&threads->list[i], entry)) return &threads->list[i];
    }
    struct thread *thread = &threads->list[threads->count++];
    memcpy(thread->id, entry->mail.thread_id, MAIL_ID_BYTES);
    memcpy(thread->agency, entry_peer(entry), strlen(entry_peer(entry)) + 1);
    thread->opened_ms = entry->mail.sent_at;
    return thread;
}

static enum thread_state state_of_referral(enum mail_state state)
{
    switch (state) {
    case MAIL_QUEUED: return THREAD_QUEUED;
    case MAIL_ACCEPTED: return THREAD_ACCEPTED;
    case MAIL_TAKEN: return THREAD_TAKEN;
    case MAIL_EXPIRED: return THREAD_EXPIRED;
    case MAIL_REFUSED:
    case MAIL_RECEIVED: break;
    }
    return THREAD_REFUSED;
}

static enum thread_state state_of_answer(enum answer_kind answer)
{
    switch (answer) {
    case ANSWER_OFFER: return THREAD_OFFER;
    case ANSWER_DECLINE: return THREAD_DECLINE;
    case ANSWER_QUESTION:
    case ANSWER_NONE: break;
    }
    return THREAD_QUESTION;
}

static void set_state(struct thread *thread, enum thread_state state, const struct entry *entry)
{
    thread->state = state;
    thread->since_ms = entry->state_ms;
    memcpy(thread->why, entry->why, sizeof thread->why);
    memcpy(thread->reason, entry->reason, sizeof thread->reason);
}

static void add_referral(struct thread *thread, const struct entry *entry)
{
    if (thread->messages == 1) memcpy(thread->query_hash, entry->query_hash, HASH_BYTES);
    /* A further stage that did not arrive leaves what was said before as it is. */
    bool arrived = entry->state != MAIL_REFUSED && entry->state != MAIL_EXPIRED;
    if (thread->stage != 0 && !arrived) return;
    if (entry->stage > thread->stage) thread->stage = entry->stage;
    set_state(thread, state_of_referral(entry->state), entry);
}

/* A withdrawal that did not go has withdrawn nothing: it can be sent again. */
static void add_own(struct thread *thread, const struct entry *entry)
{
    bool refused = entry->state == MAIL_REFUSED;
    (void)snprintf(thread->refusal, sizeof thread->refusal, "%s",
                   !refused        ? ""
                   : entry->why[0] ? entry->why
                                   : "refused");
    if (thread->state == THREAD_WITHDRAWN) return;
    if (entry->mail.closes && !refused) {
        set_state(thread, THREAD_WITHDRAWN, entry);
    } else if (entry->kind == CONTENT_REFERRAL) {
        add_referral(thread, entry);
    } else if (thread->state == 0) {
        set_state(thread, THREAD_QUEUED, entry);
    }
}

/* In the order of entries: what came last says how it stands. */
static void add_entry(struct threads *threads, const struct entry *entry)
{
    struct thread *thread = thread_of(threads, entry);
    thread->messages++;
    thread->last_number = entry->number;
    if (entry->peer_name[0]) memcpy(thread->name, entry->peer_name, sizeof thread->name);
    if (entry->incoming && !entry->read) thread->unread++;
    if (!entry->incoming) {
        add_own(thread, entry);
    } else if (thread->state == THREAD_WITHDRAWN) {
        return;
    } else if (entry->kind == CONTENT_ANSWER) {
        set_state(thread, state_of_answer(entry->answer), entry);
    } else if (thread->state == 0) {
        set_state(thread, THREAD_QUESTION, entry);
    }
}

/* ---- with the records ---- */

static void set_search(struct threads *threads, const struct run_ref *run)
{
    for (size_t i = 0; i < threads->count; i++) {
        struct thread *thread = &threads->list[i];
        if (sodium_memcmp(thread->query_hash, run->head.query_hash, HASH_BYTES) != 0) continue;
        thread->known = true;
        memcpy(thread->search, run->name, HASH_BYTES);
    }
}

/* An outcome is no message: the records have it. */
static bool set_placed(struct records *records, struct thread *thread, struct err *err)
{
    struct outcome last;
    bool found = false;
    if (!thread->known) return true;
    if (!records_last_outcome(records, thread->search, &last, &found, err)) return false;
    if (found && last.kind == OUTCOME_PLACED && strcmp(last.agency, thread->agency) == 0 &&
        !thread_is_closed(thread->state)) {
        thread->state = THREAD_PLACED;
        thread->since_ms = last.at_ms;
    }
    return true;
}

static bool join(struct threads *threads, struct records *records, struct err *err)
{
    struct run_ref *runs = NULL;
    size_t count = 0;
    if (!records_list_runs(records, NULL, &runs, &count, err)) return false;
    for (size_t i = 0; i < count; i++) set_search(threads, &runs[i]);
    records_list_free(runs, count, sizeof *runs);
    for (size_t i = 0; i < threads->count; i++) {
        if (!set_placed(records, &threads->list[i], err)) return false;
    }
    return true;
}

bool threads_load(struct correspondence *correspondence, struct records *records,
                  struct threads *out, struct err *err)
{
    struct threads threads = {0};
    if (!correspondence_list(correspondence, &threads.entries, &threads.entry_count, err)) {
        return false;
    }
    threads.list = mem_array(threads.entry_count, sizeof *threads.list);
    for (size_t i = 0; i < threads.entry_count; i++) add_entry(&threads, &threads.entries[i]);
    if (!join(&threads, records, err)) {
        threads_free(&threads);
        return false;
    }
    *out = threads;
    return true;
}

void threads_free(struct threads *threads)
{
    records_list_free(threads->list, threads->count, sizeof *threads->list);
    entries_free(threads->entries, threads->entry_count);
    *threads = (struct threads){0};
}

/* ---- looking up ---- */

/* A message of another agency that was let into the thread stands under the same id, and must not
 * keep the officer from it: a thread has a stage where this LA began it. */
static bool stands_for(const struct thread *thread, const struct thread *other)
{
    return thread->stage != 0 && other->stage == 0 &&
           sodium_memcmp(thread->id, other->id, MAIL_ID_BYTES) == 0;
}

bool threads_find(const struct threads *threads, const char *text, const struct thread **out,
                  struct err *err)
{
    const size_t len = strlen(text);
    const struct thread *found = NULL;
    if (len < THREAD_PREFIX_MIN || len > 2 * (size_t)MAIL_ID_BYTES ||
        strspn(text, "0123456789abcdef") != len) {
        return err_set(err, ERR_INVALID, "thread",
                       "\"%.40s\": the start of a thread's id is wanted, %d to %d hex digits", text,
                       THREAD_PREFIX_MIN, 2 * MAIL_ID_BYTES);
    }
    for (size_t i = 0; i < threads->count; i++) {
        char hex[2 * MAIL_ID_BYTES + 1];
        (void)text_hex(threads->list[i].id, MAIL_ID_BYTES, hex);
        if (strncmp(hex, text, len) != 0) continue;
        if (found && stands_for(found, &threads->list[i])) continue;
        if (found && !stands_for(&threads->list[i], found)) {
            return err_set(err, ERR_INVALID, "thread",
                           "several threads begin with %s: give more digits", text);
        }
        found = &threads->list[i];
    }
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "thread", "no thread begins with %s", text);
    }
    *out = found;
    return true;
}

const struct thread *threads_with(const struct threads *threads, const uint8_t search[HASH_BYTES],
                                  const char *agency)
{
    for (size_t i = threads->count; i-- > 0;) {
        const struct thread *thread = &threads->list[i];
        if (thread->known && sodium_memcmp(thread->search, search, HASH_BYTES) == 0 &&
            strcmp(thread->agency, agency) == 0) {
            return thread;
        }
    }
    return NULL;
}
