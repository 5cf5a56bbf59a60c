/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/clock.h"
#include "tests/soak/soak.h"

/* The first of each side has contributed every table in every period. */
static struct soak_party *faithful(struct soak *soak, size_t side)
{
    return &soak->parties[side == FIGURES_CAPACITY ? 0 : soak->agencies];
}

static void try_second(struct soak *soak, struct soak_party *party,
                       const struct agreement *agreement)
{
    struct soak_desk desk;
    struct agreement checked;
    struct soak_sent sent[FIGURES_TABLES_MAX];
    size_t count = 0, refused = 0;
    uint64_t epsilon = 0;
    struct err err = {0};
    desk_open(party, NULL, &desk);
    agree_checked(soak, party, agreement, &checked);
    parties_must(contributor_note(desk.contributor, &checked, &err), &err);
    parties_must(contributor_join(desk.contributor, checked.manifest.hub, &err), &err);
    contribute_prepare(&desk, &checked, sent, &count, &refused);
    soak_check(soak, count == 0 && refused == contribute_tables(party, &epsilon), "a second hub",
               "%s makes %zu contributions past its budget, refuses %zu", party->id, count,
               refused);
    parties_must(contributor_leave(desk.contributor, checked.manifest.hub, &err), &err);
    contribute_free(sent, &count);
    agreement_free(&checked);
    desk_close(&desk);
}

void budgets_second_hub(struct soak *soak)
{
    struct party hub = parties_add_days(soak->authority, ROLE_HUB, "hub-2", SOAK_CERTIFICATE_DAYS);
    const struct collection_parts parts = {
        .home = hub.home, .identity = hub.identity, .trust = hub.trust, .pool = soak->pool};
    struct collection *at_hub = NULL;
    struct agreement agreement;
    struct err err = {0};
    parties_must(collection_open(&parts, &at_hub, &err), &err);
    agree(soak, &hub, at_hub, soak_period(soak, soak->period_index), &agreement);
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        try_second(soak, faithful(soak, side), &agreement);
    }
    agreement_free(&agreement);
    collection_close(at_hub);
    party_close(&hub);
}

static void try_thirteenth(struct soak *soak, struct soak_party *party,
                           const struct agreement *agreement)
{
    struct soak_desk desk;
    struct agreement checked;
    struct soak_sent sent[FIGURES_TABLES_MAX];
    struct ledger_sum before, after;
    size_t count = 0, refused = 0;
    enum figures_side side = soak_side(party);
    uint64_t epsilon = 0, year = soak->periods * (uint64_t)EPSILON_PERIOD;
    uint32_t period = agreement->manifest.period;
    struct err err = {0};
    desk_open(party, NULL, &desk);
    agree_checked(soak, party, agreement, &checked);
    parties_must(contributor_note(desk.contributor, &checked, &err), &err);
    parties_must(contributor_spent(desk.contributor, period_before(period, 1), &before, &err),
                 &err);
    contribute_prepare(&desk, &checked, sent, &count, &refused);
    parties_must(contributor_spent(desk.contributor, period, &after, &err), &err);
    soak_check(soak, before.year[side] == year, "a year's budget", "%s has spent %llu, not %llu",
               party->id, (unsigned long long)before.year[side], (unsigned long long)year);
    if (year < EPSILON_YEAR) year += EPSILON_PERIOD;
    soak_check(soak,
               count == contribute_tables(party, &epsilon) && refused == 0 &&
                   after.year[side] == year,
               "one more period", "%s makes %zu, refuses %zu, has spent %llu", party->id, count,
               refused, (unsigned long long)after.year[side]);
    contribute_free(sent, &count);
    agreement_free(&checked);
    desk_close(&desk);
}

void budgets_thirteenth(struct soak *soak)
{
    uint32_t period = soak_period(soak, soak->period_index);
    struct agreement agreement;
    soak_set_clock(soak, period_start_ms(period_next(period)) + 9 * SOAK_HOUR);
    agree(soak, &soak->hub, soak->at_hub, period, &agreement);
    for (size_t side = 0; side < FIGURES_SIDES; side++) {
        try_thirteenth(soak, faithful(soak, side), &agreement);
    }
    agreement_free(&agreement);
}
