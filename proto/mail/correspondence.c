/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/correspondence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/mail/correspondence_internal.h"

#define TAG_ENTRY "hearth correspondence entry"
#define TAG_CONTENT "hearth correspondence content"
#define TAG_OUTBOX "hearth correspondence outbox"
#define TAG_PARTY "hearth correspondence party"

enum { FORMAT = 1, MIB_MAX = 4096, CERTIFICATE_PAD = 512 };
static const char NEXT_KEY[] = "next";

bool correspondence_open(const char *home, const struct secret *key, struct correspondence **out,
                         struct err *err)
{
    static const char *const tables[TABLES] = {"entries", "contents", "outbox",
                                               "seen",    "parties",  "meta"};
    static const struct sealed_form form = {.directory = HOME_CORRESPONDENCE,
                                            .purpose = CORRESPONDENCE_PURPOSE,
                                            .tables = tables,
                                            .table_count = TABLES,
                                            .meta_table = TABLE_META,
                                            .format = FORMAT,
                                            .max_mib = MIB_MAX};
    struct correspondence *c = mem_new(struct correspondence);
    if (sealed_open(home, &form, key, &c->sealed, err)) {
        *out = c;
        return true;
    }
    free(c);
    return false;
}

void correspondence_close(struct correspondence *c)
{
    if (!c) return;
    sealed_close(&c->sealed);
    free(c);
}

uint64_t correspondence_version(struct correspondence *c)
{
    return store_version(c->sealed.store);
}

/* ---- single entries ---- */

static struct sealed_place place_of(size_t table, const char *tag, const uint8_t key[8])
{
    return (struct sealed_place){table, tag, key, 8};
}

bool correspondence_read_entry(const struct correspondence *c, const uint8_t *key, size_t key_len,
                               const uint8_t *value, size_t len, struct entry *out, struct err *err)
{
    const struct sealed_place place = {TABLE_ENTRIES, TAG_ENTRY, key, key_len};
    struct buf plain = {0};
    bool ok = sealed_read(&c->sealed, &place, value, len, &plain, err) &&
              entry_decode(plain.data, plain.len, out, err);
    buf_wipe(&plain);
    return ok;
}

bool correspondence_get_entry(const struct correspondence *c, struct store_txn *txn,
                              uint64_t number, struct entry *out, bool *found, struct err *err)
{
    uint8_t key[8];
    const uint8_t *value = NULL;
    size_t len = 0;
    store_key_u64(key, number);
    return store_get(txn, TABLE_ENTRIES, key, sizeof key, &value, &len, found, err) &&
           (!*found || correspondence_read_entry(c, key, sizeof key, value, len, out, err));
}

bool correspondence_put_entry(const struct correspondence *c, struct store_txn *txn,
                              const struct entry *entry, struct err *err)
{
    uint8_t key[8];
    struct buf plain = {0};
    store_key_u64(key, entry->number);
    const struct sealed_place place = place_of(TABLE_ENTRIES, TAG_ENTRY, key);
    entry_encode(entry, &plain);
    bool ok = sealed_put(&c->sealed, txn, &place, &plain, ENTRY_PAD, err);
    buf_wipe(&plain);
    return ok;
}

void correspondence_seen_id(const struct entry *entry, uint8_t out[MAIL_ID_BYTES])
{
    const struct mail *mail = &entry->mail;
    uint8_t hash[HASH_BYTES];
    struct buf name = {0};
    memcpy(out, mail->mail_id, MAIL_ID_BYTES);
    if (!entry->incoming) return;
    buf_u8(&name, (uint8_t)mail->from_role);
    buf_text(&name, mail->from);
    buf_append(&name, mail->mail_id, MAIL_ID_BYTES);
    hash_once(hash, "hearth correspondence seen", name.data, name.len);
    memcpy(out, hash, MAIL_ID_BYTES);
    buf_free(&name);
}

