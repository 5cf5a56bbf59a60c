/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/entry.h"

#include <sodium.h>
#include <string.h>

#include "proto/base/text.h"

const char *mail_state_name(enum mail_state state)
{
    static const char *const names[] = {"",        "queued",  "accepted", "taken",
                                        "expired", "refused", "received"};
    REQUIRE(state >= MAIL_QUEUED && state <= MAIL_RECEIVED);
    return names[state];
}

const char *entry_peer(const struct entry *entry)
{
    return entry->incoming ? entry->mail.from : entry->mail.to;
}

enum role entry_peer_role(const struct entry *entry)
{
    return entry->incoming ? entry->mail.from_role : entry->mail.to_role;
}

int64_t entry_last_ms(const struct entry *entry)
{
    bool own = !entry->incoming && entry->mail.sent_at > entry->state_ms;
    return own ? entry->mail.sent_at : entry->state_ms;
}

/* ---- encoding ---- */

static void put_text(struct buf *out, const char *text)
{
    buf_bytes(out, text, strlen(text));
}

static void put_mail(struct buf *out, const struct mail *mail)
{
    buf_append(out, mail->mail_id, MAIL_ID_BYTES);
    buf_append(out, mail->thread_id, MAIL_ID_BYTES);
    buf_u8(out, (uint8_t)mail->from_role);
    buf_u8(out, (uint8_t)mail->to_role);
    put_text(out, mail->from);
    put_text(out, mail->to);
    buf_u64(out, mail->to_serial);
    buf_u64(out, (uint64_t)mail->sent_at);
    buf_u8(out, mail->closes);
}

void entry_encode(const struct entry *entry, struct buf *out)
{
    buf_u8(out, ENTRY_FORM);
    buf_u64(out, entry->number);
    buf_u8(out, entry->incoming);
    buf_u8(out, entry->read);
    put_mail(out, &entry->mail);
    put_text(out, entry->peer_name);
    buf_u8(out, (uint8_t)entry->kind);
    buf_u8(out, (uint8_t)entry->answer);
    buf_u8(out, (uint8_t)entry->stage);
    put_text(out, entry->reason);
    buf_append(out, entry->query_hash, HASH_BYTES);
    buf_u32(out, (uint32_t)entry->attachments);
    buf_u8(out, (uint8_t)entry->state);
    buf_u64(out, (uint64_t)entry->state_ms);
    put_text(out, entry->why);
}

/* ---- decoding ---- */

static void take_bytes(struct reader *reader, void *out, size_t len)
{
    const uint8_t *bytes = reader_take(reader, len);
    if (bytes) memcpy(out, bytes, len);
}

static bool take_flag(struct reader *reader, bool *out)
{
    uint8_t value = reader_u8(reader);
    *out = value == 1;
    return value <= 1;
}

/* A number of an enum in [min, max]. */
static bool take_choice(struct reader *reader, int min, int max, int *out)
{
    *out = reader_u8(reader);
    return !reader->failed && *out >= min && *out <= max;
}

static bool take_time(struct reader *reader, int64_t *out)
{
    uint64_t value = reader_u64(reader);
    *out = (int64_t)value;
    return value <= INT64_MAX;
}

static bool take_text(struct reader *reader, char *out, size_t cap)
{
    return reader_text(reader, out, cap) && text_is_printable_utf8(out, strlen(out));
}

static bool take_mail(struct reader *reader, struct mail *out)
{
    int from = 0, to = 0;
    take_bytes(reader, out->mail_id, MAIL_ID_BYTES);
    take_bytes(reader, out->thread_id, MAIL_ID_BYTES);
    if (!take_choice(reader, ROLE_AGENT, ROLE_LA, &from) ||
        !take_choice(reader, ROLE_AGENT, ROLE_LA, &to) || from == to) {
        return false;
    }
    out->from_role = (enum role)from;
    out->to_role = (enum role)to;
    if (!take_text(reader, out->from, sizeof out->from) || !text_is_id(out->from) ||
        !take_text(reader, out->to, sizeof out->to) || !text_is_id(out->to)) {
        return false;
    }
    out->to_serial = reader_u64(reader);
    return take_time(reader, &out->sent_at) && take_flag(reader, &out->closes);
}

static bool take_content(struct reader *reader, struct entry *out)
{
    int kind = 0, answer = 0, stage = 0;
    if (!take_choice(reader, 0, CONTENT_WITHDRAWAL, &kind) ||
        !take_choice(reader, ANSWER_NONE, ANSWER_QUESTION, &answer) ||
        !take_choice(reader, 0, STAGE_FULL, &stage) ||
        !take_text(reader, out->reason, sizeof out->reason)) {
        return false;
    }
    out->kind = (enum content_kind)kind;
    out->answer = (enum answer_kind)answer;
    out->stage = (enum referral_stage)stage;
    take_bytes(reader, out->query_hash, HASH_BYTES);
    out->attachments = reader_u32(reader);
    return out->attachments <= ATTACHMENTS_MAX;
}

static bool take_entry(struct reader *reader, struct entry *out)
{
    int state = 0;
    out->number = reader_u64(reader);
    if (!take_flag(reader, &out->incoming) || !take_flag(reader, &out->read) ||
        !take_mail(reader, &out->mail) ||
        !take_text(reader, out->peer_name, sizeof out->peer_name) || !take_content(reader, out) ||
        !take_choice(reader, MAIL_QUEUED, MAIL_RECEIVED, &state) ||
        !take_time(reader, &out->state_ms) || !take_text(reader, out->why, sizeof out->why)) {
        return false;
    }
    out->state = (enum mail_state)state;
    return reader_done(reader) && out->incoming == (out->state == MAIL_RECEIVED);
}

bool entry_decode(const uint8_t *data, size_t len, struct entry *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    uint8_t form = reader_u8(&reader);
    if (!reader.failed && form > ENTRY_FORM) {
        return err_set(err, ERR_VERSION, NULL,
                       "an entry has form %u; this program reads forms up to %d: it must be "
                       "updated",
                       form, ENTRY_FORM);
    }
    struct entry entry = {0};
    bool good = form == ENTRY_FORM && take_entry(&reader, &entry);
    if (good) *out = entry;
    sodium_memzero(&entry, sizeof entry);
    return good || err_set(err, ERR_CORRUPT, NULL, "an entry is malformed");
}
