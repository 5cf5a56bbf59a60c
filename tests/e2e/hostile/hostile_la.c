/* SPDX-License-Identifier: Apache-2.0
 * An LA client that misbehaves in one named way: hostile_la HOME PASSPHRASE_FD ROLE HOST:PORT MODE
 * REQUEST. Prints how the matcher ends the call: "status=NAME detail=...", or "result agencies=N"
 * before it.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/answers.h"
#include "client/pack.h"
#include "client/request_file.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "tests/e2e/hostile/hostile.h"

enum step { STEP_NONE, STEP_HELLO, STEP_SHARES, STEP_PROOF };

struct attack {
    struct la la;
    struct epoch_record epoch;
    struct composed composed;
    struct blind_sharer *sharer;
    Hearth__V1__QueryBody *body;
    uint8_t group_id[GROUP_ID_BYTES];
    struct signed_bytes group;
};

struct mode {
    const char *name;
    void (*query)(struct attack *attack);  /* changes the body; it is signed again */
    void (*sealed)(struct attack *attack); /* changes what is signed already */
    void (*options)(struct search_options *options);
    enum step skip; /* leaves this step out and waits */
    bool garbage, huge, replay, bad_hello;
    bool unknown_agent, short_shares, wrong_shares, double_shares;
    bool fewer_in_proof, bad_proof_signature;
    /* The query comes with a group, which this changes; it is signed after that. */
    void (*group)(Hearth__V1__GroupBody *group);
    bool bad_group_signature;
    bool fresh; /* a second round with another query */
};

static void expired(struct attack *a)
{
    a->body->issued_at -= 600000;
    a->body->expires_at -= 600000;
}
static void from_the_future(struct attack *a)
{
    a->body->issued_at += 600000;
    a->body->expires_at += 600000;
}
static void long_lived(struct attack *a)
{
    a->body->expires_at = a->body->issued_at + 3600000;
}
static void other_epoch(struct attack *a)
{
    a->body->epoch ^= 1;
}
static void other_la(struct attack *a)
{
    free(a->body->la);
    a->body->la = strdup("somebody-else");
}
static void wrong_proof(struct attack *a)
{
    a->body->proof.data[40] ^= 1;
}
/* K = A + M = X would be a key of the LA's own: the proof of possession is what stops it. */
static void rogue_key(struct attack *a)
{
    struct scalar x;
    struct point key;
    scalar_random(&x);
    point_mul_base(&key, &x);
    point_sub(&key, &key, &a->epoch.key);
    point_encode(a->body->key.data, &key);
}
static void identity_key(struct attack *a)
{
    memset(a->body->key.data, 0, POINT_BYTES);
}
static void not_canonical(struct attack *a)
{
    memset(a->body->ciphertexts.data + 640, 0xff, POINT_BYTES);
}
static void identity_c1(struct attack *a)
{
    memset(a->body->ciphertexts.data + 640, 0, POINT_BYTES);
}
static void truncated(struct attack *a)
{
    a->body->ciphertexts.len -= CIPHERTEXT_BYTES;
}
static void other_catalogue(struct attack *a)
{
    a->body->catalogue += 2;
}
static void next_catalogue(struct attack *a)
{
    a->body->catalogue++;
}
/* As many ciphertexts in all, read at other places. */
static void shifted_slots(struct attack *a)
{
    a->body->hard_slots++;
    a->body->soft_slots--;
}
static void shifted_next_slots(struct attack *a)
{
    a->body->catalogue++;
    shifted_slots(a);
}
/* Wraps around to the right number of ciphertexts where it is added up in 32 bits. */
static void wrapped_slots(struct attack *a)
{
    a->body->hard_slots -= 1u << 31;
    a->body->soft_slots += 1u << 31;
}
static void other_protocol(struct attack *a)
{
    a->body->protocol++;
}
static void wrong_signature(struct attack *a)
{
    a->composed.query.signature[7] ^= 1;
}
static void changed_after_signing(struct attack *a)
{
    a->composed.query.body.data[a->composed.query.body.len - 1] ^= 1;
}
static void other_hash(struct search_options *options)
{
    options->query_hash[0] ^= 1;
}

/* ---- groups ---- */

