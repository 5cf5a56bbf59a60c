/* SPDX-License-Identifier: Apache-2.0
 * What an agent checks of a query before a profile is read, in the order of docs/protocol.md "A
 * query". Thread-safe.
 */
#ifndef HEARTH_AGENT_CHECK_H
#define HEARTH_AGENT_CHECK_H

#include "agent/decline.h"
#include "keys/identity.h"
#include "proto/domain/versions.h"
#include "proto/match.pb-c.h"

struct checker;
/* catalogue: the newest that this agent uses. */
struct checker *checker_new(struct trust *trust, const struct catalogue *catalogue);
void checker_free(struct checker *checker);
/* The certificate under which the matcher signs epoch records, checked by the caller; it is copied.
 * Epoch records that were verified under another one are forgotten. */
MUST_CHECK bool checker_set_matcher(struct checker *checker, const struct certificate *matcher,
                                    struct err *err);
/* Trust has changed (revocations): epoch records are verified again. */
void checker_forget(struct checker *checker);
/* ERR_UNAUTHENTICATED, ERR_DENIED: the matcher may not be trusted (any more), or has not introduced
 * itself. */
MUST_CHECK bool checker_matcher_good(struct checker *checker, int64_t now_ms, struct err *err);
/* A body that the matcher signed under `tag`. */
MUST_CHECK bool checker_verify_matcher(struct checker *checker, const char *tag,
                                       const Hearth__V1__Signed *in, struct err *err);

struct checked {
    struct query query;
    uint8_t hash[HASH_BYTES];
    struct reading reading; /* by which catalogue its slots are read */
    struct point joint_key;
    struct query_group group; /* where query.is_member */
    uint8_t group_hash[HASH_BYTES];
};
/* First half: the LA's certificate (Authority, role, revocation, time), its signature over the
 * exact bytes, the decoder, that certificate and query name the same LA, the catalogue, that a
 * member of a group comes with a group of the LA's. Fills query, hash, reading and group;
 * checked_free frees, also after a refusal. `why` explains a refusal, for the log. */
enum decline check_origin(struct checker *checker, const Hearth__V1__AgentQuery *in, int64_t now_ms,
                          struct checked *out, struct err *why);
/* Second half: the epoch record (matcher's signature, proof of possession of M), times, number of
 * ciphertexts, proof of possession of A, joint key, and that the group is the query's. Fills
 * joint_key. */
enum decline check_keys(struct checker *checker, const Hearth__V1__AgentQuery *in, int64_t now_ms,
                        struct checked *out, struct err *why);
void checked_free(struct checked *checked);

#endif
