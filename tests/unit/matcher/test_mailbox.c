/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes: what is accepted, in which order it goes, the limits, what becomes of what nobody
 * takes, and that nothing malformed is believed.
 */
#include "tests/unit/matcher/letters.h"

static void accepted_once_and_kept(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    int64_t first_ms = scene->now_ms;
    must_accept(scene, &letter);
    scene_reopen(scene);
    scene->now_ms += HOUR;
    struct mailbox_answer again = letter_put(scene, &letter);
    assert_true(again.known && !again.refused);
    assert_int_equal(again.accepted_at, first_ms);

    const struct mail_party agency = party_of(&scene->agency);
    struct mailbox_item item;
    struct err err = {0};
    bool found = false, withheld = false;
    parties_must(mailbox_next(scene->mailbox, &agency, 0, SIZE_MAX, &item, &found, &withheld, &err),
                 &err);
    assert_true(found && !withheld && item.number == 1 && item.kind == ITEM_MAIL);
    assert_int_equal(item.at_ms, first_ms);
    assert_int_equal(item.mail.body.len, letter.body.len);
    assert_memory_equal(item.mail.body.data, letter.body.data, letter.body.len);
    assert_memory_equal(item.mail.signature, letter.signature, SIGNATURE_BYTES);
    const struct signed_bytes *raw = &certificate_of(&scene->la)->raw;
    assert_int_equal(item.sender.body.len, raw->body.len);
    assert_memory_equal(item.sender.body.data, raw->body.data, raw->body.len);
    assert_memory_equal(item.sender.signature, raw->signature, SIGNATURE_BYTES);
    mailbox_item_free(&item);
    parties_must(mailbox_next(scene->mailbox, &agency, 1, SIZE_MAX, &item, &found, &withheld, &err),
                 &err);
    assert_false(found);

    /* Known after it was taken, too, and however its receiver stands by then. */
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    assert_false(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    assert_true(letter_put(scene, &letter).known);
    scene_check(scene);
    buf_free(&letter.body);
    scene_end(scene);
}

static void an_id_names_one_message(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    must_accept(scene, &letter);
    letter.body.data[7] ^= 1;
    must_refuse(scene, &letter, ERR_EXISTS, "mail_id");
    /* Ids of different senders have nothing to do with one another; threads have. */
    struct letter own = must_send(scene, &scene->other_la, &scene->agency, NULL);
    struct letter other = letter_of(scene, &scene->other_la, &scene->agency, &own, LETTER_BYTES);
    memcpy(other.mail.mail_id, letter.mail.mail_id, MAIL_ID_BYTES);
    must_accept(scene, &other);
    memcpy(other.mail.thread_id, letter.mail.mail_id, MAIL_ID_BYTES);
    randombytes_buf(other.mail.mail_id, MAIL_ID_BYTES);
    must_refuse(scene, &other, ERR_NOT_FOUND, "thread_id");
    scene_check(scene);
    buf_free(&other.body);
    buf_free(&letter.body);
    scene_end(scene);
}

static void items_go_in_order(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    uint8_t ids[20][MAIL_ID_BYTES];
    for (size_t i = 0; i < 20; i++) {
        const struct party *from = i % 3 ? &scene->la : &scene->other_la;
        struct letter letter = must_send(scene, from, &scene->agency, NULL);
        memcpy(ids[i], letter.mail.mail_id, MAIL_ID_BYTES);
        (void)must_send(scene, from, &scene->other_agency, NULL);
    }
    assert_true(item_ack(scene, &scene->agency, 20, NOTICE_TAKEN)); /* a number is not used again */
    struct letter last = must_send(scene, &scene->la, &scene->agency, NULL);
    size_t count = 0;
    struct mailbox_item *items = items_of(scene, &scene->agency, &count);
    assert_int_equal(count, 20);
    for (size_t i = 0; i < 19; i++) assert_memory_equal(items[i].mail_id, ids[i], MAIL_ID_BYTES);
    assert_int_equal(items[19].number, 21);
    assert_memory_equal(items[19].mail_id, last.mail.mail_id, MAIL_ID_BYTES);
    const struct mail_party agency = party_of(&scene->agency);
    uint64_t newest = 0, waiting = 0;
    struct err err = {0};
    parties_must(mailbox_newest(scene->mailbox, &agency, &newest, &err) &&
                     mailbox_waiting(scene->mailbox, &waiting, &err),
                 &err);
    assert_int_equal(newest, 21);
    assert_int_equal(waiting, 40);
    free(items);
    scene_check(scene);
    scene_end(scene);
}

static void large_items_are_withheld(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    const struct mail_party agency = party_of(&scene->agency);
    struct mailbox_item item;
    bool found = false, withheld = false;
    struct err err = {0};
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, 100000);
    must_accept(scene, &letter);
    parties_must(mailbox_next(scene->mailbox, &agency, 0, 100000, &item, &found, &withheld, &err),
                 &err);
    assert_true(found && withheld && item.mail.body.len == 0 && item.bytes > 100000);
    parties_must(
        mailbox_next(scene->mailbox, &agency, 0, item.bytes, &item, &found, &withheld, &err), &err);
    assert_true(found && !withheld && item.mail.body.len == 100000);
    mailbox_item_free(&item);
    buf_free(&letter.body);
    scene_end(scene);
}

