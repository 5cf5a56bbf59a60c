/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "agent/figures_count.h"
#include "proto/base/clock.h"
#include "tests/soak/soak.h"

/* ---- a desk ---- */

void desk_open(struct soak_party *party, const char *home, struct soak_desk *out)
{
    struct contributor_parts parts = {.home = home ? home : party->party.home,
                                      .identity = party->party.identity,
                                      .trust = party->party.trust};
    struct err err = {0};
    *out = (struct soak_desk){.vault.fresh_days = STATUS_FRESH_DAYS};
    if (party->role == ROLE_AGENT) {
        struct secret key = identity_derive(party->party.identity, VAULT_PURPOSE);
        parties_must(vault_open(party->party.home, &key, &out->vault.vault, &err), &err);
        secret_free(&key);
        parts.count = figures_count_vault;
        parts.count_ctx = &out->vault;
    } else {
        out->records.records = searches_open(party);
        out->records.organisation = party->id;
        parts.count = figures_count_records;
        parts.count_ctx = &out->records;
    }
    parties_must(contributor_open(&parts, &out->contributor, &err), &err);
}

void desk_close(struct soak_desk *desk)
{
    contributor_close(desk->contributor);
    vault_close(desk->vault.vault);
    if (desk->records.records) records_close(desk->records.records);
}

void contribute_live(struct soak *soak, struct soak_party *party)
{
    if (party->role == ROLE_AGENT) {
        households_change(soak, party);
        return;
    }
    struct records *records = searches_open(party);
    searches_write(party, records, soak_period(soak, soak->period_index));
    records_close(records);
}

/* ---- counting ---- */

size_t contribute_tables(const struct soak_party *party, uint64_t *epsilon)
{
    size_t count = 0;
    *epsilon = 0;
    for (size_t i = 0; i < figures_table_count; i++) {
        const struct figures_table *table = &figures_tables[i];
        if (table->side != soak_side(party) || party->off == table) continue;
        count++;
        *epsilon += table->epsilon;
    }
    return count;
}

static size_t total_of(const struct tally *tally, const char *table)
{
    size_t count = 0, total = 0;
    const int32_t *cells = tally_cells(tally, table, &count);
    REQUIRE(cells != NULL);
    for (size_t i = 0; i < count; i++) total += (size_t)cells[i];
    return total;
}

/* What it counts against what the generator's files say. */
static void check_counted(const struct soak *soak, struct soak_party *party)
{
    uint32_t period = soak_period(soak, soak->period_index);
    const struct {
        const char *table;
        size_t expected;
    } agency[] = {{"capacity_status", party->ref_count}},
      la[] = {{"demand_age", searches_children(party, period, false)},
              {"demand_la", searches_children(party, period, false)},
              {"demand_outcome", searches_children(party, period, true)}},
      *list = party->role == ROLE_AGENT ? agency : la;
    size_t count = party->role == ROLE_AGENT ? 1 : sizeof la / sizeof *la;
    for (size_t i = 0; i < count; i++) {
        size_t total =
            total_of(party->tally, list[i].table) + tally_outside(party->tally, list[i].table);
        if (total != list[i].expected) {
            (void)soak_wrong(party, "%s counts %zu; the files have %zu", list[i].table, total,
                             list[i].expected);
        }
    }
}

/* ---- contributions ---- */

void contribute_free(struct soak_sent *sent, size_t *count)
{
    for (size_t i = 0; i < *count; i++) signed_bytes_free(&sent[i].raw);
    *count = 0;
}

static void collect(struct soak_desk *desk, const struct agreement *agreement,
                    struct soak_sent *sent, size_t *count)
{
    struct contributor_item *items = NULL;
    size_t item_count = 0;
    struct err err = {0};
    *count = 0;
    parties_must(contributor_items(desk->contributor, &items, &item_count, &err), &err);
    for (size_t i = 0; i < item_count; i++) {
        if (memcmp(items[i].manifest_hash, agreement->manifest.hash, HASH_BYTES) != 0) continue;
        struct soak_sent *one = &sent[(*count)++];
        memcpy(one->hash, items[i].hash, HASH_BYTES);
        one->table = items[i].table;
        parties_must(contributor_get(desk->contributor, one->hash, &one->raw, &err), &err);
    }
    free(items);
}

void contribute_prepare(struct soak_desk *desk, const struct agreement *agreement,
                        struct soak_sent *sent, size_t *count, size_t *refused)
{
    size_t made = 0;
    struct err err = {0};
    parties_must(
        contributor_prepare(desk->contributor, agreement, clock_wall_ms(), &made, refused, &err),
        &err);
    collect(desk, agreement, sent, count);
    REQUIRE(made == *count);
}

static void join(struct soak_desk *desk, struct soak_party *party, const char *hub)
{
    struct err err = {0};
    if (party->joined) return;
    parties_must(contributor_join(desk->contributor, hub, &err), &err);
    if (party->off) {
        parties_must(contributor_turn(desk->contributor, hub, party->off->name, true, &err), &err);
    }
    party->joined = true;
}

/* Makes them once, and nothing when it is asked again. */
static void prepare(const struct soak *soak, struct soak_desk *desk, struct soak_party *party,
                    const struct agreement *agreement)
{
    size_t refused = 0, made = 0;
    uint64_t epsilon = 0;
    size_t expected = contribute_tables(party, &epsilon);
    struct err err = {0};
    contribute_prepare(desk, agreement, party->sent, &party->sent_count, &refused);
    if (party->sent_count != expected || refused != 0) {
        (void)soak_wrong(party, "made %zu of %zu, %zu refused", party->sent_count, expected,
                         refused);
    }
    parties_must(
        contributor_prepare(desk->contributor, agreement, clock_wall_ms(), &made, &refused, &err),
        &err);
    if (made != 0) (void)soak_wrong(party, "made %zu a second time", made);
    party->entries += party->sent_count;
    party->spent[soak->period_index] = epsilon;
}

void contribute_in_window(struct soak *soak, struct soak_party *party)
{
    struct soak_desk desk;
    struct agreement agreement;
    struct err err = {0};
    desk_open(party, NULL, &desk);
    agree_checked(soak, party, &soak->agreement, &agreement);
    parties_must(contributor_note(desk.contributor, &agreement, &err), &err);
    join(&desk, party, agreement.manifest.hub);
    parties_must(
        contributor_preview(desk.contributor, &agreement, clock_wall_ms(), &party->tally, &err),
        &err);
    check_counted(soak, party);
    if (party->fate != FATE_ABSENT) prepare(soak, &desk, party, &agreement);
    agreement_free(&agreement);
    desk_close(&desk);
}

void contribute_forget(struct soak_party *party)
{
    contribute_free(party->sent, &party->sent_count);
    if (party->tally) tally_free(party->tally);
    party->tally = NULL;
}
