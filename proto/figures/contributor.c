/* SPDX-License-Identifier: Apache-2.0
 * Opening HOME/figures, and hubs: joined, left, their tables turned off, their manifests noted.
 */
#include "proto/figures/contributor.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection.h"
#include "proto/figures/contributor_internal.h"

enum { MIB_MAX = 4096 };
static const char *const table_names[TABLES] = {"meta",  "hubs",   "agreements", "periods",
                                                "items", "bodies", "evidence",   "ledger"};
const struct store_schema contributor_schema = {.name = HOME_FIGURES,
                                                .tables = table_names,
                                                .table_count = TABLES,
                                                .format = 2,
                                                .oldest = 1,
                                                .readable = 1,
                                                .upgrades = store_upgrade_stamp_only};

bool contributor_open(const struct contributor_parts *parts, struct contributor **out,
                      struct err *err)
{
    static const struct sealed_form form = {.schema = &contributor_schema,
                                            .purpose = "figures contributor",
                                            .meta_table = TABLE_META,
                                            .max_mib = MIB_MAX};
    const struct certificate *own = identity_certificate(parts->identity);
    REQUIRE(own->role == ROLE_AGENT || own->role == ROLE_LA);
    struct contributor *c = mem_new(struct contributor);
    struct secret key = identity_derive(parts->identity, FIGURES_PURPOSE);
    c->parts = *parts;
    c->role = own->role;
    c->organisation = own->organisation;
    c->side = own->role == ROLE_AGENT ? FIGURES_CAPACITY : FIGURES_DEMAND;
    bool ok = sealed_open(parts->home, &form, &key, &c->sealed, err);
    secret_free(&key);
    if (ok) {
        *out = c;
    } else {
        free(c);
    }
    return ok;
}

void contributor_close(struct contributor *c)
{
    if (!c) return;
    sealed_close(&c->sealed);
    free(c);
}

enum figures_side contributor_side(const struct contributor *c)
{
    return c->side;
}

/* ---- the list ---- */

struct listing {
    const struct contributor *contributor;
    struct kept_hub *list;
    size_t count, room;
};

static bool list_hub(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                     void *ctx, struct err *err)
{
    struct listing *listing = ctx;
    const struct sealed_place at = {TABLE_HUBS, USE_HUB, key, key_len};
    struct kept_hub kept;
    struct buf plain = {0};
    bool ok = sealed_read(&listing->contributor->sealed, &at, value, len, &plain, err) &&
              kept_hub_decode(plain.data, plain.len, &kept, err);
    buf_free(&plain);
    if (!ok || kept.hub.id[0] == '\0') return ok;
    if (listing->count == listing->room) {
        listing->room = listing->room ? 2 * listing->room : 8;
        listing->list = mem_resize(listing->list, listing->room, sizeof *listing->list);
    }
    listing->list[listing->count++] = kept;
    return true;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct kept_hub *)a)->hub.id, ((const struct kept_hub *)b)->hub.id);
}

/* In order of id; free(). */
static bool list_hubs(const struct contributor *c, struct store_txn *txn, struct listing *out,
                      struct err *err)
{
    *out = (struct listing){.contributor = c};
    if (!store_each(txn, TABLE_HUBS, NULL, 0, list_hub, out, err)) {
        free(out->list);
        return false;
    }
    if (out->count > 0) qsort(out->list, out->count, sizeof *out->list, by_id);
    return true;
}

bool contributor_hubs(struct contributor *c, struct contributor_hub **out, size_t *count,
                      struct err *err)
{
    struct store_txn *txn = NULL;
    struct listing listing;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = list_hubs(c, txn, &listing, err);
    store_abort(txn);
    if (!ok) return err_in(err, HOME_FIGURES);
    *out = mem_array(listing.count, sizeof **out);
    for (size_t i = 0; i < listing.count; i++) (*out)[i] = listing.list[i].hub;
    *count = listing.count;
    free(listing.list);
    return true;
}

/* ---- joining ---- */

static bool get_known(const struct contributor *c, struct store_txn *txn, const char *hub,
                      struct kept_hub *out, struct err *err)
{
    bool found = false;
    return contributor_get_hub(c, txn, hub, out, &found, err) &&
           ((found && hub[0]) ||
            err_set(
                err, ERR_NOT_FOUND, "hub",
                "no manifest of \"%s\" was seen here; 'figures send' looks for those that there "
                "are",
                hub));
}

static bool join(const struct contributor *c, struct store_txn *txn, const char *hub,
                 struct err *err)
{
    struct kept_hub kept;
    if (!get_known(c, txn, hub, &kept, err)) return false;
    kept.hub.joined = true;
    memcpy(kept.hub.terms, kept.hub.offered, HASH_BYTES);
    return contributor_copy_agreement(c, txn, hub, err) && contributor_put_hub(c, txn, &kept, err);
}

/* Errors about a hub that the caller has named are told as they are. */
static bool finish(struct contributor *c, struct store_txn *txn, bool ok, struct err *err)
{
    bool named = !ok && (strcmp(err->field, "hub") == 0 || strcmp(err->field, "table") == 0 ||
                         strcmp(err->field, "manifest") == 0);
    if (!named) return sealed_finish(&c->sealed, txn, ok, err);
    store_abort(txn);
    return false;
}

bool contributor_join(struct contributor *c, const char *hub, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) && finish(c, txn, join(c, txn, hub, err), err);
}

