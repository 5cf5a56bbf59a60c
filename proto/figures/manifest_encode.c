/* SPDX-License-Identifier: Apache-2.0
 * Writing manifests, and what is looked up in them.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures/manifest_internal.h"

/* ---- what is found out before it is written ---- */
static void prove_key(struct manifest *manifest, const struct scalar *u)
{
    uint8_t nonce_seed[SEED_BYTES];
    struct buf statement = {0};
    point_mul_base(&manifest->key, u);
    point_encode(manifest->key_bytes, &manifest->key);
    randombytes_buf(nonce_seed, sizeof nonce_seed);
    manifest_key_statement(manifest, &statement);
    proof_possession_make(manifest->proof, TAG_HUB_KEY, statement.data, statement.len, u,
                          nonce_seed);
    sodium_memzero(nonce_seed, sizeof nonce_seed);
    buf_free(&statement);
}

/* Where quorum and insiders fit together; else the decoder says what is wrong with them. */
MUST_CHECK static bool commit_noise(struct manifest *manifest, struct err *err)
{
    uint8_t hashes[FIGURES_TABLES_MAX][HASH_BYTES];
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_side *side = &manifest->sides[manifest->terms[i].table->side];
        if (side->quorum > NOISE_SHARES_MAX || side->insiders + 2ULL > side->quorum) return true;
        manifest_noise(manifest, &manifest->terms[i]);
    }
    if (!manifest_noise_hashes(manifest, hashes, err)) return false;
    for (size_t i = 0; i < manifest->term_count; i++) {
        memcpy(manifest->terms[i].noise_hash, hashes[i], HASH_BYTES);
    }
    return true;
}

/* ---- the message ---- */
struct lists {
    Hearth__V1__FiguresSide sides[FIGURES_SIDES];
    Hearth__V1__FiguresTerm terms[FIGURES_TABLES_MAX];
    Hearth__V1__FiguresTerm *term_list[FIGURES_TABLES_MAX];
    Hearth__V1__FiguresParty *parties, **party_list;
};

/* protobuf-c has no const; packing only reads. */
static char *text_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void list_sides(const struct manifest *manifest, struct lists *lists)
{
    for (size_t i = 0; i < FIGURES_SIDES; i++) {
        hearth__v1__figures_side__init(&lists->sides[i]);
        lists->sides[i].quorum = manifest->sides[i].quorum;
        lists->sides[i].insiders = manifest->sides[i].insiders;
    }
}

static void list_terms(const struct manifest *manifest, struct lists *lists)
{
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        Hearth__V1__FiguresTerm *to = &lists->terms[i];
        hearth__v1__figures_term__init(to);
        to->table = text_of(term->table->name);
        to->epsilon = term->noise.epsilon;
        to->cells_each = term->table->cells_each;
        to->clip = term->table->clip;
        to->noise = wire_data(term->noise_hash, HASH_BYTES);
        lists->term_list[i] = to;
    }
}

static void list_enrolled(const struct manifest *manifest, struct lists *lists)
{
    lists->parties = mem_array(manifest->enrolled_count, sizeof *lists->parties);
    lists->party_list = mem_array(manifest->enrolled_count, sizeof(Hearth__V1__FiguresParty *));
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        Hearth__V1__FiguresParty *to = &lists->parties[i];
        hearth__v1__figures_party__init(to);
        to->role = (Hearth__V1__Role)party->role;
        to->organisation = text_of(party->organisation);
        to->authority = party->authority == AREA_NONE ? 0 : party->authority + 1U;
        lists->party_list[i] = to;
    }
}

