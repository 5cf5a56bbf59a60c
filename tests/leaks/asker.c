/* SPDX-License-Identifier: Apache-2.0
 * asker MATCHER_HOME FD LA_HOME FD HOST:PORT AGENTS QUERIES REQUEST REQUEST: stands in for the
 * matcher of a scheme, waits until so many real agents are attached, and asks them all the one or
 * the other request, at random. Prints a line a reply:
 *   AGENT WHICH ITEMS MICROSECONDS, from when the query was given to the connection.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/compose.h"
#include "client/request_file.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "tests/e2e/hostile/hostile.h"

enum { AGENTS_AT_MOST = 16, AT_ONCE = 1, WAIT_MS = 60000 };

struct sent {
    uint8_t hash[HASH_BYTES];
    int which;
    int64_t at_us;
    size_t answers;
};

struct asker {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct peer matcher, la;
    struct rpc_stream *agents[AGENTS_AT_MOST];
    size_t agent_count, wanted;
    struct sent *sent;
    size_t sent_count, answered;
    struct epoch_record epoch;
    struct signed_bytes epoch_body;
};

static Hearth__V1__Signed own_certificate(const struct peer *peer)
{
    return signed_message_of(&identity_certificate(peer->identity)->raw);
}

static void send_to_agent(struct rpc_stream *stream, const Hearth__V1__ToAgent *message)
{
    struct buf bytes = {0};
    wire_pack(&message->base, &bytes);
    (void)rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
}

static void welcome(struct asker *asker, struct rpc_stream *stream)
{
    Hearth__V1__AttachWelcome body = HEARTH__V1__ATTACH_WELCOME__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    Hearth__V1__Signed own = own_certificate(&asker->matcher);
    body.protocol = PROTOCOL_VERSION;
    body.catalogue = CATALOGUE_VERSION;
    body.certificate = &own;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_WELCOME;
    message.welcome = &body;
    send_to_agent(stream, &message);
    (void)pthread_mutex_lock(&asker->lock);
    if (asker->agent_count < asker->wanted) {
        rpc_stream_ref(stream);
        asker->agents[asker->agent_count++] = stream;
    }
    (void)pthread_cond_broadcast(&asker->changed);
    (void)pthread_mutex_unlock(&asker->lock);
}

static void note_reply(struct asker *asker, const Hearth__V1__AgentReply *message, int64_t now_us)
{
    struct reply reply;
    struct err err = {0};
    REQUIRE(reply_decode(message->reply->body.data, message->reply->body.len, &reply, &err));
    (void)pthread_mutex_lock(&asker->lock);
    size_t i = asker->sent_count;
    while (i > 0 && memcmp(asker->sent[i - 1].hash, reply.query_hash, HASH_BYTES) != 0) i--;
    REQUIRE(i > 0);
    struct sent *sent = &asker->sent[i - 1];
    if (++sent->answers == asker->wanted) asker->answered++;
    say("%s %d %u %lld", reply.agent, sent->which, reply.count, (long long)(now_us - sent->at_us));
    (void)pthread_cond_broadcast(&asker->changed);
    (void)pthread_mutex_unlock(&asker->lock);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    int64_t now_us = clock_steady_us();
    Hearth__V1__FromAgent *message = hearth__v1__from_agent__unpack(NULL, len, data);
    REQUIRE(message != NULL && message->kind_case != HEARTH__V1__FROM_AGENT__KIND_DECLINE);
    if (message->kind_case == HEARTH__V1__FROM_AGENT__KIND_HELLO) {
        welcome(ctx, stream);
    } else {
        note_reply(ctx, message->reply, now_us);
    }
    hearth__v1__from_agent__free_unpacked(message, NULL);
}

static void draw_epoch(struct asker *asker)
{
    struct scalar m;
    const uint8_t tie[HASH_BYTES] = {0};
    int64_t now = clock_wall_ms();
    epoch_make(identity_certificate(asker->matcher.identity)->organisation, now - 1000,
               now + 36000000, tie, &m, &asker->epoch, &asker->epoch_body.body);
    identity_sign_body(asker->matcher.identity, TAG_EPOCH, &asker->epoch_body);
}

static void send_query(struct asker *asker, struct composed *composed, int which)
{
    Hearth__V1__AgentQuery body = HEARTH__V1__AGENT_QUERY__INIT;
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    Hearth__V1__Signed query = signed_message_of(&composed->query);
    Hearth__V1__Signed certificate = own_certificate(&asker->la);
    Hearth__V1__Signed epoch = signed_message_of(&asker->epoch_body);
    body.query = &query;
    body.certificate = &certificate;
    body.epoch = &epoch;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_QUERY;
    message.query = &body;
    struct buf bytes = {0};
    wire_pack(&message.base, &bytes);
    struct rpc_message *packed = rpc_message_new(bytes.data, bytes.len);
    struct sent *sent = &asker->sent[asker->sent_count++];
    *sent = (struct sent){.which = which, .at_us = clock_steady_us()};
    memcpy(sent->hash, composed->query_hash, HASH_BYTES);
    for (size_t i = 0; i < asker->wanted; i++) REQUIRE(rpc_stream_send(asker->agents[i], packed));
    rpc_message_unref(packed);
    buf_free(&bytes);
}

/* Until so few queries are open; aborts where nothing happens for a minute. */
static void wait_for(struct asker *asker, const size_t *count, size_t at_least)
{
    while (*count < at_least) {
        struct timespec until;
        REQUIRE(timespec_get(&until, TIME_UTC) == TIME_UTC);
        until.tv_sec += WAIT_MS / 1000;
        REQUIRE(pthread_cond_timedwait(&asker->changed, &asker->lock, &until) == 0);
    }
}

