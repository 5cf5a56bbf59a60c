/* SPDX-License-Identifier: Apache-2.0
 * Changes to the vault. Each checks the manifest before it writes, so that a vault that was
 * tampered with is never given a fresh manifest.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/vault_internal.h"
#include "proto/base/mem.h"

/* ---- one change under way ---- */

static struct profile *room_for(struct vault_writer *writer, int which)
{
    return (struct profile *)(void *)writer->room.data + which;
}

bool vault_writer_begin(struct vault *vault, const struct vault_how *how, struct vault_writer *out,
                        struct err *err)
{
    *out = (struct vault_writer){.vault = vault, .how = how};
    if (!vault_begin(vault, true, &out->txn, err)) return false;
    if (!vault_manifest_check(vault, out->txn, &out->before, err)) {
        vault_abort(vault, out->txn);
        return false;
    }
    out->room = secret_new(2 * sizeof(struct profile));
    return true;
}

bool vault_writer_end(struct vault_writer *writer, bool write, struct err *err)
{
    const struct vault_changes *counted = &writer->counted;
    bool changed = counted->added + counted->changed + counted->removed > 0;
    write = write && changed && !writer->how->dry_run;
    bool ok =
        !write ||
        (vault_manifest_write(writer->vault, writer->txn, writer->before.generation + 1, err) &&
         (counted->changed + counted->removed == 0 || store_ask_rewrite(writer->txn, err)));
    if (ok && write) {
        ok = vault_commit(writer->vault, writer->txn, err);
    } else {
        vault_abort(writer->vault, writer->txn);
    }
    secret_free(&writer->room);
    return ok;
}

static void tell(struct vault_writer *writer, const struct profile *before,
                 const struct profile *after)
{
    if (writer->how->each) writer->how->each(before, after, writer->how->ctx);
}

/* Opens what is held into the writer's room; *same where it says what `plain` does (its own nonce,
 * and the form in which an earlier version wrote it, apart). */
static bool compare_held(struct vault_writer *writer, const uint8_t key[RECORD_KEY_BYTES],
                         const uint8_t *value, size_t len, const struct buf *plain, bool *same,
                         struct err *err)
{
    struct profile *held = room_for(writer, 0);
    struct buf again = {0};
    if (!vault_open_record(&writer->vault->keys, key, RECORD_KEY_BYTES, value, len, held, err)) {
        return false;
    }
    vault_pad(held, &again);
    *same = again.len == plain->len && sodium_memcmp(again.data, plain->data, plain->len) == 0;
    buf_wipe(&again);
    return true;
}

static bool put_plain(struct vault_writer *writer, const uint8_t key[RECORD_KEY_BYTES],
                      const struct buf *plain, const struct profile *profile, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    bool same = false;
    if (!store_get(writer->txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, &value, &len, &found, err) ||
        (found && !compare_held(writer, key, value, len, plain, &same, err))) {
        return false;
    }
    if (same) {
        writer->counted.unchanged++;
        return true;
    }
    struct buf sealed = {0};
    vault_seal(&writer->vault->keys, TAG_VAULT_RECORD, key, RECORD_KEY_BYTES, plain, &sealed);
    bool ok =
        store_put(writer->txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, sealed.data, sealed.len, err);
    buf_free(&sealed);
    (void)(found ? writer->counted.changed++ : writer->counted.added++);
    if (ok) tell(writer, found ? room_for(writer, 0) : NULL, profile);
    return ok;
}

bool vault_put(struct vault_writer *writer, const struct profile *profile,
               uint8_t key[RECORD_KEY_BYTES], struct err *err)
{
    struct buf plain = {0};
    vault_record_key(&writer->vault->keys, profile->ref, key);
    vault_pad(profile, &plain);
    bool ok = put_plain(writer, key, &plain, profile, err);
    buf_wipe(&plain);
    return ok;
}

/* ---- imports ---- */

static int compare_keys(const void *a, const void *b)
{
    return sodium_compare(a, b, RECORD_KEY_BYTES);
}

struct surplus {
    const uint8_t (*kept)[RECORD_KEY_BYTES]; /* sorted */
    size_t kept_count;
    struct buf keys; /* of the records that go */
};

static bool note_surplus(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                         void *ctx, struct err *err)
{
    (void)value;
    (void)value_len;
    struct surplus *surplus = ctx;
    if (key_len != RECORD_KEY_BYTES) {
        return err_set(err, ERR_CORRUPT, HOME_VAULT, "a record's key has %zu bytes", key_len);
    }
    if (!bsearch(key, surplus->kept, surplus->kept_count, RECORD_KEY_BYTES, compare_keys)) {
        buf_append(&surplus->keys, key, key_len);
    }
    return true;
}

static bool remove_one(struct vault_writer *writer, const uint8_t *key, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (writer->how->each) {
        struct profile *held = room_for(writer, 0);
        if (!store_get(writer->txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, &value, &len, &found,
                       err) ||
            !vault_open_record(&writer->vault->keys, key, RECORD_KEY_BYTES, value, len, held,
                               err)) {
            return false;
        }
        tell(writer, held, NULL);
    }
    writer->counted.removed++;
    return store_delete(writer->txn, TABLE_RECORDS, key, RECORD_KEY_BYTES, NULL, err);
}

