/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/base/file.h"
#include "proto/mail/entry.h"
#include "tests/unit/proto/mail/letters.h"

static size_t count_of(struct correspondence *c)
{
    struct entry *list = NULL;
    size_t count = 0;
    struct err err = {0};
    must(correspondence_list(c, &list, &count, &err), &err);
    for (size_t i = 1; i < count; i++) assert_true(list[i].number > list[i - 1].number);
    entries_free(list, count);
    return count;
}

static struct entry last_of(struct correspondence *c)
{
    struct entry *list = NULL, last = {0};
    size_t count = 0;
    struct err err = {0};
    must(correspondence_list(c, &list, &count, &err), &err);
    if (count > 0) last = list[count - 1];
    entries_free(list, count);
    return last;
}

static void progress(struct correspondence *c, const struct entry *entry, enum mail_state state)
{
    struct err err = {0};
    bool known = false;
    must(correspondence_progress(c, entry->mail.mail_id, state, 1234,
                                 state == MAIL_REFUSED ? "full" : NULL, &known, &err),
         &err);
    assert_true(known);
}

static bool next_is(struct correspondence *c, uint64_t after, const struct entry *expected)
{
    struct entry entry;
    struct signed_bytes mail = {0};
    bool found = false;
    struct err err = {0};
    must(correspondence_next(c, after, &entry, &mail, &found, &err), &err);
    signed_bytes_free(&mail);
    if (found && expected) assert_int_equal(entry.number, expected->number);
    return found;
}

static void what_is_sent_waits_in_order_and_only_goes_forward(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->la);
    struct entry first = queued(c, &w->la, &w->agent, NULL, a_referral(STAGE_PROFILE));
    struct entry second =
        queued(c, &w->la, &w->agent, first.mail.thread_id, a_text(CONTENT_MESSAGE, "more"));
    assert_int_equal(first.kind, CONTENT_REFERRAL);
    assert_int_equal(first.stage, STAGE_PROFILE);
    assert_int_equal(first.state, MAIL_QUEUED);
    correspondence_close(c);
    c = opened(&w->la); /* as after a crash */
    assert_true(next_is(c, 0, &first));
    assert_true(next_is(c, first.number, &second));
    assert_false(next_is(c, second.number, NULL));
    progress(c, &first, MAIL_ACCEPTED);
    assert_true(next_is(c, 0, &second));
    progress(c, &second, MAIL_REFUSED);
    assert_false(next_is(c, 0, NULL));
    assert_string_equal(last_of(c).why, "full");
    progress(c, &second, MAIL_TAKEN); /* it has ended already */
    assert_int_equal(last_of(c).state, MAIL_REFUSED);
    progress(c, &first, MAIL_TAKEN);
    progress(c, &first, MAIL_ACCEPTED);
    progress(c, &first, MAIL_EXPIRED);
    struct entry *list = NULL;
    size_t count = 0;
    struct err err = {0};
    must(correspondence_list(c, &list, &count, &err), &err);
    assert_int_equal(count, 2);
    assert_int_equal(list[0].state, MAIL_TAKEN);
    assert_int_equal(list[0].state_ms, 1234);
    entries_free(list, count);
    bool known = true;
    uint8_t nobody[MAIL_ID_BYTES] = {9};
    must(correspondence_progress(c, nobody, MAIL_TAKEN, 1, NULL, &known, &err), &err);
    assert_false(known);
    correspondence_close(c);
}

/* As it comes from the LA, or a copy of it. */
static bool received(struct correspondence *c, const struct writers *w, const struct mail *mail,
                     const struct content *content)
{
    struct entry entry = {.mail = *mail};
    struct buf raw = {0};
    struct err err = {0};
    bool fresh = false;
    content_encode(content, &raw);
    must(correspondence_receive(c, &entry, identity_certificate(w->la.identity), content, &raw,
                                &fresh, &err),
         &err);
    buf_wipe(&raw);
    return fresh;
}

static struct mail from_la(const struct writers *w, const uint8_t *thread,
                           const struct content *content)
{
    struct mail mail = a_mail(thread);
    struct signed_bytes bytes = written(&mail, &w->la, &w->agent, content);
    signed_bytes_free(&bytes);
    return mail;
}

