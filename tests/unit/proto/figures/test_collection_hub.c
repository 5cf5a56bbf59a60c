/* SPDX-License-Identifier: Apache-2.0
 * A hub that cheats, and contributors that do. The matcher's collection catches a hub: it opens the
 * sum of its own set alone, once. Both collections catch a contributor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "keys/revocations.h"
#include "tests/unit/proto/figures/scheme.h"

enum { AGENCIES = SCHEME_AGENCIES, LAS = SCHEME_LAS, VALUE = 100 };
static const char *const tables[] = {"capacity_status", "capacity_la", "demand_la"};

static void must(bool ok, const struct err *err)
{
    parties_must(ok, err);
}

static const struct figures_table *table_of(size_t i)
{
    return figures_table_find(tables[i]);
}

static struct scheme *begun(void **state)
{
    struct scheme *scheme = scheme_fresh(state);
    scheme_begin_period(scheme, scheme_first_period(), tables, 3);
    return scheme;
}

/* ---- what a hub asks for ---- */

static void check_refused(struct scheme *scheme, const uint8_t set_hash[HASH_BYTES],
                          enum err_code code, const char *field)
{
    struct opened opened;
    struct err err = {0};
    assert_false(collection_half_open(scheme->at_matcher, scheme->agreement.manifest.hash,
                                      table_of(0), set_hash, scheme->now_ms, &opened, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static size_t count_of(struct collection *collection, const struct scheme *scheme,
                       const struct figures_table *table)
{
    struct figures_release set;
    struct err err = {0};
    must(collection_set(collection, scheme->agreement.manifest.hash, table, &set, &err), &err);
    size_t count = set.count;
    figures_release_free(&set);
    return count;
}

/* Without one, one alone, one that is invented: the sum of all but one, taken from that of all,
 * would be one agency's numbers. */
static void another_set(void **state)
{
    struct scheme *scheme = begun(state);
    struct figures_release set;
    struct opened first, again, other;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], honest[HASH_BYTES];
    scheme_deliver_all(scheme, table_of(0), VALUE, 0);
    scheme_set_hash(scheme, scheme->at_hub, table_of(0), honest);
    scheme->now_ms = scheme->agreement.manifest.closes_at - 1;
    check_refused(scheme, honest, ERR_EXPIRED, "closes_at");
    scheme_close_window(scheme);
    must(collection_set(scheme->at_hub, scheme->agreement.manifest.hash, table_of(0), &set, &err),
         &err);
    for (size_t count = 0; count < AGENCIES; count++) {
        set.count = count;
        figures_set_hash(&set, hash);
        check_refused(scheme, hash, ERR_INVALID, "set_hash");
    }
    must(scheme_half_open(scheme, table_of(0), &first, &err), &err);
    /* Once: the same again, but no other. */
    check_refused(scheme, hash, ERR_EXISTS, "set_hash");
    must(collection_half_open(scheme->at_matcher, scheme->agreement.manifest.hash, table_of(0),
                              honest, scheme->now_ms + SCHEME_DAY, &again, &err),
         &err);
    assert_int_equal(first.shares.len, again.shares.len);
    assert_memory_equal(first.shares.data, again.shares.data, first.shares.len);
    assert_memory_equal(first.proof, again.proof, PROOF_BYTES);
    assert_memory_equal(first.release.signature, again.release.signature, SIGNATURE_BYTES);
    /* Nor a table that the manifest does not have. */
    assert_false(collection_half_open(scheme->at_matcher, scheme->agreement.manifest.hash,
                                      figures_table_find("demand_age"), honest, scheme->now_ms,
                                      &other, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    figures_release_free(&set);
    opened_free(&first);
    opened_free(&again);
}

/* A set below the quorum is one that nobody's noise was drawn for. */
static void below_the_quorum(void **state)
{
    struct scheme *scheme = begun(state);
    uint8_t hash[HASH_BYTES];
    scheme_deliver_all(scheme, table_of(0), VALUE, 2);
    scheme_close_window(scheme);
    scheme_set_hash(scheme, scheme->at_matcher, table_of(0), hash);
    check_refused(scheme, hash, ERR_INVALID, "quorum");
}

/* It keeps one back until the sum of the others is open. */
static void one_more_after_the_sum(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *last = scheme_agency(scheme, AGENCIES - 1);
    struct signed_bytes raw;
    struct opened opened;
    struct err err = {0};
    uint8_t hash[HASH_BYTES];
    scheme_deliver_all(scheme, table_of(0), VALUE, 1);
    scheme_contribute_all(scheme, last, table_of(0), VALUE, &raw);
    scheme_close_window(scheme);
    must(scheme_half_open(scheme, table_of(0), &opened, &err), &err);
    assert_false(scheme_put(scheme, scheme->at_matcher, last, &raw, true, &err));
    assert_int_equal(err.code, ERR_EXPIRED);
    assert_string_equal(err.field, "table");
    must(scheme_put(scheme, scheme->at_hub, last, &raw, true, &err), &err);
    scheme_set_hash(scheme, scheme->at_hub, table_of(0), hash);
    check_refused(scheme, hash, ERR_EXISTS, "set_hash");
    signed_bytes_free(&raw);
    opened_free(&opened);
}

/* ---- what a hub proposes ---- */

static void a_second_manifest(void **state)
{
    struct scheme *scheme = begun(state);
    struct manifest manifest;
    struct signed_bytes raw = {0}, key;
    struct scalar u;
    struct err err = {0};
    scheme_draft(scheme, scheme->period, tables, 1, &manifest);
    scalar_random(&u);
    must(manifest_encode(&manifest, &u, &raw.body, &err), &err);
    identity_sign_body(scheme->hub.identity, TAG_MANIFEST, &raw);
    assert_false(
        collection_agree(scheme->at_matcher, &raw, scheme_hub(scheme), scheme->now_ms, &key, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_string_equal(err.field, "period");
    /* Another hub with the first one's manifest, and somebody who is no hub. */
    struct party other = parties_add(scheme->parties, ROLE_HUB, "hub-2");
    identity_sign_body(other.identity, TAG_MANIFEST, &raw);
    assert_false(collection_agree(scheme->at_matcher, &raw, identity_certificate(other.identity),
                                  scheme->now_ms, &key, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.field, "hub");
    assert_false(
        collection_agree(scheme->at_matcher, &raw, scheme_hub(scheme), scheme->now_ms, &key, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_false(collection_agree(scheme->at_matcher, &raw, &scheme_agency(scheme, 0)->certificate,
                                  scheme->now_ms, &key, &err));
    assert_int_equal(err.code, ERR_DENIED);
    party_close(&other);
    signed_bytes_free(&raw);
    manifest_free(&manifest);
}

/* ---- what a hub passes on ---- */

static void check_put(const struct scheme *scheme, struct collection *collection,
                      const struct scheme_party *party, const struct signed_bytes *raw, bool passed,
                      enum err_code code, const char *field)
{
    struct err err = {0};
    assert_false(scheme_put(scheme, collection, party, raw, passed, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.field, field);
}

static void forged_contributions(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *party = scheme_agency(scheme, 0);
    struct signed_bytes raw;
    scheme_contribute_all(scheme, party, table_of(0), VALUE, &raw);
    scheme_close_window(scheme);
    identity_sign_body(scheme->hub.identity, TAG_CONTRIBUTION, &raw);
    check_put(scheme, scheme->at_matcher, party, &raw, true, ERR_UNAUTHENTICATED, "signature");
    /* With a certificate that the Authority has not signed. */
    struct scheme_party invented = {0};
    uint8_t authority[SIGN_SECRET_BYTES], public_key[SIGN_KEY_BYTES];
    memcpy(authority, scheme->authority_secret, sizeof authority);
    REQUIRE(crypto_sign_keypair(public_key, scheme->authority_secret) == 0);
    invented = scheme_party(scheme, ROLE_AGENT, "agency-0000");
    memcpy(scheme->authority_secret, authority, sizeof authority);
    signed_bytes_free(&raw);
    scheme_contribute_all(scheme, &invented, table_of(0), VALUE, &raw);
    struct err err = {0};
    assert_false(scheme_put(scheme, scheme->at_matcher, &invented, &raw, true, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_int_equal(count_of(scheme->at_matcher, scheme, table_of(0)), 0);
    signed_bytes_free(&raw);
    scheme_party_free(&invented);
}

/* One of last period counts there or nowhere. */
static void contributions_of_last_period(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *first = scheme_agency(scheme, 0), *last = scheme_agency(scheme, 3);
    struct signed_bytes known, kept_back;
    struct opened opened;
    struct err err = {0};
    scheme_deliver_all(scheme, table_of(0), VALUE, 1);
    scheme_contribute_all(scheme, first, table_of(1), VALUE, &known);
    scheme_deliver(scheme, first, &known);
    scheme_contribute_all(scheme, last, table_of(0), VALUE, &kept_back);
    scheme_close_window(scheme);
    must(scheme_half_open(scheme, table_of(0), &opened, &err), &err);
    scheme_begin_period(scheme, period_next(scheme->period), tables, 3);
    check_put(scheme, scheme->at_matcher, last, &kept_back, true, ERR_EXPIRED, "table");
    check_put(scheme, scheme->at_matcher, last, &kept_back, false, ERR_EXPIRED, "closes_at");
    must(scheme_put(scheme, scheme->at_matcher, first, &known, true, &err), &err);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(count_of(scheme->at_matcher, scheme, table_of(i)), 0);
    }
    signed_bytes_free(&known);
    signed_bytes_free(&kept_back);
    opened_free(&opened);
}

/* ---- contributors ---- */

static void check_both(const struct scheme *scheme, const struct scheme_party *party,
                       const struct signed_bytes *raw, enum err_code code, const char *field)
{
    check_put(scheme, scheme->at_matcher, party, raw, false, code, field);
    check_put(scheme, scheme->at_hub, party, raw, false, code, field);
}

static void who_may_not_contribute(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *agency = scheme_agency(scheme, 0), *other = scheme_agency(scheme, 1);
    struct scheme_party stranger = scheme_party(scheme, ROLE_AGENT, "agency-9999");
    struct signed_bytes raw;
    scheme_contribute_all(scheme, agency, table_of(0), VALUE, &raw);
    check_both(scheme, other, &raw, ERR_DENIED, "organisation");
    signed_bytes_free(&raw);
    scheme_contribute_all(scheme, &stranger, table_of(0), VALUE, &raw);
    check_both(scheme, &stranger, &raw, ERR_DENIED, "organisation");
    signed_bytes_free(&raw);
    scheme_contribute_all(scheme, agency, table_of(2), VALUE, &raw);
    check_both(scheme, agency, &raw, ERR_DENIED, "table");
    signed_bytes_free(&raw);
    /* Signed by somebody else than the certificate's organisation. */
    struct scheme_party mixed = *agency;
    memcpy(mixed.sign_secret, other->sign_secret, sizeof mixed.sign_secret);
    scheme_contribute_all(scheme, &mixed, table_of(0), VALUE, &raw);
    check_both(scheme, agency, &raw, ERR_UNAUTHENTICATED, "signature");
    signed_bytes_free(&raw);
    scheme_party_free(&stranger);
}

static void what_may_not_be_contributed(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *agency = scheme_agency(scheme, 0);
    struct signed_bytes raw;
    scheme_contribute_all(scheme, agency, figures_table_find("capacity_age"), VALUE, &raw);
    check_both(scheme, agency, &raw, ERR_INVALID, "table");
    signed_bytes_free(&raw);
    scheme->areas->authority_count--; /* a cell too few */
    scheme_contribute_all(scheme, agency, table_of(1), VALUE, &raw);
    scheme->areas->authority_count++;
    check_both(scheme, agency, &raw, ERR_INVALID, "ciphertexts");
    signed_bytes_free(&raw);
    scheme->agreement.release_key.hash[0] ^= 1;
    scheme_contribute_all(scheme, agency, table_of(1), VALUE, &raw);
    scheme->agreement.release_key.hash[0] ^= 1;
    check_both(scheme, agency, &raw, ERR_INVALID, "key_hash");
    signed_bytes_free(&raw);
    scheme->agreement.manifest.hash[0] ^= 1;
    scheme_contribute_all(scheme, agency, table_of(1), VALUE, &raw);
    scheme->agreement.manifest.hash[0] ^= 1;
    check_both(scheme, agency, &raw, ERR_NOT_FOUND, "manifest_hash");
    signed_bytes_free(&raw);
}

static void not_twice_not_early_not_late(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *agency = scheme_agency(scheme, 0), *other = scheme_agency(scheme, 1);
    struct signed_bytes first, second, late;
    int64_t now_ms = scheme->now_ms;
    scheme_contribute_all(scheme, agency, table_of(0), VALUE, &first);
    scheme_contribute_all(scheme, agency, table_of(0), VALUE, &second);
    scheme_contribute_all(scheme, other, table_of(0), VALUE, &late);
    scheme->now_ms = scheme->agreement.manifest.opens_at - 1;
    check_both(scheme, agency, &first, ERR_EXPIRED, "opens_at");
    check_put(scheme, scheme->at_matcher, agency, &first, true, ERR_EXPIRED, "opens_at");
    scheme->now_ms = now_ms;
    scheme_deliver(scheme, agency, &first);
    check_both(scheme, agency, &second, ERR_EXISTS, "table");
    scheme_close_window(scheme);
    check_both(scheme, other, &late, ERR_EXPIRED, "closes_at");
    check_both(scheme, agency, &second, ERR_EXISTS, "table");
    assert_int_equal(count_of(scheme->at_matcher, scheme, table_of(0)), 1);
    signed_bytes_free(&first);
    signed_bytes_free(&second);
    signed_bytes_free(&late);
}

/* One to the matcher, another to the hub: the two sets would never be the same, and no table of the
 * period would come about. */
static void one_for_each_collector(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *agency = scheme_agency(scheme, AGENCIES - 1);
    struct signed_bytes raw[2];
    struct opened opened;
    struct release release;
    struct err err = {0};
    for (size_t table = 0; table < 2; table++) {
        scheme_deliver_all(scheme, table_of(table), VALUE, 1);
        for (size_t i = 0; i < 2; i++) {
            scheme_contribute_all(scheme, agency, table_of(table), VALUE, &raw[i]);
        }
        uint8_t hashes[2][HASH_BYTES];
        for (size_t i = 0; i < 2; i++) {
            hash_once(hashes[i], TAG_CONTRIBUTION, raw[i].body.data, raw[i].body.len);
        }
        /* The lower one is the hub's at first, then the matcher's. */
        size_t lower = memcmp(hashes[0], hashes[1], HASH_BYTES) < 0 ? 0 : 1;
        size_t hubs = table == 0 ? lower : 1 - lower;
        must(scheme_put(scheme, scheme->at_hub, agency, &raw[hubs], false, &err), &err);
        must(scheme_put(scheme, scheme->at_matcher, agency, &raw[1 - hubs], false, &err), &err);
        int64_t now_ms = scheme->now_ms;
        scheme_close_window(scheme);
        assert_false(scheme_half_open(scheme, table_of(table), &opened, &err));
        assert_string_equal(err.field, "set_hash");
        bool at_hub = scheme_put(scheme, scheme->at_hub, agency, &raw[1 - hubs], true, &err);
        bool at_matcher = scheme_put(scheme, scheme->at_matcher, agency, &raw[hubs], true, &err);
        assert_int_equal(at_hub, hubs != lower);
        assert_int_equal(at_matcher, hubs == lower);
        assert_int_equal(count_of(scheme->at_hub, scheme, table_of(table)), AGENCIES);
        must(scheme_half_open(scheme, table_of(table), &opened, &err), &err);
        must(scheme_open_sums(scheme, &opened, &release, &err), &err);
        assert_int_equal(release_at(&release, 0, 0)->count.value, AGENCIES * VALUE);
        for (size_t i = 0; i < 2; i++) { /* neither is kept */
            struct signed_bytes kept;
            struct certificate certificate;
            assert_false(collection_get(scheme->at_hub, hashes[i], &kept, &certificate, &err));
            assert_false(collection_get(scheme->at_matcher, hashes[i], &kept, &certificate, &err));
            signed_bytes_free(&raw[i]);
        }
        release_free(&release);
        opened_free(&opened);
        scheme->now_ms = now_ms;
    }
}

/* An insider sends another's ciphertexts as its own: the sum would hold that one twice. */
static void anothers_ciphertexts(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *victim = scheme_agency(scheme, 0), *insider = scheme_agency(scheme, 1);
    struct signed_bytes raw, copy;
    struct contribution contribution;
    struct buf body = {0};
    struct err err = {0};
    scheme_contribute_all(scheme, victim, table_of(0), VALUE, &raw);
    must(contribution_decode(raw.body.data, raw.body.len, &contribution, &err), &err);
    memcpy(contribution.organisation, insider->certificate.organisation,
           sizeof contribution.organisation);
    contribution_encode(&contribution, &body);
    signed_bytes_make(insider->sign_secret, TAG_CONTRIBUTION, &body, &copy);
    check_both(scheme, insider, &copy, ERR_UNAUTHENTICATED, "proof");
    /* The hub cannot help it. */
    check_put(scheme, scheme->at_matcher, insider, &copy, true, ERR_UNAUTHENTICATED, "proof");
    buf_free(&body);
    signed_bytes_free(&copy);
    signed_bytes_free(&raw);
}

/* A certificate that was renewed meanwhile: nobody uses the old one any more, but what was taken
 * under it in time is passed on, or the sets would never be the same. */
static void a_renewed_certificate(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *agency = scheme_agency(scheme, 0);
    struct signed_bytes first, second;
    struct err err = {0};
    scheme_contribute_all(scheme, agency, table_of(0), VALUE, &first);
    must(scheme_put(scheme, scheme->at_hub, agency, &first, false, &err), &err);
    struct scheme_party renewed = scheme_party(scheme, ROLE_AGENT, "agency-0000");
    scheme_contribute_all(scheme, &renewed, table_of(1), VALUE, &second);
    must(scheme_put(scheme, scheme->at_matcher, &renewed, &second, false, &err), &err);
    assert_false(scheme_put(scheme, scheme->at_matcher, agency, &first, false, &err));
    assert_int_equal(err.code, ERR_DENIED);
    scheme_close_window(scheme);
    must(scheme_put(scheme, scheme->at_matcher, agency, &first, true, &err), &err);
    signed_bytes_free(&first);
    signed_bytes_free(&second);
    scheme_party_free(agency);
    *agency = renewed;
}

/* A hub that has got hold of a key that an agency uses no more. */
static void an_old_key_takes_nobodys_place(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party *old = scheme_agency(scheme, 1);
    struct scheme_party renewed = scheme_party(scheme, ROLE_AGENT, "agency-0001");
    struct signed_bytes honest, forged;
    uint8_t hash[HASH_BYTES], other[HASH_BYTES];
    struct err err = {0};
    scheme_contribute_all(scheme, &renewed, table_of(0), VALUE, &honest);
    scheme_deliver(scheme, &renewed, &honest);
    hash_once(hash, TAG_CONTRIBUTION, honest.body.data, honest.body.len);
    scheme_contribute_all(scheme, old, table_of(0), 1000 * VALUE, &forged);
    hash_once(other, TAG_CONTRIBUTION, forged.body.data, forged.body.len);
    while (hash_order(other, hash) > 0) { /* as often as it takes */
        signed_bytes_free(&forged);
        scheme_contribute_all(scheme, old, table_of(0), 1000 * VALUE, &forged);
        hash_once(other, TAG_CONTRIBUTION, forged.body.data, forged.body.len);
    }
    check_put(scheme, scheme->at_matcher, old, &forged, true, ERR_EXISTS, "table");
    signed_bytes_free(&forged);
    signed_bytes_free(&honest);
    /* The other way round: the new one comes to where the old one is, whatever the hashes are. */
    scheme_contribute_all(scheme, &renewed, table_of(1), VALUE, &honest);
    scheme_contribute_all(scheme, old, table_of(1), VALUE, &forged);
    must(scheme_put(scheme, scheme->at_matcher, old, &forged, true, &err), &err);
    must(scheme_put(scheme, scheme->at_matcher, &renewed, &honest, true, &err), &err);
    check_put(scheme, scheme->at_matcher, old, &forged, true, ERR_EXISTS, "table");
    signed_bytes_free(&forged);
    signed_bytes_free(&honest);
    scheme_party_free(old);
    *old = renewed;
}

/* Nor does what a hub passes on count under a certificate that is revoked. */
static void a_revoked_certificate(void **state)
{
    struct scheme *scheme = begun(state);
    struct scheme_party stolen = scheme_party(scheme, ROLE_AGENT, "agency-0002");
    struct revocations list = {.number = 1000, .issued_at = clock_wall_ms(), .count = 1};
    char *path = file_join(scheme->matcher.home, HOME_REVOCATIONS);
    struct signed_bytes raw;
    struct buf file = {0};
    struct err err = {0};
    bool changed = false;
    list.serials = &stolen.certificate.serial;
    revocations_write(&list, scheme->authority_secret, &file);
    must(file_write(path, file.data, file.len, 0644, &err), &err);
    must(trust_reload(scheme->matcher.trust, &changed, &err), &err);
    assert_true(changed);
    scheme_contribute_all(scheme, &stolen, table_of(0), VALUE, &raw);
    check_put(scheme, scheme->at_matcher, &stolen, &raw, true, ERR_DENIED, "certificate");
    assert_int_equal(count_of(scheme->at_matcher, scheme, table_of(0)), 0);
    signed_bytes_free(&raw);
    scheme_party_free(&stolen);
    buf_free(&file);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests_of[] = {
        cmocka_unit_test(another_set),
        cmocka_unit_test(below_the_quorum),
        cmocka_unit_test(one_more_after_the_sum),
        cmocka_unit_test(a_second_manifest),
        cmocka_unit_test(forged_contributions),
        cmocka_unit_test(contributions_of_last_period),
        cmocka_unit_test(who_may_not_contribute),
        cmocka_unit_test(what_may_not_be_contributed),
        cmocka_unit_test(not_twice_not_early_not_late),
        cmocka_unit_test(one_for_each_collector),
        cmocka_unit_test(anothers_ciphertexts),
        cmocka_unit_test(a_renewed_certificate),
        cmocka_unit_test(an_old_key_takes_nobodys_place),
        cmocka_unit_test(a_revoked_certificate),
    };
    return sodium_init() < 0 ? 1
                             : cmocka_run_group_tests(tests_of, scheme_set_up, scheme_tear_down);
}
