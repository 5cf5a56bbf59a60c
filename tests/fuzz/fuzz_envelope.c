/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an envelope, and as what one holds: refused with a reason, or content that fits. The
 * length inside is the first thing that is read behind the seal.
 */
#include <string.h>

#include <sodium.h>

#include "proto/crypto/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct pair {
    uint8_t public_key[ENVELOPE_KEY_BYTES];
    struct secret secret_key;
};

static const struct pair *pair(void)
{
    static struct pair pair;
    if (pair.secret_key.data) return &pair;
    REQUIRE(sodium_init() >= 0);
    pair.secret_key = secret_new(ENVELOPE_KEY_BYTES);
    memset(pair.secret_key.data, 5, ENVELOPE_KEY_BYTES);
    REQUIRE(crypto_scalarmult_base(pair.public_key, pair.secret_key.data) == 0);
    return &pair;
}

static bool open_it(const uint8_t *envelope, size_t len, struct buf *content)
{
    struct err err = {0};
    const struct pair *keys = pair();
    if (envelope_open(&keys->secret_key, keys->public_key, "x", 1, envelope, len, content, &err)) {
        REQUIRE(content->len <= envelope_content_max());
        return true;
    }
    REQUIRE((err.code == ERR_INVALID || err.code == ERR_CORRUPT) && err.text[0] != '\0');
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct buf plain = {.data = (uint8_t *)(uintptr_t)data, .len = len};
    struct buf envelope = {0}, content = {0};
    struct err err = {0};
    (void)open_it(data, len, &content);
    if (!envelope_seal(pair()->public_key, "x", 1, &plain, &envelope, &err)) return 0;
    content.len = 0;
    REQUIRE(open_it(envelope.data, envelope.len, &content));
    REQUIRE(content.len == len && (len == 0 || memcmp(content.data, data, len) == 0));
    content.len = 0;
    /* One byte of it changed. */
    envelope.data[len > 0 ? data[0] : 0] ^= 1;
    REQUIRE(!open_it(envelope.data, envelope.len, &content));
    buf_free(&envelope);
    buf_free(&content);
    return 0;
}
