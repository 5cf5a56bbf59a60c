/* SPDX-License-Identifier: Apache-2.0
 * Single entries of HOME/figures: hubs, agreements, periods.
 */
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/mem.h"
#include "proto/figures/contributor_internal.h"

enum { HUB_STEP = 512, AGREEMENT_STEP = 4096 };

struct sealed_place contributor_place(const struct contributor *c, size_t table, const char *use,
                                      const void *name, size_t len, uint8_t key[HASH_BYTES])
{
    struct buf named = {0};
    buf_bytes(&named, use, strlen(use));
    buf_bytes(&named, name, len);
    sealed_name(&c->sealed, named.data, named.len, key);
    buf_free(&named);
    return (struct sealed_place){table, use, key, HASH_BYTES};
}

/* ---- hubs ---- */

bool contributor_get_hub(const struct contributor *c, struct store_txn *txn, const char *id,
                         struct kept_hub *out, bool *found, struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = contributor_place(c, TABLE_HUBS, USE_HUB, id, strlen(id), key);
    bool ok = sealed_get(&c->sealed, txn, &at, &plain, found, err) &&
              (!*found || kept_hub_decode(plain.data, plain.len, out, err));
    buf_free(&plain);
    return ok;
}

bool contributor_put_hub(const struct contributor *c, struct store_txn *txn,
                         const struct kept_hub *hub, struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const char *id = hub->hub.id;
    const struct sealed_place at = contributor_place(c, TABLE_HUBS, USE_HUB, id, strlen(id), key);
    kept_hub_encode(hub, &plain);
    bool ok = sealed_put(&c->sealed, txn, &at, &plain, HUB_STEP, err);
    buf_free(&plain);
    return ok;
}

bool contributor_allows(const struct contributor *c, struct store_txn *txn, const char *hub,
                        const struct figures_table *table, bool *out, struct err *err)
{
    struct kept_hub kept;
    bool found = false;
    if (!contributor_get_hub(c, txn, hub, &kept, &found, err)) return false;
    *out = found && kept.hub.joined && !kept.hub.off[figures_table_index(table)];
    return true;
}

/* ---- agreements ---- */

static struct sealed_place agreement_place(const struct contributor *c, enum kept_agreement which,
                                           const char *hub, uint8_t key[HASH_BYTES])
{
    static const char *const uses[] = {[AGREEMENT_LAST] = "hearth figures manifest seen",
                                       [AGREEMENT_JOINED] = "hearth figures manifest joined"};
    return contributor_place(c, TABLE_AGREEMENTS, uses[which], hub, strlen(hub), key);
}

static void put_signed(struct buf *out, const struct signed_bytes *raw)
{
    struct buf packed = {0};
    signed_bytes_pack(raw, &packed);
    buf_bytes(out, packed.data, packed.len);
    buf_free(&packed);
}

bool contributor_put_agreement(const struct contributor *c, struct store_txn *txn,
                               enum kept_agreement which, const struct agreement *agreement,
                               struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = agreement_place(c, which, agreement->manifest.hub, key);
    put_signed(&plain, &agreement->manifest_raw);
    put_signed(&plain, &agreement->hub.raw);
    put_signed(&plain, &agreement->release_key_raw);
    bool ok = sealed_put(&c->sealed, txn, &at, &plain, AGREEMENT_STEP, err);
    buf_free(&plain);
    return ok;
}

static bool take_signed(struct reader *reader, struct signed_bytes *out, struct err *err)
{
    size_t len = 0;
    const uint8_t *data = reader_bytes(reader, reader->len, &len);
    return data ? signed_bytes_unpack(data, len, MANIFEST_BYTES_MAX, out, err)
                : err_set(err, ERR_CORRUPT, NULL, "a manifest that is kept is malformed");
}

