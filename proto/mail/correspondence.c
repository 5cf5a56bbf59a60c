/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/correspondence.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/mail/correspondence_internal.h"

#define TAG_ENTRY "hearth correspondence entry"
#define TAG_CONTENT "hearth correspondence content"

enum { MIB_MAX = 4096 };
static const char NEXT_KEY[] = "next";

static const char *const table_names[TABLES] = {"entries", "contents", "outbox",
                                                "seen",    "parties",  "meta"};
const struct store_schema correspondence_schema = {.name = HOME_CORRESPONDENCE,
                                                   .tables = table_names,
                                                   .table_count = TABLES,
                                                   .format = 2,
                                                   .oldest = 1,
                                                   .readable = 1,
                                                   .upgrades = store_upgrade_stamp_only};

bool correspondence_open(const char *home, const struct secret *key, struct correspondence **out,
                         struct err *err)
{
    static const struct sealed_form form = {.schema = &correspondence_schema,
                                            .purpose = CORRESPONDENCE_PURPOSE,
                                            .meta_table = TABLE_META,
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

struct sealed_place correspondence_place(size_t table, const char *tag, const uint8_t key[8])
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
    const struct sealed_place place = correspondence_place(TABLE_ENTRIES, TAG_ENTRY, key);
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

void correspondence_describe(struct entry *entry, const struct content *content)
{
    entry->kind = content->kind;
    entry->answer = content->answer;
    entry->stage = content->referral ? content->referral->stage : 0;
    entry->attachments = content->attachment_count;
    memcpy(entry->reason, content->reason, sizeof entry->reason);
    memcpy(entry->query_hash, content->query_hash, HASH_BYTES);
}

bool correspondence_add(const struct correspondence *c, struct store_txn *txn, struct entry *entry,
                        const struct buf *content, struct err *err)
{
    uint8_t key[8], seen_id[MAIL_ID_BYTES];
    if (!take_number(txn, &entry->number, err)) return false;
    correspondence_seen_id(entry, seen_id);
    store_key_u64(key, entry->number);
    const struct sealed_place place = correspondence_place(TABLE_CONTENTS, TAG_CONTENT, key);
    return correspondence_put_entry(c, txn, entry, err) &&
           sealed_put(&c->sealed, txn, &place, content, ENTRY_PAD, err) &&
           correspondence_note_seen(c, txn, seen_id, entry->number, entry->state_ms, err);
}

/* ---- reading one ---- */

bool correspondence_content(struct correspondence *c, uint64_t number, struct buf *out,
                            struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t key[8];
    bool found = false;
    store_key_u64(key, number);
    const struct sealed_place place = correspondence_place(TABLE_CONTENTS, TAG_CONTENT, key);
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = sealed_get(&c->sealed, txn, &place, out, &found, err);
    store_abort(txn);
    if (ok && !found) {
        ok = err_set(err, ERR_NOT_FOUND, NULL, "there is no message %llu",
                     (unsigned long long)number);
    }
    return ok || err_in(err, HOME_CORRESPONDENCE);
}

bool correspondence_read_content(struct correspondence *c, uint64_t number, struct content *out,
                                 struct err *err)
{
    struct buf raw = {0};
    struct err why = {0};
    *out = (struct content){0};
    bool ok = correspondence_content(c, number, &raw, err);
    if (ok && !content_decode(raw.data, raw.len, out, &why)) *out = (struct content){0};
    buf_wipe(&raw);
    return ok;
}

bool correspondence_usage(struct correspondence *correspondence, struct store_usage *out,
                          struct err *err)
{
    return store_usage(correspondence->sealed.store, out, err);
}
