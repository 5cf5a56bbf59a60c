/* SPDX-License-Identifier: Apache-2.0
 * A manifest and its release key together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/base/clock.h"
#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"
#include "tests/unit/proto/figures/periods.h"
#include "tests/unit/support_keys/parties.h"

enum { HUB_SECRET = 1001, MATCHER_SECRET = 2002 };

/* ---- a hub, a matcher, and what they signed ---- */
struct pair {
    struct party hub, matcher, agency;
    struct manifest manifest;
    struct signed_bytes manifest_raw, release_key_raw;
};

static void sign_release_key(const struct party *matcher, const uint8_t hash[HASH_BYTES],
                             const char *name, int64_t secret, struct signed_bytes *out)
{
    struct scalar m = periods_secret(secret);
    signed_bytes_free(out);
    *out = (struct signed_bytes){0};
    release_key_encode(hash, name, &m, &out->body);
    identity_sign_body(matcher->identity, TAG_RELEASE_KEY, out);
}

static struct pair pair_new(struct parties *parties)
{
    struct pair pair = {.hub = parties_add(parties, ROLE_HUB, "hub-1"),
                        .matcher = parties_add(parties, ROLE_MATCHER, "matcher-1"),
                        .agency = parties_add(parties, ROLE_AGENT, "ifa-1"),
                        .manifest = periods_manifest()};
    struct scalar u = periods_secret(HUB_SECRET);
    struct err err = {0};
    parties_must(manifest_encode(&pair.manifest, &u, &pair.manifest_raw.body, &err), &err);
    identity_sign_body(pair.hub.identity, TAG_MANIFEST, &pair.manifest_raw);
    sign_release_key(&pair.matcher, pair.manifest.hash, "matcher-1", MATCHER_SECRET,
                     &pair.release_key_raw);
    return pair;
}

static void pair_free(struct pair *pair)
{
    signed_bytes_free(&pair->manifest_raw);
    signed_bytes_free(&pair->release_key_raw);
    manifest_free(&pair->manifest);
    party_close(&pair->hub);
    party_close(&pair->matcher);
    party_close(&pair->agency);
}

/* By the agency, as of now. */
static bool make(const struct pair *pair, const struct certificate *hub,
                 const struct certificate *matcher, struct agreement *out, struct err *err)
{
    return agreement_make(&pair->manifest_raw, hub, &pair->release_key_raw, matcher,
                          pair->agency.trust, clock_wall_ms(), out, err);
}

static void refused(const struct pair *pair, enum err_code code, const char *field)
{
    struct agreement out = {0};
    struct err err = {0};
    assert_false(make(pair, identity_certificate(pair->hub.identity),
                      identity_certificate(pair->matcher.identity), &out, &err));
    if (err.code != code || strcmp(err.field, field) != 0)
        fail_msg("%s %s: %s", err_code_name(err.code), err.field, err.text);
    assert_null(out.manifest_raw.body.data);
}

static void both_make_an_agreement(void **state)
{
    struct pair pair = pair_new(*state);
    struct agreement agreement = {0};
    struct err err = {0};
    parties_must(make(&pair, identity_certificate(pair.hub.identity),
                      identity_certificate(pair.matcher.identity), &agreement, &err),
                 &err);
    struct scalar k = periods_secret(HUB_SECRET + MATCHER_SECRET);
    struct point joint;
    uint8_t hash[HASH_BYTES];
    point_mul_base(&joint, &k);
    assert_true(point_equal(&joint, &agreement.joint));
    assert_string_equal(agreement.hub.organisation, "hub-1");
    assert_memory_equal(agreement.release_key.manifest_hash, pair.manifest.hash, HASH_BYTES);
    hash_once(hash, "hearth v1 figures release key", pair.release_key_raw.body.data,
              pair.release_key_raw.body.len);
    assert_memory_equal(agreement.release_key.hash, hash, HASH_BYTES);
    assert_memory_equal(agreement.manifest_raw.body.data, pair.manifest_raw.body.data,
                        pair.manifest_raw.body.len);
    assert_ptr_not_equal(agreement.manifest_raw.body.data, pair.manifest_raw.body.data);
    agreement_free(&agreement);
    pair_free(&pair);
}

/* ---- what does not belong together ---- */
static void signatures_of_others_are_refused(void **state)
{
    struct pair pair = pair_new(*state);
    identity_sign_body(pair.agency.identity, TAG_MANIFEST, &pair.manifest_raw);
    refused(&pair, ERR_UNAUTHENTICATED, "signature");
    identity_sign_body(pair.hub.identity, TAG_RELEASE_KEY, &pair.manifest_raw); /* another use */
    refused(&pair, ERR_UNAUTHENTICATED, "signature");
    identity_sign_body(pair.hub.identity, TAG_MANIFEST, &pair.manifest_raw);
    identity_sign_body(pair.hub.identity, TAG_RELEASE_KEY, &pair.release_key_raw);
    refused(&pair, ERR_UNAUTHENTICATED, "release_key.signature");
    pair_free(&pair);
}

