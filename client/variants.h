/* SPDX-License-Identifier: Apache-2.0
 * What an explanation asks (docs/protocol.md "Explanations"): a request without one of its musts,
 * or with longer distances.
 */
#ifndef HEARTH_CLIENT_VARIANTS_H
#define HEARTH_CLIENT_VARIANTS_H

#include "client/compose.h"

enum { EXPLAIN_MUSTS_MAX = GROUP_QUERIES - 2 };

enum variant_kind {
    VARIANT_BASE,    /* the request as it is */
    VARIANT_WITHOUT, /* one code of `must` less */
    VARIANT_WITHIN   /* every within_km longer by so many quarters, in whole km, at most 200 */
};
struct variant {
    enum variant_kind kind;
    uint16_t slot;     /* VARIANT_WITHOUT */
    unsigned quarters; /* VARIANT_WITHIN: 1 or 2 */
    bool too_wide;     /* it cannot be asked: its area does not fit a query */
};

/* Everything that is asked: the variants in the order of the request, and for each of the
 * GROUP_QUERIES places its plan: a variant's, or the base's where there is none or it is too wide.
 * All are asked under one footprint, so that it does not tell them apart. */
struct variants {
    struct variant list[GROUP_QUERIES];
    size_t count;
    struct plan plans[GROUP_QUERIES];
    uint16_t footprint[FOOTPRINT_MAX];
    size_t quadrants;
};

/* A distance so many quarters longer, in whole km, at most WITHIN_KM_MAX. */
int32_t variant_within(int32_t km, unsigned quarters);

/* ERR_INVALID, field "must": more codes than can be explained at once. */
MUST_CHECK bool variants_check(const struct request *request, struct err *err);
/* The request was checked (variants_check) and has a plan in that catalogue; la for its key of the
 * decoys. ERR_INVALID as plan_make. variants_wipe in any case. */
MUST_CHECK bool variants_make(const struct la *la, const struct request *request,
                              const struct catalogue *catalogue, struct variants *out,
                              struct err *err);
void variants_wipe(struct variants *variants);

#endif
