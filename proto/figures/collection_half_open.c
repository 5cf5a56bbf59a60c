/* SPDX-License-Identifier: Apache-2.0
 * Release, at the matcher: its half of one sum, once.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/figures/collection_internal.h"

void opened_free(struct opened *opened)
{
    signed_bytes_free(&opened->release);
    buf_free(&opened->shares);
    *opened = (struct opened){.proof = {0}};
}

/* What is to be half-opened. */
struct wish {
    struct collection *collection;
    const struct agreement *agreement;
    const struct figures_table *table;
    const uint8_t *set_hash;
    int64_t now_ms;
};

/* ---- what was half-opened before ---- */

static bool give_again(const struct done_record *record, const uint8_t set_hash[HASH_BYTES],
                       struct opened *out, struct err *err)
{
    if (record->kind == DONE_GIVEN_UP) {
        *err = record->why;
        return false;
    }
    if (record->kind != DONE_HALF_OPENED || record->shares.len == 0) {
        return err_set(err, ERR_EXPIRED, "table",
                       "the window closed more than %d days ago: nothing of it is kept",
                       FIGURES_KEEP_DAYS);
    }
    if (sodium_memcmp(record->set_hash, set_hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_EXISTS, "set_hash",
                       "the sum of another set was half-opened already; there is one a table");
    }
    *out = (struct opened){.proof = {0}};
    kept_copy(&record->release, &out->release);
    buf_append(&out->shares, record->shares.data, record->shares.len);
    memcpy(out->proof, record->proof, PROOF_BYTES);
    return true;
}

/* *done: there is nothing to do any more, whatever comes of it. */
static bool look_up(const struct wish *wish, bool *done, struct opened *out, struct err *err)
{
    struct done_record record;
    struct step step;
    if (!step_begin(wish->collection, false, &step, err)) return false;
    bool ok = done_read(&step, wish->agreement->manifest.hash, wish->table, &record, done, err) &&
              (!*done || give_again(&record, wish->set_hash, out, err));
    return step_end(&step, ok, err);
}

/* ---- half-opening ---- */

static void sign_release(const struct collection *collection, const struct summed *summed,
                         struct signed_bytes *out)
{
    figures_release_encode(&summed->set, &out->body);
    identity_sign_body(collection->parts.identity, TAG_FIGURES_RELEASE, out);
}

static bool half_open(const struct collection *collection, const struct summed *summed,
                      struct opened *out, struct err *err)
{
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    bool ok =
        sum_half_open(&summed->secret, summed->sum, summed->cells, summed->statement,
                      sizeof summed->statement, seed, collection->parts.pool,
                      buf_reserve(&out->shares, summed->cells * POINT_BYTES), out->proof, err);
    sodium_memzero(seed, sizeof seed);
    if (ok) sign_release(collection, summed, &out->release);
    return ok;
}

static bool finish(const struct wish *wish, const struct summed *summed,
                   const struct opened *opened, struct err *err)
{
    struct done_record record = {.kind = DONE_HALF_OPENED,
                                 .at = wish->now_ms,
                                 .release = kept_of(&opened->release),
                                 .shares = {opened->shares.data, opened->shares.len},
                                 .proof = opened->proof};
    memcpy(record.set_hash, wish->set_hash, HASH_BYTES);
    return table_finish(wish->collection, wish->agreement, summed->term, &record, err);
}

static bool open_once(const struct wish *wish, struct opened *out, struct err *err)
{
    struct summed summed;
    struct opened opened = {.proof = {0}};
    if (!summed_make(wish->collection, wish->agreement, wish->table, wish->set_hash, wish->now_ms,
                     &summed, err)) {
        return false;
    }
    bool ok =
        half_open(wish->collection, &summed, &opened, err) && finish(wish, &summed, &opened, err);
    summed_free(&summed);
    if (ok) {
        *out = opened;
    } else {
        opened_free(&opened);
    }
    return ok;
}

static bool grant(const struct wish *wish, struct opened *out, struct err *err)
{
    bool done = false;
    if (!look_up(wish, &done, out, err)) return false;
    if (done || open_once(wish, out, err)) return true;
    /* Another thread may have been faster: what it has kept is the answer. */
    return err->code == ERR_EXISTS && look_up(wish, &done, out, err) && done;
}

bool collection_half_open(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                          const struct figures_table *table, const uint8_t set_hash[HASH_BYTES],
                          int64_t now_ms, struct opened *out, struct err *err)
{
    struct wish wish = {
        .collection = collection, .table = table, .set_hash = set_hash, .now_ms = now_ms};
    REQUIRE(collection->role == ROLE_MATCHER);
    if (!held_find(collection, manifest_hash, &wish.agreement, err)) return false;
    bool ok = grant(&wish, out, err);
    held_drop(collection, wish.agreement);
    return ok;
}

/* ---- signed releases, for contributors ---- */

struct release_list {
    struct signed_bytes *items;
    size_t count;
};

static void add_release(const struct done_record *record, void *ctx)
{
    struct release_list *list = ctx;
    if (record->kind == DONE_GIVEN_UP) return;
    list->items = mem_resize(list->items, list->count + 1, sizeof *list->items);
    kept_copy(&record->release, &list->items[list->count++]);
}

bool collection_releases(struct collection *collection, const uint8_t manifest_hash[HASH_BYTES],
                         bool (*each)(const struct signed_bytes *release, void *ctx,
                                      struct err *err),
                         void *ctx, struct err *err)
{
    struct step step;
    struct release_list list = {.items = mem_array(0, sizeof *list.items)};
    bool ok = step_begin(collection, false, &step, err) &&
              step_end(&step, done_each(&step, manifest_hash, add_release, &list, err), err);
    bool going = ok;
    for (size_t i = 0; i < list.count; i++) {
        going = going && each(&list.items[i], ctx, err);
        signed_bytes_free(&list.items[i]);
    }
    free(list.items);
    return ok && (going || err->code == ERR_NONE);
}
