/* SPDX-License-Identifier: Apache-2.0
 * All queries are made before any is sent, in a random order that the group's signature fixes. Each
 * is a conversation of its own, on a thread of its own, over the one channel.
 */
#include "client/explain.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { EPOCHS_TRIED = 2 };

struct batch;

/* One query of the group. */
struct question {
    struct batch *batch;
    size_t place; /* among the variants */
    struct composed composed;
    struct conversation *conversation;
    struct result result;
    struct err err;
    bool answered;
};

struct batch {
    const struct conversation_parts *parts;
    const struct search_keeper *keeper;
    const struct request *request;
    const struct variants *variants;
    const struct catalogue *catalogue;
    struct epoch_record epoch;
    struct signed_bytes group;
    struct question questions[GROUP_QUERIES]; /* in the order of the group */
    explain_progress_fn progress;
    void *progress_ctx;
    pthread_mutex_t lock; /* for the count of answers, and around progress */
    size_t answered;
};

/* ---- the group ---- */

static void shuffle(struct batch *batch)
{
    size_t places[GROUP_QUERIES];
    for (size_t i = 0; i < GROUP_QUERIES; i++) places[i] = i;
    for (size_t left = GROUP_QUERIES; left > 0; left--) {
        size_t drawn = randombytes_uniform((uint32_t)left); /* unbiased */
        batch->questions[left - 1].place = places[drawn];
        places[drawn] = places[left - 1];
    }
}

static void sign_group(struct batch *batch, const uint8_t group_id[GROUP_ID_BYTES])
{
    const struct identity *identity = batch->parts->la->identity;
    const char *la = identity_certificate(identity)->organisation;
    int64_t now = clock_wall_ms();
    struct query_group group = {
        .epoch = batch->epoch.epoch, .issued_at = now, .expires_at = now + QUERY_LIFETIME_MS};
    memcpy(group.la, la, strlen(la) + 1);
    memcpy(group.group_id, group_id, GROUP_ID_BYTES);
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        memcpy(group.queries[i], batch->questions[i].composed.query_hash, HASH_BYTES);
        batch->questions[i].composed.group = &batch->group;
    }
    query_group_encode(&group, &batch->group.body);
    identity_sign_body(identity, TAG_GROUP, &batch->group);
}

/* All queries for the batch's epoch, in an order of their own. */
static void compose_all(struct batch *batch)
{
    const struct variants *variants = batch->variants;
    uint8_t group_id[GROUP_ID_BYTES];
    randombytes_buf(group_id, sizeof group_id);
    shuffle(batch);
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        struct question *question = &batch->questions[i];
        const struct composition in = {&variants->plans[question->place], variants->footprint,
                                       variants->quadrants, group_id};
        compose_plan(batch->parts->la, batch->request, &in, &batch->epoch, batch->parts->pool,
                     &question->composed);
    }
    sign_group(batch, group_id);
}

static void close_all(struct batch *batch)
{
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        struct question *question = &batch->questions[i];
        conversation_close(question->conversation);
        composed_free(&question->composed);
        question->conversation = NULL;
        question->composed = (struct composed){0};
    }
    signed_bytes_free(&batch->group);
    batch->group = (struct signed_bytes){0};
}

/* ---- streams ---- */

/* Every stream is welcomed before anything is sent: a group is asked whole or not at all. *fresh
 * gets an epoch record that is not the batch's, and *same whether there was none. */
static bool greet_all(struct batch *batch, struct epoch_record *fresh, bool *same, struct err *err)
{
    *same = true;
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        batch->questions[i].conversation = conversation_open(batch->parts);
    }
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        struct conversation *conversation = batch->questions[i].conversation;
        struct epoch_record record;
        if (!conversation_greet(conversation, &record, err)) return false;
        if (record.epoch != batch->epoch.epoch) {
            *same = false;
            *fresh = record;
        }
        if (conversation_catalogue(conversation) != batch->catalogue) {
            return err_set(err, ERR_UNAVAILABLE, "",
                           "the matcher was updated after the search: search again");
        }
    }
    return true;
}

/* The queries were made for the epoch of the search. Where the matcher has drawn a new key
 * meanwhile, they are made once more. */
static bool open_all(struct batch *batch, struct err *err)
{
    struct epoch_record fresh;
    for (int tried = 0; tried < EPOCHS_TRIED; tried++) {
        bool same = false;
        compose_all(batch);
        if (!greet_all(batch, &fresh, &same, err)) return false;
        if (same) return true;
        log_info("epoch_changed", "step=compose");
        close_all(batch);
        batch->epoch = fresh;
    }
    return err_set(err, ERR_UNAVAILABLE, "epoch", "the matcher changes its key all the time");
}

/* ---- what is written down of them ---- */

