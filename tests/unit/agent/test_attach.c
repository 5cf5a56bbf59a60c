/* SPDX-License-Identifier: Apache-2.0
 * An agent attached to a matcher that the test plays, over real mutual TLS: what it answers, when,
 * and what it declines or hangs up on.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/link.h"
#include "agent/replies_internal.h"
#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/domain/request.h"
#include "tests/unit/agent/carers.h"
#include "tests/unit/support_keys/parties.h"

enum {
    WAIT_MS = 30000,
    CARERS = 20,
    ITEMS = 32,
    PERIOD_MS = (SEND_BASE_US + SEND_ITEM_US * ITEMS) / 1000,
    MEMBER_PERIOD_MS = (SEND_BASE_US + GROUP_QUERIES * SEND_ITEM_US * ITEMS) / 1000
};

/* ---- the matcher ---- */

struct heard { /* one message from the agent */
    struct heard *next;
    struct buf bytes;
    int64_t at_ms;
};

struct stage {
    struct parties *parties;
    struct party matcher, agent, la, stranger;
    struct rpc_server *server;
    char target[64];

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct rpc_stream *stream; /* the latest */
    struct heard *first, **last;
    size_t opened, closed;

    struct held held;
    int wake_fd;
    struct checker *checker;
    struct policy *policy;
    struct replies *replies;
    struct keeper *keeper;
    struct sender *sender;
    struct answerer *answerer;
    struct link *link;

    struct scalar m;
    struct buf epoch; /* body */
    struct epoch_record epoch_record;

    const uint8_t *group_id;   /* of the queries that are made; NULL: no members */
    struct signed_bytes group; /* that goes with what is sent, if it has a body */
};

static void on_opened(struct rpc_stream *stream, void *ctx)
{
    struct stage *stage = ctx;
    pthread_mutex_lock(&stage->lock);
    rpc_stream_unref(stage->stream);
    rpc_stream_ref(stream);
    stage->stream = stream;
    stage->opened++;
    pthread_cond_broadcast(&stage->changed);
    pthread_mutex_unlock(&stage->lock);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct stage *stage = ctx;
    (void)stream;
    struct heard *heard = mem_new(struct heard);
    buf_append(&heard->bytes, data, len);
    heard->at_ms = clock_steady_ms();
    pthread_mutex_lock(&stage->lock);
    *stage->last = heard;
    stage->last = &heard->next;
    pthread_cond_broadcast(&stage->changed);
    pthread_mutex_unlock(&stage->lock);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)stream;
    (void)status;
    (void)detail;
    struct stage *stage = ctx;
    pthread_mutex_lock(&stage->lock);
    stage->closed++;
    pthread_cond_broadcast(&stage->changed);
    pthread_mutex_unlock(&stage->lock);
}

/* Waits for a condition on the stage while the link is stepped by this thread, as `serve` does. */
static bool wait_until(struct stage *stage, bool (*done)(struct stage *stage, size_t n), size_t n)
{
    int64_t end = clock_steady_ms() + WAIT_MS;
    while (clock_steady_ms() < end) {
        int64_t pause = stage->link ? link_step(stage->link) : 20;
        pthread_mutex_lock(&stage->lock);
        bool yes = done(stage, n);
        pthread_mutex_unlock(&stage->lock);
        if (yes) return true;
        struct pollfd fd = {.fd = stage->wake_fd, .events = POLLIN};
        uint64_t count = 0;
        if (poll(&fd, 1, pause < 5 ? (int)pause : 5) > 0) {
            assert_true(read(stage->wake_fd, &count, sizeof count) > 0);
        }
    }
    return false;
}

static bool has_heard(struct stage *stage, size_t n)
{
    (void)n;
    return stage->first != NULL;
}

static bool has_opened(struct stage *stage, size_t n)
{
    return stage->opened >= n;
}

static bool has_closed(struct stage *stage, size_t n)
{
    return stage->closed >= n;
}

static bool is_attached(struct stage *stage, size_t n)
{
    (void)n;
    return link_attached(stage->link);
}

static bool is_detached(struct stage *stage, size_t n)
{
    return !is_attached(stage, n);
}

/* The next message; *at_ms when it came. Caller frees. */
static Hearth__V1__FromAgent *next_message(struct stage *stage, int64_t *at_ms)
{
    assert_true(wait_until(stage, has_heard, 0));
    pthread_mutex_lock(&stage->lock);
    struct heard *heard = stage->first;
    stage->first = heard->next;
    if (!stage->first) stage->last = &stage->first;
    pthread_mutex_unlock(&stage->lock);
    Hearth__V1__FromAgent *message =
        hearth__v1__from_agent__unpack(NULL, heard->bytes.len, heard->bytes.data);
    assert_non_null(message);
    if (at_ms) *at_ms = heard->at_ms;
    buf_free(&heard->bytes);
    free(heard);
    return message;
}

static void send_message(struct stage *stage, const Hearth__V1__ToAgent *message)
{
    struct buf bytes = {0};
    wire_pack(&message->base, &bytes);
    assert_true(rpc_stream_send_bytes(stage->stream, bytes.data, bytes.len));
    buf_free(&bytes);
}

