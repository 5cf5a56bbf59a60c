/* SPDX-License-Identifier: Apache-2.0
 * explain_run against a matcher that is played here, over real mutual TLS: sixteen conversations on
 * one connection, a group that is sound, and a matcher that changes its key or departs from the
 * protocol.
 */
#include "client/explain.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"
#include "tests/unit/client/played_matcher.h"
#include "tests/unit/support/temp_dir.h"

enum fault {
    FAULT_NONE,
    FAULT_NEW_EPOCH,    /* every welcome has the key after the search's */
    FAULT_MIDWAY_EPOCH, /* the key changes while the streams are welcomed */
    FAULT_EPOCHS,       /* every welcome has a key of its own */
    FAULT_REFUSES_ONE,  /* the third query that comes */
    FAULT_REFUSES_ALL,  /* for want of budget */
    FAULT_LISTS,        /* a list instead of a band for the third */
    FAULT_REFUSES_GREETING
};

enum { EPOCHS = 40, MIDWAY = 5 };

struct played {
    struct party matcher, la;
    enum fault fault;
    pthread_mutex_t lock;
    struct epoch_record epochs[EPOCHS];
    struct signed_bytes epoch_bytes[EPOCHS];
    unsigned hellos, queries;
    uint8_t hashes[GROUP_QUERIES][HASH_BYTES];
    uint64_t asked_epoch;
    struct buf group;     /* body of the first one that came */
    struct buf footprint; /* of the first query */
};

/* A stream's own memory. */
struct asked {
    uint8_t hash[HASH_BYTES];
    unsigned number; /* from 1, in the order of coming */
};

/* ---- hello ---- */

/* The searcher knows epoch 0. */
static unsigned epoch_of(const struct played *played, unsigned hello)
{
    switch (played->fault) {
    case FAULT_NEW_EPOCH: return 1;
    case FAULT_MIDWAY_EPOCH: return hello < MIDWAY ? 0 : 1;
    case FAULT_EPOCHS: return hello % EPOCHS;
    default: return 0;
    }
}

static void welcome(struct played *played, struct rpc_stream *stream)
{
    unsigned hello = played->hellos++;
    Hearth__V1__Signed own =
        signed_message_of(&identity_certificate(played->matcher.identity)->raw);
    Hearth__V1__Signed epoch = signed_message_of(&played->epoch_bytes[epoch_of(played, hello)]);
    Hearth__V1__SearchWelcome body = HEARTH__V1__SEARCH_WELCOME__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    if (played->fault == FAULT_REFUSES_GREETING && hello == MIDWAY) {
        rpc_stream_finish(stream, RPC_RESOURCE_EXHAUSTED, "searches: too many are open");
        return;
    }
    body.protocol = PROTOCOL_VERSION;
    body.catalogue = CATALOGUE_VERSION;
    body.certificate = &own;
    body.epoch = &epoch;
    body.deadline_ms = 500;
    message.kind_case = HEARTH__V1__TO_LA__KIND_WELCOME;
    message.welcome = &body;
    send_to_la(stream, &message);
}

/* ---- query ---- */

static void check_group(struct played *played, const Hearth__V1__Signed *message,
                        const struct query *query, const uint8_t hash[HASH_BYTES])
{
    struct query_group group;
    struct err err = {0};
    const struct certificate *la = identity_certificate(played->la.identity);
    parties_must(certificate_verify(la, TAG_GROUP, message->body.data, message->body.len,
                                    message->signature.data, message->signature.len, &err),
                 &err);
    parties_must(query_group_decode(message->body.data, message->body.len, &group, &err), &err);
    parties_must(query_group_check(&group, query, hash, clock_wall_ms(), &err), &err);
    if (played->queries == 0) buf_append(&played->group, message->body.data, message->body.len);
    REQUIRE(played->group.len == message->body.len);
    REQUIRE(memcmp(played->group.data, message->body.data, message->body.len) == 0);
}

