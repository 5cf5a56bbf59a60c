/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>

#include "keys/key_file.h"
#include "keys/x509.h"

bool private_keys_make(struct private_keys *out, struct err *err)
{
    struct secret tls = {0};
    if (!x509_key_make(&tls, err)) return false;
    struct private_keys made = {.tls = tls,
                                .sign = secret_new(SIGN_SECRET_BYTES),
                                .seal = secret_new(crypto_box_SECRETKEYBYTES),
                                .root = secret_random(HASH_KEY_BYTES)};
    int ok = crypto_sign_keypair(made.sign_key, made.sign.data) |
             crypto_box_keypair(made.seal_key, made.seal.data);
    REQUIRE(ok == 0);
    *out = made;
    return true;
}

void private_keys_free(struct private_keys *keys)
{
    secret_free(&keys->sign);
    secret_free(&keys->seal);
    secret_free(&keys->root);
    secret_free(&keys->tls);
    *keys = (struct private_keys){0};
}
