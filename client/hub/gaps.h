/* SPDX-License-Identifier: Apache-2.0
 * Where searches fail most: by area and need, and by area and age band, children for whom no foster
 * home was found against children sought for. All of it as intervals, so that noise does not pass
 * for a finding.
 */
#ifndef HEARTH_CLIENT_HUB_GAPS_H
#define HEARTH_CLIENT_HUB_GAPS_H

#include <jansson.h>

#include "client/hub/shelf.h"

enum { GAPS_MONTHS = 12 }; /* unless others are wanted */

/* A number that noise was added to: from `low` on and up to `high`, but for one case in twenty
 * each.
 */
struct estimate {
    double low, middle, high;
};
enum gap_by { GAP_BY_NEED, GAP_BY_AGE, GAP_KINDS };
enum gap_verdict {
    GAP_UNCERTAIN, /* there may be none at all: nothing can be said */
    GAP_AT_LEAST,  /* there are some; how large a share is open */
    GAP_ABOUT      /* the share is known within GAP_ABOUT_POINTS to either side */
};
enum { GAP_ABOUT_POINTS = 10 }; /* percentage points */
struct gap {
    enum gap_by by;
    const char *area, *name; /* inside the shelf */
    const char *category, *label;
    bool england;
    struct estimate unmet, demand; /* children, all periods together */
    struct estimate share;         /* 0..1 */
    bool has_capacity;
    struct release_value capacity; /* households with a free place, in the last period */
    enum gap_verdict verdict;
};
struct gaps {
    uint32_t from, to;
    size_t periods;   /* of them have been released */
    struct gap *gaps; /* by kind; areas before England; then the largest lower bound first */
    size_t count;
};
/* Of the wanted areas and periods (filled in). ERR_NOT_FOUND as wanted_rows; field "period" where
 * there is no period with both what was sought and what was not found. gaps_free; the shelf
 * outlives it. */
MUST_CHECK bool gaps_find(const struct shelf *shelf, const struct wanted *wanted, struct gaps *out,
                          struct err *err);
void gaps_free(struct gaps *gaps);

/* Adds one period's value: what is not shown counts as from 0 to RELEASE_SHOWN_FROM - 1. Zero-
 * initialise; sum_estimate gives the estimate of the sum. */
struct sum {
    double shown, variance, pull; /* pull: how far below 0 noise may have been where it is c */
    size_t suppressed;
};
void sum_add(struct sum *sum, const struct release_value *value, bool total);
struct estimate sum_estimate(const struct sum *sum);

/* ---- gaps_report.c ---- */
void gaps_text(const struct gaps *gaps, struct buf *out);
/* by,area,category,unmet_low,unmet,unmet_high,demand_low,demand,demand_high,share_low,share,
 * share_high,verdict,capacity; shares in per cent. */
void gaps_csv(const struct gaps *gaps, struct buf *out);
json_t *gaps_json(const struct gaps *gaps);
/* "at least 12 of at most 40 (30% or more)": the share in words. */
enum { GAP_WORDS = 96 };
const char *gap_words(const struct gap *gap, char out[GAP_WORDS]);
const char *gap_verdict_name(enum gap_verdict verdict); /* "uncertain", "at_least", "about" */

#endif