static void check_query(struct played *played, const Hearth__V1__SearchQuery *message,
                        struct asked *asked)
{
    struct query query;
    struct err err = {0};
    const ProtobufCBinaryData *body = &message->query->body;
    struct buf footprint = {0};
    parties_must(query_decode(body->data, body->len, &query, &err), &err);
    query_hash(asked->hash, body->data, body->len);
    REQUIRE(query.is_member && message->group != NULL && played->queries < GROUP_QUERIES);
    check_group(played, message->group, &query, asked->hash);
    for (size_t i = 0; i < query.footprint_count; i++) buf_u16(&footprint, query.footprint[i]);
    if (played->queries == 0) {
        buf_append(&played->footprint, footprint.data, footprint.len);
        played->asked_epoch = query.epoch;
    }
    REQUIRE(query.epoch == played->asked_epoch);
    REQUIRE(footprint.len == played->footprint.len);
    REQUIRE(footprint.len == 0 ||
            memcmp(footprint.data, played->footprint.data, footprint.len) == 0);
    memcpy(played->hashes[played->queries++], asked->hash, HASH_BYTES);
    asked->number = played->queries;
    buf_free(&footprint);
    query_free(&query);
}

/* Nobody answers: the played matcher closes at once. */
static void accept_query(struct played *played, struct rpc_stream *stream,
                         const Hearth__V1__SearchQuery *query)
{
    struct asked *asked = mem_new(struct asked);
    rpc_stream_set_user(stream, asked);
    check_query(played, query, asked);
    if (played->fault == FAULT_REFUSES_ALL) {
        rpc_stream_finish(stream, RPC_RESOURCE_EXHAUSTED, "budget: renews tomorrow");
        return;
    }
    if (played->fault == FAULT_REFUSES_ONE && asked->number == 3) {
        rpc_stream_finish(stream, RPC_UNAVAILABLE, "not this one");
        return;
    }
    Hearth__V1__SearchAccepted accepted = HEARTH__V1__SEARCH_ACCEPTED__INIT;
    Hearth__V1__SearchClose closing = HEARTH__V1__SEARCH_CLOSE__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    accepted.query_hash = (ProtobufCBinaryData){HASH_BYTES, asked->hash};
    accepted.asked = 2;
    message.kind_case = HEARTH__V1__TO_LA__KIND_ACCEPTED;
    message.accepted = &accepted;
    send_to_la(stream, &message);
    message.kind_case = HEARTH__V1__TO_LA__KIND_CLOSE;
    message.close = &closing;
    send_to_la(stream, &message);
}

static void send_result(struct played *played, struct rpc_stream *stream)
{
    const struct asked *asked = rpc_stream_user(stream);
    struct result *result = mem_new(struct result);
    struct signed_bytes body = {0};
    *result = (struct result){.asked = 2, .answered = asked->number % 3, .choice = CHOICE_6};
    memcpy(result->query_hash, asked->hash, HASH_BYTES);
    if (played->fault == FAULT_LISTS && asked->number == 3) {
        result->choice = CHOICE_UNTOLD;
        result->agency_count = 1;
        strcpy(result->agencies[0].id, "ifa-1");
        result->agencies[0].band = BAND_GOOD;
    }
    result_encode(result, &body.body);
    identity_sign_body(played->matcher.identity, TAG_RESULT, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_RESULT;
    message.result = &part;
    send_to_la(stream, &message);
    rpc_stream_finish(stream, RPC_OK, "");
    signed_bytes_free(&body);
    free(result);
}

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    (void)stream;
    (void)ctx;
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct played *played = ctx;
    Hearth__V1__FromLa *message = hearth__v1__from_la__unpack(NULL, len, data);
    REQUIRE(message != NULL);
    (void)pthread_mutex_lock(&played->lock);
    switch ((int)message->kind_case) {
    case HEARTH__V1__FROM_LA__KIND_HELLO: welcome(played, stream); break;
    case HEARTH__V1__FROM_LA__KIND_QUERY: accept_query(played, stream, message->query); break;
    case HEARTH__V1__FROM_LA__KIND_SHARES_PROOF: send_result(played, stream); break;
    default: REQUIRE(false);
    }
    (void)pthread_mutex_unlock(&played->lock);
    hearth__v1__from_la__free_unpacked(message, NULL);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)status;
    (void)detail;
    (void)ctx;
    free(rpc_stream_user(stream));
}

