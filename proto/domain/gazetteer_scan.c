/* SPDX-License-Identifier: Apache-2.0
 * Look-ups that go over several entries: what is near, and what the gazetteer holds in all.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/gazetteer.h"
#include "proto/domain/gazetteer_store.h"

/* ---- what is near ---- */

/* A window over what passes in ascending order: the last two before what is sought, then as many
 * after it as there is room for. */
struct window {
    const char *prefix; /* of the keys that count */
    size_t prefix_len;
    char sought[POSTCODE_TEXT];
    struct gazetteer_near *near;
};

static void window_add(struct gazetteer_near *near, const struct postcode *item, bool before)
{
    enum { BEFORE = GAZETTEER_NEAR / 2 };
    if (before && near->count == BEFORE) {
        memmove(near->items, near->items + 1, (BEFORE - 1) * sizeof *near->items);
        near->count--;
    }
    if (near->count < GAZETTEER_NEAR) near->items[near->count++] = *item;
}

static bool window_key(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    struct window *window = ctx;
    char text[POSTCODE_TEXT] = {0};
    struct postcode area;
    (void)value;
    (void)value_len;
    if (key_len < window->prefix_len || key_len >= sizeof text) return true;
    memcpy(text, key, key_len);
    int order = strncmp(text, window->prefix, window->prefix_len);
    if (order != 0) {
        err->code = ERR_NONE;
        return order < 0;
    }
    bool sector = strchr(text, ' ') != NULL, wanted = strchr(window->sought, ' ') != NULL;
    /* "LS" must not bring districts of area "L"; "S" none of "SE". */
    bool same_area = wanted || (text[window->prefix_len] >= '0' && text[window->prefix_len] <= '9');
    if (sector == wanted && same_area && postcode_parse(text, &area)) {
        window_add(window->near, &area, strcmp(text, window->sought) < 0);
    }
    return true;
}

static bool near_areas(struct store_txn *txn, const struct postcode *postcode,
                       struct gazetteer_near *out, struct err *err)
{
    char prefix[POSTCODE_TEXT];
    struct window window = {.prefix = prefix, .near = out};
    (void)postcode_text(postcode, window.sought);
    (void)postcode_text(postcode, prefix);
    size_t keep = strcspn(prefix, "0123456789");
    if (postcode->sector) keep = strlen(prefix) - 1;
    prefix[keep] = '\0';
    window.prefix_len = keep;
    return store_each(txn, TABLE_AREAS, prefix, keep, window_key, &window, err);
}

static bool near_units(struct store_txn *txn, const struct postcode *unit,
                       struct gazetteer_near *out, struct err *err)
{
    struct postcode item = postcode_sector(unit);
    char key[POSTCODE_TEXT];
    const uint8_t *record = NULL;
    size_t len = 0, count = 0;
    bool found = false;
    (void)postcode_text(&item, key);
    if (!store_get(txn, TABLE_UNITS, key, strlen(key), &record, &len, &found, err)) return false;
    if (!found) return true;
    if (!gazetteer_units_check(record, len, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t letters = 0;
        struct gazetteer_unit at;
        if (!gazetteer_units_at(record, len, i, &letters, &at, err)) return false;
        if (at.ended) continue;
        postcode_set_letters(&item, letters);
        window_add(out, &item, letters < postcode_letters(unit));
    }
    return true;
}

bool gazetteer_near(struct gazetteer *gazetteer, const struct postcode *postcode,
                    struct gazetteer_near *out, struct err *err)
{
    struct store_txn *txn = NULL;
    if (!store_begin(gazetteer->store, false, &txn, err)) return false;
    out->count = 0;
    bool unit = postcode_kind(postcode) == POSTCODE_UNIT;
    bool ok = unit ? near_units(txn, postcode, out, err) : near_areas(txn, postcode, out, err);
    store_abort(txn);
    return ok;
}

/* ---- what it holds ---- */

static bool count_area(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    struct gazetteer_counts *counts = ctx;
    struct gazetteer_area area;
    if (!gazetteer_area_decode(value, value_len, &area, err)) return false;
    if (memchr(key, ' ', key_len)) {
        counts->sectors++;
        return true;
    }
    counts->districts++;
    counts->live += area.live;
    counts->ended += area.ended;
    return true;
}

bool gazetteer_count(struct gazetteer *gazetteer, struct gazetteer_counts *out, struct err *err)
{
    struct store_txn *txn = NULL;
    struct gazetteer_counts counts = {0};
    size_t names = 0;
    if (!store_begin(gazetteer->store, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_AREAS, NULL, 0, count_area, &counts, err) &&
              store_count(txn, TABLE_NAMES, &names, err);
    store_abort(txn);
    counts.names = names;
    if (ok) *out = counts;
    return ok;
}

struct import_list {
    struct gazetteer_import_entry *entries;
    size_t count;
};

static bool add_import(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    struct import_list *list = ctx;
    struct gazetteer_import_entry entry;
    (void)key;
    (void)key_len;
    if (!gazetteer_import_decode(value, value_len, &entry, err)) return false;
    list->entries = mem_resize(list->entries, list->count + 1, sizeof *list->entries);
    list->entries[list->count++] = entry;
    return true;
}

bool gazetteer_imports(struct gazetteer *gazetteer, struct gazetteer_import_entry **out,
                       size_t *count, struct err *err)
{
    struct store_txn *txn = NULL;
    struct import_list list = {0};
    if (!store_begin(gazetteer->store, false, &txn, err)) return false;
    bool ok = store_each(txn, TABLE_IMPORTS, NULL, 0, add_import, &list, err);
    store_abort(txn);
    if (!ok) {
        free(list.entries);
        return false;
    }
    *out = list.entries;
    *count = list.count;
    return true;
}
