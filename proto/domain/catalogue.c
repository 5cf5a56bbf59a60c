/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/catalogue.h"

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

enum { CODE_CHARS = 24 };

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