/* ---- the scene ---- */

struct scene {
    char *dir;
    struct parties *parties;
    struct played played;
    struct request request, nowhere; /* the second without its location: much less work */
    size_t told;                     /* progress */
};

static void make_epochs(struct played *played)
{
    int64_t now = clock_wall_ms();
    const uint8_t tie[HASH_BYTES] = {1};
    for (int i = 0; i < EPOCHS; i++) {
        struct scalar m;
        struct signed_bytes *bytes = &played->epoch_bytes[i];
        /* Each begins a millisecond later: the time is its name. */
        epoch_make("matcher", now - 1000 + i, now + 3600000, tie, &m, &played->epochs[i],
                   &bytes->body);
        identity_sign_body(played->matcher.identity, TAG_EPOCH, bytes);
        scalar_wipe(&m);
        int64_t next = clock_wall_ms();
        while (clock_wall_ms() == next) sched_yield();
    }
}

static int set_up(void **state)
{
    static const char request[] =
        "{\"search_ref\":\"T-1\",\"children\":[{\"age\":9,\"sex\":\"U\"}],\"placement\":{\"type\":"
        "\"PT_LONG\",\"needed_by\":\"today\"},\"must\":[\"DS_AUT\",\"DS_LD\"],\"location\":"
        "{\"anchors\":[{\"name\":\"a\",\"at\":\"SE 297 338\",\"within_km\":12}]}}";
    struct scene *scene = mem_new(struct scene);
    struct err err = {0};
    log_set_level(LOG_LEVEL_ERROR);
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->played.matcher = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    scene->played.la = parties_add(scene->parties, ROLE_LA, "la-1");
    assert_int_equal(pthread_mutex_init(&scene->played.lock, NULL), 0);
    make_epochs(&scene->played);
    assert_true(
        request_parse(request, sizeof request - 1,
                      &(struct request_rules){.catalogue = catalogue_get(CATALOGUE_VERSION)},
                      &scene->request, &err));
    scene->nowhere = scene->request;
    scene->nowhere.has_location = false;
    scene->nowhere.anchor_count = 0;
    rpc_start();
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    rpc_stop();
    for (int i = 0; i < EPOCHS; i++) signed_bytes_free(&scene->played.epoch_bytes[i]);
    (void)pthread_mutex_destroy(&scene->played.lock);
    party_close(&scene->played.la);
    party_close(&scene->played.matcher);
    parties_free(scene->parties);
    support_temp_dir_remove(scene->dir);
    free(scene);
    return 0;
}

static void count_told(size_t answered, size_t all, void *ctx)
{
    struct scene *scene = ctx;
    assert_int_equal(all, GROUP_QUERIES);
    assert_int_equal(answered, ++scene->told);
}

/* An explanation by a matcher with that fault, after a search in epoch 0 that found two. */
static bool run(struct scene *scene, enum fault fault, struct explanation *out, struct err *err)
{
    static const struct rpc_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    struct played *played = &scene->played;
    struct search_session session;
    int port = 0;
    played->fault = fault;
    played->hellos = played->queries = 0;
    scene->told = 0;
    struct rpc_server *server = played_matcher_start(&played->matcher, &events, played, 2, &port);
    struct la la = played_matcher_la(&played->la, port);
    struct result *found = mem_new(struct result);
    found->agency_count = 2;
    found->answered = 2;
    parties_must(search_open(&la, &session, err), err);
    session.epoch = played->epochs[0];
    session.catalogue = la.catalogue;
    const struct request *request = fault == FAULT_NONE ? &scene->request : &scene->nowhere;
    bool ok = explain_run(&session, request, found, count_told, scene, out, err);
    search_close(&session);
    rpc_server_stop(server);
    buf_free(&played->group);
    buf_free(&played->footprint);
    free(found);
    return ok;
}