static Hearth__V1__Signed raw_of(const struct party *party)
{
    const struct signed_bytes *raw = &identity_certificate(party->identity)->raw;
    Hearth__V1__Signed out = HEARTH__V1__SIGNED__INIT;
    out.body = wire_data(raw->body.data, raw->body.len);
    out.signature = wire_data(raw->signature, SIGNATURE_BYTES);
    return out;
}

static void send_welcome(struct stage *stage, const struct party *as, uint32_t protocol)
{
    Hearth__V1__AttachWelcome welcome = HEARTH__V1__ATTACH_WELCOME__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    Hearth__V1__Signed own = raw_of(as);
    welcome.protocol = protocol;
    welcome.catalogue = CATALOGUE_VERSION;
    welcome.certificate = &own;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_WELCOME;
    message.welcome = &welcome;
    send_message(stage, &message);
}

/* ---- queries ---- */

enum flaw {
    FLAW_NONE,
    FLAW_SIGNATURE,
    FLAW_ROLE,
    FLAW_OTHER_LA,
    FLAW_CATALOGUE,
    FLAW_EXPIRED,
    FLAW_FUTURE,
    FLAW_EPOCH_SIGNER,
    FLAW_EPOCH_MATCHER,
    FLAW_EPOCH_ID,
    FLAW_PROOF,
    FLAW_COUNT,
    FLAW_CUT,
    FLAW_NO_EPOCH
};

static int16_t *easy_values(struct blind_layout *layout)
{
    static const char json[] =
        "{\"search_ref\":\"T\",\"children\":[{\"age\":5,\"sex\":\"U\"}],\"placement\":{\"type\":"
        "\"PT_LONG\",\"needed_by\":\"later\"}}";
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct err err = {0};
    struct request *request = mem_new(struct request);
    struct plan *plan = mem_new(struct plan);
    must(request_parse(json, strlen(json), &(struct request_rules){.catalogue = catalogue}, request,
                       &err),
         &err);
    must(plan_make(request, catalogue, plan, &err), &err);
    *layout = catalogue_layout(catalogue, 0);
    int16_t *values = plan_values(plan, NULL, 0);
    free(plan);
    free(request);
    return values;
}

/* The signed body of a query with one flaw. id: its first byte. */
static void make_query(struct stage *stage, enum flaw flaw, uint8_t id, struct buf *body)
{
    struct blind_layout layout;
    int16_t *values = easy_values(&layout);
    struct scalar a;
    uint8_t seed[SEED_BYTES];
    const uint8_t query_id[QUERY_ID_BYTES] = {id};
    int64_t now = clock_wall_ms();
    if (flaw == FLAW_EXPIRED) now -= CLOCK_SKEW_MS + QUERY_LIFETIME_MS + 1000;
    if (flaw == FLAW_FUTURE) now += CLOCK_SKEW_MS + 60000;
    if (flaw == FLAW_COUNT) layout.soft_slots--;
    const struct query_plain plain = {.catalogue = flaw == FLAW_CATALOGUE ? CATALOGUE_VERSION + 2
                                                                          : CATALOGUE_VERSION,
                                      .la = flaw == FLAW_OTHER_LA ? "la-9" : "la-1",
                                      .query_id = query_id,
                                      .issued_at = now,
                                      .expires_at = now + QUERY_LIFETIME_MS,
                                      .layout = layout,
                                      .values = values,
                                      .group_id = stage->group_id};
    struct epoch_record epoch = stage->epoch_record;
    if (flaw == FLAW_EPOCH_ID) epoch.epoch++;
    if (flaw == FLAW_PROOF) epoch.key_bytes[0] ^= 1; /* the proof binds another M */
    randombytes_buf(seed, sizeof seed);
    query_make(&plain, &epoch, seed, &a, body);
    if (flaw == FLAW_CUT) body->len -= 1;
    free(values);
}

static void make_epoch(struct stage *stage, const char *matcher, struct buf *out)
{
    const uint8_t tie[HASH_BYTES] = {0};
    int64_t now = clock_wall_ms();
    epoch_make(matcher, now - 1000, now + 3600000, tie, &stage->m, &stage->epoch_record, out);
}

/* What an agent gets, with one flaw. Returns when it was sent. */
static int64_t send_query(struct stage *stage, enum flaw flaw, const struct buf *body,
                          const struct buf *epoch)
{
    const struct party *la = flaw == FLAW_ROLE ? &stage->agent : &stage->la;
    const struct party *signer = flaw == FLAW_EPOCH_SIGNER ? &stage->la : &stage->matcher;
    uint8_t signature[SIGNATURE_BYTES];
    uint8_t epoch_signature[SIGNATURE_BYTES];
    Hearth__V1__Signed query_part = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__Signed epoch_part = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__Signed certificate = raw_of(la);
    Hearth__V1__AgentQuery query = HEARTH__V1__AGENT_QUERY__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    identity_sign(la->identity, TAG_QUERY, body->data, body->len, signature);
    if (flaw == FLAW_SIGNATURE) signature[0] ^= 1;
    identity_sign(signer->identity, TAG_EPOCH, epoch->data, epoch->len, epoch_signature);
    query_part.body = wire_data(body->data, body->len);
    query_part.signature = wire_data(signature, sizeof signature);
    epoch_part.body = wire_data(epoch->data, epoch->len);
    epoch_part.signature = wire_data(epoch_signature, sizeof epoch_signature);
    query.query = &query_part;
    query.certificate = &certificate;
    query.epoch = flaw == FLAW_NO_EPOCH ? NULL : &epoch_part;
    Hearth__V1__Signed group = signed_message_of(&stage->group);
    if (stage->group.body.len > 0) query.group = &group;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_QUERY;
    message.query = &query;
    int64_t now = clock_steady_ms();
    send_message(stage, &message);
    return now;
}