static void certificates_must_be_those_of_the_parties(void **state)
{
    struct pair pair = pair_new(*state);
    struct party other = parties_add(*state, ROLE_HUB, "hub-2");
    struct party elsewhere = parties_add(*state, ROLE_MATCHER, "matcher-2");
    const struct certificate *hub = identity_certificate(pair.hub.identity);
    const struct certificate *matcher = identity_certificate(pair.matcher.identity);
    struct agreement out = {0};
    struct err err = {0};
    assert_false(make(&pair, identity_certificate(pair.agency.identity), matcher, &out, &err));
    assert_int_equal(err.code, ERR_DENIED); /* an agency is no hub */
    assert_false(make(&pair, identity_certificate(other.identity), matcher, &out, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_false(make(&pair, hub, identity_certificate(elsewhere.identity), &out, &err));
    assert_string_equal(err.field, "matcher");
    /* A hub that signs in the name of another. */
    identity_sign_body(other.identity, TAG_MANIFEST, &pair.manifest_raw);
    assert_false(make(&pair, identity_certificate(other.identity), matcher, &out, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_string_equal(err.field, "hub");
    identity_sign_body(pair.hub.identity, TAG_MANIFEST, &pair.manifest_raw);
    parties_revoke(*state, &pair.hub, &pair.agency);
    parties_must(trust_reload(pair.agency.trust, NULL, &err), &err);
    assert_false(make(&pair, hub, matcher, &out, &err));
    assert_int_equal(err.code, ERR_DENIED);
    party_close(&other);
    party_close(&elsewhere);
    pair_free(&pair);
}

/* A key that the matcher made for another manifest of the same hub and period. */
static void a_release_key_belongs_to_one_manifest(void **state)
{
    struct pair pair = pair_new(*state);
    struct manifest other = periods_manifest();
    struct scalar u = periods_secret(HUB_SECRET);
    struct buf body = {0};
    struct err err = {0};
    other.closes_at++;
    assert_true(manifest_encode(&other, &u, &body, &err));
    sign_release_key(&pair.matcher, other.hash, "matcher-1", MATCHER_SECRET, &pair.release_key_raw);
    refused(&pair, ERR_INVALID, "release_key.manifest_hash");
    /* The proof of that one, put under the hash of this one. */
    struct release_key key = {0};
    assert_true(release_key_decode(pair.release_key_raw.body.data, pair.release_key_raw.body.len,
                                   &key, &err));
    memcpy(pair.release_key_raw.body.data + 2, pair.manifest.hash, HASH_BYTES);
    identity_sign_body(pair.matcher.identity, TAG_RELEASE_KEY, &pair.release_key_raw);
    refused(&pair, ERR_UNAUTHENTICATED, "release_key.proof");
    sign_release_key(&pair.matcher, pair.manifest.hash, "matcher-2", MATCHER_SECRET,
                     &pair.release_key_raw);
    refused(&pair, ERR_UNAUTHENTICATED, "release_key.matcher");
    manifest_free(&other);
    buf_free(&body);
    pair_free(&pair);
}

/* m = -u, which a matcher could take that had learnt u: K would be the identity and all
 * contributions plain. */
static void keys_that_cancel_are_refused(void **state)
{
    struct pair pair = pair_new(*state);
    sign_release_key(&pair.matcher, pair.manifest.hash, "matcher-1", -HUB_SECRET,
                     &pair.release_key_raw);
    refused(&pair, ERR_INVALID, "release_key.key");
    pair_free(&pair);
}

/* M_w = wB - U, chosen against the hub's key: its maker knows no m to prove. */
static void a_release_key_against_the_hubs_key_is_refused(void **state)
{
    struct pair pair = pair_new(*state);
    struct scalar w = periods_secret(7);
    struct point wanted, rogue;
    struct release_key out;
    struct buf body = {0}, forged = {0};
    struct err err = {0};
    release_key_encode(pair.manifest.hash, "matcher-1", &w, &body);
    Hearth__V1__ReleaseKeyBody *message =
        hearth__v1__release_key_body__unpack(NULL, body.len, body.data);
    point_mul_base(&wanted, &w);
    point_sub(&rogue, &wanted, &pair.manifest.key);
    point_encode(message->key.data, &rogue);
    wire_pack(&message->base, &forged);
    assert_false(release_key_decode(forged.data, forged.len, &out, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_string_equal(err.field, "proof");
    hearth__v1__release_key_body__free_unpacked(message, NULL);
    buf_free(&body);
    buf_free(&forged);
    pair_free(&pair);
}

/* Another manifest, key, role, organisation or table is another statement. */
static void statements_differ(void **state)
{
    (void)state;
    static struct agreement agreement;
    static const struct {
        enum role role;
        const char *organisation, *table;
    } cases[] = {{ROLE_AGENT, "a", "capacity_la"},
                 {ROLE_LA, "a", "capacity_la"},
                 {ROLE_AGENT, "ac", "apacity_la"},
                 {ROLE_AGENT, "b", "capacity_la"},
                 {ROLE_AGENT, "a", "capacity_age"}};
    struct buf statements[7] = {{0}};
    size_t count = 0;
    for (; count < 5; count++) {
        agreement_statement(&agreement, cases[count].role, cases[count].organisation,
                            cases[count].table, &statements[count]);
    }
    agreement.manifest.hash[0] = 1;
    agreement_statement(&agreement, ROLE_AGENT, "a", "capacity_la", &statements[count++]);
    agreement.manifest.hash[0] = 0;
    agreement.release_key.hash[0] = 1;
    agreement_statement(&agreement, ROLE_AGENT, "a", "capacity_la", &statements[count++]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(statements[i].len == statements[j].len &&
                         memcmp(statements[i].data, statements[j].data, statements[i].len) == 0);
        }
    }
    for (size_t i = 0; i < count; i++) buf_free(&statements[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_make_an_agreement, parties_set_up, parties_tear_down),
        cmocka_unit_test_setup_teardown(signatures_of_others_are_refused, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(certificates_must_be_those_of_the_parties, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(a_release_key_belongs_to_one_manifest, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(keys_that_cancel_are_refused, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(a_release_key_against_the_hubs_key_is_refused,
                                        parties_set_up, parties_tear_down),
        cmocka_unit_test(statements_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
