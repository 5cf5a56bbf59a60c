/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"
#include "tests/soak/soak.h"

static size_t expected_of(const struct soak *soak, const struct figures_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        count += soak_counts(&soak->parties[i], table);
    }
    return count;
}

static void read_set(struct soak *soak, struct collection *collection,
                     const struct figures_table *table, struct figures_release *out,
                     uint8_t hash[HASH_BYTES])
{
    struct err err = {0};
    parties_must(collection_set(collection, soak->agreement.manifest.hash, table, out, &err), &err);
    figures_set_hash(out, hash);
}

static bool half_open(struct soak *soak, const struct figures_table *table, struct opened *out,
                      struct err *err)
{
    struct figures_release set;
    uint8_t hash[HASH_BYTES];
    read_set(soak, soak->at_hub, table, &set, hash);
    figures_release_free(&set);
    return collection_half_open(soak->at_matcher, soak->agreement.manifest.hash, table, hash,
                                clock_wall_ms(), out, err);
}

void release_too_early(struct soak *soak)
{
    struct opened opened;
    struct err err = {0};
    bool ok = half_open(soak, soak->agreement.manifest.terms[0].table, &opened, &err);
    if (ok) opened_free(&opened);
    soak_check(soak, !ok && err.code == ERR_EXPIRED && strcmp(err.field, "closes_at") == 0,
               "nothing is half-opened in the window", "%s", ok ? "it is" : err.text);
}

/* ---- the sets become one ---- */

static bool has(const struct figures_release *set, const uint8_t hash[HASH_BYTES])
{
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->contributions[i], hash, HASH_BYTES) == 0) return true;
    }
    return false;
}

/* What dial_release passes on, in one direction. */
static size_t pass_on(struct collection *from, const struct figures_release *theirs,
                      struct collection *to, const struct figures_release *own)
{
    size_t passed = 0;
    struct err err = {0};
    for (size_t i = 0; i < theirs->count; i++) {
        struct signed_bytes raw, receipt;
        struct certificate certificate;
        if (has(own, theirs->contributions[i])) continue;
        parties_must(collection_get(from, theirs->contributions[i], &raw, &certificate, &err),
                     &err);
        parties_must(collection_put(to, &raw, &certificate, true, clock_wall_ms(), &receipt, &err),
                     &err);
        signed_bytes_free(&raw);
        signed_bytes_free(&receipt);
        certificate_free(&certificate);
        passed++;
    }
    return passed;
}

/* Exactly what was sent in time: each party once, and nothing else. */
static bool is_what_was_sent(const struct soak *soak, const struct figures_table *table,
                             const struct figures_release *set)
{
    size_t found = 0;
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        if (!soak_counts(party, table)) continue;
        for (size_t j = 0; j < party->sent_count; j++) {
            found += party->sent[j].table == table && has(set, party->sent[j].hash);
        }
    }
    return found == set->count;
}

static size_t compare_sets(struct soak *soak, const struct figures_table *table, size_t expected)
{
    struct figures_release hub, matcher;
    uint8_t at_hub[HASH_BYTES], at_matcher[HASH_BYTES];
    read_set(soak, soak->at_hub, table, &hub, at_hub);
    read_set(soak, soak->at_matcher, table, &matcher, at_matcher);
    size_t passed = pass_on(soak->at_matcher, &matcher, soak->at_hub, &hub) +
                    pass_on(soak->at_hub, &hub, soak->at_matcher, &matcher);
    figures_release_free(&hub);
    figures_release_free(&matcher);
    read_set(soak, soak->at_hub, table, &hub, at_hub);
    read_set(soak, soak->at_matcher, table, &matcher, at_matcher);
    soak_check(soak,
               hub.count == expected && matcher.count == expected &&
                   memcmp(at_hub, at_matcher, HASH_BYTES) == 0 &&
                   is_what_was_sent(soak, table, &hub),
               table->name, "hub has %zu, matcher %zu contributions; %zu were sent in time",
               hub.count, matcher.count, expected);
    figures_release_free(&hub);
    figures_release_free(&matcher);
    return passed;
}

/* ---- the sums themselves, which the hub forgets ---- */

static int64_t *open_unrounded(struct soak *soak, const struct figures_table *table,
                               const struct opened *opened)
{
    struct figures_release set;
    uint8_t hash[HASH_BYTES];
    struct summed summed;
    struct err err = {0};
    const struct agreement *agreement = &soak->agreement;
    read_set(soak, soak->at_hub, table, &set, hash);
    parties_must(summed_make(soak->at_hub, agreement, table, hash, clock_wall_ms(), &summed, &err),
                 &err);
    int64_t *sums = mem_array(summed.cells, sizeof *sums);
    struct sum_finder *finder = sum_finder_new(1 << 20, summed.cells, soak->pool);
    parties_must(sum_open(&summed.secret, &agreement->release_key.key, summed.sum, summed.cells,
                          opened->shares.data, opened->proof, summed.statement,
                          sizeof summed.statement, finder, soak->pool, sums, &err),
                 &err);
    sum_finder_free(finder);
    summed_free(&summed);
    figures_release_free(&set);
    return sums;
}

