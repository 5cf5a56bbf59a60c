/* SPDX-License-Identifier: Apache-2.0
 * Accepting a message: known ids, times, thread, limits, item, all in one transaction.
 */
#include <string.h>

#include "matcher/budget.h"
#include "matcher/daily.h"
#include "matcher/mailbox_internal.h"
#include "proto/base/clock.h"

/* One message on its way in. What refuses it sets `refused` beside `err`; any other failure is the
 * store's. */
struct arrival {
    struct mailbox *mailbox;
    struct store_txn *txn;
    const struct mailbox_put *put;
    struct mail_party from, to;
    uint8_t hash[HASH_BYTES];
    struct item_record item;
    struct mail_thread thread;
    int64_t thread_was_at; /* its last_at; 0: it begins now */
    uint32_t today;        /* messages of the sender that were accepted today */
    bool known, refused;
    int64_t accepted_at;
};

#define REFUSE(arrival, ...) ((arrival)->refused = true, err_set(err, __VA_ARGS__))

/* ---- known already? ---- */

static bool check_seen(struct arrival *arrival, struct err *err)
{
    uint8_t key[SEEN_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    struct seen_record seen;
    seen_key(&arrival->from, arrival->put->mail->mail_id, key);
    if (!store_get(arrival->txn, MAILBOX_SEEN, key, sizeof key, &value, &len, &found, err)) {
        return false;
    }
    if (!found) return true;
    if (!seen_decode(value, len, &seen, err)) return false;
    if (sodium_memcmp(seen.hash, arrival->hash, HASH_BYTES) != 0) {
        return REFUSE(arrival, ERR_EXISTS, "mail_id", "another message has this id");
    }
    arrival->known = true;
    arrival->accepted_at = seen.accepted_at;
    return true;
}

static bool check_time(struct arrival *arrival, struct err *err)
{
    int64_t sent_at = arrival->put->mail->sent_at, now_ms = arrival->put->now_ms, forgotten = 0;
    uint32_t days = arrival->mailbox->limits.days;
    if (!forgotten_read(arrival->txn, &forgotten, err)) return false;
    if (sent_at > now_ms + CLOCK_SKEW_MS) {
        return REFUSE(arrival, ERR_EXPIRED, "sent_at",
                      "lies more than two minutes ahead of the matcher's clock");
    }
    if (sent_at < now_ms - (int64_t)days * MAILBOX_DAY_MS || sent_at <= forgotten) {
        return REFUSE(arrival, ERR_EXPIRED, "sent_at",
                      "the message was written more than %u days ago", days);
    }
    return true;
}

static bool check_receiver(struct arrival *arrival, struct err *err)
{
    uint8_t key[PARTY_KEY];
    const uint8_t *value = NULL;
    size_t len = 0;
    bool found = false;
    if (arrival->put->barred) {
        *err = *arrival->put->barred;
        arrival->refused = true;
        return false;
    }
    mail_party_key(&arrival->to, key);
    if (!store_get(arrival->txn, MAILBOX_PARTIES, key, sizeof key, &value, &len, &found, err)) {
        return false;
    }
    return found || REFUSE(arrival, ERR_NOT_FOUND, "to", "%s %s has never been seen here",
                           role_name(arrival->to.role), arrival->to.id);
}

/* ---- thread ---- */

static const char *la_of(const struct mail *mail)
{
    return mail->from_role == ROLE_LA ? mail->from : mail->to;
}

static const char *agency_of(const struct mail *mail)
{
    return mail->from_role == ROLE_AGENT ? mail->from : mail->to;
}

static void begin_thread(struct mail_thread *thread, const struct mail *mail, int64_t now_ms)
{
    *thread = (struct mail_thread){.opened_at = now_ms};
    memcpy(thread->thread_id, mail->thread_id, MAIL_ID_BYTES);
    memcpy(thread->la, la_of(mail), sizeof thread->la);
    memcpy(thread->agency, agency_of(mail), sizeof thread->agency);
}

/* Of a thread of others it is told no more than of one that is not known. */
static bool check_thread(struct arrival *arrival, struct err *err)
{
    const struct mail *mail = arrival->put->mail;
    struct mail_thread *thread = &arrival->thread;
    int64_t now_ms = arrival->put->now_ms;
    bool found = false;
    if (!thread_read(arrival->txn, mail->thread_id, thread, &found, err)) return false;
    if (mail_begins(mail)) {
        if (found) return REFUSE(arrival, ERR_EXISTS, "thread_id", "a thread has this id already");
        begin_thread(thread, mail, now_ms);
    } else if (!found || strcmp(thread->la, la_of(mail)) != 0 ||
               strcmp(thread->agency, agency_of(mail)) != 0) {
        return REFUSE(arrival, ERR_NOT_FOUND, "thread_id",
                      "the matcher knows no such thread of the two parties; one in which nothing "
                      "was written for %u days is forgotten",
                      MAILBOX_COUNTED_DAYS + arrival->mailbox->limits.days);
    }
    arrival->thread_was_at = thread->last_at;
    thread->last_at = now_ms;
    if (mail->from_role == ROLE_AGENT && thread->answered_at == 0) thread->answered_at = now_ms;
    if (mail->closes && thread->closed_at == 0) thread->closed_at = now_ms;
    return true;
}

/* ---- limits ---- */

static struct daily day_of(const struct arrival *arrival, const uint8_t key[PARTY_KEY])
{
    return (struct daily){arrival->txn, MAILBOX_DAYS, key, PARTY_KEY};
}

static bool check_day(struct arrival *arrival, struct err *err)
{
    uint8_t key[PARTY_KEY];
    mail_party_key(&arrival->from, key);
    const struct daily daily = day_of(arrival, key);
    uint32_t limit = arrival->mailbox->limits.per_day;
    if (!daily_read(&daily, clock_london_day(arrival->put->now_ms), &arrival->today, err)) {
        return false;
    }
    char renewal[CLOCK_TEXT];
    clock_format(budget_renewal(arrival->put->now_ms), renewal);
    return arrival->today < limit ||
           REFUSE(arrival, ERR_BUDGET, "mail_per_day",
                  "the %u messages of this day are used up; the count begins anew at %s", limit,
                  renewal);
}

/* Of what one mailbox holds, at most as much as one sender may have waiting: nobody fills a mailbox
 * alone, and keeps others out of it. */
static uint64_t share_of(uint64_t limit)
{
    return limit - limit / 4;
}

/* A sender that does not take the notices of what became of its messages would let them grow. */
static bool check_sender(struct arrival *arrival, uint64_t bytes, struct err *err)
{
    const struct mailbox_limits *limits = &arrival->mailbox->limits;
    struct counts own, sent;
    if (!counts_read(arrival->txn, COUNTED_BOX, &arrival->from, &own, err) ||
        !counts_read(arrival->txn, COUNTED_SENDER, &arrival->from, &sent, err)) {
        return false;
    }
    if (own.notices >= limits->items) {
        return REFUSE(arrival, ERR_BUDGET, "mailbox_items",
                      "%llu notices wait in the sender's own mailbox: they are to be taken first",
                      (unsigned long long)own.notices);
    }
    if (sent.mails >= share_of(limits->items)) {
        return REFUSE(arrival, ERR_BUDGET, "mailbox_items",
                      "%llu messages of this sender wait already", (unsigned long long)sent.mails);
    }
    return sent.bytes + bytes <= share_of((uint64_t)limits->mib << 20) ||
           REFUSE(arrival, ERR_BUDGET, "mailbox_mib",
                  "messages of this sender that nobody has taken yet would be more than three "
                  "quarters of %u MiB",
                  limits->mib);
}

static bool check_box(struct arrival *arrival, uint64_t bytes, struct err *err)
{
    const struct mailbox_limits *limits = &arrival->mailbox->limits;
    struct counts box;
    if (!counts_read(arrival->txn, COUNTED_BOX, &arrival->to, &box, err)) return false;
    if (box.mails >= limits->items) {
        return REFUSE(arrival, ERR_BUDGET, "mailbox_items",
                      "%u messages wait in the receiver's mailbox already", limits->items);
    }
    return box.bytes + bytes <= (uint64_t)limits->mib << 20 ||
           REFUSE(arrival, ERR_BUDGET, "mailbox_mib",
                  "the receiver's mailbox would hold more than %u MiB", limits->mib);
}

static bool check_store(struct arrival *arrival, uint64_t bytes, struct err *err)
{
    struct counts all;
    size_t seen = 0, threads = 0;
    if (!counts_read(arrival->txn, COUNTED_ALL, NULL, &all, err) ||
        !store_count(arrival->txn, MAILBOX_SEEN, &seen, err) ||
        !store_count(arrival->txn, MAILBOX_THREADS, &threads, err)) {
        return false;
    }
    uint64_t used = all.bytes + (uint64_t)RECORD_ROOM * (seen + threads);
    return used + bytes <= (uint64_t)arrival->mailbox->limits.max_mib << 20 ||
           REFUSE(arrival, ERR_BUDGET, "mail_max_mib", "the matcher's store for messages is full");
}

static bool check_limits(struct arrival *arrival, struct err *err)
{
    uint64_t bytes = item_room(&arrival->item);
    return check_day(arrival, err) && check_sender(arrival, bytes, err) &&
           check_box(arrival, bytes, err) && check_store(arrival, bytes, err);
}

/* ---- writing ---- */

static bool write_seen(struct arrival *arrival, struct err *err)
{
    uint8_t key[SEEN_KEY];
    struct buf value = {0};
    struct seen_record seen = {.accepted_at = arrival->put->now_ms,
                               .sent_at = arrival->put->mail->sent_at};
    memcpy(seen.hash, arrival->hash, HASH_BYTES);
    seen_key(&arrival->from, arrival->put->mail->mail_id, key);
    seen_encode(&seen, &value);
    bool ok = store_put(arrival->txn, MAILBOX_SEEN, key, sizeof key, value.data, value.len, err) &&
              due_add(arrival->txn, DUE_SEEN, seen.accepted_at, key, sizeof key, err);
    buf_free(&value);
    return ok;
}

static bool write_day(struct arrival *arrival, struct err *err)
{
    uint8_t key[PARTY_KEY];
    mail_party_key(&arrival->from, key);
    const struct daily daily = day_of(arrival, key);
    return daily_write(&daily, clock_london_day(arrival->put->now_ms), arrival->today + 1, err);
}

static bool accept(struct arrival *arrival, struct err *err)
{
    uint64_t number = 0;
    arrival->accepted_at = arrival->put->now_ms;
    return write_seen(arrival, err) && write_day(arrival, err) &&
           thread_write(arrival->txn, &arrival->thread, arrival->thread_was_at, err) &&
           item_append(arrival->txn, &arrival->to, &arrival->item, &number, err);
}

static struct item_record item_of(const struct mailbox_put *put)
{
    const struct signed_bytes *certificate = &put->sender->raw;
    struct item_record item = {.kind = ITEM_MAIL,
                               .at_ms = put->now_ms,
                               .from = mail_sender(put->mail),
                               .body = put->body,
                               .body_len = put->len,
                               .signature = put->signature,
                               .certificate = certificate->body.data,
                               .certificate_len = certificate->body.len,
                               .certificate_signature = certificate->signature};
    memcpy(item.mail_id, put->mail->mail_id, MAIL_ID_BYTES);
    memcpy(item.thread_id, put->mail->thread_id, MAIL_ID_BYTES);
    return item;
}

static bool take_in(struct arrival *arrival, struct err *err)
{
    if (!check_seen(arrival, err)) return false;
    return arrival->known ||
           (check_time(arrival, err) && check_receiver(arrival, err) &&
            check_thread(arrival, err) && check_limits(arrival, err) && accept(arrival, err));
}

static void answer(const struct arrival *arrival, const struct err *reason,
                   struct mailbox_answer *out)
{
    *out = (struct mailbox_answer){
        .refused = arrival->refused, .known = arrival->known, .accepted_at = arrival->accepted_at};
    if (arrival->refused) out->reason = *reason;
}

bool mailbox_put(struct mailbox *mailbox, const struct mailbox_put *put, struct mailbox_answer *out,
                 struct err *err)
{
    struct arrival arrival = {.mailbox = mailbox,
                              .put = put,
                              .from = mail_sender(put->mail),
                              .to = mail_receiver(put->mail),
                              .item = item_of(put)};
    hash_once(arrival.hash, TAG_MAIL, put->body, put->len);
    if (!store_begin(mailbox->store, true, &arrival.txn, err)) return false;
    bool ok = take_in(&arrival, err);
    if (!ok || arrival.known) {
        store_abort(arrival.txn);
    } else {
        ok = store_commit(arrival.txn, err);
    }
    /* The file cannot grow any more: that will not change for this message. */
    if (!ok && err->code == ERR_BUDGET) arrival.refused = true;
    if (ok || arrival.refused) answer(&arrival, err, out);
    return ok || arrival.refused;
}
