/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer_areas.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/domain/gazetteer_store.h"

struct sum {
    int64_t east, north;
    uint32_t count;
};

/* What one source says of a sector or district; those of one key are put together at the end. */
struct part {
    char key[POSTCODE_TEXT];
    uint32_t number; /* of two files the later one counts */
    struct sum live, ended;
    struct sum sectors; /* of a district: what a file says of its sectors */
    bool given;
    struct grid_point given_at;
};

struct parts {
    struct part *items;
    size_t count, cap;
};

static struct part *add(struct parts *parts)
{
    if (parts->count == parts->cap) {
        parts->cap = parts->cap ? parts->cap * 2 : 1024;
        parts->items = mem_resize(parts->items, parts->cap, sizeof *parts->items);
    }
    struct part *part = &parts->items[parts->count];
    *part = (struct part){.number = (uint32_t)parts->count};
    parts->count++;
    return part;
}

/* ---- where they come from ---- */

static bool set_key(struct part *part, const uint8_t *key, size_t len, struct err *err)
{
    struct postcode code;
    bool fits = len < sizeof part->key;
    if (fits) memcpy(part->key, key, len);
    if (fits && postcode_parse(part->key, &code)) return true;
    return err_set(err, ERR_CORRUPT, "gazetteer",
                   "the gazetteer is damaged (a key); import it again");
}

static void add_to(struct sum *sum, struct grid_point at)
{
    sum->east += at.east;
    sum->north += at.north;
    sum->count++;
}

static bool add_given(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                      void *ctx, struct err *err)
{
    struct gazetteer_area area;
    if (!gazetteer_area_decode(value, value_len, &area, err)) return false;
    if (!area.given) return true;
    struct part *part = add(ctx);
    part->given = true;
    part->given_at = area.given_at;
    return set_key(part, key, key_len, err);
}

static void add_batch(struct parts *parts, const struct gazetteer_batch *batch)
{
    for (size_t i = 0; i < batch->area_count; i++) {
        struct part *part = add(parts);
        memcpy(part->key, batch->areas[i].key, sizeof part->key);
        part->given = true;
        part->given_at = batch->areas[i].at;
    }
}

static bool add_sector(const uint8_t *key, size_t key_len, const uint8_t *value, size_t value_len,
                       void *ctx, struct err *err)
{
    struct parts *parts = ctx;
    struct part *sector = add(parts);
    size_t count = 0;
    if (!set_key(sector, key, key_len, err) ||
        !gazetteer_units_check(value, value_len, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t letters = 0;
        struct gazetteer_unit unit;
        if (!gazetteer_units_at(value, value_len, i, &letters, &unit, err)) return false;
        add_to(unit.ended ? &sector->ended : &sector->live, unit.at);
    }
    struct part copy = *sector;
    struct part *district = add(parts);
    copy.number = district->number;
    copy.key[strcspn(copy.key, " ")] = '\0';
    *district = copy;
    return true;
}

/* ---- putting together ---- */

static int by_key(const void *a, const void *b)
{
    const struct part *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

static void add_sum(struct sum *sum, const struct sum *one)
{
    sum->east += one->east;
    sum->north += one->north;
    sum->count += one->count;
}

static struct grid_point mean(const struct sum *sum)
{
    return (struct grid_point){(int32_t)(sum->east / sum->count),
                               (int32_t)(sum->north / sum->count)};
}

static void choose_point(const struct part *all, struct gazetteer_area *area)
{
    area->point = all->live.count > 0      ? POINT_LIVE
                  : all->given             ? POINT_GIVEN
                  : all->sectors.count > 0 ? POINT_SECTORS
                                           : POINT_ENDED;
    switch (area->point) {
    case POINT_LIVE: area->at = mean(&all->live); break;
    case POINT_GIVEN: area->at = all->given_at; break;
    case POINT_SECTORS: area->at = mean(&all->sectors); break;
    case POINT_ENDED: area->at = mean(&all->ended); break;
    }
}

/* The parts of one key into one; of two that were given the later one counts. */
static struct part put_together(const struct part *parts, size_t count)
{
    struct part all = parts[0];
    for (size_t i = 1; i < count; i++) {
        add_sum(&all.live, &parts[i].live);
        add_sum(&all.ended, &parts[i].ended);
        add_sum(&all.sectors, &parts[i].sectors);
        if (!parts[i].given) continue;
        all.given = true;
        all.given_at = parts[i].given_at;
    }
    return all;
}

static bool put_area(struct store_txn *txn, const struct part *all, struct err *err)
{
    struct gazetteer_area area = {.live = all->live.count,
                                  .ended = all->ended.count,
                                  .given = all->given,
                                  .given_at = all->given_at};
    choose_point(all, &area);
    struct buf record = {0};
    gazetteer_area_encode(&area, &record);
    bool ok = store_put(txn, TABLE_AREAS, all->key, strlen(all->key), record.data, record.len, err);
    buf_free(&record);
    return ok;
}

/* One part for each key. */
static void settle(struct parts *parts)
{
    size_t from = 0, kept = 0;
    if (parts->count > 0) qsort(parts->items, parts->count, sizeof *parts->items, by_key);
    while (from < parts->count) {
        size_t to = from + 1;
        while (to < parts->count && strcmp(parts->items[from].key, parts->items[to].key) == 0) to++;
        parts->items[kept++] = put_together(&parts->items[from], to - from);
        from = to;
    }
    parts->count = kept;
}

/* What is given of a sector, once each, for its district, which no file may have. */
static void add_districts(struct parts *parts)
{
    size_t settled = parts->count;
    for (size_t i = 0; i < settled; i++) {
        if (!strchr(parts->items[i].key, ' ') || !parts->items[i].given) continue;
        struct part *district = add(parts);
        const struct part *sector = &parts->items[i]; /* adding may have moved it */
        memcpy(district->key, sector->key, strcspn(sector->key, " "));
        add_to(&district->sectors, sector->given_at);
    }
}

static bool put_all(struct store_txn *txn, const struct parts *parts, struct err *err)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (!put_area(txn, &parts->items[i], err)) return false;
    }
    return true;
}

bool gazetteer_areas_rebuild(struct store_txn *txn, const struct gazetteer_batch *batch,
                             struct err *err)
{
    struct parts parts = {0};
    bool ok = store_each(txn, TABLE_AREAS, NULL, 0, add_given, &parts, err);
    add_batch(&parts, batch);
    ok = ok && store_each(txn, TABLE_UNITS, NULL, 0, add_sector, &parts, err);
    settle(&parts);
    add_districts(&parts);
    settle(&parts);
    ok = ok && store_clear(txn, TABLE_AREAS, err) && put_all(txn, &parts, err);
    free(parts.items);
    return ok;
}