static void as_member(struct attack *a)
{
    a->body->group_id.data = mem_copy(a->group_id, GROUP_ID_BYTES); /* freed with the body */
    a->body->group_id.len = GROUP_ID_BYTES;
}
static void sound(Hearth__V1__GroupBody *group)
{
    (void)group;
}
/* The group is full without it. */
static void seventeenth(Hearth__V1__GroupBody *group)
{
    randombytes_buf(group->queries[0].data, HASH_BYTES);
}
static void one_more(Hearth__V1__GroupBody *group)
{
    group->queries = mem_resize(group->queries, GROUP_QUERIES + 1, sizeof *group->queries);
    uint8_t *hash = mem_array(HASH_BYTES, 1);
    randombytes_buf(hash, HASH_BYTES);
    group->queries[group->n_queries++] = (ProtobufCBinaryData){HASH_BYTES, hash};
}
static void one_twice(Hearth__V1__GroupBody *group)
{
    memcpy(group->queries[7].data, group->queries[0].data, HASH_BYTES);
}
static void other_group_id(Hearth__V1__GroupBody *group)
{
    group->group_id.data[0] ^= 1;
}
static void group_of_another(Hearth__V1__GroupBody *group)
{
    free(group->la);
    group->la = strdup("somebody-else");
}
static void expired_group(Hearth__V1__GroupBody *group)
{
    group->issued_at -= 600000;
    group->expires_at -= 600000;
}

static const struct mode modes[] = {
    {.name = "honest"},
    {.name = "expired", .query = expired},
    {.name = "future", .query = from_the_future},
    {.name = "long-lived", .query = long_lived},
    {.name = "other-epoch", .query = other_epoch},
    {.name = "other-la", .query = other_la},
    {.name = "wrong-proof", .query = wrong_proof},
    {.name = "rogue-key", .query = rogue_key},
    {.name = "identity-key", .query = identity_key},
    {.name = "not-canonical", .query = not_canonical},
    {.name = "identity-c1", .query = identity_c1},
    {.name = "truncated", .query = truncated},
    {.name = "other-catalogue", .query = other_catalogue},
    {.name = "next-catalogue", .query = next_catalogue},
    {.name = "shifted-slots", .query = shifted_slots},
    {.name = "shifted-next-slots", .query = shifted_next_slots},
    {.name = "wrapped-slots", .query = wrapped_slots},
    {.name = "other-protocol", .query = other_protocol},
    {.name = "wrong-signature", .sealed = wrong_signature},
    {.name = "changed-after-signing", .sealed = changed_after_signing},
    {.name = "other-options", .options = other_hash},
    {.name = "no-hello", .skip = STEP_HELLO},
    {.name = "bad-hello", .bad_hello = true},
    {.name = "garbage", .garbage = true},
    {.name = "huge", .huge = true},
    {.name = "replay", .replay = true},
    {.name = "no-shares", .skip = STEP_SHARES},
    {.name = "no-proof", .skip = STEP_PROOF},
    {.name = "unknown-agent", .unknown_agent = true},
    {.name = "short-shares", .short_shares = true},
    {.name = "wrong-shares", .wrong_shares = true},
    {.name = "double-shares", .double_shares = true},
    {.name = "fewer-in-proof", .fewer_in_proof = true},
    {.name = "bad-proof-signature", .bad_proof_signature = true},
    {.name = "member", .query = as_member, .group = sound},
    {.name = "member-alone", .query = as_member},
    {.name = "no-member", .group = sound},
    {.name = "seventeenth", .query = as_member, .group = seventeenth},
    {.name = "seventeen", .query = as_member, .group = one_more},
    {.name = "one-twice", .query = as_member, .group = one_twice},
    {.name = "other-group-id", .query = as_member, .group = other_group_id},
    {.name = "group-of-another", .query = as_member, .group = group_of_another},
    {.name = "expired-group", .query = as_member, .group = expired_group},
    {.name = "group-signature", .query = as_member, .group = sound, .bad_group_signature = true},
    {.name = "two-groups", .query = as_member, .group = sound, .replay = true, .fresh = true},
    {.name = "member-twice", .query = as_member, .group = sound, .replay = true},
};

static void send_bytes(struct line *line, struct buf *bytes)
{
    if (!rpc_stream_send_bytes(line->stream, bytes->data, bytes->len)) say("not sent");
    buf_free(bytes);
}

static Hearth__V1__ToLa *next(struct line *line)
{
    struct buf bytes = {0};
    if (!line_wait(line, &bytes)) return NULL;
    Hearth__V1__ToLa *message = unpack_to_la(bytes.data, bytes.len);
    buf_free(&bytes);
    REQUIRE(message != NULL);
    return message;
}

