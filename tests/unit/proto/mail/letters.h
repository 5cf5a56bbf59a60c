/* SPDX-License-Identifier: Apache-2.0
 * What the tests of this room share: contents, and messages between an LA and an agency.
 */
#ifndef HEARTH_TESTS_MAIL_LETTERS_H
#define HEARTH_TESTS_MAIL_LETTERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/mail/correspondence.h"
#include "tests/unit/support_keys/parties.h"

static inline void must(bool ok, const struct err *err)
{
    if (!ok) fail_msg("%s: %s: %s", err_code_name(err->code), err->field, err->text);
}

/* Two LAs and two agencies, for a group of tests. */
struct writers {
    struct parties *parties;
    struct party la, other_la, agent, other_agent;
};

static inline int writers_set_up(void **state)
{
    void *parties = NULL;
    struct writers *writers = mem_new(struct writers);
    (void)parties_set_up(&parties);
    writers->parties = parties;
    writers->la = parties_add(parties, ROLE_LA, "la-1");
    writers->other_la = parties_add(parties, ROLE_LA, "la-2");
    writers->agent = parties_add(parties, ROLE_AGENT, "ifa-003");
    writers->other_agent = parties_add(parties, ROLE_AGENT, "ifa-004");
    *state = writers;
    return 0;
}

static inline int writers_tear_down(void **state)
{
    struct writers *writers = *state;
    void *parties = writers->parties;
    party_close(&writers->la);
    party_close(&writers->other_la);
    party_close(&writers->agent);
    party_close(&writers->other_agent);
    free(writers);
    return parties_tear_down(&parties);
}

/* A referral at that stage, to be wiped with content_wipe. */
static inline struct content a_referral(enum referral_stage stage)
{
    static const char json[] =
        "{\"search_ref\":\"x\",\"children\":[{\"age\":9,\"sex\":\"F\"}],\"placement\":{\"type\":"
        "\"PT_SHORT\",\"needed_by\":\"later\"},\"must\":[\"DS_AUT\"],\"location\":{\"anchors\":"
        "[{\"name\":\"school\",\"at\":\"SE 277 360\",\"within_km\":12,\"weight\":4}]}}";
    struct content content = {.kind = CONTENT_REFERRAL};
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    struct err err = {0};
    struct request_rules rules = {.catalogue = catalogue_get(CATALOGUE_VERSION)};
    must(request_parse(json, sizeof json - 1, &rules, request, &err), &err);
    must(plan_make(request, rules.catalogue, plan, &err), &err);
    content.referral = mem_new(struct referral);
    referral_make(request, plan, stage, content.referral);
    memset(content.query_hash, 0x71, HASH_BYTES);
    free(request);
    free(plan);
    return content;
}

static inline struct content a_text(enum content_kind kind, const char *text)
{
    struct content content = {.kind = kind};
    struct err err = {0};
    if (kind == CONTENT_ANSWER) content.answer = ANSWER_QUESTION;
    must(content_set_text(&content, text, strlen(text), &err), &err);
    return content;
}

/* A message with fresh ids; thread NULL: it begins one. */
static inline struct mail a_mail(const uint8_t *thread)
{
    struct mail mail = {.sent_at = clock_wall_ms()};
    randombytes_buf(mail.mail_id, MAIL_ID_BYTES);
    memcpy(mail.thread_id, thread ? thread : mail.mail_id, MAIL_ID_BYTES);
    return mail;
}

static inline struct signed_bytes written(struct mail *mail, const struct party *from,
                                          const struct party *to, const struct content *content)
{
    struct buf encoded = {0};
    struct signed_bytes out = {0};
    struct err err = {0};
    content_encode(content, &encoded);
    must(mail_write(mail, from->identity, identity_certificate(to->identity), &encoded, &out, &err),
         &err);
    buf_wipe(&encoded);
    return out;
}

static inline struct correspondence *opened(const struct party *party)
{
    struct secret key = identity_derive(party->identity, CORRESPONDENCE_PURPOSE);
    struct correspondence *c = NULL;
    struct err err = {0};
    must(correspondence_open(party->home, &key, &c, &err), &err);
    secret_free(&key);
    return c;
}

/* Writes a message down to be sent; gives its entry. */
static inline struct entry queued(struct correspondence *c, const struct party *from,
                                  const struct party *to, const uint8_t *thread,
                                  struct content content)
{
    struct entry entry = {.mail = a_mail(thread)};
    struct err err = {0};
    struct signed_bytes mail = written(&entry.mail, from, to, &content);
    must(correspondence_put(c, &entry, &content, &mail, &err), &err);
    signed_bytes_free(&mail);
    content_wipe(&content);
    return entry;
}

#endif
