/* SPDX-License-Identifier: Apache-2.0
 * What the files of the correspondence share: its tables and single entries.
 */
#ifndef HEARTH_MAIL_CORRESPONDENCE_INTERNAL_H
#define HEARTH_MAIL_CORRESPONDENCE_INTERNAL_H

#include "proto/mail/entry.h"
#include "proto/mail/sealed_store.h"

/* entries, contents and outbox (the signed bytes of what is queued): by number, 8 bytes big-endian.
 * seen: keyed hash of correspondence_seen_id -> u64 number (0: removed since), u64 time. parties:
 * keyed hash of role and id -> certificate. meta: the next number; the time before which ids were
 * forgotten. */
enum { TABLE_ENTRIES, TABLE_CONTENTS, TABLE_OUTBOX, TABLE_SEEN, TABLE_PARTIES, TABLE_META, TABLES };

struct correspondence {
    struct sealed_store sealed;
};

/* Where what has that number (8 bytes big-endian) lies. */
struct sealed_place correspondence_place(size_t table, const char *tag, const uint8_t key[8]);
/* Fills in what an entry tells of its content. */
void correspondence_describe(struct entry *entry, const struct content *content);

/* ---- inside a transaction ---- */
/* Entry, content and name in one go, under the next number, which is set. */
MUST_CHECK bool correspondence_add(const struct correspondence *c, struct store_txn *txn,
                                   struct entry *entry, const struct buf *content, struct err *err);
/* ERR_CORRUPT. The caller wipes `out`. */
MUST_CHECK bool correspondence_read_entry(const struct correspondence *c, const uint8_t *key,
                                          size_t key_len, const uint8_t *value, size_t len,
                                          struct entry *out, struct err *err);
MUST_CHECK bool correspondence_get_entry(const struct correspondence *c, struct store_txn *txn,
                                         uint64_t number, struct entry *out, bool *found,
                                         struct err *err);
MUST_CHECK bool correspondence_put_entry(const struct correspondence *c, struct store_txn *txn,
                                         const struct entry *entry, struct err *err);
/* Under what a message is known: an own one by its mail id, one that came by its sender and mail
 * id. So nobody can choose an id that makes this home take another's message, or one to come, for
 * seen.
 */
void correspondence_seen_id(const struct entry *entry, uint8_t out[MAIL_ID_BYTES]);
/* Sets number to that of the entry with this id, 0 where it was removed; *known false: never
 * seen. */
MUST_CHECK bool correspondence_seen(const struct correspondence *c, struct store_txn *txn,
                                    const uint8_t seen_id[MAIL_ID_BYTES], bool *known,
                                    uint64_t *number, struct err *err);
MUST_CHECK bool correspondence_note_seen(const struct correspondence *c, struct store_txn *txn,
                                         const uint8_t seen_id[MAIL_ID_BYTES], uint64_t number,
                                         int64_t at_ms, struct err *err);
/* What was written up to then may have been here: such ids are known no longer. 0: none. */
MUST_CHECK bool correspondence_forgotten(struct store_txn *txn, int64_t *sent_at, struct err *err);

#endif
