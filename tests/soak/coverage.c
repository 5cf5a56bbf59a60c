/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "tests/soak/soak.h"

static struct soak_party *find_party(struct soak *soak, const struct manifest_party *listed)
{
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        struct soak_party *party = &soak->parties[i];
        if (party->role == listed->role && strcmp(party->id, listed->organisation) == 0) {
            return party;
        }
    }
    return NULL;
}

/* ---- coverage ---- */

static enum coverage expected_coverage(const struct soak_party *party, size_t *tables)
{
    uint64_t epsilon = 0;
    *tables = 0;
    if (party->fate == FATE_ABSENT) return COVERAGE_MISSING;
    if (party->fate == FATE_LATE) return COVERAGE_LATE;
    *tables = contribute_tables(party, &epsilon);
    return party->off ? COVERAGE_PART : COVERAGE_WHOLE;
}

static void check_coverage_at(struct soak *soak, struct collection *collection, const char *name)
{
    struct collection_coverage *list = NULL;
    size_t count = 0, enrolled = 0;
    struct err err = {0};
    parties_must(
        collection_coverage(collection, soak->agreement.manifest.hash, &list, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        size_t tables = 0;
        struct soak_party *party = find_party(soak, &list[i].party);
        REQUIRE(party != NULL);
        if (list[i].coverage != expected_coverage(party, &tables) || list[i].tables != tables) {
            (void)soak_wrong(party, "%s: coverage %d with %zu tables; fate %d, %zu sent", name,
                             (int)list[i].coverage, list[i].tables, (int)party->fate, tables);
        }
    }
    for (size_t i = 0; i < soak_party_count(soak); i++) enrolled += soak->parties[i].enrolled;
    soak_check(soak, count == enrolled, name, "coverage of %zu parties; %zu are enrolled", count,
               enrolled);
    free(list);
}

void coverage_check(struct soak *soak)
{
    check_coverage_at(soak, soak->at_matcher, "matcher's coverage");
    check_coverage_at(soak, soak->at_hub, "hub's coverage");
    soak_check_parties(soak, "coverage");
}

/* ---- ledgers of matcher and hub ---- */

struct ledger_look {
    const struct soak *soak;
    bool seen[SOAK_PERIODS_MAX][FIGURES_TABLES_MAX];
    size_t wrong;
};

static bool look_at_entry(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    struct ledger_look *look = ctx;
    size_t table = figures_table_index(entry->table), period = 0;
    (void)err;
    while (period < look->soak->periods && soak_period(look->soak, period) != entry->period) {
        period++;
    }
    if (period == look->soak->periods || !look->soak->released[period][table] ||
        look->seen[period][table] || entry->epsilon != entry->table->epsilon) {
        look->wrong++;
        return true;
    }
    look->seen[period][table] = true;
    return true;
}

static void check_ledger(struct soak *soak, struct collection *collection, const char *name)
{
    struct ledger_look look = {.soak = soak};
    uint8_t head[HASH_BYTES];
    uint64_t count = 0, expected = 0;
    struct err err = {0};
    bool walks = collection_ledger(collection, look_at_entry, &look, head, &count, &err);
    soak_check(soak, walks, name, "%s", err.text);
    for (size_t i = 0; i < SOAK_PERIODS_MAX * FIGURES_TABLES_MAX; i++) {
        expected += soak->released[i / FIGURES_TABLES_MAX][i % FIGURES_TABLES_MAX];
    }
    soak_check(soak, look.wrong == 0 && count == expected, name,
               "%llu entries, %zu of them wrong; %llu tables were released",
               (unsigned long long)count, look.wrong, (unsigned long long)expected);
}

void ledgers_check(struct soak *soak)
{
    check_ledger(soak, soak->at_matcher, "matcher's ledger");
    check_ledger(soak, soak->at_hub, "hub's ledger");
}

/* ---- a contributor's own books ---- */

/* Whoever has reached one alone gets the other's receipt all the same, for what was passed on. */
static void finish_delivery(struct soak *soak, struct soak_party *party, struct soak_desk *desk)
{
    struct err err = {0};
    if (party->fate != FATE_ONLY_HUB && party->fate != FATE_ONLY_MATCHER) return;
    enum role other = party->fate == FATE_ONLY_HUB ? ROLE_MATCHER : ROLE_HUB;
    for (size_t i = 0; i < party->sent_count; i++) {
        if (!deliver_one(soak, party, desk, &party->sent[i], other, &err)) {
            (void)soak_wrong(party, "no receipt for what was passed on: %s", err.text);
        }
    }
}

static void check_item(const struct soak *soak, struct soak_party *party,
                       const struct contributor_item *item)
{
    bool counts = soak_counts(party, item->table);
    bool released = soak->released[soak->period_index][figures_table_index(item->table)];
    enum contributor_state state = counts ? CONTRIBUTION_TAKEN : CONTRIBUTION_REFUSED;
    if (item->left_out || item->released != (counts && released) || item->matcher != state ||
        item->hub_side != state) {
        (void)soak_wrong(party, "%s: states %d and %d, released %d, left out %d", item->table->name,
                         (int)item->matcher, (int)item->hub_side, item->released, item->left_out);
    }
}

static void check_items(const struct soak *soak, struct soak_party *party, struct soak_desk *desk)
{
    struct contributor_item *items = NULL;
    size_t count = 0, present = 0;
    struct err err = {0};
    parties_must(contributor_items(desk->contributor, &items, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        if (items[i].period != soak_period(soak, soak->period_index)) continue;
        check_item(soak, party, &items[i]);
        present++;
    }
    if (present != party->sent_count || count != party->entries) {
        (void)soak_wrong(party, "%zu contributions, %zu of this period; %llu and %zu were made",
                         count, present, (unsigned long long)party->entries, party->sent_count);
    }
    free(items);
}

struct own_look {
    const struct soak_party *party;
    uint32_t period;
    size_t found;
};

static bool look_at_own(const struct ledger_entry *entry, void *ctx, struct err *err)
{
    struct own_look *look = ctx;
    (void)err;
    if (entry->period != look->period) return true;
    for (size_t i = 0; i < look->party->sent_count; i++) {
        const struct soak_sent *sent = &look->party->sent[i];
        look->found += sent->table == entry->table && entry->epsilon == sent->table->epsilon &&
                       memcmp(sent->hash, entry->what, HASH_BYTES) == 0;
    }
    return true;
}

static void check_own_ledger(const struct soak *soak, struct soak_party *party,
                             struct soak_desk *desk)
{
    struct own_look look = {party, soak_period(soak, soak->period_index), 0};
    struct ledger_sum spent;
    uint8_t head[HASH_BYTES];
    uint64_t count = 0, year = 0;
    struct err err = {0};
    if (!contributor_ledger(desk->contributor, look_at_own, &look, head, &count, &err)) {
        (void)soak_wrong(party, "ledger: %s", err.text);
        return;
    }
    parties_must(contributor_spent(desk->contributor, look.period, &spent, &err), &err);
    for (size_t i = 0; i <= soak->period_index; i++) year += party->spent[i];
    if (count != party->entries || look.found != party->sent_count ||
        spent.period[soak_side(party)] != party->spent[soak->period_index] ||
        spent.year[soak_side(party)] != year) {
        (void)soak_wrong(party, "ledger: %llu entries, %zu of this period, %llu spent in the year",
                         (unsigned long long)count, look.found,
                         (unsigned long long)spent.year[soak_side(party)]);
    }
}

void look_at_releases(struct soak *soak, struct soak_party *party)
{
    struct soak_desk desk;
    struct err err = {0};
    bool left_out = false;
    desk_open(party, NULL, &desk);
    finish_delivery(soak, party, &desk);
    for (size_t i = 0; i < soak->signed_release_count; i++) {
        parties_must(contributor_release(desk.contributor, &soak->signed_releases[i],
                                         identity_certificate(soak->matcher.identity), &left_out,
                                         &err),
                     &err);
        if (left_out) (void)soak_wrong(party, "is left out");
    }
    check_items(soak, party, &desk);
    check_own_ledger(soak, party, &desk);
    parties_must(contributor_upkeep(desk.contributor, clock_wall_ms(), &err), &err);
    desk_close(&desk);
}

/* ---- what is kept ---- */

static bool is_kept(struct collection *collection, const uint8_t hash[HASH_BYTES])
{
    struct signed_bytes raw;
    struct certificate certificate;
    struct err err = {0};
    if (!collection_get(collection, hash, &raw, &certificate, &err)) {
        REQUIRE(err.code == ERR_NOT_FOUND);
        return false;
    }
    signed_bytes_free(&raw);
    certificate_free(&certificate);
    return true;
}

static bool is_anywhere(const struct soak *soak, const uint8_t hash[HASH_BYTES])
{
    return is_kept(soak->at_matcher, hash) || is_kept(soak->at_hub, hash);
}

void erased_check_released(struct soak *soak)
{
    size_t kept = 0;
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        for (size_t j = 0; j < party->sent_count; j++) {
            size_t table = figures_table_index(party->sent[j].table);
            if (!soak->released[soak->period_index][table]) continue;
            kept += is_anywhere(soak, party->sent[j].hash);
        }
    }
    soak_check(soak, kept == 0, "erasure", "%zu contributions to released tables are still there",
               kept);
}

void erased_check(struct soak *soak)
{
    size_t kept = 0;
    for (size_t i = 0; i < soak->taken_count; i++) kept += is_anywhere(soak, soak->taken[i]);
    soak_check(soak, kept == 0, "erasure", "%zu of %zu contributions are still there", kept,
               soak->taken_count);
}