/* ---- a table ---- */

static void check_repeats(struct soak *soak, const struct figures_table *table,
                          const struct opened *opened)
{
    struct opened again;
    struct release release;
    struct err err = {0};
    parties_must(half_open(soak, table, &again, &err), &err);
    soak_check(soak,
               again.shares.len == opened->shares.len &&
                   memcmp(again.shares.data, opened->shares.data, again.shares.len) == 0,
               table->name, "the matcher's half is another one the second time");
    bool ok =
        collection_open_sums(soak->at_hub, &again, identity_certificate(soak->matcher.identity),
                             clock_wall_ms(), &release, &err);
    if (ok) release_free(&release);
    soak_check(soak, !ok && err.code == ERR_EXISTS, table->name, "is released twice: %s", err.text);
    opened_free(&again);
}

static void open_table(struct soak *soak, const struct manifest_term *term,
                       const struct opened *opened, size_t expected)
{
    struct soak_row *row = &soak->rows[soak->period_index];
    struct release release;
    struct err err = {0};
    int64_t *sums = open_unrounded(soak, term->table, opened);
    int64_t before_us = clock_cpu_us();
    parties_must(collection_open_sums(soak->at_hub, opened,
                                      identity_certificate(soak->matcher.identity), clock_wall_ms(),
                                      &release, &err),
                 &err);
    row->opening_s += (double)(clock_cpu_us() - before_us) / 1e6;
    sums_check(soak, term, sums, expected);
    sums_check_release(soak, term, sums, &release);
    check_repeats(soak, term->table, opened);
    soak->released[soak->period_index][figures_table_index(term->table)] = true;
    row->released++;
    release_free(&release);
    free(sums);
}

static void give_up(struct soak *soak, const struct figures_table *table, const struct err *why)
{
    struct err err = {0};
    struct collection_table state;
    const uint8_t *hash = soak->agreement.manifest.hash;
    soak_check(soak, why->code == ERR_INVALID && strcmp(why->field, "quorum") == 0, table->name,
               "below the quorum, but refused because of %s: %s", why->field, why->text);
    parties_must(collection_give_up(soak->at_hub, hash, table, why, clock_wall_ms(), &err), &err);
    parties_must(collection_table(soak->at_hub, hash, table, &state, &err), &err);
    soak_check(soak,
               state.state == COLLECTION_GIVEN_UP && strcmp(state.why.field, "quorum") == 0 &&
                   state.contributions == expected_of(soak, table),
               table->name, "coverage does not say that it was given up");
    soak->rows[soak->period_index].given_up++;
}

static void release_table(struct soak *soak, const struct manifest_term *term)
{
    struct soak_row *row = &soak->rows[soak->period_index];
    const struct figures_table *table = term->table;
    size_t expected = expected_of(soak, table);
    bool quorum = expected >= soak->agreement.manifest.sides[table->side].quorum;
    struct opened opened;
    struct err err = {0};
    int64_t before_us = clock_cpu_us();
    size_t passed = compare_sets(soak, table, expected);
    bool ok = half_open(soak, table, &opened, &err);
    row->opening_s += (double)(clock_cpu_us() - before_us) / 1e6;
    row->passed += passed;
    soak_check(soak, ok == quorum, table->name, "%zu contributions: %s", expected,
               ok ? "half-opened below the quorum" : err.text);
    if (ok && quorum) open_table(soak, term, &opened, expected);
    if (!ok && !quorum) give_up(soak, table, &err);
    if (ok) opened_free(&opened);
}

static bool keep_release(const struct signed_bytes *release, void *ctx, struct err *err)
{
    struct soak *soak = ctx;
    (void)err;
    REQUIRE(soak->signed_release_count < FIGURES_TABLES_MAX);
    signed_bytes_copy(release, &soak->signed_releases[soak->signed_release_count++]);
    return true;
}

void release_all(struct soak *soak)
{
    const struct manifest *manifest = &soak->agreement.manifest;
    struct err err = {0};
    for (size_t i = 0; i < manifest->term_count; i++) release_table(soak, &manifest->terms[i]);
    parties_must(collection_releases(soak->at_matcher, manifest->hash, keep_release, soak, &err),
                 &err);
    soak_check(soak, soak->signed_release_count == soak->rows[soak->period_index].released,
               "signed releases", "the matcher gives %zu", soak->signed_release_count);
}

void release_forget(struct soak *soak)
{
    for (size_t i = 0; i < soak->signed_release_count; i++) {
        signed_bytes_free(&soak->signed_releases[i]);
    }
    soak->signed_release_count = 0;
}
