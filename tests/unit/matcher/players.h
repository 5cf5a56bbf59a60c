/* SPDX-License-Identifier: Apache-2.0
 * A running matcher in this process with agents and an LA that are played, over real mutual TLS on
 * the loopback interface. Agents and LA keep to the protocol but for one fault at a time.
 */
#ifndef HEARTH_TESTS_MATCHER_PLAYERS_H
#define HEARTH_TESTS_MATCHER_PLAYERS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "keys/signed.h"
#include "matcher/budget.h"
#include "matcher/matcher.h"
#include "matcher/rank.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/request.h"
#include "proto/match.pb-c.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

enum {
    PLAYED_AGENTS = 3,
    PLAYED_CARERS = 10,
    PLAYED_ITEMS = 16,
    PLAYED_PATIENCE_MS = 20000,
    LONG_ITEMS = 49152
};

enum agent_fault {
    AGENT_HONEST,
    AGENT_TWICE,   /* its first reply counts */
    AGENT_SURPLUS, /* its reply counts, what stands in the message beside it does not */
    AGENT_DECLINES,
    AGENT_SILENT,
    AGENT_LEAVES,
    /* from here on: the reply is refused */
    AGENT_SIGNATURE,
    AGENT_SIGNED_BY_ANOTHER,
    AGENT_OTHER_EPOCH,
    AGENT_OTHER_NAME,
    AGENT_C1_CHANGED,
    AGENT_C2_CHANGED,
    AGENT_C1_SHORT,
    AGENT_C2_SHORT,
    AGENT_C1_LONG,
    AGENT_C2_LONG,
    AGENT_C1_NOT_CANONICAL,
    AGENT_C1_IDENTITY,
    AGENT_C1_REPEATED,
    AGENT_C2_NOT_CANONICAL,
    /* from here on: the reply cannot be assigned to the query; only the deadline ends the wait */
    AGENT_OTHER_QUERY,
    AGENT_ODD_COUNT,
    AGENT_GARBAGE,
    AGENT_EMPTY,
    AGENT_LONG, /* random points, as many as fill the LA's stream */
    AGENT_FAULTS
};

struct scene;

struct played_agent {
    struct scene *scene;
    struct party party;
    struct rpc_channel *channel;
    struct rpc_stream *stream;
    atomic_int fault;                 /* enum agent_fault */
    uint32_t counts[BAND_STRONG + 1]; /* of its last evaluation, computed in the clear */
    bool welcomed, closed;
    enum rpc_status status;
    char detail[ERR_TEXT_MAX];
    unsigned receipts;
    struct receipt receipt;
};

struct letter {
    Hearth__V1__ToLa *message;
    struct letter *next;
};

struct played_la {
    struct scene *scene;
    struct party *party;
    struct rpc_channel *channel;
    struct rpc_stream *stream;
    struct letter *first, **last;
    bool stalls; /* it takes nothing more */
    bool closed;
    enum rpc_status status;
    char detail[ERR_TEXT_MAX];
    int64_t retry_ms;
};

struct scene {
    char *dir;
    struct parties *parties;
    struct party matcher_party, la, other_la;
    struct config config;
    struct matcher *matcher;
    int port;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* on the steady clock; of anything */
    struct played_agent agents[PLAYED_AGENTS];
    int16_t *values; /* the plain query: two musts, random weights */
};

static inline void copy_id(char *out, const char *id)
{
    (void)snprintf(out, ID_MAX + 1, "%s", id);
}

/* ---- waiting ---- */

static inline void scene_signal(void *ctx)
{
    struct scene *scene = ctx;
    (void)pthread_mutex_lock(&scene->mutex);
    (void)pthread_cond_broadcast(&scene->changed);
    (void)pthread_mutex_unlock(&scene->mutex);
}

/* Waits (bounded) until is(ctx), which runs with the scene's mutex held. */
static inline void scene_wait(struct scene *scene, bool (*is)(void *ctx), void *ctx)
{
    int64_t end = clock_steady_ms() + PLAYED_PATIENCE_MS;
    (void)pthread_mutex_lock(&scene->mutex);
    while (!is(ctx)) {
        /* Some of what is waited for is not signalled: look again every 10 ms. */
        int64_t next = clock_steady_ms() + 10;
        struct timespec until = {next / 1000, (next % 1000) * 1000000};
        (void)pthread_cond_timedwait(&scene->changed, &scene->mutex, &until);
        REQUIRE(clock_steady_ms() < end);
    }
    (void)pthread_mutex_unlock(&scene->mutex);
}

