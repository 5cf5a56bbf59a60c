/* SPDX-License-Identifier: Apache-2.0
 * The agencies' process. Each has keys, a connection and a thread of its own; what they answer to a
 * query is worked out once for all.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/signed.h"
#include "matcher/timers.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/domain/catalogue.h"
#include "proto/match.pb-c.h"
#include "proto/rpc/peer.h"
#include "tests/load/load.h"

enum { KNOWN_QUERIES = 512 }; /* the oldest is forgotten */

enum manner { PROMPT, LATE, FROZEN, DEAF };

/* What all answer to one query. */
struct known {
    uint8_t query_id[QUERY_ID_BYTES];
    struct reply reply; /* but for the agent */
    uint8_t c2[LOAD_ITEMS * POINT_BYTES];
};

struct fleet_of_stubs {
    struct agents_plan plan;
    struct prepared prepared;
    struct timers *timers;
    pthread_mutex_t mutex;
    pthread_cond_t ending; /* what the deaf wait for */
    struct known known[KNOWN_QUERIES];
    size_t known_next;
    unsigned attached, lost;
    bool over;
};

struct stub {
    struct fleet_of_stubs *fleet;
    enum manner manner;
    struct party party;
    struct rpc_channel *channel;
    struct rpc_stream *stream;
};

static void work_out(struct fleet_of_stubs *fleet, const Hearth__V1__AgentQuery *message,
                     const struct query *query, struct known *out)
{
    const ProtobufCBinaryData *record = &message->epoch->body;
    const ProtobufCBinaryData *body = &message->query->body;
    struct epoch_record epoch;
    struct err err = {0};
    parties_must(epoch_decode(record->data, record->len, &epoch, &err), &err);
    memcpy(out->query_id, query->query_id, QUERY_ID_BYTES);
    prepared_c2(&fleet->prepared, query, &epoch, out->c2);
    out->reply = (struct reply){.epoch = epoch.epoch, .count = LOAD_ITEMS};
    query_hash(out->reply.query_hash, body->data, body->len);
    memcpy(out->reply.c1_hash, fleet->prepared.c1_hash, HASH_BYTES);
    reply_half_hash(out->reply.c2_hash, 2, out->c2, sizeof out->c2);
}

/* The id of a query stands near its beginning: nothing else of it is looked at a second time. */
static bool find_known(const struct fleet_of_stubs *fleet, const ProtobufCBinaryData *body,
                       struct known *out)
{
    size_t len = body->len < 64 ? body->len : 64;
    for (size_t i = 0; i < KNOWN_QUERIES; i++) {
        const struct known *known = &fleet->known[i];
        if (!memmem(body->data, len, known->query_id, QUERY_ID_BYTES)) continue;
        *out = *known;
        return true;
    }
    return false;
}

static void look_up(struct fleet_of_stubs *fleet, const Hearth__V1__AgentQuery *message,
                    struct known *out)
{
    const ProtobufCBinaryData *body = &message->query->body;
    (void)pthread_mutex_lock(&fleet->mutex);
    if (!find_known(fleet, body, out)) {
        struct query query = {0};
        struct err err = {0};
        parties_must(query_decode(body->data, body->len, &query, &err), &err);
        work_out(fleet, message, &query, out);
        fleet->known[fleet->known_next++ % KNOWN_QUERIES] = *out;
        query_free(&query);
    }
    (void)pthread_mutex_unlock(&fleet->mutex);
}

