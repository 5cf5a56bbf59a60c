/* SPDX-License-Identifier: Apache-2.0
 * X.509 as OpenSSL's own verification sees it: chain, purposes, names, validity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "keys/authority.h"
#include "keys/home.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/support_keys/parties.h"

static X509 *from_pem(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *made = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    assert_non_null(made);
    return made;
}

/* What a TLS peer does with the leaf. Returns OpenSSL's code. */
static int verify(const struct party *party, const char *ca_pem, int purpose, int64_t at_ms)
{
    X509 *leaf = from_pem(identity_tls_certificate_pem(party->identity)), *ca = from_pem(ca_pem);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    assert_int_equal(X509_STORE_add_cert(store, ca), 1);
    assert_int_equal(X509_STORE_CTX_init(context, store, leaf, NULL), 1);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
    X509_STORE_CTX_set_time(context, 0, at_ms / 1000);
    assert_int_equal(X509_STORE_CTX_set_purpose(context, purpose), 1);
    (void)X509_verify_cert(context);
    int code = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    X509_free(ca);
    X509_free(leaf);
    return code;
}

static void leaves_verify_for_their_purpose_only(void **state)
{
    struct party matcher = parties_add(*state, ROLE_MATCHER, "matcher");
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party hub = parties_add(*state, ROLE_HUB, "hub-1");
    const char *ca = trust_tls_ca_pem(agent.trust);
    int64_t now = clock_wall_ms();
    assert_int_equal(verify(&matcher, ca, X509_PURPOSE_SSL_SERVER, now), X509_V_OK);
    assert_int_equal(verify(&hub, ca, X509_PURPOSE_SSL_SERVER, now), X509_V_OK);
    assert_int_equal(verify(&hub, ca, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    assert_int_equal(verify(&matcher, ca, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    assert_int_equal(verify(&agent, ca, X509_PURPOSE_SSL_CLIENT, now), X509_V_OK);
    assert_int_equal(verify(&agent, ca, X509_PURPOSE_SSL_SERVER, now), X509_V_ERR_INVALID_PURPOSE);
    /* Not even its own: a leaf signs nothing. */
    assert_int_not_equal(verify(&agent, identity_tls_certificate_pem(matcher.identity),
                                X509_PURPOSE_SSL_CLIENT, now),
                         X509_V_OK);
    party_close(&hub);
    party_close(&agent);
    party_close(&matcher);
}

static void validity_is_the_certificates_with_skew(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    const struct certificate *c = identity_certificate(agent.identity);
    const char *ca = trust_tls_ca_pem(agent.trust);
    const int64_t second = 1000;
    const int purpose = X509_PURPOSE_SSL_CLIENT;
    int64_t first = c->not_before - CLOCK_SKEW_MS;
    assert_int_equal(verify(&agent, ca, purpose, first + second), X509_V_OK);
    assert_int_equal(verify(&agent, ca, purpose, c->not_after - second), X509_V_OK);
    assert_int_equal(verify(&agent, ca, purpose, c->not_after + 2 * second),
                     X509_V_ERR_CERT_HAS_EXPIRED);
    X509 *leaf = from_pem(identity_tls_certificate_pem(agent.identity));
    time_t before = (time_t)(first / 1000 - 1), at = (time_t)(first / 1000);
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(leaf), &before), 1);
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(leaf), &at), -1); /* equal counts as past */
    X509_free(leaf);
    party_close(&agent);
}

static void another_authority_does_not_verify(void **state)
{
    struct parties *parties = *state;
    char *dir = file_join(parties->dir, "other");
    struct parties *others = parties_new(dir);
    struct party ours = parties_add(parties, ROLE_AGENT, "agency-1");
    struct party theirs = parties_add(others, ROLE_AGENT, "agency-1");
    assert_int_not_equal(
        verify(&ours, trust_tls_ca_pem(theirs.trust), X509_PURPOSE_SSL_CLIENT, clock_wall_ms()),
        X509_V_OK);
    party_close(&theirs);
    party_close(&ours);
    parties_free(others);
    free(dir);
}

/* All subject alternative names, as "URI:... DNS:... IP:...". */
static void names_of(const struct party *party, char *out, size_t cap)
{
    X509 *leaf = from_pem(identity_tls_certificate_pem(party->identity));
    int at = X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_true(at >= 0);
    assert_int_equal(X509V3_EXT_print(bio, X509_get_ext(leaf, at), 0, 0), 1);
    int len = BIO_read(bio, out, (int)cap - 1);
    assert_true(len > 0);
    out[len] = '\0';
    BIO_free(bio);
    X509_free(leaf);
}

