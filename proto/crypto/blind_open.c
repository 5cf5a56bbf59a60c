/* SPDX-License-Identifier: Apache-2.0
 * The matcher's half of the opening: V = C2 - S - m * C1, looked up among the scores. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/declassify.h"
#include "proto/base/mem.h"
#include "proto/crypto/blind.h"

/* PLACES: a round number, so that a compiler can take several at a time. */
enum { SCORES = SCORE_MAX + 1, PLACES = 1024, WORDS = POINT_BYTES / sizeof(uint64_t) };

/* Word w of the encoding of each score; behind them what no encoding is. */
struct blind_scores {
    uint64_t words[WORDS][PLACES];
};

struct blind_opened {
    size_t count;
    struct point *c1, *shares;
    uint8_t *c1_bytes, *share_bytes;
    int16_t *scores;
};

/* Compares with every score, so that neither time nor the memory that is touched says which it is,
 * or whether it is one: a few hundredths of what the multiplication before it takes. */
static int look_up(const struct blind_scores *table, const uint8_t encoding[POINT_BYTES])
{
    uint64_t word[WORDS], found = 0;
    memcpy(word, encoding, sizeof word);
    for (uint64_t i = 0; i < PLACES; i++) {
        uint64_t other = (table->words[0][i] ^ word[0]) | (table->words[1][i] ^ word[1]) |
                         (table->words[2][i] ^ word[2]) | (table->words[3][i] ^ word[3]);
        found |= (((other | (0 - other)) >> 63) - 1) & (i + 1);
    }
    return (int)found - 1; /* SCORE_NONE where nothing was found */
}

struct blind_scores *blind_scores_new(void)
{
    struct blind_scores *table = mem_new(struct blind_scores);
    struct point value, base;
    point_identity(&value);
    point_base(&base);
    memset(table->words, 0xff, sizeof table->words);
    for (size_t score = 0; score < SCORES; score++) {
        uint8_t encoding[POINT_BYTES];
        point_encode(encoding, &value);
        for (size_t w = 0; w < WORDS; w++)
            memcpy(&table->words[w][score], encoding + w * sizeof(uint64_t), sizeof(uint64_t));
        point_add(&value, &value, &base);
    }
    return table;
}

void blind_scores_free(struct blind_scores *scores)
{
    free(scores);
}

static struct blind_opened *opened_new(const uint8_t *c1, const struct point *points,
                                       const uint8_t *shares, size_t count)
{
    struct blind_opened *opened = mem_new(struct blind_opened);
    opened->count = count;
    opened->c1 = mem_array(count, sizeof(struct point));
    if (points) memcpy(opened->c1, points, count * sizeof(struct point));
    opened->shares = mem_array(count, sizeof(struct point));
    opened->c1_bytes = mem_copy(c1, count * POINT_BYTES);
    opened->share_bytes = mem_copy(shares, count * POINT_BYTES);
    opened->scores = mem_array(count, sizeof *opened->scores);
    return opened;
}

void blind_opened_free(struct blind_opened *opened)
{
    if (!opened) return;
    sodium_memzero(opened->shares, opened->count * sizeof *opened->shares);
    sodium_memzero(opened->share_bytes, opened->count * POINT_BYTES);
    sodium_memzero(opened->scores, opened->count * sizeof *opened->scores);
    free(opened->c1);
    free(opened->shares);
    free(opened->c1_bytes);
    free(opened->share_bytes);
    free(opened->scores);
    free(opened);
}

MUST_CHECK static bool refuse(struct err *err, const char *name, size_t index, const char *why)
{
    char field[ERR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "%s[%zu]", name, index);
    return err_set(err, ERR_INVALID, field, "%s", why);
}

MUST_CHECK static bool decode(struct point *out, const uint8_t *bytes, const char *name,
                              size_t index, bool identity_allowed, struct err *err)
{
    if (!point_decode(out, bytes))
        return refuse(err, name, index, "not a canonical ristretto255 point");
    bool identity = point_is_identity(out);
    declassify(&identity, sizeof identity); /* whoever sent the bytes knows */
    return identity_allowed || !identity ||
           refuse(err, name, index, "the identity; must be another point");
}

struct point *blind_decode_c1(const uint8_t *c1, uint32_t count, struct err *err)
{
    struct point *points = mem_array(count, sizeof *points);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = decode(&points[i], c1 + i * POINT_BYTES, "c1", i, false, err);
    if (ok) return points;
    free(points);
    return NULL;
}