static void pack_answer(const struct stub *stub, struct known *known, struct buf *out)
{
    Hearth__V1__AgentReply reply = HEARTH__V1__AGENT_REPLY__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    struct signed_bytes body = {0};
    const char *id = identity_certificate(stub->party.identity)->organisation;
    memcpy(known->reply.agent, id, strlen(id) + 1);
    reply_encode(&known->reply, &body.body);
    identity_sign_body(stub->party.identity, TAG_REPLY, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    reply.reply = &part;
    reply.c1 = wire_data(stub->fleet->prepared.c1, sizeof stub->fleet->prepared.c1);
    reply.c2 = wire_data(known->c2, sizeof known->c2);
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
    message.reply = &reply;
    wire_pack(&message.base, out);
    signed_bytes_free(&body);
}

struct late {
    struct rpc_stream *stream;
    struct buf bytes;
};

static void send_late(void *ctx)
{
    struct late *late = ctx;
    (void)rpc_stream_send_bytes(late->stream, late->bytes.data, late->bytes.len);
    rpc_stream_unref(late->stream);
    buf_free(&late->bytes);
    free(late);
}

/* Takes the bytes over. */
static void send_later(const struct stub *stub, struct buf *bytes)
{
    struct late *late = mem_new(struct late);
    *late = (struct late){stub->stream, *bytes};
    rpc_stream_ref(stub->stream);
    timers_at(stub->fleet->timers, clock_steady_ms() + stub->fleet->plan.late_ms, send_late, late);
}

static void answer(struct stub *stub, const Hearth__V1__AgentQuery *message)
{
    struct known known;
    struct buf bytes = {0};
    look_up(stub->fleet, message, &known);
    pack_answer(stub, &known, &bytes);
    if (stub->manner == LATE) {
        send_later(stub, &bytes);
    } else {
        (void)rpc_stream_send_bytes(stub->stream, bytes.data, bytes.len);
        buf_free(&bytes);
    }
}

/* Takes nothing more off its connection until the end. */
static void stop_reading(struct fleet_of_stubs *fleet)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    while (!fleet->over) (void)pthread_cond_wait(&fleet->ending, &fleet->mutex);
    (void)pthread_mutex_unlock(&fleet->mutex);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct stub *stub = ctx;
    struct fleet_of_stubs *fleet = stub->fleet;
    (void)stream;
    Hearth__V1__ToAgent *message = hearth__v1__to_agent__unpack(NULL, len, data);
    REQUIRE(message != NULL);
    if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_WELCOME) {
        (void)pthread_mutex_lock(&fleet->mutex);
        fleet->attached++;
        (void)pthread_mutex_unlock(&fleet->mutex);
    } else if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_QUERY) {
        if (stub->manner == DEAF) stop_reading(fleet);
        if (stub->manner < FROZEN) answer(stub, message->query);
    }
    hearth__v1__to_agent__free_unpacked(message, NULL);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    struct stub *stub = ctx;
    (void)stream;
    (void)pthread_mutex_lock(&stub->fleet->mutex);
    if (!stub->fleet->over) {
        stub->fleet->lost++;
        (void)fprintf(stderr, "an agency was let go: %s: %s\n", rpc_status_name(status), detail);
    }
    (void)pthread_mutex_unlock(&stub->fleet->mutex);
}

static void attach(struct stub *stub)
{
    static const struct rpc_events events = {.message = on_message, .closed = on_closed};
    const struct certificate *certificate = identity_certificate(stub->party.identity);
    Hearth__V1__Signed part = signed_message_of(&certificate->raw);
    Hearth__V1__AttachHello hello = HEARTH__V1__ATTACH_HELLO__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.catalogue = CATALOGUE_VERSION;
    hello.certificate = &part;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_HELLO;
    message.hello = &hello;
    stub->channel = load_connect(&stub->party, stub->fleet->plan.port);
    stub->stream = rpc_channel_call(stub->channel, METHOD_ATTACH, 0, &events, stub);
    REQUIRE(peer_send(stub->stream, &message.base));
}

static enum manner manner_of(const struct agents_plan *plan, unsigned index)
{
    if (index < plan->slow) return LATE;
    if (index < plan->slow + plan->frozen) return FROZEN;
    return index < plan->slow + plan->frozen + plan->deaf ? DEAF : PROMPT;
}

static bool all_attached(struct fleet_of_stubs *fleet)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    bool all = fleet->attached == fleet->plan.count;
    (void)pthread_mutex_unlock(&fleet->mutex);
    return all;
}

/* Says "attached" once all are, then waits until standard input ends. */
static void serve(struct fleet_of_stubs *fleet)
{
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    int64_t end = clock_steady_ms() + LOAD_PATIENCE_MS;
    while (!all_attached(fleet)) {
        REQUIRE(clock_steady_ms() < end);
        (void)poll(NULL, 0, 20);
    }
    (void)puts("attached");
    (void)fflush(stdout);
    while (poll(&input, 1, -1) < 1) {
    }
}

static void stop(struct fleet_of_stubs *fleet, struct stub *stubs)
{
    (void)pthread_mutex_lock(&fleet->mutex);
    fleet->over = true;
    (void)pthread_cond_broadcast(&fleet->ending);
    (void)pthread_mutex_unlock(&fleet->mutex);
    timers_stop(fleet->timers);
    for (unsigned i = 0; i < fleet->plan.count; i++) {
        rpc_channel_close(stubs[i].channel);
        rpc_stream_unref(stubs[i].stream);
        party_close(&stubs[i].party);
    }
    (void)printf("lost %u\n", fleet->lost);
}

int load_agents(const struct agents_plan *plan)
{
    struct fleet_of_stubs *fleet = mem_new(struct fleet_of_stubs);
    struct stub *stubs = mem_array(plan->count, sizeof *stubs);
    fleet->plan = *plan;
    REQUIRE(pthread_mutex_init(&fleet->mutex, NULL) == 0 &&
            pthread_cond_init(&fleet->ending, NULL) == 0);
    prepared_make(&fleet->prepared);
    fleet->timers = timers_start();
    for (unsigned i = 0; i < plan->count; i++) {
        stubs[i] = (struct stub){.fleet = fleet,
                                 .manner = manner_of(plan, i),
                                 .party = load_open(plan->dir, ROLE_AGENT, "a", i + 1)};
        attach(&stubs[i]);
    }
    serve(fleet);
    stop(fleet, stubs);
    free(stubs);
    free(fleet);
    return 0;
}
