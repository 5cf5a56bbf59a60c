/* SPDX-License-Identifier: Apache-2.0
 * All entries of a correspondence: reading them, and removing threads that are over.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/mail/correspondence_internal.h"

static const int64_t MS_PER_DAY = 24 * 3600 * 1000;

struct walk {
    const struct correspondence *c;
    correspondence_each_fn each;
    void *ctx;
};

static bool open_and_call(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                          void *ctx, struct err *err)
{
    const struct walk *walk = ctx;
    struct entry entry;
    if (!correspondence_read_entry(walk->c, key, key_len, value, len, &entry, err)) return false;
    bool ok = walk->each(&entry, walk->ctx, err);
    sodium_memzero(&entry, sizeof entry);
    return ok;
}

static bool each_in(const struct correspondence *c, struct store_txn *txn,
                    correspondence_each_fn each, void *ctx, struct err *err)
{
    struct walk walk = {c, each, ctx};
    return store_each(txn, TABLE_ENTRIES, NULL, 0, open_and_call, &walk, err);
}

bool correspondence_each(struct correspondence *c, correspondence_each_fn each, void *ctx,
                         struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = each_in(c, txn, each, ctx, err);
    store_abort(txn);
    return ok || err_in(err, HOME_CORRESPONDENCE);
}

/* ---- all of them ---- */

static bool append(const struct entry *entry, void *ctx, struct err *err)
{
    (void)err;
    buf_append(ctx, entry, sizeof *entry); /* wipes what it moves out of */
    return true;
}

bool correspondence_list(struct correspondence *c, struct entry **out, size_t *count,
                         struct err *err)
{
    struct buf list = {0};
    if (!correspondence_each(c, append, &list, err)) {
        buf_wipe(&list);
        return false;
    }
    *count = list.len / sizeof(struct entry);
    *out = (struct entry *)(void *)list.data;
    return true;
}

void entries_free(struct entry *entries, size_t count)
{
    if (!entries) return;
    sodium_memzero(entries, count * sizeof *entries);
    free(entries);
}

/* ---- retention ---- */

struct old_thread {
    uint8_t thread_id[MAIL_ID_BYTES];
    int64_t last_ms;
    bool waiting; /* something of it is still to be sent */
};

struct purge {
    struct old_thread *threads;
    size_t thread_count;
    struct buf numbers; /* uint64_t each, of the entries that go */
    struct buf ids;     /* MAIL_ID_BYTES each, beside them */
    struct buf kept;    /* uint8_t each: 1 where the id stays known */
    int64_t before_ms;
};

static struct old_thread *thread_of(struct purge *purge, const uint8_t id[MAIL_ID_BYTES])
{
    for (size_t i = 0; i < purge->thread_count; i++) {
        struct old_thread *thread = &purge->threads[i];
        if (sodium_memcmp(thread->thread_id, id, MAIL_ID_BYTES) == 0) return thread;
    }
    return NULL;
}

static bool note_thread(const struct entry *entry, void *ctx, struct err *err)
{
    (void)err;
    struct purge *purge = ctx;
    struct old_thread *thread = thread_of(purge, entry->mail.thread_id);
    if (!thread) {
        purge->threads =
            mem_resize(purge->threads, purge->thread_count + 1, sizeof *purge->threads);
        thread = &purge->threads[purge->thread_count++];
        *thread = (struct old_thread){.last_ms = 0};
        memcpy(thread->thread_id, entry->mail.thread_id, MAIL_ID_BYTES);
    }
    int64_t last = entry_last_ms(entry);
    if (last > thread->last_ms) thread->last_ms = last;
    if (entry->state == MAIL_QUEUED) thread->waiting = true;
    return true;
}

static bool note_old(const struct entry *entry, void *ctx, struct err *err)
{
    (void)err;
    struct purge *purge = ctx;
    const struct old_thread *thread = thread_of(purge, entry->mail.thread_id);
    if (!thread || thread->waiting || thread->last_ms >= purge->before_ms) return true;
    buf_append(&purge->numbers, &entry->number, sizeof entry->number);
    correspondence_seen_id(entry, buf_reserve(&purge->ids, MAIL_ID_BYTES));
    buf_u8(&purge->kept, entry->incoming);
    return true;
}

