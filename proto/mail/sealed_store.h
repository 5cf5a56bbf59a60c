/* SPDX-License-Identifier: Apache-2.0
 * A store whose values are sealed under a key that a party's key file gives: what correspondence
 * and records have in common. The disk shows the tables' keys, the number and the padded lengths of
 * entries, and when they change.
 */
#ifndef HEARTH_MAIL_SEALED_STORE_H
#define HEARTH_MAIL_SEALED_STORE_H

#include "proto/base/secret.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/seal.h"
#include "proto/store/store.h"

struct sealed_store {
    struct store *store;
    const char *field;        /* put before errors: the directory's name */
    struct secret name, seal; /* keys */
};

/* How one is opened; all texts are constants. */
struct sealed_form {
    const struct store_schema *schema; /* its name is the directory's, inside the home */
    const char *purpose;               /* tells its keys from those of other stores */
    size_t meta_table; /* of the schema's: holds what tells whether the key is the right one */
    size_t max_mib;
};
/* Opens or makes HOME/NAME. key: HASH_KEY_BYTES. ERR_CORRUPT with the directory as field where
 * it was made with another key. On failure nothing stays open. */
MUST_CHECK bool sealed_open(const char *home, const struct sealed_form *form,
                            const struct secret *key, struct sealed_store *out, struct err *err);
void sealed_close(struct sealed_store *sealed); /* wipes the keys; a zeroed one is fine */

/* store_begin, and the end of a transaction whose steps went `ok`: commits or aborts. Errors carry
 * the field. */
MUST_CHECK bool sealed_begin(struct sealed_store *sealed, bool write, struct store_txn **out,
                             struct err *err);
MUST_CHECK bool sealed_finish(struct sealed_store *sealed, struct store_txn *txn, bool ok,
                              struct err *err);

/* A keyed hash of what names an entry, so that the disk does not tell it. */
void sealed_name(const struct sealed_store *sealed, const void *data, size_t len,
                 uint8_t out[HASH_BYTES]);

/* Where an entry lies; a value opens nowhere else. */
struct sealed_place {
    size_t table;
    const char *tag; /* the kind of value */
    const void *key; /* 1 to STORE_KEY_MAX bytes */
    size_t key_len;
};
/* Writes plain->len bytes behind their length, padded to a multiple of `step`. */
MUST_CHECK bool sealed_put(const struct sealed_store *sealed, struct store_txn *txn,
                           const struct sealed_place *place, const struct buf *plain, size_t step,
                           struct err *err);
/* Appends what sealed_put was given; the caller wipes. *found false, and nothing appended, where
 * there is no entry. ERR_CORRUPT. */
MUST_CHECK bool sealed_get(const struct sealed_store *sealed, struct store_txn *txn,
                           const struct sealed_place *place, struct buf *plain, bool *found,
                           struct err *err);
/* Opens a value that was read by store_each. */
MUST_CHECK bool sealed_read(const struct sealed_store *sealed, const struct sealed_place *place,
                            const uint8_t *value, size_t len, struct buf *plain, struct err *err);

/* Erases what was deleted, where a transaction asked for it (store_ask_rewrite). *done false: some
 * other program has the store open; it is wanted still. */
MUST_CHECK bool sealed_rewrite(struct sealed_store *sealed, bool *done, struct err *err);

#endif
