/* SPDX-License-Identifier: Apache-2.0
 * What became of contributions: sent, received, given up. And what was spent on them.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/figures/collection.h"
#include "proto/figures/contributor_internal.h"

static const int64_t DAY_MS = INT64_C(24) * 3600 * 1000;

/* ---- the list ---- */

static int newest_first(const void *a, const void *b)
{
    const struct contributor_item *x = a, *y = b;
    if (x->period != y->period) return x->period < y->period ? 1 : -1;
    int by_hub = strcmp(x->hub, y->hub);
    if (by_hub != 0) return by_hub;
    size_t at_x = figures_table_index(x->table), at_y = figures_table_index(y->table);
    return (at_x > at_y) - (at_x < at_y);
}

static bool read_item(const struct contributor *c, struct store_txn *txn,
                      const struct kept_item *kept, struct contributor_item *out, struct err *err)
{
    bool allowed = false;
    *out = kept->item;
    if (!contributor_allows(c, txn, out->hub, out->table, &allowed, err)) return false;
    if (allowed) return true;
    if (out->matcher == CONTRIBUTION_WAITS) out->matcher = CONTRIBUTION_HELD;
    if (out->hub_side == CONTRIBUTION_WAITS) out->hub_side = CONTRIBUTION_HELD;
    return true;
}

static bool read_items(const struct contributor *c, struct store_txn *txn,
                       struct contributor_item **out, size_t *count, struct err *err)
{
    struct kept_item *kept = NULL;
    if (!contributor_list_items(c, txn, &kept, count, err)) return false;
    struct contributor_item *list = mem_array(*count, sizeof *list);
    bool ok = true;
    for (size_t i = 0; ok && i < *count; i++) ok = read_item(c, txn, &kept[i], &list[i], err);
    free(kept);
    if (!ok) {
        free(list);
        return false;
    }
    if (*count > 0) qsort(list, *count, sizeof *list, newest_first);
    *out = list;
    return true;
}

bool contributor_items(struct contributor *c, struct contributor_item **out, size_t *count,
                       struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = read_items(c, txn, out, count, err);
    store_abort(txn);
    return ok || err_in(err, HOME_FIGURES);
}

/* ---- single ones ---- */

static bool get_known(const struct contributor *c, struct store_txn *txn,
                      const uint8_t hash[HASH_BYTES], struct kept_item *out, struct err *err)
{
    char hex[2 * HASH_BYTES + 1];
    bool found = false;
    return contributor_get_item(c, txn, hash, out, &found, err) &&
           (found || err_set(err, ERR_NOT_FOUND, "contribution", "%s was not made here",
                             text_hex(hash, HASH_BYTES, hex)));
}

/* Looked at again here: the hub may have been left since it was listed. */
static bool get_waiting(const struct contributor *c, struct store_txn *txn,
                        const uint8_t hash[HASH_BYTES], struct signed_bytes *out, struct err *err)
{
    struct kept_item kept;
    bool allowed = false, found = false;
    if (!get_known(c, txn, hash, &kept, err) ||
        !contributor_allows(c, txn, kept.item.hub, kept.item.table, &allowed, err)) {
        return false;
    }
    if (!allowed) {
        return err_set(err, ERR_DENIED, "hub", "%s was left, or %s turned off", kept.item.hub,
                       kept.item.table->name);
    }
    return contributor_get_body(c, txn, hash, out, &found, err) &&
           (found || err_set(err, ERR_NOT_FOUND, "contribution", "nobody waits for it any more"));
}

bool contributor_get(struct contributor *c, const uint8_t hash[HASH_BYTES],
                     struct signed_bytes *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = get_waiting(c, txn, hash, out, err);
    store_abort(txn);
    return ok;
}

bool contributor_end(struct contributor *c, struct store_txn *txn, bool ok, struct err *err)
{
    if (ok) return sealed_finish(&c->sealed, txn, true, err);
    store_abort(txn);
    return false;
}

/* ---- receipts and refusals ---- */

static bool take_receipt(const struct contributor *c, struct store_txn *txn,
                         const struct figures_receipt *receipt, const struct signed_bytes *raw,
                         struct err *err)
{
    struct kept_item kept;
    if (!get_known(c, txn, receipt->contribution_hash, &kept, err)) return false;
    bool matcher = receipt->role == ROLE_MATCHER;
    const char *who = matcher ? kept.matcher : kept.item.hub;
    if (strcmp(who, receipt->organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "receipt", "it is of %s; one of %s is wanted",
                       receipt->organisation, who);
    }
    if (matcher) {
        kept.item.matcher = CONTRIBUTION_TAKEN;
        kept.item.matcher_at = receipt->at;
    } else {
        kept.item.hub_side = CONTRIBUTION_TAKEN;
        kept.item.hub_at = receipt->at;
    }
    return contributor_put_item(c, txn, &kept, err) &&
           (!matcher ||
            contributor_put_evidence(c, txn, EVIDENCE_RECEIPT, kept.item.hash, raw, err));
}

