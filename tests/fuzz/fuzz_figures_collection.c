/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as each record of a collection's store: corrupt, or exactly what its fields encode to.
 */
#include <string.h>

#include "proto/figures/collection_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct buf *again, const uint8_t *data, size_t len)
{
    REQUIRE(again->len == len && memcmp(again->data, data, len) == 0);
    buf_free(again);
}

static void try_agreement(const uint8_t *data, size_t len, struct err *err)
{
    struct agreement_record record;
    struct buf again = {0};
    if (!agreement_record_decode(data, len, &record, err)) return;
    agreement_record_encode(&record, &again);
    check(&again, data, len);
}

static void try_party(const uint8_t *data, size_t len, struct err *err)
{
    struct party_record record;
    struct buf again = {0};
    if (!party_record_decode(data, len, &record, err)) return;
    party_record_encode(&record, &again);
    check(&again, data, len);
}

static void try_contribution(const uint8_t *data, size_t len, struct err *err)
{
    struct contribution_record record;
    struct buf again = {0};
    if (!contribution_record_decode(data, len, &record, err)) return;
    contribution_record_encode(&record, &again);
    check(&again, data, len);
}

static void try_done(const uint8_t *data, size_t len, struct err *err)
{
    struct done_record record;
    struct buf again = {0};
    if (!done_record_decode(data, len, &record, err)) return;
    done_record_encode(&record, &again);
    check(&again, data, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct err err = {.code = ERR_NONE};
    try_agreement(data, len, &err);
    try_party(data, len, &err);
    try_contribution(data, len, &err);
    try_done(data, len, &err);
    REQUIRE(err.code == ERR_NONE || err.code == ERR_CORRUPT);
    return 0;
}
