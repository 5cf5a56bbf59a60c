/* SPDX-License-Identifier: Apache-2.0 */
#include "client/likeness.h"

#include <stdlib.h>
#include <string.h>

/* ---- features ---- */

static int by_number(const void *a, const void *b)
{
    const uint16_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sort(uint16_t *list, size_t count)
{
    if (count > 1) qsort(list, count, sizeof *list, by_number);
}

static size_t without_repeats(uint16_t *list, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || list[i] != list[kept - 1]) list[kept++] = list[i];
    }
    return kept;
}

void features_of(const struct request *request, const struct plan *plan, struct features *out)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < request->child_count; i++) {
        const struct child *child = &request->children[i];
        out->children[out->child_count++] =
            (uint16_t)(256 * (child->age + 1) + (unsigned char)child->sex);
    }
    sort(out->children, out->child_count);
    out->placement_type = request->placement_type;
    for (size_t i = 0; i < request->must_count; i++) {
        out->criteria[out->criteria_count++] = request->must[i];
    }
    for (size_t i = 0; i < request->prefer_count; i++) {
        out->criteria[out->criteria_count++] = (uint16_t)(request->prefer[i] | FEATURE_PREFERENCE);
    }
    sort(out->criteria, out->criteria_count);
    out->criteria_count = without_repeats(out->criteria, out->criteria_count);
    for (size_t i = 0; i < plan->quadrant_count * QUADRANT_CELLS; i++) {
        if (!plan->hard_cell[i]) continue;
        out->cells[out->cell_count++] =
            (uint16_t)(plan->quadrants[i / QUADRANT_CELLS] * QUADRANT_CELLS + i % QUADRANT_CELLS);
    }
}

/* ---- the measure ---- */

struct overlap {
    size_t both, either;
};

/* Of two ascending lists; what stands twice in one counts twice. */
static struct overlap overlap_of(const uint16_t *a, size_t a_count, const uint16_t *b,
                                 size_t b_count)
{
    struct overlap out = {0};
    size_t i = 0, j = 0;
    while (i < a_count && j < b_count) {
        if (a[i] == b[j]) out.both++;
        bool step_a = a[i] <= b[j], step_b = b[j] <= a[i];
        i += step_a;
        j += step_b;
    }
    out.either = a_count + b_count - out.both;
    return out;
}

/* At most one added or taken away, or one exchanged among others, or three in four the same. */
static bool criteria_near(const struct overlap *criteria)
{
    size_t differing = criteria->either - criteria->both;
    return differing <= 1 || (differing == 2 && criteria->both >= 2) ||
           4 * criteria->both >= 3 * criteria->either;
}

static bool place_near(const struct overlap *cells)
{
    return 2 * cells->both >= cells->either; /* none at all on both sides: the same place */
}

struct likeness likeness_of(const struct features *a, const struct features *b)
{
    enum { TELLING = 3 }; /* musts and preferences in common that make up for one difference */
    const struct overlap children =
        overlap_of(a->children, a->child_count, b->children, b->child_count);
    const struct overlap criteria =
        overlap_of(a->criteria, a->criteria_count, b->criteria, b->criteria_count);
    const struct overlap cells = overlap_of(a->cells, a->cell_count, b->cells, b->cell_count);
    size_t same_type = a->placement_type == b->placement_type;
    int differences =
        (children.both != children.either) + !same_type + (place_near(&cells) ? 0 : 1);
    struct likeness out = {
        .near = criteria_near(&criteria) &&
                (differences == 0 || (differences == 1 && criteria.both >= TELLING))};
    /* The place counts as one thing asked, of which a part may be common. */
    size_t place = cells.either ? 100 * cells.both / cells.either : 100;
    size_t both = children.both + criteria.both + same_type;
    size_t either = children.either + criteria.either + (same_type ? 1 : 2);
    out.percent = (unsigned)((100 * both + place) / (either + 1));
    return out;
}