static void names_are_role_id_and_addresses(void **state)
{
    char names[400];
    struct party matcher = parties_add(*state, ROLE_MATCHER, "matcher");
    struct party la = parties_add(*state, ROLE_LA, "la-1");
    struct party hub = parties_add(*state, ROLE_HUB, "hub-1");
    names_of(&matcher, names, sizeof names);
    assert_string_equal(names, "URI:hearth:matcher/matcher, DNS:matcher, IP Address:127.0.0.1, "
                               "DNS:localhost");
    names_of(&la, names, sizeof names);
    assert_string_equal(names, "URI:hearth:la/la-1, DNS:la-1");
    names_of(&hub, names, sizeof names);
    assert_string_equal(names,
                        "URI:hearth:hub/hub-1, DNS:hub-1, IP Address:127.0.0.1, DNS:localhost");
    party_close(&hub);
    party_close(&la);
    party_close(&matcher);
}

static void leaf_and_ca_carry_what_they_should(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    X509 *leaf = from_pem(identity_tls_certificate_pem(agent.identity));
    X509 *ca = from_pem(trust_tls_ca_pem(agent.trust));
    uint64_t serial = 0;
    assert_int_equal(ASN1_INTEGER_get_uint64(&serial, X509_get0_serialNumber(leaf)), 1);
    assert_int_equal(serial, identity_certificate(agent.identity)->serial);
    assert_int_equal(X509_check_ca(leaf), 0);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_CLIENT);
    assert_int_equal(X509_check_ca(ca), 1);
    assert_int_equal(X509_get_pathlen(ca), 0);
    assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    X509_free(ca);
    X509_free(leaf);
    party_close(&agent);
}

static void the_pem_key_belongs_to_the_certificate(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    const struct secret *pem = identity_tls_key_pem(agent.identity);
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    X509 *leaf = from_pem(identity_tls_certificate_pem(agent.identity));
    assert_non_null(key);
    assert_int_equal(X509_check_private_key(leaf, key), 1);
    X509_free(leaf);
    EVP_PKEY_free(key);
    BIO_free(bio);
    party_close(&agent);
}

static void load(const struct party *party, struct credentials *out)
{
    struct err err = {0};
    char *path = file_join(party->home, HOME_CERTIFICATE);
    assert_true(credentials_load(path, out, &err));
    free(path);
}

static void a_leaf_of_another_party_is_refused(void **state)
{
    struct party a = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party b = parties_add(*state, ROLE_AGENT, "agency-2");
    struct credentials of_a = {0}, of_b = {0};
    struct err err = {0};
    const struct buf *ca = &trust_root(a.trust)->tls_ca;
    load(&a, &of_a);
    load(&b, &of_b);
    assert_true(x509_leaf_check(&of_a.tls_certificate, ca, &of_a.certificate, NULL, &err));
    assert_false(x509_leaf_check(&of_b.tls_certificate, ca, &of_a.certificate, NULL, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    of_b.certificate.serial = of_a.certificate.serial; /* the id alone must be enough to refuse */
    assert_false(x509_leaf_check(&of_a.tls_certificate, ca, &of_b.certificate, NULL, &err));
    of_a.certificate.role = ROLE_LA;
    assert_false(x509_leaf_check(&of_a.tls_certificate, ca, &of_a.certificate, NULL, &err));
    of_a.certificate.role = ROLE_AGENT;
    assert_false(x509_leaf_check(&of_a.tls_certificate, &of_a.tls_certificate, &of_a.certificate,
                                 NULL, &err));
    assert_false(x509_leaf_check(ca, ca, &of_a.certificate, NULL, &err));
    assert_false(x509_ca_check(&of_a.tls_certificate, &err));
    assert_true(x509_ca_check(ca, &err));
    credentials_free(&of_a);
    credentials_free(&of_b);
    party_close(&b);
    party_close(&a);
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1",           "::1", "2001:db8::1",
                                       "matcher.example.org", "a",   "xn--nrnberg-n2a.de"};
    static const char *const bad[] = {"",    "a b",     ".a",      "a.",         "a..b", "-a", "a-",
                                      "a/b", "*.a.org", "a,DNS:b", "1.2.3.4:80", "ä.de", "a\n"};
    struct x509_addresses addresses = {.count = 0};
    struct err err = {0};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(x509_addresses_add(&addresses, good[i], &err));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(x509_addresses_add(&addresses, bad[i], &err));
    }
    while (addresses.count < X509_ADDRESSES_MAX) {
        assert_true(x509_addresses_add(&addresses, "a", &err));
    }
    assert_false(x509_addresses_add(&addresses, "a", &err));
}

