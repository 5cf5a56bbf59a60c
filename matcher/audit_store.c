/* SPDX-License-Identifier: Apache-2.0
 * The store of the audit log, and the head that it keeps beside the entries.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/audit.h"
#include "proto/base/file.h"

static const char *const table_names[AUDIT_TABLES] = {"log", "state", "budget", "runs",
                                                      "checkpoints"};
/* Format 1 chained entries without salt: its hashes, which others hold, cannot be made of those of
 * today. */
const struct store_schema audit_schema = {.name = HOME_AUDIT,
                                          .tables = table_names,
                                          .table_count = AUDIT_TABLES,
                                          .format = 3,
                                          .oldest = 2,
                                          .readable = 2,
                                          .upgrades = store_upgrade_stamp_only};

bool audit_store_open(const char *home, bool create, size_t max_mib, struct store **out,
                      struct err *err)
{
    char *path = file_join(home, HOME_AUDIT);
    bool ok = store_open(path, create, &audit_schema, max_mib, out, err);
    if (ok) store_name_limit(*out, "audit_max_mib");
    free(path);
    return ok;
}

static const char HEAD_KEY[] = "head";

bool audit_read_head(struct store_txn *txn, struct log_head *out, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, AUDIT_TABLE_STATE, HEAD_KEY, sizeof HEAD_KEY - 1, &value, &len, &found,
                   err)) {
        return false;
    }
    *out = (struct log_head){0};
    if (!found) return true;
    struct reader reader = reader_of(value, len);
    out->length = reader_u64(&reader);
    const uint8_t *hash = reader_take(&reader, HASH_BYTES);
    if (!hash || !reader_done(&reader)) {
        return err_set(err, ERR_CORRUPT, HOME_AUDIT, "the stored head is malformed");
    }
    memcpy(out->hash, hash, HASH_BYTES);
    return true;
}

bool audit_read_end(struct store_txn *txn, struct log_head *head, struct err *err)
{
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, len = 0;
    bool found = false;
    struct audit_entry entry;
    if (!audit_read_head(txn, head, err)) return false;
    if (!store_last(txn, AUDIT_TABLE_LOG, &key, &key_len, &value, &len, &found, err)) return false;
    bool intact = !found && head->length == 0;
    if (found) {
        intact = audit_entry_decode(value, len, &entry, err) && entry.number == head->length &&
                 sodium_memcmp(entry.hash, head->hash, HASH_BYTES) == 0;
    }
    return intact || err_set(err, ERR_CORRUPT, HOME_AUDIT,
                             "the end of the audit log is not intact; \"hearth-matcher audit "
                             "verify\" names the first bad entry");
}

bool audit_write_head(struct store_txn *txn, const struct log_head *head, struct err *err)
{
    struct buf value = {0};
    buf_u64(&value, head->length);
    buf_append(&value, head->hash, HASH_BYTES);
    bool ok = store_put(txn, AUDIT_TABLE_STATE, HEAD_KEY, sizeof HEAD_KEY - 1, value.data,
                        value.len, err);
    buf_free(&value);
    return ok;
}
