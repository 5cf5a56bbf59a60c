/* SPDX-License-Identifier: Apache-2.0
 * A hub's manifest of one period, and the matcher's release key for it (proto/figures.proto,
 * docs/figures.md "A period"): what everybody agrees on before anything is sent.
 */
#ifndef HEARTH_FIGURES_MANIFEST_H
#define HEARTH_FIGURES_MANIFEST_H

#include "keys/identity.h"
#include "proto/figures/geography.h"
#include "proto/figures/noise.h"
#include "proto/figures/tables.h"

enum {
    MANIFEST_BYTES_MAX = 256 * 1024,
    MANIFEST_ENROLLED_MAX = 4096,
    MANIFEST_ADDRESS_MAX = 255,
    MANIFEST_WINDOW_DAYS_MAX = 31, /* from opens_at to closes_at */
    QUORUM_MIN = 3,
    EPSILON_PERIOD = EPSILON_ONE,   /* of one household or child, over all tables and hubs */
    EPSILON_YEAR = 12 * EPSILON_ONE /* and over twelve periods */
};
#define TAG_MANIFEST "hearth v1 figures manifest"
#define TAG_RELEASE_KEY "hearth v1 figures release key"
#define TAG_CONTRIBUTION "hearth v1 figures contribution"
#define TAG_FIGURES_RECEIPT "hearth v1 figures receipt"
#define TAG_FIGURES_RELEASE "hearth v1 figures release"

/* ---- periods: year * 100 + month ---- */
bool period_valid(uint32_t period); /* 200001..209912 */
uint32_t period_next(uint32_t period);
uint32_t period_before(uint32_t period, unsigned months);
/* The London month of an instant, and the first instant of a period in London. */
uint32_t period_of(int64_t wall_ms);
int64_t period_start_ms(uint32_t period);
enum { PERIOD_TEXT = 8 };
const char *period_text(uint32_t period, char out[PERIOD_TEXT]); /* "2026-11" */
MUST_CHECK bool period_parse(const char *text, uint32_t *out, struct err *err);

struct manifest_term {
    const struct figures_table *table;
    struct noise_spec noise; /* epsilon, sensitivity and shares of its side */
    uint8_t noise_hash[HASH_BYTES];
};
struct manifest_party {
    enum role role; /* ROLE_AGENT or ROLE_LA */
    char organisation[ID_MAX + 1];
    uint16_t authority; /* of an LA, else AREA_NONE */
};
struct manifest_side {
    uint32_t quorum, insiders;
    size_t enrolled; /* counted */
};
struct manifest {
    char hub[ID_MAX + 1], matcher[ID_MAX + 1];
    char address[MANIFEST_ADDRESS_MAX + 1];
    uint32_t period;
    int64_t opens_at, closes_at;
    uint8_t key_bytes[POINT_BYTES];
    struct point key; /* U */
    uint8_t proof[PROOF_BYTES];
    struct manifest_side sides[FIGURES_SIDES];
    struct manifest_term terms[FIGURES_TABLES_MAX];
    size_t term_count;
    struct manifest_party *enrolled; /* ascending by role, then organisation */
    size_t enrolled_count;
    struct geography *geography;
    uint8_t geography_hash[HASH_BYTES];
    uint8_t hash[HASH_BYTES]; /* H(TAG_MANIFEST, body); set by manifest_decode */
};

/* The bounded decoder, with every check that needs nothing but the manifest: keys and proof, that
 * it opens in the month after its period, window, order and no repeats of enrolled and terms, clip
 * and cells_each as the edition has them, epsilon of a term not above the edition's, each side's
 * epsilons not above EPSILON_PERIOD, quorum at least QUORUM_MIN and two thirds of the enrolled of
 * that side (rounded up) and not above them, insiders at least 1 and at most quorum - 2, the hash
 * of each sampler's table (built and compared). A side without terms has no enrolled, quorum and
 * insiders 0. ERR_INVALID with the field, ERR_VERSION, ERR_UNAUTHENTICATED (proof). Tens of
 * milliseconds. manifest_free frees. */
MUST_CHECK bool manifest_decode(const uint8_t *body, size_t len, struct manifest *out,
                                struct err *err);
/* Appends the encoding. The caller has filled in hub to closes_at, quorum and insiders, table and
 * epsilon of each term, enrolled (in order) and geography; this fills in the rest: key (`u`: its
 * secret), proof, noise, what is counted, hashes. ERR_INVALID as manifest_decode would say. */
MUST_CHECK bool manifest_encode(struct manifest *manifest, const struct scalar *u, struct buf *out,
                                struct err *err);
