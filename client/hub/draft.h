/* SPDX-License-Identifier: Apache-2.0
 * A manifest before it has its keys: what the hub's files and the options of `hearth hub open` make
 * of a period.
 */
#ifndef HEARTH_CLIENT_HUB_DRAFT_H
#define HEARTH_CLIENT_HUB_DRAFT_H

#include <stdio.h>

#include <jansson.h>

#include "client/hub/enrolled.h"
#include "proto/figures/manifest.h"

enum { DRAFT_WINDOW_DAYS = 7 };

struct draft_options {
    uint32_t period; /* 0: the month before this one in London */
    int days;        /* until it closes, 1..MANIFEST_WINDOW_DAYS_MAX; 0: DRAFT_WINDOW_DAYS */
    uint32_t insiders[FIGURES_SIDES];     /* 0: a tenth of the quorum, at least 1 */
    bool some_tables;                     /* only those that are marked; else all */
    bool tables[FIGURES_TABLES_MAX];      /* by their place in the edition */
    uint32_t epsilon[FIGURES_TABLES_MAX]; /* millionths; 0: the edition's */
};

/* "capacity_age,demand_age": marks them. Changes `names`. ERR_INVALID (field "tables"). */
MUST_CHECK bool draft_tables(char *names, struct draft_options *options, struct err *err);
/* "capacity_age=0.05". ERR_INVALID (field "epsilon"), also above the edition's. */
MUST_CHECK bool draft_epsilon(const char *text, struct draft_options *options, struct err *err);

struct draft_parts {
    const char *hub, *matcher, *address;
    const struct enrolled *enrolled;
    const struct geography *geography; /* copied */
    int64_t now_ms;
};
/* Everything but key, proof and hashes. A side with fewer than QUORUM_MIN enrolled, or without a
 * table, is left out whole. ERR_INVALID: field "period" (not over yet), "enrolled" (no side is
 * left), "insiders", "code" (enrolled_check). manifest_free frees. */
MUST_CHECK bool draft_make(const struct draft_parts *parts, const struct draft_options *options,
                           struct manifest *out, struct err *err);

/* ---- a manifest in words (draft_words.c) ---- */
void draft_print(FILE *out, const struct manifest *manifest);
/* Members are added to `object`. */
void draft_json(json_t *object, const struct manifest *manifest);

#endif
