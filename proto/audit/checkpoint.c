/* SPDX-License-Identifier: Apache-2.0
 *   checkpoint = length-prefixed id of the matcher, u64 length, 32 bytes hash, u64 time (ms)
 */
#include <string.h>

#include "proto/audit/log_export.h"
#include "proto/base/text.h"

void checkpoint_encode(const struct checkpoint *checkpoint, struct buf *out)
{
    buf_bytes(out, checkpoint->matcher, strlen(checkpoint->matcher));
    buf_u64(out, checkpoint->head.length);
    buf_append(out, checkpoint->head.hash, HASH_BYTES);
    buf_u64(out, (uint64_t)checkpoint->at_ms);
}

bool checkpoint_decode(const uint8_t *body, size_t len, struct checkpoint *out, struct err *err)
{
    struct checkpoint checkpoint = {0};
    struct reader reader = reader_of(body, len);
    bool has_id = reader_text(&reader, checkpoint.matcher, sizeof checkpoint.matcher);
    checkpoint.head.length = reader_u64(&reader);
    const uint8_t *hash = reader_take(&reader, HASH_BYTES);
    if (hash) memcpy(checkpoint.head.hash, hash, HASH_BYTES);
    checkpoint.at_ms = (int64_t)reader_u64(&reader);
    if (!has_id || !reader_done(&reader) || !text_is_id(checkpoint.matcher)) {
        return err_set(err, ERR_INVALID, NULL, "is no checkpoint");
    }
    if (checkpoint.head.length > INT64_MAX || checkpoint.at_ms < 0) {
        return err_set(err, ERR_INVALID, NULL, "is a checkpoint of no possible length or time");
    }
    *out = checkpoint;
    return true;
}

/* Names the one checkpoint in front of what is wrong with it. */
static bool wrong(const struct checkpoint *checkpoint, struct err *err)
{
    char text[ERR_TEXT_MAX];
    memcpy(text, err->text, sizeof text);
    text[300] = '\0';
    return err_set(err, err->code, "checkpoint", "the one of %llu entries: %s",
                   (unsigned long long)checkpoint->head.length, text);
}

bool checkpoint_open(const struct signed_bytes *raw, const struct certificate *signer,
                     struct trust *trust, struct checkpoint *out, struct err *err)
{
    struct checkpoint checkpoint = {0};
    if (!checkpoint_decode(raw->body.data, raw->body.len, &checkpoint, err)) {
        return err_in(err, "checkpoint");
    }
    if (!certificate_verify(signer, TAG_CHECKPOINT, raw->body.data, raw->body.len, raw->signature,
                            SIGNATURE_BYTES, err) ||
        !trust_check_at(trust, signer, ROLE_MATCHER, checkpoint.at_ms, err)) {
        return wrong(&checkpoint, err);
    }
    if (strcmp(signer->organisation, checkpoint.matcher) != 0) {
        (void)err_set(err, ERR_UNAUTHENTICATED, NULL, "it is about the log of %s, and %s signed it",
                      checkpoint.matcher, signer->organisation);
        return wrong(&checkpoint, err);
    }
    *out = checkpoint;
    return true;
}
