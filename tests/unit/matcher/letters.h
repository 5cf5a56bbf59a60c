/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes in a temporary directory, and messages for them: real certificates, but bodies of a few
 * random bytes, since the mailboxes do not look into them.
 */
#ifndef HEARTH_TESTS_MATCHER_LETTERS_H
#define HEARTH_TESTS_MATCHER_LETTERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "matcher/mailbox_internal.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

static const int64_t HOUR = 3600000, DAY = 24 * 3600000LL;
enum { LETTER_BYTES = 200 };

struct scene {
    struct parties *parties;
    struct party la, other_la, agency, other_agency;
    char *home;
    struct mailbox_limits limits;
    struct mailbox *mailbox;
    int64_t now_ms;
};

static inline const struct certificate *certificate_of(const struct party *party)
{
    return identity_certificate(party->identity);
}

static inline struct mail_party party_of(const struct party *party)
{
    const struct certificate *certificate = certificate_of(party);
    struct mail_party out = {.role = certificate->role};
    memcpy(out.id, certificate->organisation, sizeof out.id);
    return out;
}

static inline void scene_open(struct scene *scene)
{
    struct err err = {0};
    parties_must(mailbox_open(scene->home, &scene->limits, &scene->mailbox, &err), &err);
}

static inline void scene_reopen(struct scene *scene)
{
    mailbox_close(scene->mailbox);
    scene_open(scene);
}

/* An empty store, in which all four parties are known. */
static inline void scene_begin(struct scene *scene)
{
    const struct party *known[] = {&scene->la, &scene->other_la, &scene->agency,
                                   &scene->other_agency};
    struct err err = {0};
    scene->home = support_temp_dir();
    scene->now_ms = clock_wall_ms();
    scene->limits = (struct mailbox_limits){
        .items = 1000, .mib = 256, .per_day = 500, .days = 14, .max_mib = 4096};
    scene_open(scene);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        parties_must(mailbox_note_party(scene->mailbox, certificate_of(known[i]), &err), &err);
    }
}

static inline void scene_end(struct scene *scene)
{
    mailbox_close(scene->mailbox);
    support_temp_dir_remove(scene->home);
}

static inline int scene_set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    void *parties = NULL;
    if (parties_set_up(&parties) != 0) return -1;
    scene->parties = parties;
    scene->la = parties_add(scene->parties, ROLE_LA, "la-1");
    scene->other_la = parties_add(scene->parties, ROLE_LA, "la-2");
    scene->agency = parties_add(scene->parties, ROLE_AGENT, "agent-1");
    scene->other_agency = parties_add(scene->parties, ROLE_AGENT, "agent-2");
    *state = scene;
    return 0;
}

static inline int scene_tear_down(void **state)
{
    struct scene *scene = *state;
    void *parties = scene->parties;
    party_close(&scene->la);
    party_close(&scene->other_la);
    party_close(&scene->agency);
    party_close(&scene->other_agency);
    (void)parties_tear_down(&parties);
    free(scene);
    return 0;
}

/* ---- messages ---- */

struct letter {
    struct mail mail;
    struct buf body;
    uint8_t signature[SIGNATURE_BYTES];
    const struct party *sender;
};

/* thread: of which it is part; NULL: it begins one. */
static inline struct letter letter_of(struct scene *scene, const struct party *from,
                                      const struct party *to, const struct letter *thread,
                                      size_t bytes)
{
    struct letter letter = {.sender = from};
    const struct mail_party sender = party_of(from), receiver = party_of(to);
    randombytes_buf(letter.mail.mail_id, MAIL_ID_BYTES);
    memcpy(letter.mail.thread_id, thread ? thread->mail.thread_id : letter.mail.mail_id,
           MAIL_ID_BYTES);
    letter.mail.from_role = sender.role;
    letter.mail.to_role = receiver.role;
    memcpy(letter.mail.from, sender.id, sizeof letter.mail.from);
    memcpy(letter.mail.to, receiver.id, sizeof letter.mail.to);
    letter.mail.sent_at = scene->now_ms;
    if (bytes > 0) randombytes_buf(buf_reserve(&letter.body, bytes), bytes);
    randombytes_buf(letter.signature, sizeof letter.signature);
    return letter;
}

static inline struct mailbox_answer letter_put(struct scene *scene, const struct letter *letter)
{
    const struct mailbox_put put = {.mail = &letter->mail,
                                    .body = letter->body.data,
                                    .len = letter->body.len,
                                    .signature = letter->signature,
                                    .sender = certificate_of(letter->sender),
                                    .now_ms = scene->now_ms};
    struct mailbox_answer answer;
    struct err err = {0};
    parties_must(mailbox_put(scene->mailbox, &put, &answer, &err), &err);
    return answer;
}

static inline void must_accept(struct scene *scene, const struct letter *letter)
{
    struct mailbox_answer answer = letter_put(scene, letter);
    parties_must(!answer.refused, &answer.reason);
    assert_false(answer.known);
    assert_int_equal(answer.accepted_at, scene->now_ms);
}

