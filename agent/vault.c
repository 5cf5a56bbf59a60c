/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/vault.h"

#include <stdlib.h>

#include "agent/vault_internal.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

static const char *const table_names[VAULT_TABLES] = {"records", "meta", "counters"};
const struct store_schema vault_schema = {.name = HOME_VAULT,
                                          .tables = table_names,
                                          .table_count = VAULT_TABLES,
                                          .format = 2,
                                          .oldest = 1,
                                          .readable = 1,
                                          .upgrades = store_upgrade_stamp_only};

static bool open_at(const char *path, bool create, const struct secret *key, struct vault **out,
                    struct err *err)
{
    struct vault *vault = mem_new(struct vault);
    if (!store_open(path, create, &vault_schema, VAULT_MIB_MAX, &vault->store, err)) {
        free(vault);
        return false;
    }
    vault_keys_derive(&vault->keys, key);
    vault_lock_init(vault);
    *out = vault;
    return true;
}

void vault_close(struct vault *vault)
{
    if (!vault) return;
    store_close(vault->store);
    (void)pthread_rwlock_destroy(&vault->lock);
    vault_keys_free(&vault->keys);
    free(vault);
}

static bool write_first_manifest(struct vault *vault, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!vault_begin(vault, true, &txn, err)) return false;
    if (!vault_manifest_write(vault, txn, 1, err)) {
        vault_abort(vault, txn);
        return false;
    }
    return vault_commit(vault, txn, err);
}

bool vault_create(const char *home, const struct secret *key, struct err *err)
{
    char *path = file_join(home, HOME_VAULT);
    struct vault *vault = NULL;
    bool ok = !file_exists(path);
    if (!ok) (void)err_set(err, ERR_EXISTS, "", "%s exists already", path);
    ok = ok && open_at(path, true, key, &vault, err) && write_first_manifest(vault, err);
    vault_close(vault);
    free(path);
    return ok;
}

bool vault_open(const char *home, const struct secret *key, struct vault **out, struct err *err)
{
    char *path = file_join(home, HOME_VAULT);
    struct vault *vault = NULL;
    struct vault_summary summary;
    bool ok = file_exists(path);
    if (!ok) {
        (void)err_set(err, ERR_NOT_FOUND, "", "%s does not exist; 'hearth-agent init' makes it",
                      path);
    }
    ok = ok && open_at(path, false, key, &vault, err) && vault_verify(vault, &summary, err);
    if (ok) {
        *out = vault;
    } else {
        vault_close(vault);
    }
    free(path);
    return ok;
}

/* A read transaction whose records have been checked. */
static bool begin_read(struct vault *vault, struct store_txn **txn, struct vault_summary *summary,
                       struct err *err)
{
    *txn = NULL;
    if (!vault_begin(vault, false, txn, err)) return false;
    if (vault_manifest_check(vault, *txn, summary, err)) return true;
    vault_abort(vault, *txn);
    *txn = NULL;
    return false;
}

bool vault_verify(struct vault *vault, struct vault_summary *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!begin_read(vault, &txn, out, err)) return false;
    vault_abort(vault, txn);
    return true;
}

struct each_state {
    struct vault *vault;
    vault_each_fn each;
    void *ctx;
    struct profile *profile;
};

static bool open_and_call(const uint8_t *key, size_t key_len, const uint8_t *value,
                          size_t value_len, void *ctx, struct err *err)
{
    struct each_state *state = ctx;
    bool ok = vault_open_record(&state->vault->keys, key, key_len, value, value_len, state->profile,
                                err) &&
              state->each(state->profile, state->ctx, err);
    profile_wipe(state->profile);
    return ok;
}

bool vault_each(struct vault *vault, vault_each_fn each, void *ctx, struct vault_summary *summary,
                struct err *err)
{
    struct store_txn *txn = NULL;
    struct vault_summary checked;
    if (!begin_read(vault, &txn, &checked, err)) return false;
    struct secret room = secret_new(sizeof(struct profile));
    struct each_state state = {vault, each, ctx, (struct profile *)(void *)room.data};
    bool ok = store_each(txn, TABLE_RECORDS, NULL, 0, open_and_call, &state, err);
    secret_free(&room);
    vault_abort(vault, txn);
    if (ok && summary) *summary = checked;
    return ok;
}

static bool get_record(struct vault *vault, struct store_txn *txn, const char *ref,
                       struct profile *out, struct err *err)
{
    uint8_t key[RECORD_KEY_BYTES];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    vault_record_key(&vault->keys, ref, key);
    if (!store_get(txn, TABLE_RECORDS, key, sizeof key, &value, &len, &found, err)) return false;
    if (!found) return err_set(err, ERR_NOT_FOUND, "ref", "\"%s\" is not held", ref);
    return vault_open_record(&vault->keys, key, sizeof key, value, len, out, err);
}

bool vault_get(struct vault *vault, const char *ref, struct profile *out, struct err *err)
{
    struct store_txn *txn = NULL;
    struct vault_summary summary;
    if (!begin_read(vault, &txn, &summary, err)) return false;
    bool ok = get_record(vault, txn, ref, out, err);
    vault_abort(vault, txn);
    return ok;
}
