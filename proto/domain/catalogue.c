/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/catalogue.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/domain/catalogue_data.h"
#include "proto/domain/grid.h"

const struct catalogue *catalogue_get(uint32_t version)
{
    for (size_t i = 0; i < catalogue_version_count; i++) {
        if (catalogue_versions[i].version == version) return &catalogue_versions[i];
    }
    return NULL;
}

const struct criterion *catalogue_find(const struct catalogue *catalogue, const char *code)
{
    for (size_t i = 0; i < catalogue->count; i++) {
        if (strcmp(catalogue->criteria[i].code, code) == 0) return &catalogue->criteria[i];
    }
    return NULL;
}

const struct criterion *catalogue_slot(const struct catalogue *catalogue, uint16_t slot)
{
    REQUIRE(slot < catalogue->slots);
    /* A criterion's place in the table is its slot plus the provider-scope ones before it. */
    size_t i = slot;
    while (catalogue->criteria[i].slot != slot) {
        i++;
        REQUIRE(i < catalogue->count);
    }
    return &catalogue->criteria[i];
}

struct blind_layout catalogue_layout(const struct catalogue *catalogue, size_t quadrants)
{
    REQUIRE(quadrants <= UINT16_MAX / QUADRANT_CELLS);
    struct blind_layout layout = {.hard_slots = catalogue->hard_slots,
                                  .soft_slots = catalogue->soft_slots,
                                  .cells = (uint16_t)(quadrants * QUADRANT_CELLS)};
    return layout;
}

enum { CODE_CHARS = 24, NEAR = 2 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edits (insert, delete, replace, swap neighbours) from a to b, case and '-' for '_' ignored. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][CODE_CHARS + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t m = strlen(a), n = strlen(b);
    for (size_t j = 0; j <= n; j++) last[j] = j;
    for (size_t i = 1; i <= m; i++) {
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
            row[j] = least(last[j - 1] + change, least(last[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[n];
}

const char *catalogue_suggest(const struct catalogue *catalogue, const char *code)
{
    char folded[CODE_CHARS + 1];
    size_t len = strlen(code);
    if (len == 0 || len > CODE_CHARS) return NULL;
    for (size_t i = 0; i <= len; i++) {
        folded[i] = code[i] == '-' || code[i] == ' ' ? '_' : (char)toupper((unsigned char)code[i]);
    }
    const char *best = NULL;
    size_t best_distance = NEAR + 1;
    for (size_t i = 0; i < catalogue->count; i++) {
        const char *known = catalogue->criteria[i].code;
        if (strlen(known) > CODE_CHARS) continue;
        size_t distance = edit_distance(folded, known);
        if (distance < best_distance) {
            best = known;
            best_distance = distance;
        }
    }
    /* Two edits turn any short word into some code: they only count in a longer one. */
    return best_distance <= 1 || (best_distance == NEAR && len >= 6) ? best : NULL;
}

bool catalogue_match(const struct catalogue *catalogue, const char *group, const char *text,
                     const struct criterion **out, struct err *err)
{
    const struct criterion *found = catalogue_find(catalogue, text);
    if (!found || (group && strcmp(found->group, group) != 0)) {
        return err_set(err, ERR_INVALID, NULL, "is not a criterion");
    }
    *out = found;
    return true;
}

static uint16_t slot_of(const struct catalogue *catalogue, const char *code)
{
    const struct criterion *criterion = catalogue_find(catalogue, code);
    REQUIRE(criterion && criterion->slot != SLOT_NONE);
    return criterion->slot;
}

uint16_t catalogue_age_slot(const struct catalogue *catalogue, int age)
{
    REQUIRE(age == AGE_UNBORN || (age >= 0 && age <= AGE_MAX));
    if (age == AGE_UNBORN) return slot_of(catalogue, "AGE_UB");
    char code[CODE_CHARS];
    (void)snprintf(code, sizeof code, "AGE_%02d", age);
    return slot_of(catalogue, code);
}

uint16_t catalogue_sex_slot(const struct catalogue *catalogue, char sex)
{
    REQUIRE(sex == 'M' || sex == 'F');
    return slot_of(catalogue, sex == 'M' ? "SEX_M" : "SEX_F");
}

uint16_t catalogue_places_slot(const struct catalogue *catalogue, int children)
{
    static const char *const codes[] = {"NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"};
    REQUIRE(children >= 1);
    return slot_of(catalogue, codes[children > 5 ? 4 : children - 1]);
}

uint16_t catalogue_availability_slot(const struct catalogue *catalogue, enum availability a)
{
    static const char *const codes[] = {"AVL_TODAY", "AVL_5D", "AVL_LATER", "AVL_UNCONF"};
    REQUIRE(a >= AVAILABLE_TODAY && a <= AVAILABLE_UNCONFIRMED);
    return slot_of(catalogue, codes[a]);
}

bool criterion_has_field(const struct criterion *criterion)
{
    return strcmp(criterion->group, "age") == 0 || strcmp(criterion->group, "availability") == 0 ||
           strncmp(criterion->code, "NUM_", 4) == 0 || strncmp(criterion->code, "PT_", 3) == 0 ||
           strncmp(criterion->code, "SEX_", 4) == 0;
}
