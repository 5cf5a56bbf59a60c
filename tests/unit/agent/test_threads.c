/* SPDX-License-Identifier: Apache-2.0
 * What belongs to a referral, and what does not though it says so.
 */
#include "agent/threads.h"

#include "tests/unit/proto/mail/letters.h"

struct world {
    struct parties *parties;
    struct party agent, la, other;
    struct correspondence *c;
};

static int set_up(void **state)
{
    void *parties = NULL;
    struct world *w = mem_new(struct world);
    (void)parties_set_up(&parties);
    w->parties = parties;
    w->agent = parties_add(parties, ROLE_AGENT, "ifa-003");
    w->la = parties_add(parties, ROLE_LA, "la-1");
    w->other = parties_add(parties, ROLE_LA, "la-2");
    w->c = opened(&w->agent);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    void *parties = w->parties;
    correspondence_close(w->c);
    party_close(&w->agent);
    party_close(&w->la);
    party_close(&w->other);
    free(w);
    return parties_tear_down(&parties);
}

/* As it comes from the mailbox, in the thread of that id; NULL: it begins one. */
static struct mail receive_as(struct world *w, const struct party *from, const uint8_t *thread,
                              struct content content, bool closes)
{
    struct entry entry = {.mail = a_mail(thread)};
    struct buf raw = {0};
    struct err err = {0};
    bool fresh = false;
    entry.mail.closes = closes;
    struct signed_bytes mail = written(&entry.mail, from, &w->agent, &content);
    content_encode(&content, &raw);
    must(correspondence_receive(w->c, &entry, identity_certificate(from->identity), &content, &raw,
                                &fresh, &err),
         &err);
    signed_bytes_free(&mail);
    content_wipe(&content);
    buf_wipe(&raw);
    return entry.mail;
}

static struct mail receive(struct world *w, const struct party *from, const uint8_t *thread,
                           struct content content)
{
    return receive_as(w, from, thread, content, false);
}

static const struct thread *with(const struct threads *threads, const char *la)
{
    const struct thread *found = NULL;
    for (size_t i = 0; i < threads->count; i++) {
        if (strcmp(entry_peer(threads->items[i].first), la) != 0) continue;
        assert_null(found);
        found = &threads->items[i];
    }
    assert_non_null(found);
    return found;
}

static void a_referral_and_what_follows_it_are_one_thread(void **state)
{
    struct world *w = *state;
    struct threads threads = {0};
    struct err err = {0};
    struct mail mail = receive(w, &w->la, NULL, a_referral(STAGE_PROFILE));
    (void)receive(w, &w->la, mail.thread_id, a_text(CONTENT_MESSAGE, "more"));
    (void)queued(w->c, &w->agent, &w->la, mail.thread_id, a_text(CONTENT_ANSWER, "who?"));
    must(threads_read(w->c, &threads, &err), &err);
    assert_int_equal(threads.count, 1);
    assert_int_equal(threads.items[0].unread, 2);
    assert_non_null(threads.items[0].answer);
    threads_free(&threads);
}

/* An LA and a matcher together: the LA learns the id of another LA's thread, and the matcher lets
 * its messages into it, before or after the other's. */
static void another_la_gets_no_part_in_a_thread(void **state)
{
    struct world *w = *state;
    struct threads threads = {0};
    struct err err = {0};
    uint8_t id[MAIL_ID_BYTES];
    randombytes_buf(id, sizeof id);
    (void)receive(w, &w->other, id, a_referral(STAGE_FULL)); /* before: an answer would go to it */
    (void)receive(w, &w->la, id, a_referral(STAGE_PROFILE));
    (void)receive_as(w, &w->other, id, a_text(CONTENT_WITHDRAWAL, "it is over"), true);
    must(threads_read(w->c, &threads, &err), &err);
    assert_int_equal(threads.count, 2);
    const struct thread *own = with(&threads, "la-1"), *foreign = with(&threads, "la-2");
    assert_false(own->closed);
    assert_true(foreign->closed);
    assert_int_equal(own->referral->stage, STAGE_PROFILE);
    assert_int_equal(own->unread, 1);
    for (size_t i = 0; i < threads.entry_count; i++) {
        bool mine = strcmp(threads.entries[i].mail.from, "la-1") == 0;
        assert_int_equal(thread_has(own, &threads.entries[i]), mine);
    }
    /* Both have that id: the number of the first entry tells them apart. */
    const struct thread *found = NULL;
    must(threads_find(&threads, "2", &found, &err), &err);
    assert_ptr_equal(found, own);
    threads_free(&threads);
}

/* Told to be over inside of the envelope alone, the agency would not answer, and the matcher, which
 * was not told, would count the referral as unanswered. */
static void a_thread_is_over_where_the_matcher_was_told_so(void **state)
{
    struct world *w = *state;
    struct err err = {0};
    for (int closes = 0; closes <= 1; closes++) {
        struct threads threads = {0};
        struct mail mail = receive(w, &w->la, NULL, a_referral(STAGE_PROFILE));
        (void)receive_as(w, &w->la, mail.thread_id, a_text(CONTENT_WITHDRAWAL, "over"), closes);
        must(threads_read(w->c, &threads, &err), &err);
        assert_true(threads.items[threads.count - 1].closed == (closes == 1));
        threads_free(&threads);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        TEST(a_referral_and_what_follows_it_are_one_thread),
        TEST(another_la_gets_no_part_in_a_thread),
        TEST(a_thread_is_over_where_the_matcher_was_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
