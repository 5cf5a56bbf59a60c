/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/sealed_store.h"

#include <stdlib.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

#define TAG_CHECK "hearth sealed store check"
static const char CHECK_KEY[] = "check";

/* A sealed nothing tells whether the key is that of the store. */
static bool check_key(const struct sealed_store *sealed, struct store_txn *txn, size_t meta_table,
                      struct err *err)
{
    const struct sealed_place place = {meta_table, TAG_CHECK, CHECK_KEY, sizeof CHECK_KEY - 1};
    struct buf plain = {0};
    bool found = false;
    bool ok = sealed_get(sealed, txn, &place, &plain, &found, err);
    buf_free(&plain);
    if (ok && !found) return sealed_put(sealed, txn, &place, &plain, 1, err);
    if (ok || err->code != ERR_CORRUPT) return ok;
    return err_set(err, ERR_CORRUPT, NULL,
                   "was made with another key file; keep it elsewhere to begin a new one");
}

static bool open_checked(struct sealed_store *sealed, size_t meta_table, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(sealed, true, &txn, err) &&
           sealed_finish(sealed, txn, check_key(sealed, txn, meta_table, err), err);
}

/* One key a store and use. */
static struct secret own_key(const struct secret *key, const char *purpose, const char *use)
{
    char *tag = mem_format("hearth %s %s", purpose, use);
    struct secret own = seal_key(key, tag);
    free(tag);
    return own;
}

bool sealed_open(const char *home, const struct sealed_form *form, const struct secret *key,
                 struct sealed_store *out, struct err *err)
{
    struct sealed_store sealed = {.field = form->schema->name,
                                  .name = own_key(key, form->purpose, "name"),
                                  .seal = own_key(key, form->purpose, "seal")};
    char *path = file_join(home, form->schema->name);
    bool opened = store_open(path, true, form->schema, form->max_mib, &sealed.store, err) ||
                  err_in(err, form->schema->name);
    free(path);
    if (opened && open_checked(&sealed, form->meta_table, err)) {
        *out = sealed;
        return true;
    }
    sealed_close(&sealed);
    return false;
}

void sealed_close(struct sealed_store *sealed)
{
    store_close(sealed->store);
    secret_free(&sealed->name);
    secret_free(&sealed->seal);
    *sealed = (struct sealed_store){0};
}

bool sealed_begin(struct sealed_store *sealed, bool write, struct store_txn **out, struct err *err)
{
    return store_begin(sealed->store, write, out, err) || err_in(err, sealed->field);
}

bool sealed_finish(struct sealed_store *sealed, struct store_txn *txn, bool ok, struct err *err)
{
    if (ok) return store_commit(txn, err) || err_in(err, sealed->field);
    store_abort(txn);
    return err_in(err, sealed->field);
}

void sealed_name(const struct sealed_store *sealed, const void *data, size_t len,
                 uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth sealed store name", HASH_BYTES, sealed->name.data);
    hash_bytes(&hash, data, len);
    hash_end(&hash, out);
}

/* ---- values ---- */

static struct seal seal_of(const struct sealed_store *sealed, const struct sealed_place *place)
{
    return (struct seal){&sealed->seal, place->tag, place->key, place->key_len};
}

bool sealed_put(const struct sealed_store *sealed, struct store_txn *txn,
                const struct sealed_place *place, const struct buf *plain, size_t step,
                struct err *err)
{
    const struct seal seal = seal_of(sealed, place);
    struct buf framed = {0}, value = {0};
    buf_bytes(&framed, plain->data, plain->len);
    seal_pad(&framed, step);
    seal_close(&seal, &framed, &value);
    buf_wipe(&framed);
    bool ok = store_put(txn, place->table, place->key, place->key_len, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

bool sealed_read(const struct sealed_store *sealed, const struct sealed_place *place,
                 const uint8_t *value, size_t len, struct buf *plain, struct err *err)
{
    const struct seal seal = seal_of(sealed, place);
    struct buf framed = {0};
    if (!seal_open(&seal, value, len, len, &framed, err)) return false;
    struct reader reader = reader_of(framed.data, framed.len);
    size_t inside = 0;
    const uint8_t *data = reader_bytes(&reader, framed.len, &inside);
    if (data) buf_append(plain, data, inside);
    buf_wipe(&framed);
    return data || err_set(err, ERR_CORRUPT, NULL, "a value's length is wrong");
}

bool sealed_get(const struct sealed_store *sealed, struct store_txn *txn,
                const struct sealed_place *place, struct buf *plain, bool *found, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    return store_get(txn, place->table, place->key, place->key_len, &value, &len, found, err) &&
           (!*found || sealed_read(sealed, place, value, len, plain, err));
}

bool sealed_rewrite(struct sealed_store *sealed, bool *done, struct err *err)
{
    return store_rewrite_where_wanted(sealed->store, done, err) || err_in(err, sealed->field);
}
