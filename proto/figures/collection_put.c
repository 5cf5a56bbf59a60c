/* SPDX-License-Identifier: Apache-2.0
 * Taking a contribution: what is cheap to check comes first, the proof last.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

struct arrival {
    struct collection *collection;
    const struct signed_bytes *raw;
    const struct certificate *certificate;
    bool passed;
    int64_t now_ms;
    struct contribution contribution;
    const struct agreement *agreement;
    uint8_t key[PARTY_KEY];
    bool known;
    int64_t taken_at;
    struct party_record before; /* where `replaces` */
    bool replaces;
};

/* ---- who sends it, and what ---- */

static bool check_certificate(const struct arrival *arrival, struct err *err)
{
    struct trust *trust = arrival->collection->parts.trust;
    const struct manifest *manifest = &arrival->agreement->manifest;
    int64_t now_ms = arrival->now_ms, closes_at = manifest->closes_at;
    enum role role = arrival->contribution.role;
    uint64_t serial = arrival->certificate->serial;
    if (!arrival->passed) return trust_check(trust, arrival->certificate, role, now_ms, err);
    /* A key that was stolen long ago is no good because a hub passes on what it has signed. When it
     * was revoked nobody can tell from the list: what was taken before fails with it. */
    if (trust_is_revoked(trust, serial)) {
        return err_set(err, ERR_DENIED, "certificate", "serial %llu of %s %s is revoked",
                       (unsigned long long)serial, role_name(role),
                       arrival->certificate->organisation);
    }
    /* What the other collector took in time counts, even where the certificate was renewed since:
     * else the two sets would never be the same. */
    return trust_check_at(trust, arrival->certificate, role, manifest->opens_at, err) ||
           trust_check_at(trust, arrival->certificate, role,
                          now_ms < closes_at ? now_ms : closes_at, err);
}

static bool check_sender(const struct arrival *arrival, struct err *err)
{
    const struct contribution *contribution = &arrival->contribution;
    const struct certificate *certificate = arrival->certificate;
    if (contribution->role == certificate->role &&
        strcmp(contribution->organisation, certificate->organisation) == 0) {
        return true;
    }
    return err_set(err, ERR_DENIED, "organisation",
                   "the contribution is of %s %s, the certificate of %s %s",
                   role_name(contribution->role), contribution->organisation,
                   role_name(certificate->role), certificate->organisation);
}

static bool check_enrolled(const struct arrival *arrival, struct err *err)
{
    const struct contribution *contribution = &arrival->contribution;
    const struct manifest *manifest = &arrival->agreement->manifest;
    enum figures_side side = contribution->role == ROLE_AGENT ? FIGURES_CAPACITY : FIGURES_DEMAND;
    if (!manifest_party(manifest, contribution->role, contribution->organisation)) {
        return err_set(err, ERR_DENIED, "organisation", "%s %s is not enrolled with hub %s",
                       role_name(contribution->role), contribution->organisation, manifest->hub);
    }
    return contribution->table->side == side ||
           err_set(err, ERR_DENIED, "table", "%s is not a table of %s", contribution->table->name,
                   role_name(contribution->role));
}

static bool check_content(const struct arrival *arrival, struct err *err)
{
    const struct contribution *contribution = &arrival->contribution;
    const struct agreement *agreement = arrival->agreement;
    const struct figures_table *table = contribution->table;
    const struct manifest_term *term = NULL;
    if (!agreement_term(agreement, table, &term, err)) {
        err->code = ERR_INVALID;
        return false;
    }
    if (sodium_memcmp(contribution->key_hash, agreement->release_key.hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_INVALID, "key_hash", "is not that of the manifest's release key");
    }
    size_t cells =
        figures_cells(table, geography_areas(agreement->manifest.geography, table->by_authority));
    return contribution->count == cells ||
           err_set(err, ERR_INVALID, "ciphertexts", "%s has %zu cells, not %zu", table->name, cells,
                   contribution->count);
}

static bool check_signature(const struct arrival *arrival, struct err *err)
{
    const struct signed_bytes *raw = arrival->raw;
    return check_certificate(arrival, err) &&
           certificate_verify(arrival->certificate, TAG_CONTRIBUTION, raw->body.data, raw->body.len,
                              raw->signature, SIGNATURE_BYTES, err);
}

/* ---- whether it comes in time, once ---- */