void manifest_free(struct manifest *manifest);
/* The term of a table, or NULL where the manifest has it not. */
const struct manifest_term *manifest_term(const struct manifest *manifest, const char *table);
/* The enrolled party, or NULL. */
const struct manifest_party *manifest_party(const struct manifest *manifest, enum role role,
                                            const char *organisation);
/* What must stay the same from one period to the next for a contributor that has agreed once: hub,
 * matcher, edition, terms without the samplers' hashes, insiders, geography, and how large the
 * quorum is (1-3, 4-15, 16-63, 64-255, ...); not period, keys, times, address or who is enrolled.
 */
void manifest_terms_hash(const struct manifest *manifest, uint8_t out[HASH_BYTES]);
/* The default quorum of so many enrolled: two thirds, rounded up, at least QUORUM_MIN. */
uint32_t manifest_quorum(size_t enrolled);

struct release_key {
    uint8_t manifest_hash[HASH_BYTES];
    char matcher[ID_MAX + 1];
    uint8_t key_bytes[POINT_BYTES];
    struct point key; /* M_w */
    uint8_t proof[PROOF_BYTES];
    uint8_t hash[HASH_BYTES]; /* H(TAG_RELEASE_KEY, body) */
};
/* Also checks the proof. The fields as above. */
MUST_CHECK bool release_key_decode(const uint8_t *body, size_t len, struct release_key *out,
                                   struct err *err);
/* Appends the encoding for the secret m. */
void release_key_encode(const uint8_t manifest_hash[HASH_BYTES], const char *matcher,
                        const struct scalar *m, struct buf *out);

/* A manifest and its release key with the signatures and certificates that came with them. */
struct agreement {
    struct signed_bytes manifest_raw, release_key_raw;
    struct certificate hub;
    struct manifest manifest;
    struct release_key release_key;
    struct point joint; /* K = U + M_w, not the identity */
};
/* Checks everything: the hub's certificate now (trust_check, ROLE_HUB), both signatures, that the
 * release key belongs to this manifest, that K is not the identity. matcher: the certificate whose
 * signature the release key must have, checked by the caller. Takes copies. agreement_free frees.
 */
MUST_CHECK bool agreement_make(const struct signed_bytes *manifest, const struct certificate *hub,
                               const struct signed_bytes *release_key,
                               const struct certificate *matcher, struct trust *trust,
                               int64_t now_ms, struct agreement *out, struct err *err);
void agreement_free(struct agreement *agreement);
/* Appends what a contribution of that party and table is bound to: the statement of its proof. */
void agreement_statement(const struct agreement *agreement, enum role role,
                         const char *organisation, const char *table, struct buf *out);

/* ---- contributions, receipts and releases as they travel ---- */
struct contribution {
    uint8_t manifest_hash[HASH_BYTES], key_hash[HASH_BYTES];
    enum role role;
    char organisation[ID_MAX + 1];
    const struct figures_table *table;
    const uint8_t *ciphertexts; /* inside the body */
    size_t count;               /* of cells, at most FIGURES_CELLS_MAX */
    uint8_t proof[PROOF_BYTES];
    uint8_t hash[HASH_BYTES]; /* H(TAG_CONTRIBUTION, body) */
};
enum { CONTRIBUTION_BODY_MAX = FIGURES_CELLS_MAX * CIPHERTEXT_BYTES + 1024 };
MUST_CHECK bool contribution_decode(const uint8_t *body, size_t len, struct contribution *out,
                                    struct err *err);
void contribution_encode(const struct contribution *contribution, struct buf *out);

struct figures_receipt {
    uint8_t contribution_hash[HASH_BYTES];
    enum role role; /* ROLE_MATCHER or ROLE_HUB */
    char organisation[ID_MAX + 1];
    int64_t at;
};
MUST_CHECK bool figures_receipt_decode(const uint8_t *body, size_t len, struct figures_receipt *out,
                                       struct err *err);
void figures_receipt_encode(const struct figures_receipt *receipt, struct buf *out);

struct figures_release {
    uint8_t manifest_hash[HASH_BYTES];
    const struct figures_table *table;
    uint8_t (*contributions)[HASH_BYTES]; /* ascending, no repeats */
    size_t count;
};
MUST_CHECK bool figures_release_decode(const uint8_t *body, size_t len, struct figures_release *out,
                                       struct err *err);
void figures_release_encode(const struct figures_release *release, struct buf *out);
void figures_release_free(struct figures_release *release);
/* Whether that contribution was added up. */
bool figures_release_names(const struct figures_release *release, const uint8_t hash[HASH_BYTES]);
/* H("hearth v1 figures set", manifest hash, table, contributions): names a set. */
void figures_set_hash(const struct figures_release *release, uint8_t out[HASH_BYTES]);

#endif