/* ---- agents ---- */

static inline void send_message(struct rpc_stream *stream, const ProtobufCMessage *message)
{
    struct buf bytes = {0};
    wire_pack(message, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

/* The same, with a field in `part`, a Signed inside, that no version knows and whose number is 0: a
 * peer can only write it with a longer key than it needs, and whoever packs it again writes what
 * nobody can unpack. */
static inline void send_with_surplus(struct rpc_stream *stream, const ProtobufCMessage *message,
                                     ProtobufCMessage *part)
{
    uint8_t text[] = "\x07surplus";
    const uint8_t honest[] = {0x82, 0x01}, crooked[] = {0x82, 0x00};
    ProtobufCMessageUnknownField field = {
        .tag = 16, .wire_type = PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED, .len = 8, .data = text};
    struct buf bytes = {0};
    part->n_unknown_fields = 1;
    part->unknown_fields = &field;
    wire_pack(message, &bytes);
    part->n_unknown_fields = 0;
    uint8_t *at = memmem(bytes.data, bytes.len, "\x07surplus", 8);
    REQUIRE(at && memcmp(at - 2, honest, sizeof honest) == 0);
    memcpy(at - 2, crooked, sizeof crooked);
    REQUIRE(rpc_stream_send_bytes(stream, bytes.data, bytes.len));
    buf_free(&bytes);
}

/* Random carers; every other one holds both musts. Counts bands in the clear. */
static inline void agent_evaluate(struct played_agent *agent, const struct query *query,
                                  const uint8_t hash[HASH_BYTES], const struct epoch_record *epoch,
                                  uint8_t *c1, uint8_t *c2)
{
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0);
    struct blind_profile profiles[PLAYED_CARERS];
    uint16_t hard[PLAYED_CARERS][2], soft[PLAYED_CARERS][4];
    struct point joint;
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    REQUIRE(blind_joint_key(&joint, &query->key, &epoch->key));
    uint32_t counts[BAND_STRONG + 1] = {0};
    for (size_t i = 0; i < PLAYED_CARERS; i++) {
        bool both = randombytes_uniform(2), dummy = randombytes_uniform(5) == 0;
        int score = 0;
        hard[i][0] = (uint16_t)blind_position_hard(&layout, 0);
        hard[i][1] = (uint16_t)blind_position_hard(&layout, both ? 1 : 2);
        uint16_t soft_count = (uint16_t)randombytes_uniform(5);
        for (uint16_t j = 0; j < soft_count; j++) {
            soft[i][j] = (uint16_t)blind_position_soft(&layout, j);
            score += agent->scene->values[soft[i][j]];
        }
        profiles[i] = (struct blind_profile){.hard = hard[i],
                                             .soft = soft[i],
                                             .hard_count = 2,
                                             .soft_count = soft_count,
                                             .dummy = dummy};
        if (both && !dummy) counts[score_band(score)]++;
    }
    (void)pthread_mutex_lock(&agent->scene->mutex);
    memcpy(agent->counts, counts, sizeof counts);
    (void)pthread_mutex_unlock(&agent->scene->mutex);
    blind_evaluate(c1, c2, &layout, query->ciphertexts.data, &joint, profiles, PLAYED_CARERS, seed,
                   hash, NULL);
}

static inline void spoil_points(enum agent_fault fault, uint8_t *c1, uint8_t *c2)
{
    if (fault == AGENT_C1_NOT_CANONICAL) memset(c1 + POINT_BYTES, 0xff, POINT_BYTES);
    if (fault == AGENT_C1_IDENTITY) memset(c1 + POINT_BYTES, 0, POINT_BYTES);
    if (fault == AGENT_C1_REPEATED) memcpy(c1, c1 + POINT_BYTES, POINT_BYTES);
    if (fault == AGENT_C2_NOT_CANONICAL) memset(c2 + POINT_BYTES, 0xff, POINT_BYTES);
}

static inline void spoil_reply(enum agent_fault fault, struct reply *reply)
{
    if (fault == AGENT_OTHER_QUERY) reply->query_hash[0] ^= 1;
    if (fault == AGENT_OTHER_EPOCH) reply->epoch++;
    if (fault == AGENT_OTHER_NAME) copy_id(reply->agent, "agent-2");
    if (fault == AGENT_ODD_COUNT) reply->count++;
}

static inline void swap_points(uint8_t *points)
{
    uint8_t first[POINT_BYTES];
    memcpy(first, points, POINT_BYTES);
    memcpy(points, points + POINT_BYTES, POINT_BYTES);
    memcpy(points + POINT_BYTES, first, POINT_BYTES);
}

static inline size_t half_length(size_t half, bool is_short, bool is_long)
{
    return is_short ? half - POINT_BYTES : is_long ? half + POINT_BYTES : half;
}

static inline void agent_reply(struct played_agent *agent, const uint8_t hash[HASH_BYTES],
                               uint64_t epoch, uint32_t count, uint8_t *c1, uint8_t *c2)
{
    enum agent_fault fault = (enum agent_fault)atomic_load(&agent->fault);
    struct reply reply = {.epoch = epoch, .count = count};
    size_t half = (size_t)count * POINT_BYTES;
    uint8_t signature[SIGNATURE_BYTES];
    struct buf body = {0};
    memcpy(reply.query_hash, hash, HASH_BYTES);
    copy_id(reply.agent, identity_certificate(agent->party.identity)->organisation);
    spoil_points(fault, c1, c2);
    size_t c1_len = half_length(half, fault == AGENT_C1_SHORT, fault == AGENT_C1_LONG);
    size_t c2_len = half_length(half, fault == AGENT_C2_SHORT, fault == AGENT_C2_LONG);
    reply_half_hash(reply.c1_hash, 1, c1, c1_len);
    reply_half_hash(reply.c2_hash, 2, c2, c2_len);
    /* Good points all the same: nothing but the signed hash tells. */
    if (fault == AGENT_C1_CHANGED) swap_points(c1);
    if (fault == AGENT_C2_CHANGED) swap_points(c2);
    spoil_reply(fault, &reply);
    reply_encode(&reply, &body);
    struct identity *signer = fault == AGENT_SIGNED_BY_ANOTHER
                                  ? agent->scene->agents[2].party.identity
                                  : agent->party.identity;
    identity_sign(signer, TAG_REPLY, body.data, body.len, signature);
    if (fault == AGENT_SIGNATURE) signature[3] ^= 1;
    Hearth__V1__Signed part = signed_message(body.data, body.len, signature);
    Hearth__V1__AgentReply answer = HEARTH__V1__AGENT_REPLY__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    answer.reply = &part;
    answer.c1 = (ProtobufCBinaryData){c1_len, c1};
    answer.c2 = (ProtobufCBinaryData){c2_len, c2};
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
    message.reply = &answer;
    if (fault == AGENT_SURPLUS) {
        send_with_surplus(agent->stream, &message.base, &part.base);
    } else {
        send_message(agent->stream, &message.base);
    }
    if (fault == AGENT_TWICE) send_message(agent->stream, &message.base);
    buf_free(&body);
}

static inline void agent_reply_long(struct played_agent *agent, const uint8_t hash[HASH_BYTES],
                                    uint64_t epoch)
{
    uint32_t count = blind_size_class(LONG_ITEMS);
    uint8_t *points = mem_array(count, POINT_BYTES);
    struct scalar random;
    struct point point, base;
    scalar_random(&random);
    point_mul_base(&point, &random);
    point_base(&base);
    for (uint32_t i = 0; i < count; i++) {
        point_encode(points + (size_t)i * POINT_BYTES, &point);
        point_add(&point, &point, &base);
    }
    agent_reply(agent, hash, epoch, count, points, points);
    free(points);
}

static inline void agent_decline(struct played_agent *agent, const uint8_t hash[HASH_BYTES])
{
    uint8_t copy[HASH_BYTES];
    char reason[] = "not_allowed";
    Hearth__V1__AgentDecline decline = HEARTH__V1__AGENT_DECLINE__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    memcpy(copy, hash, sizeof copy);
    decline.query_hash = (ProtobufCBinaryData){sizeof copy, copy};
    decline.reason = reason;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_DECLINE;
    message.decline = &decline;
    send_message(agent->stream, &message.base);
}

static inline void agent_answer(struct played_agent *agent, const Hearth__V1__AgentQuery *message)
{
    struct query query = {0};
    struct epoch_record epoch;
    struct err err = {0};
    uint8_t hash[HASH_BYTES], c1[(PLAYED_ITEMS + 1) * POINT_BYTES] = {0},
                                                      c2[(PLAYED_ITEMS + 1) * POINT_BYTES] = {0};
    const struct certificate *matcher = identity_certificate(agent->scene->matcher_party.identity);
    const ProtobufCBinaryData *body = &message->query->body, *record = &message->epoch->body;
    parties_must(query_decode(body->data, body->len, &query, &err), &err);
    parties_must(epoch_decode(record->data, record->len, &epoch, &err), &err);
    parties_must(certificate_verify(matcher, TAG_EPOCH, record->data, record->len,
                                    message->epoch->signature.data, message->epoch->signature.len,
                                    &err),
                 &err);
    query_hash(hash, body->data, body->len);
    agent_evaluate(agent, &query, hash, &epoch, c1, c2);
    switch ((enum agent_fault)atomic_load(&agent->fault)) {
    case AGENT_DECLINES: agent_decline(agent, hash); break;
    case AGENT_SILENT: break;
    case AGENT_LEAVES: rpc_stream_finish(agent->stream, RPC_OK, ""); break;
    case AGENT_GARBAGE: (void)rpc_stream_send_bytes(agent->stream, "\xff\xff\xff", 3); break;
    case AGENT_EMPTY: {
        Hearth__V1__AgentReply reply = HEARTH__V1__AGENT_REPLY__INIT;
        Hearth__V1__FromAgent nothing = HEARTH__V1__FROM_AGENT__INIT;
        nothing.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
        nothing.reply = &reply;
        send_message(agent->stream, &nothing.base);
        break;
    }
    case AGENT_LONG: agent_reply_long(agent, hash, epoch.epoch); break;
    default: agent_reply(agent, hash, epoch.epoch, PLAYED_ITEMS, c1, c2);
    }
    query_free(&query);
}

static inline void agent_take_receipt(struct played_agent *agent, const Hearth__V1__Signed *part)
{
    struct err err = {0};
    const struct certificate *matcher = identity_certificate(agent->scene->matcher_party.identity);
    parties_must(certificate_verify(matcher, TAG_RECEIPT, part->body.data, part->body.len,
                                    part->signature.data, part->signature.len, &err) &&
                     receipt_decode(part->body.data, part->body.len, &agent->receipt, &err),
                 &err);
    agent->receipts++;
}

static inline void agent_message(struct rpc_stream *stream, const uint8_t *data, size_t len,
                                 void *ctx)
{
    struct played_agent *agent = ctx;
    (void)stream;
    Hearth__V1__ToAgent *message = hearth__v1__to_agent__unpack(NULL, len, data);
    REQUIRE(message != NULL);
    if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_QUERY) {
        agent_answer(agent, message->query);
    }
    (void)pthread_mutex_lock(&agent->scene->mutex);
    if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_WELCOME) agent->welcomed = true;
    if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_RECEIPT) {
        agent_take_receipt(agent, message->receipt);
    }
    (void)pthread_cond_broadcast(&agent->scene->changed);
    (void)pthread_mutex_unlock(&agent->scene->mutex);
    hearth__v1__to_agent__free_unpacked(message, NULL);
}

