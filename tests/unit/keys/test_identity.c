/* SPDX-License-Identifier: Apache-2.0
 * A party's own keys: opening a home, signing, deriving, and the homes that must not open.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "keys/armour.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "tests/unit/support_keys/parties.h"

#define BODY (const uint8_t *)"hello"

static void signs_under_one_tag_and_key(void **state)
{
    struct err err = {0};
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party la = parties_add(*state, ROLE_LA, "la-1");
    const struct certificate *own = identity_certificate(agent.identity);
    uint8_t signature[SIGNATURE_BYTES];
    assert_int_equal(own->role, ROLE_AGENT);
    assert_string_equal(own->organisation, "agency-1");
    assert_string_equal(own->name, "Test agency-1");
    identity_sign(agent.identity, TAG_QUERY, BODY, 5, signature);
    assert_true(certificate_verify(own, TAG_QUERY, BODY, 5, signature, SIGNATURE_BYTES, &err));
    assert_false(certificate_verify(own, TAG_REPLY, BODY, 5, signature, SIGNATURE_BYTES, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    assert_false(certificate_verify(own, TAG_QUERY, BODY, 4, signature, SIGNATURE_BYTES, &err));
    assert_false(certificate_verify(own, TAG_QUERY, BODY, 5, signature, SIGNATURE_BYTES - 1, &err));
    assert_false(certificate_verify(identity_certificate(la.identity), TAG_QUERY, BODY, 5,
                                    signature, SIGNATURE_BYTES, &err));
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        signature[i] ^= 1;
        assert_false(certificate_verify(own, TAG_QUERY, BODY, 5, signature, SIGNATURE_BYTES, &err));
        signature[i] ^= 1;
    }
    party_close(&la);
    party_close(&agent);
}

/* RFC 8032 over RFC 7693, computed plainly: Ed25519 of BLAKE2b-256 of the two framed strings. */
static void signs_the_hash_of_tag_and_body(void **state)
{
    struct party la = parties_add(*state, ROLE_LA, "la-1");
    static const uint8_t framed[] = {0, 0, 0, 3,   't', 'a', 'g', 0,
                                     0, 0, 5, 'h', 'e', 'l', 'l', 'o'};
    uint8_t signature[SIGNATURE_BYTES], input[32];
    assert_int_equal(crypto_generichash(input, sizeof input, framed, sizeof framed, NULL, 0), 0);
    identity_sign(la.identity, "tag", BODY, 5, signature);
    assert_int_equal(crypto_sign_verify_detached(signature, input, sizeof input,
                                                 identity_certificate(la.identity)->sign_key),
                     0);
    party_close(&la);
}

static void derives_by_purpose_and_party(void **state)
{
    struct party first = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party second = parties_add(*state, ROLE_AGENT, "agency-2");
    struct party renewed = parties_add(*state, ROLE_AGENT, "agency-1");
    struct secret vault = identity_derive(first.identity, "vault");
    struct secret again = identity_derive(renewed.identity, "vault");
    struct secret tags = identity_derive(first.identity, "tags");
    struct secret other = identity_derive(second.identity, "vault");
    assert_int_equal(vault.len, 32);
    assert_true(secret_equal(&vault, &again));
    assert_false(secret_equal(&vault, &tags));
    assert_false(secret_equal(&vault, &other));
    secret_free(&vault);
    secret_free(&again);
    secret_free(&tags);
    secret_free(&other);
    party_close(&renewed);
    party_close(&second);
    party_close(&first);
}

static void refuse(const char *home, struct trust *trust, enum role role, enum err_code code)
{
    struct err err = {0};
    struct identity *identity = NULL;
    struct secret passphrase = parties_passphrase();
    assert_false(identity_open(home, &passphrase, trust, role, &identity, &err));
    assert_int_equal(err.code, code);
    assert_null(identity);
    secret_free(&passphrase);
}

static void copy(const char *from_dir, const char *to_dir, const char *name)
{
    struct err err = {0};
    struct buf data = {0};
    char *from = file_join(from_dir, name), *to = file_join(to_dir, name);
    assert_true(file_read(from, ARMOUR_FILE_MAX, &data, &err));
    assert_true(file_write(to, data.data, data.len, 0600, &err));
    buf_free(&data);
    free(from);
    free(to);
}

