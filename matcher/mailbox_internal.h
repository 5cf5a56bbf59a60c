/* SPDX-License-Identifier: Apache-2.0
 * Inside of the mailboxes, for the files mailbox*.c and their tests:
 *   mailbox.c          opening, parties, counts
 *   mailbox_records.c  what stands in the tables: keys, encoders, bounded decoders
 *   mailbox_items.c    items going in and out
 *   mailbox_put.c      accepting a message
 *   mailbox_take.c     reading, acknowledging, expiring
 *   mailbox_threads.c  threads, and forgetting
 */
#ifndef HEARTH_MATCHER_MAILBOX_INTERNAL_H
#define HEARTH_MATCHER_MAILBOX_INTERNAL_H

#include <pthread.h>

#include "matcher/mailbox.h"

enum mailbox_table {
    MAILBOX_ITEMS,   /* party, u64 number -> item */
    MAILBOX_SEEN,    /* sender, mail id -> seen */
    MAILBOX_THREADS, /* thread id -> thread */
    MAILBOX_PARTIES, /* party -> its certificate */
    MAILBOX_COUNTS,  /* u8 what, party -> counts */
    MAILBOX_DAYS,    /* daily.h: messages of a sender */
    MAILBOX_DUE,     /* u8 kind, u64 time, key in its table -> nothing: what is to go, in order */
    MAILBOX_STATE,   /* "forgotten" -> u64 sent_at */
    MAILBOX_TABLES
};

enum {
    PARTY_KEY = 1 + ID_MAX, /* u8 role, id, zeros */
    ITEM_KEY = PARTY_KEY + 8,
    SEEN_KEY = PARTY_KEY + MAIL_ID_BYTES,
    DUE_KEY = 1 + 8 + SEEN_KEY, /* the longest of them */
    CERTIFICATE_MAX = 4096,     /* bytes of a certificate's body */
    RECORD_ROOM = 1024 /* counted for each id and thread that is remembered: what its entries take
                          in the file at most */
};

struct mailbox {
    struct store *store;
    struct mailbox_limits limits;
    pthread_mutex_t whole; /* held while threads are read, and while the file is replaced */
};

static const int64_t MAILBOX_DAY_MS = 86400000;

/* ---- records: decoders say ERR_CORRUPT, field "mail" ---- */
void mail_party_key(const struct mail_party *party, uint8_t out[PARTY_KEY]);
void item_key(const struct mail_party *party, uint64_t number, uint8_t out[ITEM_KEY]);
void seen_key(const struct mail_party *sender, const uint8_t mail_id[MAIL_ID_BYTES],
              uint8_t out[SEEN_KEY]);
MUST_CHECK bool mail_party_key_decode(const uint8_t *key, size_t len, struct mail_party *out,
                                      struct err *err);
bool record_corrupt(struct err *err, const char *what); /* returns false */

/* An item as it is stored; pointers into the record. */
struct item_record {
    enum item_kind kind;
    uint8_t mail_id[MAIL_ID_BYTES];
    int64_t at_ms;
    enum notice_state state; /* of a notice; of a message all below */
    uint8_t thread_id[MAIL_ID_BYTES];
    struct mail_party from;
    const uint8_t *body, *signature, *certificate, *certificate_signature;
    size_t body_len, certificate_len;
};
void item_encode(const struct item_record *item, struct buf *out);
MUST_CHECK bool item_decode(const uint8_t *data, size_t len, struct item_record *out,
                            struct err *err);

struct seen_record {
    int64_t accepted_at, sent_at;
    uint8_t hash[HASH_BYTES]; /* of the body */
};
void seen_encode(const struct seen_record *seen, struct buf *out);
MUST_CHECK bool seen_decode(const uint8_t *data, size_t len, struct seen_record *out,
                            struct err *err);

/* thread_id is the key. */
void thread_encode(const struct mail_thread *thread, struct buf *out);
MUST_CHECK bool thread_decode(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
                              struct mail_thread *out, struct err *err);

void certificate_record_encode(const struct certificate *certificate, struct buf *out);
/* certificate_free frees. */
MUST_CHECK bool certificate_record_decode(const uint8_t *data, size_t len, struct certificate *out,
                                          struct err *err);

/* What waits in one mailbox, from one sender, or in all. */
struct counts {
    uint64_t newest; /* of a mailbox: number of the last item */
    uint64_t mails, notices, bytes;
};
void counts_encode(const struct counts *counts, struct buf *out);
MUST_CHECK bool counts_decode(const uint8_t *data, size_t len, struct counts *out, struct err *err);

/* ---- tables ---- */
enum counted { COUNTED_BOX = 1, COUNTED_SENDER, COUNTED_ALL };
/* party NULL for COUNTED_ALL. Zeros where nothing was counted. */
MUST_CHECK bool counts_read(struct store_txn *txn, enum counted what,
                            const struct mail_party *party, struct counts *out, struct err *err);
MUST_CHECK bool counts_write(struct store_txn *txn, enum counted what,
                             const struct mail_party *party, const struct counts *counts,
                             struct err *err);
/* *count becomes *count + change; ERR_CORRUPT where it would fall below zero. */
MUST_CHECK bool counts_change(uint64_t *count, int64_t change, struct err *err);

enum due { DUE_ITEM = 1, DUE_SEEN, DUE_THREAD };
MUST_CHECK bool due_add(struct store_txn *txn, enum due due, int64_t at_ms, const void *key,
                        size_t len, struct err *err);
MUST_CHECK bool due_remove(struct store_txn *txn, enum due due, int64_t at_ms, const void *key,
                           size_t len, struct err *err);
/* The first keys of a kind whose time is before `before_ms`. */
struct due_list {
    enum due due;
    int64_t before_ms;
    size_t key_len; /* wanted */
    size_t count;
    int64_t at_ms[MAILBOX_BATCH];
    uint8_t keys[MAILBOX_BATCH][SEEN_KEY];
};
MUST_CHECK bool due_read(struct store_txn *txn, struct due_list *list, struct err *err);

/* ---- steps inside of a transaction ---- */
/* What an item takes in the file. */
uint64_t item_room(const struct item_record *item);
/* Appends an item to a mailbox and counts it; *number gets its number. */
MUST_CHECK bool item_append(struct store_txn *txn, const struct mail_party *to,
                            const struct item_record *item, uint64_t *number, struct err *err);
MUST_CHECK bool item_read(struct store_txn *txn, const struct mail_party *party, uint64_t number,
                          struct item_record *out, bool *found, struct err *err);
/* Removes an item where it *existed, and of a message tells its sender and the thread. *item gets
 * what it was, without the pointers. */
MUST_CHECK bool item_take_out(struct store_txn *txn, const struct mailbox_ack *ack, bool *existed,
                              struct item_record *item, struct err *err);
MUST_CHECK bool thread_read(struct store_txn *txn, const uint8_t thread_id[MAIL_ID_BYTES],
                            struct mail_thread *out, bool *found, struct err *err);
/* Writes what has changed; `old_last_at` is the last_at that was read (0: it is new). */
MUST_CHECK bool thread_write(struct store_txn *txn, const struct mail_thread *thread,
                             int64_t old_last_at, struct err *err);
/* The agency has taken the message that began the thread; a thread that is forgotten stays so. */
MUST_CHECK bool thread_taken(struct store_txn *txn, const uint8_t thread_id[MAIL_ID_BYTES],
                             int64_t now_ms, struct err *err);
/* The greatest sent_at of a message whose id was forgotten. */
MUST_CHECK bool forgotten_read(struct store_txn *txn, int64_t *sent_at, struct err *err);

#endif
