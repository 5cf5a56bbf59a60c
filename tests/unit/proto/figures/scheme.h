/* SPDX-License-Identifier: Apache-2.0
 * A matcher, a hub and any number of contributors, with collections in a temporary directory.
 * Contributors have certificates and signing keys alone, made in a fraction of a millisecond each.
 * Failures abort with a message. The time is the scheme's own: the month that follows the present
 * one, so that the present one is over.
 */
#ifndef HEARTH_TESTS_FIGURES_SCHEME_H
#define HEARTH_TESTS_FIGURES_SCHEME_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "keys/key_file.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"
#include "tests/unit/proto/figures/areas.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static const int64_t SCHEME_HOUR = 3600000, SCHEME_DAY = 24 * 3600000LL;

struct scheme_party {
    struct certificate certificate;
    uint8_t sign_secret[SIGN_SECRET_BYTES];
};

struct scheme {
    struct parties *parties;
    uint8_t authority_secret[SIGN_SECRET_BYTES];
    uint64_t next_serial;
    struct party matcher, hub;
    size_t homes;                  /* how many pairs of them there have been */
    char *matcher_home, *hub_home; /* of the collections */
    struct collection *at_matcher, *at_hub;
    struct pool *pool;                 /* may be NULL */
    struct scheme_party *contributors; /* agencies, then LAs, ascending */
    size_t agencies, las;
    struct geography *areas;
    int64_t now_ms;
    uint32_t period;            /* of the last agreement */
    struct agreement agreement; /* the last one */
    bool agreed;
};

/* ---- parties ---- */

static inline struct scheme_party scheme_party(struct scheme *scheme, enum role role,
                                               const char *id)
{
    struct scheme_party party = {0};
    struct certificate *certificate = &party.certificate;
    uint8_t seal_secret[32];
    REQUIRE(crypto_sign_keypair(certificate->sign_key, party.sign_secret) == 0);
    REQUIRE(crypto_box_keypair(certificate->seal_key, seal_secret) == 0);
    certificate->serial = scheme->next_serial++;
    certificate->role = role;
    (void)snprintf(certificate->organisation, sizeof certificate->organisation, "%s", id);
    (void)snprintf(certificate->name, sizeof certificate->name, "Test %s", id);
    certificate->not_before = clock_wall_ms();
    certificate->not_after = certificate->not_before + 1000 * SCHEME_DAY;
    certificate_sign(certificate, scheme->authority_secret);
    return party;
}

static inline void scheme_party_free(struct scheme_party *party)
{
    certificate_free(&party->certificate);
    sodium_memzero(party->sign_secret, sizeof party->sign_secret);
}

static inline const struct certificate *scheme_matcher(const struct scheme *scheme)
{
    return identity_certificate(scheme->matcher.identity);
}

static inline const struct certificate *scheme_hub(const struct scheme *scheme)
{
    return identity_certificate(scheme->hub.identity);
}

static inline struct scheme_party *scheme_agency(struct scheme *scheme, size_t i)
{
    REQUIRE(i < scheme->agencies);
    return &scheme->contributors[i];
}

static inline struct scheme_party *scheme_la(struct scheme *scheme, size_t i)
{
    REQUIRE(i < scheme->las);
    return &scheme->contributors[scheme->agencies + i];
}

/* ---- the scheme ---- */

static inline void scheme_open(const struct scheme *scheme, const struct party *party,
                               const char *home, struct collection **out)
{
    const struct collection_parts parts = {
        .home = home, .identity = party->identity, .trust = party->trust, .pool = scheme->pool};
    struct err err = {0};
    parties_must(collection_open(&parts, out, &err), &err);
}

static inline void scheme_open_both(struct scheme *scheme)
{
    scheme_open(scheme, &scheme->matcher, scheme->matcher_home, &scheme->at_matcher);
    scheme_open(scheme, &scheme->hub, scheme->hub_home, &scheme->at_hub);
}

static inline void scheme_close_both(struct scheme *scheme)
{
    collection_close(scheme->at_matcher);
    collection_close(scheme->at_hub);
    scheme->at_matcher = scheme->at_hub = NULL;
}

static inline char *scheme_home(const struct scheme *scheme, const char *of)
{
    struct err err = {0};
    char *home = mem_format("%s/figures-%s-%zu", scheme->parties->dir, of, scheme->homes);
    parties_must(file_make_dirs(home, 0700, &err), &err);
    return home;
}

