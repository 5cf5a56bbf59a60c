/* SPDX-License-Identifier: Apache-2.0
 * What stands in the tables of the mailboxes.
 */
#include <string.h>

#include "matcher/mailbox_internal.h"
#include "proto/base/text.h"

bool record_corrupt(struct err *err, const char *what)
{
    return err_set(err, ERR_CORRUPT, HOME_MAIL, "%s in the store is malformed", what);
}

/* ---- keys ---- */

void mail_party_key(const struct mail_party *party, uint8_t out[PARTY_KEY])
{
    memset(out, 0, PARTY_KEY);
    out[0] = (uint8_t)party->role;
    memcpy(out + 1, party->id, strnlen(party->id, ID_MAX));
}

void item_key(const struct mail_party *party, uint64_t number, uint8_t out[ITEM_KEY])
{
    mail_party_key(party, out);
    store_key_u64(out + PARTY_KEY, number);
}

void seen_key(const struct mail_party *sender, const uint8_t mail_id[MAIL_ID_BYTES],
              uint8_t out[SEEN_KEY])
{
    mail_party_key(sender, out);
    memcpy(out + PARTY_KEY, mail_id, MAIL_ID_BYTES);
}

bool mail_party_key_decode(const uint8_t *key, size_t len, struct mail_party *out, struct err *err)
{
    struct mail_party party = {.role = ROLE_NONE};
    uint8_t again[PARTY_KEY];
    if (len == PARTY_KEY && (key[0] == ROLE_LA || key[0] == ROLE_AGENT)) {
        party.role = (enum role)key[0];
        memcpy(party.id, key + 1, ID_MAX);
        mail_party_key(&party, again);
        if (text_is_id(party.id) && sodium_memcmp(again, key, PARTY_KEY) == 0) {
            *out = party;
            return true;
        }
    }
    return record_corrupt(err, "the name of a party");
}

/* ---- parts ---- */

static void put_party(struct buf *out, const struct mail_party *party)
{
    uint8_t key[PARTY_KEY];
    mail_party_key(party, key);
    buf_append(out, key, sizeof key);
}

static bool take_party(struct reader *reader, struct mail_party *party)
{
    struct err unused;
    const uint8_t *key = reader_take(reader, PARTY_KEY);
    return key && mail_party_key_decode(key, PARTY_KEY, party, &unused);
}

static bool take_bytes(struct reader *reader, void *out, size_t len)
{
    const uint8_t *data = reader_take(reader, len);
    if (data) memcpy(out, data, len);
    return data != NULL;
}

/* Times are of this age: what is negative is none. */
static bool take_time(struct reader *reader, int64_t *out)
{
    uint64_t time = reader_u64(reader);
    *out = time <= INT64_MAX ? (int64_t)time : 0;
    return !reader->failed && time <= INT64_MAX;
}

/* ---- items ---- */

void item_encode(const struct item_record *item, struct buf *out)
{
    buf_u8(out, (uint8_t)item->kind);
    buf_append(out, item->mail_id, MAIL_ID_BYTES);
    buf_u64(out, (uint64_t)item->at_ms);
    if (item->kind == ITEM_NOTICE) {
        buf_u8(out, (uint8_t)item->state);
        return;
    }
    buf_append(out, item->thread_id, MAIL_ID_BYTES);
    put_party(out, &item->from);
    buf_bytes(out, item->body, item->body_len);
    buf_append(out, item->signature, SIGNATURE_BYTES);
    buf_bytes(out, item->certificate, item->certificate_len);
    buf_append(out, item->certificate_signature, SIGNATURE_BYTES);
}

static bool read_item(struct reader *reader, struct item_record *out)
{
    uint8_t kind = reader_u8(reader);
    if (!take_bytes(reader, out->mail_id, MAIL_ID_BYTES) || !take_time(reader, &out->at_ms)) {
        return false;
    }
    out->kind = (enum item_kind)kind;
    if (kind == ITEM_NOTICE) {
        uint8_t state = reader_u8(reader);
        out->state = (enum notice_state)state;
        return state >= NOTICE_TAKEN && state <= NOTICE_UNREADABLE;
    }
    if (kind != ITEM_MAIL || !take_bytes(reader, out->thread_id, MAIL_ID_BYTES) ||
        !take_party(reader, &out->from)) {
        return false;
    }
    out->body = reader_bytes(reader, MAIL_BODY_MAX, &out->body_len);
    out->signature = reader_take(reader, SIGNATURE_BYTES);
    out->certificate = reader_bytes(reader, CERTIFICATE_MAX, &out->certificate_len);
    out->certificate_signature = reader_take(reader, SIGNATURE_BYTES);
    return true;
}