/* A group of the query and fifteen others that nobody has ever seen. */
static void make_group(struct attack *attack, const struct mode *mode)
{
    struct query_group group = {.epoch = attack->epoch.epoch};
    struct signed_bytes *out = &attack->group;
    struct buf body = {0};
    group.issued_at = clock_wall_ms();
    group.expires_at = group.issued_at + QUERY_LIFETIME_MS;
    strcpy(group.la, identity_certificate(attack->la.identity)->organisation);
    memcpy(group.group_id, attack->group_id, GROUP_ID_BYTES);
    randombytes_buf(group.queries, sizeof group.queries);
    memcpy(group.queries[0], attack->composed.query_hash, HASH_BYTES);
    query_group_encode(&group, &body);
    Hearth__V1__GroupBody *raw = hearth__v1__group_body__unpack(NULL, body.len, body.data);
    mode->group(raw);
    buf_free(&body);
    signed_bytes_free(out);
    *out = (struct signed_bytes){0};
    size_t len = hearth__v1__group_body__get_packed_size(raw);
    (void)hearth__v1__group_body__pack(raw, buf_reserve(&out->body, len));
    hearth__v1__group_body__free_unpacked(raw, NULL);
    identity_sign_body(attack->la.identity, TAG_GROUP, out);
    if (mode->bad_group_signature) out->signature[2] ^= 1;
    attack->composed.group = out;
}

static void change_query(struct attack *attack, const struct mode *mode)
{
    struct signed_bytes *query = &attack->composed.query;
    if (mode->query) {
        attack->body = hearth__v1__query_body__unpack(NULL, query->body.len, query->body.data);
        REQUIRE(attack->body != NULL);
        mode->query(attack);
        struct buf changed = {0};
        size_t len = hearth__v1__query_body__get_packed_size(attack->body);
        (void)hearth__v1__query_body__pack(attack->body, buf_reserve(&changed, len));
        hearth__v1__query_body__free_unpacked(attack->body, NULL);
        buf_free(&query->body);
        query->body = changed;
        identity_sign_body(attack->la.identity, TAG_QUERY, query);
    }
    query_hash(attack->composed.query_hash, query->body.data, query->body.len);
    if (mode->group) make_group(attack, mode);
    if (mode->sealed) mode->sealed(attack);
    struct search_options options;
    struct err err = {0};
    struct signed_bytes *sealed = &attack->composed.options;
    REQUIRE(search_options_decode(sealed->body.data, sealed->body.len, &options, &err));
    query_hash(options.query_hash, query->body.data, query->body.len);
    if (mode->options) mode->options(&options);
    buf_free(&sealed->body);
    search_options_encode(&options, &sealed->body);
    identity_sign_body(attack->la.identity, TAG_OPTIONS, sealed);
}

/* True once the query is accepted. */
static bool ask(struct attack *attack, struct line *line, const struct mode *mode,
                const struct request *request)
{
    struct buf bytes = {0};
    struct certificate certificate = *identity_certificate(attack->la.identity);
    if (mode->bad_hello) certificate.raw.signature[3] ^= 1;
    if (mode->garbage || mode->huge) {
        size_t len = mode->huge ? (size_t)16 << 20 : 3000;
        memset(buf_reserve(&bytes, len), 0x5a, len);
        send_bytes(line, &bytes);
        line_drain(line);
        return false;
    }
    if (mode->skip != STEP_HELLO) {
        pack_hello(&certificate, CATALOGUE_VERSION, &bytes);
        send_bytes(line, &bytes);
        Hearth__V1__ToLa *welcome = next(line);
        if (!welcome) return false;
        struct err err = {0};
        const Hearth__V1__Signed *record = welcome->welcome->epoch;
        REQUIRE(epoch_decode(record->body.data, record->body.len, &attack->epoch, &err));
        hearth__v1__to_la__free_unpacked(welcome, NULL);
        if (attack->composed.query.body.len == 0) {
            REQUIRE(compose_query(&attack->la, request, catalogue_chosen(0), &attack->epoch, NULL,
                                  &attack->composed, &err));
            change_query(attack, mode);
        }
    }
    pack_query(&attack->composed.query, &attack->composed.options, attack->composed.group, &bytes);
    send_bytes(line, &bytes);
    Hearth__V1__ToLa *accepted = next(line);
    if (!accepted) return false;
    hearth__v1__to_la__free_unpacked(accepted, NULL);
    return true;
}