static inline void scheme_new_homes(struct scheme *scheme)
{
    free(scheme->matcher_home);
    free(scheme->hub_home);
    scheme->homes++;
    scheme->matcher_home = scheme_home(scheme, "matcher");
    scheme->hub_home = scheme_home(scheme, "hub");
}

static inline void scheme_read_authority(struct scheme *scheme)
{
    struct err err = {0};
    struct private_keys keys = {0};
    struct secret passphrase = parties_passphrase();
    char *path = file_join(scheme->parties->authority_dir, HOME_KEY);
    parties_must(key_file_load(path, &passphrase, &keys, &err), &err);
    memcpy(scheme->authority_secret, keys.sign.data, SIGN_SECRET_BYTES);
    private_keys_free(&keys);
    secret_free(&passphrase);
    free(path);
}

/* scheme_free frees, and removes the directory. */
static inline struct scheme *scheme_new(size_t agencies, size_t las, struct pool *pool)
{
    char id[ID_MAX + 1], *dir = support_temp_dir();
    struct scheme *scheme = mem_new(struct scheme);
    scheme->parties = parties_new(dir);
    free(dir);
    scheme_read_authority(scheme);
    scheme->matcher = parties_add(scheme->parties, ROLE_MATCHER, "matcher-1");
    scheme->hub = parties_add(scheme->parties, ROLE_HUB, "hub-1");
    scheme->next_serial = 1000000;
    scheme->pool = pool;
    scheme->agencies = agencies;
    scheme->las = las;
    scheme->contributors = mem_array(agencies + las, sizeof *scheme->contributors);
    for (size_t i = 0; i < agencies + las; i++) {
        bool agency = i < agencies;
        (void)snprintf(id, sizeof id, agency ? "agency-%04zu" : "la-%04zu",
                       agency ? i : i - agencies);
        scheme->contributors[i] = scheme_party(scheme, agency ? ROLE_AGENT : ROLE_LA, id);
    }
    scheme->areas = areas_new();
    scheme_new_homes(scheme);
    scheme_open_both(scheme);
    return scheme;
}

static inline void scheme_forget(struct scheme *scheme)
{
    if (scheme->agreed) agreement_free(&scheme->agreement);
    scheme->agreed = false;
}

/* The same parties with empty collections. */
static inline void scheme_reset(struct scheme *scheme)
{
    scheme_forget(scheme);
    scheme_close_both(scheme);
    scheme_new_homes(scheme);
    scheme_open_both(scheme);
}

static inline void scheme_free(struct scheme *scheme)
{
    char *dir = mem_string(scheme->parties->dir);
    scheme_forget(scheme);
    scheme_close_both(scheme);
    for (size_t i = 0; i < scheme->agencies + scheme->las; i++) {
        scheme_party_free(&scheme->contributors[i]);
    }
    free(scheme->contributors);
    free(scheme->matcher_home);
    free(scheme->hub_home);
    free(scheme->areas);
    party_close(&scheme->matcher);
    party_close(&scheme->hub);
    parties_free(scheme->parties);
    support_temp_dir_remove(dir);
    free(scheme);
}

/* For a group of cmocka: *state is a scheme of 4 agencies and 3 LAs; each test begins with
 * scheme_fresh. */
enum { SCHEME_AGENCIES = 4, SCHEME_LAS = 3 };
static inline int scheme_set_up(void **state)
{
    *state = scheme_new(SCHEME_AGENCIES, SCHEME_LAS, NULL);
    return 0;
}

static inline int scheme_tear_down(void **state)
{
    scheme_free(*state);
    return 0;
}

static inline struct scheme *scheme_fresh(void **state)
{
    struct scheme *scheme = *state;
    scheme_reset(scheme);
    return scheme;
}

/* ---- manifests ---- */

static inline bool scheme_has_side(const struct manifest *manifest, enum figures_side side)
{
    for (size_t i = 0; i < manifest->term_count; i++) {
        if (manifest->terms[i].table->side == side) return true;
    }
    return false;
}

static inline void scheme_enrol_one(const struct scheme *scheme, size_t i,
                                    struct manifest *manifest)
{
    const struct certificate *certificate = &scheme->contributors[i].certificate;
    struct manifest_party *party = &manifest->enrolled[manifest->enrolled_count++];
    bool la = certificate->role == ROLE_LA;
    party->role = certificate->role;
    memcpy(party->organisation, certificate->organisation, sizeof party->organisation);
    size_t authority = la ? i % scheme->areas->authority_count : AREA_NONE;
    party->authority = (uint16_t)authority;
}

