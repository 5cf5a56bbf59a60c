/* SPDX-License-Identifier: Apache-2.0
 * Release, at the hub: the matcher's half is checked against the own sum, opened, and what may be
 * shown is kept.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/figures/collection_internal.h"

struct opening {
    struct collection *collection;
    const struct opened *opened;
    const struct certificate *matcher;
    int64_t now_ms;
    const struct agreement *agreement;
    struct figures_release named; /* by the matcher */
    uint8_t set_hash[HASH_BYTES];
};

/* ---- what the matcher has signed ---- */

static bool check_signature(const struct opening *opening, struct err *err)
{
    const struct signed_bytes *release = &opening->opened->release;
    const struct manifest *manifest = &opening->agreement->manifest;
    if (strcmp(opening->matcher->organisation, manifest->matcher) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "release",
                       "the manifest names matcher %s; the half is of %s", manifest->matcher,
                       opening->matcher->organisation);
    }
    if (trust_check(opening->collection->parts.trust, opening->matcher, ROLE_MATCHER,
                    opening->now_ms, err) &&
        certificate_verify(opening->matcher, TAG_FIGURES_RELEASE, release->body.data,
                           release->body.len, release->signature, SIGNATURE_BYTES, err)) {
        return true;
    }
    return err_in(err, "release");
}

struct left_out {
    const struct figures_release *named;
    char organisation[ID_MAX + 1];
    size_t count;
};

static bool find_left_out(const struct figures_table *table, enum role role,
                          const char *organisation, const struct party_record *record, void *ctx,
                          struct err *err)
{
    struct left_out *left_out = ctx;
    (void)table;
    (void)role;
    (void)err;
    if (record->state != PARTY_TAKEN || figures_release_names(left_out->named, record->hash))
        return true;
    if (left_out->count++ == 0) memcpy(left_out->organisation, organisation, ID_MAX + 1);
    return true;
}

static bool sets_differ(struct step *step, const struct opening *opening,
                        const struct figures_release *own, struct err *err)
{
    struct left_out left_out = {.named = &opening->named};
    if (!party_each(step, own->manifest_hash, own->table, find_left_out, &left_out, err)) {
        return false;
    }
    if (left_out.count > 0) {
        return err_set(err, ERR_INVALID, "contributions",
                       "the matcher has left out %zu of %zu contributions, that of %s first",
                       left_out.count, own->count, left_out.organisation);
    }
    return err_set(err, ERR_INVALID, "contributions",
                   "the matcher has added up %zu contributions, of which %zu are not known here",
                   opening->named.count, opening->named.count - own->count);
}

static bool compare_sets(struct step *step, const struct opening *opening, struct err *err)
{
    struct figures_release own;
    struct done_record record;
    uint8_t hash[HASH_BYTES];
    bool found = false;
    const struct figures_release *named = &opening->named;
    if (!done_read(step, named->manifest_hash, named->table, &record, &found, err)) return false;
    if (found) {
        return err_set(err, ERR_EXISTS, "table", "%s of this period is done already",
                       named->table->name);
    }
    if (!set_read(step, named->manifest_hash, named->table, &own, err)) return false;
    figures_set_hash(&own, hash);
    bool ok = sodium_memcmp(hash, opening->set_hash, HASH_BYTES) == 0 ||
              sets_differ(step, opening, &own, err);
    figures_release_free(&own);
    return ok;
}

static bool check_release(const struct opening *opening, struct err *err)
{
    struct step step;
    return check_signature(opening, err) && step_begin(opening->collection, false, &step, err) &&
           step_end(&step, compare_sets(&step, opening, err), err);
}

/* ---- the sums ---- */

/* The place in "cells[12]". */
static bool read_cell(const char *field, size_t cells, size_t *out)
{
    static const char before[] = "cells[";
    char number[ERR_FIELD_MAX] = "";
    int64_t cell = 0;
    size_t len = strlen(field);
    if (strncmp(field, before, sizeof before - 1) != 0 || field[len - 1] != ']') return false;
    memcpy(number, field + sizeof before - 1, len - sizeof before);
    if (!text_integer(number, 0, (int64_t)cells - 1, &cell)) return false;
    *out = (size_t)cell;
    return true;
}

/* Tells a person what the cell that cannot be opened counts. */
static bool unreadable(const struct opening *opening, size_t cells, struct err *err)
{
    char field[ERR_FIELD_MAX];
    size_t cell = 0;
    const struct figures_table *table = opening->named.table;
    const struct geography *geography = opening->agreement->manifest.geography;
    memcpy(field, err->field, sizeof field);
    if (err->code != ERR_INVALID || !read_cell(field, cells, &cell)) return false;
    size_t points = figures_points(table);
    size_t area = cell / (table->category_count * points);
    size_t category = cell / points % table->category_count;
    return err_set(err, ERR_INVALID, field,
                   "%s, %s: no count fits the sum: a contributor has sent a number that none can "
                   "have. Nobody can tell who; %s of this period cannot be released",
                   geography_area_name(geography, table->by_authority, area),
                   table->categories[category].label, table->name);
}