static void expect_decline(struct stage *stage, const struct buf *body, const char *reason)
{
    uint8_t hash[HASH_BYTES];
    Hearth__V1__FromAgent *message = next_message(stage, NULL);
    query_hash(hash, body->data, body->len);
    if (message->kind_case != HEARTH__V1__FROM_AGENT__KIND_DECLINE) {
        fail_msg("no decline where %s is wanted", reason);
    }
    assert_string_equal(message->decline->reason, reason);
    assert_int_equal(message->decline->query_hash.len, HASH_BYTES);
    if (strcmp(reason, "invalid") != 0) {
        assert_memory_equal(message->decline->query_hash.data, hash, HASH_BYTES);
    }
    hearth__v1__from_agent__free_unpacked(message, NULL);
}

/* A reply to that query, signed by the agent, whole; caller frees. */
static Hearth__V1__FromAgent *expect_reply(struct stage *stage, const struct buf *body,
                                           int64_t *at_ms)
{
    struct err err = {0};
    struct reply reply;
    uint8_t hash[HASH_BYTES];
    Hearth__V1__FromAgent *message = next_message(stage, at_ms);
    if (message->kind_case == HEARTH__V1__FROM_AGENT__KIND_DECLINE) {
        fail_msg("declined: %s", message->decline->reason);
    }
    assert_int_equal(message->kind_case, HEARTH__V1__FROM_AGENT__KIND_REPLY);
    const Hearth__V1__AgentReply *got = message->reply;
    must(certificate_verify(identity_certificate(stage->agent.identity), TAG_REPLY,
                            got->reply->body.data, got->reply->body.len, got->reply->signature.data,
                            got->reply->signature.len, &err),
         &err);
    must(reply_decode(got->reply->body.data, got->reply->body.len, &reply, &err), &err);
    query_hash(hash, body->data, body->len);
    assert_memory_equal(reply.query_hash, hash, HASH_BYTES);
    assert_string_equal(reply.agent, "ifa-1");
    assert_int_equal(reply.epoch, stage->epoch_record.epoch);
    assert_int_equal(reply.count, ITEMS);
    assert_int_equal(got->c1.len, ITEMS * POINT_BYTES);
    assert_int_equal(got->c2.len, ITEMS * POINT_BYTES);
    return message;
}

/* ---- the stage ---- */

static const struct rpc_events events = {
    .opened = on_opened, .message = on_message, .closed = on_closed};

static void start_server(struct stage *stage)
{
    struct err err = {0};
    int port = 0;
    const struct rpc_method method = {METHOD_ATTACH, &events, stage};
    const struct rpc_server_config config = {.address = "127.0.0.1:0",
                                             .message_max = REPLY_MAX,
                                             .queue_max = 256,
                                             .methods = &method,
                                             .method_count = 1};
    must(rpc_server_start(&config, stage->matcher.identity, stage->matcher.trust, &stage->server,
                          &port, &err),
         &err);
    (void)snprintf(stage->target, sizeof stage->target, "127.0.0.1:%d", port);
}

static void start_agent(struct stage *stage, uint32_t budget, const char *allowed)
{
    struct err err = {0};
    struct config config = config_default();
    config.budget = budget;
    if (allowed) must(config_allow(&config, allowed, &err), &err);
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    stage->checker = checker_new(stage->agent.trust, catalogue);
    must(policy_open(&config, stage->held.vault, &stage->policy, &err), &err);
    stage->sender = sender_start();
    must(replies_open(stage->held.dir, &stage->held.key, &stage->replies, &err), &err);
    stage->keeper = keeper_start(stage->replies);
    const struct answerer_parts parts = {.identity = stage->agent.identity,
                                         .vault = stage->held.vault,
                                         .checker = stage->checker,
                                         .policy = stage->policy,
                                         .keeper = stage->keeper,
                                         .sender = stage->sender,
                                         .fresh_days = STATUS_FRESH_DAYS,
                                         .threads = 1};
    stage->answerer = answerer_start(&parts);
    const struct link_parts link = {.target = stage->target,
                                    .matcher_id = "matcher",
                                    .identity = stage->agent.identity,
                                    .trust = stage->agent.trust,
                                    .catalogue = catalogue,
                                    .checker = stage->checker,
                                    .answerer = stage->answerer,
                                    .keeper = stage->keeper,
                                    .wake_fd = stage->wake_fd};
    stage->link = link_new(&link);
    config_free(&config);
}

