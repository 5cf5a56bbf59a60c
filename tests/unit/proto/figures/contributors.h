/* SPDX-License-Identifier: Apache-2.0
 * A contributor with its home, a matcher and two hubs, and manifests whose secrets the test knows:
 * so that it can open what was contributed. Failures abort with a message. The time is told by the
 * test: certificates begin now, so periods begin with the present month.
 */
#ifndef TESTS_FIGURES_CONTRIBUTORS_H
#define TESTS_FIGURES_CONTRIBUTORS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/certificate.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/figures/contribution.h"
#include "proto/figures/contributor.h"
#include "tests/unit/proto/figures/areas.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static const int64_t CONTRIBUTORS_HOUR = 3600000, CONTRIBUTORS_DAY = 24 * 3600000LL;
static const char *const CONTRIBUTORS_TABLES[] = {"capacity_status", "capacity_age", "capacity_la",
                                                  "demand_age", "price_age"};
enum { CONTRIBUTORS_CAPACITY = 3 /* of these tables */ };

struct contributors {
    struct parties *parties;
    struct party matcher, hubs[2], agency, la;
    struct contributor_parts parts;
    struct contributor *own; /* the agency's, or that of an LA */
    uint32_t period;         /* the present month */
    size_t counted;          /* times that the vault was counted */
    void (*counting)(void *ctx);
    void *counting_ctx;
};

static inline bool contributors_count(struct tally *tally, const struct manifest *manifest,
                                      int64_t now_ms, struct stream *stream, void *ctx,
                                      struct err *err)
{
    (void)manifest;
    (void)now_ms;
    (void)err;
    struct contributors *all = ctx;
    const size_t ages[] = {0, 2};
    const uint32_t heads[] = {1, 1};
    size_t first = 0;
    all->counted++;
    if (all->counting) all->counting(all->counting_ctx);
    for (int i = 0; i < 7; i++) {
        tally_count(tally, "capacity_status", 1, &first, heads, 1);
        tally_count(tally, "capacity_age", 0, ages, heads, 2);
        tally_count(tally, "capacity_la", 2, &first, heads, 1);
        tally_count(tally, "demand_age", 1, ages, heads, 1);
        /* Between two points: which of them is drawn. */
        if (tally_cells(tally, "price_age", &(size_t){0})) {
            tally_price(tally, "price_age", 1, 0, 850, stream);
        }
    }
    return true;
}

static inline void contributors_open(struct contributors *all)
{
    struct err err = {0};
    parties_must(contributor_open(&all->parts, &all->own, &err), &err);
}

static inline void contributors_reopen(struct contributors *all)
{
    contributor_close(all->own);
    contributors_open(all);
}

static inline void contributors_use(struct contributors *all, const struct party *party)
{
    all->parts = (struct contributor_parts){.home = party->home,
                                            .identity = party->identity,
                                            .trust = party->trust,
                                            .count = contributors_count,
                                            .count_ctx = all};
    contributors_open(all);
}

static inline int contributors_set_up(void **state)
{
    char *dir = support_temp_dir();
    struct contributors *all = mem_new(struct contributors);
    all->parties = parties_new(dir);
    free(dir);
    all->matcher = parties_add(all->parties, ROLE_MATCHER, "matcher-1");
    all->hubs[0] = parties_add(all->parties, ROLE_HUB, "hub-1");
    all->hubs[1] = parties_add(all->parties, ROLE_HUB, "hub-2");
    all->agency = parties_add(all->parties, ROLE_AGENT, "ifa-1");
    all->la = parties_add(all->parties, ROLE_LA, "la-1");
    all->period = period_of(clock_wall_ms());
    contributors_use(all, &all->agency);
    *state = all;
    return 0;
}

static inline int contributors_tear_down(void **state)
{
    struct contributors *all = *state;
    char *dir = mem_string(all->parties->dir);
    contributor_close(all->own);
    party_close(&all->matcher);
    for (size_t i = 0; i < 2; i++) party_close(&all->hubs[i]);
    party_close(&all->agency);
    party_close(&all->la);
    parties_free(all->parties);
    support_temp_dir_remove(dir);
    free(all);
    return 0;
}

/* ---- agreements ---- */

struct contributors_wish {
    size_t hub;       /* 0 or 1 */
    unsigned later;   /* months */
    uint32_t percent; /* of the edition's epsilons; 0: all of it */
    int64_t secret;   /* tells manifests of one period apart */
    size_t tables;    /* the first of CONTRIBUTORS_TABLES; 0: all */
    bool every_table; /* all of the edition instead */
    bool without_us;  /* is not enrolled */
};

static inline const struct certificate *contributors_matcher(const struct contributors *all)
{
    return identity_certificate(all->matcher.identity);
}

static inline void contributors_add_term(struct manifest *manifest,
                                         const struct figures_table *table, uint32_t percent)
{
    struct manifest_term *term = &manifest->terms[manifest->term_count++];
    term->table = table;
    term->noise.epsilon = percent ? table->epsilon / 100 * percent : table->epsilon;
}

static inline void contributors_enrol(struct manifest *manifest, bool without_us)
{
    enum { EACH = 5 };
    manifest->enrolled = mem_array(2 * EACH, sizeof *manifest->enrolled);
    for (size_t i = 0; i < 2 * EACH; i++) {
        struct manifest_party *party = &manifest->enrolled[manifest->enrolled_count++];
        bool la = i >= EACH;
        *party = (struct manifest_party){.role = la ? ROLE_LA : ROLE_AGENT,
                                         .authority = la ? (uint16_t)(i % 3) : AREA_NONE};
        (void)snprintf(party->organisation, sizeof party->organisation, "%s-%zu", la ? "la" : "ifa",
                       i % EACH + 1 + without_us);
    }
    for (size_t i = 0; i < FIGURES_SIDES; i++) {
        manifest->sides[i] = (struct manifest_side){.quorum = 4, .insiders = 1};
    }
}