/* NULL where the question asks what the search asked. */
static const struct variant *variant_of(const struct question *question)
{
    const struct variants *variants = question->batch->variants;
    if (question->place >= variants->count) return NULL;
    const struct variant *variant = &variants->list[question->place];
    return variant->too_wide ? NULL : variant;
}

static bool tell_asking(const struct batch *batch, struct err *err)
{
    struct asked_query queries[GROUP_QUERIES];
    if (!batch->keeper) return true;
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        const struct question *question = &batch->questions[i];
        queries[i] = (struct asked_query){.composed = &question->composed,
                                          .variant = variant_of(question),
                                          .matcher_certificate =
                                              conversation_matcher(question->conversation),
                                          .epoch = conversation_epoch(question->conversation)};
    }
    return batch->keeper->asking(queries, GROUP_QUERIES, batch->keeper->ctx, err);
}

static void tell_ended(const struct batch *batch)
{
    if (!batch->keeper) return;
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        const struct question *question = &batch->questions[i];
        const struct signed_bytes *result =
            question->answered ? conversation_result(question->conversation) : NULL;
        batch->keeper->ended(question->composed.query_hash, result, &question->err,
                             batch->keeper->ctx);
    }
}

/* ---- questions ---- */

static void note_unanswered(const struct question *question)
{
    char hex[2 * HASH_BYTES + 1];
    log_warn("question_unanswered", "query=%s code=%s field=%s reason=\"%s\"",
             text_hex(question->composed.query_hash, HASH_BYTES, hex),
             err_code_name(question->err.code), question->err.field, question->err.text);
}

static void *run_question(void *ctx)
{
    struct question *question = ctx;
    struct batch *batch = question->batch;
    struct conversation *conversation = question->conversation;
    question->answered = conversation_ask(conversation, &question->composed, &question->err) &&
                         conversation_share(conversation, NULL, NULL, &question->err) &&
                         conversation_conclude(conversation, &question->result, &question->err);
    if (!question->answered) note_unanswered(question);
    (void)pthread_mutex_lock(&batch->lock);
    if (question->answered) batch->answered++;
    if (question->answered && batch->progress) {
        batch->progress(batch->answered, GROUP_QUERIES, batch->progress_ctx);
    }
    (void)pthread_mutex_unlock(&batch->lock);
    return NULL;
}

static void run_questions(struct batch *batch)
{
    pthread_t threads[GROUP_QUERIES];
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        REQUIRE(pthread_create(&threads[i], NULL, run_question, &batch->questions[i]) == 0);
    }
    for (size_t i = 0; i < GROUP_QUERIES; i++) REQUIRE(pthread_join(threads[i], NULL) == 0);
}

/* ---- the outcome ---- */

static bool collect(const struct batch *batch, struct explanation *out, struct err *err)
{
    const struct variants *variants = batch->variants;
    out->count = variants->count;
    for (size_t i = 0; i < variants->count; i++) out->list[i].variant = variants->list[i];
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        const struct question *question = &batch->questions[i];
        if (!question->answered) continue;
        out->results[out->result_count++] = question->result;
        if (!variant_of(question)) continue; /* the base once more */
        struct explained *explained = &out->list[question->place];
        explained->choice = question->result.choice;
        explained->answered = question->result.answered;
    }
    if (out->result_count == 0) *err = batch->questions[0].err;
    return out->result_count > 0;
}

static bool run_batch(struct batch *batch, struct explanation *out, struct err *err)
{
    bool ok = open_all(batch, err) && tell_asking(batch, err);
    if (ok) run_questions(batch);
    if (ok) tell_ended(batch);
    ok = ok && collect(batch, out, err);
    close_all(batch);
    return ok;
}

bool explain_run(struct search_session *session, const struct request *request,
                 const struct result *result, explain_progress_fn progress, void *progress_ctx,
                 struct explanation *out, struct err *err)
{
    int64_t start = clock_steady_ms();
    struct variants *variants = mem_new(struct variants);
    struct batch *batch = mem_new(struct batch);
    *out = (struct explanation){.base = choice_of(result->agency_count),
                                .base_answered = result->answered};
    batch->parts = &session->parts;
    batch->keeper = session->keeper;
    batch->request = request;
    batch->variants = variants;
    batch->catalogue = session->catalogue;
    batch->epoch = session->epoch;
    batch->progress = progress;
    batch->progress_ctx = progress_ctx;
    REQUIRE(pthread_mutex_init(&batch->lock, NULL) == 0);
    for (size_t i = 0; i < GROUP_QUERIES; i++) batch->questions[i].batch = batch;
    bool ok = variants_make(session->parts.la, request, session->catalogue, variants, err) &&
              run_batch(batch, out, err);
    out->elapsed_ms = clock_steady_ms() - start;
    (void)pthread_mutex_destroy(&batch->lock);
    variants_wipe(variants);
    free(variants);
    free(batch);
    return ok;
}