static bool remove_others(struct vault_writer *writer, uint8_t (*kept)[RECORD_KEY_BYTES],
                          size_t count, struct err *err)
{
    qsort(kept, count, RECORD_KEY_BYTES, compare_keys);
    struct surplus surplus = {.kept = (const uint8_t(*)[RECORD_KEY_BYTES])kept,
                              .kept_count = count};
    bool ok = store_each(writer->txn, TABLE_RECORDS, NULL, 0, note_surplus, &surplus, err);
    for (size_t at = 0; ok && at < surplus.keys.len; at += RECORD_KEY_BYTES) {
        ok = remove_one(writer, surplus.keys.data + at, err);
    }
    buf_free(&surplus.keys);
    return ok;
}

static bool put_all(struct vault_writer *writer, const struct profile *profiles, size_t count,
                    struct err *err)
{
    uint8_t(*keys)[RECORD_KEY_BYTES] = mem_array(count, sizeof *keys);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = vault_put(writer, &profiles[i], keys[i], err);
    if (ok && writer->how->replace) ok = remove_others(writer, keys, count, err);
    free(keys);
    return ok;
}

static bool check_size(struct store_txn *txn, struct err *err)
{
    size_t held = 0;
    if (!store_count(txn, TABLE_RECORDS, &held, err)) return false;
    if (held <= VAULT_CARERS_MAX) return true;
    return err_set(err, ERR_BUDGET, "", "%zu carers: a vault holds at most %d", held,
                   VAULT_CARERS_MAX);
}

bool vault_import_with(struct vault *vault, const struct profile *profiles, size_t count,
                       const struct vault_how *how, struct vault_changes *changes, struct err *err)
{
    struct vault_writer writer;
    struct err end;
    if (!vault_writer_begin(vault, how, &writer, err)) return false;
    bool ok = put_all(&writer, profiles, count, err) && check_size(writer.txn, err);
    bool ended = vault_writer_end(&writer, ok, &end);
    if (ok && !ended) *err = end;
    if (ok && ended) *changes = writer.counted;
    return ok && ended;
}

bool vault_import(struct vault *vault, const struct profile *profiles, size_t count, bool replace,
                  bool dry_run, struct vault_changes *changes, struct err *err)
{
    const struct vault_how how = {.replace = replace, .dry_run = dry_run};
    return vault_import_with(vault, profiles, count, &how, changes, err);
}

/* ---- updates ---- */

/* A copy of what is held, for the caller to change; *found false where nothing is. */
static bool open_held(struct vault_writer *writer, const char *ref, struct profile *out,
                      bool *found, struct err *err)
{
    uint8_t key[RECORD_KEY_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    vault_record_key(&writer->vault->keys, ref, key);
    return store_get(writer->txn, TABLE_RECORDS, key, sizeof key, &value, &len, found, err) &&
           (!*found ||
            vault_open_record(&writer->vault->keys, key, sizeof key, value, len, out, err));
}

bool vault_update(struct vault *vault, const char *const *refs, size_t count, vault_edit_fn edit,
                  void *edit_ctx, bool partly, const struct vault_how *how,
                  struct vault_changes *changes, struct err *err)
{
    struct vault_writer writer;
    struct err end;
    if (!vault_writer_begin(vault, how, &writer, err)) return false;
    struct profile *profile = room_for(&writer, 1);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        uint8_t key[RECORD_KEY_BYTES];
        bool found = false;
        ok = open_held(&writer, refs[i], profile, &found, err);
        if (!ok) break;
        if (edit(i, found ? profile : NULL, edit_ctx) && found) {
            ok = vault_put(&writer, profile, key, err);
        } else {
            writer.counted.refused++;
        }
    }
    bool ended = vault_writer_end(&writer, ok && (partly || writer.counted.refused == 0), &end);
    if (ok && !ended) *err = end;
    if (ok && ended) *changes = writer.counted;
    return ok && ended;
}

/* ---- removal ---- */

static bool remove_all(struct vault *vault, struct store_txn *txn, const char *const *refs,
                       size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t key[RECORD_KEY_BYTES];
        bool existed = false;
        vault_record_key(&vault->keys, refs[i], key);
        if (!store_delete(txn, TABLE_RECORDS, key, sizeof key, &existed, err)) return false;
        if (!existed) {
            return err_set(err, ERR_NOT_FOUND, "ref", "\"%s\" is not held; nothing was removed",
                           refs[i]);
        }
    }
    return true;
}

bool vault_remove(struct vault *vault, const char *const *refs, size_t count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct vault_summary before = {0};
    if (!vault_begin(vault, true, &txn, err)) return false;
    if (!vault_manifest_check(vault, txn, &before, err) ||
        !remove_all(vault, txn, refs, count, err) ||
        !vault_manifest_write(vault, txn, before.generation + 1, err) ||
        !store_ask_rewrite(txn, err)) {
        vault_abort(vault, txn);
        return false;
    }
    return vault_commit(vault, txn, err);
}