static inline struct manifest contributors_draft(const struct contributors *all,
                                                 const struct contributors_wish *wish)
{
    struct manifest manifest = {.address = "127.0.0.1:7441", .geography = areas_new()};
    (void)snprintf(manifest.hub, sizeof manifest.hub, "hub-%zu", wish->hub + 1);
    (void)snprintf(manifest.matcher, sizeof manifest.matcher, "matcher-1");
    manifest.period = all->period;
    for (unsigned i = 0; i < wish->later; i++) manifest.period = period_next(manifest.period);
    manifest.opens_at = period_start_ms(period_next(manifest.period));
    manifest.closes_at = manifest.opens_at + 7 * CONTRIBUTORS_DAY;
    if (wish->every_table) {
        for (size_t i = 0; i < figures_table_count; i++) {
            contributors_add_term(&manifest, &figures_tables[i], wish->percent);
        }
    } else {
        size_t most = sizeof CONTRIBUTORS_TABLES / sizeof *CONTRIBUTORS_TABLES;
        for (size_t i = 0; i < (wish->tables ? wish->tables : most); i++) {
            contributors_add_term(&manifest, figures_table_find(CONTRIBUTORS_TABLES[i]),
                                  wish->percent);
        }
    }
    contributors_enrol(&manifest, wish->without_us);
    if (wish->tables && wish->tables <= CONTRIBUTORS_CAPACITY) { /* no tables, no enrolled */
        manifest.enrolled_count /= 2;
        manifest.sides[FIGURES_DEMAND] = (struct manifest_side){0};
    }
    return manifest;
}

/* u and m: secret and 7 * secret; agreement_free. */
static inline void contributors_agree(const struct contributors *all,
                                      const struct contributors_wish *wish, struct agreement *out)
{
    struct manifest manifest = contributors_draft(all, wish);
    struct signed_bytes raw = {0}, release_key = {0};
    struct scalar u, m;
    struct err err = {0};
    int64_t secret = wish->secret ? wish->secret : 1000;
    const struct party *hub = &all->hubs[wish->hub];
    scalar_from_int(&u, secret);
    scalar_from_int(&m, 7 * secret);
    parties_must(manifest_encode(&manifest, &u, &raw.body, &err), &err);
    identity_sign_body(hub->identity, TAG_MANIFEST, &raw);
    uint8_t hash[HASH_BYTES];
    hash_once(hash, TAG_MANIFEST, raw.body.data, raw.body.len);
    release_key_encode(hash, "matcher-1", &m, &release_key.body);
    identity_sign_body(all->matcher.identity, TAG_RELEASE_KEY, &release_key);
    parties_must(agreement_make(&raw, identity_certificate(hub->identity), &release_key,
                                contributors_matcher(all), all->agency.trust, manifest.opens_at,
                                out, &err),
                 &err);
    manifest_free(&manifest);
    signed_bytes_free(&raw);
    signed_bytes_free(&release_key);
}

static inline int64_t contributors_in_window(const struct agreement *agreement)
{
    return agreement->manifest.opens_at + CONTRIBUTORS_HOUR;
}

/* Noted, and its hub joined. */
static inline void contributors_join(struct contributors *all, const struct agreement *agreement)
{
    struct err err = {0};
    parties_must(contributor_note(all->own, agreement, &err), &err);
    parties_must(contributor_join(all->own, agreement->manifest.hub, &err), &err);
}

/* ---- what was made ---- */

/* An hour after the window opens: how many were made. */
static inline size_t contributors_prepare(struct contributors *all,
                                          const struct agreement *agreement)
{
    struct err err = {0};
    size_t made = 0, refused = 0;
    parties_must(contributor_prepare(all->own, agreement, contributors_in_window(agreement), &made,
                                     &refused, &err),
                 &err);
    return made;
}

static inline struct contributor_item *contributors_items(struct contributors *all, size_t *count)
{
    struct contributor_item *items = NULL;
    struct err err = {0};
    parties_must(contributor_items(all->own, &items, count, &err), &err);
    return items;
}

static inline size_t contributors_entries(struct contributors *all)
{
    uint8_t head[HASH_BYTES];
    uint64_t count = 0;
    struct err err = {0};
    parties_must(contributor_ledger(all->own, NULL, NULL, head, &count, &err), &err);
    return (size_t)count;
}

/* The cells, noise included; free(). */
static inline int64_t *contributors_opened(const struct agreement *agreement, int64_t secret,
                                           const struct signed_bytes *raw, size_t *count)
{
    struct contribution contribution;
    struct err err = {0};
    struct scalar k;
    struct sum_finder *finder = sum_finder_new(100000, 64, NULL);
    (void)agreement;
    scalar_from_int(&k, 8 * secret);
    parties_must(contribution_decode(raw->body.data, raw->body.len, &contribution, &err), &err);
    int64_t *values = mem_array(contribution.count, sizeof *values);
    for (size_t i = 0; i < contribution.count; i++) {
        struct ciphertext one;
        struct point opened;
        REQUIRE(ciphertext_decode(&one, contribution.ciphertexts + i * CIPHERTEXT_BYTES));
        elgamal_open(&opened, &one, &k);
        REQUIRE(sum_find_var(finder, &opened, &values[i]));
    }
    sum_finder_free(finder);
    *count = contribution.count;
    return values;
}

#endif
