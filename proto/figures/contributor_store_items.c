/* SPDX-License-Identifier: Apache-2.0
 * Single entries of HOME/figures: contributions, their signed bytes, and evidence.
 */
#include <stdlib.h>

#include "keys/certificate.h"
#include "proto/base/mem.h"
#include "proto/figures/contributor_internal.h"

/* ---- items and their signed bytes ---- */

enum { ITEM_STEP = 512 };
#define USE_ITEM "hearth figures contribution"

static struct sealed_place hash_place(const struct contributor *c, size_t table,
                                      const uint8_t hash[HASH_BYTES], uint8_t key[HASH_BYTES])
{
    return contributor_place(c, table, table == TABLE_ITEMS ? USE_ITEM : "hearth figures body",
                             hash, HASH_BYTES, key);
}

bool contributor_put_item(const struct contributor *c, struct store_txn *txn,
                          const struct kept_item *item, struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = hash_place(c, TABLE_ITEMS, item->item.hash, key);
    kept_item_encode(item, &plain);
    bool ok = sealed_put(&c->sealed, txn, &at, &plain, ITEM_STEP, err);
    buf_free(&plain);
    return ok;
}

bool contributor_get_item(const struct contributor *c, struct store_txn *txn,
                          const uint8_t hash[HASH_BYTES], struct kept_item *out, bool *found,
                          struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = hash_place(c, TABLE_ITEMS, hash, key);
    bool ok = sealed_get(&c->sealed, txn, &at, &plain, found, err) &&
              (!*found || kept_item_decode(plain.data, plain.len, out, err));
    buf_free(&plain);
    return ok;
}

struct listing {
    const struct contributor *contributor;
    struct kept_item *list;
    size_t count, room;
};

static bool list_item(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                      void *ctx, struct err *err)
{
    struct listing *listing = ctx;
    const struct sealed_place at = {TABLE_ITEMS, USE_ITEM, key, key_len};
    struct buf plain = {0};
    if (listing->count == listing->room) {
        listing->room = listing->room ? 2 * listing->room : 64;
        listing->list = mem_resize(listing->list, listing->room, sizeof *listing->list);
    }
    bool ok = sealed_read(&listing->contributor->sealed, &at, value, len, &plain, err) &&
              kept_item_decode(plain.data, plain.len, &listing->list[listing->count], err);
    if (ok) listing->count++;
    buf_free(&plain);
    return ok;
}

bool contributor_list_items(const struct contributor *c, struct store_txn *txn,
                            struct kept_item **out, size_t *count, struct err *err)
{
    struct listing listing = {.contributor = c};
    if (!store_each(txn, TABLE_ITEMS, NULL, 0, list_item, &listing, err)) {
        free(listing.list);
        return false;
    }
    *out = listing.list ? listing.list : mem_array(0, sizeof *listing.list);
    *count = listing.count;
    return true;
}

/* Puts, and gets, what somebody has signed. */
static bool put_signed_at(const struct contributor *c, struct store_txn *txn,
                          const struct sealed_place *at, const struct signed_bytes *raw,
                          struct err *err)
{
    struct buf packed = {0};
    signed_bytes_pack(raw, &packed);
    bool ok = sealed_put(&c->sealed, txn, at, &packed, 1, err);
    buf_free(&packed);
    return ok;
}

static bool get_signed_at(const struct contributor *c, struct store_txn *txn,
                          const struct sealed_place *at, struct signed_bytes *out, bool *found,
                          struct err *err)
{
    struct buf packed = {0};
    bool ok =
        sealed_get(&c->sealed, txn, at, &packed, found, err) &&
        (!*found || signed_bytes_unpack(packed.data, packed.len, CONTRIBUTION_BODY_MAX, out, err));
    buf_free(&packed);
    return ok;
}

bool contributor_put_body(const struct contributor *c, struct store_txn *txn,
                          const uint8_t hash[HASH_BYTES], const struct signed_bytes *body,
                          struct err *err)
{
    uint8_t key[HASH_BYTES];
    const struct sealed_place at = hash_place(c, TABLE_BODIES, hash, key);
    return put_signed_at(c, txn, &at, body, err);
}

bool contributor_get_body(const struct contributor *c, struct store_txn *txn,
                          const uint8_t hash[HASH_BYTES], struct signed_bytes *out, bool *found,
                          struct err *err)
{
    uint8_t key[HASH_BYTES];
    const struct sealed_place at = hash_place(c, TABLE_BODIES, hash, key);
    return get_signed_at(c, txn, &at, out, found, err);
}

bool contributor_delete_body(const struct contributor *c, struct store_txn *txn,
                             const uint8_t hash[HASH_BYTES], struct err *err)
{
    uint8_t key[HASH_BYTES];
    const struct sealed_place at = hash_place(c, TABLE_BODIES, hash, key);
    return store_delete(txn, at.table, at.key, at.key_len, NULL, err);
}

/* ---- evidence ---- */

static struct sealed_place evidence_place(const struct contributor *c, enum kept_evidence which,
                                          const uint8_t hash[HASH_BYTES], uint8_t key[HASH_BYTES])
{
    static const char *const uses[] = {[EVIDENCE_RECEIPT] = "hearth figures receipt",
                                       [EVIDENCE_RELEASE] = "hearth figures release"};
    return contributor_place(c, TABLE_EVIDENCE, uses[which], hash, HASH_BYTES, key);
}

bool contributor_put_evidence(const struct contributor *c, struct store_txn *txn,
                              enum kept_evidence which, const uint8_t hash[HASH_BYTES],
                              const struct signed_bytes *raw, struct err *err)
{
    uint8_t key[HASH_BYTES];
    const struct sealed_place at = evidence_place(c, which, hash, key);
    return put_signed_at(c, txn, &at, raw, err);
}

bool contributor_get_evidence(const struct contributor *c, struct store_txn *txn,
                              enum kept_evidence which, const uint8_t hash[HASH_BYTES],
                              struct signed_bytes *out, bool *found, struct err *err)
{
    uint8_t key[HASH_BYTES];
    const struct sealed_place at = evidence_place(c, which, hash, key);
    return get_signed_at(c, txn, &at, out, found, err);
}
