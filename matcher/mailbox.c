/* SPDX-License-Identifier: Apache-2.0
 * Opening the mailboxes; parties, counts, and what is to go when.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/mailbox_internal.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* The store may take an eighth more than what is counted, and a little: a message that goes has to
 * find room to be taken out, however full it is. */
static const size_t SPARE_MIB = 64;

bool mail_party_is(const struct mail_party *a, const struct mail_party *b)
{
    return a->role == b->role && strcmp(a->id, b->id) == 0;
}

static struct mail_party party_of(enum role role, const char id[ID_MAX + 1])
{
    struct mail_party party = {.role = role};
    memcpy(party.id, id, sizeof party.id);
    return party;
}

struct mail_party mail_sender(const struct mail *mail)
{
    return party_of(mail->from_role, mail->from);
}

struct mail_party mail_receiver(const struct mail *mail)
{
    return party_of(mail->to_role, mail->to);
}

static const char *const table_names[MAILBOX_TABLES] = {"items",  "seen", "threads", "parties",
                                                        "counts", "days", "due",     "state"};
const struct store_schema mailbox_schema = {.name = HOME_MAIL,
                                            .tables = table_names,
                                            .table_count = MAILBOX_TABLES,
                                            .format = 2,
                                            .oldest = 1,
                                            .readable = 1,
                                            .upgrades = store_upgrade_stamp_only};

bool mailbox_open(const char *home, const struct mailbox_limits *limits, struct mailbox **out,
                  struct err *err)
{
    struct store *store = NULL;
    char *path = file_join(home, HOME_MAIL);
    size_t max_mib = (size_t)limits->max_mib + limits->max_mib / 8 + SPARE_MIB;
    bool ok = store_open(path, true, &mailbox_schema, max_mib, &store, err);
    if (ok) store_name_limit(store, "mail_max_mib");
    free(path);
    if (!ok) return err_in(err, HOME_MAIL);
    struct mailbox *mailbox = mem_new(struct mailbox);
    mailbox->store = store;
    mailbox->limits = *limits;
    REQUIRE(pthread_mutex_init(&mailbox->whole, NULL) == 0);
    *out = mailbox;
    return true;
}

void mailbox_close(struct mailbox *mailbox)
{
    if (!mailbox) return;
    store_close(mailbox->store);
    (void)pthread_mutex_destroy(&mailbox->whole);
    free(mailbox);
}

bool mailbox_rewrite(struct mailbox *mailbox, bool *done, struct err *err)
{
    (void)pthread_mutex_lock(&mailbox->whole);
    bool ok = store_rewrite_where_wanted(mailbox->store, done, err);
    (void)pthread_mutex_unlock(&mailbox->whole);
    return ok || err_in(err, HOME_MAIL);
}

/* ---- parties ---- */

static bool party_read(struct store_txn *txn, const struct mail_party *party, const uint8_t **value,
                       size_t *len, bool *found, struct err *err)
{
    uint8_t key[PARTY_KEY];
    mail_party_key(party, key);
    return store_get(txn, MAILBOX_PARTIES, key, sizeof key, value, len, found, err);
}

static bool is_noted(struct mailbox *mailbox, const struct mail_party *party,
                     const struct buf *record, bool *noted, struct err *err)
{
    struct store_txn *txn = NULL;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = party_read(txn, party, &value, &len, &found, err);
    *noted = ok && found && len == record->len && sodium_memcmp(value, record->data, len) == 0;
    store_abort(txn);
    return ok;
}

static bool write_party(struct mailbox *mailbox, const struct mail_party *party,
                        const struct buf *record, struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t key[PARTY_KEY];
    mail_party_key(party, key);
    if (!store_begin(mailbox->store, true, &txn, err)) return false;
    if (!store_put(txn, MAILBOX_PARTIES, key, sizeof key, record->data, record->len, err)) {
        store_abort(txn);
        return false;
    }
    return store_commit(txn, err);
}

bool mailbox_note_party(struct mailbox *mailbox, const struct certificate *certificate,
                        struct err *err)
{
    const struct mail_party party = party_of(certificate->role, certificate->organisation);
    struct buf record = {0};
    bool noted = false;
    certificate_record_encode(certificate, &record);
    bool ok = is_noted(mailbox, &party, &record, &noted, err) &&
              (noted || write_party(mailbox, &party, &record, err));
    buf_free(&record);
    return ok;
}

bool mailbox_party(struct mailbox *mailbox, const struct mail_party *party, struct certificate *out,
                   bool *found, struct err *err)
{
    struct store_txn *txn = NULL;
    const uint8_t *value = NULL;
    size_t len = 0;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = party_read(txn, party, &value, &len, found, err) &&
              (!*found || certificate_record_decode(value, len, out, err));
    store_abort(txn);
    return ok;
}

/* ---- counts ---- */

