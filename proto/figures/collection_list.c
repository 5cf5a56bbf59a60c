/* SPDX-License-Identifier: Apache-2.0
 * Which agreements there are.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

struct period_list {
    struct step *step;
    struct collection_period *items;
    size_t count;
};

static bool add_period(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    struct period_list *list = ctx;
    struct agreement_record record;
    uint32_t done = 0;
    if (key_len != HASH_BYTES || !agreement_record_decode(value, len, &record, err) ||
        !done_count(list->step, key, &done, err)) {
        return false;
    }
    struct collection_period period = {.period = record.period,
                                       .opens_at = record.opens_at,
                                       .closes_at = record.closes_at,
                                       .agreed = record.agreed,
                                       .released = record.over || done >= record.terms};
    memcpy(period.manifest_hash, key, HASH_BYTES);
    memcpy(period.hub, record.hub, sizeof period.hub);
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = period;
    return true;
}

static int by_period(const void *a, const void *b)
{
    const struct collection_period *x = a, *y = b;
    if (x->period != y->period) return x->period < y->period ? -1 : 1;
    return strcmp(x->hub, y->hub);
}

bool collection_periods(struct collection *collection, struct collection_period **out,
                        size_t *count, struct err *err)
{
    struct step step;
    struct period_list list = {.step = &step, .items = mem_array(0, sizeof *list.items)};
    bool ok =
        step_begin(collection, false, &step, err) &&
        step_end(&step, store_each(step.txn, TABLE_AGREEMENTS, NULL, 0, add_period, &list, err),
                 err);
    if (!ok) {
        free(list.items);
        return false;
    }
    if (list.count > 1) qsort(list.items, list.count, sizeof *list.items, by_period);
    *out = list.items;
    *count = list.count;
    return true;
}

/* The certificate may have been renewed since the agreement was read. */
static bool read_hub(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
                     struct certificate *out, struct err *err)
{
    struct agreement_record record;
    bool found = false;
    return agreement_read(step, manifest_hash, &record, &found, err) &&
           (found || err_set(err, ERR_NOT_FOUND, "manifest_hash", "the agreement has gone")) &&
           kept_certificate(&record.hub_certificate, out, err);
}

bool collection_agreement(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                          struct agreement *out, struct err *err)
{
    const struct agreement *held = NULL;
    struct certificate hub;
    struct step step;
    if (!held_find(collection, manifest_hash, &held, err)) return false;
    bool ok = step_begin(collection, false, &step, err) &&
              step_end(&step, read_hub(&step, manifest_hash, &hub, err), err);
    if (ok) {
        agreement_copy(held, out);
        out->hub = hub;
    }
    held_drop(collection, held);
    return ok;
}