static void ask_all(struct asker *asker, size_t queries, struct request *requests[2])
{
    const struct la la = {.trust = asker->la.trust, .identity = asker->la.identity};
    struct err err = {0};
    for (size_t i = 0; i < queries; i++) {
        struct composed composed;
        int which = (int)randombytes_uniform(2);
        REQUIRE(compose_query(&la, requests[which], catalogue_chosen(0), &asker->epoch, NULL,
                              &composed, &err));
        (void)pthread_mutex_lock(&asker->lock);
        wait_for(asker, &asker->answered, i < AT_ONCE ? 0 : i - AT_ONCE + 1);
        send_query(asker, &composed, which);
        (void)pthread_mutex_unlock(&asker->lock);
        composed_free(&composed);
    }
    (void)pthread_mutex_lock(&asker->lock);
    wait_for(asker, &asker->answered, queries);
    (void)pthread_mutex_unlock(&asker->lock);
}

static void open_parties(struct asker *asker, char **argv)
{
    char matcher[] = "matcher", la[] = "la";
    char *own[] = {argv[1], argv[2], matcher, argv[5]}, *asking[] = {argv[3], argv[4], la, argv[5]};
    peer_open(own, &asker->matcher);
    peer_open(asking, &asker->la);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 10);
    static const struct rpc_events events = {.message = on_message};
    struct asker *asker = mem_new(struct asker);
    struct request *requests[2] = {mem_new(struct request), mem_new(struct request)};
    struct err err = {0};
    struct rpc_server *server = NULL;
    int port = 0;
    secret_setup();
    open_parties(asker, argv);
    for (int i = 0; i < 2; i++)
        REQUIRE(request_file_read(argv[8 + i], NULL, requests[i], NULL, &err));
    size_t queries = strtoul(argv[7], NULL, 10);
    asker->wanted = strtoul(argv[6], NULL, 10);
    REQUIRE(asker->wanted <= AGENTS_AT_MOST && queries > 0);
    asker->sent = mem_array(queries, sizeof *asker->sent);
    REQUIRE(pthread_mutex_init(&asker->lock, NULL) == 0);
    REQUIRE(pthread_cond_init(&asker->changed, NULL) == 0);
    draw_epoch(asker);
    const struct rpc_method methods[] = {{METHOD_ATTACH, &events, asker}};
    const struct rpc_server_config config = {.address = argv[5],
                                             .message_max = REPLY_MAX,
                                             .queue_max = 4096,
                                             .methods = methods,
                                             .method_count = 1};
    REQUIRE(rpc_server_start(&config, asker->matcher.identity, asker->matcher.trust, &server, &port,
                             &err));
    (void)pthread_mutex_lock(&asker->lock);
    wait_for(asker, &asker->agent_count, asker->wanted);
    (void)pthread_mutex_unlock(&asker->lock);
    ask_all(asker, queries, requests);
    rpc_server_stop(server);
    for (size_t i = 0; i < asker->wanted; i++) rpc_stream_unref(asker->agents[i]);
    signed_bytes_free(&asker->epoch_body);
    peer_close(&asker->la);
    peer_close(&asker->matcher);
    free(asker->sent);
    free(asker);
    for (int i = 0; i < 2; i++) free(requests[i]);
    return 0;
}
