/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/check.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "keys/signed.h"
#include "proto/base/mem.h"

/* Verified epoch records, by a hash of body and signature: many queries share one record, and each
 * verification costs a signature and a proof. */
enum { EPOCHS = 4 };
struct known_epoch {
    bool used;
    uint8_t hash[HASH_BYTES];
    struct epoch_record record;
};

struct checker {
    pthread_mutex_t lock;
    struct trust *trust;
    const struct catalogue *catalogue;
    bool introduced;
    struct certificate matcher;
    struct known_epoch epochs[EPOCHS];
    size_t next;
};

struct checker *checker_new(struct trust *trust, const struct catalogue *catalogue)
{
    struct checker *checker = mem_new(struct checker);
    REQUIRE(pthread_mutex_init(&checker->lock, NULL) == 0);
    checker->trust = trust;
    checker->catalogue = catalogue;
    return checker;
}

void checker_free(struct checker *checker)
{
    if (!checker) return;
    if (checker->introduced) certificate_free(&checker->matcher);
    (void)pthread_mutex_destroy(&checker->lock);
    free(checker);
}

static void forget_epochs(struct checker *checker)
{
    for (size_t i = 0; i < EPOCHS; i++) checker->epochs[i].used = false;
}

void checker_forget(struct checker *checker)
{
    REQUIRE(pthread_mutex_lock(&checker->lock) == 0);
    forget_epochs(checker);
    REQUIRE(pthread_mutex_unlock(&checker->lock) == 0);
}

bool checker_set_matcher(struct checker *checker, const struct certificate *matcher,
                         struct err *err)
{
    struct certificate copy = {0};
    if (!certificate_of_bytes(&matcher->raw, &copy, err)) return false;
    REQUIRE(pthread_mutex_lock(&checker->lock) == 0);
    if (checker->introduced) certificate_free(&checker->matcher);
    checker->matcher = copy;
    checker->introduced = true;
    forget_epochs(checker);
    REQUIRE(pthread_mutex_unlock(&checker->lock) == 0);
    return true;
}

/* With the lock held. */
static bool matcher_good(struct checker *checker, int64_t now_ms, struct err *err)
{
    if (!checker->introduced) {
        return err_set(err, ERR_UNAUTHENTICATED, "certificate", "no matcher has introduced itself");
    }
    return trust_check(checker->trust, &checker->matcher, ROLE_MATCHER, now_ms, err);
}

bool checker_matcher_good(struct checker *checker, int64_t now_ms, struct err *err)
{
    REQUIRE(pthread_mutex_lock(&checker->lock) == 0);
    bool ok = matcher_good(checker, now_ms, err);
    REQUIRE(pthread_mutex_unlock(&checker->lock) == 0);
    return ok;
}

bool checker_verify_matcher(struct checker *checker, const char *tag, const Hearth__V1__Signed *in,
                            struct err *err)
{
    REQUIRE(pthread_mutex_lock(&checker->lock) == 0);
    bool ok = checker->introduced
                  ? certificate_verify(&checker->matcher, tag, in->body.data, in->body.len,
                                       in->signature.data, in->signature.len, err)
                  : err_set(err, ERR_UNAUTHENTICATED, "certificate", "no matcher yet");
    REQUIRE(pthread_mutex_unlock(&checker->lock) == 0);
    return ok;
}

/* ---- origin ---- */

static enum decline of_trust(const struct err *err)
{
    if (err->code == ERR_DENIED) return DECLINE_NOT_ALLOWED;
    return err->code == ERR_EXPIRED ? DECLINE_EXPIRED : DECLINE_SIGNATURE;
}

static enum decline check_signature(struct checker *checker, const Hearth__V1__AgentQuery *in,
                                    const struct certificate *la, int64_t now_ms, struct err *why)
{
    const Hearth__V1__Signed *query = in->query;
    if (!trust_check(checker->trust, la, ROLE_LA, now_ms, why)) return of_trust(why);
    if (!certificate_verify(la, TAG_QUERY, query->body.data, query->body.len, query->signature.data,
                            query->signature.len, why)) {
        return DECLINE_SIGNATURE;
    }
    return DECLINE_NONE;
}

static enum decline check_body(struct checker *checker, const struct certificate *la,
                               struct checked *out, struct err *why)
{
    const struct query *query = &out->query;
    if (strcmp(la->organisation, query->la) != 0) {
        (void)err_set(why, ERR_UNAUTHENTICATED, "la", "%s asks under the certificate of %s",
                      query->la, la->organisation);
        return DECLINE_SIGNATURE;
    }
    if (reading_of(checker->catalogue, query, "the LA", &out->reading, why)) return DECLINE_NONE;
    return why->code == ERR_VERSION ? DECLINE_VERSION : DECLINE_INVALID;
}

/* A query says itself whether it is a member: the matcher can neither take it out of its group, for
 * the agency to count it alone, nor put it into one. */
