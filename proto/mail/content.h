/* SPDX-License-Identifier: Apache-2.0
 * What a sealed message says (proto/referral.proto MailContent): a referral, an answer to one, more
 * from the LA, a withdrawal. docs/mail.md "Contents".
 */
#ifndef HEARTH_MAIL_CONTENT_H
#define HEARTH_MAIL_CONTENT_H

#include "proto/domain/referral.h"

enum content_kind { CONTENT_REFERRAL = 1, CONTENT_ANSWER, CONTENT_MESSAGE, CONTENT_WITHDRAWAL };
enum answer_kind { ANSWER_NONE = 0, ANSWER_OFFER, ANSWER_DECLINE, ANSWER_QUESTION };
const char *content_kind_name(enum content_kind kind); /* "referral" */
const char *answer_kind_name(enum answer_kind kind);   /* "offer"; "" for none */
/* "offer", "decline", "question"; false for any other text. */
MUST_CHECK bool answer_kind_from_name(const char *name, enum answer_kind *out);

/* Why an agency declines: the codes of docs/domain.md "Referral and outcome", NULL-terminated, and
 * the words for people. */
extern const char *const decline_reasons[];
bool decline_reason_is_known(const char *code);
const char *decline_reason_words(const char *code); /* the code itself where unknown */

enum {
    CONTENT_TEXT_MAX = 64 * 1024, /* bytes */
    ATTACHMENTS_MAX = 16,
    ATTACHMENT_NAME_MAX = 100,
    ATTACHMENTS_BYTES_MAX = 3 << 20, /* all of one message together */
    REASON_MAX = 32
};
struct attachment {
    char name[ATTACHMENT_NAME_MAX + 1]; /* a bare file name: no slash, not "." or ".." */
    struct buf data;
};

/* Confidential. Zero-initialise; content_wipe wipes and frees. */
struct content {
    enum content_kind kind;
    uint8_t query_hash[HASH_BYTES];
    struct referral *referral;   /* of CONTENT_REFERRAL, else NULL; owned */
    enum answer_kind answer;     /* of CONTENT_ANSWER, else ANSWER_NONE */
    char reason[REASON_MAX + 1]; /* of ANSWER_DECLINE, else "" */
    char *text; /* UTF-8; line ends are LF, no other control characters but tab; NULL or owned */
    struct attachment *attachments; /* owned */
    size_t attachment_count;
};
void content_wipe(struct content *content);

/* Puts text or an attachment in, checked; ERR_INVALID (field "text" or "attachments") says what is
 * wrong. CRLF becomes LF; text of nothing but white space is
 * none. `data` is copied. */
MUST_CHECK bool content_set_text(struct content *content, const void *text, size_t len,
                                 struct err *err);
MUST_CHECK bool content_attach(struct content *content, const char *name, const void *data,
                               size_t len, struct err *err);

/* Appends the encoding; the caller wipes. */
void content_encode(const struct content *content, struct buf *out);
/* The bounded decoder. ERR_INVALID with the field; ERR_VERSION where a referral names a criterion
 * that no catalogue of this program has. */
MUST_CHECK bool content_decode(const uint8_t *data, size_t len, struct content *out,
                               struct err *err);

#endif
