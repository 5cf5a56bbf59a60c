/* SPDX-License-Identifier: Apache-2.0
 * The footprint in the clear: the real quadrants among decoys. Decoys depend on the key, the search
 * reference and the real quadrants' shape only, so that re-runs of a search do not thin them out.
 */
#include <sodium.h>
#include <string.h>

#include "proto/crypto/hash.h"
#include "proto/domain/england.h"
#include "proto/domain/request.h"

enum { CLUSTER_TRIES = 64, NEIGHBOUR_TRIES = 256 };

struct decoys {
    const char *search_ref;
    const uint8_t *key;
    uint64_t drawn;
    uint16_t england[ENGLAND_QUADRANTS];
    uint16_t chosen[FOOTPRINT_MAX];
    size_t count, target;
    size_t first; /* of chosen: the first that a decoy may be put beside */
};

/* The next number below `limit` of the stream; the bias of the remainder is below 2^-50. */
static size_t draw(struct decoys *decoys, size_t limit)
{
    struct hash hash;
    uint8_t out[HASH_BYTES];
    hash_start(&hash, "hearth v1 decoys", HASH_BYTES, decoys->key);
    hash_text(&hash, decoys->search_ref);
    hash_u64(&hash, decoys->drawn++);
    hash_end(&hash, out);
    uint64_t number = 0;
    for (size_t i = 0; i < 8; i++) number = number << 8 | out[i];
    return (size_t)(number % limit);
}

static bool contains(const uint16_t *list, size_t count, uint16_t quadrant)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == quadrant) return true;
    }
    return false;
}

/* The quadrant `rows` north and `columns` east; false where it is not a free one of England. */
static bool free_at(const struct decoys *decoys, uint16_t from, int rows, int columns,
                    uint16_t *out)
{
    int row = from / QUADRANT_COLUMNS + rows, column = from % QUADRANT_COLUMNS + columns;
    if (row < 0 || row >= QUADRANT_ROWS || column < 0 || column >= QUADRANT_COLUMNS) return false;
    *out = (uint16_t)(row * QUADRANT_COLUMNS + column);
    return contains(decoys->england, ENGLAND_QUADRANTS, *out) &&
           !contains(decoys->chosen, decoys->count, *out);
}

/* Puts the real quadrants' shape down elsewhere in England. */
static bool add_cluster(struct decoys *decoys, const struct plan *plan)
{
    for (int attempt = 0; attempt < CLUSTER_TRIES; attempt++) {
        uint16_t base = decoys->england[draw(decoys, ENGLAND_QUADRANTS)];
        uint16_t moved[FOOTPRINT_MAX];
        size_t fits = 0;
        while (fits < plan->quadrant_count) {
            int rows =
                plan->quadrants[fits] / QUADRANT_COLUMNS - plan->quadrants[0] / QUADRANT_COLUMNS;
            int columns =
                plan->quadrants[fits] % QUADRANT_COLUMNS - plan->quadrants[0] % QUADRANT_COLUMNS;
            if (!free_at(decoys, base, rows, columns, &moved[fits])) break;
            fits++;
        }
        if (fits < plan->quadrant_count) continue;
        memcpy(decoys->chosen + decoys->count, moved, fits * sizeof *moved);
        decoys->count += fits;
        return true;
    }
    return false;
}

/* One more beside those chosen: a lone quadrant beside a cluster would show itself as a decoy. */
static bool add_neighbour(struct decoys *decoys)
{
    static const int step[4][2] = {{1, 0}, {0, 1}, {-1, 0}, {0, -1}};
    for (int attempt = 0; attempt < NEIGHBOUR_TRIES; attempt++) {
        uint16_t from = decoys->chosen[decoys->first + draw(decoys, decoys->count - decoys->first)];
        const int *way = step[draw(decoys, 4)];
        uint16_t found;
        if (!free_at(decoys, from, way[0], way[1], &found)) continue;
        decoys->chosen[decoys->count++] = found;
        return true;
    }
    return false;
}

/* Any free one; England has more quadrants than a footprint, so the search ends. */
static void add_any(struct decoys *decoys)
{
    size_t at = draw(decoys, ENGLAND_QUADRANTS);
    while (contains(decoys->chosen, decoys->count, decoys->england[at])) {
        at = (at + 1) % ENGLAND_QUADRANTS;
    }
    decoys->chosen[decoys->count++] = decoys->england[at];
}

static size_t padded(size_t real)
{
    if (real == 0) return 0;
    return real <= 4 ? 4 : real <= 8 ? 8 : FOOTPRINT_MAX;
}

static void read_england(struct decoys *decoys)
{
    for (size_t i = 0; i < ENGLAND_QUADRANTS; i++) {
        REQUIRE(grid_parse_quadrant(england_quadrants[i], &decoys->england[i]));
    }
}

static void start(struct decoys *decoys, const struct plan *plan)
{
    read_england(decoys);
    decoys->count = plan->quadrant_count;
    memcpy(decoys->chosen, plan->quadrants, plan->quadrant_count * sizeof *plan->quadrants);
    decoys->target = plan_footprint_size(plan);
}

/* Fills up to the target and writes what is chosen. */
static size_t finish(struct decoys *decoys, uint16_t out[FOOTPRINT_MAX])
{
    while (decoys->count < decoys->target) {
        if (!add_neighbour(decoys)) add_any(decoys);
    }
    grid_sort(decoys->chosen, decoys->count);
    memcpy(out, decoys->chosen, decoys->count * sizeof *out);
    size_t count = decoys->count;
    sodium_memzero(decoys, sizeof *decoys);
    return count;
}

size_t plan_footprint_size(const struct plan *plan)
{
    return padded(plan->quadrant_count);
}

size_t plan_footprint(const struct plan *plan, const char *search_ref,
                      const uint8_t key[HASH_KEY_BYTES], uint16_t out[FOOTPRINT_MAX])
{
    if (plan->quadrant_count == 0) return 0;
    struct decoys decoys = {.search_ref = search_ref, .key = key};
    start(&decoys, plan);
    bool fits = true;
    while (fits && decoys.target - decoys.count >= plan->quadrant_count) {
        fits = add_cluster(&decoys, plan);
    }
    return finish(&decoys, out);
}

size_t plan_widen_footprint(const struct plan *wider, const uint16_t *footprint, size_t count,
                            const char *search_ref, const uint8_t key[HASH_KEY_BYTES],
                            uint16_t out[FOOTPRINT_MAX])
{
    /* Numbers of the same stream that the search itself does not get to. */
    struct decoys decoys = {.search_ref = search_ref, .key = key, .drawn = (uint64_t)1 << 32};
    read_england(&decoys);
    decoys.count = wider->quadrant_count;
    memcpy(decoys.chosen, wider->quadrants, decoys.count * sizeof *wider->quadrants);
    /* New decoys beside the search's own: what is new beside the real ones needs company. */
    decoys.first = decoys.count;
    for (size_t i = 0; i < count; i++) {
        if (contains(decoys.chosen, decoys.count, footprint[i])) continue;
        if (decoys.count == FOOTPRINT_MAX) {
            sodium_memzero(&decoys, sizeof decoys);
            return 0;
        }
        decoys.chosen[decoys.count++] = footprint[i];
    }
    if (decoys.first == decoys.count) decoys.first = 0;
    decoys.target = padded(decoys.count);
    return finish(&decoys, out);
}
