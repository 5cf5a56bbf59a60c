/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as each record of the mailboxes' store: corrupt, or exactly what its fields encode to.
 */
#include <string.h>

#include "matcher/mailbox_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len == len && memcmp(again->data, data, len) == 0);
    buf_free(again);
}

static void try_item(const uint8_t *data, size_t len, struct err *err)
{
    struct item_record item;
    struct buf again = {0};
    if (!item_decode(data, len, &item, err)) return;
    item_encode(&item, &again);
    REQUIRE(item_room(&item) >= again.len);
    check(&again, data, len);
}

static void try_thread(const uint8_t *data, size_t len, struct err *err)
{
    static const uint8_t key[MAIL_ID_BYTES] = {1};
    struct mail_thread thread;
    struct buf again = {0};
    if (!thread_decode(key, sizeof key, data, len, &thread, err)) return;
    thread_encode(&thread, &again);
    check(&again, data, len);
}

static void try_small(const uint8_t *data, size_t len, struct err *err)
{
    struct seen_record seen;
    struct counts counts;
    struct mail_party party;
    uint8_t key[PARTY_KEY];
    struct buf again = {0};
    if (seen_decode(data, len, &seen, err)) {
        seen_encode(&seen, &again);
        check(&again, data, len);
    }
    if (counts_decode(data, len, &counts, err)) {
        counts_encode(&counts, &again);
        check(&again, data, len);
    }
    if (mail_party_key_decode(data, len, &party, err)) {
        mail_party_key(&party, key);
        REQUIRE(len == sizeof key && memcmp(key, data, len) == 0);
    }
}

static void try_certificate(const uint8_t *data, size_t len, struct err *err)
{
    struct certificate certificate = {0};
    struct buf again = {0};
    if (!certificate_record_decode(data, len, &certificate, err)) return;
    certificate_record_encode(&certificate, &again);
    check(&again, data, len);
    certificate_free(&certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err err = {.code = ERR_NONE};
    try_item(data, len, &err);
    try_thread(data, len, &err);
    try_small(data, len, &err);
    try_certificate(data, len, &err);
    REQUIRE(err.code == ERR_NONE || err.code == ERR_CORRUPT);
    return 0;
}