static void refuses_a_wrong_role_and_passphrase(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct err err = {0};
    struct identity *identity = NULL;
    char text[] = "wrong";
    struct secret wrong = secret_take(text, 5);
    refuse(agent.home, agent.trust, ROLE_LA, ERR_DENIED);
    assert_false(identity_open(agent.home, &wrong, agent.trust, ROLE_AGENT, &identity, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_null(strstr(err.text, "wrong\""));
    secret_free(&wrong);
    party_close(&agent);
}

static void refuses_keys_of_another_home(void **state)
{
    struct party first = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party second = parties_add(*state, ROLE_AGENT, "agency-2");
    copy(second.home, first.home, HOME_KEY);
    refuse(first.home, first.trust, ROLE_AGENT, ERR_INVALID);
    party_close(&second);
    party_close(&first);
}

static void refuses_an_expired_certificate_by_the_offset_clock(void **state)
{
    struct party agent = parties_add_days(*state, ROLE_AGENT, "agency-1", 1);
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "86500", 1), 0);
    refuse(agent.home, agent.trust, ROLE_AGENT, ERR_EXPIRED);
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    party_close(&agent);
}

static void gives_pem_texts(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    const char *certificate = identity_tls_certificate_pem(agent.identity);
    const struct secret *key = identity_tls_key_pem(agent.identity);
    assert_int_equal(strncmp(certificate, "-----BEGIN CERTIFICATE-----\n", 28), 0);
    assert_int_equal(strncmp((const char *)key->data, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
    assert_int_equal(strlen((const char *)key->data), key->len);
    assert_int_equal(strncmp(trust_tls_ca_pem(agent.trust), "-----BEGIN CERTIFICATE-----\n", 28),
                     0);
    party_close(&agent);
}

static bool reload(struct party *party, bool *changed, struct err *err)
{
    *err = (struct err){0};
    return identity_reload(party->identity, party->home, party->trust, changed, err);
}

static void takes_up_a_renewed_certificate(void **state)
{
    struct party agent = parties_add_days(*state, ROLE_AGENT, "agency-1", 1);
    struct err err = {0};
    bool changed = true;
    const struct certificate *before = identity_certificate(agent.identity);
    const char *pem = identity_tls_certificate_pem(agent.identity);
    assert_true(reload(&agent, &changed, &err) && !changed);
    struct party renewed = parties_add(*state, ROLE_AGENT, "agency-1");
    assert_true(reload(&agent, &changed, &err) && changed);
    assert_int_equal(identity_certificate(agent.identity)->serial,
                     identity_certificate(renewed.identity)->serial);
    assert_string_equal(identity_tls_certificate_pem(agent.identity),
                        identity_tls_certificate_pem(renewed.identity));
    assert_true(before->serial < identity_certificate(agent.identity)->serial);
    assert_string_not_equal(pem, identity_tls_certificate_pem(agent.identity));
    assert_true(reload(&agent, &changed, &err) && !changed);
    party_close(&renewed);
    party_close(&agent);
}

/* Another's, a broken one, one that is over: the present one stays, and the reason comes once. */
static void keeps_its_certificate_where_the_new_one_does_not_hold(void **state)
{
    struct party agent = parties_add(*state, ROLE_AGENT, "agency-1");
    struct party other = parties_add(*state, ROLE_AGENT, "agency-2");
    uint64_t serial = identity_certificate(agent.identity)->serial;
    char *path = file_join(agent.home, HOME_CERTIFICATE);
    struct err err = {0};
    bool changed = true;
    copy(other.home, agent.home, HOME_CERTIFICATE);
    assert_false(reload(&agent, &changed, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(changed);
    assert_true(reload(&agent, &changed, &err) && !changed);
    assert_true(file_write(path, "nonsense", 8, 0600, &err));
    assert_false(reload(&agent, &changed, &err));
    struct party over = parties_add_days(*state, ROLE_AGENT, "agency-1", 1);
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "86500", 1), 0);
    assert_false(reload(&agent, &changed, &err));
    assert_int_equal(err.code, ERR_EXPIRED);
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    assert_int_equal(unlink(path), 0);
    assert_false(reload(&agent, &changed, &err));
    assert_int_equal(identity_certificate(agent.identity)->serial, serial);
    free(path);
    party_close(&over);
    party_close(&other);
    party_close(&agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(signs_under_one_tag_and_key, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(signs_the_hash_of_tag_and_body, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(derives_by_purpose_and_party, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_wrong_role_and_passphrase, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(refuses_keys_of_another_home, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(refuses_an_expired_certificate_by_the_offset_clock,
                                        parties_set_up, parties_tear_down),
        cmocka_unit_test_setup_teardown(gives_pem_texts, parties_set_up, parties_tear_down),
        cmocka_unit_test_setup_teardown(takes_up_a_renewed_certificate, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test_setup_teardown(keeps_its_certificate_where_the_new_one_does_not_hold,
                                        parties_set_up, parties_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
