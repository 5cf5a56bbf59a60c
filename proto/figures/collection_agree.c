/* SPDX-License-Identifier: Apache-2.0
 * Agreements, as the matcher makes them.
 */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/figures/collection_internal.h"

enum {
    PARTY_ROOM = 2048
}; /* counted for each contribution beside its cells: certificate, entries
      and what they take in the file at most */

uint64_t manifest_room(const struct manifest *manifest)
{
    uint64_t room = 0;
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct figures_table *table = manifest->terms[i].table;
        size_t areas = geography_areas(manifest->geography, table->by_authority);
        uint64_t each = (uint64_t)figures_cells(table, areas) * CIPHERTEXT_BYTES;
        /* The file has whole pages of 4 KiB. */
        room += manifest->sides[table->side].enrolled * (each + PARTY_ROOM + 4096);
    }
    return room;
}

/* ---- limits ---- */

struct open_walk {
    struct step *step;
    const char *hub;
    uint32_t open; /* of the hub */
    uint64_t room; /* of all */
};

static bool count_open(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len,
                       void *ctx, struct err *err)
{
    struct open_walk *walk = ctx;
    struct agreement_record record;
    uint32_t done = 0;
    if (key_len != HASH_BYTES || !agreement_record_decode(value, len, &record, err) ||
        !done_count(walk->step, key, &done, err)) {
        return false;
    }
    if (record.over || done >= record.terms) return true;
    walk->room += record.room;
    if (strcmp(record.hub, walk->hub) == 0) walk->open++;
    return true;
}

bool agreement_check_limits(struct step *step, const char *hub, uint64_t room, struct err *err)
{
    struct open_walk walk = {.step = step, .hub = hub};
    if (!store_each(step->txn, TABLE_AGREEMENTS, NULL, 0, count_open, &walk, err)) return false;
    if (walk.open >= FIGURES_OPEN_MAX) {
        return err_set(err, ERR_BUDGET, "period",
                       "%u periods of hub %s are open already: their tables are to be released "
                       "first, or lapse %d days after closing",
                       walk.open, hub, FIGURES_KEEP_DAYS);
    }
    return walk.room + room <= (uint64_t)FIGURES_ROOM_MIB << 20 ||
           err_set(err, ERR_BUDGET, "enrolled",
                   "contributions of all who are enrolled could take %llu MiB beside %llu MiB of "
                   "other periods; %d MiB are there for all",
                   (unsigned long long)(room >> 20), (unsigned long long)(walk.room >> 20),
                   FIGURES_ROOM_MIB);
}

/* ---- a proposal ---- */

struct proposal {
    struct collection *collection;
    const struct signed_bytes *raw;
    const struct certificate *hub;
    int64_t now_ms;
    uint8_t hash[HASH_BYTES];
    struct manifest manifest;
    struct scalar m;
    struct signed_bytes release_key;
};

/* A hub whose certificate was renewed shows the new one with the same manifest. */
static bool renew(struct step *step, const struct proposal *proposal,
                  struct agreement_record *record, struct err *err)
{
    struct signed_bytes manifest, matcher;
    kept_copy(&record->manifest, &manifest);
    kept_copy(&record->matcher_certificate, &matcher);
    record->manifest = kept_of(&manifest);
    record->matcher_certificate = kept_of(&matcher);
    record->release_key = kept_of(&proposal->release_key);
    record->hub_certificate = kept_of(&proposal->hub->raw);
    bool ok = agreement_write(step, proposal->hash, record, err);
    signed_bytes_free(&manifest);
    signed_bytes_free(&matcher);
    return ok;
}

/* The answer that this manifest got before. */
static bool answered_in(struct step *step, struct proposal *proposal, bool *found, struct err *err)
{
    struct agreement_record record;
    struct certificate hub;
    if (!agreement_read(step, proposal->hash, &record, found, err)) return false;
    if (!*found) return true;
    if (!record.agreed) return err_set(err, ERR_CORRUPT, NULL, "an agreement has no release key");
    if (!kept_certificate(&record.hub_certificate, &hub, err)) return false;
    bool renewed = hub.serial < proposal->hub->serial;
    certificate_free(&hub);
    kept_copy(&record.release_key, &proposal->release_key);
    return !renewed || renew(step, proposal, &record, err);
}

static bool answered(struct proposal *proposal, bool *found, struct err *err)
{
    struct step step;
    return step_begin(proposal->collection, true, &step, err) &&
           step_end(&step, answered_in(&step, proposal, found, err), err);
}

static bool check_parties(const struct proposal *proposal, struct err *err)
{
    const struct manifest *manifest = &proposal->manifest;
    const struct collection *collection = proposal->collection;
    if (strcmp(manifest->hub, proposal->hub->organisation) != 0) {
        return err_set(err, ERR_DENIED, "hub", "the manifest is of hub %s, its signature by %s",
                       manifest->hub, proposal->hub->organisation);
    }
    if (strcmp(manifest->matcher, collection->organisation) != 0) {
        return err_set(err, ERR_INVALID, "matcher", "the manifest names matcher %s; this is %s",
                       manifest->matcher, collection->organisation);
    }
    for (size_t i = 0; collection->parts.listed && i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        if (party->role == ROLE_AGENT &&
            !collection->parts.listed(party->organisation, collection->parts.listed_ctx)) {
            return err_set(err, ERR_DENIED, "enrolled",
                           "the matcher's directory lists no agency %s", party->organisation);
        }
    }
    return true;
}