static bool leave(const struct contributor *c, struct store_txn *txn, const char *hub,
                  struct err *err)
{
    struct kept_hub kept;
    if (!get_known(c, txn, hub, &kept, err)) return false;
    kept.hub.joined = false;
    memset(kept.hub.terms, 0, HASH_BYTES);
    return contributor_put_hub(c, txn, &kept, err);
}

bool contributor_leave(struct contributor *c, const char *hub, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) &&
           finish(c, txn, leave(c, txn, hub, err), err);
}

/* ---- tables ---- */

static bool turn_one(const struct contributor *c, struct store_txn *txn, const char *hub,
                     size_t table, bool off, struct err *err)
{
    struct kept_hub kept;
    if (!get_known(c, txn, hub, &kept, err)) return false;
    kept.hub.off[table] = off;
    return contributor_put_hub(c, txn, &kept, err);
}

/* The hub without a name is what others begin with. */
static bool turn_all(const struct contributor *c, struct store_txn *txn, size_t table, bool off,
                     struct err *err)
{
    struct listing listing;
    struct kept_hub kept = {0};
    bool found = false;
    if (!contributor_get_hub(c, txn, "", &kept, &found, err) || !list_hubs(c, txn, &listing, err)) {
        return false;
    }
    kept.hub.off[table] = off;
    bool ok = contributor_put_hub(c, txn, &kept, err);
    for (size_t i = 0; ok && i < listing.count; i++) {
        listing.list[i].hub.off[table] = off;
        ok = contributor_put_hub(c, txn, &listing.list[i], err);
    }
    free(listing.list);
    return ok;
}

bool contributor_turn(struct contributor *c, const char *hub, const char *name, bool off,
                      struct err *err)
{
    struct store_txn *txn = NULL;
    const struct figures_table *table = figures_table_find(name);
    if (!table || table->side != c->side) {
        return err_set(err, ERR_INVALID, "table",
                       "\"%s\" is none of the %s tables; 'figures terms HUB' lists them", name,
                       figures_side_name(c->side));
    }
    if (!sealed_begin(&c->sealed, true, &txn, err)) return false;
    size_t place = figures_table_index(table);
    bool ok = hub ? turn_one(c, txn, hub, place, off, err) : turn_all(c, txn, place, off, err);
    return finish(c, txn, ok, err);
}

/* ---- manifests ---- */

static bool note_new(const struct contributor *c, struct store_txn *txn, struct kept_hub *kept,
                     const struct agreement *agreement, struct err *err)
{
    const struct manifest *manifest = &agreement->manifest;
    kept->hub.offered_period = manifest->period;
    memcpy(kept->manifest_hash, manifest->hash, HASH_BYTES);
    manifest_terms_hash(manifest, kept->hub.offered);
    return contributor_check_period(c, txn, manifest, err) &&
           contributor_put_agreement(c, txn, AGREEMENT_LAST, agreement, err) &&
           contributor_put_hub(c, txn, kept, err);
}

static bool note(const struct contributor *c, struct store_txn *txn,
                 const struct agreement *agreement, struct err *err)
{
    const struct manifest *manifest = &agreement->manifest;
    char period[PERIOD_TEXT];
    struct kept_hub kept = {0};
    bool found = false, any = false;
    if (!contributor_get_hub(c, txn, manifest->hub, &kept, &found, err)) return false;
    if (!found && !contributor_get_hub(c, txn, "", &kept, &any, err)) return false;
    if (!found) memcpy(kept.hub.id, manifest->hub, sizeof kept.hub.id);
    if (manifest->period > kept.hub.offered_period) return note_new(c, txn, &kept, agreement, err);
    if (manifest->period < kept.hub.offered_period) return true;
    return sodium_memcmp(kept.manifest_hash, manifest->hash, HASH_BYTES) == 0 ||
           err_set(err, ERR_EXISTS, "manifest",
                   "another manifest of %s for %s was seen before; that one stays", manifest->hub,
                   period_text(manifest->period, period));
}

bool contributor_note(struct contributor *c, const struct agreement *agreement, struct err *err)
{
    struct store_txn *txn = NULL;
    return sealed_begin(&c->sealed, true, &txn, err) &&
           finish(c, txn, note(c, txn, agreement, err), err);
}

static bool get_agreement(struct contributor *c, enum kept_agreement which, const char *hub,
                          struct agreement *out, struct err *err)
{
    struct store_txn *txn = NULL;
    struct kept_hub kept;
    bool found = false;
    if (!sealed_begin(&c->sealed, false, &txn, err)) return false;
    bool ok = get_known(c, txn, hub, &kept, err);
    if (ok && which == AGREEMENT_JOINED && !kept.hub.joined) {
        ok = err_set(err, ERR_NOT_FOUND, "hub", "%s was not joined", hub);
    }
    ok = ok && contributor_get_agreement(c, txn, which, hub, out, &found, err);
    if (ok && !found) ok = err_set(err, ERR_CORRUPT, HOME_FIGURES, "a hub's manifest is missing");
    store_abort(txn);
    return ok;
}

bool contributor_last(struct contributor *c, const char *hub, struct agreement *out,
                      struct err *err)
{
    return get_agreement(c, AGREEMENT_LAST, hub, out, err);
}

bool contributor_joined(struct contributor *c, const char *hub, struct agreement *out,
                        struct err *err)
{
    return get_agreement(c, AGREEMENT_JOINED, hub, out, err);
}
