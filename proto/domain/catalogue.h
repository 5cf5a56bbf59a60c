/* SPDX-License-Identifier: Apache-2.0
 * The catalogue of criteria (docs/domain.md "Catalogue"): versioned, made from catalogue-N.csv at
 * build time. A slot is a criterion's place among those about carers, from 0; it is the same in all
 * versions that have the criterion.
 */
#ifndef HEARTH_DOMAIN_CATALOGUE_H
#define HEARTH_DOMAIN_CATALOGUE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"
#include "proto/crypto/blind.h"

enum {
    CATALOGUE_VERSION = 2,
    SLOT_NONE = 0xffff,
    SLOTS_MAX = 512 /* carer-scope criteria of any version */
};

enum criterion_kind { KIND_HARD = 1, KIND_SOFT = 2, KIND_BOTH = 3 };
enum criterion_scope { SCOPE_CARER, SCOPE_PROVIDER };

struct criterion {
    const char *code, *group, *label, *standard, *standard_code;
    enum criterion_scope scope;
    enum criterion_kind kind;
    bool one_of;         /* each carer holds exactly one of the group */
    const char *special; /* "none", "article 9", "article 9 by inference", "article 10" */
    uint16_t slot;       /* carer scope: 0.. in file order; else SLOT_NONE */
    uint16_t hard,
        soft; /* index among hard-/soft-capable carer slots, SLOT_NONE where not capable */
};

struct catalogue {
    uint32_t version;
    const struct criterion *criteria;
    size_t count;
    uint16_t slots, hard_slots, soft_slots;
};

/* NULL where that version is not known here. */
const struct catalogue *catalogue_get(uint32_t version);
/* The criterion with exactly that code, or NULL. */
const struct criterion *catalogue_find(const struct catalogue *catalogue, const char *code);
/* The carer-scope criterion in that slot; slot < catalogue->slots. */
const struct criterion *catalogue_slot(const struct catalogue *catalogue, uint16_t slot);
/* Layout of a query with that many quadrants (100 cells each). */
struct blind_layout catalogue_layout(const struct catalogue *catalogue, size_t quadrants);
/* The known code nearest to a misspelt one, or NULL where none is near. */
const char *catalogue_suggest(const struct catalogue *catalogue, const char *code);

/* The criterion that a person or a case system means by `text`, within `group` (NULL: any group):
 * its code, its label (with or without what stands there in brackets), or its code or words in a
 * standard (standards.h). Case, spaces and punctuation do not matter. A code comes first; then a
 * text that fits several criteria is ERR_INVALID, with their names ("J1": PT_REMAND or LS_J1; a
 * group often tells). Values that say nothing without their list ("No", "1") only count within a
 * group. Anything else is ERR_INVALID, with a suggestion where one is near, or with what the group
 * has. Finds criteria of every scope and kind: see `scope` and criterion_has_field. */
MUST_CHECK bool catalogue_match(const struct catalogue *catalogue, const char *group,
                                const char *text, const struct criterion **out, struct err *err);

/* Slots that fields of profiles and requests name. age: 0..17, or AGE_UNBORN. */
enum { AGE_UNBORN = -1, AGE_MAX = 17 };
uint16_t catalogue_age_slot(const struct catalogue *catalogue, int age);
uint16_t catalogue_sex_slot(const struct catalogue *catalogue, char sex); /* 'M' or 'F' */
/* NUM_1..NUM_4, NUM_5P for 5 and more; children >= 1. */
uint16_t catalogue_places_slot(const struct catalogue *catalogue, int children);
enum availability { AVAILABLE_TODAY, AVAILABLE_5_DAYS, AVAILABLE_LATER, AVAILABLE_UNCONFIRMED };
uint16_t catalogue_availability_slot(const struct catalogue *catalogue, enum availability a);
/* True for codes that requests and offers may not name because a field stands for them: groups age,
 * availability, number of children (NUM_), placement type (PT_), SEX_. */
bool criterion_has_field(const struct criterion *criterion);

#endif
