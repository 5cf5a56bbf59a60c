/* SPDX-License-Identifier: Apache-2.0
 * Searches and attachments at a whole matcher: an input is a script of calls and messages of LAs
 * and agencies, in any order, honest but for the script's edits before and after they are signed.
 * The matcher outlives it, and what it sends is well-formed and signed.
 */
#include "proto/match.pb-c.h"
#include "tests/fuzz/matcher_stage.h"
#include "tests/fuzz/ready_query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct play {
    struct stage *stage;
    struct script script;
    struct ready_query *query;   /* the last that was sent */
    struct blind_sharer *sharer; /* of it */
    char shared[4][ID_MAX + 1];  /* agencies whose replies it has shared, in order */
    size_t shared_count;
};

/* Of the matcher's present epoch. */
static struct ready_query *ready_query(struct stage *stage, bool is_member)
{
    struct epoch_key *epoch = epochs_current(stage->matcher->epochs);
    struct ready_query *query = ready_query_of(&epoch->record, is_member);
    epoch_unref(epoch);
    return query;
}

/* ---- what the matcher sends ---- */

static void check_result(const struct play *play, const Hearth__V1__Signed *part)
{
    static struct result result;
    struct err err = {0};
    const struct certificate *matcher = identity_certificate(play->stage->matcher_party.identity);
    parties_must(certificate_verify(matcher, TAG_RESULT, part->body.data, part->body.len,
                                    part->signature.data, part->signature.len, &err) &&
                     result_decode(part->body.data, part->body.len, &result, &err),
                 &err);
}

/* What comes back to an LA: replies are shared with the last query's key where they are its. */
static void la_takes(struct play *play, size_t place, const struct buf *bytes)
{
    Hearth__V1__ToLa *message = hearth__v1__to_la__unpack(NULL, bytes->len, bytes->data);
    uint8_t shares[QUERY_ITEMS * POINT_BYTES];
    struct reply reply;
    struct err err;
    REQUIRE(message);
    if (message->kind_case == HEARTH__V1__TO_LA__KIND_RESULT) check_result(play, message->result);
    if (message->kind_case == HEARTH__V1__TO_LA__KIND_REPLY && play->sharer) {
        const Hearth__V1__Signed *part = message->reply->reply;
        REQUIRE(reply_decode(part->body.data, part->body.len, &reply, &err));
        if (reply.count == QUERY_ITEMS && play->shared_count < 4 &&
            blind_sharer_add(play->sharer, reply.agent, message->reply->c1.data, reply.count,
                             shares, &err)) {
            Hearth__V1__SearchShares body = HEARTH__V1__SEARCH_SHARES__INIT;
            Hearth__V1__FromLa out = HEARTH__V1__FROM_LA__INIT;
            memcpy(play->shared[play->shared_count++], reply.agent, sizeof reply.agent);
            body.agent = reply.agent;
            body.shares = wire_data(shares, sizeof shares);
            out.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES;
            out.shares = &body;
            stage_send(play->stage, &play->script, place, &out.base);
        }
    }
    hearth__v1__to_la__free_unpacked(message, NULL);
}

static void take(struct play *play, size_t place)
{
    struct stage *stage = play->stage;
    struct buf bytes = {0};
    while (stage->streams[place] && played_take(stage->streams[place], &bytes)) {
        if (stage->callers[place] == STAGE_LA) {
            la_takes(play, place, &bytes);
        } else if (stage->callers[place] >= STAGE_AGENT) {
            Hearth__V1__ToAgent *message =
                hearth__v1__to_agent__unpack(NULL, bytes.len, bytes.data);
            REQUIRE(message);
            hearth__v1__to_agent__free_unpacked(message, NULL);
        }
        buf_free(&bytes);
    }
}

/* ---- what LAs and agencies send ---- */