static void stop_agent(struct stage *stage)
{
    link_free(stage->link);
    stage->link = NULL;
    answerer_stop(stage->answerer);
    keeper_stop(stage->keeper);
    replies_close(stage->replies);
    sender_stop(stage->sender);
    checker_free(stage->checker);
    policy_close(stage->policy);
    stage->answerer = NULL;
    stage->sender = NULL;
    stage->checker = NULL;
    stage->policy = NULL;
}

static int set_up(void **state)
{
    struct stage *stage = mem_new(struct stage);
    struct err err = {0};
    log_set_level((enum log_level)2);
    stage->held.dir = support_temp_dir();
    stage->parties = parties_new(stage->held.dir);
    stage->matcher = parties_add(stage->parties, ROLE_MATCHER, "matcher");
    stage->stranger = parties_add(stage->parties, ROLE_MATCHER, "other");
    stage->agent = parties_add(stage->parties, ROLE_AGENT, "ifa-1");
    stage->la = parties_add(stage->parties, ROLE_LA, "la-1");
    stage->held.key = identity_derive(stage->agent.identity, VAULT_PURPOSE);
    must(vault_create(stage->held.dir, &stage->held.key, &err), &err);
    must(vault_open(stage->held.dir, &stage->held.key, &stage->held.vault, &err), &err);
    hold(stage->held.vault, 0, CARERS);
    assert_int_equal(pthread_mutex_init(&stage->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&stage->changed, NULL), 0);
    stage->last = &stage->first;
    stage->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    make_epoch(stage, "matcher", &stage->epoch);
    rpc_start();
    start_server(stage);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    stop_agent(stage);
    rpc_stream_unref(stage->stream);
    rpc_server_stop(stage->server);
    rpc_stop();
    while (stage->first) {
        struct heard *next = stage->first->next;
        buf_free(&stage->first->bytes);
        free(stage->first);
        stage->first = next;
    }
    vault_close(stage->held.vault);
    secret_free(&stage->held.key);
    party_close(&stage->matcher);
    party_close(&stage->stranger);
    party_close(&stage->agent);
    party_close(&stage->la);
    parties_free(stage->parties);
    support_temp_dir_remove(stage->held.dir);
    buf_free(&stage->epoch);
    signed_bytes_free(&stage->group);
    (void)close(stage->wake_fd);
    (void)pthread_cond_destroy(&stage->changed);
    (void)pthread_mutex_destroy(&stage->lock);
    free(stage);
    return 0;
}

/* Up to the hello, which is checked. */
static void await_hello(struct stage *stage, size_t opened)
{
    assert_true(wait_until(stage, has_opened, opened));
    Hearth__V1__FromAgent *hello = next_message(stage, NULL);
    assert_int_equal(hello->kind_case, HEARTH__V1__FROM_AGENT__KIND_HELLO);
    assert_int_equal(hello->hello->protocol, PROTOCOL_VERSION);
    assert_int_equal(hello->hello->catalogue, CATALOGUE_VERSION);
    Hearth__V1__Signed own = raw_of(&stage->agent);
    assert_int_equal(hello->hello->certificate->body.len, own.body.len);
    assert_memory_equal(hello->hello->certificate->body.data, own.body.data, own.body.len);
    hearth__v1__from_agent__free_unpacked(hello, NULL);
}

static void attach(struct stage *stage, uint32_t budget, const char *allowed)
{
    start_agent(stage, budget, allowed);
    await_hello(stage, 1);
    send_welcome(stage, &stage->matcher, PROTOCOL_VERSION);
    assert_true(wait_until(stage, is_attached, 0));
}

/* ---- tests ---- */

static void test_a_query_is_answered_in_its_time(void **state)
{
    struct stage *stage = *state;
    attach(stage, 0, NULL);
    for (uint8_t id = 1; id < 4; id++) {
        struct buf body = {0};
        int64_t at_ms = 0;
        make_query(stage, FLAW_NONE, id, &body);
        int64_t sent_ms = send_query(stage, FLAW_NONE, &body, &stage->epoch);
        Hearth__V1__FromAgent *reply = expect_reply(stage, &body, &at_ms);
        assert_true(at_ms - sent_ms >= PERIOD_MS);
        hearth__v1__from_agent__free_unpacked(reply, NULL);
        buf_free(&body);
    }
}

static void test_the_same_query_gets_the_same_reply(void **state)
{
    struct stage *stage = *state;
    struct buf body = {0};
    struct buf other = {0};
    attach(stage, 1, NULL);
    make_query(stage, FLAW_NONE, 1, &body);
    make_query(stage, FLAW_NONE, 1, &other); /* fresh randomness under the same id */
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    Hearth__V1__FromAgent *first = expect_reply(stage, &body, NULL);
    /* Another query under the same id is refused; the budget of one is used up for others. */
    (void)send_query(stage, FLAW_NONE, &other, &stage->epoch);
    expect_decline(stage, &other, "replay");
    int64_t at_ms = 0;
    int64_t sent_ms = send_query(stage, FLAW_NONE, &body, &stage->epoch);
    Hearth__V1__FromAgent *second = expect_reply(stage, &body, &at_ms);
    assert_true(at_ms - sent_ms >= PERIOD_MS);
    assert_memory_equal(first->reply->c1.data, second->reply->c1.data, ITEMS * POINT_BYTES);
    assert_memory_equal(first->reply->c2.data, second->reply->c2.data, ITEMS * POINT_BYTES);
    assert_memory_equal(first->reply->reply->signature.data, second->reply->reply->signature.data,
                        SIGNATURE_BYTES);
    hearth__v1__from_agent__free_unpacked(first, NULL);
    hearth__v1__from_agent__free_unpacked(second, NULL);
    buf_free(&other);
    make_query(stage, FLAW_NONE, 2, &other);
    (void)send_query(stage, FLAW_NONE, &other, &stage->epoch);
    expect_decline(stage, &other, "budget");
    buf_free(&body);
    buf_free(&other);
}