/* decoded: c1[i] is there already. c2: the encoded second half of item i. What it leaves of the
 * opened point is wiped. */
MUST_CHECK static bool open_item(struct blind_opened *opened, size_t i, bool decoded,
                                 const struct blind_scores *table, const struct scalar *m,
                                 const uint8_t *c2, struct err *err)
{
    struct {
        struct point value, mask;
        uint8_t encoding[POINT_BYTES];
    } work;
    bool ok = (decoded ||
               decode(&opened->c1[i], opened->c1_bytes + i * POINT_BYTES, "c1", i, false, err)) &&
              decode(&opened->shares[i], opened->share_bytes + i * POINT_BYTES, "shares", i, false,
                     err) &&
              decode(&work.value, c2, "c2", i, true, err);
    if (ok) {
        point_mul(&work.mask, &opened->c1[i], m);
        point_sub(&work.value, &work.value, &opened->shares[i]);
        point_sub(&work.value, &work.value, &work.mask);
        point_encode(work.encoding, &work.value);
        opened->scores[i] = (int16_t)look_up(table, work.encoding);
    }
    sodium_memzero(&work, sizeof work);
    return ok;
}

enum { ITEMS_A_TASK = 64 };

struct opening {
    struct blind_opened *opened;
    const struct blind_scores *table;
    const struct scalar *m;
    const uint8_t *c2;
    bool decoded; /* opened->c1 */
};

static bool open_span(size_t first, size_t end, void *ctx, struct err *err)
{
    const struct opening *work = ctx;
    bool ok = true;
    for (size_t i = first; ok && i < end; i++) {
        ok = open_item(work->opened, i, work->decoded, work->table, work->m,
                       work->c2 + i * POINT_BYTES, err);
    }
    return ok;
}

bool blind_open(struct blind_opened **out, const struct blind_scores *table, const struct scalar *m,
                const uint8_t *c1, const struct point *points, const uint8_t *c2,
                const uint8_t *shares, uint32_t count, struct pool *pool, struct err *err)
{
    if (count == 0 || count > BLIND_ITEMS_MAX) {
        return err_set(err, ERR_INVALID, "count", "%u items; must be 1 to %d", count,
                       BLIND_ITEMS_MAX);
    }
    struct opening work = {opened_new(c1, points, shares, count), table, m, c2, points != NULL};
    bool ok = pool_each_span(pool, count, ITEMS_A_TASK, open_span, &work, err);
    if (ok) {
        *out = work.opened;
    } else {
        blind_opened_free(work.opened);
    }
    return ok;
}

bool blind_opened_check(struct blind_opened *const *opened, size_t count,
                        const struct point *query_key, const uint8_t query_hash[HASH_BYTES],
                        const uint8_t proof[PROOF_BYTES], struct pool *pool, struct err *err)
{
    size_t items = 0, at = 0;
    for (size_t i = 0; i < count; i++) items += opened[i]->count;
    struct point *c1 = mem_array(items, sizeof(struct point)),
                 *shares = mem_array(items, sizeof(struct point));
    uint8_t *c1_bytes = mem_array(items, POINT_BYTES);
    uint8_t *share_bytes = mem_array(items, POINT_BYTES);
    for (size_t i = 0; i < count; at += opened[i++]->count) {
        size_t points_len = opened[i]->count * sizeof *c1;
        size_t bytes_len = opened[i]->count * POINT_BYTES;
        memcpy(&c1[at], opened[i]->c1, points_len);
        memcpy(&shares[at], opened[i]->shares, points_len);
        memcpy(c1_bytes + at * POINT_BYTES, opened[i]->c1_bytes, bytes_len);
        memcpy(share_bytes + at * POINT_BYTES, opened[i]->share_bytes, bytes_len);
    }
    bool ok = proof_shares_check(proof, query_hash, HASH_BYTES, query_key, c1_bytes, share_bytes,
                                 c1, shares, items, pool);
    sodium_memzero(shares, items * sizeof *shares);
    free(shares);
    free(c1);
    sodium_memzero(share_bytes, items * POINT_BYTES);
    free(share_bytes);
    free(c1_bytes);
    return ok || err_set(err, ERR_UNAUTHENTICATED, "proof",
                         "the shares do not follow from the query's key");
}

int blind_opened_score(const struct blind_opened *opened, uint32_t item)
{
    REQUIRE(item < opened->count);
    return opened->scores[item];
}

uint32_t blind_opened_count(const struct blind_opened *opened)
{
    return (uint32_t)opened->count;
}