static void expect_distinct(const struct played *played)
{
    assert_int_equal(played->queries, GROUP_QUERIES);
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(played->hashes[i], played->hashes[j], HASH_BYTES);
        }
    }
}

static size_t untold(const struct explanation *explanation)
{
    size_t count = 0;
    for (size_t i = 0; i < explanation->count; i++) {
        count += explanation->list[i].choice == CHOICE_UNTOLD ? 1 : 0;
    }
    return count;
}

/* ---- tests ---- */

static void sixteen_queries_of_one_group_are_asked(void **state)
{
    struct scene *scene = *state;
    struct explanation *out = mem_new(struct explanation);
    struct err err = {0};
    if (!run(scene, FAULT_NONE, out, &err)) fail_msg("%s: %s", err.field, err.text);
    expect_distinct(&scene->played);
    assert_true(scene->played.asked_epoch == scene->played.epochs[0].epoch);
    assert_int_equal(scene->told, GROUP_QUERIES);
    assert_int_equal(out->base, CHOICE_1);
    assert_int_equal(out->base_answered, 2);
    assert_int_equal(out->result_count, GROUP_QUERIES);
    assert_int_equal(out->count, 4);
    for (size_t i = 0; i < out->count; i++) {
        assert_int_equal(out->list[i].choice, CHOICE_6);
        assert_int_equal(out->list[i].variant.kind, i < 2 ? VARIANT_WITHOUT : VARIANT_WITHIN);
    }
    free(out);
}

/* No query leaves before every stream has been welcomed in the epoch that it was made for. */
static void a_new_key_means_new_queries(void **state)
{
    struct scene *scene = *state;
    static const enum fault faults[] = {FAULT_NEW_EPOCH, FAULT_MIDWAY_EPOCH};
    struct explanation *out = mem_new(struct explanation);
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        if (!run(scene, faults[i], out, &err)) fail_msg("%s: %s", err.field, err.text);
        expect_distinct(&scene->played);
        assert_int_equal(scene->played.hellos, 2 * GROUP_QUERIES);
        assert_true(scene->played.asked_epoch == scene->played.epochs[1].epoch);
        assert_int_equal(untold(out), 0);
    }
    free(out);
}

static void keys_that_never_stay_end_it(void **state)
{
    struct scene *scene = *state;
    struct explanation *out = mem_new(struct explanation);
    struct err err = {0};
    assert_false(run(scene, FAULT_EPOCHS, out, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_string_equal(err.field, "epoch");
    assert_int_equal(scene->played.queries, 0);
    free(out);
}

/* A question that fails is left untold, whichever it was; the others are told. */
static void one_failure_costs_one_answer(void **state)
{
    struct scene *scene = *state;
    static const enum fault faults[] = {FAULT_REFUSES_ONE, FAULT_LISTS};
    struct explanation *out = mem_new(struct explanation);
    for (size_t i = 0; i < 2; i++) {
        struct err err = {0};
        if (!run(scene, faults[i], out, &err)) fail_msg("%s: %s", err.field, err.text);
        assert_int_equal(scene->told, GROUP_QUERIES - 1);
        assert_int_equal(out->result_count, GROUP_QUERIES - 1);
        assert_true(untold(out) <= 1);
    }
    free(out);
}

static void refusals_are_errors(void **state)
{
    struct scene *scene = *state;
    struct explanation *out = mem_new(struct explanation);
    struct err err = {0};
    assert_false(run(scene, FAULT_REFUSES_ALL, out, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    assert_non_null(strstr(err.text, "tomorrow"));
    assert_int_equal(out->result_count, 0);
    assert_int_equal(scene->told, 0);
    assert_false(run(scene, FAULT_REFUSES_GREETING, out, &err));
    assert_int_equal(err.code, ERR_BUDGET);
    assert_int_equal(scene->played.queries, 0); /* whole or not at all */
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_queries_of_one_group_are_asked),
        cmocka_unit_test(a_new_key_means_new_queries),
        cmocka_unit_test(keys_that_never_stay_end_it),
        cmocka_unit_test(one_failure_costs_one_answer),
        cmocka_unit_test(refusals_are_errors),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
