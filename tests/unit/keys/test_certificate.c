/* SPDX-License-Identifier: Apache-2.0
 * Certificates, requests and roots as files: bounds on every field, and no changed byte survives
 * trust.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/armour.h"
#include "keys/authority.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/identity.pb-c.h"
#include "tests/unit/support_keys/parties.h"

/* A certificate body that decodes, for tests to spoil. */
struct sample {
    struct private_keys keys;
    struct certificate certificate;
};

static void sample_make(struct sample *sample)
{
    struct err err = {0};
    REQUIRE(sodium_init() >= 0);
    *sample = (struct sample){.certificate = {.serial = 7,
                                              .role = ROLE_HUB,
                                              .organisation = "hub-1",
                                              .name = "Hub Nürnberg",
                                              .urn = "SC7",
                                              .not_before = 1000,
                                              .not_after = 2000}};
    parties_must(private_keys_make(&sample->keys, &err), &err);
    memcpy(sample->certificate.sign_key, sample->keys.sign_key, SIGN_KEY_BYTES);
    memcpy(sample->certificate.seal_key, sample->keys.seal_key, SEAL_KEY_BYTES);
}

static bool survives(struct sample *sample, struct certificate *out, struct err *err)
{
    certificate_sign(&sample->certificate, sample->keys.sign.data);
    const struct signed_bytes *raw = &sample->certificate.raw;
    bool ok = certificate_decode(raw->body.data, raw->body.len, raw->signature, SIGNATURE_BYTES,
                                 out, err);
    signed_bytes_free(&sample->certificate.raw);
    return ok;
}

static void sample_free(struct sample *sample)
{
    private_keys_free(&sample->keys);
    certificate_free(&sample->certificate);
}

static void round_trips(void **state)
{
    (void)state;
    struct sample sample;
    struct certificate out = {0};
    struct err err = {0};
    sample_make(&sample);
    assert_true(survives(&sample, &out, &err));
    assert_int_equal(out.serial, 7);
    assert_int_equal(out.role, ROLE_HUB);
    assert_string_equal(out.organisation, "hub-1");
    assert_string_equal(out.name, "Hub Nürnberg");
    assert_string_equal(out.urn, "SC7");
    assert_int_equal(out.not_before, 1000);
    assert_int_equal(out.not_after, 2000);
    assert_memory_equal(out.sign_key, sample.keys.sign_key, SIGN_KEY_BYTES);
    assert_memory_equal(out.seal_key, sample.keys.seal_key, SEAL_KEY_BYTES);
    certificate_free(&out);
    sample_free(&sample);
}

