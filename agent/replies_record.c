/* SPDX-License-Identifier: Apache-2.0
 * The stored forms of a kept reply and of a kept receipt.
 */
#include <string.h>

#include "agent/replies_internal.h"
#include "proto/base/text.h"

enum { FORM_VERSION = 1 };

void reply_record_wipe(struct reply_record *record)
{
    signed_bytes_free(&record->signed_reply);
    sodium_memzero(record, sizeof *record);
}

void reply_record_encode(const struct reply_record *record, struct buf *out)
{
    buf_u8(out, FORM_VERSION);
    buf_append(out, record->query_hash, HASH_BYTES);
    buf_bytes(out, record->la, strlen(record->la));
    buf_u64(out, (uint64_t)record->at_ms);
    buf_u32(out, record->catalogue);
    buf_u32(out, record->carers);
    buf_u8(out, record->recomputable ? 1 : 0);
    if (record->recomputable) {
        buf_append(out, record->slot_sets, NAME_BYTES);
        buf_append(out, record->seed, SEED_BYTES);
    }
    buf_bytes(out, record->signed_reply.body.data, record->signed_reply.body.len);
    buf_append(out, record->signed_reply.signature, SIGNATURE_BYTES);
}

static void take(struct reader *reader, void *out, size_t len)
{
    const uint8_t *data = reader_take(reader, len);
    if (data) memcpy(out, data, len);
}

static void take_signed(struct reader *reader, size_t max, struct signed_bytes *out)
{
    size_t len = 0;
    const uint8_t *body = reader_bytes(reader, max, &len);
    if (body) buf_append(&out->body, body, len);
    take(reader, out->signature, SIGNATURE_BYTES);
}

static bool take_fields(struct reader *reader, struct reply_record *out)
{
    take(reader, out->query_hash, HASH_BYTES);
    (void)reader_text(reader, out->la, sizeof out->la);
    uint64_t at = reader_u64(reader);
    out->catalogue = reader_u32(reader);
    out->carers = reader_u32(reader);
    uint8_t recomputable = reader_u8(reader);
    out->at_ms = (int64_t)at;
    out->recomputable = recomputable == 1;
    if (out->recomputable) {
        take(reader, out->slot_sets, NAME_BYTES);
        take(reader, out->seed, SEED_BYTES);
    }
    take_signed(reader, REPLY_BODY_MAX, &out->signed_reply);
    return reader_done(reader) && text_is_id(out->la) && at <= INT64_MAX && recomputable <= 1 &&
           out->carers <= BLIND_ITEMS_MAX;
}

bool reply_record_decode(const uint8_t *data, size_t len, struct reply_record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    uint8_t form = reader_u8(&reader);
    if (!reader.failed && form != FORM_VERSION) {
        return err_set(err, ERR_VERSION, NULL,
                       "a kept reply has form %u; this program reads form %d: it must be updated",
                       form, FORM_VERSION);
    }
    struct reply_record record = {0};
    if (!take_fields(&reader, &record)) {
        reply_record_wipe(&record);
        return err_set(err, ERR_CORRUPT, NULL, "a kept reply is malformed");
    }
    *out = record;
    return true;
}

/* ---- receipts ---- */

void receipt_record_encode(const struct signed_bytes *receipt, int64_t at_ms, struct buf *out)
{
    buf_u8(out, FORM_VERSION);
    buf_u64(out, (uint64_t)at_ms);
    buf_bytes(out, receipt->body.data, receipt->body.len);
    buf_append(out, receipt->signature, SIGNATURE_BYTES);
}

bool receipt_record_decode(const uint8_t *data, size_t len, struct signed_bytes *out,
                           int64_t *at_ms, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct signed_bytes receipt = {0};
    uint8_t form = reader_u8(&reader);
    uint64_t at = reader_u64(&reader);
    take_signed(&reader, RECEIPT_BODY_MAX, &receipt);
    if (!reader_done(&reader) || form != FORM_VERSION || at > INT64_MAX) {
        signed_bytes_free(&receipt);
        return err_set(err, ERR_CORRUPT, NULL, "a kept receipt is malformed");
    }
    *out = receipt;
    *at_ms = (int64_t)at;
    return true;
}
