/* SPDX-License-Identifier: Apache-2.0
 * What the files of the kept replies share: tables, keys, the record. Tests and fuzzers use it too.
 *
 * replies:   keyed hash of the query hash -> sealed record
 * slot_sets: keyed hash of the frames     -> sealed frames, once for all replies that had the same
 * links:     key of the frames, key of the reply -> nothing: tells when frames are not needed any
 *            more
 * receipts:  u64 number                   -> sealed time and receipt
 * received:  keyed hash of the query hash -> number of the receipt
 * meta:      a word                       -> sealed time
 */
#ifndef HEARTH_AGENT_REPLIES_INTERNAL_H
#define HEARTH_AGENT_REPLIES_INTERNAL_H

#include <pthread.h>

#include "agent/replies.h"
#include "proto/mail/sealed_store.h"

enum replies_table {
    TABLE_REPLIES,
    TABLE_SLOT_SETS,
    TABLE_LINKS,
    TABLE_RECEIPTS,
    TABLE_RECEIVED,
    TABLE_REPLIES_META,
    REPLIES_TABLES
};
enum {
    REPLIES_MIB_MAX = 8192, /* address space; the file is as large as what it holds */
    NAME_BYTES = HASH_BYTES,
    LINK_BYTES = 2 * NAME_BYTES,
    REPLY_BODY_MAX = 1024,
    REPLY_RECORD_PAD = 512, /* plaintexts are padded to a multiple of this */
    RECEIPT_BODY_MAX = 1024
};

struct replies {
    struct sealed_store sealed;
    pthread_rwlock_t open; /* held for writing while the file is rewritten */
};

/* ---- replies_record.c: one reply without its slot sets ---- */
struct reply_record {
    uint8_t query_hash[HASH_BYTES];
    char la[ID_MAX + 1];
    int64_t at_ms;
    uint32_t catalogue, carers;
    bool recomputable; /* the next two are there */
    uint8_t slot_sets[NAME_BYTES];
    uint8_t seed[SEED_BYTES];
    struct signed_bytes signed_reply;
};
/* Frees and wipes. */
void reply_record_wipe(struct reply_record *record);
/* Appends the plaintext, and the bounded decoder: ERR_CORRUPT, ERR_VERSION. The caller
 * wipes. */
void reply_record_encode(const struct reply_record *record, struct buf *out);
MUST_CHECK bool reply_record_decode(const uint8_t *data, size_t len, struct reply_record *out,
                                    struct err *err);
/* A kept receipt's plaintext, and its bounded decoder. */
void receipt_record_encode(const struct signed_bytes *receipt, int64_t at_ms, struct buf *out);
MUST_CHECK bool receipt_record_decode(const uint8_t *data, size_t len, struct signed_bytes *out,
                                      int64_t *at_ms, struct err *err);

/* ---- replies.c ---- */
#define TAG_KEPT_REPLY "hearth replies reply"
#define TAG_KEPT_SLOT_SETS "hearth replies slot sets"
#define TAG_KEPT_RECEIPT "hearth replies receipt"
#define TAG_KEPT_META "hearth replies meta"
/* When seeds and slot sets were forgotten; before when replies were removed. */
#define META_ENDED "ended"
#define META_PURGED "purged"

/* Puts a value, padded to a multiple of `step`. */
MUST_CHECK bool replies_put(const struct replies *replies, struct store_txn *txn, size_t table,
                            const char *tag, const void *key, size_t key_len,
                            const struct buf *plain, size_t step, struct err *err);
/* Opens and decodes one record; the caller wipes it. */
MUST_CHECK bool replies_record(const struct replies *replies, const uint8_t *key, size_t key_len,
                               const uint8_t *value, size_t value_len, struct reply_record *out,
                               struct err *err);
/* A time under a word of TABLE_REPLIES_META; 0 where there is none. */
MUST_CHECK bool replies_meta(const struct replies *replies, struct store_txn *txn, const char *word,
                             int64_t *out, struct err *err);
MUST_CHECK bool replies_set_meta(const struct replies *replies, struct store_txn *txn,
                                 const char *word, int64_t value, struct err *err);
/* The receipts' part of replies_purge; *removed is added to. */
MUST_CHECK bool replies_purge_receipts(struct replies *replies, int64_t before_ms, size_t *removed,
                                       struct err *err);
/* Transactions with the file held open against a rewrite of this process. */
MUST_CHECK bool replies_begin(struct replies *replies, bool write, struct store_txn **out,
                              struct err *err);
/* Commits what went `ok`, else aborts; errors get the field. For a read transaction too. */
MUST_CHECK bool replies_finish(struct replies *replies, struct store_txn *txn, bool ok,
                               struct err *err);

#endif
