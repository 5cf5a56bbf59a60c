/* SPDX-License-Identifier: Apache-2.0
 * Which contributions count for a table, single ones, and their sum.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

/* ---- the set ---- */

static bool add_hash(const struct figures_table *table, enum role role, const char *organisation,
                     const struct party_record *record, void *ctx, struct err *err)
{
    struct figures_release *set = ctx;
    (void)table;
    (void)role;
    (void)organisation;
    (void)err;
    if (record->state != PARTY_TAKEN) return true;
    set->contributions = mem_resize(set->contributions, set->count + 1, HASH_BYTES);
    memcpy(set->contributions[set->count++], record->hash, HASH_BYTES);
    return true;
}

bool set_read(struct step *step, const uint8_t manifest_hash[HASH_BYTES],
              const struct figures_table *table, struct figures_release *out, struct err *err)
{
    struct figures_release set = {.table = table, .contributions = mem_array(0, HASH_BYTES)};
    memcpy(set.manifest_hash, manifest_hash, HASH_BYTES);
    if (!party_each(step, manifest_hash, table, add_hash, &set, err)) {
        free(set.contributions);
        return false;
    }
    if (set.count > 1) qsort(set.contributions, set.count, HASH_BYTES, hash_order);
    *out = set;
    return true;
}

bool collection_set(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                    const struct figures_table *table, struct figures_release *out, struct err *err)
{
    struct step step;
    return step_begin(collection, false, &step, err) &&
           step_end(&step, set_read(&step, manifest_hash, table, out, err), err);
}

/* ---- one contribution ---- */

static bool get(struct step *step, const uint8_t hash[HASH_BYTES], struct signed_bytes *raw,
                struct certificate *certificate, struct err *err)
{
    struct contribution_record record;
    bool found = false;
    if (!contribution_read(step, hash, &record, &found, err)) return false;
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "hash", "there is no such contribution, or no more");
    }
    if (!kept_certificate(&record.certificate, certificate, err)) return false;
    kept_copy(&record.contribution, raw);
    return true;
}

bool collection_get(struct collection *collection, const uint8_t hash[HASH_BYTES],
                    struct signed_bytes *raw, struct certificate *certificate, struct err *err)
{
    struct step step;
    return step_begin(collection, false, &step, err) &&
           step_end(&step, get(&step, hash, raw, certificate, err), err);
}

/* ---- the sum ---- */

enum { DECODE_SPAN = 64 }; /* ciphertexts that one job decodes */

struct decoding {
    const uint8_t *data;
    struct ciphertext *out;
};

static bool decode_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct decoding *decoding = ctx;
    for (size_t i = first; i < end; i++) {
        if (!ciphertext_decode(&decoding->out[i], decoding->data + i * CIPHERTEXT_BYTES)) {
            return err_set(err, ERR_CORRUPT, NULL, "a contribution in the store has no points");
        }
    }
    return true;
}

/* All was checked when it was put; a file that has changed since is found out by decoding. */
static bool add_one(struct step *step, const struct summed *summed, const uint8_t hash[HASH_BYTES],
                    struct ciphertext *points, struct err *err)
{
    struct pool *pool = step->collection->parts.pool;
    struct contribution_record record;
    struct contribution contribution;
    bool found = false;
    if (!contribution_read(step, hash, &record, &found, err)) return false;
    if (!found ||
        !contribution_decode(record.contribution.body.data, record.contribution.body.len,
                             &contribution, err) ||
        contribution.count != summed->cells ||
        sodium_memcmp(contribution.hash, hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, NULL, "a contribution in the store is not what was taken");
    }
    struct decoding decoding = {contribution.ciphertexts, points};
    if (!pool_each_span(pool, summed->cells, DECODE_SPAN, decode_span, &decoding, err)) {
        return false;
    }
    contribution_add(summed->sum, points, summed->cells, pool);
    return true;
}

