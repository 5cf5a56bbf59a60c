/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { ID_DIGITS_MIN = 4 };

bool thread_has(const struct thread *thread, const struct entry *entry)
{
    const struct entry *first = thread->first;
    return sodium_memcmp(first->mail.thread_id, entry->mail.thread_id, MAIL_ID_BYTES) == 0 &&
           strcmp(entry_peer(first), entry_peer(entry)) == 0;
}

static struct thread *thread_of(struct threads *threads, const struct entry *entry)
{
    for (size_t i = threads->count; i > 0; i--) {
        if (thread_has(&threads->items[i - 1], entry)) return &threads->items[i - 1];
    }
    struct thread *thread = &threads->items[threads->count++];
    thread->first = entry;
    return thread;
}

static void add_entry(struct threads *threads, const struct entry *entry)
{
    struct thread *thread = thread_of(threads, entry);
    thread->last = entry;
    if (!entry->incoming) {
        if (entry->kind == CONTENT_ANSWER) thread->answer = entry;
        return;
    }
    if (entry->kind == CONTENT_REFERRAL) thread->referral = entry;
    if (entry->mail.closes) thread->closed = true; /* what the matcher knows too */
    if (!entry->read) thread->unread++;
}

bool threads_read(struct correspondence *correspondence, struct threads *out, struct err *err)
{
    struct threads threads = {0};
    if (!correspondence_list(correspondence, &threads.entries, &threads.entry_count, err)) {
        return false;
    }
    threads.items = mem_array(threads.entry_count, sizeof *threads.items);
    for (size_t i = 0; i < threads.entry_count; i++) add_entry(&threads, &threads.entries[i]);
    *out = threads;
    return true;
}

void threads_free(struct threads *threads)
{
    entries_free(threads->entries, threads->entry_count);
    free(threads->items);
    *threads = (struct threads){0};
}

/* ---- finding ---- */

static bool has_id(const struct thread *thread, const char *id)
{
    char name[2 * MAIL_ID_BYTES + 1];
    size_t len = strlen(id);
    text_hex(thread->first->mail.thread_id, MAIL_ID_BYTES, name);
    if (len < ID_DIGITS_MIN || len > 2 * MAIL_ID_BYTES) return false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i] >= 'A' && id[i] <= 'F' ? (char)(id[i] - 'A' + 'a') : id[i];
        if (name[i] != c) return false;
    }
    return true;
}

bool threads_find(const struct threads *threads, const char *id, const struct thread **out,
                  struct err *err)
{
    int64_t number = 0;
    size_t found = 0;
    bool is_number = text_integer(id, 1, INT64_MAX, &number);
    for (size_t i = 0; i < threads->count; i++) {
        const struct thread *thread = &threads->items[i];
        if (!has_id(thread, id) && !(is_number && thread->first->number == (uint64_t)number)) {
            continue;
        }
        *out = thread;
        found++;
    }
    if (found == 1) return true;
    if (found > 1) {
        return err_set(err, ERR_INVALID, "id", "%zu referrals begin so: give more digits", found);
    }
    return err_set(err, ERR_NOT_FOUND, "id",
                   "no such referral: its number, or the start of its id (at least %d hex digits) "
                   "is wanted; 'hearth-agent inbox --all' lists them",
                   ID_DIGITS_MIN);
}

/* ---- what is in it ---- */

const char *thread_age(int64_t since_ms, int64_t now_ms, char out[AGE_TEXT])
{
    enum { MINUTE_MS = 60 * 1000, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };
    long long ms = now_ms > since_ms ? now_ms - since_ms : 0;
    if (ms >= 2LL * DAY_MS) {
        (void)snprintf(out, AGE_TEXT, "%lld d", ms / DAY_MS);
    } else if (ms >= 2LL * HOUR_MS) {
        (void)snprintf(out, AGE_TEXT, "%lld h", ms / HOUR_MS);
    } else {
        (void)snprintf(out, AGE_TEXT, "%lld min", ms / MINUTE_MS);
    }
    return out;
}
