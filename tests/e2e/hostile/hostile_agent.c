/* SPDX-License-Identifier: Apache-2.0
 * An agent that misbehaves in one named way: hostile_agent HOME PASSPHRASE_FD agent HOST:PORT MODE.
 * Says "attached" when welcomed and "answered" after each query; ends when its stream does or
 * standard input closes.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/catalogue.h"
#include "tests/e2e/hostile/hostile.h"

enum { ITEMS = 16, HALF = ITEMS * POINT_BYTES };

struct answer {
    struct reply reply;
    uint8_t c1[HALF + POINT_BYTES], c2[HALF + POINT_BYTES];
    size_t c1_len, c2_len;
    struct signed_bytes body;
    int copies;
    bool garbage, hang_up, silent;
};

struct mode {
    const char *name;
    void (*before_hash)(struct answer *answer);
    void (*before_sign)(struct answer *answer);
    void (*after_sign)(struct answer *answer);
};

static void be_silent(struct answer *a)
{
    a->silent = true;
}
static void hang_up(struct answer *a)
{
    a->hang_up = true;
}
static void send_garbage(struct answer *a)
{
    a->garbage = true;
}
static void other_query(struct answer *a)
{
    a->reply.query_hash[0] ^= 1;
}
static void other_epoch(struct answer *a)
{
    a->reply.epoch ^= 1;
}
static void other_agent(struct answer *a)
{
    strcpy(a->reply.agent, "somebody-else");
}
static void odd_count(struct answer *a)
{
    a->reply.count = ITEMS + 1;
    a->c1_len = a->c2_len = HALF + POINT_BYTES;
}
static void short_half(struct answer *a)
{
    a->c1_len -= POINT_BYTES;
}
static void not_canonical_c1(struct answer *a)
{
    memset(a->c1, 0xff, POINT_BYTES);
}
static void not_canonical_c2(struct answer *a)
{
    memset(a->c2, 0xff, POINT_BYTES);
}
static void identity_c1(struct answer *a)
{
    memset(a->c1, 0, POINT_BYTES);
}
static void repeated_c1(struct answer *a)
{
    memcpy(a->c1 + POINT_BYTES, a->c1, POINT_BYTES);
}
static void changed_c1(struct answer *a)
{
    a->c1[3] ^= 1;
}
static void changed_c2(struct answer *a)
{
    a->c2[3] ^= 1;
}
static void wrong_signature(struct answer *a)
{
    a->body.signature[5] ^= 1;
}
static void twice(struct answer *a)
{
    a->copies = 2;
}
static void honest(struct answer *a)
{
    (void)a;
}

static const struct mode modes[] = {
    {"honest", NULL, NULL, honest},
    {"silent", NULL, NULL, be_silent},
    {"die", NULL, NULL, hang_up},
    {"garbage", NULL, NULL, send_garbage},
    {"other-query", NULL, other_query, NULL},
    {"other-epoch", NULL, other_epoch, NULL},
    {"other-agent", NULL, other_agent, NULL},
    {"odd-count", odd_count, NULL, NULL},
    {"short-half", short_half, NULL, NULL},
    {"not-canonical-c1", not_canonical_c1, NULL, NULL},
    {"not-canonical-c2", not_canonical_c2, NULL, NULL},
    {"identity-c1", identity_c1, NULL, NULL},
    {"repeated-c1", repeated_c1, NULL, NULL},
    {"changed-c1", NULL, NULL, changed_c1},
    {"changed-c2", NULL, NULL, changed_c2},
    {"wrong-signature", NULL, NULL, wrong_signature},
    {"twice", NULL, NULL, twice},
};

static void evaluate_nobody(const struct query *query, const struct epoch_record *epoch,
                            struct answer *answer)
{
    struct blind_layout layout =
        catalogue_layout(catalogue_get(CATALOGUE_VERSION), query->footprint_count);
    struct point joint;
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    REQUIRE(blind_joint_key(&joint, &query->key, &epoch->key));
    blind_evaluate(answer->c1, answer->c2, &layout, query->ciphertexts.data, &joint, NULL, 0, seed,
                   answer->reply.query_hash, NULL);
    memcpy(answer->c1 + HALF, answer->c1, POINT_BYTES);
    memcpy(answer->c2 + HALF, answer->c2, POINT_BYTES);
    reply_commit(&answer->reply, seed, "", 0);
}

static void make_answer(const struct peer *peer, const Hearth__V1__AgentQuery *message,
                        const struct mode *mode, struct answer *answer)
{
    struct err err = {0};
    struct query query = {0};
    struct epoch_record epoch;
    REQUIRE(query_decode(message->query->body.data, message->query->body.len, &query, &err));
    REQUIRE(epoch_decode(message->epoch->body.data, message->epoch->body.len, &epoch, &err));
    *answer = (struct answer){.c1_len = HALF, .c2_len = HALF, .copies = 1};
    query_hash(answer->reply.query_hash, message->query->body.data, message->query->body.len);
    answer->reply.epoch = epoch.epoch;
    answer->reply.count = ITEMS;
    strcpy(answer->reply.agent, identity_certificate(peer->identity)->organisation);
    evaluate_nobody(&query, &epoch, answer);
    query_free(&query);
    if (mode->before_hash) mode->before_hash(answer);
    reply_half_hash(answer->reply.c1_hash, 1, answer->c1, answer->c1_len);
    reply_half_hash(answer->reply.c2_hash, 2, answer->c2, answer->c2_len);
    if (mode->before_sign) mode->before_sign(answer);
    reply_encode(&answer->reply, &answer->body.body);
    identity_sign(peer->identity, TAG_REPLY, answer->body.body.data, answer->body.body.len,
                  answer->body.signature);
    if (mode->after_sign) mode->after_sign(answer);
}

static void send_answer(struct line *line, struct answer *answer)
{
    if (answer->silent) return;
    if (answer->hang_up) {
        rpc_stream_cancel(line->stream, RPC_CANCELLED, "gone");
        return;
    }
    if (answer->garbage) {
        uint8_t noise[3000];
        memset(noise, 0x5a, sizeof noise);
        (void)rpc_stream_send_bytes(line->stream, noise, sizeof noise);
        return;
    }
    Hearth__V1__Signed body = signed_message_of(&answer->body);
    Hearth__V1__AgentReply reply = HEARTH__V1__AGENT_REPLY__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    reply.reply = &body;
    reply.c1 = (ProtobufCBinaryData){answer->c1_len, answer->c1};
    reply.c2 = (ProtobufCBinaryData){answer->c2_len, answer->c2};
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
    message.reply = &reply;
    for (int i = 0; i < answer->copies; i++) send_from_agent(line, &message);
}

static void greet(const struct peer *peer, struct line *line)
{
    Hearth__V1__Signed certificate = signed_message_of(&identity_certificate(peer->identity)->raw);
    Hearth__V1__AttachHello hello = HEARTH__V1__ATTACH_HELLO__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.catalogue = CATALOGUE_VERSION;
    hello.certificate = &certificate;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_HELLO;
    message.hello = &hello;
    send_from_agent(line, &message);
}

static void serve(const struct peer *peer, struct line *line, const struct mode *mode)
{
    struct buf bytes = {0};
    while (line_wait(line, &bytes)) {
        Hearth__V1__ToAgent *message = hearth__v1__to_agent__unpack(NULL, bytes.len, bytes.data);
        buf_free(&bytes);
        REQUIRE(message != NULL);
        if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_WELCOME) say("attached");
        if (message->kind_case == HEARTH__V1__TO_AGENT__KIND_QUERY) {
            struct answer answer;
            make_answer(peer, message->query, mode, &answer);
            send_answer(line, &answer);
            buf_free(&answer.body.body);
            say("answered");
        }
        hearth__v1__to_agent__free_unpacked(message, NULL);
    }
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 6);
    secret_setup();
    const struct mode *mode = NULL;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, argv[5]) == 0) mode = &modes[i];
    }
    REQUIRE(mode != NULL);
    struct peer peer = {0};
    struct line line = {0};
    peer_open(argv + 1, &peer);
    line_open(&peer, METHOD_ATTACH, &line);
    greet(&peer, &line);
    serve(&peer, &line, mode);
    line_close(&line);
    peer_close(&peer);
    return 0;
}