static inline void scheme_enrol(const struct scheme *scheme, enum figures_side side,
                                struct manifest *manifest)
{
    size_t first = side == FIGURES_CAPACITY ? 0 : scheme->agencies;
    size_t count = side == FIGURES_CAPACITY ? scheme->agencies : scheme->las;
    if (!scheme_has_side(manifest, side)) return;
    manifest->sides[side] =
        (struct manifest_side){.quorum = manifest_quorum(count), .insiders = 1, .enrolled = count};
    for (size_t i = first; i < first + count; i++) scheme_enrol_one(scheme, i, manifest);
}

/* Everybody of the tables' sides enrolled, quorum as by default, one insider; `tables` in the order
 * of the edition. The window is the first week of the month after `period`. manifest_free frees. */
static inline void scheme_draft(struct scheme *scheme, uint32_t period, const char *const *tables,
                                size_t count, struct manifest *out)
{
    *out = (struct manifest){.period = period};
    memcpy(out->hub, scheme_hub(scheme)->organisation, sizeof out->hub);
    memcpy(out->matcher, scheme_matcher(scheme)->organisation, sizeof out->matcher);
    (void)snprintf(out->address, sizeof out->address, "hub.example:7443");
    out->opens_at = period_start_ms(period_next(period));
    out->closes_at = out->opens_at + 7 * SCHEME_DAY;
    for (size_t i = 0; i < count; i++) {
        const struct figures_table *table = figures_table_find(tables[i]);
        out->terms[out->term_count++] =
            (struct manifest_term){.table = table, .noise = {.epsilon = table->epsilon}};
    }
    out->enrolled = mem_array(scheme->agencies + scheme->las, sizeof *out->enrolled);
    scheme_enrol(scheme, FIGURES_CAPACITY, out);
    scheme_enrol(scheme, FIGURES_DEMAND, out);
    out->geography = mem_copy(scheme->areas, sizeof *scheme->areas);
}

/* The present month: the first period that a scheme has. */
static inline uint32_t scheme_first_period(void)
{
    return period_of(clock_wall_ms());
}

/* Hub proposes, matcher agrees, hub completes; the time is an hour after the window opens. */
static inline void scheme_agree(struct scheme *scheme, struct manifest *manifest)
{
    struct signed_bytes raw, release_key;
    struct err err = {0};
    scheme->now_ms = manifest->opens_at + SCHEME_HOUR;
    parties_must(collection_draw_up(scheme->at_hub, manifest, &raw, &err), &err);
    parties_must(collection_agree(scheme->at_matcher, &raw, scheme_hub(scheme), scheme->now_ms,
                                  &release_key, &err),
                 &err);
    parties_must(collection_agreed(scheme->at_hub, &release_key, scheme_matcher(scheme),
                                   scheme->now_ms, &err),
                 &err);
    signed_bytes_free(&raw);
    signed_bytes_free(&release_key);
    scheme_forget(scheme);
    parties_must(collection_agreement(scheme->at_hub, manifest->hash, &scheme->agreement, &err),
                 &err);
    scheme->agreed = true;
    scheme->period = manifest->period;
}

/* All of that for one period. */
static inline void scheme_begin_period(struct scheme *scheme, uint32_t period,
                                       const char *const *tables, size_t count)
{
    struct manifest manifest;
    scheme_draft(scheme, period, tables, count, &manifest);
    scheme_agree(scheme, &manifest);
    manifest_free(&manifest);
}

/* ---- contributions ---- */

static inline size_t scheme_cells(const struct scheme *scheme, const struct figures_table *table)
{
    return figures_cells(table, geography_areas(scheme->areas, table->by_authority));
}

