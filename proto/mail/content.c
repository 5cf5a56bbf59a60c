/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/content.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"

const char *content_kind_name(enum content_kind kind)
{
    static const char *const names[] = {"", "referral", "answer", "message", "withdrawal"};
    REQUIRE((unsigned)kind < sizeof names / sizeof names[0]);
    return names[kind];
}

static const char *const ANSWERS[] = {"", "offer", "decline", "question"};
enum { ANSWER_KINDS = sizeof ANSWERS / sizeof ANSWERS[0] };

const char *answer_kind_name(enum answer_kind kind)
{
    REQUIRE((unsigned)kind < ANSWER_KINDS);
    return ANSWERS[kind];
}

bool answer_kind_from_name(const char *name, enum answer_kind *out)
{
    for (int i = ANSWER_OFFER; i < ANSWER_KINDS; i++) {
        if (strcmp(name, ANSWERS[i]) != 0) continue;
        *out = (enum answer_kind)i;
        return true;
    }
    return false;
}

/* docs/domain.md "Referral and outcome". */
const char *const decline_reasons[] = {
    "no_vacancy", "not_right_match", "too_far", "risk_to_household",
    "timing",     "carer_declined",  "other",   NULL};
static const char *const decline_words[] = {"no vacancy",
                                            "not the right match",
                                            "too far away",
                                            "a risk to the household",
                                            "the timing does not fit",
                                            "the carer has declined",
                                            "another reason"};

static int find_reason(const char *code)
{
    for (int i = 0; decline_reasons[i]; i++) {
        if (strcmp(decline_reasons[i], code) == 0) return i;
    }
    return -1;
}

bool decline_reason_is_known(const char *code)
{
    return find_reason(code) >= 0;
}

const char *decline_reason_words(const char *code)
{
    int at = find_reason(code);
    return at >= 0 ? decline_words[at] : code;
}

void content_wipe(struct content *content)
{
    if (content->referral) {
        referral_wipe(content->referral);
        free(content->referral);
    }
    if (content->text) {
        sodium_memzero(content->text, strlen(content->text));
        free(content->text);
    }
    for (size_t i = 0; i < content->attachment_count; i++) buf_wipe(&content->attachments[i].data);
    free(content->attachments);
    sodium_memzero(content, sizeof *content);
}

/* ---- text ---- */

/* Every line printable, tabs allowed; the text ends where it says. */
static bool is_plain_text(const char *text, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && text[i] != '\n' && text[i] != '\t') continue;
        if (!text_is_printable_utf8(text + start, i - start)) return false;
        start = i + 1;
    }
    return true;
}

bool content_set_text(struct content *content, const void *text, size_t len, struct err *err)
{
    if (len > CONTENT_TEXT_MAX) {
        return err_set(err, ERR_INVALID, "text", "%zu bytes; at most %d", len, CONTENT_TEXT_MAX);
    }
    REQUIRE(!content->text);
    const char *from = text;
    char *copy = mem_array(len + 1, 1);
    size_t used = 0;
    for (size_t i = 0; i < len; i++) {
        if (from[i] == '\r' && i + 1 < len && from[i + 1] == '\n') continue;
        copy[used++] = from[i];
    }
    bool blank = strspn(copy, " \t\n") == used;
    if (!blank && is_plain_text(copy, used)) {
        content->text = copy;
        return true;
    }
    sodium_memzero(copy, len);
    free(copy);
    return blank ||
           err_set(err, ERR_INVALID, "text", "must be UTF-8 text without control characters");
}

/* ---- attachments ---- */

static bool is_file_name(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len <= ATTACHMENT_NAME_MAX && text_is_printable_utf8(name, len) &&
           !strchr(name, '/') && !strchr(name, '\\') && name[0] != '.';
}

static size_t attached_bytes(const struct content *content)
{
    size_t sum = 0;
    for (size_t i = 0; i < content->attachment_count; i++) sum += content->attachments[i].data.len;
    return sum;
}

static bool is_attached(const struct content *content, const char *name)
{
    for (size_t i = 0; i < content->attachment_count; i++) {
        if (strcmp(content->attachments[i].name, name) == 0) return true;
    }
    return false;
}

bool content_attach(struct content *content, const char *name, const void *data, size_t len,
                    struct err *err)
{
    static const char field[] = "attachments";
    if (!is_file_name(name)) {
        return err_set(err, ERR_INVALID, field,
                       "a file's name of 1 to %d bytes is wanted: no slash, no dot at its start",
                       ATTACHMENT_NAME_MAX);
    }
    if (content->attachment_count == ATTACHMENTS_MAX) {
        return err_set(err, ERR_INVALID, field, "more than %d of them", ATTACHMENTS_MAX);
    }
    if (is_attached(content, name)) {
        return err_set(err, ERR_INVALID, field, "%s is attached twice", name);
    }
    if (len > ATTACHMENTS_BYTES_MAX - attached_bytes(content)) {
        return err_set(err, ERR_INVALID, field, "%s makes them longer than %d bytes in all", name,
                       ATTACHMENTS_BYTES_MAX);
    }
    content->attachments = mem_resize(content->attachments, content->attachment_count + 1,
                                      sizeof *content->attachments);
    struct attachment *attachment = &content->attachments[content->attachment_count++];
    *attachment = (struct attachment){0};
    memcpy(attachment->name, name, strlen(name) + 1);
    buf_append(&attachment->data, data, len);
    return true;
}