static void test_flawed_queries_are_declined(void **state)
{
    static const struct {
        enum flaw flaw;
        const char *reason;
    } cases[] = {
        {FLAW_SIGNATURE, "signature"}, {FLAW_ROLE, "not_allowed"},    {FLAW_OTHER_LA, "signature"},
        {FLAW_CATALOGUE, "version"},   {FLAW_EXPIRED, "expired"},     {FLAW_FUTURE, "expired"},
        {FLAW_EPOCH_SIGNER, "epoch"},  {FLAW_EPOCH_MATCHER, "epoch"}, {FLAW_EPOCH_ID, "epoch"},
        {FLAW_PROOF, "proof"},         {FLAW_COUNT, "invalid"},       {FLAW_CUT, "invalid"},
        {FLAW_NO_EPOCH, "invalid"},
    };
    struct stage *stage = *state;
    attach(stage, 1, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf body = {0};
        struct buf epoch = {0};
        if (cases[i].flaw == FLAW_EPOCH_MATCHER) {
            struct epoch_record kept = stage->epoch_record;
            make_epoch(stage, "other", &epoch);
            make_query(stage, cases[i].flaw, (uint8_t)i, &body);
            stage->epoch_record = kept;
        } else {
            buf_append(&epoch, stage->epoch.data, stage->epoch.len);
            make_query(stage, cases[i].flaw, (uint8_t)i, &body);
        }
        (void)send_query(stage, cases[i].flaw, &body, &epoch);
        expect_decline(stage, &body, cases[i].reason);
        buf_free(&body);
        buf_free(&epoch);
    }
    /* None of them counted: the one query that the budget allows is answered. */
    struct buf body = {0};
    make_query(stage, FLAW_NONE, 99, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    hearth__v1__from_agent__free_unpacked(expect_reply(stage, &body, NULL), NULL);
    buf_free(&body);
}

/* ---- groups of queries ---- */

enum { MEMBERS = 3 };

/* A group and the first of its queries. */
struct batch {
    struct query_group group;
    struct buf bodies[MEMBERS];
};

static void sign_group(struct stage *stage, const struct query_group *group)
{
    signed_bytes_free(&stage->group);
    stage->group = (struct signed_bytes){0};
    query_group_encode(group, &stage->group.body);
    identity_sign_body(stage->la.identity, TAG_GROUP, &stage->group);
}

/* id: the first byte of the group's id and of its queries'. The signed group is the stage's. */
static void make_batch(struct stage *stage, uint8_t id, struct batch *out)
{
    int64_t now = clock_wall_ms();
    *out = (struct batch){.group = {.la = "la-1",
                                    .group_id = {id},
                                    .epoch = stage->epoch_record.epoch,
                                    .issued_at = now,
                                    .expires_at = now + QUERY_LIFETIME_MS}};
    stage->group_id = out->group.group_id;
    randombytes_buf(out->group.queries, sizeof out->group.queries);
    for (uint8_t i = 0; i < MEMBERS; i++) {
        make_query(stage, FLAW_NONE, (uint8_t)(id + i), &out->bodies[i]);
        query_hash(out->group.queries[5 + i], out->bodies[i].data, out->bodies[i].len);
    }
    stage->group_id = NULL;
    sign_group(stage, &out->group);
}

static void free_batch(struct stage *stage, struct batch *batch)
{
    for (int i = 0; i < MEMBERS; i++) buf_free(&batch->bodies[i]);
    signed_bytes_free(&stage->group);
    stage->group = (struct signed_bytes){0};
}

static void test_a_group_counts_once(void **state)
{
    struct stage *stage = *state;
    struct batch batch;
    struct buf alone = {0};
    attach(stage, 1, NULL);
    make_batch(stage, 10, &batch);
    for (int i = 0; i < MEMBERS; i++) {
        int64_t at_ms = 0;
        int64_t sent_ms = send_query(stage, FLAW_NONE, &batch.bodies[i], &stage->epoch);
        Hearth__V1__FromAgent *reply = expect_reply(stage, &batch.bodies[i], &at_ms);
        assert_true(at_ms - sent_ms >= MEMBER_PERIOD_MS);
        hearth__v1__from_agent__free_unpacked(reply, NULL);
    }
    free_batch(stage, &batch);
    make_batch(stage, 20, &batch); /* another group is another search */
    (void)send_query(stage, FLAW_NONE, &batch.bodies[0], &stage->epoch);
    expect_decline(stage, &batch.bodies[0], "budget");
    free_batch(stage, &batch);
    make_query(stage, FLAW_NONE, 30, &alone);
    (void)send_query(stage, FLAW_NONE, &alone, &stage->epoch);
    expect_decline(stage, &alone, "budget");
    buf_free(&alone);
}

/* The matcher shows a member once more, without its group and with it: never another answer. */
static void test_a_member_cannot_leave_its_group(void **state)
{
    struct stage *stage = *state;
    struct batch batch;
    attach(stage, 0, NULL);
    make_batch(stage, 10, &batch);
    struct signed_bytes group = stage->group;
    const struct buf *body = &batch.bodies[0];
    stage->group = (struct signed_bytes){0};
    (void)send_query(stage, FLAW_NONE, body, &stage->epoch);
    expect_decline(stage, body, "invalid");
    stage->group = group;
    (void)send_query(stage, FLAW_NONE, body, &stage->epoch);
    Hearth__V1__FromAgent *first = expect_reply(stage, body, NULL);
    stage->group = (struct signed_bytes){0};
    (void)send_query(stage, FLAW_NONE, body, &stage->epoch);
    expect_decline(stage, body, "invalid");
    stage->group = group;
    int64_t at_ms = 0;
    int64_t sent_ms = send_query(stage, FLAW_NONE, body, &stage->epoch);
    Hearth__V1__FromAgent *second = expect_reply(stage, body, &at_ms);
    assert_true(at_ms - sent_ms >= MEMBER_PERIOD_MS);
    assert_memory_equal(first->reply->c1.data, second->reply->c1.data, ITEMS * POINT_BYTES);
    hearth__v1__from_agent__free_unpacked(first, NULL);
    hearth__v1__from_agent__free_unpacked(second, NULL);
    free_batch(stage, &batch);
}

static void expect_group_declined(struct stage *stage, const struct batch *batch,
                                  const struct query_group *group, const char *reason)
{
    if (group) sign_group(stage, group);
    (void)send_query(stage, FLAW_NONE, &batch->bodies[0], &stage->epoch);
    expect_decline(stage, &batch->bodies[0], reason);
}

static void test_flawed_groups_are_declined(void **state)
{
    struct stage *stage = *state;
    struct batch batch, other;
    attach(stage, 1, NULL);
    make_batch(stage, 40, &other);
    make_batch(stage, 10, &batch);
    stage->group.signature[9] ^= 1;
    expect_group_declined(stage, &batch, NULL, "signature");
    struct query_group changed = batch.group;
    strcpy(changed.la, "la-2");
    expect_group_declined(stage, &batch, &changed, "signature");
    changed = batch.group;
    changed.epoch++;
    expect_group_declined(stage, &batch, &changed, "invalid");
    changed = batch.group;
    changed.group_id[1] ^= 1;
    expect_group_declined(stage, &batch, &changed, "invalid");
    changed = batch.group;
    changed.queries[5][0] ^= 1; /* the seventeenth */
    expect_group_declined(stage, &batch, &changed, "invalid");
    changed = batch.group;
    changed.issued_at -= 300000;
    changed.expires_at -= 300000;
    expect_group_declined(stage, &batch, &changed, "expired");
    expect_group_declined(stage, &batch, &other.group, "invalid"); /* in another group */
    /* None of them counted; then another group may not take the id of one that was counted. */
    sign_group(stage, &batch.group);
    (void)send_query(stage, FLAW_NONE, &batch.bodies[1], &stage->epoch);
    hearth__v1__from_agent__free_unpacked(expect_reply(stage, &batch.bodies[1], NULL), NULL);
    changed = batch.group;
    changed.queries[0][0] ^= 1;
    expect_group_declined(stage, &batch, &changed, "replay");
    free_batch(stage, &other);
    free_batch(stage, &batch);
}

static void test_the_allow_list_is_the_agencys(void **state)
{
    struct stage *stage = *state;
    struct buf body = {0};
    attach(stage, 0, "la-2");
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "not_allowed");
    buf_free(&body);
}