static void what_comes_is_kept_once(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_FULL);
    struct mail mail = from_la(w, NULL, &content);
    struct err err = {0};
    assert_true(received(c, w, &mail, &content));
    assert_false(received(c, w, &mail, &content));
    correspondence_close(c);
    c = opened(&w->agent);
    assert_false(received(c, w, &mail, &content));
    assert_int_equal(count_of(c), 1);
    struct entry entry = last_of(c);
    assert_true(entry.incoming && !entry.read);
    assert_string_equal(entry.peer_name, "Test la-1");
    assert_string_equal(entry_peer(&entry), "la-1");
    must(correspondence_mark_read(c, entry.number, &err), &err);
    assert_true(last_of(c).read);
    struct buf raw = {0}, expected = {0};
    must(correspondence_content(c, entry.number, &raw, &err), &err);
    content_encode(&content, &expected);
    assert_int_equal(raw.len, expected.len);
    assert_memory_equal(raw.data, expected.data, raw.len);
    buf_wipe(&raw);
    buf_wipe(&expected);
    struct certificate la = {0};
    bool found = false;
    must(correspondence_party(c, ROLE_LA, "la-1", &la, &found, &err), &err);
    assert_true(found);
    assert_memory_equal(la.seal_key, identity_certificate(w->la.identity)->seal_key,
                        SEAL_KEY_BYTES);
    certificate_free(&la);
    must(correspondence_party(c, ROLE_LA, "la-2", &la, &found, &err), &err);
    assert_false(found);
    content_wipe(&content);
    correspondence_close(c);
}

/* One that an earlier version took, or a damaged one, does not hide what is beside it. */
static void what_cannot_be_decoded_is_empty(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_PROFILE), read;
    struct entry entry = {.mail = from_la(w, NULL, &content)};
    struct buf raw = {0};
    struct err err = {0};
    bool fresh = false;
    size_t removed = 0;
    content_encode(&content, &raw);
    raw.data[0] ^= 0xff;
    must(correspondence_receive(c, &entry, identity_certificate(w->la.identity), &content, &raw,
                                &fresh, &err),
         &err);
    must(correspondence_read_content(c, entry.number, &read, &err), &err);
    assert_true(read.kind == 0 && !read.referral && !read.text && read.attachment_count == 0);
    assert_false(correspondence_read_content(c, entry.number + 1000, &read, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    must(correspondence_purge(c, INT64_MAX, &removed, &err), &err);
    buf_wipe(&raw);
    content_wipe(&content);
    correspondence_close(c);
}

static void old_threads_go_and_their_copies_stay_away(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_PROFILE), more = a_text(CONTENT_MESSAGE, "more");
    struct mail mail = from_la(w, NULL, &content), reply = from_la(w, mail.thread_id, &more);
    struct err err = {0};
    size_t before = count_of(c), removed = 0;
    assert_true(received(c, w, &mail, &content));
    assert_true(received(c, w, &reply, &more));
    struct entry waiting =
        queued(c, &w->agent, &w->la, mail.thread_id, a_text(CONTENT_ANSWER, "may we ask"));
    int64_t later = clock_wall_ms() + 1000;
    must(correspondence_purge(c, 1, &removed, &err), &err);
    assert_int_equal(removed, 0);
    must(correspondence_purge(c, later, &removed, &err), &err);
    assert_int_equal(removed, before); /* the new thread waits to be sent */
    progress(c, &waiting, MAIL_ACCEPTED);
    must(correspondence_purge(c, later, &removed, &err), &err);
    assert_int_equal(removed, 3);
    assert_int_equal(count_of(c), 0);
    assert_false(received(c, w, &mail, &content));
    assert_int_equal(count_of(c), 0);
    struct entry next =
        queued(c, &w->agent, &w->la, mail.thread_id, a_text(CONTENT_ANSWER, "again"));
    assert_true(next.number > waiting.number); /* numbers are not used twice */
    content_wipe(&content);
    content_wipe(&more);
    correspondence_close(c);
}

/* The id of a message of ours, which its receiver knows, or of another sender's: the matcher would
 * say that it was taken, and nobody would have seen it. */
static void an_id_hides_no_message_of_another(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_PROFILE);
    struct err err = {0};
    size_t removed = 0;
    struct entry own = queued(c, &w->agent, &w->la, NULL, a_text(CONTENT_ANSWER, "who?"));
    struct mail mail = from_la(w, NULL, &content), other;
    memcpy(mail.mail_id, own.mail.mail_id, MAIL_ID_BYTES);
    assert_true(received(c, w, &mail, &content));
    assert_false(received(c, w, &mail, &content));
    other = mail;
    strcpy(other.from, "la-2");
    assert_true(received(c, w, &other, &content));
    progress(c, &own, MAIL_ACCEPTED); /* and it is still ours that the matcher speaks of */
    struct entry *list = NULL;
    size_t count = 0;
    must(correspondence_list(c, &list, &count, &err), &err);
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == own.number) assert_int_equal(list[i].state, MAIL_ACCEPTED);
    }
    entries_free(list, count);
    must(correspondence_purge(c, clock_wall_ms() + 1000, &removed, &err), &err);
    assert_int_equal(removed, 3);
    assert_false(received(c, w, &mail, &content));
    assert_false(received(c, w, &other, &content));
    content_wipe(&content);
    correspondence_close(c);
}

