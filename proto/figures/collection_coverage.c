/* SPDX-License-Identifier: Apache-2.0
 * What became of parties and tables, and what was released.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

/* ---- parties ---- */

struct coverage_walk {
    const struct manifest *manifest;
    struct collection_coverage *items;
};

static bool count_party(const struct figures_table *table, enum role role, const char *organisation,
                        const struct party_record *record, void *ctx, struct err *err)
{
    struct coverage_walk *walk = ctx;
    (void)err;
    const struct manifest_party *party = manifest_party(walk->manifest, role, organisation);
    if (!party || !manifest_term(walk->manifest, table->name)) return true;
    struct collection_coverage *item = &walk->items[party - walk->manifest->enrolled];
    if (record->state == PARTY_TAKEN) item->tables++;
    if (record->state == PARTY_LATE) item->coverage = COVERAGE_LATE;
    return true;
}

static void settle(const struct manifest *manifest, struct collection_coverage *items)
{
    size_t tables[FIGURES_SIDES] = {0};
    for (size_t i = 0; i < manifest->term_count; i++) tables[manifest->terms[i].table->side]++;
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        enum figures_side side =
            items[i].party.role == ROLE_AGENT ? FIGURES_CAPACITY : FIGURES_DEMAND;
        if (items[i].tables == 0) continue;
        items[i].coverage = items[i].tables < tables[side] ? COVERAGE_PART : COVERAGE_WHOLE;
    }
}

static bool cover(struct collection *collection, const struct manifest *manifest,
                  struct collection_coverage *items, struct err *err)
{
    struct step step;
    struct coverage_walk walk = {manifest, items};
    return step_begin(collection, false, &step, err) &&
           step_end(&step, party_each(&step, manifest->hash, NULL, count_party, &walk, err), err);
}

bool collection_coverage(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                         struct collection_coverage **out, size_t *count, struct err *err)
{
    const struct agreement *agreement = NULL;
    if (!held_find(collection, manifest_hash, &agreement, err)) return false;
    const struct manifest *manifest = &agreement->manifest;
    struct collection_coverage *items = mem_array(manifest->enrolled_count, sizeof *items);
    for (size_t i = 0; i < manifest->enrolled_count; i++) items[i].party = manifest->enrolled[i];
    bool ok = cover(collection, manifest, items, err);
    if (ok) {
        settle(manifest, items);
        *out = items;
        *count = manifest->enrolled_count;
    } else {
        free(items);
    }
    held_drop(collection, agreement);
    return ok;
}

/* ---- tables ---- */

static bool count_taken(const struct figures_table *table, enum role role, const char *organisation,
                        const struct party_record *record, void *ctx, struct err *err)
{
    size_t *count = ctx;
    (void)table;
    (void)role;
    (void)organisation;
    (void)err;
    if (record->state == PARTY_TAKEN) (*count)++;
    return true;
}

static bool read_table(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                       const struct figures_table *table, struct collection_table *out,
                       struct err *err)
{
    struct done_record record;
    bool found = false;
    if (!done_read(step, manifest_hash, table, &record, &found, err) ||
        !party_each(step, manifest_hash, table, count_taken, &out->contributions, err)) {
        return false;
    }
    if (!found) return true;
    out->state = record.kind == DONE_GIVEN_UP ? COLLECTION_GIVEN_UP : COLLECTION_DONE;
    out->at = record.at;
    out->why = record.why;
    return true;
}

bool collection_table(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                      const struct figures_table *table, struct collection_table *out,
                      struct err *err)
{
    const struct agreement *agreement = NULL;
    const struct manifest_term *term = NULL;
    struct step step;
    if (!held_find(collection, manifest_hash, &agreement, err)) return false;
    bool ok = agreement_term(agreement, table, &term, err);
    held_drop(collection, agreement);
    *out = (struct collection_table){.state = COLLECTION_TAKING};
    return ok && step_begin(collection, false, &step, err) &&
           step_end(&step, read_table(&step, manifest_hash, table, out, err), err);
}

bool collection_give_up(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                        const struct figures_table *table, const struct err *why, int64_t now_ms,
                        struct err *err)
{
    const struct done_record record = {.kind = DONE_GIVEN_UP, .at = now_ms, .why = *why};
    const struct agreement *agreement = NULL;
    const struct manifest_term *term = NULL;
    if (!held_find(collection, manifest_hash, &agreement, err)) return false;
    bool ok = agreement_term(agreement, table, &term, err) &&
              table_finish(collection, agreement, term, &record, err);
    held_drop(collection, agreement);
    return ok;
}

/* ---- releases that are kept ---- */

struct kept_list {
    struct buf *items;
    size_t count;
};

static void add_figures(const struct done_record *record, void *ctx)
{
    struct kept_list *list = ctx;
    if (record->kind != DONE_OPENED) return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count] = (struct buf){0};
    buf_append(&list->items[list->count++], record->figures.data, record->figures.len);
}

static bool tell(const struct buf *figures, collection_each_release_fn each, void *ctx,
                 struct err *err)
{
    struct release release;
    if (!release_decode(figures->data, figures->len, &release, err)) return false;
    bool going = each(&release, ctx, err);
    release_free(&release);
    return going;
}

static bool each_of(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                    collection_each_release_fn each, void *ctx, struct err *err)
{
    struct step step;
    struct kept_list list = {.items = mem_array(0, sizeof *list.items)};
    bool going = step_begin(collection, false, &step, err) &&
                 step_end(&step, done_each(&step, manifest_hash, add_figures, &list, err), err);
    for (size_t i = 0; i < list.count; i++) {
        going = going && tell(&list.items[i], each, ctx, err);
        buf_free(&list.items[i]);
    }
    free(list.items);
    return going;
}

bool collection_each_release(struct collection *collection, collection_each_release_fn each,
                             void *ctx, struct err *err)
{
    struct collection_period *periods = NULL;
    size_t count = 0;
    bool going = true;
    if (!collection_periods(collection, &periods, &count, err)) return false;
    for (size_t i = 0; going && i < count; i++) {
        going = each_of(collection, periods[i].manifest_hash, each, ctx, err);
    }
    free(periods);
    return going || err->code == ERR_NONE;
}