static bool check_receipt(const struct signed_bytes *raw, const struct certificate *signer,
                          struct figures_receipt *out, struct err *err)
{
    if (!certificate_verify(signer, TAG_FIGURES_RECEIPT, raw->body.data, raw->body.len,
                            raw->signature, SIGNATURE_BYTES, err) ||
        !figures_receipt_decode(raw->body.data, raw->body.len, out, err)) {
        return false;
    }
    bool own = out->role == signer->role && strcmp(out->organisation, signer->organisation) == 0;
    return own || err_set(err, ERR_UNAUTHENTICATED, "receipt", "%s has signed a receipt of %s",
                          signer->organisation, out->organisation);
}

bool contributor_receipt(struct contributor *c, const struct signed_bytes *raw,
                         const struct certificate *signer, struct err *err)
{
    struct store_txn *txn = NULL;
    struct figures_receipt receipt;
    if (!check_receipt(raw, signer, &receipt, err) || !sealed_begin(&c->sealed, true, &txn, err)) {
        return false;
    }
    return contributor_end(c, txn, take_receipt(c, txn, &receipt, raw, err), err);
}

static bool refuse(const struct contributor *c, struct store_txn *txn,
                   const uint8_t hash[HASH_BYTES], enum role role, struct err *err)
{
    struct kept_item kept;
    if (!get_known(c, txn, hash, &kept, err)) return false;
    enum contributor_state *state = role == ROLE_MATCHER ? &kept.item.matcher : &kept.item.hub_side;
    if (*state != CONTRIBUTION_WAITS) return true;
    *state = CONTRIBUTION_REFUSED;
    return contributor_put_item(c, txn, &kept, err);
}

bool contributor_refused(struct contributor *c, const uint8_t hash[HASH_BYTES], enum role role,
                         struct err *err)
{
    struct store_txn *txn = NULL;
    REQUIRE(role == ROLE_MATCHER || role == ROLE_HUB);
    return sealed_begin(&c->sealed, true, &txn, err) &&
           contributor_end(c, txn, refuse(c, txn, hash, role, err), err);
}

/* ---- the ledger ---- */

bool contributor_ledger(struct contributor *c, ledger_each_fn each, void *ctx,
                        uint8_t head[HASH_BYTES], uint64_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = ledger_walk(txn, TABLE_LEDGER, each, ctx, head, count, err);
    store_abort(txn);
    return ok || err_in(err, HOME_FIGURES);
}

bool contributor_spent(struct contributor *c, uint32_t period, struct ledger_sum *out,
                       struct err *err)
{
    struct store_txn *txn = NULL;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = ledger_spent(txn, TABLE_LEDGER, NULL, period, out, err);
    store_abort(txn);
    return ok || err_in(err, HOME_FIGURES);
}

/* ---- upkeep ---- */

/* Where the window closed long ago, nobody takes it: what waits is given up. */
static bool give_up(const struct contributor *c, struct store_txn *txn, struct kept_item *kept,
                    int64_t now_ms, struct err *err)
{
    struct contributor_item *item = &kept->item;
    bool waits = item->matcher == CONTRIBUTION_WAITS || item->hub_side == CONTRIBUTION_WAITS;
    if (waits && now_ms <= item->closes_at + FIGURES_KEEP_DAYS * DAY_MS) return true;
    if (item->matcher == CONTRIBUTION_WAITS) item->matcher = CONTRIBUTION_REFUSED;
    if (item->hub_side == CONTRIBUTION_WAITS) item->hub_side = CONTRIBUTION_REFUSED;
    return (!waits || contributor_put_item(c, txn, kept, err)) &&
           contributor_delete_body(c, txn, item->hash, err);
}

static bool look_after(const struct contributor *c, struct store_txn *txn, int64_t now_ms,
                       struct err *err)
{
    struct kept_item *kept = NULL;
    size_t count = 0;
    if (!contributor_list_items(c, txn, &kept, &count, err)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) ok = give_up(c, txn, &kept[i], now_ms, err);
    free(kept);
    return ok;
}

bool contributor_upkeep(struct contributor *c, int64_t now_ms, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) &&
           contributor_end(c, txn, look_after(c, txn, now_ms, err), err);
}