static bool is_late(const struct arrival *arrival)
{
    return !arrival->passed && arrival->now_ms >= arrival->agreement->manifest.closes_at;
}

static bool check_time(const struct arrival *arrival, struct err *err)
{
    char at[CLOCK_TEXT];
    const struct manifest *manifest = &arrival->agreement->manifest;
    if (arrival->now_ms < manifest->opens_at) {
        clock_format(manifest->opens_at, at);
        return err_set(err, ERR_EXPIRED, "opens_at", "the window opens at %s", at);
    }
    if (!is_late(arrival)) return true;
    clock_format(manifest->closes_at, at);
    return err_set(err, ERR_EXPIRED, "closes_at", "the window closed at %s", at);
}

/* Of two that a party has signed: the one under the newer certificate, so that an old key that was
 * lost puts nothing in an honest one's place; else the one with the lower hash. */
static bool check_better(struct arrival *arrival, struct step *step, struct err *err)
{
    struct contribution_record kept;
    struct certificate certificate;
    bool found = false;
    arrival->replaces = false;
    if (arrival->before.twice) return true; /* two collectors, two contributions: no third */
    if (!contribution_read(step, arrival->before.hash, &kept, &found, err)) return false;
    if (!found) return true; /* erased: its table is done */
    if (!kept_certificate(&kept.certificate, &certificate, err)) return false;
    uint64_t before = certificate.serial, now = arrival->certificate->serial;
    certificate_free(&certificate);
    arrival->replaces = now != before
                            ? now > before
                            : hash_order(arrival->contribution.hash, arrival->before.hash) < 0;
    return true;
}

/* Sets `known` where these very bytes were taken before. A party that has signed two, and sent each
 * to one collector, would keep the two sets apart for ever: of those both keep the same, once they
 * pass them on. */
static bool check_first(struct arrival *arrival, struct step *step, bool *noted, struct err *err)
{
    const uint8_t *hash = arrival->contribution.hash;
    struct party_record record;
    bool found = false;
    if (!party_read(step, arrival->key, &record, &found, err)) return false;
    *noted = found;
    arrival->replaces = false;
    if (!found || record.state != PARTY_TAKEN) return true;
    arrival->known = sodium_memcmp(record.hash, hash, HASH_BYTES) == 0;
    arrival->taken_at = record.at;
    if (arrival->known) return true;
    arrival->before = record;
    if (arrival->passed && !check_better(arrival, step, err)) return false;
    return arrival->replaces ||
           err_set(err, ERR_EXISTS, "table", "%s has sent another contribution for %s before",
                   arrival->contribution.organisation, arrival->contribution.table->name);
}

static bool check_done(const struct arrival *arrival, struct step *step, struct err *err)
{
    struct done_record record;
    bool found = false;
    const struct contribution *contribution = &arrival->contribution;
    if (!done_read(step, contribution->manifest_hash, contribution->table, &record, &found, err)) {
        return false;
    }
    return !found || err_set(err, ERR_EXPIRED, "table", "%s of this period is done already",
                             contribution->table->name);
}

/* *noted: the party has something in the store for this table already. */
static bool check_state(struct arrival *arrival, struct step *step, bool *noted, struct err *err)
{
    return check_first(arrival, step, noted, err) &&
           (arrival->known || (check_time(arrival, err) && check_done(arrival, step, err)));
}

/* ---- writing ---- */

static bool write_party(const struct arrival *arrival, struct step *step, enum party_state state,
                        struct err *err)
{
    struct party_record record = {
        .state = state, .at = arrival->now_ms, .twice = arrival->replaces};
    struct buf value = {0};
    memcpy(record.hash, arrival->contribution.hash, HASH_BYTES);
    if (record.twice) memcpy(record.other, arrival->before.hash, HASH_BYTES);
    party_record_encode(&record, &value);
    bool ok =
        store_put(step->txn, TABLE_PARTIES, arrival->key, PARTY_KEY, value.data, value.len, err);
    buf_free(&value);
    return ok;
}

static void tell_twice(const struct arrival *arrival)
{
    const struct contribution *contribution = &arrival->contribution;
    log_warn("figures_sent_twice", "role=%s peer=%s table=%s", role_name(contribution->role),
             contribution->organisation, contribution->table->name);
}

