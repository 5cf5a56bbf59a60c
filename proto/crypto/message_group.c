/* SPDX-License-Identifier: Apache-2.0
 * The group of queries that an explanation is: what ties its members together. */
#include <string.h>

#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

enum { GROUP_BODY_MAX = 1024 };

void query_group_encode(const struct query_group *group, struct buf *out)
{
    struct query_group copy = *group;
    ProtobufCBinaryData queries[GROUP_QUERIES];
    for (size_t i = 0; i < GROUP_QUERIES; i++) queries[i] = wire_data(copy.queries[i], HASH_BYTES);
    Hearth__V1__GroupBody body = HEARTH__V1__GROUP_BODY__INIT;
    body.la = copy.la;
    body.group_id = wire_data(copy.group_id, GROUP_ID_BYTES);
    body.epoch = copy.epoch;
    body.issued_at = copy.issued_at;
    body.expires_at = copy.expires_at;
    body.queries = queries;
    body.n_queries = GROUP_QUERIES;
    wire_pack(&body.base, out);
}

MUST_CHECK static bool read_queries(const Hearth__V1__GroupBody *body, struct query_group *out,
                                    struct err *err)
{
    if (body->n_queries != GROUP_QUERIES) {
        return err_set(err, ERR_INVALID, "queries", "%zu of them; must be %d", body->n_queries,
                       GROUP_QUERIES);
    }
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        if (!wire_bytes(&body->queries[i], "queries", out->queries[i], HASH_BYTES, err))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (sodium_memcmp(out->queries[i], out->queries[j], HASH_BYTES) != 0) continue;
            return err_set(err, ERR_INVALID, "queries", "places %zu and %zu name the same query",
                           j + 1, i + 1);
        }
    }
    return true;
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__GroupBody *body = message;
    struct query_group *out = to;
    out->epoch = body->epoch;
    out->issued_at = body->issued_at;
    out->expires_at = body->expires_at;
    return wire_id(body->la, "la", out->la, err) &&
           wire_bytes(&body->group_id, "group_id", out->group_id, GROUP_ID_BYTES, err) &&
           wire_times(body->issued_at, body->expires_at, err) && read_queries(body, out, err);
}

bool query_group_decode(const uint8_t *body, size_t len, struct query_group *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__group_body__descriptor,
                                          .max = GROUP_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}

void query_group_hash(uint8_t out[HASH_BYTES], const uint8_t *body, size_t len)
{
    hash_once(out, TAG_GROUP, body, len);
}

static bool has_query(const struct query_group *group, const uint8_t hash[HASH_BYTES])
{
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        if (sodium_memcmp(group->queries[i], hash, HASH_BYTES) == 0) return true;
    }
    return false;
}

bool query_group_check(const struct query_group *group, const struct query *query,
                       const uint8_t hash[HASH_BYTES], int64_t now_ms, struct err *err)
{
    if (strcmp(group->la, query->la) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "group.la", "the group is %s's, the query is %s's",
                       group->la, query->la);
    }
    if (!query->is_member || sodium_memcmp(group->group_id, query->group_id, GROUP_ID_BYTES) != 0) {
        return err_set(err, ERR_INVALID, "group.group_id", "not that of the query");
    }
    if (group->epoch != query->epoch) {
        return err_set(err, ERR_INVALID, "group.epoch", "%llu; the query's is %llu",
                       (unsigned long long)group->epoch, (unsigned long long)query->epoch);
    }
    if (!has_query(group, hash)) {
        return err_set(err, ERR_INVALID, "group.queries", "the query is not among them");
    }
    if (group->issued_at > now_ms + CLOCK_SKEW_MS || group->expires_at < now_ms - CLOCK_SKEW_MS) {
        return wire_expired("group.expires_at", "the group", group->issued_at, group->expires_at,
                            now_ms, err);
    }
    return true;
}