static void answer_reply(struct attack *attack, struct line *line, const struct mode *mode,
                         const Hearth__V1__SearchReply *message)
{
    struct reply reply;
    struct err err = {0};
    struct buf bytes = {0};
    REQUIRE(reply_decode(message->reply->body.data, message->reply->body.len, &reply, &err));
    size_t len = (size_t)reply.count * POINT_BYTES;
    uint8_t *shares = mem_array(len, 1);
    REQUIRE(
        blind_sharer_add(attack->sharer, reply.agent, message->c1.data, reply.count, shares, &err));
    if (mode->wrong_shares) memcpy(shares, message->c1.data, len);
    if (mode->short_shares) len -= POINT_BYTES;
    for (int i = 0; mode->skip != STEP_SHARES && i < (mode->double_shares ? 2 : 1); i++) {
        pack_shares(mode->unknown_agent ? "somebody-else" : reply.agent, shares, len, &bytes);
        send_bytes(line, &bytes);
    }
    free(shares);
}

static void prove(struct attack *attack, struct line *line, const struct mode *mode,
                  const Hearth__V1__SearchClose *message)
{
    struct err err = {0};
    size_t count = message->n_agents;
    if (mode->fewer_in_proof && count > 0) count--;
    struct shares_proof proof = {.agents = mem_array(count, ID_MAX + 1), .agent_count = count};
    for (size_t i = 0; i < count; i++) strcpy(proof.agents[i], message->agents[i]);
    REQUIRE(blind_sharer_prove(attack->sharer, (const char *const *)message->agents, count,
                               proof.proof, &err));
    struct buf body = {0}, bytes = {0};
    uint8_t signature[SIGNATURE_BYTES];
    shares_proof_encode(&proof, &body);
    identity_sign(attack->la.identity, TAG_SHARES_PROOF, body.data, body.len, signature);
    if (mode->bad_proof_signature) signature[0] ^= 1;
    pack_shares_proof(&body, signature, &bytes);
    if (mode->skip != STEP_PROOF) send_bytes(line, &bytes);
    buf_free(&bytes);
    buf_free(&body);
    shares_proof_free(&proof);
}

static void open_replies(struct attack *attack, struct line *line, const struct mode *mode)
{
    struct scalar key;
    REQUIRE(scalar_decode(&key, attack->composed.query_key.data));
    attack->sharer =
        blind_sharer_new(&key, attack->composed.seed.data, attack->composed.query_hash);
    for (Hearth__V1__ToLa *message = next(line); message; message = next(line)) {
        struct result result;
        struct err err = {0};
        if (message->kind_case == HEARTH__V1__TO_LA__KIND_REPLY) {
            answer_reply(attack, line, mode, message->reply);
        } else if (message->kind_case == HEARTH__V1__TO_LA__KIND_CLOSE) {
            say("close agents=%zu", message->close->n_agents);
            prove(attack, line, mode, message->close);
        } else if (message->kind_case == HEARTH__V1__TO_LA__KIND_RESULT) {
            REQUIRE(result_decode(message->result->body.data, message->result->body.len, &result,
                                  &err));
            say("result agencies=%zu choice=%d", result.agency_count, (int)result.choice);
        }
        hearth__v1__to_la__free_unpacked(message, NULL);
    }
    blind_sharer_free(attack->sharer);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 7);
    secret_setup();
    const struct mode *mode = NULL;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, argv[5]) == 0) mode = &modes[i];
    }
    REQUIRE(mode != NULL);
    struct peer peer = {0};
    struct attack attack = {0};
    struct request *request = mem_new(struct request);
    struct err err = {0};
    peer_open(argv + 1, &peer);
    attack.la = (struct la){.trust = peer.trust, .identity = peer.identity};
    randombytes_buf(attack.group_id, sizeof attack.group_id);
    REQUIRE(request_file_read(argv[6], NULL, request, NULL, &err));
    for (int round = 0; round < (mode->replay ? 2 : 1); round++) {
        struct line line = {0};
        line_open(&peer, METHOD_SEARCH, &line);
        if (ask(&attack, &line, mode, request)) open_replies(&attack, &line, mode);
        line_close(&line);
        if (!mode->fresh) continue;
        composed_free(&attack.composed);
        attack.composed = (struct composed){0};
    }
    signed_bytes_free(&attack.group);
    composed_free(&attack.composed);
    free(request);
    peer_close(&peer);
    return 0;
}