static bool write_contribution(const struct arrival *arrival, struct step *step, struct err *err)
{
    const struct contribution_record record = {kept_of(arrival->raw),
                                               kept_of(&arrival->certificate->raw)};
    struct buf value = {0};
    contribution_record_encode(&record, &value);
    bool ok = store_put(step->txn, TABLE_CONTRIBUTIONS, arrival->contribution.hash, HASH_BYTES,
                        value.data, value.len, err);
    buf_free(&value);
    return ok;
}

static bool take_in(struct arrival *arrival, struct step *step, struct err *err)
{
    bool noted = false;
    if (!check_state(arrival, step, &noted, err)) return false;
    if (arrival->known) return true;
    arrival->taken_at = arrival->now_ms;
    if (arrival->replaces) tell_twice(arrival);
    return write_party(arrival, step, PARTY_TAKEN, err) && write_contribution(arrival, step, err);
}

static bool take(struct arrival *arrival, struct err *err)
{
    struct step step;
    return step_begin(arrival->collection, true, &step, err) &&
           step_end(&step, take_in(arrival, &step, err), err);
}

static bool note_late_in(const struct arrival *arrival, struct step *step, struct err *err)
{
    struct party_record record;
    bool found = false;
    return party_read(step, arrival->key, &record, &found, err) &&
           (found || write_party(arrival, step, PARTY_LATE, err));
}

/* That it cannot be written down changes nothing in the answer. */
static void note_late(const struct arrival *arrival)
{
    struct step step;
    struct err unused;
    bool noted = step_begin(arrival->collection, true, &step, &unused) &&
                 step_end(&step, note_late_in(arrival, &step, &unused), &unused);
    (void)noted;
}

/* ---- one after the other ---- */

static bool look_up(struct arrival *arrival, struct err *err)
{
    struct step step;
    bool noted = false;
    if (!step_begin(arrival->collection, false, &step, err)) return false;
    bool ok = step_end(&step, check_state(arrival, &step, &noted, err), err);
    if (!ok && err->code == ERR_EXPIRED && is_late(arrival) && !noted) note_late(arrival);
    return ok;
}

static bool check_proof(const struct arrival *arrival, struct err *err)
{
    const struct contribution *contribution = &arrival->contribution;
    struct ciphertext *points = mem_array(contribution->count, sizeof *points);
    struct buf statement = {0};
    agreement_statement(arrival->agreement, contribution->role, contribution->organisation,
                        contribution->table->name, &statement);
    bool ok = contribution_check(&arrival->agreement->joint, contribution->ciphertexts,
                                 contribution->count, statement.data, statement.len,
                                 contribution->proof, arrival->collection->parts.pool, points, err);
    buf_free(&statement);
    free(points);
    return ok;
}

static bool check_and_take(struct arrival *arrival, struct err *err)
{
    const struct contribution *contribution = &arrival->contribution;
    party_key(contribution->manifest_hash, contribution->table, contribution->role,
              contribution->organisation, arrival->key);
    if (!check_enrolled(arrival, err) || !check_content(arrival, err) ||
        !check_signature(arrival, err) || !look_up(arrival, err)) {
        return false;
    }
    return arrival->known || (check_proof(arrival, err) && take(arrival, err));
}

static void make_receipt(const struct arrival *arrival, struct signed_bytes *out)
{
    const struct collection *collection = arrival->collection;
    struct figures_receipt receipt = {.role = collection->role, .at = arrival->taken_at};
    memcpy(receipt.contribution_hash, arrival->contribution.hash, HASH_BYTES);
    memcpy(receipt.organisation, collection->organisation, strlen(collection->organisation) + 1);
    *out = (struct signed_bytes){0};
    figures_receipt_encode(&receipt, &out->body);
    identity_sign_body(collection->parts.identity, TAG_FIGURES_RECEIPT, out);
}

bool collection_put(struct collection *collection, const struct signed_bytes *raw,
                    const struct certificate *certificate, bool passed, int64_t now_ms,
                    struct signed_bytes *receipt, struct err *err)
{
    struct arrival arrival = {.collection = collection,
                              .raw = raw,
                              .certificate = certificate,
                              .passed = passed,
                              .now_ms = now_ms};
    if (!contribution_decode(raw->body.data, raw->body.len, &arrival.contribution, err) ||
        !check_sender(&arrival, err) ||
        !held_find(collection, arrival.contribution.manifest_hash, &arrival.agreement, err)) {
        return false;
    }
    bool ok = check_and_take(&arrival, err);
    held_drop(collection, arrival.agreement);
    if (ok) make_receipt(&arrival, receipt);
    return ok;
}