bool correspondence_seen(const struct correspondence *c, struct store_txn *txn,
                         const uint8_t seen_id[MAIL_ID_BYTES], bool *known, uint64_t *number,
                         struct err *err)
{
    uint8_t name[HASH_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    sealed_name(&c->sealed, seen_id, MAIL_ID_BYTES, name);
    if (!store_get(txn, TABLE_SEEN, name, sizeof name, &value, &len, known, err)) return false;
    if (!*known) return true;
    struct reader reader = reader_of(value, len);
    *number = reader_u64(&reader);
    (void)reader_u64(&reader);
    return reader_done(&reader) || err_set(err, ERR_CORRUPT, NULL, "a message's name is malformed");
}

bool correspondence_note_seen(const struct correspondence *c, struct store_txn *txn,
                              const uint8_t seen_id[MAIL_ID_BYTES], uint64_t number, int64_t at_ms,
                              struct err *err)
{
    uint8_t name[HASH_BYTES];
    struct buf value = {0};
    sealed_name(&c->sealed, seen_id, MAIL_ID_BYTES, name);
    buf_u64(&value, number);
    buf_u64(&value, (uint64_t)at_ms);
    bool ok = store_put(txn, TABLE_SEEN, name, sizeof name, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

/* Numbers are never used again: what is sealed under one opens for no other entry. */
static bool take_number(struct store_txn *txn, uint64_t *number, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t next[8];
    if (!store_get(txn, TABLE_META, NEXT_KEY, sizeof NEXT_KEY - 1, &value, &len, &found, err)) {
        return false;
    }
    if (found && len != sizeof next) {
        return err_set(err, ERR_CORRUPT, NULL, "the next number is malformed");
    }
    *number = found ? store_key_read_u64(value) : 1;
    store_key_u64(next, *number + 1);
    return store_put(txn, TABLE_META, NEXT_KEY, sizeof NEXT_KEY - 1, next, sizeof next, err);
}

static void describe(struct entry *entry, const struct content *content)
{
    entry->kind = content->kind;
    entry->answer = content->answer;
    entry->stage = content->referral ? content->referral->stage : 0;
    entry->attachments = content->attachment_count;
    memcpy(entry->reason, content->reason, sizeof entry->reason);
    memcpy(entry->query_hash, content->query_hash, HASH_BYTES);
}

/* Entry, content and name in one go. */
static bool add(const struct correspondence *c, struct store_txn *txn, struct entry *entry,
                const struct buf *content, struct err *err)
{
    uint8_t key[8], seen_id[MAIL_ID_BYTES];
    if (!take_number(txn, &entry->number, err)) return false;
    correspondence_seen_id(entry, seen_id);
    store_key_u64(key, entry->number);
    const struct sealed_place place = place_of(TABLE_CONTENTS, TAG_CONTENT, key);
    return correspondence_put_entry(c, txn, entry, err) &&
           sealed_put(&c->sealed, txn, &place, content, ENTRY_PAD, err) &&
           correspondence_note_seen(c, txn, seen_id, entry->number, entry->state_ms, err);
}

/* ---- outgoing ---- */

static bool put(const struct correspondence *c, struct store_txn *txn, struct entry *entry,
                const struct buf *content, const struct signed_bytes *signed_mail, struct err *err)
{
    uint8_t key[8];
    struct buf packed = {0};
    if (!add(c, txn, entry, content, err)) return false;
    store_key_u64(key, entry->number);
    const struct sealed_place place = place_of(TABLE_OUTBOX, TAG_OUTBOX, key);
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
    describe(entry, content);
    entry->incoming = false;
    entry->state = MAIL_QUEUED;
    entry->state_ms = clock_wall_ms();
    content_encode(content, &encoded);
    bool ok = sealed_finish(&c->sealed, txn, put(c, txn, entry, &encoded, signed_mail, err), err);
    buf_wipe(&encoded);
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
    const struct sealed_place place = place_of(TABLE_OUTBOX, TAG_OUTBOX, first.key);
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

/* ---- incoming ---- */

static void name_party(const struct correspondence *c, enum role role, const char *organisation,
                       uint8_t out[HASH_BYTES])
{
    struct buf name = {0};
    buf_u8(&name, (uint8_t)role);
    buf_text(&name, organisation);
    sealed_name(&c->sealed, name.data, name.len, out);
    buf_free(&name);
}

static bool keep_party(const struct correspondence *c, struct store_txn *txn,
                       const struct certificate *certificate, struct err *err)
{
    uint8_t name[HASH_BYTES];
    struct buf packed = {0};
    name_party(c, certificate->role, certificate->organisation, name);
    const struct sealed_place place = {TABLE_PARTIES, TAG_PARTY, name, sizeof name};
    signed_bytes_pack(&certificate->raw, &packed);
    bool ok = sealed_put(&c->sealed, txn, &place, &packed, CERTIFICATE_PAD, err);
    buf_free(&packed);
    return ok;
}

bool correspondence_party(struct correspondence *c, enum role role, const char *organisation,
                          struct certificate *out, bool *found, struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t name[HASH_BYTES];
    struct buf packed = {0};
    name_party(c, role, organisation, name);
    const struct sealed_place place = {TABLE_PARTIES, TAG_PARTY, name, sizeof name};
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = sealed_get(&c->sealed, txn, &place, &packed, found, err);
    store_abort(txn);
    ok = ok && (!*found || certificate_unpack(packed.data, packed.len, out, err));
    buf_free(&packed);
    return ok || err_in(err, HOME_CORRESPONDENCE);
}

bool correspondence_receive(struct correspondence *c, struct entry *entry,
                            const struct certificate *sender, const struct content *content,
                            const struct buf *raw, bool *fresh, struct err *err)
{
    struct store_txn *txn = NULL;
    uint64_t number = 0;
    int64_t forgotten = 0;
    uint8_t seen_id[MAIL_ID_BYTES];
    bool known = false;
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    if (content) describe(entry, content);
    entry->incoming = true;
    entry->read = false;
    entry->state = MAIL_RECEIVED;
    entry->state_ms = clock_wall_ms();
    (void)snprintf(entry->peer_name, sizeof entry->peer_name, "%s", sender->name);
    correspondence_seen_id(entry, seen_id);
    bool ok = correspondence_seen(c, txn, seen_id, &known, &number, err) &&
              correspondence_forgotten(txn, &forgotten, err);
    if (entry->mail.sent_at <= forgotten) known = true;
    ok = ok && (known || (keep_party(c, txn, sender, err) && add(c, txn, entry, raw, err)));
    *fresh = !known;
    return sealed_finish(&c->sealed, txn, ok, err);
}

static bool mark(const struct correspondence *c, struct store_txn *txn, uint64_t number,
                 struct err *err)
{
    struct entry entry;
    bool found = false;
    if (!correspondence_get_entry(c, txn, number, &entry, &found, err)) return false;
    if (!found)
        return err_set(err, ERR_NOT_FOUND, NULL, "there is no message %llu",
                       (unsigned long long)number);
    entry.read = entry.incoming;
    return correspondence_put_entry(c, txn, &entry, err);
}

bool correspondence_mark_read(struct correspondence *c, uint64_t number, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) &&
           sealed_finish(&c->sealed, txn, mark(c, txn, number, err), err);
}

/* ---- reading one ---- */

bool correspondence_content(struct correspondence *c, uint64_t number, struct buf *out,
                            struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t key[8];
    bool found = false;
    store_key_u64(key, number);
    const struct sealed_place place = place_of(TABLE_CONTENTS, TAG_CONTENT, key);
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = sealed_get(&c->sealed, txn, &place, out, &found, err);
    store_abort(txn);
    if (ok && !found) {
        ok = err_set(err, ERR_NOT_FOUND, NULL, "there is no message %llu",
                     (unsigned long long)number);
    }
    return ok || err_in(err, HOME_CORRESPONDENCE);
}