/* For the last agreement; values: one a cell, noise included if there is to be any. */
static inline void scheme_contribute(const struct scheme *scheme, const struct scheme_party *party,
                                     const struct figures_table *table, const int32_t *values,
                                     struct signed_bytes *out)
{
    const struct agreement *agreement = &scheme->agreement;
    struct contribution contribution = {
        .role = party->certificate.role, .table = table, .count = scheme_cells(scheme, table)};
    uint8_t *ciphertexts = mem_array(contribution.count, CIPHERTEXT_BYTES), seed[SEED_BYTES];
    struct buf statement = {0}, body = {0};
    randombytes_buf(seed, sizeof seed);
    memcpy(contribution.manifest_hash, agreement->manifest.hash, HASH_BYTES);
    memcpy(contribution.key_hash, agreement->release_key.hash, HASH_BYTES);
    memcpy(contribution.organisation, party->certificate.organisation,
           sizeof contribution.organisation);
    agreement_statement(agreement, contribution.role, contribution.organisation, table->name,
                        &statement);
    contribution_encrypt(&agreement->joint, values, contribution.count, statement.data,
                         statement.len, seed, scheme->pool, ciphertexts, contribution.proof);
    contribution.ciphertexts = ciphertexts;
    contribution_encode(&contribution, &body);
    signed_bytes_make(party->sign_secret, TAG_CONTRIBUTION, &body, out);
    buf_free(&body);
    buf_free(&statement);
    free(ciphertexts);
}

/* The same number in each cell. */
static inline void scheme_contribute_all(const struct scheme *scheme,
                                         const struct scheme_party *party,
                                         const struct figures_table *table, int32_t value,
                                         struct signed_bytes *out)
{
    size_t cells = scheme_cells(scheme, table);
    int32_t *values = mem_array(cells, sizeof *values);
    for (size_t i = 0; i < cells; i++) values[i] = value;
    scheme_contribute(scheme, party, table, values, out);
    free(values);
}

/* Puts it, lets go of the receipt; false with err. */
static inline bool scheme_put(const struct scheme *scheme, struct collection *collection,
                              const struct scheme_party *party, const struct signed_bytes *raw,
                              bool passed, struct err *err)
{
    struct signed_bytes receipt;
    if (!collection_put(collection, raw, &party->certificate, passed, scheme->now_ms, &receipt,
                        err)) {
        return false;
    }
    signed_bytes_free(&receipt);
    return true;
}

/* To matcher and hub. */
static inline void scheme_deliver(const struct scheme *scheme, const struct scheme_party *party,
                                  const struct signed_bytes *raw)
{
    struct err err = {0};
    parties_must(scheme_put(scheme, scheme->at_matcher, party, raw, false, &err), &err);
    parties_must(scheme_put(scheme, scheme->at_hub, party, raw, false, &err), &err);
}

/* Each contributor of the table's side but the last `without` delivers `value` in each cell. */
static inline void scheme_deliver_all(struct scheme *scheme, const struct figures_table *table,
                                      int32_t value, size_t without)
{
    bool capacity = table->side == FIGURES_CAPACITY;
    size_t count = capacity ? scheme->agencies : scheme->las;
    for (size_t i = 0; i + without < count; i++) {
        struct scheme_party *party = capacity ? scheme_agency(scheme, i) : scheme_la(scheme, i);
        struct signed_bytes raw;
        scheme_contribute_all(scheme, party, table, value, &raw);
        scheme_deliver(scheme, party, &raw);
        signed_bytes_free(&raw);
    }
}

static inline void scheme_close_window(struct scheme *scheme)
{
    scheme->now_ms = scheme->agreement.manifest.closes_at + SCHEME_HOUR;
}

/* ---- release ---- */

static inline void scheme_set_hash(const struct scheme *scheme, struct collection *collection,
                                   const struct figures_table *table, uint8_t out[HASH_BYTES])
{
    struct figures_release set;
    struct err err = {0};
    parties_must(collection_set(collection, scheme->agreement.manifest.hash, table, &set, &err),
                 &err);
    figures_set_hash(&set, out);
    figures_release_free(&set);
}

static inline bool scheme_half_open(const struct scheme *scheme, const struct figures_table *table,
                                    struct opened *out, struct err *err)
{
    uint8_t set_hash[HASH_BYTES];
    scheme_set_hash(scheme, scheme->at_hub, table, set_hash);
    return collection_half_open(scheme->at_matcher, scheme->agreement.manifest.hash, table,
                                set_hash, scheme->now_ms, out, err);
}

static inline bool scheme_open_sums(const struct scheme *scheme, const struct opened *opened,
                                    struct release *out, struct err *err)
{
    return collection_open_sums(scheme->at_hub, opened, scheme_matcher(scheme), scheme->now_ms, out,
                                err);
}

#endif
