/* SPDX-License-Identifier: Apache-2.0
 * From a request to the signed query and options that travel (docs/protocol.md "A query").
 */
#ifndef HEARTH_CLIENT_COMPOSE_H
#define HEARTH_CLIENT_COMPOSE_H

#include "client/la.h"
#include "proto/domain/request.h"

struct composed {
    struct signed_bytes query, options;
    uint8_t query_hash[HASH_BYTES];
    /* What was drawn or chosen for it, and stands in its body. */
    uint8_t query_id[QUERY_ID_BYTES];
    int64_t issued_at, expires_at;
    uint32_t catalogue;
    uint16_t footprint[FOOTPRINT_MAX];
    size_t footprint_count;
    bool is_member; /* of the group with this id */
    uint8_t group_id[GROUP_ID_BYTES];
    struct secret query_key; /* the scalar a: SCALAR_BYTES, canonical */
    struct secret seed;      /* SEED_BYTES */
    /* That the query travels with, not owned; NULL: it is no member of a group. */
    const struct signed_bytes *group;
};

/* The quadrants that a search with this plan shows: real ones and decoys, ascending. Returns how
 * many. */
size_t compose_footprint(const struct la *la, const struct request *request,
                         const struct plan *plan, uint16_t out[FOOTPRINT_MAX]);

/* The same for the queries of an explanation of that search, which reach as far as the plan `wider`
 * (plan_widen_footprint): 0 where that needs too many quadrants. */
size_t compose_wider_footprint(const struct la *la, const struct request *request,
                               const struct plan *wider, const uint16_t *footprint, size_t count,
                               uint16_t out[FOOTPRINT_MAX]);

/* The values of one query. */
struct composition {
    const struct plan *plan;
    const uint16_t *footprint; /* ascending, the plan's quadrants among them */
    size_t quadrants;
    const uint8_t *group_id; /* GROUP_ID_BYTES, or NULL: no member of a group */
};
/* Draws seed and query id, encrypts, signs. The request gives search reference and provider
 * filters. pool spreads the work (NULL: the calling thread). composed_free frees. */
void compose_plan(const struct la *la, const struct request *request, const struct composition *in,
                  const struct epoch_record *epoch, struct pool *pool, struct composed *out);

/* Plan, footprint and query of a request in one. catalogue: the version that is spoken, which has
 * every criterion of the request (added_none). ERR_INVALID as plan_make: then *out is zeroed. */
MUST_CHECK bool compose_query(const struct la *la, const struct request *request,
                              const struct catalogue *catalogue, const struct epoch_record *epoch,
                              struct pool *pool, struct composed *out, struct err *err);
/* Wipes and frees; a zeroed one is fine. */
void composed_free(struct composed *composed);

#endif
