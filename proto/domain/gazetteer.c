/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/gazetteer_store.h"

static const char *const table_names[GAZETTEER_TABLES] = {"units", "areas", "names", "imports"};
const struct store_schema gazetteer_schema = {.name = HOME_GAZETTEER,
                                              .tables = table_names,
                                              .table_count = GAZETTEER_TABLES,
                                              .format = 2,
                                              .oldest = 1,
                                              .readable = 1,
                                              .upgrades = store_upgrade_stamp_only};

bool gazetteer_store_open(const char *path, struct store **out, struct err *err)
{
    return store_open(path, true, &gazetteer_schema, GAZETTEER_MAX_MIB, out, err) ||
           err_in(err, "gazetteer");
}

static bool none_there(const char *path, struct err *err)
{
    return err_set(err, ERR_NOT_FOUND, "gazetteer",
                   "there is none in %s: 'hearth gazetteer import FILE' (or hearth-agent) makes it "
                   "from the ONS Postcode Directory or OS Code-Point Open, both free",
                   path);
}

bool gazetteer_store_read(const char *path, struct store **out, struct err *err)
{
    if (store_open_reader(path, &gazetteer_schema, GAZETTEER_MAX_MIB, out, err)) {
        return true;
    }
    return err->code == ERR_NOT_FOUND ? none_there(path, err) : err_in(err, "gazetteer");
}

/* An import that was broken off before anything was in it leaves an empty store. */
static bool check_not_empty(struct store *store, const char *path, struct err *err)
{
    struct store_txn *txn = NULL;
    size_t imports = 0;
    if (!store_begin(store, false, &txn, err)) return false;
    bool ok = store_count(txn, TABLE_IMPORTS, &imports, err);
    store_abort(txn);
    if (!ok || imports > 0) return ok;
    return none_there(path, err);
}

bool gazetteer_open(const char *path, struct gazetteer **out, struct err *err)
{
    struct store *store = NULL;
    if (!gazetteer_store_read(path, &store, err)) return false;
    if (!check_not_empty(store, path, err)) {
        store_close(store);
        return false;
    }
    *out = mem_new(struct gazetteer);
    (*out)->store = store;
    return true;
}

bool gazetteer_open_home(const char *home, struct gazetteer **out, struct err *err)
{
    char *path = file_join(home, HOME_GAZETTEER);
    bool ok = gazetteer_open(path, out, err);
    free(path);
    if (ok || err->code != ERR_NOT_FOUND) return ok;
    *err = (struct err){0};
    *out = NULL;
    return true;
}

void gazetteer_close(struct gazetteer *gazetteer)
{
    if (!gazetteer) return;
    store_close(gazetteer->store);
    free(gazetteer);
}

/* ---- look-ups ---- */

/* One entry, decoded while the transaction holds it. */
typedef bool (*decode_fn)(const uint8_t *record, size_t len, void *ctx, struct err *err);

static bool look_up(struct gazetteer *gazetteer, enum gazetteer_table table, const char *key,
                    decode_fn decode, void *ctx, bool *found, struct err *err)
{
    struct store_txn *txn = NULL;
    const uint8_t *record = NULL;
    size_t len = 0;
    if (!store_begin(gazetteer->store, false, &txn, err)) return false;
    bool there = false;
    bool ok = store_get(txn, table, key, strlen(key), &record, &len, &there, err);
    if (ok && there) ok = decode(record, len, ctx, err);
    store_abort(txn);
    if (ok) *found = there;
    return ok;
}

struct unit_search {
    uint32_t letters;
    struct gazetteer_unit *out;
    bool found;
};

static bool find_unit(const uint8_t *record, size_t len, void *ctx, struct err *err)
{
    struct unit_search *search = ctx;
    return gazetteer_units_find(record, len, search->letters, search->out, &search->found, err);
}

bool gazetteer_unit(struct gazetteer *gazetteer, const struct postcode *unit,
                    struct gazetteer_unit *out, bool *found, struct err *err)
{
    char key[POSTCODE_TEXT];
    struct unit_search search = {.letters = postcode_letters(unit), .out = out};
    struct postcode sector = postcode_sector(unit);
    bool there = false;
    (void)postcode_text(&sector, key);
    if (!look_up(gazetteer, TABLE_UNITS, key, find_unit, &search, &there, err)) return false;
    *found = search.found;
    return true;
}

static bool decode_area(const uint8_t *record, size_t len, void *ctx, struct err *err)
{
    return gazetteer_area_decode(record, len, ctx, err);
}

bool gazetteer_area(struct gazetteer *gazetteer, const struct postcode *area,
                    struct gazetteer_area *out, bool *found, struct err *err)
{
    char key[POSTCODE_TEXT];
    REQUIRE(postcode_kind(area) != POSTCODE_UNIT);
    return look_up(gazetteer, TABLE_AREAS, postcode_text(area, key), decode_area, out, found, err);
}

struct place_list {
    struct gazetteer_place *places;
    size_t count;
};

static bool decode_places(const uint8_t *record, size_t len, void *ctx, struct err *err)
{
    struct place_list *list = ctx;
    return gazetteer_places_decode(record, len, &list->places, &list->count, err);
}

/* Larger kinds first; then west to east, so that the order is always the same. */
static int by_kind(const void *a, const void *b)
{
    const struct gazetteer_place *x = a, *y = b;
    if (x->kind != y->kind) return (int)x->kind - (int)y->kind;
    if (x->at.east != y->at.east) return x->at.east < y->at.east ? -1 : 1;
    return (x->at.north > y->at.north) - (x->at.north < y->at.north);
}

bool gazetteer_places(struct gazetteer *gazetteer, const char *name, struct gazetteer_place **out,
                      size_t *count, struct err *err)
{
    char key[GAZETTEER_KEY_MAX + 1];
    struct place_list list = {0};
    bool found = false;
    if (*gazetteer_name_key(name, key) != '\0' &&
        !look_up(gazetteer, TABLE_NAMES, key, decode_places, &list, &found, err)) {
        return false;
    }
    if (list.count > 1) qsort(list.places, list.count, sizeof *list.places, by_kind);
    *out = list.places;
    *count = list.count;
    return true;
}
