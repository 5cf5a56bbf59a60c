/* SPDX-License-Identifier: Apache-2.0
 * Second half of an import: a batch into the store, in one transaction.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer_areas.h"
#include "proto/domain/gazetteer_import.h"
#include "proto/domain/gazetteer_store.h"

enum { UNIT_BYTES = 8 };

/* ---- units ---- */

static uint64_t read_packed(const uint8_t *at)
{
    return store_key_read_u64(at);
}

static void put_packed(struct buf *out, uint64_t packed)
{
    buf_u64(out, packed);
}

/* Old and new entries in order into `out`; of two for one postcode the new one. */
static void merge_units(const uint8_t *old, size_t old_count, const struct batch_unit *added,
                        size_t added_count, struct buf *out)
{
    size_t i = 0, j = 0;
    while (i < old_count || j < added_count) {
        uint64_t from_old = i < old_count ? read_packed(old + i * UNIT_BYTES) : UINT64_MAX;
        uint64_t from_new = j < added_count ? added[j].packed : UINT64_MAX;
        uint32_t a = gazetteer_unit_letters(from_old), b = gazetteer_unit_letters(from_new);
        put_packed(out, a < b ? from_old : from_new);
        if (a <= b) i++;
        if (b <= a) j++;
    }
}

static bool put_sector(struct store_txn *txn, const struct batch_unit *units, size_t count,
                       struct err *err)
{
    struct postcode sector = postcode_of_sector(batch_unit_sector(units));
    struct buf merged = {0};
    char key[POSTCODE_TEXT];
    const uint8_t *old = NULL;
    size_t len = 0, old_count = 0;
    bool found = false;
    (void)postcode_text(&sector, key);
    if (!store_get(txn, TABLE_UNITS, key, strlen(key), &old, &len, &found, err)) return false;
    if (found && !gazetteer_units_check(old, len, &old_count, err)) return false;
    merge_units(old, old_count, units, count, &merged);
    bool ok = store_put(txn, TABLE_UNITS, key, strlen(key), merged.data, merged.len, err);
    buf_free(&merged);
    return ok;
}

static bool put_units(struct store_txn *txn, const struct gazetteer_batch *batch, struct err *err)
{
    size_t from = 0;
    while (from < batch->unit_count) {
        uint32_t sector = batch_unit_sector(&batch->units[from]);
        size_t to = from + 1;
        while (to < batch->unit_count && batch_unit_sector(&batch->units[to]) == sector) to++;
        if (!put_sector(txn, &batch->units[from], to - from, err)) return false;
        from = to;
    }
    return true;
}

/* ---- places ---- */

static bool holds(const struct batch_place *places, size_t count, uint64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (places[i].place.id == id) return true;
    }
    return false;
}

static bool put_name(struct store_txn *txn, const struct batch_place *places, size_t count,
                     struct err *err)
{
    const char *key = places[0].key;
    struct gazetteer_place *old = NULL;
    const uint8_t *record = NULL;
    struct buf merged = {0};
    size_t len = 0, old_count = 0, total = count;
    bool found = false;
    if (!store_get(txn, TABLE_NAMES, key, strlen(key), &record, &len, &found, err)) return false;
    if (found && !gazetteer_places_decode(record, len, &old, &old_count, err)) return false;
    for (size_t i = 0; i < old_count; i++) {
        if (holds(places, count, old[i].id)) continue;
        gazetteer_place_encode(&old[i], &merged);
        total++;
    }
    free(old);
    for (size_t i = 0; i < count; i++) gazetteer_place_encode(&places[i].place, &merged);
    bool ok = total <= GAZETTEER_PLACES_MAX ||
              err_set(err, ERR_BUDGET, "", "more than %d places are called '%s'",
                      GAZETTEER_PLACES_MAX, places[0].place.name);
    ok = ok && store_put(txn, TABLE_NAMES, key, strlen(key), merged.data, merged.len, err);
    buf_free(&merged);
    return ok;
}

static bool put_places(struct store_txn *txn, const struct gazetteer_batch *batch, struct err *err)
{
    size_t from = 0;
    while (from < batch->place_count) {
        size_t to = from + 1;
        const char *key = batch->places[from].key;
        while (to < batch->place_count && strcmp(batch->places[to].key, key) == 0) to++;
        if (!put_name(txn, &batch->places[from], to - from, err)) return false;
        from = to;
    }
    return true;
}

/* ---- imports ---- */

static bool next_number(struct store_txn *txn, uint64_t *number, struct err *err)
{
    const uint8_t *key = NULL, *value = NULL;
    size_t key_len = 0, value_len = 0;
    bool found = false;
    if (!store_last(txn, TABLE_IMPORTS, &key, &key_len, &value, &value_len, &found, err)) {
        return false;
    }
    *number = found && key_len == 8 ? store_key_read_u64(key) + 1 : 1;
    return true;
}

static bool put_imports(struct store_txn *txn, const struct gazetteer_report *report,
                        struct err *err)
{
    uint64_t number = 0;
    bool ok = next_number(txn, &number, err);
    for (size_t i = 0; ok && i < report->count; i++, number++) {
        const struct gazetteer_source *source = &report->sources[i];
        struct gazetteer_import_entry entry = {.at_ms = clock_wall_ms(),
                                               .kind = source->kind,
                                               .rows = source->tally.rows,
                                               .taken = source->tally.taken};
        struct buf record = {0};
        uint8_t key[8];
        memcpy(entry.name, source->name, sizeof entry.name);
        store_key_u64(key, number);
        gazetteer_import_encode(&entry, &record);
        ok = store_put(txn, TABLE_IMPORTS, key, sizeof key, record.data, record.len, err);
        buf_free(&record);
    }
    return ok;
}

/* ---- all of it ---- */

static bool clear(struct store_txn *txn, struct err *err)
{
    for (size_t table = 0; table < GAZETTEER_TABLES; table++) {
        if (!store_clear(txn, table, err)) return false;
    }
    return true;
}

bool gazetteer_merge(const char *path, bool replace, struct gazetteer_report *report,
                     struct err *err)
{
    struct store *store = NULL;
    struct store_txn *txn = NULL;
    batch_settle(&report->batch);
    if (!gazetteer_store_open(path, &store, err)) return false;
    bool ok = store_begin(store, true, &txn, err);
    if (ok) {
        ok = (!replace || clear(txn, err)) && put_units(txn, &report->batch, err) &&
             gazetteer_areas_rebuild(txn, &report->batch, err) &&
             put_places(txn, &report->batch, err) && put_imports(txn, report, err);
        if (ok) {
            ok = store_commit(txn, err);
        } else {
            store_abort(txn);
        }
    }
    store_close(store);
    return ok;
}

bool gazetteer_import(const char *path, const char *const *files, size_t count,
                      const struct gazetteer_import_options *options,
                      struct gazetteer_report *report, struct err *err)
{
    return gazetteer_read_files(files, count, options, report, err) &&
           gazetteer_merge(path, options->replace, report, err);
}
