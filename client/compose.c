/* SPDX-License-Identifier: Apache-2.0 */
#include "client/compose.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

/* The reference itself stays here; the matcher gets a keyed hash, the same for every run of a
 * search. */
static void search_tag(const struct identity *identity, const char *search_ref,
                       uint8_t out[HASH_BYTES])
{
    struct secret key = identity_derive(identity, "search tag");
    struct hash hash;
    hash_start(&hash, "hearth search tag", HASH_BYTES, key.data);
    hash_text(&hash, search_ref);
    hash_end(&hash, out);
    secret_free(&key);
}

static void make_options(const struct la *la, const struct request *request, struct composed *out)
{
    struct search_options options = {.min_judgement = request->min_judgement,
                                     .framework_count = request->framework_count};
    memcpy(options.query_hash, out->query_hash, HASH_BYTES);
    memcpy(options.frameworks, request->frameworks, sizeof options.frameworks);
    search_tag(la->identity, request->search_ref, options.search_tag);
    search_options_encode(&options, &out->options.body);
    identity_sign_body(la->identity, TAG_OPTIONS, &out->options);
}

static void draw(const struct composition *in, struct composed *out)
{
    randombytes_buf(out->query_id, sizeof out->query_id);
    out->issued_at = clock_wall_ms();
    out->expires_at = out->issued_at + QUERY_LIFETIME_MS;
    out->catalogue = in->plan->catalogue->version;
    memcpy(out->footprint, in->footprint, in->quadrants * sizeof *in->footprint);
    out->footprint_count = in->quadrants;
    out->is_member = in->group_id != NULL;
    if (in->group_id) memcpy(out->group_id, in->group_id, GROUP_ID_BYTES);
}

static void make_query(const struct la *la, const struct composition *in,
                       const struct epoch_record *epoch, struct pool *pool, struct composed *out)
{
    const struct catalogue *catalogue = in->plan->catalogue;
    int16_t *values = plan_values(in->plan, in->footprint, in->quadrants);
    struct query_plain plain = {
        .catalogue = out->catalogue,
        .la = identity_certificate(la->identity)->organisation,
        .query_id = out->query_id,
        .issued_at = out->issued_at,
        .expires_at = out->expires_at,
        .footprint = in->footprint,
        .footprint_count = in->quadrants,
        .layout = catalogue_layout(catalogue, in->quadrants),
        .values = values,
        .group_id = in->group_id,
        .pool = pool,
    };
    struct scalar key;
    query_make(&plain, epoch, out->seed.data, &key, &out->query.body);
    scalar_encode(out->query_key.data, &key);
    scalar_wipe(&key);
    sodium_memzero(values, blind_layout_count(&plain.layout) * sizeof *values);
    free(values);
    query_hash(out->query_hash, out->query.body.data, out->query.body.len);
    identity_sign_body(la->identity, TAG_QUERY, &out->query);
}

size_t compose_footprint(const struct la *la, const struct request *request,
                         const struct plan *plan, uint16_t out[FOOTPRINT_MAX])
{
    struct secret decoy_key = identity_derive(la->identity, "footprint");
    size_t quadrants = plan_footprint(plan, request->search_ref, decoy_key.data, out);
    secret_free(&decoy_key);
    return quadrants;
}

size_t compose_wider_footprint(const struct la *la, const struct request *request,
                               const struct plan *wider, const uint16_t *footprint, size_t count,
                               uint16_t out[FOOTPRINT_MAX])
{
    struct secret decoy_key = identity_derive(la->identity, "footprint");
    size_t quadrants =
        plan_widen_footprint(wider, footprint, count, request->search_ref, decoy_key.data, out);
    secret_free(&decoy_key);
    return quadrants;
}

void compose_plan(const struct la *la, const struct request *request, const struct composition *in,
                  const struct epoch_record *epoch, struct pool *pool, struct composed *out)
{
    *out =
        (struct composed){.seed = secret_random(SEED_BYTES), .query_key = secret_new(SCALAR_BYTES)};
    draw(in, out);
    make_query(la, in, epoch, pool, out);
    make_options(la, request, out);
}

bool compose_query(const struct la *la, const struct request *request,
                   const struct catalogue *catalogue, const struct epoch_record *epoch,
                   struct pool *pool, struct composed *out, struct err *err)
{
    *out = (struct composed){0};
    struct plan *plan = mem_new(struct plan);
    bool ok = plan_make(request, catalogue, plan, err);
    if (ok) {
        uint16_t footprint[FOOTPRINT_MAX];
        size_t quadrants = compose_footprint(la, request, plan, footprint);
        const struct composition in = {plan, footprint, quadrants, NULL};
        compose_plan(la, request, &in, epoch, pool, out);
    }
    plan_wipe(plan);
    free(plan);
    return ok;
}

void composed_free(struct composed *composed)
{
    signed_bytes_free(&composed->query);
    signed_bytes_free(&composed->options);
    secret_free(&composed->query_key);
    secret_free(&composed->seed);
}