/* A matcher that keeps copies brings one when its id is forgotten. */
static void what_was_purged_never_comes_again(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_PROFILE);
    struct err err = {0};
    struct mail mail = from_la(w, NULL, &content);
    size_t removed = 0;
    assert_true(received(c, w, &mail, &content));
    must(correspondence_purge(c, clock_wall_ms() + 1000, &removed, &err), &err);
    assert_true(removed > 0);
    size_t left = count_of(c);                                         /* what waits to be sent */
    assert_int_equal(setenv("HEARTH_CLOCK_OFFSET", "17280000", 1), 0); /* 200 days */
    must(correspondence_purge(c, clock_wall_ms() - 1000, &removed, &err), &err);
    assert_false(received(c, w, &mail, &content));
    assert_int_equal(count_of(c), left);
    struct mail fresh = from_la(w, NULL, &content);
    assert_true(received(c, w, &fresh, &content));
    assert_int_equal(unsetenv("HEARTH_CLOCK_OFFSET"), 0);
    must(correspondence_purge(c, INT64_MAX, &removed, &err), &err);
    content_wipe(&content);
    correspondence_close(c);
}

/* Its sender, with a matcher that lets it through, would have it kept for ever. */
static void a_message_from_the_future_is_purged_all_the_same(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->agent);
    struct content content = a_referral(STAGE_PROFILE);
    struct err err = {0};
    struct mail mail = from_la(w, NULL, &content);
    size_t removed = 0;
    mail.sent_at = INT64_MAX;
    assert_true(received(c, w, &mail, &content));
    size_t before = count_of(c);
    must(correspondence_purge(c, clock_wall_ms() + 1000, &removed, &err), &err);
    assert_true(removed > 0);
    assert_int_equal(count_of(c), before - removed);
    content_wipe(&content);
    correspondence_close(c);
}

/* The sealed bytes of what was removed are in no file of the store any more. */
static void removed_messages_are_erased(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->la);
    struct err err = {0};
    struct entry entry = queued(c, &w->la, &w->agent, NULL, a_referral(STAGE_FULL));
    progress(c, &entry, MAIL_ACCEPTED);
    char *path = file_join(w->la.home, HOME_CORRESPONDENCE "/data.mdb");
    struct buf before = {0}, after = {0};
    must(file_read(path, 64 << 20, &before, &err), &err);
    size_t removed = 0;
    bool done = false;
    must(correspondence_purge(c, clock_wall_ms() + 1000, &removed, &err), &err);
    assert_true(removed > 0);
    must(correspondence_rewrite(c, &done, &err), &err);
    assert_true(done);
    assert_int_equal(count_of(c), 0);
    must(file_read(path, 64 << 20, &after, &err), &err);
    /* Any 32 bytes of the old file that are not much alike, as sealed bytes are not: few pages of a
     * fresh store are like those of the old one, but no sealed entry may be. */
    size_t found = 0, looked = 0;
    for (size_t at = 0; at + 64 <= before.len; at += 64) {
        uint8_t seen[256] = {0};
        size_t kinds = 0;
        for (size_t i = 0; i < 32; i++) kinds += seen[before.data[at + i]]++ == 0;
        if (kinds < 26) continue;
        looked++;
        found += memmem(after.data, after.len, before.data + at, 32) != NULL;
    }
    assert_true(looked > 50);
    assert_true(found <= 4); /* what tells the key, of which there is one */
    buf_free(&before);
    buf_free(&after);
    free(path);
    correspondence_close(c);
}

