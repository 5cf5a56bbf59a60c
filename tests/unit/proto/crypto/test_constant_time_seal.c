/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret: envelopes, sealed values, keyed hashes. Whether
 * something opens is public, and so is what was opened to whoever goes on to read it. */
#include "tests/unit/proto/crypto/constant_time.h"

#include "proto/crypto/envelope.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/seal.h"

static const char text[] = "a household of two, in the north";

static struct buf content(void)
{
    struct buf out = {0};
    buf_append(&out, text, sizeof text);
    secret(out.data, out.len);
    return out;
}

/* Sealing: the content and the ephemeral key; opening: the recipient's key. */
static void envelopes_are_constant_time(void **state)
{
    (void)state;
    struct secret own = secret_random(crypto_scalarmult_SCALARBYTES);
    uint8_t key[ENVELOPE_KEY_BYTES];
    struct buf plain = content(), sealed = {0}, opened = {0};
    struct err err;
    REQUIRE(crypto_scalarmult_base(key, own.data) == 0);
    secrets_are_drawn();
    (void)reports();
    bool ok = envelope_seal(key, "to", 2, &plain, &sealed, &err);
    secrets_are_drawn_no_more();
    assert_int_equal(reports(), 0);
    assert_true(ok);
    publish(sealed.data, sealed.len);
    secret(own.data, own.len);
    ok = envelope_open(&own, key, "to", 2, sealed.data, sealed.len, &opened, &err);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    assert_memory_equal(opened.data, text, sizeof text);
    sealed.data[sealed.len - 1] ^= 1;
    ok = envelope_open(&own, key, "to", 2, sealed.data, sealed.len, &opened, &err);
    assert_int_equal(reports(), 0);
    assert_false(ok);
    buf_free(&plain);
    buf_free(&sealed);
    buf_free(&opened);
    secret_free(&own);
}

/* What stores keep: the key of the store, one derived from it, and the record. */
static void sealed_values_are_constant_time(void **state)
{
    (void)state;
    struct secret root = secret_random(HASH_KEY_BYTES);
    struct buf plain = content(), sealed = {0}, opened = {0};
    struct err err;
    secret(root.data, root.len);
    (void)reports();
    struct secret key = seal_key(&root, "test");
    const struct seal seal = {&key, "test", "place", 5};
    seal_pad(&plain, 64);
    seal_close(&seal, &plain, &sealed);
    assert_int_equal(reports(), 0);
    publish(sealed.data, sealed.len);
    bool ok = seal_open(&seal, sealed.data, sealed.len, 1000, &opened, &err);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    publish(opened.data, opened.len);
    assert_memory_equal(opened.data, text, sizeof text);
    sealed.data[SEAL_OVERHEAD] ^= 1;
    ok = seal_open(&seal, sealed.data, sealed.len, 1000, &opened, &err);
    assert_int_equal(reports(), 0);
    assert_false(ok);
    buf_free(&plain);
    buf_free(&sealed);
    buf_free(&opened);
    secret_free(&key);
    secret_free(&root);
}

/* Commitments, names under a key, search references. */
static void hashes_are_constant_time(void **state)
{
    (void)state;
    uint8_t key[HASH_KEY_BYTES], out[HASH_BYTES];
    char name[] = "LAC-2024-0117";
    struct hash hash;
    struct scalar challenge;
    randombytes_buf(key, sizeof key);
    secret(key, sizeof key);
    secret(name, sizeof name);
    (void)reports();
    hash_start(&hash, "test", HASH_BYTES, key);
    hash_bytes(&hash, name, sizeof name);
    hash_end(&hash, out);
    hash_once(out, "test", name, sizeof name);
    hash_start(&hash, "test", HASH_WIDE_BYTES, key);
    hash_bytes(&hash, name, sizeof name);
    hash_end_scalar(&hash, &challenge);
    assert_int_equal(reports(), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(envelopes_are_constant_time),
        cmocka_unit_test(sealed_values_are_constant_time),
        cmocka_unit_test(hashes_are_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
