/* SPDX-License-Identifier: Apache-2.0
 * What is to be sent: written down, sealed and signed, found again, and what became of it.
 */
#include <stdio.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/clock.h"
#include "proto/mail/correspondence_internal.h"

#define TAG_OUTBOX "hearth correspondence outbox"

static bool put(const struct correspondence *c, struct store_txn *txn, struct entry *entry,
                const struct buf *content, const struct signed_bytes *signed_mail, struct err *err)
{
    uint8_t key[8];
    struct buf packed = {0};
    if (!correspondence_add(c, txn, entry, content, err)) return false;
    store_key_u64(key, entry->number);
    const struct sealed_place place = correspondence_place(TABLE_OUTBOX, TAG_OUTBOX, key);
    signed_bytes_pack(signed_mail, &packed);
    bool ok = sealed_put(&c->sealed, txn, &place, &packed, 1, err);
    buf_free(&packed);
    return ok;
}

bool correspondence_put(struct correspondence *c, struct entry *entry,
                        const struct content *content, const struct signed_bytes *signed_mail,
                        struct err *err)
{
    struct store_txn *txn = NULL;
    struct buf encoded = {0};
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    correspondence_describe(entry, content);
    entry->incoming = false;
    entry->state = MAIL_QUEUED;
    entry->state_ms = clock_wall_ms();
    content_encode(content, &encoded);
    bool ok = sealed_finish(&c->sealed, txn, put(c, txn, entry, &encoded, signed_mail, err), err);
    buf_wipe(&encoded);
    return ok;
}

bool correspondence_write(struct correspondence *correspondence, const struct identity *sender,
                          const struct certificate *receiver, const struct content *content,
                          struct entry *entry, struct err *err)
{
    struct buf encoded = {0};
    struct signed_bytes mail = {0};
    entry->mail.sent_at = clock_wall_ms();
    memcpy(entry->peer_name, receiver->name, sizeof entry->peer_name);
    content_encode(content, &encoded);
    bool ok = mail_write(&entry->mail, sender, receiver, &encoded, &mail, err) &&
              correspondence_put(correspondence, entry, content, &mail, err);
    buf_wipe(&encoded);
    signed_bytes_free(&mail);
    return ok;
}

struct first_key {
    uint8_t key[8];
    bool found;
};

static bool take_first(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    struct first_key *first = ctx;
    (void)value;
    (void)len;
    if (key_len != sizeof first->key) return err_set(err, ERR_CORRUPT, NULL, "a malformed number");
    memcpy(first->key, key, key_len);
    first->found = true;
    return false; /* err->code is ERR_NONE: enough */
}

static bool read_next(const struct correspondence *c, struct store_txn *txn, uint64_t after,
                      struct entry *entry, struct signed_bytes *signed_mail, bool *found,
                      struct err *err)
{
    struct first_key first = {.found = false};
    struct buf packed = {0};
    uint8_t from[8];
    store_key_u64(from, after + 1);
    if (!store_each(txn, TABLE_OUTBOX, from, sizeof from, take_first, &first, err)) return false;
    *found = first.found;
    if (!first.found) return true;
    const struct sealed_place place = correspondence_place(TABLE_OUTBOX, TAG_OUTBOX, first.key);
    bool there = false, opened = false;
    bool ok = correspondence_get_entry(c, txn, store_key_read_u64(first.key), entry, &there, err) &&
              sealed_get(&c->sealed, txn, &place, &packed, &opened, err);
    if (ok && !there) ok = err_set(err, ERR_CORRUPT, NULL, "a message to send has no entry");
    ok = ok && signed_bytes_unpack(packed.data, packed.len, MAIL_BODY_MAX, signed_mail, err);
    buf_free(&packed);
    return ok;
}

bool correspondence_next(struct correspondence *c, uint64_t after, struct entry *entry,
                         struct signed_bytes *signed_mail, bool *found, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = read_next(c, txn, after, entry, signed_mail, found, err);
    store_abort(txn);
    return ok || err_in(err, HOME_CORRESPONDENCE);
}

/* A state never goes back, and what has ended stays as it is. */
static int rank_of(enum mail_state state)
{
    return state == MAIL_QUEUED ? 0 : state == MAIL_ACCEPTED ? 1 : 2;
}

static bool progress(const struct correspondence *c, struct store_txn *txn, uint64_t number,
                     enum mail_state state, int64_t at_ms, const char *why, struct err *err)
{
    struct entry entry;
    uint8_t key[8];
    bool found = false;
    if (!correspondence_get_entry(c, txn, number, &entry, &found, err)) return false;
    if (!found || entry.incoming || rank_of(state) <= rank_of(entry.state)) return true;
    entry.state = state;
    entry.state_ms = at_ms;
    (void)snprintf(entry.why, sizeof entry.why, "%s", why ? why : "");
    store_key_u64(key, number);
    return correspondence_put_entry(c, txn, &entry, err) &&
           store_delete(txn, TABLE_OUTBOX, key, sizeof key, NULL, err);
}

bool correspondence_progress(struct correspondence *c, const uint8_t mail_id[MAIL_ID_BYTES],
                             enum mail_state state, int64_t at_ms, const char *why, bool *known,
                             struct err *err)
{
    struct store_txn *txn = NULL;
    uint64_t number = 0;
    bool seen = false;
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    bool ok = correspondence_seen(c, txn, mail_id, &seen, &number, err) &&
              (!seen || progress(c, txn, number, state, at_ms, why, err));
    ok = sealed_finish(&c->sealed, txn, ok, err);
    if (ok && known) *known = seen && number > 0;
    return ok;
}
