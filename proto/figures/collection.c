/* SPDX-License-Identifier: Apache-2.0
 * Opening a collection, its transactions, and agreements that are held in memory.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

static const char *const table_names[TABLES] = {"agreements", "periods", "secrets", "contributions",
                                                "parties",    "done",    "ledger",  "meta"};
const struct store_schema collection_schema = {.name = HOME_FIGURES,
                                               .tables = table_names,
                                               .table_count = TABLES,
                                               .format = 2,
                                               .oldest = 1,
                                               .readable = 1,
                                               .upgrades = store_upgrade_stamp_only};

bool collection_open(const struct collection_parts *parts, struct collection **out, struct err *err)
{
    static const struct sealed_form form = {.schema = &collection_schema,
                                            .purpose = FIGURES_PURPOSE,
                                            .meta_table = TABLE_META,
                                            .max_mib = COLLECTION_MIB};
    const struct certificate *own = identity_certificate(parts->identity);
    REQUIRE(own->role == ROLE_MATCHER || own->role == ROLE_HUB);
    struct collection *collection = mem_new(struct collection);
    struct secret key = identity_derive(parts->identity, FIGURES_PURPOSE);
    collection->parts = *parts;
    collection->role = own->role;
    collection->organisation = own->organisation;
    bool ok = sealed_open(parts->home, &form, &key, &collection->sealed, err);
    secret_free(&key);
    if (!ok) {
        free(collection);
        return false;
    }
    REQUIRE(pthread_rwlock_init(&collection->whole, NULL) == 0);
    REQUIRE(pthread_mutex_init(&collection->holding, NULL) == 0);
    if (collection->role == ROLE_MATCHER && !collection_settle(collection, err)) {
        collection_close(collection);
        return false;
    }
    *out = collection;
    return true;
}

void collection_close(struct collection *collection)
{
    if (!collection) return;
    held_close(collection);
    sealed_close(&collection->sealed);
    (void)pthread_rwlock_destroy(&collection->whole);
    (void)pthread_mutex_destroy(&collection->holding);
    free(collection);
}

/* ---- one transaction ---- */

static bool in_figures(struct err *err)
{
    return err->field[0] == '\0' ? err_in(err, HOME_FIGURES) : false;
}

bool step_begin(struct collection *collection, bool write, struct step *out, struct err *err)
{
    *out = (struct step){.collection = collection, .write = write};
    (void)pthread_rwlock_rdlock(&collection->whole);
    if (store_begin(collection->sealed.store, write, &out->txn, err)) return true;
    (void)pthread_rwlock_unlock(&collection->whole);
    return in_figures(err);
}

bool step_end(struct step *step, bool ok, struct err *err)
{
    if (ok && step->write) {
        ok = store_commit(step->txn, err);
    } else {
        store_abort(step->txn);
    }
    (void)pthread_rwlock_unlock(&step->collection->whole);
    step->txn = NULL;
    return ok || in_figures(err);
}

/* ---- agreements in memory ---- */

struct held {
    struct agreement agreement; /* first: a pointer to one is a pointer to the other */
    unsigned refs;              /* one of the collection's own */
    uint64_t used;
};

static void unref(struct held *held)
{
    if (!held || --held->refs > 0) return;
    agreement_free(&held->agreement);
    free(held);
}

/* What was checked before it was kept; its certificates may have run out since. */
static bool make_agreement(const struct agreement_record *record, struct agreement *out,
                           struct err *err)
{
    *out = (struct agreement){0};
    bool manifest = false;
    kept_copy(&record->manifest, &out->manifest_raw);
    kept_copy(&record->release_key, &out->release_key_raw);
    bool ok = kept_certificate(&record->hub_certificate, &out->hub, err) &&
              (manifest = manifest_decode(record->manifest.body.data, record->manifest.body.len,
                                          &out->manifest, err)) &&
              release_key_decode(record->release_key.body.data, record->release_key.body.len,
                                 &out->release_key, err);
    if (ok) {
        point_add(&out->joint, &out->manifest.key, &out->release_key.key);
        return true;
    }
    signed_bytes_free(&out->manifest_raw);
    signed_bytes_free(&out->release_key_raw);
    certificate_free(&out->hub);
    if (manifest) manifest_free(&out->manifest);
    return false;
}

static bool not_agreed(struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "manifest_hash", "no such manifest has been agreed here");
}

static bool load(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                 struct held *held, struct err *err)
{
    struct agreement_record record;
    struct step step;
    bool found = false;
    if (!step_begin(collection, false, &step, err)) return false;
    bool ok = agreement_read(&step, manifest_hash, &record, &found, err) &&
              ((found && record.agreed) || not_agreed(err)) &&
              make_agreement(&record, &held->agreement, err);
    return step_end(&step, ok, err);
}

static bool holds(const struct held *held, const uint8_t manifest_hash[HASH_BYTES])
{
    return held && sodium_memcmp(held->agreement.manifest.hash, manifest_hash, HASH_BYTES) == 0;
}

/* The place that has it, else one that is empty or was used longest ago. */
static struct held **find_slot(struct collection *collection,
                               const uint8_t manifest_hash[HASH_BYTES])
{
    struct held **oldest = &collection->held[0];
    for (size_t i = 0; i < COLLECTION_HELD; i++) {
        struct held **slot = &collection->held[i];
        if (holds(*slot, manifest_hash)) return slot;
        if (*oldest && (!*slot || (*slot)->used < (*oldest)->used)) oldest = slot;
    }
    return oldest;
}

static bool find(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                 struct held **out, struct err *err)
{
    struct held **slot = find_slot(collection, manifest_hash);
    if (!holds(*slot, manifest_hash)) {
        struct held *fresh = mem_new(struct held);
        if (!load(collection, manifest_hash, fresh, err)) {
            free(fresh);
            return false;
        }
        unref(*slot);
        *slot = fresh;
        fresh->refs = 1;
    }
    (*slot)->used = ++collection->held_count;
    (*slot)->refs++;
    *out = *slot;
    return true;
}

bool held_find(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
               const struct agreement **out, struct err *err)
{
    struct held *held = NULL;
    (void)pthread_mutex_lock(&collection->holding);
    bool ok = find(collection, manifest_hash, &held, err);
    (void)pthread_mutex_unlock(&collection->holding);
    if (ok) *out = &held->agreement;
    return ok;
}

void held_drop(struct collection *collection, const struct agreement *agreement)
{
    (void)pthread_mutex_lock(&collection->holding);
    unref((struct held *)(uintptr_t)agreement);
    (void)pthread_mutex_unlock(&collection->holding);
}

void held_close(struct collection *collection)
{
    for (size_t i = 0; i < COLLECTION_HELD; i++) {
        REQUIRE(!collection->held[i] || collection->held[i]->refs == 1);
        unref(collection->held[i]);
        collection->held[i] = NULL;
    }
}

void agreement_copy(const struct agreement *in, struct agreement *out)
{
    *out = *in;
    out->hub = (struct certificate){0};
    signed_bytes_copy(&in->manifest_raw, &out->manifest_raw);
    signed_bytes_copy(&in->release_key_raw, &out->release_key_raw);
    const struct manifest *manifest = &in->manifest;
    out->manifest.enrolled =
        mem_copy(manifest->enrolled, manifest->enrolled_count * sizeof *manifest->enrolled);
    out->manifest.geography = mem_copy(manifest->geography, sizeof *manifest->geography);
}
