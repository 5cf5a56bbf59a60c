/* SPDX-License-Identifier: Apache-2.0
 * One contribution: the counted cells with noise, encrypted, proved and signed.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/contribution.h"
#include "proto/figures/contributor_internal.h"

#define TAG_NOISE "hearth v1 figures noise"

/* values: the cells, which get noise. */
static bool add_noise(const struct manifest_term *term, const uint8_t seed[SEED_BYTES],
                      const struct buf *statement, int32_t *values, size_t count, struct err *err)
{
    struct noise_table *table = NULL;
    struct stream stream;
    if (!noise_table_build(&term->noise, &table, err)) return false;
    stream_start(&stream, TAG_NOISE, seed, statement->data, statement->len);
    for (size_t i = 0; i < count; i++) values[i] += noise_draw(table, &stream);
    stream_wipe(&stream);
    noise_table_free(table);
    return true;
}

static void describe(const struct contributor_one *one, const struct signed_bytes *body,
                     struct kept_item *kept)
{
    const struct manifest *manifest = &one->agreement->manifest;
    struct contributor_item *item = &kept->item;
    *kept = (struct kept_item){0};
    hash_once(item->hash, TAG_CONTRIBUTION, body->body.data, body->body.len);
    memcpy(item->manifest_hash, manifest->hash, HASH_BYTES);
    memcpy(item->hub, manifest->hub, sizeof item->hub);
    memcpy(kept->matcher, manifest->matcher, sizeof kept->matcher);
    item->period = manifest->period;
    item->table = one->term->table;
    item->epsilon = one->term->noise.epsilon;
    item->made_at = one->now_ms;
    item->closes_at = manifest->closes_at;
}

static void encrypt(const struct contributor *c, const struct contributor_one *one,
                    const int32_t *values, size_t count, const uint8_t seed[SEED_BYTES],
                    const struct buf *statement, struct signed_bytes *body)
{
    const struct agreement *agreement = one->agreement;
    struct contribution contribution = {.role = c->role, .table = one->term->table, .count = count};
    uint8_t *ciphertexts = mem_array(count, CIPHERTEXT_BYTES);
    memcpy(contribution.manifest_hash, agreement->manifest.hash, HASH_BYTES);
    memcpy(contribution.key_hash, agreement->release_key.hash, HASH_BYTES);
    memcpy(contribution.organisation, c->organisation, strlen(c->organisation) + 1);
    contribution_encrypt(&agreement->joint, values, count, statement->data, statement->len, seed,
                         c->parts.pool, ciphertexts, contribution.proof);
    contribution.ciphertexts = ciphertexts;
    *body = (struct signed_bytes){0};
    contribution_encode(&contribution, &body->body);
    identity_sign_body(c->parts.identity, TAG_CONTRIBUTION, body);
    free(ciphertexts);
}

/* Noise and encryption draw from one seed, which nobody keeps: with it the noise could be taken
 * off. */
bool contributor_make_one(const struct contributor *c, const struct contributor_one *one,
                          struct kept_item *kept, struct signed_bytes *body, struct err *err)
{
    const char *name = one->term->table->name;
    struct secret seed = secret_random(SEED_BYTES);
    struct buf statement = {0};
    size_t count = 0;
    const int32_t *cells = tally_cells(one->tally, name, &count);
    REQUIRE(cells != NULL);
    struct secret values = secret_new(count * sizeof *cells);
    int32_t *noisy = (int32_t *)(void *)values.data;
    memcpy(noisy, cells, count * sizeof *cells);
    agreement_statement(one->agreement, c->role, c->organisation, name, &statement);
    bool ok = add_noise(one->term, seed.data, &statement, noisy, count, err);
    if (ok) {
        encrypt(c, one, noisy, count, seed.data, &statement, body);
        describe(one, body, kept);
    }
    secret_free(&values);
    secret_free(&seed);
    buf_free(&statement);
    return ok;
}
