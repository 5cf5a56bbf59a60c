/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/crypto/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

struct pair {
    struct secret secret;
    uint8_t public[ENVELOPE_KEY_BYTES];
};

static struct pair new_pair(void)
{
    struct pair pair = {.secret = secret_new(crypto_scalarmult_SCALARBYTES)};
    assert_int_equal(crypto_box_keypair(pair.public, pair.secret.data), 0);
    return pair;
}

static bool opens(const struct pair *pair, const char *context, const struct buf *envelope,
                  const struct buf *expected)
{
    struct buf content = {0};
    struct err err = {0};
    bool ok = envelope_open(&pair->secret, pair->public, context, strlen(context), envelope->data,
                            envelope->len, &content, &err);
    if (ok && expected) {
        assert_int_equal(content.len, expected->len);
        if (content.len > 0) assert_memory_equal(content.data, expected->data, content.len);
    }
    if (!ok) assert_int_equal(content.len, 0);
    if (!ok) assert_true(err.code == ERR_CORRUPT || err.code == ERR_INVALID);
    buf_wipe(&content);
    return ok;
}

static void sealed(const struct pair *to, const char *context, const struct buf *content,
                   struct buf *out)
{
    struct err err = {0};
    assert_true(envelope_seal(to->public, context, strlen(context), content, out, &err));
}

static void it_opens_for_its_receiver_and_context_alone(void **state)
{
    (void)state;
    struct pair to = new_pair(), other = new_pair();
    struct buf content = {0}, one = {0}, two = {0};
    buf_text(&content, "a child's story");
    sealed(&to, "from la-1 to ifa-003", &content, &one);
    sealed(&to, "from la-1 to ifa-003", &content, &two);
    assert_int_equal(one.len, 4096 + ENVELOPE_OVERHEAD);
    assert_memory_not_equal(one.data, two.data, 32);
    assert_null(memmem(one.data, one.len, "child", 5));
    assert_true(opens(&to, "from la-1 to ifa-003", &one, &content));
    assert_false(opens(&to, "from la-1 to ifa-004", &one, NULL));
    assert_false(opens(&to, "", &one, NULL));
    assert_false(opens(&other, "from la-1 to ifa-003", &one, NULL));
    struct pair mixed = {.secret = to.secret};
    memcpy(mixed.public, other.public, sizeof mixed.public);
    assert_false(opens(&mixed, "from la-1 to ifa-003", &one, NULL));
    for (size_t i = 0; i < one.len; i += i < 100 ? 1 : 37) {
        one.data[i] ^= 0x40;
        assert_false(opens(&to, "from la-1 to ifa-003", &one, NULL));
        one.data[i] ^= 0x40;
    }
    /* The ephemeral key of one with the ciphertext of the other. */
    memcpy(one.data, two.data, 32);
    assert_false(opens(&to, "from la-1 to ifa-003", &one, NULL));
    buf_free(&content);
    buf_free(&one);
    buf_free(&two);
    secret_free(&to.secret);
    secret_free(&other.secret);
}

static void lengths_fall_into_six_classes(void **state)
{
    (void)state;
    struct pair to = new_pair();
    static const size_t lengths[] = {0,     1,      4092,   4093,    16380,   16381,
                                     65532, 262140, 262141, 1048572, 1048573, 4194300};
    static const size_t classes[] = {4096,  4096,   4096,    16384,   16384,   65536,
                                     65536, 262144, 1048576, 1048576, 4194304, 4194304};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct buf content = {0}, out = {0};
        if (lengths[i] > 0) memset(buf_reserve(&content, lengths[i]), 'x', lengths[i]);
        assert_int_equal(envelope_padded(lengths[i]), classes[i]);
        sealed(&to, "c", &content, &out);
        assert_int_equal(out.len, classes[i] + ENVELOPE_OVERHEAD);
        assert_true(envelope_is_size(out.len));
        assert_false(envelope_is_size(out.len - 1));
        assert_true(opens(&to, "c", &out, &content));
        buf_free(&content);
        buf_free(&out);
    }
    struct buf content = {0}, out = {0};
    struct err err = {0};
    memset(buf_reserve(&content, 4194301), 'x', 4194301);
    assert_int_equal(envelope_content_max(), 4194300);
    assert_false(envelope_seal(to.public, "c", 1, &content, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(out.len, 0);
    buf_free(&content);
    secret_free(&to.secret);
}

/* Whoever names such a key as its own would know what is sealed to it, and so would everybody. */
static void keys_of_small_order_are_refused(void **state)
{
    (void)state;
    uint8_t zero[32] = {0}, one[32] = {1};
    struct buf content = {0}, out = {0};
    struct err err = {0};
    struct pair to = new_pair();
    assert_false(envelope_seal(zero, "c", 1, &content, &out, &err));
    assert_false(envelope_seal(one, "c", 1, &content, &out, &err));
    sealed(&to, "c", &content, &out);
    memset(out.data, 0, 32);
    assert_false(opens(&to, "c", &out, NULL));
    buf_free(&out);
    secret_free(&to.secret);
}

/* Written from docs/mail.md with libsodium alone: another program could read these envelopes. */
static void it_is_what_the_document_says(void **state)
{
    (void)state;
    struct pair to = new_pair();
    struct buf content = {0}, out = {0};
    buf_text(&content, "hello");
    sealed(&to, "ctx", &content, &out);
    static const char tag[] = "hearth v1 envelope";
    uint8_t shared[32], key[32], plain[4096], nonce[24] = {0};
    crypto_generichash_state hash;
    assert_int_equal(crypto_scalarmult(shared, to.secret.data, out.data), 0);
    crypto_generichash_init(&hash, NULL, 0, 32);
    const void *parts[] = {tag, out.data, to.public, shared};
    const size_t lens[] = {sizeof tag - 1, 32, 32, 32};
    for (size_t i = 0; i < 4; i++) {
        uint8_t len[4] = {0, 0, 0, (uint8_t)lens[i]};
        crypto_generichash_update(&hash, len, 4);
        crypto_generichash_update(&hash, parts[i], lens[i]);
    }
    crypto_generichash_final(&hash, key, 32);
    assert_int_equal(
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, out.data + 32, out.len - 32,
                                                   (const uint8_t *)"ctx", 3, nonce, key),
        0);
    assert_memory_equal(plain, "\0\0\0\5hello", 9);
    assert_true(sodium_is_zero(plain + 9, sizeof plain - 9));
    buf_free(&content);
    buf_free(&out);
    secret_free(&to.secret);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_opens_for_its_receiver_and_context_alone),
        cmocka_unit_test(lengths_fall_into_six_classes),
        cmocka_unit_test(keys_of_small_order_are_refused),
        cmocka_unit_test(it_is_what_the_document_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
