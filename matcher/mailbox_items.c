/* SPDX-License-Identifier: Apache-2.0
 * Items going into a mailbox and out of it, and what is counted of them.
 */
#include <string.h>

#include "matcher/mailbox_internal.h"

enum {
    PAGE = 4096,
    NOTICE_BYTES = 128,
    /* kind, ids, time, party, lengths, signatures */
    MAIL_FIXED = 1 + 2 * MAIL_ID_BYTES + 8 + PARTY_KEY + 2 * 4 + 2 * SIGNATURE_BYTES,
    PAGE_HEADER = 16
};

/* A message stands on pages of its own. */
uint64_t item_room(const struct item_record *item)
{
    if (item->kind == ITEM_NOTICE) return NOTICE_BYTES;
    size_t len = MAIL_FIXED + item->body_len + item->certificate_len + PAGE_HEADER;
    return (len + PAGE - 1) / PAGE * PAGE;
}

/* One item more (1) or less (-1): in its mailbox, of all, and of a message's sender. newest: NULL,
 * or gets the number of the next item of the mailbox. */
static bool count_item(struct store_txn *txn, const struct mail_party *box,
                       const struct item_record *item, int64_t change, uint64_t *newest,
                       struct err *err)
{
    const struct mail_party *parties[] = {box, NULL, &item->from};
    static const enum counted whats[] = {COUNTED_BOX, COUNTED_ALL, COUNTED_SENDER};
    size_t kinds = item->kind == ITEM_MAIL ? 3 : 2;
    int64_t bytes = change * (int64_t)item_room(item);
    for (size_t i = 0; i < kinds; i++) {
        struct counts counts;
        if (!counts_read(txn, whats[i], parties[i], &counts, err)) return false;
        uint64_t *items = item->kind == ITEM_MAIL ? &counts.mails : &counts.notices;
        if (!counts_change(items, change, err) || !counts_change(&counts.bytes, bytes, err)) {
            return false;
        }
        if (newest && whats[i] == COUNTED_BOX) *newest = ++counts.newest;
        if (!counts_write(txn, whats[i], parties[i], &counts, err)) return false;
    }
    return true;
}

bool item_append(struct store_txn *txn, const struct mail_party *to, const struct item_record *item,
                 uint64_t *number, struct err *err)
{
    uint8_t key[ITEM_KEY];
    struct buf value = {0};
    if (!count_item(txn, to, item, 1, number, err)) return false;
    item_key(to, *number, key);
    item_encode(item, &value);
    bool ok =
        store_put(txn, MAILBOX_ITEMS, key, sizeof key, value.data, value.len, err) &&
        (item->kind == ITEM_NOTICE || due_add(txn, DUE_ITEM, item->at_ms, key, sizeof key, err));
    buf_free(&value);
    return ok;
}

bool item_read(struct store_txn *txn, const struct mail_party *party, uint64_t number,
               struct item_record *out, bool *found, struct err *err)
{
    uint8_t key[ITEM_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    item_key(party, number, key);
    return store_get(txn, MAILBOX_ITEMS, key, sizeof key, &value, &len, found, err) &&
           (!*found || item_decode(value, len, out, err));
}

/* The record's pointers are dead once the item is deleted. */
static bool remove_item(struct store_txn *txn, const struct mail_party *party, uint64_t number,
                        struct item_record *item, struct err *err)
{
    uint8_t key[ITEM_KEY];
    item_key(party, number, key);
    if (!count_item(txn, party, item, -1, NULL, err)) return false;
    bool is_mail = item->kind == ITEM_MAIL;
    item->body = item->signature = item->certificate = item->certificate_signature = NULL;
    return store_delete(txn, MAILBOX_ITEMS, key, sizeof key, NULL, err) &&
           (!is_mail || (due_remove(txn, DUE_ITEM, item->at_ms, key, sizeof key, err) &&
                         store_ask_rewrite(txn, err)));
}

static bool append_notice(struct store_txn *txn, const struct item_record *item,
                          enum notice_state state, int64_t now_ms, struct err *err)
{
    struct item_record notice = {.kind = ITEM_NOTICE, .at_ms = now_ms, .state = state};
    uint64_t number = 0;
    memcpy(notice.mail_id, item->mail_id, MAIL_ID_BYTES);
    return item_append(txn, &item->from, &notice, &number, err);
}

bool item_take_out(struct store_txn *txn, const struct mailbox_ack *ack, bool *existed,
                   struct item_record *item, struct err *err)
{
    if (!item_read(txn, &ack->party, ack->number, item, existed, err)) return false;
    if (!*existed) return true;
    if (!remove_item(txn, &ack->party, ack->number, item, err)) return false;
    if (item->kind == ITEM_NOTICE) return true;
    bool is_first = sodium_memcmp(item->mail_id, item->thread_id, MAIL_ID_BYTES) == 0;
    if (is_first && ack->state == NOTICE_TAKEN &&
        !thread_taken(txn, item->thread_id, ack->now_ms, err)) {
        return false;
    }
    return append_notice(txn, item, ack->state, ack->now_ms, err);
}
