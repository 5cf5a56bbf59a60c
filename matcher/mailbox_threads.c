/* SPDX-License-Identifier: Apache-2.0
 * Threads, and forgetting them with the ids of messages once they are of no more use.
 */

#include "matcher/daily.h"
#include "matcher/mailbox_internal.h"
#include "proto/base/clock.h"

/* ---- threads ---- */

bool thread_read(struct store_txn *txn, const uint8_t thread_id[MAIL_ID_BYTES],
                 struct mail_thread *out, bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    return store_get(txn, MAILBOX_THREADS, thread_id, MAIL_ID_BYTES, &value, &len, found, err) &&
           (!*found || thread_decode(thread_id, MAIL_ID_BYTES, value, len, out, err));
}

bool thread_write(struct store_txn *txn, const struct mail_thread *thread, int64_t old_last_at,
                  struct err *err)
{
    const uint8_t *id = thread->thread_id;
    struct buf value = {0};
    thread_encode(thread, &value);
    bool ok = store_put(txn, MAILBOX_THREADS, id, MAIL_ID_BYTES, value.data, value.len, err);
    buf_free(&value);
    if (!ok || old_last_at == thread->last_at) return ok;
    return (old_last_at == 0 || due_remove(txn, DUE_THREAD, old_last_at, id, MAIL_ID_BYTES, err)) &&
           due_add(txn, DUE_THREAD, thread->last_at, id, MAIL_ID_BYTES, err);
}

bool thread_taken(struct store_txn *txn, const uint8_t thread_id[MAIL_ID_BYTES], int64_t now_ms,
                  struct err *err)
{
    struct mail_thread thread;
    bool found = false;
    if (!thread_read(txn, thread_id, &thread, &found, err)) return false;
    if (!found || thread.taken_at != 0) return true;
    thread.taken_at = now_ms;
    return thread_write(txn, &thread, thread.last_at, err);
}

struct visit {
    mail_thread_fn each;
    void *ctx;
};

static bool visit_thread(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                         void *ctx, struct err *err)
{
    const struct visit *visit = ctx;
    struct mail_thread thread;
    return thread_decode(key, key_len, value, len, &thread, err) &&
           visit->each(&thread, visit->ctx, err);
}

bool mailbox_threads(struct mailbox *mailbox, mail_thread_fn each, void *ctx, struct err *err)
{
    struct visit visit = {each, ctx};
    struct store_txn *txn = NULL;
    (void)pthread_mutex_lock(&mailbox->whole);
    bool ok = store_begin(mailbox->store, false, &txn, err);
    if (ok) {
        ok = store_each(txn, MAILBOX_THREADS, NULL, 0, visit_thread, &visit, err);
        store_abort(txn);
    }
    (void)pthread_mutex_unlock(&mailbox->whole);
    return ok;
}

/* ---- what was forgotten ---- */

static const char FORGOTTEN[] = "forgotten";

bool forgotten_read(struct store_txn *txn, int64_t *sent_at, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    *sent_at = 0;
    if (!store_get(txn, MAILBOX_STATE, FORGOTTEN, sizeof FORGOTTEN - 1, &value, &len, &found,
                   err)) {
        return false;
    }
    if (!found) return true;
    uint64_t time = len == 8 ? store_key_read_u64(value) : UINT64_MAX;
    if (time > INT64_MAX) return record_corrupt(err, "the time of what was forgotten");
    *sent_at = (int64_t)time;
    return true;
}

static bool forgotten_raise(struct store_txn *txn, int64_t sent_at, struct err *err)
{
    int64_t present = 0;
    uint8_t value[8];
    if (!forgotten_read(txn, &present, err)) return false;
    if (sent_at <= present) return true;
    store_key_u64(value, (uint64_t)sent_at);
    return store_put(txn, MAILBOX_STATE, FORGOTTEN, sizeof FORGOTTEN - 1, value, sizeof value, err);
}

static bool forget_seen(struct store_txn *txn, const struct due_list *list, size_t i,
                        struct err *err)
{
    const uint8_t *key = list->keys[i], *value = NULL;
    size_t len = 0;
    bool found = false;
    struct seen_record seen;
    if (!store_get(txn, MAILBOX_SEEN, key, SEEN_KEY, &value, &len, &found, err)) return false;
    if (!found) return record_corrupt(err, "the order of what is to go");
    return seen_decode(value, len, &seen, err) && forgotten_raise(txn, seen.sent_at, err) &&
           store_delete(txn, MAILBOX_SEEN, key, SEEN_KEY, NULL, err);
}

static bool forget_listed(struct store_txn *txn, const struct due_list *list, struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        const uint8_t *key = list->keys[i];
        bool ok = list->due == DUE_SEEN
                      ? forget_seen(txn, list, i, err)
                      : store_delete(txn, MAILBOX_THREADS, key, MAIL_ID_BYTES, NULL, err);
        if (!ok || !due_remove(txn, list->due, list->at_ms[i], key, list->key_len, err)) {
            return false;
        }
    }
    return true;
}

/* An id is known for twice as long as a message may be late, so that a sender that asks again has
 * the same answer for a good while; after that `forgotten` keeps copies out, whatever `days` is. */
static void due_to_forget(const struct mailbox *mailbox, int64_t now_ms, struct due_list out[2])
{
    int64_t days = mailbox->limits.days;
    out[0] = (struct due_list){
        .due = DUE_SEEN, .before_ms = now_ms - 2 * days * MAILBOX_DAY_MS, .key_len = SEEN_KEY};
    out[1] = (struct due_list){.due = DUE_THREAD,
                               .before_ms = now_ms - (MAILBOX_COUNTED_DAYS + days) * MAILBOX_DAY_MS,
                               .key_len = MAIL_ID_BYTES};
}

static bool anything_due(struct mailbox *mailbox, struct due_list lists[2], int32_t first_day,
                         bool *due, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = due_read(txn, &lists[0], err) && due_read(txn, &lists[1], err);
    bool old_days = false;
    ok = ok && daily_any_before(txn, MAILBOX_DAYS, first_day, &old_days, err);
    store_abort(txn);
    *due = ok && (lists[0].count > 0 || lists[1].count > 0 || old_days);
    return ok;
}

bool mailbox_forget(struct mailbox *mailbox, int64_t now_ms, struct err *err)
{
    struct due_list lists[2];
    struct store_txn *txn = NULL;
    bool due = false;
    int32_t first_day = clock_london_day(now_ms) - DAILY_PAST_DAYS;
    due_to_forget(mailbox, now_ms, lists);
    if (!anything_due(mailbox, lists, first_day, &due, err)) return false;
    if (!due) return true;
    if (!store_begin(mailbox->store, true, &txn, err)) return false;
    bool ok = daily_forget(txn, MAILBOX_DAYS, first_day, err);
    for (size_t i = 0; ok && i < 2; i++) {
        ok = due_read(txn, &lists[i], err) && forget_listed(txn, &lists[i], err);
    }
    if (ok) return store_commit(txn, err);
    store_abort(txn);
    return false;
}
