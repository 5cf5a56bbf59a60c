/* SPDX-License-Identifier: Apache-2.0
 * What the files of the vault share: keys, the seal, the manifest. Tests and fuzzers use it too.
 */
#ifndef HEARTH_AGENT_VAULT_INTERNAL_H
#define HEARTH_AGENT_VAULT_INTERNAL_H

#include <pthread.h>

#include "agent/vault.h"
#include "proto/crypto/seal.h"
#include "proto/store/store.h"

enum vault_table { TABLE_RECORDS, TABLE_META, TABLE_COUNTERS, VAULT_TABLES };

enum {
    VAULT_MIB_MAX = 256,
    RECORD_KEY_BYTES = HASH_BYTES,
    /* Plaintexts are padded to a multiple of this; every profile fits the first, so all look alike.
     */
    RECORD_PAD = 512,
    RECORD_PLAIN_MAX = 4 * RECORD_PAD
};

/* Three independent keys from the one that the key file gives. All in guarded memory. */
struct vault_keys {
    struct secret name, seal, set;
};
void vault_keys_derive(struct vault_keys *out, const struct secret *key);
void vault_keys_free(struct vault_keys *keys);

struct vault {
    struct store *store;
    struct vault_keys keys;
    pthread_rwlock_t lock; /* shared by transactions, exclusive while the file is rewritten */
};

/* ---- vault_rewrite.c ---- */
/* Transactions of the vault's store: vault_rewrite waits until each has ended. A thread has one at
 * a time. */
MUST_CHECK bool vault_begin(struct vault *vault, bool write, struct store_txn **out,
                            struct err *err);
MUST_CHECK bool vault_commit(struct vault *vault, struct store_txn *txn, struct err *err);
void vault_abort(struct vault *vault, struct store_txn *txn);
void vault_lock_init(struct vault *vault);

/* ---- vault_seal.c ---- */
void vault_record_key(const struct vault_keys *keys, const char *ref,
                      uint8_t out[RECORD_KEY_BYTES]);
/* The padded plaintext of a profile; the caller wipes. */
void vault_pad(const struct profile *profile, struct buf *out);
/* Appends nonce, ciphertext and tag. context: what the value is bound to. */
void vault_seal(const struct vault_keys *keys, const char *tag, const void *context,
                size_t context_len, const struct buf *plain, struct buf *out);
/* ERR_CORRUPT where the bytes are not what was sealed under that tag and context. */
MUST_CHECK bool vault_unseal(const struct vault_keys *keys, const char *tag, const void *context,
                             size_t context_len, const uint8_t *value, size_t value_len,
                             struct buf *plain, struct err *err);
/* Opens, unpads and decodes one record. The caller wipes `out`. ERR_CORRUPT. */
MUST_CHECK bool vault_open_record(const struct vault_keys *keys, const uint8_t *key, size_t key_len,
                                  const uint8_t *value, size_t value_len, struct profile *out,
                                  struct err *err);
#define TAG_VAULT_RECORD "hearth vault record"
#define TAG_VAULT_MANIFEST "hearth vault manifest"

/* ---- vault_write.c ---- */
/* One change of the vault under way. */
struct vault_writer {
    struct vault *vault;
    struct store_txn *txn;
    const struct vault_how *how;
    struct vault_changes counted;
    struct vault_summary before;
    struct secret room; /* for two profiles: what was held, and the caller's */
};
/* Begins a transaction that writes, and checks the manifest. End it with vault_writer_end. */
MUST_CHECK bool vault_writer_begin(struct vault *vault, const struct vault_how *how,
                                   struct vault_writer *out, struct err *err);
/* Commits where `write` and something has changed and it is no dry run; else forgets it all. */
MUST_CHECK bool vault_writer_end(struct vault_writer *writer, bool write, struct err *err);
/* Puts one profile, counts and tells. key: its record's, filled in. */
MUST_CHECK bool vault_put(struct vault_writer *writer, const struct profile *profile,
                          uint8_t key[RECORD_KEY_BYTES], struct err *err);

/* ---- vault_manifest.c ---- */
#define MANIFEST_KEY "manifest"
/* Reads the manifest and compares it with the records, inside the caller's transaction.
 * ERR_CORRUPT. */
MUST_CHECK bool vault_manifest_check(struct vault *vault, struct store_txn *txn,
                                     struct vault_summary *out, struct err *err);
/* Writes a manifest for the records as they are now, with that generation. */
MUST_CHECK bool vault_manifest_write(struct vault *vault, struct store_txn *txn,
                                     uint64_t generation, struct err *err);

#endif