static inline void agent_closed(struct rpc_stream *stream, enum rpc_status status,
                                const char *detail, void *ctx)
{
    struct played_agent *agent = ctx;
    (void)stream;
    (void)pthread_mutex_lock(&agent->scene->mutex);
    agent->closed = true;
    agent->status = status;
    (void)snprintf(agent->detail, sizeof agent->detail, "%s", detail);
    (void)pthread_cond_broadcast(&agent->scene->changed);
    (void)pthread_mutex_unlock(&agent->scene->mutex);
}

static inline void open_channel(struct scene *scene, const struct party *party,
                                struct rpc_channel **out)
{
    char target[64];
    struct err err = {0};
    (void)snprintf(target, sizeof target, "127.0.0.1:%d", scene->port);
    struct rpc_channel_config config = {
        .target = target, .server_id = "matcher", .message_max = REPLY_MAX, .queue_max = 256};
    parties_must(rpc_channel_open(&config, party->identity, party->trust, out, &err), &err);
}

/* A stream without a hello yet. */
static inline void agent_connect(struct played_agent *agent)
{
    static const struct rpc_events events = {.message = agent_message, .closed = agent_closed};
    agent->welcomed = agent->closed = false;
    open_channel(agent->scene, &agent->party, &agent->channel);
    agent->stream = rpc_channel_call(agent->channel, METHOD_ATTACH, 0, &events, agent);
}