static inline void must_refuse(struct scene *scene, const struct letter *letter, enum err_code code,
                               const char *field)
{
    struct mailbox_answer answer = letter_put(scene, letter);
    assert_true(answer.refused && !answer.known);
    if (answer.reason.code != code || strcmp(answer.reason.field, field) != 0) {
        fail_msg("expected %s of %s: %s: %s: %s", err_code_name(code), field,
                 err_code_name(answer.reason.code), answer.reason.field, answer.reason.text);
    }
}

/* A message of LETTER_BYTES, put and let go; gives what later ones of its thread need. */
static inline struct letter must_send(struct scene *scene, const struct party *from,
                                      const struct party *to, const struct letter *thread)
{
    struct letter letter = letter_of(scene, from, to, thread, LETTER_BYTES);
    must_accept(scene, &letter);
    buf_free(&letter.body);
    return letter;
}

static inline void must_not_send(struct scene *scene, const struct party *from,
                                 const struct party *to, const struct letter *thread,
                                 enum err_code code, const char *field)
{
    struct letter letter = letter_of(scene, from, to, thread, LETTER_BYTES);
    must_refuse(scene, &letter, code, field);
    buf_free(&letter.body);
}

/* ---- what waits ---- */

/* Copies of the items of a mailbox without their messages; the caller frees. */
static inline struct mailbox_item *items_of(struct scene *scene, const struct party *party,
                                            size_t *count)
{
    const struct mail_party owner = party_of(party);
    struct mailbox_item *items = mem_array(1, sizeof *items);
    uint64_t after = 0;
    struct err err = {0};
    for (*count = 0;; (*count)++) {
        bool found = false, withheld = false;
        items = mem_resize(items, *count + 1, sizeof *items);
        parties_must(mailbox_next(scene->mailbox, &owner, after, SIZE_MAX, &items[*count], &found,
                                  &withheld, &err),
                     &err);
        assert_false(withheld);
        if (!found) return items;
        assert_true(items[*count].number > after);
        after = items[*count].number;
        mailbox_item_free(&items[*count]);
    }
}

static inline bool item_ack(struct scene *scene, const struct party *party, uint64_t number,
                            enum notice_state state)
{
    const struct mailbox_ack ack = {
        .party = party_of(party), .number = number, .state = state, .now_ms = scene->now_ms};
    struct mailbox_gone gone;
    bool existed = false, was_mail = false;
    struct err err = {0};
    parties_must(mailbox_ack(scene->mailbox, &ack, &existed, &was_mail, &gone, &err), &err);
    return existed;
}

/* ---- does the store agree with itself? ---- */

struct recount {
    struct counts box, sender, all;
    struct mail_party party;
};

static inline bool recount_item(const uint8_t *key, size_t key_len, const uint8_t *value,
                                size_t len, void *ctx, struct err *err)
{
    struct recount *recount = ctx;
    struct item_record item;
    struct mail_party box;
    if (key_len != ITEM_KEY || !mail_party_key_decode(key, PARTY_KEY, &box, err) ||
        !item_decode(value, len, &item, err)) {
        return false;
    }
    bool is_mail = item.kind == ITEM_MAIL;
    struct counts *counts[] = {
        &recount->all, mail_party_is(&box, &recount->party) ? &recount->box : NULL,
        is_mail && mail_party_is(&item.from, &recount->party) ? &recount->sender : NULL};
    for (size_t i = 0; i < 3; i++) {
        if (!counts[i]) continue;
        counts[i]->mails += is_mail ? 1 : 0;
        counts[i]->notices += is_mail ? 0 : 1;
        counts[i]->bytes += item_room(&item);
    }
    return true;
}

static inline void check_count(struct store_txn *txn, enum counted what,
                               const struct mail_party *party, const struct counts *wanted)
{
    struct counts counts;
    struct err err = {0};
    parties_must(counts_read(txn, what, party, &counts, &err), &err);
    assert_int_equal(counts.mails, wanted->mails);
    assert_int_equal(counts.notices, wanted->notices);
    assert_int_equal(counts.bytes, wanted->bytes);
}

/* Every count is that of the items; each message, id and thread has its place in the order of what
 * is to go, and nothing else has. */
static inline void scene_check(struct scene *scene)
{
    const struct party *parties[] = {&scene->la, &scene->other_la, &scene->agency,
                                     &scene->other_agency};
    struct store_txn *txn = NULL;
    struct err err = {0};
    struct recount recount = {0};
    parties_must(store_begin(scene->mailbox->store, false, &txn, &err), &err);
    for (size_t i = 0; i < sizeof parties / sizeof parties[0]; i++) {
        recount = (struct recount){.party = party_of(parties[i])};
        parties_must(store_each(txn, MAILBOX_ITEMS, NULL, 0, recount_item, &recount, &err), &err);
        check_count(txn, COUNTED_BOX, &recount.party, &recount.box);
        check_count(txn, COUNTED_SENDER, &recount.party, &recount.sender);
    }
    check_count(txn, COUNTED_ALL, NULL, &recount.all);
    size_t seen = 0, threads = 0, due = 0;
    parties_must(store_count(txn, MAILBOX_SEEN, &seen, &err) &&
                     store_count(txn, MAILBOX_THREADS, &threads, &err) &&
                     store_count(txn, MAILBOX_DUE, &due, &err),
                 &err);
    assert_int_equal(due, recount.all.mails + seen + threads);
    store_abort(txn);
}

#endif
