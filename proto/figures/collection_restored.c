/* SPDX-License-Identifier: Apache-2.0
 * A matcher's collection that was put back from a backup. What was half-opened since, it does not
 * know. Were it to half-open the same table again, of the contributions that it has now, a hub
 * could take the difference of two sums, which is one party's. So every table whose window had
 * closed when it was restored, and which is not done in the copy, is given up.
 *
 * A hub needs none of this: without the matcher it opens nothing, and the matcher gives the half
 * that it gave before.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

static const char SETTLED_KEY[] = "settled"; /* in TABLE_META: u64 to_ms of the gap */

struct unsettled {
    struct store_gap gap; /* to_ms 0: there is none */
    uint8_t (*items)[HASH_BYTES];
    size_t count;
};

static bool add_closed(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    struct unsettled *list = ctx;
    struct agreement_record record;
    if (key_len != HASH_BYTES || !agreement_record_decode(value, len, &record, err)) return false;
    if (record.over || !record.agreed || record.closes_at > list->gap.to_ms) return true;
    list->items = mem_resize(list->items, list->count + 1, HASH_BYTES);
    memcpy(list->items[list->count++], key, HASH_BYTES);
    return true;
}

static bool find_in(struct step *step, struct unsettled *out, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get_gap(step->txn, &out->gap, err)) return false;
    if (out->gap.to_ms == 0) return true;
    if (!store_get(step->txn, TABLE_META, SETTLED_KEY, sizeof SETTLED_KEY - 1, &value, &len, &found,
                   err)) {
        return false;
    }
    if (found && len == 8 && (int64_t)store_key_read_u64(value) >= out->gap.to_ms) {
        out->gap = (struct store_gap){0};
        return true;
    }
    return store_each(step->txn, TABLE_AGREEMENTS, NULL, 0, add_closed, out, err);
}

static bool give_up(struct collection *collection, const struct agreement *agreement,
                    const struct unsettled *unsettled, size_t *count, struct err *err)
{
    char from[CLOCK_TEXT], to[CLOCK_TEXT];
    clock_format(unsettled->gap.from_ms, from);
    clock_format(unsettled->gap.to_ms, to);
    for (size_t i = 0; i < agreement->manifest.term_count; i++) {
        struct done_record record = {.kind = DONE_GIVEN_UP, .at = clock_wall_ms()};
        (void)err_set(&record.why, ERR_EXPIRED, "table",
                      "the matcher was restored at %s from a backup of %s: whether it was released "
                      "between, it does not know",
                      to, from);
        if (table_finish(collection, agreement, &agreement->manifest.terms[i], &record, err)) {
            (*count)++;
        } else if (err->code != ERR_EXISTS) { /* done before the backup: known */
            return false;
        }
    }
    return true;
}

static bool mark(struct collection *collection, const struct store_gap *gap, struct err *err)
{
    struct step step;
    uint8_t value[8];
    store_key_u64(value, (uint64_t)gap->to_ms);
    return step_begin(collection, true, &step, err) &&
           step_end(&step,
                    store_put(step.txn, TABLE_META, SETTLED_KEY, sizeof SETTLED_KEY - 1, value,
                              sizeof value, err),
                    err);
}

static bool settle(struct collection *collection, const struct unsettled *unsettled,
                   struct err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < unsettled->count; i++) {
        const struct agreement *agreement = NULL;
        if (!held_find(collection, unsettled->items[i], &agreement, err)) return false;
        bool ok = give_up(collection, agreement, unsettled, &count, err);
        held_drop(collection, agreement);
        if (!ok) return false;
    }
    log_warn("figures_restored", "tables_given_up=%zu", count);
    return mark(collection, &unsettled->gap, err);
}

bool collection_settle(struct collection *collection, struct err *err)
{
    struct unsettled unsettled = {.items = mem_array(0, HASH_BYTES)};
    struct step step;
    bool ok = step_begin(collection, false, &step, err) &&
              step_end(&step, find_in(&step, &unsettled, err), err);
    if (ok && unsettled.gap.to_ms > 0) ok = settle(collection, &unsettled, err);
    free(unsettled.items);
    return ok;
}