/* certificate: whose Hearth certificate the hello carries. */
static inline void agent_hello(struct played_agent *agent, const struct certificate *certificate,
                               uint32_t protocol, uint32_t catalogue)
{
    Hearth__V1__Signed part = signed_message_of(&certificate->raw);
    Hearth__V1__AttachHello hello = HEARTH__V1__ATTACH_HELLO__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    hello.protocol = protocol;
    hello.catalogue = catalogue;
    hello.certificate = &part;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_HELLO;
    message.hello = &hello;
    send_message(agent->stream, &message.base);
}

static inline void agent_attach(struct played_agent *agent, const struct certificate *certificate)
{
    agent_connect(agent);
    agent_hello(agent, certificate, PROTOCOL_VERSION, CATALOGUE_VERSION);
}

static inline void agent_detach(struct played_agent *agent)
{
    if (!agent->channel) return;
    rpc_channel_close(agent->channel);
    rpc_stream_unref(agent->stream);
    agent->channel = NULL;
}

static inline bool agent_is_closed(void *agent)
{
    return ((struct played_agent *)agent)->closed;
}

static inline bool all_attached(void *ctx)
{
    struct scene *scene = ctx;
    return fleet_count(scene->matcher->fleet) == PLAYED_AGENTS;
}

/* Attaches those that are not, and waits until all are. */
static inline void scene_attach_all(struct scene *scene)
{
    for (int i = 0; i < PLAYED_AGENTS; i++) {
        struct played_agent *agent = &scene->agents[i];
        if (agent->channel && !agent->closed) continue;
        agent_detach(agent);
        agent_attach(agent, identity_certificate(agent->party.identity));
    }
    scene_wait(scene, all_attached, scene);
}