/* ---- who may write to whom, and where ---- */

static void receivers_must_be_known(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    (void)snprintf(letter.mail.to, sizeof letter.mail.to, "agent-9");
    must_refuse(scene, &letter, ERR_NOT_FOUND, "to");
    (void)snprintf(letter.mail.to, sizeof letter.mail.to, "la-1"); /* an id of another role */
    must_refuse(scene, &letter, ERR_NOT_FOUND, "to");

    /* What keeps a receiver from being written to does not undo what was accepted. */
    struct letter known = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    must_accept(scene, &known);
    struct err barred = {0}, err = {0};
    (void)err_set(&barred, ERR_DENIED, "to", "revoked");
    struct mailbox_put put = {.mail = &known.mail,
                              .body = known.body.data,
                              .len = known.body.len,
                              .signature = known.signature,
                              .sender = certificate_of(&scene->la),
                              .barred = &barred,
                              .now_ms = scene->now_ms};
    struct mailbox_answer answer;
    parties_must(mailbox_put(scene->mailbox, &put, &answer, &err), &err);
    assert_true(answer.known && !answer.refused);
    randombytes_buf(known.mail.mail_id, MAIL_ID_BYTES);
    parties_must(mailbox_put(scene->mailbox, &put, &answer, &err), &err);
    assert_true(answer.refused && answer.reason.code == ERR_DENIED);
    buf_free(&known.body);
    buf_free(&letter.body);
    scene_end(scene);
}

static void certificates_are_noted(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    const struct mail_party agency = party_of(&scene->agency);
    const struct mail_party unknown = {.role = ROLE_LA, .id = "agent-1"};
    struct certificate certificate = {0};
    struct err err = {0};
    bool found = true;
    parties_must(mailbox_party(scene->mailbox, &unknown, &certificate, &found, &err), &err);
    assert_false(found);
    parties_must(mailbox_party(scene->mailbox, &agency, &certificate, &found, &err), &err);
    assert_true(found && certificate.serial == certificate_of(&scene->agency)->serial);
    certificate_free(&certificate);

    uint64_t version = store_version(scene->mailbox->store);
    parties_must(mailbox_note_party(scene->mailbox, certificate_of(&scene->agency), &err), &err);
    assert_int_equal(store_version(scene->mailbox->store), version); /* nothing was written */
    struct party renewed = parties_add(scene->parties, ROLE_AGENT, "agent-1");
    parties_must(mailbox_note_party(scene->mailbox, certificate_of(&renewed), &err), &err);
    scene_reopen(scene);
    parties_must(mailbox_party(scene->mailbox, &agency, &certificate, &found, &err), &err);
    assert_true(found && certificate.serial == certificate_of(&renewed)->serial);
    certificate_free(&certificate);
    party_close(&renewed);
    scene_end(scene);
}

