/* SPDX-License-Identifier: Apache-2.0
 * What a receiver does with its mailbox, and what becomes of that which nobody takes.
 */
#include <string.h>

#include "matcher/mailbox_internal.h"

/* ---- reading ---- */

void mailbox_item_free(struct mailbox_item *item)
{
    signed_bytes_free(&item->mail);
    signed_bytes_free(&item->sender);
}

struct search_next {
    uint8_t party[PARTY_KEY];
    size_t max_bytes;
    struct mailbox_item *out;
    bool found, withheld;
};

static bool take_next(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                      void *ctx, struct err *err)
{
    struct search_next *next = ctx;
    struct mailbox_item *out = next->out;
    struct item_record record;
    if (key_len != ITEM_KEY) return record_corrupt(err, "the name of an item");
    if (sodium_memcmp(key, next->party, PARTY_KEY) == 0) {
        if (!item_decode(value, len, &record, err)) return false;
        *out = (struct mailbox_item){.number = store_key_read_u64(key + PARTY_KEY),
                                     .bytes = item_room(&record),
                                     .kind = record.kind,
                                     .at_ms = record.at_ms,
                                     .state = record.state};
        memcpy(out->mail_id, record.mail_id, MAIL_ID_BYTES);
        next->found = true;
        next->withheld = out->bytes > next->max_bytes;
        if (record.kind == ITEM_MAIL && !next->withheld) {
            signed_bytes_set(record.body, record.body_len, record.signature, &out->mail);
            signed_bytes_set(record.certificate, record.certificate_len,
                             record.certificate_signature, &out->sender);
        }
    }
    err->code = ERR_NONE;
    return false; /* one is enough */
}

bool mailbox_next(struct mailbox *mailbox, const struct mail_party *party, uint64_t after,
                  size_t max_bytes, struct mailbox_item *out, bool *found, bool *withheld,
                  struct err *err)
{
    struct search_next next = {.max_bytes = max_bytes, .out = out};
    struct store_txn *txn = NULL;
    uint8_t from[ITEM_KEY];
    REQUIRE(after < UINT64_MAX);
    mail_party_key(party, next.party);
    item_key(party, after + 1, from);
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = store_each(txn, MAILBOX_ITEMS, from, sizeof from, take_next, &next, err);
    store_abort(txn);
    *found = next.found;
    *withheld = next.withheld;
    return ok;
}

/* ---- taken ---- */

static struct mailbox_gone gone_of(const struct item_record *item, const struct mail_party *to)
{
    struct mailbox_gone gone = {.from = item->from, .to = *to};
    memcpy(gone.mail_id, item->mail_id, MAIL_ID_BYTES);
    memcpy(gone.thread_id, item->thread_id, MAIL_ID_BYTES);
    return gone;
}

bool mailbox_ack(struct mailbox *mailbox, const struct mailbox_ack *ack, bool *existed,
                 bool *was_mail, struct mailbox_gone *gone, struct err *err)
{
    struct store_txn *txn = NULL;
    struct item_record item;
    *existed = *was_mail = false;
    if (!store_begin(mailbox->store, true, &txn, err)) return false;
    if (!item_take_out(txn, ack, existed, &item, err)) {
        store_abort(txn);
        return false;
    }
    if (!*existed) {
        store_abort(txn);
        return true;
    }
    *was_mail = item.kind == ITEM_MAIL;
    if (*was_mail) *gone = gone_of(&item, &ack->party);
    return store_commit(txn, err);
}

/* ---- expired ---- */

static bool expire_listed(struct store_txn *txn, const struct due_list *list, int64_t now_ms,
                          struct mailbox_gone gone[MAILBOX_BATCH], struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct mailbox_ack ack = {.state = NOTICE_EXPIRED, .now_ms = now_ms};
        struct item_record item;
        bool existed = false;
        const uint8_t *key = list->keys[i];
        if (!mail_party_key_decode(key, PARTY_KEY, &ack.party, err)) return false;
        ack.number = store_key_read_u64(key + PARTY_KEY);
        if (!item_take_out(txn, &ack, &existed, &item, err)) return false;
        if (!existed || item.kind != ITEM_MAIL || item.at_ms != list->at_ms[i]) {
            return record_corrupt(err, "the order of what is to go");
        }
        gone[i] = gone_of(&item, &ack.party);
    }
    return true;
}

bool mailbox_expire(struct mailbox *mailbox, int64_t now_ms,
                    struct mailbox_gone gone[MAILBOX_BATCH], size_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct due_list list = {.due = DUE_ITEM,
                            .before_ms = now_ms - mailbox->limits.days * MAILBOX_DAY_MS,
                            .key_len = ITEM_KEY};
    *count = 0;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = due_read(txn, &list, err);
    store_abort(txn);
    if (!ok || list.count == 0) return ok;
    if (!store_begin(mailbox->store, true, &txn, err)) return false;
    /* Read again: some of it may have been taken meanwhile. */
    if (!due_read(txn, &list, err) || !expire_listed(txn, &list, now_ms, gone, err)) {
        store_abort(txn);
        return false;
    }
    if (!store_commit(txn, err)) return false;
    *count = list.count;
    return true;
}
