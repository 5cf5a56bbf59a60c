/* SPDX-License-Identifier: Apache-2.0
 * Walking the chain: the first entry that was altered, removed or put elsewhere, and the first
 * checkpoint that does not fit.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "matcher/audit.h"

struct walk {
    struct audit_report *report;
    const struct log_head *known;
};

static bool bad(struct audit_report *report, uint64_t number, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* Remembers the first finding; false, to stop the walk. */
static bool bad(struct audit_report *report, uint64_t number, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(report->reason, sizeof report->reason, fmt, args);
    va_end(args);
    report->intact = false;
    report->bad = number;
    return false;
}

static void look_for_known(struct walk *walk)
{
    const struct log_head *head = &walk->report->head;
    if (walk->known && walk->known->length == head->length &&
        sodium_memcmp(walk->known->hash, head->hash, HASH_BYTES) == 0) {
        walk->report->known_found = true;
    }
}

static bool visit(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                  struct err *err)
{
    struct walk *walk = ctx;
    struct audit_report *report = walk->report;
    struct audit_entry entry;
    uint64_t expected = report->head.length + 1;
    err->code = ERR_NONE; /* whatever stops the walk is a finding, not a failure of the store */
    if (key_len != 8) return bad(report, expected, "has a malformed key");
    uint64_t number = store_key_read_u64(key);
    if (number != expected) {
        return bad(report, expected, "was removed: the next one there is number %llu",
                   (unsigned long long)number);
    }
    struct err why = {0};
    if (!audit_entry_decode(value, len, &entry, &why)) {
        return bad(report, number, "was altered: it %s", why.text);
    }
    if (entry.number != number) {
        return bad(report, number, "was put in another's place: it carries number %llu",
                   (unsigned long long)entry.number);
    }
    if (sodium_memcmp(entry.previous, report->head.hash, HASH_BYTES) != 0) {
        return bad(report, number,
                   "does not follow the entry before it: one of the two was replaced");
    }
    report->head.length = number;
    memcpy(report->head.hash, entry.hash, HASH_BYTES);
    look_for_known(walk);
    return true;
}

static void check_end(struct audit_report *report, const struct log_head *stored)
{
    if (stored->length > report->head.length) {
        (void)bad(report, report->head.length + 1,
                  "was removed: the log ends at %llu but was %llu long",
                  (unsigned long long)report->head.length, (unsigned long long)stored->length);
    } else if (stored->length < report->head.length) {
        (void)bad(report, stored->length + 1, "was added behind the end that was stored");
    } else if (sodium_memcmp(stored->hash, report->head.hash, HASH_BYTES) != 0) {
        (void)bad(report, report->head.length, "is not the one that the stored head names");
    }
}

/* ---- checkpoints ---- */

/* What is found is in the report; false only where the store fails. */
struct look {
    struct store_txn *txn;
    struct trust *trust;
    struct audit_report *report;
    uint64_t last; /* length of the last one that was looked at */
};

/* The chain is intact: the hash that lies with an entry is the entry's. */
static bool compare_head(struct look *look, const struct log_head *head, struct err *err)
{
    struct audit_report *report = look->report;
    struct audit_entry entry;
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    uint8_t key[8];
    if (head->length > report->head.length) {
        (void)bad(report, report->head.length + 1,
                  "was removed: a checkpoint of %llu entries was signed",
                  (unsigned long long)head->length);
        return true;
    }
    store_key_u64(key, head->length);
    if (!store_get(look->txn, AUDIT_TABLE_LOG, key, sizeof key, &value, &len, &found, err)) {
        return false;
    }
    bool same = found && audit_entry_decode(value, len, &entry, err) &&
                sodium_memcmp(entry.hash, head->hash, HASH_BYTES) == 0;
    if (same) {
        report->checkpoints += head->length != look->last;
    } else {
        (void)bad(report, 0,
                  "the checkpoint of %llu entries names another head: entries up to there were "
                  "replaced after it was signed",
                  (unsigned long long)head->length);
    }
    look->last = head->length;
    return true;
}

static bool look_at(struct look *look, const struct audit_checkpoint *stored, struct err *err)
{
    struct checkpoint checkpoint;
    struct err why = {0};
    if (checkpoint_open(&stored->raw, &stored->signer, look->trust, &checkpoint, &why)) {
        return compare_head(look, &checkpoint.head, err);
    }
    (void)bad(look->report, 0, "%s: %.300s", why.field, why.text);
    return true;
}

static bool visit_checkpoint(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                             void *ctx, struct err *err)
{
    struct look *look = ctx;
    struct audit_checkpoint stored = {0};
    struct err why = {0};
    (void)key;
    (void)key_len;
    if (!audit_checkpoint_decode(value, len, &stored, &why)) {
        (void)bad(look->report, 0, "%s", why.text);
    } else {
        bool ok = look_at(look, &stored, err);
        audit_checkpoint_free(&stored);
        if (!ok) return false;
    }
    err->code = ERR_NONE; /* enough, where one does not fit */
    return look->report->intact;
}

static bool check_newest(struct look *look, struct err *err)
{
    struct audit_checkpoint newest = {0};
    if (!audit_newest_checkpoint(look->txn, &newest, err)) {
        if (err->code == ERR_CORRUPT) (void)bad(look->report, 0, "%s", err->text);
        return err->code == ERR_CORRUPT || err->code == ERR_NOT_FOUND;
    }
    bool ok = look_at(look, &newest, err);
    audit_checkpoint_free(&newest);
    return ok;
}

static bool check_checkpoints(struct look *look, struct err *err)
{
    return store_each(look->txn, AUDIT_TABLE_CHECKPOINTS, NULL, 0, visit_checkpoint, look, err) &&
           (!look->report->intact || check_newest(look, err));
}

bool audit_verify(struct store *store, const struct log_head *known, struct trust *trust,
                  struct audit_report *out, struct err *err)
{
    *out = (struct audit_report){.intact = true};
    struct walk walk = {out, known};
    struct log_head stored;
    struct store_txn *txn = NULL;
    if (!store_begin(store, false, &txn, err)) return false;
    look_for_known(&walk);
    bool ok = store_each(txn, AUDIT_TABLE_LOG, NULL, 0, visit, &walk, err) &&
              audit_read_head(txn, &stored, err);
    if (ok && out->intact) check_end(out, &stored);
    if (ok && out->intact && trust) {
        struct look look = {.txn = txn, .trust = trust, .report = out};
        ok = check_checkpoints(&look, err);
    }
    store_abort(txn);
    return ok;
}
