/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a value of the matcher's store: a count of a day, the head of the log, the newest
 * checkpoint (audit_checkpoint_decode). Corrupt, or read; nothing is kept.
 */
#include <string.h>

#include "matcher/audit.h"
#include "matcher/daily.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct store *open_once(void)
{
    static struct store *store;
    struct err err = {0};
    if (!store) REQUIRE(audit_store_open(fuzz_home(), true, 64, &store, &err));
    return store;
}

static void refused(const struct err *err)
{
    REQUIRE(err->code == ERR_CORRUPT && err->text[0] != '\0');
}

/* In the place of a count that was written. */
static void as_count(struct store_txn *txn, const uint8_t *data, size_t len, struct err *err)
{
    const struct daily daily = {txn, AUDIT_TABLE_RUNS, "la-1", 4};
    const uint8_t *key = NULL, *value = NULL;
    uint8_t copy[STORE_KEY_MAX];
    size_t key_len = 0, value_len = 0;
    uint32_t count = 0;
    bool found = false;
    REQUIRE(daily_write(&daily, 20000, 1, err));
    REQUIRE(store_last(txn, AUDIT_TABLE_RUNS, &key, &key_len, &value, &value_len, &found, err));
    memcpy(copy, key, key_len);
    REQUIRE(store_put(txn, AUDIT_TABLE_RUNS, copy, key_len, data, len, err));
    if (!daily_read(&daily, 20000, &count, err)) refused(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const char *const names[] = {"head", "checkpoint"};
    struct store_txn *txn = NULL;
    struct log_head head;
    struct audit_checkpoint checkpoint = {0};
    struct err err = {0};
    if (len == 0) return 0;
    uint8_t which = data[0] % 3;
    REQUIRE(store_begin(open_once(), true, &txn, &err));
    if (which == 2) {
        as_count(txn, data + 1, len - 1, &err);
    } else {
        REQUIRE(store_put(txn, AUDIT_TABLE_STATE, names[which], strlen(names[which]), data + 1,
                          len - 1, &err));
    }
    if (which == 0 && !audit_read_head(txn, &head, &err)) refused(&err);
    if (which == 1 && audit_newest_checkpoint(txn, &checkpoint, &err)) {
        audit_checkpoint_free(&checkpoint);
    } else if (which == 1 && err.code != ERR_NOT_FOUND) {
        refused(&err);
    }
    store_abort(txn);
    return 0;
}
