/* SPDX-License-Identifier: Apache-2.0
 * A log that was put back from a backup says so itself: heads that it gave out since are not in it,
 * and whoever holds one can see why.
 */
#include "matcher/audit.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"

static const char RESTORED_KEY[] = "restored"; /* in the state: u64 to_ms of the gap */

/* gap->to_ms 0: there is none, or it stands in the log. */
static bool find_gap(struct store *store, struct store_gap *gap, struct err *err)
{
    struct store_txn *txn = NULL;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = store_get_gap(txn, gap, err) &&
              store_get(txn, AUDIT_TABLE_STATE, RESTORED_KEY, sizeof RESTORED_KEY - 1, &value, &len,
                        &found, err);
    if (ok && found && len == 8 && (int64_t)store_key_read_u64(value) >= gap->to_ms) {
        *gap = (struct store_gap){0};
    }
    store_abort(txn);
    return ok;
}

static bool mark(struct store *store, const struct store_gap *gap, struct err *err)
{
    struct store_txn *txn = NULL;
    uint8_t value[8];
    store_key_u64(value, (uint64_t)gap->to_ms);
    if (!store_begin(store, true, &txn, err)) return false;
    if (store_put(txn, AUDIT_TABLE_STATE, RESTORED_KEY, sizeof RESTORED_KEY - 1, value,
                  sizeof value, err)) {
        return store_commit(txn, err);
    }
    store_abort(txn);
    return false;
}

/* Killed between the two, it stands there twice. */
bool audit_note_restored(struct audit *audit, struct store *store, struct err *err)
{
    struct store_gap gap;
    struct buf fields = {0};
    char from[CLOCK_TEXT], to[CLOCK_TEXT];
    if (!find_gap(store, &gap, err)) return false;
    if (gap.to_ms == 0) return true;
    clock_format(gap.from_ms, from);
    clock_format(gap.to_ms, to);
    audit_text(&fields, "backup", from);
    audit_text(&fields, "restored", to);
    audit_add(audit, AUDIT_RESTORED, &fields);
    log_warn("restored", "backup=%s restored=%s", from, to);
    (void)audit_flush(audit);
    /* An entry that only waits for the disk would be lost with the process, and never said again.
     */
    if (!audit_works(audit)) {
        return err_set(err, ERR_UNAVAILABLE, HOME_AUDIT, "the audit log cannot be written");
    }
    return mark(store, &gap, err);
}