/* ---- an LA, step by step ---- */

static inline void la_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct played_la *la = ctx;
    struct letter *letter = mem_new(struct letter);
    (void)stream;
    letter->message = hearth__v1__to_la__unpack(NULL, len, data);
    REQUIRE(letter->message != NULL);
    (void)pthread_mutex_lock(&la->scene->mutex);
    *la->last = letter;
    la->last = &letter->next;
    (void)pthread_cond_broadcast(&la->scene->changed);
    while (la->stalls) (void)pthread_cond_wait(&la->scene->changed, &la->scene->mutex);
    (void)pthread_mutex_unlock(&la->scene->mutex);
}

static inline void la_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                             void *ctx)
{
    struct played_la *la = ctx;
    (void)pthread_mutex_lock(&la->scene->mutex);
    la->closed = true;
    la->status = status;
    la->retry_ms = rpc_stream_retry_ms(stream);
    (void)snprintf(la->detail, sizeof la->detail, "%s", detail);
    (void)pthread_cond_broadcast(&la->scene->changed);
    (void)pthread_mutex_unlock(&la->scene->mutex);
}

static inline void la_open(struct played_la *la, struct scene *scene, struct party *party)
{
    static const struct rpc_events events = {.message = la_message, .closed = la_closed};
    *la = (struct played_la){.scene = scene, .party = party};
    la->last = &la->first;
    open_channel(scene, party, &la->channel);
    la->stream = rpc_channel_call(la->channel, METHOD_SEARCH, 0, &events, la);
}

static inline void la_close(struct played_la *la)
{
    rpc_channel_close(la->channel);
    rpc_stream_unref(la->stream);
    while (la->first) {
        struct letter *letter = la->first;
        la->first = letter->next;
        hearth__v1__to_la__free_unpacked(letter->message, NULL);
        free(letter);
    }
}

static inline bool la_has_news(void *ctx)
{
    struct played_la *la = ctx;
    return la->first || la->closed;
}

/* The next message; NULL where the stream has ended. */
static inline Hearth__V1__ToLa *la_receive(struct played_la *la)
{
    scene_wait(la->scene, la_has_news, la);
    (void)pthread_mutex_lock(&la->scene->mutex);
    struct letter *letter = la->first;
    if (letter) {
        la->first = letter->next;
        if (!la->first) la->last = &la->first;
    }
    (void)pthread_mutex_unlock(&la->scene->mutex);
    Hearth__V1__ToLa *message = letter ? letter->message : NULL;
    free(letter);
    return message;
}

static inline void la_send(struct played_la *la, Hearth__V1__FromLa *message)
{
    send_message(la->stream, &message->base);
}