/* variant: whose certificate instead of the caller's, and other versions. */
static void say_hello(struct play *play, size_t place, uint8_t variant)
{
    struct stage *stage = play->stage;
    size_t who = (stage->callers[place] + (variant & 7)) % CAST;
    Hearth__V1__Signed part = signed_message_of(&stage_certificate(stage, who)->raw);
    uint32_t protocol = PROTOCOL_VERSION + (variant >> 7);
    uint32_t catalogue = CATALOGUE_VERSION + ((variant >> 5) & 3) - (variant >> 5 ? 1U : 0U);
    if (stage->callers[place] < STAGE_AGENT) {
        Hearth__V1__SearchHello hello = HEARTH__V1__SEARCH_HELLO__INIT;
        Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
        hello.protocol = protocol;
        hello.catalogue = catalogue;
        hello.certificate = variant & 8 ? NULL : &part;
        message.kind_case = HEARTH__V1__FROM_LA__KIND_HELLO;
        message.hello = &hello;
        stage_send(stage, &play->script, place, &message.base);
    } else {
        Hearth__V1__AttachHello hello = HEARTH__V1__ATTACH_HELLO__INIT;
        Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
        hello.protocol = protocol;
        hello.catalogue = catalogue;
        hello.certificate = variant & 8 ? NULL : &part;
        message.kind_case = HEARTH__V1__FROM_AGENT__KIND_HELLO;
        message.hello = &hello;
        stage_send(stage, &play->script, place, &message.base);
    }
}

static struct signed_bytes make_options(const struct play *play, uint8_t variant)
{
    struct search_options options = {.search_tag = {variant}, .min_judgement = variant % 4};
    struct signed_bytes out = {0};
    memcpy(options.query_hash, play->query->hash, HASH_BYTES);
    if (variant & 16) (void)snprintf(options.frameworks[options.framework_count++], 3, "F1");
    search_options_encode(&options, &out.body);
    identity_sign_body(play->stage->cast[STAGE_LA].identity, TAG_OPTIONS, &out);
    return out;
}

/* Whoever calls: the query is la-1's. Edits change its body before it is signed, or the group's. */
static void send_query(struct play *play, size_t place, uint8_t variant)
{
    struct stage *stage = play->stage;
    struct identity *la = stage->cast[STAGE_LA].identity;
    struct signed_bytes query = {0}, group = {0};
    Hearth__V1__SearchQuery body = HEARTH__V1__SEARCH_QUERY__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    play->query = ready_query(stage, variant & 1);
    blind_sharer_free(play->sharer);
    play->sharer = blind_sharer_new(&play->query->a, play->query->seed, play->query->hash);
    play->shared_count = 0;
    buf_append(&query.body, play->query->body.data, play->query->body.len);
    buf_append(&group.body, play->query->group.data, play->query->group.len);
    script_apply(&play->script, false, variant & 2 ? &group.body : &query.body);
    identity_sign_body(la, TAG_QUERY, &query);
    identity_sign_body(la, TAG_GROUP, &group);
    struct signed_bytes options = make_options(play, variant >> 2);
    Hearth__V1__Signed parts[] = {signed_message_of(&query), signed_message_of(&options),
                                  signed_message_of(&group)};
    body.query = &parts[0];
    body.options = variant & 64 ? NULL : &parts[1];
    body.group = (variant & 1) != (variant >> 7) ? &parts[2] : NULL;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_QUERY;
    message.query = &body;
    stage_send(stage, &play->script, place, &message.base);
    signed_bytes_free(&query);
    signed_bytes_free(&options);
    signed_bytes_free(&group);
}