static void threads_belong_to_two(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter referral = must_send(scene, &scene->la, &scene->agency, NULL);
    (void)must_send(scene, &scene->agency, &scene->la, &referral);
    (void)must_send(scene, &scene->la, &scene->agency, &referral);
    struct letter unknown = letter_of(scene, &scene->la, &scene->agency, NULL, 1);
    must_not_send(scene, &scene->agency, &scene->la, &unknown, ERR_NOT_FOUND, "thread_id");
    must_not_send(scene, &scene->la, &scene->agency, &unknown, ERR_NOT_FOUND, "thread_id");
    must_not_send(scene, &scene->la, &scene->other_agency, &referral, ERR_NOT_FOUND, "thread_id");
    must_not_send(scene, &scene->other_la, &scene->agency, &referral, ERR_NOT_FOUND, "thread_id");
    must_not_send(scene, &scene->other_agency, &scene->la, &referral, ERR_NOT_FOUND, "thread_id");
    must_not_send(scene, &scene->agency, &scene->other_la, &referral, ERR_NOT_FOUND, "thread_id");
    buf_free(&unknown.body);
    /* Nor is a thread begun a second time. */
    struct letter again = letter_of(scene, &scene->other_la, &scene->agency, NULL, LETTER_BYTES);
    memcpy(again.mail.mail_id, referral.mail.mail_id, MAIL_ID_BYTES);
    memcpy(again.mail.thread_id, referral.mail.mail_id, MAIL_ID_BYTES);
    must_refuse(scene, &again, ERR_EXISTS, "thread_id");
    buf_free(&again.body);
    scene_check(scene);
    scene_end(scene);
}

struct found_thread {
    struct mail_thread thread;
    size_t count;
};

static bool keep_thread(const struct mail_thread *thread, void *ctx, struct err *err)
{
    struct found_thread *found = ctx;
    (void)err;
    found->thread = *thread;
    found->count++;
    return true;
}

static struct found_thread find_threads(struct scene *scene)
{
    struct found_thread found = {.count = 0};
    struct err err = {0};
    parties_must(mailbox_threads(scene->mailbox, keep_thread, &found, &err), &err);
    return found;
}

static void threads_remember_times(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    int64_t begin = scene->now_ms;
    struct letter referral = must_send(scene, &scene->la, &scene->agency, NULL);
    scene->now_ms = begin + HOUR;
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    scene->now_ms = begin + 2 * HOUR;
    (void)must_send(scene, &scene->la, &scene->agency, &referral); /* no answer */
    scene->now_ms = begin + 3 * HOUR;
    (void)must_send(scene, &scene->agency, &scene->la, &referral);
    scene->now_ms = begin + 4 * HOUR;
    (void)must_send(scene, &scene->agency, &scene->la, &referral);
    scene->now_ms = begin + 5 * HOUR;
    struct letter end = letter_of(scene, &scene->la, &scene->agency, &referral, LETTER_BYTES);
    end.mail.closes = true;
    must_accept(scene, &end);
    buf_free(&end.body);
    scene->now_ms = begin + 6 * HOUR;
    assert_true(item_ack(scene, &scene->agency, 2, NOTICE_TAKEN)); /* not the referral */
    struct found_thread found = find_threads(scene);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.thread.la, "la-1");
    assert_string_equal(found.thread.agency, "agent-1");
    assert_int_equal(found.thread.opened_at, begin);
    assert_int_equal(found.thread.taken_at, begin + HOUR);
    assert_int_equal(found.thread.answered_at, begin + 3 * HOUR);
    assert_int_equal(found.thread.closed_at, begin + 5 * HOUR);
    assert_int_equal(found.thread.last_at, begin + 5 * HOUR);
    scene_check(scene);
    scene_end(scene);
}

/* ---- limits ---- */

static void mailboxes_hold_so_many(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.items = 3;
    scene_reopen(scene);
    for (int i = 0; i < 3; i++) (void)must_send(scene, &scene->la, &scene->agency, NULL);
    must_not_send(scene, &scene->la, &scene->agency, NULL, ERR_BUDGET, "mailbox_items");
    must_not_send(scene, &scene->other_la, &scene->agency, NULL, ERR_BUDGET, "mailbox_items");
    (void)must_send(scene, &scene->other_la, &scene->other_agency, NULL);
    assert_true(item_ack(scene, &scene->agency, 2, NOTICE_TAKEN));
    (void)must_send(scene, &scene->other_la, &scene->agency, NULL);
    scene_check(scene);
    scene_end(scene);
}

/* To keep others out of an agency's mailbox takes two. */
static void nobody_fills_a_mailbox_alone(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.items = 4;
    scene_reopen(scene);
    for (int i = 0; i < 3; i++) (void)must_send(scene, &scene->la, &scene->agency, NULL);
    must_not_send(scene, &scene->la, &scene->agency, NULL, ERR_BUDGET, "mailbox_items");
    must_not_send(scene, &scene->la, &scene->other_agency, NULL, ERR_BUDGET, "mailbox_items");
    (void)must_send(scene, &scene->other_la, &scene->agency, NULL);
    must_not_send(scene, &scene->other_la, &scene->agency, NULL, ERR_BUDGET, "mailbox_items");
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    scene_check(scene);
    scene_end(scene);
}