static void write_body(const struct manifest *manifest, struct buf *out)
{
    Hearth__V1__ManifestBody body = HEARTH__V1__MANIFEST_BODY__INIT;
    struct lists lists;
    struct buf geography = {0};
    list_sides(manifest, &lists);
    list_terms(manifest, &lists);
    list_enrolled(manifest, &lists);
    geography_encode(manifest->geography, &geography);
    body.protocol = PROTOCOL_VERSION;
    body.edition = FIGURES_EDITION;
    body.hub = text_of(manifest->hub);
    body.matcher = text_of(manifest->matcher);
    body.address = text_of(manifest->address);
    body.period = manifest->period;
    body.opens_at = manifest->opens_at;
    body.closes_at = manifest->closes_at;
    body.key = wire_data(manifest->key_bytes, POINT_BYTES);
    body.proof = wire_data(manifest->proof, PROOF_BYTES);
    body.capacity = &lists.sides[FIGURES_CAPACITY];
    body.demand = &lists.sides[FIGURES_DEMAND];
    body.n_terms = manifest->term_count;
    body.terms = lists.term_list;
    body.n_enrolled = manifest->enrolled_count;
    body.enrolled = lists.party_list;
    body.geography = wire_data(geography.data, geography.len);
    wire_pack(&body.base, out);
    free(lists.parties);
    free(lists.party_list);
    buf_free(&geography);
}

bool manifest_encode(struct manifest *manifest, const struct scalar *u, struct buf *out,
                     struct err *err)
{
    struct buf body = {0};
    struct manifest back;
    REQUIRE(manifest->term_count <= FIGURES_TABLES_MAX && manifest->geography);
    if (!commit_noise(manifest, err)) return false;
    prove_key(manifest, u);
    write_body(manifest, &body);
    bool ok = manifest_decode(body.data, body.len, &back, err);
    if (ok) {
        memcpy(manifest->hash, back.hash, HASH_BYTES);
        memcpy(manifest->geography_hash, back.geography_hash, HASH_BYTES);
        for (size_t i = 0; i < FIGURES_SIDES; i++) {
            manifest->sides[i].enrolled = back.sides[i].enrolled;
        }
        buf_append(out, body.data, body.len);
        manifest_free(&back);
    }
    buf_free(&body);
    return ok;
}

/* ---- looking up ---- */
const struct manifest_term *manifest_term(const struct manifest *manifest, const char *table)
{
    for (size_t i = 0; i < manifest->term_count; i++) {
        if (strcmp(manifest->terms[i].table->name, table) == 0) return &manifest->terms[i];
    }
    return NULL;
}

const struct manifest_party *manifest_party(const struct manifest *manifest, enum role role,
                                            const char *organisation)
{
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        const struct manifest_party *party = &manifest->enrolled[i];
        if (party->role == role && strcmp(party->organisation, organisation) == 0) return party;
    }
    return NULL;
}

/* A quorum goes up and down a little from month to month. Where it falls to a quarter, much more
 * of the noise is the contributor's own, and its operator is to be asked again. */
static uint32_t size_class(uint32_t quorum)
{
    uint32_t class = 0;
    for (; quorum > 0; quorum /= 4) class ++;
    return class;
}

void manifest_terms_hash(const struct manifest *manifest, uint8_t out[HASH_BYTES])
{
    struct hash hash;
    hash_start(&hash, "hearth v1 figures terms", HASH_BYTES, NULL);
    hash_text(&hash, manifest->hub);
    hash_text(&hash, manifest->matcher);
    hash_u64(&hash, FIGURES_EDITION);
    for (size_t i = 0; i < FIGURES_SIDES; i++) {
        hash_u64(&hash, size_class(manifest->sides[i].quorum));
        hash_u64(&hash, manifest->sides[i].insiders);
    }
    hash_u64(&hash, manifest->term_count);
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct manifest_term *term = &manifest->terms[i];
        hash_text(&hash, term->table->name);
        hash_u64(&hash, term->noise.epsilon);
        hash_u64(&hash, term->table->cells_each);
        hash_u64(&hash, term->table->clip);
    }
    hash_bytes(&hash, manifest->geography_hash, HASH_BYTES);
    hash_end(&hash, out);
}