/* The first message, without a fault. */
static inline void la_hello(struct played_la *la)
{
    const struct certificate *own = identity_certificate(la->party->identity);
    Hearth__V1__Signed part = signed_message_of(&own->raw);
    Hearth__V1__SearchHello hello = HEARTH__V1__SEARCH_HELLO__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.catalogue = CATALOGUE_VERSION;
    hello.certificate = &part;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_HELLO;
    message.hello = &hello;
    la_send(la, &message);
}

/* ---- the scene ---- */

/* Searches of la-1's day. */
static inline uint32_t scene_budget_used(struct scene *scene)
{
    struct err err = {0};
    uint32_t count = 0;
    parties_must(budget_used(scene->matcher->store, "la-1", clock_wall_ms(), &count, &err), &err);
    return count;
}

static inline void scene_sign_directory(struct scene *scene, const char *ids)
{
    struct buf csv = {0};
    struct err err = {0};
    char *copy = mem_string(ids), *rest = NULL;
    buf_text(&csv, "id,name,urn,judgement,frameworks,sector,contact\n");
    for (char *id = strtok_r(copy, " ", &rest); id; id = strtok_r(NULL, " ", &rest)) {
        buf_format(&csv, "%s,Agency %s,URN,good,,private,x@example.org\n", id, id);
    }
    parties_must(directory_write(scene->matcher_party.home, scene->matcher_party.identity, csv.data,
                                 csv.len, &err),
                 &err);
    buf_free(&csv);
    free(copy);
}

static inline void scene_start(struct scene *scene)
{
    struct err err = {0};
    parties_must(matcher_start(scene->matcher_party.home, &scene->config,
                               scene->matcher_party.identity, scene->matcher_party.trust,
                               scene_signal, scene, &scene->matcher, &scene->port, &err),
                 &err);
}

/* Stops the matcher and starts it again with the scene's configuration, as it may have been
 * changed. */
static inline void scene_restart(struct scene *scene)
{
    for (int i = 0; i < PLAYED_AGENTS; i++) agent_detach(&scene->agents[i]);
    matcher_stop(scene->matcher);
    scene_start(scene);
    scene_attach_all(scene);
}

static inline void make_values(struct scene *scene)
{
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0);
    scene->values = mem_array(blind_layout_count(&layout), sizeof *scene->values);
    scene->values[blind_position_hard(&layout, 0)] = 1;
    scene->values[blind_position_hard(&layout, 1)] = 1;
    scene->values[blind_position_gate(&layout)] = -2;
    for (size_t i = 0; i < 4; i++) {
        scene->values[blind_position_soft(&layout, i)] = (int16_t)randombytes_uniform(251);
    }
}

static inline int scene_set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    pthread_condattr_t steady;
    log_set_level(getenv("HEARTH_TEST_LOG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    REQUIRE(pthread_condattr_init(&steady) == 0 &&
            pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0 &&
            pthread_mutex_init(&scene->mutex, NULL) == 0 &&
            pthread_cond_init(&scene->changed, &steady) == 0);
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->matcher_party = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    scene->la = parties_add(scene->parties, ROLE_LA, "la-1");
    scene->other_la = parties_add(scene->parties, ROLE_LA, "la-2");
    for (int i = 0; i < PLAYED_AGENTS; i++) {
        char id[ID_MAX + 1];
        (void)snprintf(id, sizeof id, "agent-%d", i + 1);
        scene->agents[i].scene = scene;
        scene->agents[i].party = parties_add(scene->parties, ROLE_AGENT, id);
    }
    scene_sign_directory(scene, "agent-1 agent-2 agent-3");
    make_values(scene);
    config_defaults(&scene->config);
    scene->config.threads = 2;
    scene->config.budget = 1000;
    scene->config.streams_per_second = 10000; /* tests call as fast as they can */
    rpc_start();
    scene_start(scene);
    *state = scene;
    return 0;
}

static inline int scene_tear_down(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < PLAYED_AGENTS; i++) agent_detach(&scene->agents[i]);
    matcher_stop(scene->matcher);
    rpc_stop();
    for (int i = 0; i < PLAYED_AGENTS; i++) party_close(&scene->agents[i].party);
    party_close(&scene->la);
    party_close(&scene->other_la);
    party_close(&scene->matcher_party);
    parties_free(scene->parties);
    support_temp_dir_remove(scene->dir);
    (void)pthread_cond_destroy(&scene->changed);
    (void)pthread_mutex_destroy(&scene->mutex);
    free(scene->values);
    free(scene);
    return 0;
}

#endif
