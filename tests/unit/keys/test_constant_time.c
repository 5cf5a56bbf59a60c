/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on an organisation's private keys: making and opening the key
 * file, signing, keys for one purpose. The TLS key is OpenSSL's and gRPC's business, and Argon2id
 * reads memory by what it computed (docs/assurance.md): another key takes the place of what it
 * gives here. */
#include "tests/unit/proto/crypto/constant_time.h"

#include "keys/key_file.h"
#include "keys/signed.h"
#include "proto/crypto/envelope.h"
#include "tests/unit/support_keys/parties.h"

/* Secret from the start. */
int crypto_pwhash(unsigned char *const out, unsigned long long out_len,
                  const char *const passphrase, unsigned long long passphrase_len,
                  const unsigned char *const salt, unsigned long long operations, size_t memory,
                  int algorithm)
{
    (void)salt, (void)operations, (void)memory, (void)algorithm;
    (void)crypto_generichash(out, (size_t)out_len, (const unsigned char *)passphrase,
                             passphrase_len, NULL, 0);
    secret(out, (size_t)out_len);
    return 0;
}

static void mark(struct private_keys *keys)
{
    secret(keys->sign.data, keys->sign.len);
    secret(keys->seal.data, keys->seal.len);
    secret(keys->root.data, keys->root.len);
    secret(keys->tls.data, keys->tls.len);
}

static void a_key_file_is_sealed_and_opened_in_constant_time(void **state)
{
    (void)state;
    struct private_keys keys = {0}, back = {0};
    struct secret passphrase = parties_passphrase();
    struct buf text = {0};
    struct err err;
    parties_must(private_keys_make(&keys, &err), &err);
    mark(&keys);
    (void)reports();
    bool ok = key_file_seal(&keys, &parties_cost, &passphrase, &text, &err);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    publish(text.data, text.len);
    ok = key_file_open(text.data, text.len, &passphrase, &back, &err);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    bool same = secret_equal(&back.sign, &keys.sign);
    assert_int_equal(reports(), 0);
    publish(&same, sizeof same);
    assert_true(same);
    private_keys_free(&keys);
    private_keys_free(&back);
    secret_free(&passphrase);
    buf_free(&text);
}

static void keys_are_made_in_constant_time(void **state)
{
    (void)state;
    struct secret sign = secret_new(crypto_sign_SECRETKEYBYTES);
    struct secret seal = secret_new(crypto_box_SECRETKEYBYTES);
    uint8_t sign_key[crypto_sign_PUBLICKEYBYTES], seal_key[crypto_box_PUBLICKEYBYTES];
    secrets_are_drawn();
    (void)reports();
    int status = crypto_sign_keypair(sign_key, sign.data) | crypto_box_keypair(seal_key, seal.data);
    secrets_are_drawn_no_more();
    assert_int_equal(reports(), 0);
    publish(&status, sizeof status);
    assert_int_equal(status, 0);
    secret_free(&sign);
    secret_free(&seal);
}

static void signing_is_constant_time(void **state)
{
    (void)state;
    struct secret sign = secret_new(crypto_sign_SECRETKEYBYTES);
    uint8_t sign_key[crypto_sign_PUBLICKEYBYTES], signature[SIGNATURE_BYTES];
    REQUIRE(crypto_sign_keypair(sign_key, sign.data) == 0);
    secret(sign.data, sign.len);
    (void)reports();
    signature_make(sign.data, "test", (const uint8_t *)"body", 4, signature);
    assert_int_equal(reports(), 0);
    secret_free(&sign);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_file_is_sealed_and_opened_in_constant_time),
        cmocka_unit_test(keys_are_made_in_constant_time),
        cmocka_unit_test(signing_is_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
