/* SPDX-License-Identifier: Apache-2.0
 * One sealed message between an LA and an agency as it travels (proto/mail.proto MailBody):
 * addressed in the clear, signed by its sender, its content sealed to its receiver. docs/mail.md.
 */
#ifndef HEARTH_MAIL_MAIL_H
#define HEARTH_MAIL_MAIL_H

#include "keys/identity.h"
#include "proto/crypto/envelope.h"

enum { MAIL_ID_BYTES = 16, MAIL_BODY_MAX = (4 << 20) + 1024 };

/* Everything but the sealed part. */
struct mail {
    uint8_t mail_id[MAIL_ID_BYTES];
    uint8_t thread_id[MAIL_ID_BYTES]; /* the same in the message that begins a thread */
    enum role from_role, to_role;     /* one is ROLE_LA, the other ROLE_AGENT */
    char from[ID_MAX + 1], to[ID_MAX + 1];
    uint64_t to_serial;
    int64_t sent_at;
    bool closes; /* from an LA only */
};
/* Whether it begins its thread: a referral. Only an LA may begin one. */
bool mail_begins(const struct mail *mail);

/* The bounded decoder: lengths, roles, ids, that a thread is begun by an LA and closed by one, that
 * the sealed part has a fixed size. *sealed points into `body`. ERR_INVALID with the field. Checks
 * no signature. */
MUST_CHECK bool mail_decode(const uint8_t *body, size_t len, struct mail *out,
                            const uint8_t **sealed, size_t *sealed_len, struct err *err);
/* Appends the encoding. */
void mail_encode(const struct mail *mail, const void *sealed, size_t sealed_len, struct buf *out);

/* Seals `content` to the receiver's certificate and signs. mail->to_role, to and to_serial are
 * taken from it, from_role and from from the sender's own. ERR_INVALID: too long. signed_bytes_free
 * frees `out`. */
MUST_CHECK bool mail_write(struct mail *mail, const struct identity *sender,
                           const struct certificate *receiver, const struct buf *content,
                           struct signed_bytes *out, struct err *err);
/* Verifies the sender's certificate's signature over the exact bytes, decodes, checks that sender
 * and certificate are the same and that it is addressed to `receiver`, opens. The caller has
 * checked the certificate itself (trust_check) and wipes `content`. ERR_UNAUTHENTICATED,
 * ERR_INVALID, ERR_CORRUPT (sealed to another key). */
MUST_CHECK bool mail_read(const uint8_t *body, size_t len, const uint8_t *signature,
                          size_t signature_len, const struct certificate *sender,
                          const struct identity *receiver, struct mail *out, struct buf *content,
                          struct err *err);

#endif