static void notices_have_to_be_taken(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.items = 3;
    scene_reopen(scene);
    for (uint64_t i = 1; i <= 3; i++) {
        (void)must_send(scene, &scene->la, &scene->agency, NULL);
        assert_true(item_ack(scene, &scene->agency, i, NOTICE_TAKEN));
    }
    must_not_send(scene, &scene->la, &scene->agency, NULL, ERR_BUDGET, "mailbox_items");
    struct letter referral = must_send(scene, &scene->other_la, &scene->agency, NULL);
    assert_true(item_ack(scene, &scene->la, 2, NOTICE_TAKEN));
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    /* They are no messages: they do not keep messages out. */
    (void)must_send(scene, &scene->agency, &scene->other_la, &referral);
    scene_check(scene);
    scene_end(scene);
}

static void put_many(struct scene *scene, const struct party *from, const struct party *to,
                     size_t count, size_t bytes)
{
    for (size_t i = 0; i < count; i++) {
        struct letter letter = letter_of(scene, from, to, NULL, bytes);
        must_accept(scene, &letter);
        buf_free(&letter.body);
    }
}

static void sizes_are_bounded(void **state)
{
    enum { MIB = 1 << 20 };
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.mib = 8;
    scene_reopen(scene);
    put_many(scene, &scene->la, &scene->agency, 5, MIB);
    put_many(scene, &scene->other_la, &scene->agency, 2, MIB);
    struct letter large = letter_of(scene, &scene->other_la, &scene->agency, NULL, MIB);
    must_refuse(scene, &large, ERR_BUDGET, "mailbox_mib"); /* the mailbox is full */
    buf_free(&large.body);
    large = letter_of(scene, &scene->la, &scene->other_agency, NULL, MIB);
    must_refuse(scene, &large, ERR_BUDGET, "mailbox_mib"); /* so much of one sender waits */
    buf_free(&large.body);
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    put_many(scene, &scene->la, &scene->other_agency, 1, MIB);
    scene_check(scene);
    scene_end(scene);
}

/* However full it is, what goes can go. */
static void the_store_is_bounded(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.max_mib = 16;
    scene_reopen(scene);
    put_many(scene, &scene->la, &scene->agency, 15, 1 << 20);
    struct letter large = letter_of(scene, &scene->other_la, &scene->other_agency, NULL, 1 << 20);
    must_refuse(scene, &large, ERR_BUDGET, "mail_max_mib");
    size_t small = 0;
    for (;; small++) {
        struct letter letter =
            letter_of(scene, &scene->other_la, &scene->other_agency, NULL, LETTER_BYTES);
        struct mailbox_answer answer = letter_put(scene, &letter);
        buf_free(&letter.body);
        if (answer.refused) break;
    }
    assert_in_range(small, 50, 499);
    for (uint64_t i = 1; i <= 15; i++) {
        assert_true(item_ack(scene, &scene->agency, i, NOTICE_TAKEN));
    }
    must_accept(scene, &large);
    buf_free(&large.body);
    scene_check(scene);
    scene_end(scene);
}

static void days_are_bounded(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    scene->limits.per_day = 2;
    scene_reopen(scene);
    struct letter first = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    must_accept(scene, &first);
    for (int i = 0; i < 5; i++) assert_true(letter_put(scene, &first).known); /* costs nothing */
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    must_not_send(scene, &scene->la, &scene->agency, NULL, ERR_BUDGET, "mail_per_day");
    scene_reopen(scene);
    must_not_send(scene, &scene->la, &scene->other_agency, NULL, ERR_BUDGET, "mail_per_day");
    (void)must_send(scene, &scene->other_la, &scene->agency, NULL);
    scene->now_ms += DAY;
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    buf_free(&first.body);
    scene_check(scene);
    scene_end(scene);
}

/* ---- time ---- */

static void old_and_early_ones_are_refused(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    int64_t now_ms = scene->now_ms;
    letter.mail.sent_at = now_ms - 14 * DAY - 1;
    must_refuse(scene, &letter, ERR_EXPIRED, "sent_at");
    letter.mail.sent_at = now_ms + CLOCK_SKEW_MS + 1;
    must_refuse(scene, &letter, ERR_EXPIRED, "sent_at");
    letter.mail.sent_at = now_ms + CLOCK_SKEW_MS;
    must_accept(scene, &letter);
    randombytes_buf(letter.mail.mail_id, MAIL_ID_BYTES);
    memcpy(letter.mail.thread_id, letter.mail.mail_id, MAIL_ID_BYTES);
    letter.mail.sent_at = now_ms - 14 * DAY;
    must_accept(scene, &letter);
    buf_free(&letter.body);
    scene_end(scene);
}