static void test_a_revoked_la_is_declined(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct buf body = {0};
    bool changed = false;
    attach(stage, 0, NULL);
    parties_revoke(stage->parties, &stage->la, &stage->agent);
    must(trust_reload(stage->agent.trust, &changed, &err), &err);
    assert_true(changed);
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "not_allowed");
    buf_free(&body);
}

static void test_a_revoked_matcher_is_left(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    bool changed = false;
    attach(stage, 0, NULL);
    link_recheck(stage->link);
    assert_true(link_attached(stage->link));
    parties_revoke(stage->parties, &stage->matcher, &stage->agent);
    must(trust_reload(stage->agent.trust, &changed, &err), &err);
    checker_forget(stage->checker);
    link_recheck(stage->link);
    assert_true(wait_until(stage, has_closed, 1));
}

static void test_a_corrupt_vault_declines(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct store_txn *txn = NULL;
    struct buf body = {0};
    uint8_t key[RECORD_KEY_BYTES];
    attach(stage, 0, NULL);
    vault_record_key(&stage->held.vault->keys, "C-00002", key);
    must(store_begin(stage->held.vault->store, true, &txn, &err), &err);
    must(store_delete(txn, TABLE_RECORDS, key, sizeof key, NULL, &err), &err);
    must(store_commit(txn, &err), &err);
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "unavailable");
    /* And the same query may be asked again. */
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "unavailable");
    buf_free(&body);
}

