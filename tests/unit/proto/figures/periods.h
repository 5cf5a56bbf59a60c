/* SPDX-License-Identifier: Apache-2.0
 * A manifest of a small hub for tests: five agencies, four LAs, all tables of the edition.
 */
#ifndef TESTS_FIGURES_PERIODS_H
#define TESTS_FIGURES_PERIODS_H

#include <stdio.h>
#include <stdlib.h>

#include "proto/figures/manifest.h"
#include "tests/unit/proto/figures/areas.h"

enum { PERIODS_AGENCIES = 5, PERIODS_LAS = 4, PERIODS_PERIOD = 202611 };

static inline void periods_enrol(struct manifest *manifest)
{
    manifest->enrolled = mem_array(PERIODS_AGENCIES + PERIODS_LAS, sizeof *manifest->enrolled);
    for (unsigned i = 0; i < PERIODS_AGENCIES; i++) {
        struct manifest_party *party = &manifest->enrolled[manifest->enrolled_count++];
        *party = (struct manifest_party){.role = ROLE_AGENT, .authority = AREA_NONE};
        (void)snprintf(party->organisation, sizeof party->organisation, "ifa-%u", i + 1);
    }
    for (unsigned i = 0; i < PERIODS_LAS; i++) {
        struct manifest_party *party = &manifest->enrolled[manifest->enrolled_count++];
        *party = (struct manifest_party){.role = ROLE_LA, .authority = (uint16_t)(i % 3)};
        (void)snprintf(party->organisation, sizeof party->organisation, "la-%u", i + 1);
    }
    manifest->sides[FIGURES_CAPACITY] = (struct manifest_side){.quorum = 4, .insiders = 1};
    manifest->sides[FIGURES_DEMAND] = (struct manifest_side){.quorum = 3, .insiders = 1};
}

/* Everything that manifest_encode wants; manifest_free. */
static inline struct manifest periods_manifest(void)
{
    struct manifest manifest = {.hub = "hub-1",
                                .matcher = "matcher-1",
                                .address = "127.0.0.1:7441",
                                .period = PERIODS_PERIOD,
                                .geography = areas_new()};
    manifest.opens_at = period_start_ms(202612);
    manifest.closes_at = manifest.opens_at + INT64_C(7) * 86400000;
    for (size_t i = 0; i < figures_table_count; i++) {
        manifest.terms[i].table = &figures_tables[i];
        manifest.terms[i].noise.epsilon = figures_tables[i].epsilon;
    }
    manifest.term_count = figures_table_count;
    periods_enrol(&manifest);
    return manifest;
}

/* A secret that is the same at every run. */
static inline struct scalar periods_secret(int64_t number)
{
    struct scalar secret;
    scalar_from_int(&secret, number);
    return secret;
}

#endif