static uint64_t range_of(size_t contributions)
{
    const uint64_t most = UINT64_C(1) << 31;
    uint64_t range = (uint64_t)CONTRIBUTION_VALUE_MAX * contributions;
    return range < most ? range : most;
}

static bool open_cells(const struct opening *opening, const struct summed *summed, int64_t *sums,
                       struct err *err)
{
    struct pool *pool = opening->collection->parts.pool;
    const struct opened *opened = opening->opened;
    if (opened->shares.len != summed->cells * POINT_BYTES) {
        return err_set(err, ERR_INVALID, "shares", "has %zu bytes; %zu cells have %zu",
                       opened->shares.len, summed->cells, summed->cells * POINT_BYTES);
    }
    struct sum_finder *finder = sum_finder_new(range_of(summed->set.count), summed->cells, pool);
    bool ok = sum_open(&summed->secret, &opening->agreement->release_key.key, summed->sum,
                       summed->cells, opened->shares.data, opened->proof, summed->statement,
                       sizeof summed->statement, finder, pool, sums, err);
    sum_finder_free(finder);
    if (!ok && err->code == ERR_UNAUTHENTICATED) {
        return err_set(err, ERR_UNAUTHENTICATED, "shares",
                       "are not the matcher's half of the sum of these contributions");
    }
    return ok || unreadable(opening, summed->cells, err);
}

static bool keep(const struct opening *opening, const struct summed *summed,
                 const struct release *release, struct err *err)
{
    struct buf figures = {0};
    release_encode(release, &figures);
    struct done_record record = {.kind = DONE_OPENED,
                                 .at = opening->now_ms,
                                 .release = kept_of(&opening->opened->release),
                                 .figures = {figures.data, figures.len}};
    memcpy(record.set_hash, opening->set_hash, HASH_BYTES);
    bool ok = table_finish(opening->collection, opening->agreement, summed->term, &record, err);
    buf_free(&figures);
    return ok;
}

static bool show(const struct opening *opening, const struct summed *summed, const int64_t *sums,
                 struct release *out, struct err *err)
{
    struct release release;
    release_make(opening->agreement, summed->term, sums, summed->set.count, opening->now_ms,
                 &release);
    if (keep(opening, summed, &release, err)) {
        *out = release;
        return true;
    }
    release_free(&release);
    return false;
}

static bool open_and_show(const struct opening *opening, const struct summed *summed,
                          struct release *out, struct err *err)
{
    int64_t *sums = mem_array(summed->cells, sizeof *sums);
    bool ok = open_cells(opening, summed, sums, err) && show(opening, summed, sums, out, err);
    sodium_memzero(sums, summed->cells * sizeof *sums);
    free(sums);
    return ok;
}

/* The sets were the same a moment ago: that they are not any more is no fault of the matcher's. */
static bool changed_meanwhile(struct err *err)
{
    if (err->code != ERR_INVALID || strcmp(err->field, "set_hash") != 0) return false;
    return err_set(err, ERR_UNAVAILABLE, "contributions",
                   "one has come meanwhile: compare the sets again");
}

static bool open_checked(const struct opening *opening, struct release *out, struct err *err)
{
    struct summed summed;
    if (!check_release(opening, err)) return false;
    if (!summed_make(opening->collection, opening->agreement, opening->named.table,
                     opening->set_hash, opening->now_ms, &summed, err)) {
        return changed_meanwhile(err);
    }
    bool ok = open_and_show(opening, &summed, out, err) || changed_meanwhile(err);
    summed_free(&summed);
    return ok;
}

bool collection_open_sums(struct collection *collection, const struct opened *opened,
                          const struct certificate *matcher, int64_t now_ms, struct release *out,
                          struct err *err)
{
    struct opening opening = {
        .collection = collection, .opened = opened, .matcher = matcher, .now_ms = now_ms};
    REQUIRE(collection->role == ROLE_HUB);
    if (!figures_release_decode(opened->release.body.data, opened->release.body.len, &opening.named,
                                err)) {
        return err_in(err, "release");
    }
    bool ok = held_find(collection, opening.named.manifest_hash, &opening.agreement, err);
    if (ok) {
        figures_set_hash(&opening.named, opening.set_hash);
        ok = open_checked(&opening, out, err);
        held_drop(collection, opening.agreement);
    }
    figures_release_free(&opening.named);
    return ok;
}
