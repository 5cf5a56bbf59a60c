/* SPDX-License-Identifier: Apache-2.0
 * The matcher's signed word for a head, as it lies in the store: beside the certificate of its
 * signer, so that it can be checked without a passphrase and after the key has changed.
 *
 *   stored = length-prefixed Signed of the checkpoint, length-prefixed Signed of the certificate
 */
#include <string.h>

#include "keys/certificate.h"
#include "matcher/audit.h"
#include "proto/base/clock.h"

static const char NEWEST_KEY[] = "checkpoint";

void audit_checkpoint_free(struct audit_checkpoint *checkpoint)
{
    signed_bytes_free(&checkpoint->raw);
    certificate_free(&checkpoint->signer);
}

static void append_signed(const struct signed_bytes *s, struct buf *out)
{
    struct buf packed = {0};
    signed_bytes_pack(s, &packed);
    buf_bytes(out, packed.data, packed.len);
    buf_free(&packed);
}

static void sign(const struct identity *identity, const struct log_head *head, struct buf *out)
{
    const struct certificate *signer = identity_certificate(identity);
    struct checkpoint checkpoint = {.head.length = head->length, .at_ms = clock_wall_ms()};
    struct signed_bytes raw = {0};
    memcpy(checkpoint.matcher, signer->organisation, sizeof checkpoint.matcher);
    memcpy(checkpoint.head.hash, head->hash, HASH_BYTES);
    checkpoint_encode(&checkpoint, &raw.body);
    identity_sign_body(identity, TAG_CHECKPOINT, &raw);
    append_signed(&raw, out);
    append_signed(&signer->raw, out);
    signed_bytes_free(&raw);
}

bool audit_write_checkpoint(struct store_txn *txn, const struct identity *identity,
                            const struct log_head *head, bool keep, struct err *err)
{
    struct buf value = {0};
    uint8_t key[8];
    sign(identity, head, &value);
    store_key_u64(key, head->length);
    bool ok = store_put(txn, AUDIT_TABLE_STATE, NEWEST_KEY, sizeof NEWEST_KEY - 1, value.data,
                        value.len, err) &&
              (!keep || store_put(txn, AUDIT_TABLE_CHECKPOINTS, key, sizeof key, value.data,
                                  value.len, err));
    buf_free(&value);
    return ok;
}

bool audit_checkpoint_decode(const uint8_t *value, size_t len, struct audit_checkpoint *out,
                             struct err *err)
{
    enum { SIGNED_MAX = CERTIFICATE_BODY_MAX + 256 };
    struct audit_checkpoint found = {0};
    struct reader reader = reader_of(value, len);
    size_t raw_len = 0, signer_len = 0;
    const uint8_t *raw = reader_bytes(&reader, SIGNED_MAX, &raw_len);
    const uint8_t *signer = reader_bytes(&reader, SIGNED_MAX, &signer_len);
    bool ok = reader_done(&reader) &&
              signed_bytes_unpack(raw, raw_len, CERTIFICATE_BODY_MAX, &found.raw, err) &&
              certificate_unpack(signer, signer_len, &found.signer, err);
    if (ok) {
        *out = found;
        return true;
    }
    audit_checkpoint_free(&found);
    return err_set(err, ERR_CORRUPT, HOME_AUDIT, "a stored checkpoint is malformed");
}

bool audit_newest_checkpoint(struct store_txn *txn, struct audit_checkpoint *out, struct err *err)
{
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (!store_get(txn, AUDIT_TABLE_STATE, NEWEST_KEY, sizeof NEWEST_KEY - 1, &value, &len, &found,
                   err)) {
        return false;
    }
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, HOME_AUDIT,
                       "holds no checkpoint: 'hearth-matcher serve' writes one when it starts");
    }
    return audit_checkpoint_decode(value, len, out, err);
}