/* ---- what is kept ---- */

/* What left is what an auditor finds: kept before it was sent. */
static void test_a_reply_is_kept(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct buf body = {0};
    struct kept_reply kept;
    struct reply reply;
    uint8_t hash[HASH_BYTES];
    char name[2 * HASH_BYTES + 1];
    attach(stage, 0, NULL);
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    Hearth__V1__FromAgent *message = expect_reply(stage, &body, NULL);
    query_hash(hash, body.data, body.len);
    must(replies_get(stage->replies, text_hex(hash, HASH_BYTES, name), &kept, &err), &err);
    const Hearth__V1__Signed *sent = message->reply->reply;
    assert_int_equal(kept.signed_reply.body.len, sent->body.len);
    assert_memory_equal(kept.signed_reply.body.data, sent->body.data, sent->body.len);
    assert_memory_equal(kept.signed_reply.signature, sent->signature.data, SIGNATURE_BYTES);
    assert_int_equal(kept.carers, CARERS);
    assert_string_equal(kept.la, "la-1");
    must(reply_decode(sent->body.data, sent->body.len, &reply, &err), &err);
    struct reply again = reply;
    reply_commit(&again, kept.seed.data, kept.slot_sets.data, kept.slot_sets.len);
    assert_memory_equal(&again, &reply, sizeof again);
    hearth__v1__from_agent__free_unpacked(message, NULL);
    kept_reply_free(&kept);
    buf_free(&body);
}

/* Accountability before service. */
static void test_what_cannot_be_kept_is_not_sent(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct store_txn *txn = NULL;
    struct buf body = {0};
    attach(stage, 0, NULL);
    must(replies_begin(stage->replies, true, &txn, &err), &err);
    must(store_put(txn, TABLE_REPLIES_META, META_ENDED, strlen(META_ENDED), "rubbish", 7, &err),
         &err);
    must(replies_finish(stage->replies, txn, true, &err), &err);
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "unavailable");
    must(replies_begin(stage->replies, true, &txn, &err), &err);
    must(store_clear(txn, TABLE_REPLIES_META, &err), &err);
    must(replies_finish(stage->replies, txn, true, &err), &err);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    hearth__v1__from_agent__free_unpacked(expect_reply(stage, &body, NULL), NULL);
    buf_free(&body);
}

/* A query that was answered before a restart is not answered with other numbers. */
static void test_no_second_reply_after_a_restart(void **state)
{
    struct stage *stage = *state;
    struct err err = {0};
    struct buf body = {0};
    struct kept_reply kept = {.at_ms = 1, .catalogue = 1, .seed = secret_random(SEED_BYTES)};
    attach(stage, 0, NULL);
    make_query(stage, FLAW_NONE, 1, &body);
    query_hash(kept.query_hash, body.data, body.len);
    memcpy(kept.la, "la-1", 5);
    must(replies_keep(stage->replies, &kept, &err), &err);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_decline(stage, &body, "replay");
    kept_reply_free(&kept);
    buf_free(&body);
}

/* More queries than the queue holds: every one is answered or declined, none is lost. */
static void test_a_flood_is_declined(void **state)
{
    enum { FLOOD = ANSWER_QUEUE_MAX * 2 };
    struct stage *stage = *state;
    struct buf bodies[FLOOD] = {{0}};
    attach(stage, 0, NULL);
    for (int i = 0; i < FLOOD; i++) make_query(stage, FLAW_NONE, (uint8_t)i, &bodies[i]);
    for (int i = 0; i < FLOOD; i++) {
        (void)send_query(stage, FLAW_NONE, &bodies[i], &stage->epoch);
    }
    size_t replies = 0;
    size_t busy = 0;
    while (replies + busy < FLOOD) {
        Hearth__V1__FromAgent *message = next_message(stage, NULL);
        if (message->kind_case == HEARTH__V1__FROM_AGENT__KIND_REPLY) {
            replies++;
        } else {
            assert_int_equal(message->kind_case, HEARTH__V1__FROM_AGENT__KIND_DECLINE);
            assert_string_equal(message->decline->reason, "busy");
            busy++;
        }
        hearth__v1__from_agent__free_unpacked(message, NULL);
    }
    assert_true(replies >= ANSWER_QUEUE_MAX);
    for (int i = 0; i < FLOOD; i++) buf_free(&bodies[i]);
}

/* A welcome that proves nothing, or a message out of turn, ends the stream. */
static void expect_hang_up(struct stage *stage, size_t closed)
{
    assert_true(wait_until(stage, has_closed, closed));
    assert_true(wait_until(stage, is_detached, 0)); /* the matcher may hear of it first */
}

static void test_a_welcome_by_another_matcher(void **state)
{
    struct stage *stage = *state;
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    send_welcome(stage, &stage->stranger, PROTOCOL_VERSION);
    expect_hang_up(stage, 1);
}

static void test_a_welcome_by_an_la(void **state)
{
    struct stage *stage = *state;
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    send_welcome(stage, &stage->la, PROTOCOL_VERSION);
    expect_hang_up(stage, 1);
}

