/* SPDX-License-Identifier: Apache-2.0
 * The rules that a manifest must keep, whoever draws it up (docs/figures.md "Checks before anything
 * is sent").
 */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/crypto/proof.h"
#include "proto/figures/manifest_internal.h"

static const int64_t WINDOW_MS = (int64_t)MANIFEST_WINDOW_DAYS_MAX * 86400000;

uint32_t manifest_quorum(size_t enrolled)
{
    REQUIRE(enrolled <= MANIFEST_ENROLLED_MAX);
    uint32_t two_thirds = (uint32_t)((2 * enrolled + 2) / 3);
    return two_thirds < QUORUM_MIN ? QUORUM_MIN : two_thirds;
}

bool manifest_side_of(enum role role, enum figures_side *out)
{
    *out = role == ROLE_LA ? FIGURES_DEMAND : FIGURES_CAPACITY;
    return role == ROLE_LA || role == ROLE_AGENT;
}

/* ---- times ---- */
/* A window that opened much later would let a hub have many periods open at once, each with the
 * same capacity under noise of its own: budgets are counted by periods. */
MUST_CHECK static bool check_times(const struct manifest *manifest, struct err *err)
{
    char first[CLOCK_TEXT], last[CLOCK_TEXT], opens[CLOCK_TEXT];
    if (!period_valid(manifest->period))
        return err_set(err, ERR_INVALID, "period", "%u is no year and month", manifest->period);
    uint32_t next = period_next(manifest->period);
    int64_t over = period_start_ms(next), too_late = period_start_ms(period_next(next));
    if (manifest->opens_at < over || manifest->opens_at >= too_late) {
        clock_format(over, first);
        clock_format(too_late, last);
        clock_format(manifest->opens_at, opens);
        return err_set(err, ERR_INVALID, "opens_at",
                       "%s; must be in the month after the period, from %s on and before %s", opens,
                       first, last);
    }
    /* Ordered so that nothing overflows. */
    if (manifest->closes_at <= manifest->opens_at ||
        manifest->closes_at > manifest->opens_at + WINDOW_MS) {
        return err_set(err, ERR_INVALID, "closes_at",
                       "%lld ms for %lld as opens_at; must be later by at most %d days",
                       (long long)manifest->closes_at, (long long)manifest->opens_at,
                       MANIFEST_WINDOW_DAYS_MAX);
    }
    return true;
}

/* ---- quorums ---- */
static void count_enrolled(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->enrolled_count; i++) {
        enum figures_side side;
        REQUIRE(manifest_side_of(manifest->enrolled[i].role, &side));
        manifest->sides[side].enrolled++;
    }
}

/* Of a side that has no tables: nothing is asked of anybody. */
MUST_CHECK static bool check_unused(const struct manifest_side *side, const char *name,
                                    struct err *err)
{
    if (side->enrolled > 0)
        return err_set(err, ERR_INVALID, "enrolled", "%zu of the side %s, which has no tables",
                       side->enrolled, name);
    if (side->quorum == 0 && side->insiders == 0) return true;
    return err_set(err, ERR_INVALID, name,
                   "quorum %u and insiders %u of a side without tables; "
                   "both must be 0",
                   side->quorum, side->insiders);
}

MUST_CHECK static bool check_quorum(const struct manifest_side *side, struct err *err)
{
    uint32_t least = manifest_quorum(side->enrolled);
    if (side->quorum < least || side->quorum > side->enrolled) {
        return err_set(err, ERR_INVALID, "quorum",
                       "%u of %zu enrolled; must be at least %u (two thirds, and %d) and at most "
                       "all of them",
                       side->quorum, side->enrolled, least, QUORUM_MIN);
    }
    if (side->insiders < 1 || side->insiders > side->quorum - 2) {
        return err_set(err, ERR_INVALID, "insiders", "%u with quorum %u; must be 1 to %u",
                       side->insiders, side->quorum, side->quorum - 2);
    }
    return true;
}

MUST_CHECK static bool check_sides(struct manifest *manifest, struct err *err)
{
    bool used[FIGURES_SIDES] = {false};
    count_enrolled(manifest);
    for (size_t i = 0; i < manifest->term_count; i++) used[manifest->terms[i].table->side] = true;
    for (int side = 0; side < FIGURES_SIDES; side++) {
        const struct manifest_side *one = &manifest->sides[side];
        const char *name = figures_side_name((enum figures_side)side);
        if (!used[side] && !check_unused(one, name, err)) return false;
        if (used[side] && !check_quorum(one, err)) return err_in(err, name);
    }
    return true;
}

/* ---- noise ---- */
void manifest_noise(const struct manifest *manifest, struct manifest_term *term)
{
    const struct manifest_side *side = &manifest->sides[term->table->side];
    term->noise.shares = side->quorum - side->insiders;
    term->noise.sensitivity = term->table->cells_each * term->table->clip;
}

static bool same_noise(const struct noise_spec *a, const struct noise_spec *b)
{
    return a->shares == b->shares && a->epsilon == b->epsilon && a->sensitivity == b->sensitivity;
}

bool manifest_noise_hashes(const struct manifest *manifest, uint8_t (*out)[HASH_BYTES],
                           struct err *err)
{
    for (size_t i = 0; i < manifest->term_count; i++) {
        const struct noise_spec *spec = &manifest->terms[i].noise;
        struct noise_table *table = NULL;
        size_t like = 0; /* many tables have the same noise */
        while (!same_noise(&manifest->terms[like].noise, spec)) like++;
        if (like < i) {
            memcpy(out[i], out[like], HASH_BYTES);
            continue;
        }
        if (!noise_table_build(spec, &table, err)) return manifest_err_at(err, "terms", i);
        noise_table_hash(table, out[i]);
        noise_table_free(table);
    }
    return true;
}

MUST_CHECK static bool check_noise(struct manifest *manifest, struct err *err)
{
    uint8_t own[FIGURES_TABLES_MAX][HASH_BYTES];
    for (size_t i = 0; i < manifest->term_count; i++) manifest_noise(manifest, &manifest->terms[i]);
    if (!manifest_noise_hashes(manifest, own, err)) return false;
    for (size_t i = 0; i < manifest->term_count; i++) {
        if (sodium_memcmp(own[i], manifest->terms[i].noise_hash, HASH_BYTES) == 0) continue;
        (void)err_set(err, ERR_INVALID, "noise",
                      "not the sampler that follows from epsilon %u, quorum and insiders",
                      manifest->terms[i].noise.epsilon);
        return manifest_err_at(err, "terms", i);
    }
    return true;
}

/* ---- the key ---- */
void manifest_key_statement(const struct manifest *manifest, struct buf *out)
{
    buf_u32(out, PROTOCOL_VERSION);
    buf_bytes(out, manifest->hub, strlen(manifest->hub));
    buf_bytes(out, manifest->matcher, strlen(manifest->matcher));
    buf_u32(out, manifest->period);
}

MUST_CHECK static bool check_proof(const struct manifest *manifest, struct err *err)
{
    struct buf statement = {0};
    manifest_key_statement(manifest, &statement);
    bool ok = proof_possession_check(manifest->proof, TAG_HUB_KEY, statement.data, statement.len,
                                     &manifest->key);
    buf_free(&statement);
    return ok ||
           err_set(err, ERR_UNAUTHENTICATED, "proof",
                   "does not show that %s holds the private key of this period", manifest->hub);
}

/* What takes long comes last. */
bool manifest_check(struct manifest *manifest, struct err *err)
{
    return check_times(manifest, err) && check_sides(manifest, err) && check_proof(manifest, err) &&
           check_noise(manifest, err);
}