static bool remove_old(const struct correspondence *c, struct store_txn *txn,
                       const struct purge *purge, int64_t now_ms, struct err *err)
{
    for (size_t i = 0; i < purge->kept.len; i++) {
        uint64_t number = 0;
        uint8_t key[8], name[HASH_BYTES];
        const uint8_t *id = purge->ids.data + i * MAIL_ID_BYTES;
        memcpy(&number, purge->numbers.data + i * sizeof number, sizeof number);
        store_key_u64(key, number);
        sealed_name(&c->sealed, id, MAIL_ID_BYTES, name);
        bool ok =
            store_delete(txn, TABLE_ENTRIES, key, sizeof key, NULL, err) &&
            store_delete(txn, TABLE_CONTENTS, key, sizeof key, NULL, err) &&
            (purge->kept.data[i] ? correspondence_note_seen(c, txn, id, 0, now_ms, err)
                                 : store_delete(txn, TABLE_SEEN, name, sizeof name, NULL, err));
        if (!ok) return false;
    }
    return true;
}

struct forgetting {
    struct buf names; /* HASH_BYTES each */
    int64_t before_ms;
    int64_t last_ms; /* when the last of them was removed */
};

static bool note_forgotten(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                           void *ctx, struct err *err)
{
    struct forgetting *forgetting = ctx;
    struct reader reader = reader_of(value, len);
    uint64_t number = reader_u64(&reader);
    int64_t at_ms = (int64_t)reader_u64(&reader);
    if (!reader_done(&reader) || key_len != HASH_BYTES) {
        return err_set(err, ERR_CORRUPT, NULL, "a message's name is malformed");
    }
    if (number == 0 && at_ms < forgetting->before_ms) {
        buf_append(&forgetting->names, key, key_len);
        if (at_ms > forgetting->last_ms) forgetting->last_ms = at_ms;
    }
    return true;
}

static const char FORGOTTEN_KEY[] = "forgotten";

bool correspondence_forgotten(struct store_txn *txn, int64_t *sent_at, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    *sent_at = 0;
    if (!store_get(txn, TABLE_META, FORGOTTEN_KEY, sizeof FORGOTTEN_KEY - 1, &value, &len, &found,
                   err)) {
        return false;
    }
    uint64_t time = !found ? 0 : len == 8 ? store_key_read_u64(value) : UINT64_MAX;
    if (time > INT64_MAX) return err_set(err, ERR_CORRUPT, NULL, "a time is malformed");
    *sent_at = (int64_t)time;
    return true;
}

/* A matcher that has kept a copy could bring it again. */
static bool raise_forgotten(struct store_txn *txn, int64_t last_ms, struct err *err)
{
    int64_t present = 0;
    uint8_t value[8];
    if (!correspondence_forgotten(txn, &present, err)) return false;
    if (last_ms <= present) return true;
    store_key_u64(value, (uint64_t)last_ms);
    return store_put(txn, TABLE_META, FORGOTTEN_KEY, sizeof FORGOTTEN_KEY - 1, value, sizeof value,
                     err);
}

/* Ids of messages that were removed long ago: no honest matcher has a copy any more. */
static bool forget_ids(struct store_txn *txn, int64_t now_ms, struct err *err)
{
    struct forgetting forgetting = {.before_ms =
                                        now_ms - CORRESPONDENCE_REMEMBER_DAYS * MS_PER_DAY};
    bool ok = store_each(txn, TABLE_SEEN, NULL, 0, note_forgotten, &forgetting, err) &&
              raise_forgotten(txn, forgetting.last_ms, err);
    for (size_t at = 0; ok && at < forgetting.names.len; at += HASH_BYTES) {
        ok = store_delete(txn, TABLE_SEEN, forgetting.names.data + at, HASH_BYTES, NULL, err);
    }
    buf_free(&forgetting.names);
    return ok;
}

bool correspondence_purge(struct correspondence *c, int64_t before_ms, size_t *removed,
                          struct err *err)
{
    struct store_txn *txn = NULL;
    struct purge purge = {.before_ms = before_ms};
    int64_t now_ms = clock_wall_ms();
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    bool ok = each_in(c, txn, note_thread, &purge, err) && each_in(c, txn, note_old, &purge, err) &&
              remove_old(c, txn, &purge, now_ms, err) && forget_ids(txn, now_ms, err);
    ok = ok && (purge.kept.len == 0 || store_ask_rewrite(txn, err));
    ok = sealed_finish(&c->sealed, txn, ok, err);
    if (ok) *removed = purge.kept.len;
    free(purge.threads);
    buf_wipe(&purge.numbers);
    buf_wipe(&purge.ids);
    buf_wipe(&purge.kept);
    return ok;
}

bool correspondence_rewrite(struct correspondence *c, bool *done, struct err *err)
{
    return sealed_rewrite(&c->sealed, done, err);
}