bool item_decode(const uint8_t *data, size_t len, struct item_record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct item_record item = {.kind = 0};
    if (!read_item(&reader, &item) || !reader_done(&reader)) {
        return record_corrupt(err, "an item of a mailbox");
    }
    *out = item;
    return true;
}

/* ---- what was seen ---- */

void seen_encode(const struct seen_record *seen, struct buf *out)
{
    buf_u64(out, (uint64_t)seen->accepted_at);
    buf_u64(out, (uint64_t)seen->sent_at);
    buf_append(out, seen->hash, HASH_BYTES);
}

bool seen_decode(const uint8_t *data, size_t len, struct seen_record *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct seen_record seen;
    if (!take_time(&reader, &seen.accepted_at) || !take_time(&reader, &seen.sent_at) ||
        !take_bytes(&reader, seen.hash, HASH_BYTES) || !reader_done(&reader)) {
        return record_corrupt(err, "what is known of a message");
    }
    *out = seen;
    return true;
}

/* ---- threads ---- */

void thread_encode(const struct mail_thread *thread, struct buf *out)
{
    struct mail_party la = {.role = ROLE_LA}, agency = {.role = ROLE_AGENT};
    memcpy(la.id, thread->la, sizeof la.id);
    memcpy(agency.id, thread->agency, sizeof agency.id);
    put_party(out, &la);
    put_party(out, &agency);
    buf_u64(out, (uint64_t)thread->opened_at);
    buf_u64(out, (uint64_t)thread->taken_at);
    buf_u64(out, (uint64_t)thread->answered_at);
    buf_u64(out, (uint64_t)thread->closed_at);
    buf_u64(out, (uint64_t)thread->last_at);
}

static bool read_thread(struct reader *reader, struct mail_thread *out)
{
    struct mail_party la = {.role = ROLE_NONE}, agency = {.role = ROLE_NONE};
    if (!take_party(reader, &la) || !take_party(reader, &agency) || la.role != ROLE_LA ||
        agency.role != ROLE_AGENT) {
        return false;
    }
    memcpy(out->la, la.id, sizeof out->la);
    memcpy(out->agency, agency.id, sizeof out->agency);
    return take_time(reader, &out->opened_at) && take_time(reader, &out->taken_at) &&
           take_time(reader, &out->answered_at) && take_time(reader, &out->closed_at) &&
           take_time(reader, &out->last_at) && reader_done(reader);
}

bool thread_decode(const uint8_t *key, size_t key_len, const uint8_t *data, size_t len,
                   struct mail_thread *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct mail_thread thread = {.opened_at = 0};
    if (key_len != MAIL_ID_BYTES || !read_thread(&reader, &thread)) {
        return record_corrupt(err, "a thread");
    }
    memcpy(thread.thread_id, key, MAIL_ID_BYTES);
    *out = thread;
    return true;
}

/* ---- certificates ---- */

void certificate_record_encode(const struct certificate *certificate, struct buf *out)
{
    const struct signed_bytes *raw = &certificate->raw;
    buf_bytes(out, raw->body.data, raw->body.len);
    buf_append(out, raw->signature, SIGNATURE_BYTES);
}

bool certificate_record_decode(const uint8_t *data, size_t len, struct certificate *out,
                               struct err *err)
{
    struct reader reader = reader_of(data, len);
    size_t body_len = 0;
    const uint8_t *body = reader_bytes(&reader, CERTIFICATE_MAX, &body_len);
    const uint8_t *signature = reader_take(&reader, SIGNATURE_BYTES);
    return (body && signature && reader_done(&reader) &&
            certificate_decode(body, body_len, signature, SIGNATURE_BYTES, out, err)) ||
           record_corrupt(err, "a certificate");
}

/* ---- counts ---- */

void counts_encode(const struct counts *counts, struct buf *out)
{
    buf_u64(out, counts->newest);
    buf_u64(out, counts->mails);
    buf_u64(out, counts->notices);
    buf_u64(out, counts->bytes);
}

bool counts_decode(const uint8_t *data, size_t len, struct counts *out, struct err *err)
{
    struct reader reader = reader_of(data, len);
    struct counts counts;
    counts.newest = reader_u64(&reader);
    counts.mails = reader_u64(&reader);
    counts.notices = reader_u64(&reader);
    counts.bytes = reader_u64(&reader);
    if (!reader_done(&reader)) return record_corrupt(err, "a count");
    *out = counts;
    return true;
}
