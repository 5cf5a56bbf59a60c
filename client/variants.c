/* SPDX-License-Identifier: Apache-2.0 */
#include "client/variants.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/mem.h"

bool variants_check(const struct request *request, struct err *err)
{
    return request->must_count <= EXPLAIN_MUSTS_MAX ||
           err_set(err, ERR_INVALID, "must",
                   "%zu codes; at most %d can be explained at once: move some to prefer, or leave "
                   "them out",
                   request->must_count, EXPLAIN_MUSTS_MAX);
}

static void list_variants(const struct request *request, struct variants *out)
{
    out->count = 0;
    for (size_t i = 0; i < request->must_count; i++) {
        out->list[out->count++] =
            (struct variant){.kind = VARIANT_WITHOUT, .slot = request->must[i]};
    }
    for (unsigned quarters = 1; request->anchor_count > 0 && quarters <= 2; quarters++) {
        out->list[out->count++] = (struct variant){.kind = VARIANT_WITHIN, .quarters = quarters};
    }
}

static void drop_must(struct request *request, uint16_t slot)
{
    size_t kept = 0;
    for (size_t i = 0; i < request->must_count; i++) {
        if (request->must[i] != slot) request->must[kept++] = request->must[i];
    }
    request->must_count = kept;
}

int32_t variant_within(int32_t km, unsigned quarters)
{
    int32_t longer = (km * (4 + (int32_t)quarters) + 3) / 4;
    return longer < WITHIN_KM_MAX ? longer : WITHIN_KM_MAX;
}

static void lengthen(struct request *request, unsigned quarters)
{
    for (size_t i = 0; i < request->anchor_count; i++) {
        struct anchor *anchor = &request->anchors[i];
        anchor->within_km = variant_within(anchor->within_km, quarters);
    }
}

static bool plan_variant(const struct request *request, const struct variant *variant,
                         const struct catalogue *catalogue, struct plan *out, struct err *err)
{
    struct request *changed = mem_new(struct request);
    *changed = *request;
    if (variant->kind == VARIANT_WITHOUT) drop_must(changed, variant->slot);
    if (variant->kind == VARIANT_WITHIN) lengthen(changed, variant->quarters);
    bool ok = plan_make(changed, catalogue, out, err);
    sodium_memzero(changed, sizeof *changed);
    free(changed);
    return ok;
}

/* Makes room for a plan's quadrants in the footprint; false where there is not enough. */
static bool widen(const struct la *la, const struct request *request, const struct plan *plan,
                  struct variants *variants)
{
    uint16_t wider[FOOTPRINT_MAX];
    size_t count =
        compose_wider_footprint(la, request, plan, variants->footprint, variants->quadrants, wider);
    if (count == 0) return false;
    memcpy(variants->footprint, wider, count * sizeof *wider);
    variants->quadrants = count;
    return true;
}

/* The longest distance first: where it fits, it holds the shorter one's quadrants. */
static void plan_distances(const struct la *la, const struct request *request,
                           const struct plan *base, struct variants *variants)
{
    struct err err;
    bool widened = false;
    for (size_t i = variants->count; i-- > 0;) {
        struct variant *variant = &variants->list[i];
        if (variant->kind != VARIANT_WITHIN) continue;
        struct plan *plan = &variants->plans[i];
        bool planned = plan_variant(request, variant, base->catalogue, plan, &err);
        widened = widened || (planned && widen(la, request, plan, variants));
        variant->too_wide = !planned || !widened;
        if (variant->too_wide) *plan = *base;
    }
}

static bool plan_all(const struct la *la, const struct request *request, const struct plan *base,
                     struct variants *out, struct err *err)
{
    out->quadrants = compose_footprint(la, request, base, out->footprint);
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        bool without = i < out->count && out->list[i].kind == VARIANT_WITHOUT;
        if (!without) {
            out->plans[i] = *base;
        } else if (!plan_variant(request, &out->list[i], base->catalogue, &out->plans[i], err)) {
            return false;
        }
    }
    plan_distances(la, request, base, out);
    return true;
}

bool variants_make(const struct la *la, const struct request *request,
                   const struct catalogue *catalogue, struct variants *out, struct err *err)
{
    struct plan *base = mem_new(struct plan);
    REQUIRE(request->must_count <= EXPLAIN_MUSTS_MAX);
    list_variants(request, out);
    bool ok = plan_make(request, catalogue, base, err) && plan_all(la, request, base, out, err);
    plan_wipe(base);
    free(base);
    return ok;
}

void variants_wipe(struct variants *variants)
{
    sodium_memzero(variants, sizeof *variants);
}