/* Signatures and certificate were checked before it was put. */
static bool rebuild(const struct signed_bytes *hub, struct agreement *out, struct err *err)
{
    const struct buf *key = &out->release_key_raw.body;
    const struct buf *manifest = &out->manifest_raw.body;
    if (!certificate_of_bytes(hub, &out->hub, err) ||
        !release_key_decode(key->data, key->len, &out->release_key, err) ||
        !manifest_decode(manifest->data, manifest->len, &out->manifest, err)) {
        return false;
    }
    point_add(&out->joint, &out->manifest.key, &out->release_key.key);
    return true;
}

static bool read_agreement(const struct buf *plain, struct agreement *out, struct err *err)
{
    struct reader reader = reader_of(plain->data, plain->len);
    struct agreement agreement = {0};
    struct signed_bytes hub = {0};
    bool ok =
        take_signed(&reader, &agreement.manifest_raw, err) && take_signed(&reader, &hub, err) &&
        take_signed(&reader, &agreement.release_key_raw, err) && rebuild(&hub, &agreement, err);
    signed_bytes_free(&hub);
    if (ok) {
        *out = agreement;
    } else {
        agreement_free(&agreement);
    }
    return ok;
}

bool contributor_get_agreement(const struct contributor *c, struct store_txn *txn,
                               enum kept_agreement which, const char *hub, struct agreement *out,
                               bool *found, struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = agreement_place(c, which, hub, key);
    bool ok = sealed_get(&c->sealed, txn, &at, &plain, found, err) &&
              (!*found || read_agreement(&plain, out, err));
    buf_free(&plain);
    return ok;
}

bool contributor_copy_agreement(const struct contributor *c, struct store_txn *txn, const char *hub,
                                struct err *err)
{
    uint8_t from_key[HASH_BYTES], to_key[HASH_BYTES];
    struct buf plain = {0};
    bool found = false;
    const struct sealed_place from = agreement_place(c, AGREEMENT_LAST, hub, from_key);
    const struct sealed_place to = agreement_place(c, AGREEMENT_JOINED, hub, to_key);
    bool ok = sealed_get(&c->sealed, txn, &from, &plain, &found, err);
    if (ok && !found) ok = err_set(err, ERR_CORRUPT, NULL, "a hub's manifest is missing");
    ok = ok && sealed_put(&c->sealed, txn, &to, &plain, AGREEMENT_STEP, err);
    buf_free(&plain);
    return ok;
}

/* ---- periods ---- */

static struct sealed_place period_place(const struct contributor *c,
                                        const struct manifest *manifest, uint8_t key[HASH_BYTES])
{
    struct buf name = {0};
    buf_bytes(&name, manifest->hub, strlen(manifest->hub));
    buf_u32(&name, manifest->period);
    struct sealed_place at =
        contributor_place(c, TABLE_PERIODS, "hearth figures period", name.data, name.len, key);
    buf_free(&name);
    return at;
}

bool contributor_put_period(const struct contributor *c, struct store_txn *txn,
                            const struct manifest *manifest, struct err *err)
{
    uint8_t key[HASH_BYTES];
    struct buf plain = {0};
    const struct sealed_place at = period_place(c, manifest, key);
    buf_append(&plain, manifest->hash, HASH_BYTES);
    bool ok = sealed_put(&c->sealed, txn, &at, &plain, 1, err);
    buf_free(&plain);
    return ok;
}

bool contributor_check_period(const struct contributor *c, struct store_txn *txn,
                              const struct manifest *manifest, struct err *err)
{
    uint8_t key[HASH_BYTES];
    char period[PERIOD_TEXT];
    struct buf plain = {0};
    bool found = false;
    const struct sealed_place at = period_place(c, manifest, key);
    bool ok = sealed_get(&c->sealed, txn, &at, &plain, &found, err);
    bool same = !found || (plain.len == HASH_BYTES &&
                           sodium_memcmp(plain.data, manifest->hash, HASH_BYTES) == 0);
    buf_free(&plain);
    return ok && (same || err_set(err, ERR_EXISTS, "manifest",
                                  "another manifest of %s for %s was contributed to already; "
                                  "nothing is sent for this one",
                                  manifest->hub, period_text(manifest->period, period)));
}