static void another_key_opens_nothing(void **state)
{
    struct writers *w = *state;
    struct secret key = secret_random(HASH_KEY_BYTES);
    struct correspondence *c = opened(&w->la);
    struct err err = {0};
    correspondence_close(c);
    assert_false(correspondence_open(w->la.home, &key, &c, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    assert_string_equal(err.field, HOME_CORRESPONDENCE);
    secret_free(&key);
}

static void nothing_is_readable_on_disk(void **state)
{
    struct writers *w = *state;
    struct correspondence *c = opened(&w->la);
    struct err err = {0};
    struct entry sent = queued(c, &w->la, &w->agent, NULL, a_referral(STAGE_FULL));
    (void)queued(c, &w->la, &w->agent, sent.mail.thread_id,
                 a_text(CONTENT_MESSAGE, "MRK-4471 a quiet word"));
    correspondence_close(c);
    char *path = file_join(w->la.home, HOME_CORRESPONDENCE "/data.mdb");
    struct buf data = {0};
    must(file_read(path, 64 << 20, &data, &err), &err);
    static const char *const marks[] = {"MRK-4471", "ifa-003", "DS_AUT", "school", "Test ifa-003"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        assert_null(memmem(data.data, data.len, marks[i], strlen(marks[i])));
    }
    assert_null(memmem(data.data, data.len, sent.mail.mail_id, MAIL_ID_BYTES));
    buf_free(&data);
    free(path);
}

/* A child puts messages one after the other and says which it has written down; it is killed at a
 * random instant. What it said is there, whole; at most the one under way is there besides. */
static void killed_writers_lose_nothing(void **state)
{
    struct writers *w = *state;
    enum { KILLS = 120 };
    size_t told = 0;
    struct correspondence *before = opened(&w->agent);
    size_t count = count_of(before);
    correspondence_close(before);
    for (int i = 0; i < KILLS; i++) {
        int pipe_fds[2];
        char byte = 0;
        assert_int_equal(pipe(pipe_fds), 0);
        pid_t child = fork();
        if (child == 0) {
            struct correspondence *c = opened(&w->agent);
            for (;;) {
                uint8_t thread[MAIL_ID_BYTES] = {5};
                (void)queued(c, &w->agent, &w->la, thread, a_text(CONTENT_ANSWER, "a question"));
                if (write(pipe_fds[1], "x", 1) != 1) _exit(1);
            }
        }
        (void)close(pipe_fds[1]);
        size_t until = randombytes_uniform(4);
        for (size_t n = 0; n < until; n++) told += (size_t)read(pipe_fds[0], &byte, 1);
        if (until == 0) (void)poll(NULL, 0, (int)randombytes_uniform(5));
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(pipe_fds[0], &byte, 1) == 1) told++;
        (void)close(pipe_fds[0]);
        struct correspondence *c = opened(&w->agent);
        size_t now = count_of(c);
        assert_true(now >= count + told && now <= count + told + 1);
        count = now;
        told = 0;
        correspondence_close(c);
    }
}

static void entries_come_back_and_nothing_else(void **state)
{
    (void)state;
    struct entry entry = {.number = 7, .incoming = true, .state = MAIL_RECEIVED, .state_ms = 5};
    struct buf bytes = {0};
    struct entry back;
    struct err err = {0};
    entry.mail = a_mail(NULL);
    entry.mail.from_role = ROLE_LA;
    entry.mail.to_role = ROLE_AGENT;
    strcpy(entry.mail.from, "la-1");
    strcpy(entry.mail.to, "ifa-003");
    strcpy(entry.peer_name, "Exampleshire");
    entry_encode(&entry, &bytes);
    must(entry_decode(bytes.data, bytes.len, &back, &err), &err);
    assert_int_equal(back.number, 7);
    assert_false(entry_decode(bytes.data, bytes.len - 1, &back, &err));
    buf_u8(&bytes, 0);
    assert_false(entry_decode(bytes.data, bytes.len, &back, &err));
    assert_int_equal(err.code, ERR_CORRUPT);
    bytes.data[0] = 2;
    assert_false(entry_decode(bytes.data, bytes.len, &back, &err));
    assert_int_equal(err.code, ERR_VERSION);
    buf_free(&bytes);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_waits_in_order_and_only_goes_forward),
        cmocka_unit_test(what_comes_is_kept_once),
        cmocka_unit_test(what_cannot_be_decoded_is_empty),
        cmocka_unit_test(old_threads_go_and_their_copies_stay_away),
        cmocka_unit_test(an_id_hides_no_message_of_another),
        cmocka_unit_test(what_was_purged_never_comes_again),
        cmocka_unit_test(a_message_from_the_future_is_purged_all_the_same),
        cmocka_unit_test(removed_messages_are_erased),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(nothing_is_readable_on_disk),
        cmocka_unit_test(killed_writers_lose_nothing),
        cmocka_unit_test(entries_come_back_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, writers_set_up, writers_tear_down);
}
