/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as values of the correspondence's store that are not entries: what a seal holds around
 * them, the names of what was seen. Corrupt, or read; nothing is kept.
 */
#include <string.h>

#include "proto/mail/correspondence_internal.h"
#include "tests/fuzz/home.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct correspondence *open_once(void)
{
    static struct correspondence *correspondence;
    struct err err = {0};
    if (correspondence) return correspondence;
    const char *home = fuzz_home();
    struct secret key = secret_new(HASH_KEY_BYTES);
    REQUIRE(correspondence_open(home, &key, &correspondence, &err));
    secret_free(&key);
    return correspondence;
}

static void refused(const struct err *err)
{
    REQUIRE(err->code == ERR_CORRUPT && err->text[0] != '\0');
}

/* As what is inside the seal, where a length comes first. */
static void as_sealed(const struct correspondence *c, const uint8_t *data, size_t len)
{
    const struct sealed_place place = {TABLE_CONTENTS, "fuzz", "key", 3};
    const struct seal seal = {&c->sealed.seal, place.tag, place.key, place.key_len};
    const struct buf framed = {.data = (uint8_t *)(uintptr_t)data, .len = len};
    struct buf value = {0}, plain = {0};
    struct err err = {0};
    seal_close(&seal, &framed, &value);
    if (sealed_read(&c->sealed, &place, value.data, value.len, &plain, &err)) {
        REQUIRE(plain.len <= len);
    } else {
        refused(&err);
    }
    if (sealed_read(&c->sealed, &place, data, len, &plain, &err)) REQUIRE(false);
    refused(&err);
    buf_free(&value);
    buf_free(&plain);
}

static void as_seen(const struct correspondence *c, struct store_txn *txn, const uint8_t *data,
                    size_t len)
{
    static const uint8_t id[MAIL_ID_BYTES] = {1};
    uint8_t name[HASH_BYTES];
    uint64_t number = 0;
    int64_t time = 0;
    bool known = false;
    struct err err = {0};
    sealed_name(&c->sealed, id, sizeof id, name);
    REQUIRE(store_put(txn, TABLE_SEEN, name, sizeof name, data, len, &err));
    if (!correspondence_seen(c, txn, id, &known, &number, &err)) refused(&err);
    REQUIRE(store_put(txn, TABLE_META, "forgotten", 9, data, len, &err));
    if (!correspondence_forgotten(txn, &time, &err)) refused(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct correspondence *c = open_once();
    struct store_txn *txn = NULL;
    struct err err = {0};
    as_sealed(c, data, len);
    REQUIRE(sealed_begin(&c->sealed, true, &txn, &err));
    as_seen(c, txn, data, len);
    store_abort(txn);
    return 0;
}