static void requests_must_be_p256_and_signed(void **state)
{
    (void)state;
    struct secret key = {0};
    struct buf request = {0}, public_key = {0};
    struct err err = {0};
    REQUIRE(sodium_init() >= 0);
    assert_true(x509_key_make(&key, &err));
    assert_true(x509_request_make(&key, "agency-1", &request, &err));
    for (size_t i = 0; i < request.len; i++) {
        request.data[i] ^= 2;
        assert_false(x509_request_check(request.data, request.len, &public_key, &err));
        request.data[i] ^= 2;
    }
    buf_u8(&request, 0);
    assert_false(x509_request_check(request.data, request.len, &public_key, &err));
    request.len--;
    assert_int_equal(public_key.len, 0);
    assert_true(x509_request_check(request.data, request.len, &public_key, &err));
    assert_true(public_key.len > 0);
    buf_free(&request);
    buf_free(&public_key);
    secret_free(&key);

    EVP_PKEY *wrong = EVP_EC_gen("P-384");
    X509_REQ *signed_by_wrong = X509_REQ_new();
    unsigned char *der = NULL;
    assert_int_equal(X509_REQ_set_pubkey(signed_by_wrong, wrong), 1);
    assert_true(X509_REQ_sign(signed_by_wrong, wrong, EVP_sha384()) > 0);
    int len = i2d_X509_REQ(signed_by_wrong, &der);
    assert_true(len > 0);
    assert_false(x509_request_check(der, (size_t)len, &public_key, &err));
    assert_int_equal(err.code, ERR_INVALID);
    OPENSSL_free(der);
    X509_REQ_free(signed_by_wrong);
    EVP_PKEY_free(wrong);
}

static bool has_host(const char *home, const char *host)
{
    struct credentials credentials = {0};
    char *path = file_join(home, HOME_CERTIFICATE);
    bool has = false;
    struct err err = {0};
    parties_must(credentials_load(path, &credentials, &err), &err);
    parties_must(x509_leaf_has_host(&credentials.tls_certificate, host, &has, &err), &err);
    credentials_free(&credentials);
    free(path);
    return has;
}

static void a_leaf_tells_which_hosts_it_is_for(void **state)
{
    struct party hub = parties_add(*state, ROLE_HUB, "hub-1");
    struct buf nonsense = {.data = (uint8_t *)"no DER", .len = 6};
    bool has = false;
    struct err err = {0};
    assert_true(has_host(hub.home, "127.0.0.1"));
    assert_true(has_host(hub.home, "LocalHost"));
    assert_true(has_host(hub.home, "hub-1"));
    assert_false(has_host(hub.home, "127.0.0.2"));
    assert_false(has_host(hub.home, "a.localhost"));
    assert_false(has_host(hub.home, "hub.example"));
    assert_false(has_host(hub.home, "hub"));
    assert_false(x509_leaf_has_host(&nonsense, "hub-1", &has, &err));
    party_close(&hub);
}

static void a_home_of_another_role_is_named(void **state)
{
    struct party la = parties_add(*state, ROLE_LA, "la-1");
    struct err err = {0};
    assert_true(home_check_role(la.home, ROLE_LA, &err));
    assert_true(home_check_role("/nonexistent", ROLE_LA, &err));
    assert_false(home_check_role(la.home, ROLE_HUB, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.field, "home");
    assert_non_null(strstr(err.text, "la-1, role la"));
    party_close(&la);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, parties_set_up, parties_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(leaves_verify_for_their_purpose_only),
        TEST(validity_is_the_certificates_with_skew),
        TEST(another_authority_does_not_verify),
        TEST(names_are_role_id_and_addresses),
        TEST(leaf_and_ca_carry_what_they_should),
        TEST(the_pem_key_belongs_to_the_certificate),
        TEST(a_leaf_of_another_party_is_refused),
        TEST(a_leaf_tells_which_hosts_it_is_for),
        TEST(a_home_of_another_role_is_named),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(requests_must_be_p256_and_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