/* The right id, role and even serial, but certified by nobody that this agency trusts. */
static void test_a_welcome_by_a_self_made_matcher(void **state)
{
    struct stage *stage = *state;
    char *dir = support_temp_dir();
    struct parties *others = parties_new(dir);
    struct party made = parties_add(others, ROLE_MATCHER, "matcher");
    assert_int_equal(identity_certificate(made.identity)->serial,
                     identity_certificate(stage->matcher.identity)->serial);
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    send_welcome(stage, &made, PROTOCOL_VERSION);
    expect_hang_up(stage, 1);
    party_close(&made);
    parties_free(others);
    support_temp_dir_remove(dir);
}

/* Whoever holds the matcher's TLS key of yesterday can show its certificate of today. */
static void test_a_welcome_of_another_issue(void **state)
{
    struct stage *stage = *state;
    struct party renewed = parties_add(stage->parties, ROLE_MATCHER, "matcher");
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    send_welcome(stage, &renewed, PROTOCOL_VERSION);
    expect_hang_up(stage, 1);
    party_close(&renewed);
}

static void test_a_welcome_of_another_version(void **state)
{
    struct stage *stage = *state;
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    send_welcome(stage, &stage->matcher, PROTOCOL_VERSION + 1);
    expect_hang_up(stage, 1);
}

static void test_a_query_before_the_welcome(void **state)
{
    struct stage *stage = *state;
    struct buf body = {0};
    start_agent(stage, 0, NULL);
    await_hello(stage, 1);
    make_query(stage, FLAW_NONE, 1, &body);
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    expect_hang_up(stage, 1);
    buf_free(&body);
}

static void test_nonsense_ends_the_stream(void **state)
{
    struct stage *stage = *state;
    attach(stage, 0, NULL);
    assert_true(rpc_stream_send_bytes(stage->stream, "\xff\xff\xff", 3));
    expect_hang_up(stage, 1);
}

static void send_receipt(struct stage *stage, const struct party *signer, uint64_t length)
{
    struct receipt receipt = {.log_length = length};
    struct buf body = {0};
    uint8_t signature[SIGNATURE_BYTES];
    Hearth__V1__Signed part = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    (void)snprintf(receipt.agent, sizeof receipt.agent, "ifa-1");
    receipt_encode(&receipt, &body);
    identity_sign(signer->identity, TAG_RECEIPT, body.data, body.len, signature);
    part.body = wire_data(body.data, body.len);
    part.signature = wire_data(signature, sizeof signature);
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_RECEIPT;
    message.receipt = &part;
    send_message(stage, &message);
    buf_free(&body);
}

static void test_receipts_are_verified(void **state)
{
    struct stage *stage = *state;
    struct buf body = {0};
    attach(stage, 0, NULL);
    send_receipt(stage, &stage->matcher, 7);
    make_query(stage, FLAW_NONE, 1, &body); /* answered behind it: the stream is still there */
    (void)send_query(stage, FLAW_NONE, &body, &stage->epoch);
    hearth__v1__from_agent__free_unpacked(expect_reply(stage, &body, NULL), NULL);
    send_receipt(stage, &stage->stranger, 8);
    expect_hang_up(stage, 1);
    buf_free(&body);
}

static void test_it_comes_back(void **state)
{
    struct stage *stage = *state;
    attach(stage, 0, NULL);
    for (size_t round = 2; round < 4; round++) {
        int64_t start = clock_steady_ms();
        rpc_stream_finish(stage->stream, RPC_UNAVAILABLE, "stopping");
        await_hello(stage, round);
        assert_true(clock_steady_ms() - start >= LINK_PAUSE_MIN_MS / 2);
        send_welcome(stage, &stage->matcher, PROTOCOL_VERSION);
        assert_true(wait_until(stage, is_attached, 0));
    }
}

int main(void)
{
#define ON_STAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ON_STAGE(test_a_query_is_answered_in_its_time),
        ON_STAGE(test_the_same_query_gets_the_same_reply),
        ON_STAGE(test_flawed_queries_are_declined),
        ON_STAGE(test_a_group_counts_once),
        ON_STAGE(test_a_member_cannot_leave_its_group),
        ON_STAGE(test_flawed_groups_are_declined),
        ON_STAGE(test_the_allow_list_is_the_agencys),
        ON_STAGE(test_a_revoked_la_is_declined),
        ON_STAGE(test_a_revoked_matcher_is_left),
        ON_STAGE(test_a_corrupt_vault_declines),
        ON_STAGE(test_a_reply_is_kept),
        ON_STAGE(test_what_cannot_be_kept_is_not_sent),
        ON_STAGE(test_no_second_reply_after_a_restart),
        ON_STAGE(test_a_flood_is_declined),
        ON_STAGE(test_a_welcome_by_another_matcher),
        ON_STAGE(test_a_welcome_by_an_la),
        ON_STAGE(test_a_welcome_by_a_self_made_matcher),
        ON_STAGE(test_a_welcome_of_another_issue),
        ON_STAGE(test_a_welcome_of_another_version),
        ON_STAGE(test_a_query_before_the_welcome),
        ON_STAGE(test_nonsense_ends_the_stream),
        ON_STAGE(test_receipts_are_verified),
        ON_STAGE(test_it_comes_back),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