static bool add_up(struct step *step, struct summed *summed, struct err *err)
{
    struct ciphertext *points = mem_array(summed->cells, sizeof *points);
    bool ok = true;
    summed->sum = mem_array(summed->cells, sizeof *summed->sum);
    ciphertexts_zero(summed->sum, summed->cells);
    for (size_t i = 0; ok && i < summed->set.count; i++) {
        ok = add_one(step, summed, summed->set.contributions[i], points, err);
    }
    free(points);
    return ok;
}

/* ---- a set that may be opened ---- */

bool agreement_term(const struct agreement *agreement, const struct figures_table *table,
                    const struct manifest_term **out, struct err *err)
{
    *out = manifest_term(&agreement->manifest, table->name);
    return *out || err_set(err, ERR_NOT_FOUND, "table", "%s is not in the manifest", table->name);
}

static bool check_closed(const struct agreement *agreement, int64_t now_ms, struct err *err)
{
    char at[CLOCK_TEXT];
    if (now_ms >= agreement->manifest.closes_at) return true;
    clock_format(agreement->manifest.closes_at, at);
    return err_set(err, ERR_EXPIRED, "closes_at", "contributions are taken until %s", at);
}

static bool check_set(const struct agreement *agreement, const struct summed *summed,
                      const uint8_t set_hash[HASH_BYTES], struct err *err)
{
    uint8_t own[HASH_BYTES];
    uint32_t quorum = agreement->manifest.sides[summed->term->table->side].quorum;
    figures_set_hash(&summed->set, own);
    if (sodium_memcmp(own, set_hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_INVALID, "set_hash",
                       "is of another set than the %zu contributions that are here",
                       summed->set.count);
    }
    return summed->set.count >= quorum ||
           err_set(err, ERR_INVALID, "quorum", "%s has %zu contributions; the quorum is %u",
                   summed->term->table->name, summed->set.count, quorum);
}

void half_open_statement(const struct agreement *agreement, const struct figures_table *table,
                         const uint8_t set_hash[HASH_BYTES], uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth v1 figures half-open", HASH_BYTES, NULL);
    hash_bytes(&hash, agreement->manifest.hash, HASH_BYTES);
    hash_bytes(&hash, agreement->release_key.hash, HASH_BYTES);
    hash_text(&hash, table->name);
    hash_bytes(&hash, set_hash, HASH_BYTES);
    hash_end(&hash, out);
}

static bool read_all(struct step *step, const struct agreement *agreement,
                     const uint8_t set_hash[HASH_BYTES], struct summed *summed, struct err *err)
{
    const uint8_t *manifest_hash = agreement->manifest.hash;
    return set_read(step, manifest_hash, summed->term->table, &summed->set, err) &&
           check_set(agreement, summed, set_hash, err) &&
           secret_read(step, manifest_hash, &summed->secret, err) && add_up(step, summed, err);
}

bool summed_make(struct collection *collection, const struct agreement *agreement,
                 const struct figures_table *table, const uint8_t set_hash[HASH_BYTES],
                 int64_t now_ms, struct summed *out, struct err *err)
{
    struct summed summed = {.cells =
                                figures_cells(table, geography_areas(agreement->manifest.geography,
                                                                     table->by_authority))};
    struct step step;
    if (!agreement_term(agreement, table, &summed.term, err) ||
        !check_closed(agreement, now_ms, err) || !step_begin(collection, false, &step, err)) {
        return false;
    }
    bool ok = step_end(&step, read_all(&step, agreement, set_hash, &summed, err), err);
    half_open_statement(agreement, table, set_hash, summed.statement);
    if (ok) {
        *out = summed;
    } else {
        summed_free(&summed);
    }
    scalar_wipe(&summed.secret);
    return ok;
}

void summed_free(struct summed *summed)
{
    figures_release_free(&summed->set);
    free(summed->sum);
    scalar_wipe(&summed->secret);
    *summed = (struct summed){0};
}