static void refuse(struct sample *sample, const char *field)
{
    struct certificate out = {0};
    struct err err = {0};
    assert_false(survives(sample, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_null(out.raw.body.data);
    sample_free(sample);
    sample_make(sample);
}

static void refuses_illegal_fields(void **state)
{
    (void)state;
    struct sample sample;
    sample_make(&sample);
    sample.certificate.serial = 0;
    refuse(&sample, "serial");
    sample.certificate.serial = UINT64_MAX;
    refuse(&sample, "serial");
    sample.certificate.role = ROLE_NONE;
    refuse(&sample, "role");
    sample.certificate.role = (enum role)6;
    refuse(&sample, "role");
    strcpy(sample.certificate.organisation, "Hub");
    refuse(&sample, "organisation");
    sample.certificate.organisation[0] = '\0';
    refuse(&sample, "organisation");
    strcpy(sample.certificate.organisation, "../x");
    refuse(&sample, "organisation");
    sample.certificate.name[0] = '\0';
    refuse(&sample, "name");
    strcpy(sample.certificate.name, "line\nbreak");
    refuse(&sample, "name");
    strcpy(sample.certificate.name, "\xff\xfe");
    refuse(&sample, "name");
    strcpy(sample.certificate.urn, "SC 1");
    refuse(&sample, "urn");
    sample.certificate.not_after = sample.certificate.not_before;
    refuse(&sample, "not_after");
    sample.certificate.not_before = -1;
    refuse(&sample, "not_after");
    sample.certificate.not_after = INT64_MAX;
    refuse(&sample, "not_after");
    memset(sample.certificate.sign_key, 0, SIGN_KEY_BYTES); /* of small order */
    refuse(&sample, "sign_key");
    memset(sample.certificate.sign_key, 0xff, SIGN_KEY_BYTES);
    refuse(&sample, "sign_key");
    memset(sample.certificate.seal_key, 0, SEAL_KEY_BYTES);
    refuse(&sample, "seal_key");
    sample_free(&sample);
}

static void refuses_over_long_and_short_fields(void **state)
{
    (void)state;
    char id[ID_MAX + 2], name[NAME_MAX_BYTES + 2], urn[34];
    memset(id, 'a', sizeof id);
    memset(name, 'a', sizeof name);
    memset(urn, '1', sizeof urn);
    id[ID_MAX + 1] = name[NAME_MAX_BYTES + 1] = urn[33] = '\0';
    struct err err = {0};
    assert_false(identity_fields_check(ROLE_LA, id, "n", "", &err));
    assert_false(identity_fields_check(ROLE_LA, "a", name, "", &err));
    assert_false(identity_fields_check(ROLE_LA, "a", "n", urn, &err));
    assert_true(identity_fields_check(ROLE_LA, id + 1, name + 1, urn + 1, &err));
    struct sample sample;
    sample_make(&sample);
    assert_false(identity_keys_check(sample.keys.sign_key, 31, sample.keys.seal_key, 32, &err));
    assert_false(identity_keys_check(sample.keys.sign_key, 32, sample.keys.seal_key, 33, &err));
    assert_true(identity_keys_check(sample.keys.sign_key, 32, sample.keys.seal_key, 32, &err));
    sample_free(&sample);
}

static void refuses_another_version_and_size(void **state)
{
    (void)state;
    static const uint8_t version_2[] = {8, 2, 16, 1};
    uint8_t signature[SIGNATURE_BYTES] = {0};
    uint8_t large[CERTIFICATE_BODY_MAX + 1] = {0};
    struct certificate out = {0};
    struct err err = {0};
    assert_false(
        certificate_decode(version_2, sizeof version_2, signature, SIGNATURE_BYTES, &out, &err));
    assert_int_equal(err.code, ERR_VERSION);
    assert_false(certificate_decode(large, sizeof large, signature, SIGNATURE_BYTES, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(certificate_decode(version_2, sizeof version_2, signature, 63, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(certificate_decode(NULL, 0, signature, SIGNATURE_BYTES, &out, &err));
}

/* What would be accepted: decoded, trusted, and the TLS certificate fits. */
static bool accepted(const struct party *party, const struct buf *data)
{
    struct credentials credentials = {0};
    struct err err = {0};
    if (!credentials_decode(data->data, data->len, &credentials, &err)) return false;
    bool ok =
        trust_check(party->trust, &credentials.certificate, ROLE_NONE, clock_wall_ms(), &err) &&
        x509_leaf_check(&credentials.tls_certificate, &trust_root(party->trust)->tls_ca,
                        &credentials.certificate, NULL, &err);
    credentials_free(&credentials);
    return ok;
}

static void load(const struct party *party, const char *name, enum armour_kind kind,
                 struct buf *out)
{
    struct err err = {0};
    char *path = file_join(party->home, name);
    assert_true(armour_read_file(kind, path, out, &err));
    free(path);
}

static void no_changed_byte_of_a_certificate_is_accepted(void **state)
{
    struct party party = parties_add(*state, ROLE_MATCHER, "matcher");
    struct buf data = {0};
    load(&party, HOME_CERTIFICATE, ARMOUR_CERTIFICATE, &data);
    assert_true(accepted(&party, &data));
    for (size_t i = 0; i < data.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            data.data[i] ^= (uint8_t)(1U << bit);
            if (accepted(&party, &data)) fail_msg("bit %u of byte %zu can be changed", bit, i);
            data.data[i] ^= (uint8_t)(1U << bit);
        }
    }
    for (size_t len = 0; len < data.len; len++) {
        struct buf cut = {.data = data.data, .len = len};
        assert_false(accepted(&party, &cut));
    }
    buf_free(&data);
    party_close(&party);
}

static void no_changed_byte_of_a_request_is_accepted(void **state)
{
    (void)state;
    struct sample sample;
    struct err err = {0};
    struct buf text = {0}, data = {0};
    struct certificate_request fields = {
        .role = ROLE_AGENT, .organisation = "agency-1", .name = "Agency", .urn = "SC1"};
    sample_make(&sample);
    assert_true(certificate_request_write(&fields, &sample.keys, &text, &err));
    assert_true(armour_read(ARMOUR_REQUEST, text.data, text.len, &data, &err));
    for (size_t i = 0; i < data.len; i++) {
        struct certificate_request out = {0};
        data.data[i] ^= 4;
        if (certificate_request_decode(data.data, data.len, &out, &err)) {
            fail_msg("byte %zu can be changed", i);
        }
        data.data[i] ^= 4;
    }
    struct certificate_request out = {0};
    assert_true(certificate_request_decode(data.data, data.len, &out, &err));
    assert_string_equal(out.organisation, "agency-1");
    certificate_request_free(&out);
    buf_free(&text);
    buf_free(&data);
    sample_free(&sample);
}

static void requests_keep_to_their_role(void **state)
{
    (void)state;
    struct sample sample;
    struct err err = {0};
    struct buf text = {0};
    struct certificate_request fields = {
        .role = ROLE_AUTHORITY, .organisation = "authority", .name = "Me"};
    sample_make(&sample);
    assert_false(certificate_request_write(&fields, &sample.keys, &text, &err));
    assert_string_equal(err.field, "role");
    fields.role = ROLE_AGENT;
    assert_true(x509_addresses_add(&fields.addresses, "127.0.0.1", &err));
    assert_false(certificate_request_write(&fields, &sample.keys, &text, &err));
    assert_string_equal(err.field, "address");
    assert_int_equal(text.len, 0);
    fields.role = ROLE_HUB;
    assert_true(certificate_request_write(&fields, &sample.keys, &text, &err));
    buf_free(&text);
    sample_free(&sample);
}

/* A request whose keys are another's: signed by the thief, with the victim's public key inside. */
static void a_request_needs_the_key_that_it_names(void **state)
{
    (void)state;
    struct sample owner, thief;
    struct err err = {0};
    struct buf text = {0}, data = {0};
    struct certificate_request out = {0};
    struct certificate_request fields = {.role = ROLE_LA, .organisation = "la-1", .name = "LA"};
    sample_make(&owner);
    sample_make(&thief);
    memcpy(thief.keys.sign_key, owner.keys.sign_key, SIGN_KEY_BYTES);
    assert_true(certificate_request_write(&fields, &thief.keys, &text, &err));
    assert_true(armour_read(ARMOUR_REQUEST, text.data, text.len, &data, &err));
    assert_false(certificate_request_decode(data.data, data.len, &out, &err));
    assert_int_equal(err.code, ERR_UNAUTHENTICATED);
    buf_free(&text);
    buf_free(&data);
    sample_free(&owner);
    sample_free(&thief);
}

static void a_root_is_self_signed_and_an_authority(void **state)
{
    struct parties *parties = *state;
    struct party party = parties_add(parties, ROLE_LA, "la-1");
    const struct authority_root *root = authority_root_of(parties->authority);
    struct authority_root forged = {.certificate = *identity_certificate(party.identity),
                                    .tls_ca = root->tls_ca};
    struct authority_root out = {0};
    struct buf data = {0};
    struct err err = {0};
    authority_root_encode(&forged, &data);
    assert_false(authority_root_decode(data.data, data.len, &out, &err));
    assert_int_equal(err.code, ERR_DENIED);
    buf_free(&data);
    authority_root_encode(root, &data);
    size_t body_end = 3 + 3 + root->certificate.raw.body.len;
    for (size_t i = 0; i < body_end + SIGNATURE_BYTES; i++) {
        data.data[i] ^= 1;
        assert_false(authority_root_decode(data.data, data.len, &out, &err));
        data.data[i] ^= 1;
    }
    assert_true(authority_root_decode(data.data, data.len, &out, &err));
    authority_root_free(&out);
    buf_free(&data);
    party_close(&party);
}

static void fingerprints_are_read_in_groups(void **state)
{
    (void)state;
    uint8_t bytes[FINGERPRINT_BYTES];
    char text[FINGERPRINT_TEXT];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    fingerprint_text(bytes, text);
    assert_string_equal(text,
                        "0001 0203 0405 0607 0809 0a0b 0c0d 0e0f 1011 1213 1415 1617 1819 1a1b "
                        "1c1d 1e1f");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(refuses_illegal_fields),
        cmocka_unit_test(refuses_over_long_and_short_fields),
        cmocka_unit_test(refuses_another_version_and_size),
        cmocka_unit_test_setup_teardown(no_changed_byte_of_a_certificate_is_accepted,
                                        parties_set_up, parties_tear_down),
        cmocka_unit_test(no_changed_byte_of_a_request_is_accepted),
        cmocka_unit_test(requests_keep_to_their_role),
        cmocka_unit_test(a_request_needs_the_key_that_it_names),
        cmocka_unit_test_setup_teardown(a_root_is_self_signed_and_an_authority, parties_set_up,
                                        parties_tear_down),
        cmocka_unit_test(fingerprints_are_read_in_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