static size_t expire(struct scene *scene, struct mailbox_gone gone[MAILBOX_BATCH])
{
    size_t count = 0;
    struct err err = {0};
    parties_must(mailbox_expire(scene->mailbox, scene->now_ms, gone, &count, &err), &err);
    return count;
}

static void expiry_tells_the_sender(void **state)
{
    struct scene *scene = *state;
    struct mailbox_gone gone[MAILBOX_BATCH];
    scene_begin(scene);
    struct letter first = must_send(scene, &scene->la, &scene->agency, NULL);
    scene->now_ms += DAY;
    struct letter second = must_send(scene, &scene->other_la, &scene->agency, NULL);
    struct letter taken = must_send(scene, &scene->other_la, &scene->other_agency, NULL);
    assert_true(item_ack(scene, &scene->other_agency, 1, NOTICE_TAKEN));
    scene->now_ms += 13 * DAY;
    assert_int_equal(expire(scene, gone), 0);
    scene->now_ms += 1;
    assert_int_equal(expire(scene, gone), 1);
    assert_memory_equal(gone[0].mail_id, first.mail.mail_id, MAIL_ID_BYTES);
    assert_string_equal(gone[0].from.id, "la-1");
    assert_string_equal(gone[0].to.id, "agent-1");
    assert_int_equal(expire(scene, gone), 0);
    scene_reopen(scene);
    size_t count = 0;
    struct mailbox_item *items = items_of(scene, &scene->la, &count);
    assert_int_equal(count, 1);
    assert_int_equal(items[0].kind, ITEM_NOTICE);
    assert_int_equal(items[0].state, NOTICE_EXPIRED);
    assert_int_equal(items[0].at_ms, scene->now_ms);
    assert_memory_equal(items[0].mail_id, first.mail.mail_id, MAIL_ID_BYTES);
    free(items);
    assert_int_equal(find_threads(scene).count, 3);
    items = items_of(scene, &scene->other_la, &count);
    assert_true(count == 1 && items[0].state == NOTICE_TAKEN);
    assert_memory_equal(items[0].mail_id, taken.mail.mail_id, MAIL_ID_BYTES);
    free(items);
    items = items_of(scene, &scene->agency, &count);
    assert_true(count == 1 && items[0].number == 2);
    assert_memory_equal(items[0].mail_id, second.mail.mail_id, MAIL_ID_BYTES);
    free(items);
    scene_check(scene);
    /* Notices wait as long as they must. */
    scene->now_ms += 1000 * DAY;
    assert_int_equal(expire(scene, gone), 1);
    items = items_of(scene, &scene->la, &count);
    assert_int_equal(count, 1);
    free(items);
    scene_check(scene);
    scene_end(scene);
}

static void unreadable_ones_are_told(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_UNREADABLE));
    size_t count = 0;
    struct mailbox_item *items = items_of(scene, &scene->la, &count);
    assert_true(count == 1 && items[0].state == NOTICE_UNREADABLE);
    free(items);
    assert_int_equal(find_threads(scene).thread.taken_at, 0);
    scene_check(scene);
    scene_end(scene);
}

static void forget(struct scene *scene)
{
    struct err err = {0};
    parties_must(mailbox_forget(scene->mailbox, scene->now_ms, &err), &err);
}

/* A copy of a message whose id is forgotten is not taken for a new one, whatever mail_days says by
 * then. */
static void what_is_forgotten_does_not_come_back(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter letter = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    must_accept(scene, &letter);
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    scene->now_ms += 28 * DAY;
    forget(scene);
    assert_true(letter_put(scene, &letter).known);
    scene->now_ms += 1;
    forget(scene);
    must_refuse(scene, &letter, ERR_EXPIRED, "sent_at");
    scene->limits.days = 90;
    scene_reopen(scene);
    must_refuse(scene, &letter, ERR_EXPIRED, "sent_at");
    (void)must_send(scene, &scene->la, &scene->agency, NULL);
    scene_check(scene);
    buf_free(&letter.body);
    scene_end(scene);
}

