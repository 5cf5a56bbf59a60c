/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"

struct walk {
    const struct plan *plan;
    struct ranking *ranking;
    int32_t today;
    int fresh_days;
    bool near_misses;
    struct slot_set *set; /* guarded */
};

static void set_bit(uint8_t *bits, size_t i)
{
    bits[i / 8] = (uint8_t)(bits[i / 8] | 1u << (i % 8));
}

static bool has_bit(const uint8_t *bits, size_t i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

bool ranked_meets(const struct ranked *ranked, size_t need)
{
    return has_bit(ranked->musts_met, need);
}

bool ranked_likes(const struct ranked *ranked, size_t preference)
{
    return has_bit(ranked->preferences_met, preference);
}

/* ---- needs ---- */

static void add_need(struct ranking *ranking, enum need_kind kind, uint16_t slot)
{
    for (size_t i = 0; i < ranking->need_count; i++) {
        if (ranking->needs[i].kind == kind && ranking->needs[i].slot == slot) return;
    }
    REQUIRE(ranking->need_count < NEEDS_MAX);
    ranking->needs[ranking->need_count++] = (struct need){kind, slot};
}

static void list_needs(struct ranking *ranking, const struct referral *referral,
                       const struct catalogue *catalogue)
{
    for (size_t i = 0; i < referral->child_count; i++) {
        const struct child *child = &referral->children[i];
        add_need(ranking, NEED_SLOT, catalogue_age_slot(catalogue, child->age));
        if (child->sex == 'U') continue;
        add_need(ranking, NEED_SLOT, catalogue_sex_slot(catalogue, child->sex));
    }
    add_need(ranking, NEED_SLOT, catalogue_places_slot(catalogue, (int)referral->child_count));
    add_need(ranking, NEED_SLOT, referral->placement_type);
    add_need(ranking, NEED_AVAILABLE, SLOT_NONE);
    if (referral->has_location) add_need(ranking, NEED_PLACE, SLOT_NONE);
    for (size_t i = 0; i < referral->must_count; i++) {
        add_need(ranking, NEED_SLOT, referral->must[i]);
    }
    memcpy(ranking->preferences, referral->prefer, sizeof ranking->preferences);
    ranking->preference_count = referral->prefer_count;
}

static bool holds(const struct slot_set *set, uint16_t slot)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->slots[i] == slot) return true;
    }
    return false;
}

static bool is_available(const struct plan *plan, const struct slot_set *set)
{
    for (int a = AVAILABLE_TODAY; a <= AVAILABLE_UNCONFIRMED; a++) {
        uint16_t slot = catalogue_availability_slot(plan->catalogue, (enum availability)a);
        if (plan->hard[slot] && holds(set, slot)) return set->placeable;
    }
    return false;
}

static bool meets(const struct plan *plan, const struct slot_set *set, const struct need *need)
{
    switch (need->kind) {
    case NEED_SLOT: return holds(set, need->slot);
    case NEED_AVAILABLE: return is_available(plan, set);
    case NEED_PLACE: return plan_accepts_cell(plan, set->cell);
    }
    return false;
}

static void note_met(const struct walk *walk, struct ranked *out)
{
    const struct ranking *ranking = walk->ranking;
    for (size_t i = 0; i < ranking->need_count; i++) {
        if (meets(walk->plan, walk->set, &ranking->needs[i])) {
            set_bit(out->musts_met, i);
        } else {
            out->missed++;
        }
    }
    for (size_t i = 0; i < ranking->preference_count; i++) {
        if (holds(walk->set, ranking->preferences[i])) set_bit(out->preferences_met, i);
    }
}

/* ---- carers ---- */

static struct ranked *next_room(struct ranking *ranking)
{
    enum { FIRST = 64 };
    size_t cap = ranking->memory.len / sizeof(struct ranked);
    if (ranking->count == cap) {
        struct secret larger = secret_new((cap ? 2 * cap : FIRST) * sizeof(struct ranked));
        if (cap > 0) memcpy(larger.data, ranking->memory.data, ranking->memory.len);
        secret_free(&ranking->memory);
        ranking->memory = larger;
    }
    return (struct ranked *)(void *)ranking->memory.data + ranking->count;
}

static bool rank_one(const struct profile *profile, void *ctx, struct err *err)
{
    (void)err;
    struct walk *walk = ctx;
    struct ranked *ranked = next_room(walk->ranking);
    memset(ranked, 0, sizeof *ranked);
    profile_slots(profile, walk->plan->catalogue, walk->today, walk->fresh_days, walk->set);
    ranked->score = plan_score(walk->plan, walk->set);
    note_met(walk, ranked);
    bool eligible = ranked->score != SCORE_NONE;
    if (!eligible && (!walk->near_misses || ranked->missed != 1)) return true;
    memcpy(ranked->ref, profile->ref, sizeof ranked->ref);
    memcpy(ranked->name, profile->name, sizeof ranked->name);
    walk->ranking->count++;
    if (eligible) walk->ranking->eligible++;
    return true;
}

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = *(struct ranked *const *)a;
    const struct ranked *y = *(struct ranked *const *)b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return strcmp(x->ref, y->ref);
}

/* Pointers are sorted: the C library's qsort may copy what it sorts. */
static void sort_items(struct ranking *ranking)
{
    struct ranked *items = (struct ranked *)(void *)ranking->memory.data;
    ranking->items = mem_array(ranking->count, sizeof(struct ranked *));
    for (size_t i = 0; i < ranking->count; i++) ranking->items[i] = &items[i];
    if (ranking->count > 0) {
        qsort(ranking->items, ranking->count, sizeof(struct ranked *), best_first);
    }
}

bool ranking_make(struct vault *vault, const struct plan *plan, const struct referral *referral,
                  int32_t today, int fresh_days, struct ranking *out, struct err *err)
{
    struct secret room = secret_new(sizeof(struct slot_set));
    struct walk walk = {.plan = plan,
                        .ranking = out,
                        .today = today,
                        .fresh_days = fresh_days,
                        .near_misses = referral != NULL,
                        .set = (struct slot_set *)(void *)room.data};
    *out = (struct ranking){0};
    if (referral) list_needs(out, referral, plan->catalogue);
    bool ok = vault_each(vault, rank_one, &walk, NULL, err);
    secret_free(&room);
    if (ok) {
        sort_items(out);
    } else {
        ranking_free(out);
    }
    return ok;
}

void ranking_free(struct ranking *ranking)
{
    secret_free(&ranking->memory);
    free(ranking->items);
    sodium_memzero(ranking, sizeof *ranking);
}