static size_t counts_key(enum counted what, const struct mail_party *party,
                         uint8_t out[1 + PARTY_KEY])
{
    out[0] = (uint8_t)what;
    if (what == COUNTED_ALL) return 1;
    mail_party_key(party, out + 1);
    return 1 + PARTY_KEY;
}

bool counts_read(struct store_txn *txn, enum counted what, const struct mail_party *party,
                 struct counts *out, struct err *err)
{
    uint8_t key[1 + PARTY_KEY];
    const uint8_t *value = NULL;
    size_t len = 0, key_len = counts_key(what, party, key);
    bool found = false;
    *out = (struct counts){0};
    return store_get(txn, MAILBOX_COUNTS, key, key_len, &value, &len, &found, err) &&
           (!found || counts_decode(value, len, out, err));
}

bool counts_write(struct store_txn *txn, enum counted what, const struct mail_party *party,
                  const struct counts *counts, struct err *err)
{
    uint8_t key[1 + PARTY_KEY];
    size_t key_len = counts_key(what, party, key);
    struct buf value = {0};
    counts_encode(counts, &value);
    bool ok = store_put(txn, MAILBOX_COUNTS, key, key_len, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

bool counts_change(uint64_t *count, int64_t change, struct err *err)
{
    if (change < 0 && *count < (uint64_t)-change) return record_corrupt(err, "a count");
    *count += (uint64_t)change;
    return true;
}

bool mailbox_newest(struct mailbox *mailbox, const struct mail_party *party, uint64_t *number,
                    struct err *err)
{
    struct store_txn *txn = NULL;
    struct counts counts;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = counts_read(txn, COUNTED_BOX, party, &counts, err);
    store_abort(txn);
    if (ok) *number = counts.newest;
    return ok;
}

bool mailbox_waiting(struct mailbox *mailbox, uint64_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct counts counts;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = counts_read(txn, COUNTED_ALL, NULL, &counts, err);
    store_abort(txn);
    if (ok) *count = counts.mails;
    return ok;
}

/* ---- what is to go, in order ---- */

static size_t due_key(enum due due, int64_t at_ms, const void *key, size_t len,
                      uint8_t out[DUE_KEY])
{
    REQUIRE(len <= SEEN_KEY && at_ms >= 0);
    out[0] = (uint8_t)due;
    store_key_u64(out + 1, (uint64_t)at_ms);
    memcpy(out + 9, key, len);
    return 9 + len;
}

bool due_add(struct store_txn *txn, enum due due, int64_t at_ms, const void *key, size_t len,
             struct err *err)
{
    uint8_t full[DUE_KEY];
    size_t full_len = due_key(due, at_ms, key, len, full);
    return store_put(txn, MAILBOX_DUE, full, full_len, "", 0, err);
}

bool due_remove(struct store_txn *txn, enum due due, int64_t at_ms, const void *key, size_t len,
                struct err *err)
{
    uint8_t full[DUE_KEY];
    size_t full_len = due_key(due, at_ms, key, len, full);
    return store_delete(txn, MAILBOX_DUE, full, full_len, NULL, err);
}

static bool collect_due(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                        void *ctx, struct err *err)
{
    (void)value;
    struct due_list *list = ctx;
    if (key_len < 9 || len != 0) return record_corrupt(err, "the order of what is to go");
    uint64_t at_ms = store_key_read_u64(key + 1);
    err->code = ERR_NONE;
    if (key[0] != list->due || list->count == MAILBOX_BATCH) return false;
    if (at_ms >= (uint64_t)list->before_ms) return false;
    if (key_len != 9 + list->key_len) return record_corrupt(err, "the order of what is to go");
    list->at_ms[list->count] = (int64_t)at_ms;
    memcpy(list->keys[list->count++], key + 9, list->key_len);
    return true;
}

bool due_read(struct store_txn *txn, struct due_list *list, struct err *err)
{
    const uint8_t from[1] = {(uint8_t)list->due};
    list->count = 0;
    if (list->before_ms <= 0) return true;
    return store_each(txn, MAILBOX_DUE, from, sizeof from, collect_due, list, err);
}

/* ---- how much waits ---- */

static bool read_load(struct store_txn *txn, struct mailbox_load *out, struct err *err)
{
    struct counts counts;
    struct due_list due = {.due = DUE_ITEM, .before_ms = INT64_MAX, .key_len = ITEM_KEY};
    if (!counts_read(txn, COUNTED_ALL, NULL, &counts, err) || !due_read(txn, &due, err)) {
        return false;
    }
    out->mails = counts.mails;
    out->bytes = counts.bytes;
    out->oldest_at = due.count > 0 ? due.at_ms[0] : 0;
    return true;
}

bool mailbox_load(struct mailbox *mailbox, struct mailbox_load *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(mailbox->store, false, &txn, err)) return false;
    bool ok = read_load(txn, out, err);
    store_abort(txn);
    return ok && store_usage(mailbox->store, &out->store, err);
}