static void silent_threads_are_forgotten(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter silent = must_send(scene, &scene->la, &scene->agency, NULL);
    struct letter lively = must_send(scene, &scene->la, &scene->agency, NULL);
    scene->now_ms += 100 * DAY;
    (void)must_send(scene, &scene->agency, &scene->la, &lively);
    scene->now_ms += 94 * DAY;
    forget(scene);
    assert_int_equal(find_threads(scene).count, 2);
    scene->now_ms += 1;
    forget(scene);
    assert_int_equal(find_threads(scene).count, 1);
    (void)must_send(scene, &scene->la, &scene->agency, &lively);
    must_not_send(scene, &scene->agency, &scene->la, &silent, ERR_NOT_FOUND, "thread_id");
    scene_check(scene);
    scene_end(scene);
}

/* No call does more than so much. */
static void work_is_bounded(void **state)
{
    struct scene *scene = *state;
    struct mailbox_gone gone[MAILBOX_BATCH];
    scene_begin(scene);
    for (int i = 0; i < MAILBOX_BATCH + 10; i++) {
        (void)must_send(scene, &scene->la, &scene->agency, NULL);
    }
    scene->now_ms += 300 * DAY;
    assert_int_equal(expire(scene, gone), MAILBOX_BATCH);
    scene_check(scene);
    assert_int_equal(expire(scene, gone), 10);
    assert_int_equal(expire(scene, gone), 0);
    forget(scene);
    assert_int_equal(find_threads(scene).count, 10);
    scene_check(scene);
    forget(scene);
    assert_int_equal(find_threads(scene).count, 0);
    uint64_t version = store_version(scene->mailbox->store);
    forget(scene); /* with nothing to do it does not write */
    assert_int_equal(expire(scene, gone), 0);
    assert_int_equal(store_version(scene->mailbox->store), version);
    scene_check(scene);
    scene_end(scene);
}

/* ---- what has gone ---- */

static bool file_holds(const struct scene *scene, const struct letter *letter)
{
    struct buf bytes = {0};
    struct err err = {0};
    char *path = file_join(scene->home, HOME_MAIL "/data.mdb");
    parties_must(file_read(path, SIZE_MAX, &bytes, &err), &err);
    bool holds = memmem(bytes.data, bytes.len, letter->body.data, letter->body.len) != NULL;
    buf_free(&bytes);
    free(path);
    return holds;
}

/* Whoever gets the disk and, later, a receiver's key reads nothing that was taken before. */
static void what_was_taken_is_erased(void **state)
{
    struct scene *scene = *state;
    scene_begin(scene);
    struct letter taken = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    struct letter waits = letter_of(scene, &scene->la, &scene->agency, NULL, LETTER_BYTES);
    struct err err = {0};
    bool done = false;
    must_accept(scene, &taken);
    must_accept(scene, &waits);
    assert_true(item_ack(scene, &scene->agency, 1, NOTICE_TAKEN));
    assert_true(file_holds(scene, &taken));
    parties_must(mailbox_rewrite(scene->mailbox, &done, &err), &err);
    assert_true(done && !file_holds(scene, &taken) && file_holds(scene, &waits));
    scene_check(scene);
    scene_reopen(scene);
    scene_check(scene);
    assert_true(letter_put(scene, &taken).known && letter_put(scene, &waits).known);

    uint64_t version = store_version(scene->mailbox->store);
    parties_must(mailbox_rewrite(scene->mailbox, &done, &err), &err);
    assert_true(done && store_version(scene->mailbox->store) == version); /* nothing to do */
    buf_free(&taken.body);
    buf_free(&waits.body);
    scene_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_once_and_kept),
        cmocka_unit_test(an_id_names_one_message),
        cmocka_unit_test(items_go_in_order),
        cmocka_unit_test(large_items_are_withheld),
        cmocka_unit_test(receivers_must_be_known),
        cmocka_unit_test(certificates_are_noted),
        cmocka_unit_test(threads_belong_to_two),
        cmocka_unit_test(threads_remember_times),
        cmocka_unit_test(mailboxes_hold_so_many),
        cmocka_unit_test(nobody_fills_a_mailbox_alone),
        cmocka_unit_test(notices_have_to_be_taken),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(the_store_is_bounded),
        cmocka_unit_test(days_are_bounded),
        cmocka_unit_test(old_and_early_ones_are_refused),
        cmocka_unit_test(expiry_tells_the_sender),
        cmocka_unit_test(unreadable_ones_are_told),
        cmocka_unit_test(what_is_forgotten_does_not_come_back),
        cmocka_unit_test(silent_threads_are_forgotten),
        cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(what_was_taken_is_erased),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
