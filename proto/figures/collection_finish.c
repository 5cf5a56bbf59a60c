/* SPDX-License-Identifier: Apache-2.0
 * The end of a table: all of it in one transaction, so that nothing can be released that the ledger
 * does not have, and nothing twice.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

/* ---- erasure ---- */

struct hashes {
    uint8_t (*items)[HASH_BYTES];
    size_t count;
};

static bool add_hash(const struct figures_table *table, enum role role, const char *organisation,
                     const struct party_record *record, void *ctx, struct err *err)
{
    struct hashes *hashes = ctx;
    (void)table;
    (void)role;
    (void)organisation;
    (void)err;
    if (record->state != PARTY_TAKEN) return true;
    hashes->items = mem_resize(hashes->items, hashes->count + 2, HASH_BYTES);
    memcpy(hashes->items[hashes->count++], record->hash, HASH_BYTES);
    if (record->twice) memcpy(hashes->items[hashes->count++], record->other, HASH_BYTES);
    return true;
}

bool contributions_erase(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                         const struct figures_table *table, struct err *err)
{
    struct hashes hashes = {.items = mem_array(0, HASH_BYTES)};
    bool ok = party_each(step, manifest_hash, table, add_hash, &hashes, err);
    for (size_t i = 0; ok && i < hashes.count; i++) {
        ok = store_delete(step->txn, TABLE_CONTRIBUTIONS, hashes.items[i], HASH_BYTES, NULL, err);
    }
    bool erased = hashes.count > 0;
    free(hashes.items);
    return ok && (!erased || store_ask_rewrite(step->txn, err));
}

static bool erase(struct step *step, const struct manifest *manifest,
                  const struct figures_table *table, struct err *err)
{
    uint32_t done = 0;
    return contributions_erase(step, manifest->hash, table, err) &&
           done_count(step, manifest->hash, &done, err) &&
           (done < manifest->term_count || secret_delete(step, manifest->hash, err));
}

/* ---- the ledger ---- */

static bool spend(struct step *step, const struct manifest *manifest,
                  const struct manifest_term *term, const struct done_record *record,
                  struct err *err)
{
    struct ledger_entry entry = {.at_ms = record->at,
                                 .period = manifest->period,
                                 .table = term->table,
                                 .epsilon = term->noise.epsilon};
    memcpy(entry.hub, manifest->hub, sizeof entry.hub);
    memcpy(entry.what, record->set_hash, HASH_BYTES);
    return ledger_spend(step->txn, TABLE_LEDGER, step->collection->role == ROLE_MATCHER, &entry,
                        err);
}

/* ---- whether it may still be done ---- */

/* Another thread or program may have been faster, or have taken one more contribution. */
static bool check_unchanged(struct step *step, const struct manifest *manifest,
                            const struct figures_table *table, const struct done_record *record,
                            struct err *err)
{
    struct figures_release set;
    struct done_record other;
    uint8_t set_hash[HASH_BYTES];
    bool found = false;
    if (!done_read(step, manifest->hash, table, &other, &found, err)) return false;
    if (found) {
        return err_set(err, ERR_EXISTS, "table", "%s of this period is done already", table->name);
    }
    if (record->kind == DONE_GIVEN_UP) return true;
    if (!set_read(step, manifest->hash, table, &set, err)) return false;
    figures_set_hash(&set, set_hash);
    figures_release_free(&set);
    return sodium_memcmp(set_hash, record->set_hash, HASH_BYTES) == 0 ||
           err_set(err, ERR_INVALID, "set_hash",
                   "a contribution has come meanwhile: compare the sets again");
}

static bool finish_in(struct step *step, const struct manifest *manifest,
                      const struct manifest_term *term, const struct done_record *record,
                      struct err *err)
{
    return check_unchanged(step, manifest, term->table, record, err) &&
           (record->kind == DONE_GIVEN_UP || spend(step, manifest, term, record, err)) &&
           done_write(step, manifest->hash, term->table, record, err) &&
           erase(step, manifest, term->table, err);
}

bool table_finish(struct collection *collection, const struct agreement *agreement,
                  const struct manifest_term *term, const struct done_record *record,
                  struct err *err)
{
    struct step step;
    return step_begin(collection, true, &step, err) &&
           step_end(&step, finish_in(&step, &agreement->manifest, term, record, err), err);
}