/* Not far ahead either: a hub could hold for years the room that all hubs share, and contributors
 * remember the newest period alone. */
static bool check_time(const struct proposal *proposal, struct err *err)
{
    char closes[CLOCK_TEXT];
    int64_t closes_at = proposal->manifest.closes_at, opens_at = proposal->manifest.opens_at;
    if (opens_at > proposal->now_ms + FIGURES_KEEP_MS) {
        clock_format(opens_at, closes);
        return err_set(err, ERR_EXPIRED, "opens_at",
                       "the window opens at %s; at most %d days ahead", closes, FIGURES_KEEP_DAYS);
    }
    if (closes_at > proposal->now_ms) return true;
    clock_format(closes_at, closes);
    return err_set(err, ERR_EXPIRED, "closes_at", "the window closed at %s already", closes);
}

static bool check_proposal(struct proposal *proposal, struct err *err)
{
    const struct signed_bytes *raw = proposal->raw;
    return manifest_decode(raw->body.data, raw->body.len, &proposal->manifest, err) &&
           check_parties(proposal, err) && check_time(proposal, err);
}

/* Makes sure of what each contributor will check. */
static bool draw_key(struct proposal *proposal, struct err *err)
{
    struct collection *collection = proposal->collection;
    const struct certificate *own = identity_certificate(collection->parts.identity);
    struct agreement agreement;
    scalar_random(&proposal->m);
    release_key_encode(proposal->hash, collection->organisation, &proposal->m,
                       &proposal->release_key.body);
    identity_sign_body(collection->parts.identity, TAG_RELEASE_KEY, &proposal->release_key);
    if (!agreement_make(proposal->raw, proposal->hub, &proposal->release_key, own,
                        collection->parts.trust, proposal->now_ms, &agreement, err)) {
        return false;
    }
    agreement_free(&agreement);
    return true;
}

static struct agreement_record record_of(const struct proposal *proposal)
{
    const struct manifest *manifest = &proposal->manifest;
    const struct certificate *own = identity_certificate(proposal->collection->parts.identity);
    struct agreement_record record = {.period = manifest->period,
                                      .opens_at = manifest->opens_at,
                                      .closes_at = manifest->closes_at,
                                      .terms = (uint32_t)manifest->term_count,
                                      .room = manifest_room(manifest),
                                      .agreed = true,
                                      .manifest = kept_of(proposal->raw),
                                      .hub_certificate = kept_of(&proposal->hub->raw),
                                      .release_key = kept_of(&proposal->release_key),
                                      .matcher_certificate = kept_of(&own->raw)};
    memcpy(record.hub, manifest->hub, sizeof record.hub);
    return record;
}

static bool keep_in(struct step *step, const struct proposal *proposal, struct err *err)
{
    const struct agreement_record record = record_of(proposal);
    uint8_t other[HASH_BYTES];
    bool found = false;
    char text[PERIOD_TEXT];
    if (!period_read(step, record.hub, record.period, other, &found, err)) return false;
    if (found) {
        return err_set(err, ERR_EXISTS, "period", "another manifest of hub %s for %s is agreed",
                       record.hub, period_text(record.period, text));
    }
    return agreement_check_limits(step, record.hub, record.room, err) &&
           agreement_write(step, proposal->hash, &record, err) &&
           period_write(step, &record, proposal->hash, err) &&
           secret_write(step, proposal->hash, &proposal->m, err);
}

static bool keep(struct proposal *proposal, struct err *err)
{
    struct step step;
    return step_begin(proposal->collection, true, &step, err) &&
           step_end(&step, keep_in(&step, proposal, err), err);
}

static bool answer(struct proposal *proposal, struct err *err)
{
    bool found = false;
    if (!answered(proposal, &found, err)) return false;
    return found ||
           (check_proposal(proposal, err) && draw_key(proposal, err) && keep(proposal, err));
}

static bool check_signature(const struct proposal *proposal, struct err *err)
{
    const struct signed_bytes *raw = proposal->raw;
    if (raw->body.len > MANIFEST_BYTES_MAX) {
        return err_set(err, ERR_INVALID, "manifest", "has %zu bytes; at most %d", raw->body.len,
                       MANIFEST_BYTES_MAX);
    }
    return trust_check(proposal->collection->parts.trust, proposal->hub, ROLE_HUB, proposal->now_ms,
                       err) &&
           certificate_verify(proposal->hub, TAG_MANIFEST, raw->body.data, raw->body.len,
                              raw->signature, SIGNATURE_BYTES, err);
}

bool collection_agree(struct collection *collection, const struct signed_bytes *manifest,
                      const struct certificate *hub, int64_t now_ms, struct signed_bytes *out,
                      struct err *err)
{
    struct proposal proposal = {
        .collection = collection, .raw = manifest, .hub = hub, .now_ms = now_ms};
    REQUIRE(collection->role == ROLE_MATCHER);
    hash_once(proposal.hash, TAG_MANIFEST, manifest->body.data, manifest->body.len);
    bool ok = check_signature(&proposal, err) && answer(&proposal, err);
    scalar_wipe(&proposal.m);
    manifest_free(&proposal.manifest);
    if (ok) {
        *out = proposal.release_key;
    } else {
        signed_bytes_free(&proposal.release_key);
    }
    return ok;
}