static void send_reply(struct play *play, size_t place, uint8_t variant)
{
    struct stage *stage = play->stage;
    const struct ready_query *query = ready_query(stage, variant & 1);
    size_t who = stage->callers[place], i = (who + (variant >> 1 & 1)) % QUERY_AGENTS;
    struct reply reply = {.epoch = query->epoch.epoch, .count = QUERY_ITEMS};
    struct signed_bytes body = {0};
    Hearth__V1__AgentReply answer = HEARTH__V1__AGENT_REPLY__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    memcpy(reply.query_hash, query->hash, HASH_BYTES);
    memcpy(reply.agent, stage_certificate(stage, who)->organisation, sizeof reply.agent);
    size_t len = (size_t)(QUERY_ITEMS - (variant >> 2 & 1)) * POINT_BYTES;
    reply_half_hash(reply.c1_hash, 1, query->c1[i], len);
    reply_half_hash(reply.c2_hash, 2, query->c2[i], QUERY_ITEMS * POINT_BYTES);
    reply_encode(&reply, &body.body);
    script_sign(&play->script, stage->cast[who].identity, TAG_REPLY, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    answer.reply = variant & 8 ? NULL : &part;
    answer.c1 = wire_data(query->c1[i], len);
    answer.c2 = wire_data(query->c2[i], QUERY_ITEMS * POINT_BYTES);
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_REPLY;
    message.reply = &answer;
    stage_send(stage, &play->script, place, &message.base);
    signed_bytes_free(&body);
}

static void send_decline(struct play *play, size_t place, uint8_t variant)
{
    const struct ready_query *query = ready_query(play->stage, variant & 1);
    char reason[] = "not_allowed";
    Hearth__V1__AgentDecline decline = HEARTH__V1__AGENT_DECLINE__INIT;
    Hearth__V1__FromAgent message = HEARTH__V1__FROM_AGENT__INIT;
    decline.query_hash = wire_data(query->hash, HASH_BYTES);
    decline.reason = reason;
    message.kind_case = HEARTH__V1__FROM_AGENT__KIND_DECLINE;
    message.decline = &decline;
    stage_send(play->stage, &play->script, place, &message.base);
}

static void send_proof(struct play *play, size_t place, uint8_t variant)
{
    struct shares_proof proof = {.agent_count = play->shared_count};
    const char *agents[4];
    struct signed_bytes body = {0};
    struct err err;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    if (!play->sharer) return;
    proof.agents = mem_array(4, ID_MAX + 1);
    for (size_t i = 0; i < play->shared_count; i++) {
        agents[i] = play->shared[i ^ (variant & 1)];
        memcpy(proof.agents[i], agents[i], ID_MAX + 1);
    }
    (void)!blind_sharer_prove(play->sharer, agents, play->shared_count, proof.proof, &err);
    shares_proof_encode(&proof, &body.body);
    script_sign(&play->script, play->stage->cast[STAGE_LA].identity, TAG_SHARES_PROOF, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES_PROOF;
    message.shares_proof = &part;
    stage_send(play->stage, &play->script, place, &message.base);
    free(proof.agents);
    signed_bytes_free(&body);
}

/* ---- the script ---- */

static void act(struct play *play, uint8_t step)
{
    struct stage *stage = play->stage;
    size_t place = script_u8(&play->script) % STAGE_STREAMS;
    if (stage_step(stage, &play->script, step % 14, place)) return;
    uint8_t variant = script_u8(&play->script);
    switch (step % 14) {
    case 6: stage_call(stage, place, METHOD_SEARCH, variant % CAST); return;
    case 7: stage_call(stage, place, METHOD_ATTACH, variant % CAST); return;
    case 8: say_hello(play, place, variant); return;
    case 9: send_query(play, place, variant); return;
    case 10: send_reply(play, place, variant); return;
    case 11: send_decline(play, place, variant); return;
    case 12: take(play, place); return;
    default: send_proof(play, place, variant); return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct play play = {.stage = stage_make(), .script = script_of(data, len)};
    uint8_t step = 0;
    while (script_step(&play.script, &step)) act(&play, step);
    stage_end(play.stage);
    for (int i = 0; i < 2; i++) {
        replay_remove(play.stage->matcher->replay, "la-1", ready_query(play.stage, i)->query_id);
    }
    blind_sharer_free(play.sharer);
    return 0;
}