static enum decline check_membership(const Hearth__V1__Signed *in, const struct certificate *la,
                                     struct checked *out, struct err *why)
{
    if (!in && !out->query.is_member) return DECLINE_NONE;
    if (!in || !out->query.is_member) {
        (void)err_set(why, ERR_INVALID, "group", "%s",
                      in ? "the query is a member of none" : "that of the query is missing");
        return DECLINE_INVALID;
    }
    if (!certificate_verify(la, TAG_GROUP, in->body.data, in->body.len, in->signature.data,
                            in->signature.len, why)) {
        return DECLINE_SIGNATURE;
    }
    query_group_hash(out->group_hash, in->body.data, in->body.len);
    if (!query_group_decode(in->body.data, in->body.len, &out->group, why)) return DECLINE_INVALID;
    if (strcmp(out->group.la, out->query.la) == 0) return DECLINE_NONE;
    (void)err_set(why, ERR_UNAUTHENTICATED, "group.la", "%s signed for %s", out->query.la,
                  out->group.la);
    return DECLINE_SIGNATURE;
}

enum decline check_origin(struct checker *checker, const Hearth__V1__AgentQuery *in, int64_t now_ms,
                          struct checked *out, struct err *why)
{
    *out = (struct checked){0};
    if (!in->query || !in->certificate || !in->epoch) {
        (void)err_set(why, ERR_INVALID, "query", "query, certificate and epoch are wanted");
        return DECLINE_INVALID;
    }
    query_hash(out->hash, in->query->body.data, in->query->body.len);
    struct certificate la = {0};
    if (!certificate_of_message(in->certificate, &la, why)) return DECLINE_INVALID;
    enum decline reason = check_signature(checker, in, &la, now_ms, why);
    if (reason == DECLINE_NONE &&
        !query_decode(in->query->body.data, in->query->body.len, &out->query, why)) {
        out->query = (struct query){0};
        reason = why->code == ERR_VERSION ? DECLINE_VERSION : DECLINE_INVALID;
    }
    if (reason == DECLINE_NONE) reason = check_body(checker, &la, out, why);
    if (reason == DECLINE_NONE) reason = check_membership(in->group, &la, out, why);
    certificate_free(&la);
    return reason;
}

/* ---- keys ---- */

static void hash_record(uint8_t out[HASH_BYTES], const Hearth__V1__Signed *in)
{
    struct hash hash;
    hash_start(&hash, "hearth epoch record", HASH_BYTES, NULL);
    hash_bytes(&hash, in->body.data, in->body.len);
    hash_bytes(&hash, in->signature.data, in->signature.len);
    hash_end(&hash, out);
}

static bool verify_epoch(struct checker *checker, const Hearth__V1__Signed *in, int64_t now_ms,
                         struct epoch_record *out, struct err *why)
{
    if (!matcher_good(checker, now_ms, why) ||
        !certificate_verify(&checker->matcher, TAG_EPOCH, in->body.data, in->body.len,
                            in->signature.data, in->signature.len, why) ||
        !epoch_decode(in->body.data, in->body.len, out, why)) {
        return false;
    }
    return strcmp(out->matcher, checker->matcher.organisation) == 0 ||
           err_set(why, ERR_UNAUTHENTICATED, "epoch.matcher", "%s signed for %s",
                   checker->matcher.organisation, out->matcher);
}

/* With the lock held. */
static bool find_epoch(struct checker *checker, const Hearth__V1__Signed *in, int64_t now_ms,
                       struct epoch_record *out, struct err *why)
{
    uint8_t hash[HASH_BYTES];
    hash_record(hash, in);
    for (size_t i = 0; i < EPOCHS; i++) {
        const struct known_epoch *known = &checker->epochs[i];
        if (!known->used || sodium_memcmp(known->hash, hash, HASH_BYTES) != 0) continue;
        *out = known->record;
        return true;
    }
    if (!verify_epoch(checker, in, now_ms, out, why)) return false;
    struct known_epoch *slot = &checker->epochs[checker->next];
    checker->next = (checker->next + 1) % EPOCHS;
    slot->used = true;
    slot->record = *out;
    memcpy(slot->hash, hash, HASH_BYTES);
    return true;
}

static enum decline of_query(const struct err *why)
{
    switch (why->code) {
    case ERR_EXPIRED: return strcmp(why->field, "epoch") == 0 ? DECLINE_EPOCH : DECLINE_EXPIRED;
    case ERR_UNAUTHENTICATED: return DECLINE_PROOF;
    default: return DECLINE_INVALID;
    }
}

enum decline check_keys(struct checker *checker, const Hearth__V1__AgentQuery *in, int64_t now_ms,
                        struct checked *out, struct err *why)
{
    struct epoch_record epoch;
    REQUIRE(pthread_mutex_lock(&checker->lock) == 0);
    bool known = find_epoch(checker, in->epoch, now_ms, &epoch, why);
    REQUIRE(pthread_mutex_unlock(&checker->lock) == 0);
    if (!known) return DECLINE_EPOCH;
    bool ok = query_check(&out->query, &epoch, &out->reading.layout, now_ms, &out->joint_key, why);
    ok = ok && (!out->query.is_member ||
                query_group_check(&out->group, &out->query, out->hash, now_ms, why));
    return ok ? DECLINE_NONE : of_query(why);
}

void checked_free(struct checked *checked)
{
    query_free(&checked->query);
}
