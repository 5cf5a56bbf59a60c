/* SPDX-License-Identifier: Apache-2.0
 * search_run against a matcher that is played here, over real mutual TLS: it keeps to the protocol
 * except in one place, and the client has to notice.
 */
#include "client/search.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "tests/unit/client/played_matcher.h"
#include "tests/unit/support/temp_dir.h"

enum { AGENTS = 3, CARERS = 10, ITEMS = 16 };

/* Where the played matcher or its agents depart from the protocol. */
enum fault {
    FAULT_NONE,
    FAULT_CERTIFICATE_OF_AN_AGENT,
    FAULT_CERTIFICATE_OF_A_STRANGER,
    FAULT_CERTIFICATE_OF_TODAY, /* beside the TLS key of yesterday */
    FAULT_EPOCH_SIGNATURE,
    FAULT_EPOCH_PROOF,
    FAULT_EPOCH_EXPIRED,
    FAULT_EPOCH_OF_ANOTHER,
    FAULT_CATALOGUE,
    FAULT_PROTOCOL,
    FAULT_ACCEPTED_ANOTHER,
    FAULT_MALFORMED,
    FAULT_OUT_OF_ORDER,
    FAULT_ENDS_EARLY,
    FAULT_CLOSE_NAMES_STRANGER,
    FAULT_RESULT_SIGNATURE,
    FAULT_RESULT_OF_ANOTHER,
    FAULT_RESULT_OF_A_MEMBER, /* a choice instead of a list */
    FAULT_REFUSES,            /* ends with RESOURCE_EXHAUSTED */
    /* from here on: the first agent's reply gets no shares, the search goes on */
    FAULT_REPLY_SIGNATURE,
    FAULT_REPLY_SIGNED_BY_LA,
    FAULT_REPLY_BY_AN_INVENTED_AGENCY,
    FAULT_REPLY_OF_ANOTHER_EPOCH,
    FAULT_REPLY_OF_ANOTHER_QUERY,
    FAULT_REPLY_NAMES_ANOTHER,
    FAULT_REPLY_CHANGED,
    FAULT_REPLY_IDENTITY,
    FAULT_REPLY_NOT_CANONICAL,
    FAULT_REPLY_REPEATS_ITSELF,
    FAULT_REPLY_ODD_COUNT
};

struct played {
    struct party matcher, la, agents[AGENTS];
    struct party renewed;                    /* the matcher, with a newer certificate */
    struct party false_matcher, false_agent; /* certified by another Authority */
    enum fault fault;
    struct scalar m;
    struct epoch_record epoch;
    struct signed_bytes epoch_bytes;
    struct query query;
    uint8_t query_hash[HASH_BYTES];
    struct point joint_key;
    uint8_t c1[AGENTS][ITEMS * POINT_BYTES], c2[AGENTS][ITEMS * POINT_BYTES];
    uint8_t shares[AGENTS][ITEMS * POINT_BYTES];
    bool shared[AGENTS];
    int shares_messages, refused; /* of all; those that said that no shares will come */
    int eligible[AGENTS];         /* opened, by the matcher's own arithmetic */
    bool proof_holds;
};

/* ---- epoch and welcome ---- */

static const struct identity *signer_of_epoch(const struct played *played)
{
    return played->fault == FAULT_CERTIFICATE_OF_A_STRANGER ? played->false_matcher.identity
                                                            : played->matcher.identity;
}

static void make_epoch(struct played *played)
{
    int64_t now = clock_wall_ms(), shift = played->fault == FAULT_EPOCH_EXPIRED ? -86400000 : 0;
    uint8_t tie[HASH_BYTES] = {1};
    const char *name = played->fault == FAULT_EPOCH_OF_ANOTHER ? "other" : "matcher";
    struct buf *body = &played->epoch_bytes.body;
    epoch_make(name, now + shift - 1000, now + shift + 3600000, tie, &played->m, &played->epoch,
               body);
    if (played->fault == FAULT_EPOCH_PROOF) {
        Hearth__V1__EpochBody *raw = hearth__v1__epoch_body__unpack(NULL, body->len, body->data);
        raw->proof.data[50] ^= 1;
        (void)hearth__v1__epoch_body__pack(raw, body->data);
        hearth__v1__epoch_body__free_unpacked(raw, NULL);
    }
    identity_sign(signer_of_epoch(played), TAG_EPOCH, body->data, body->len,
                  played->epoch_bytes.signature);
    if (played->fault == FAULT_EPOCH_SIGNATURE) played->epoch_bytes.signature[9] ^= 1;
}

static void welcome(struct played *played, struct rpc_stream *stream)
{
    const struct identity *claimed = signer_of_epoch(played);
    if (played->fault == FAULT_CERTIFICATE_OF_TODAY) claimed = played->renewed.identity;
    if (played->fault == FAULT_CERTIFICATE_OF_AN_AGENT) claimed = played->agents[0].identity;
    const struct certificate *own = identity_certificate(claimed);
    Hearth__V1__Signed certificate = signed_message_of(&own->raw);
    Hearth__V1__Signed epoch = signed_message_of(&played->epoch_bytes);
    Hearth__V1__SearchWelcome body = HEARTH__V1__SEARCH_WELCOME__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    body.protocol = PROTOCOL_VERSION + (played->fault == FAULT_PROTOCOL);
    body.catalogue = CATALOGUE_VERSION + (played->fault == FAULT_CATALOGUE ? 2 : 0);
    body.certificate = &certificate;
    body.epoch = &epoch;
    body.deadline_ms = 2000;
    message.kind_case = HEARTH__V1__TO_LA__KIND_WELCOME;
    message.welcome = &body;
    send_to_la(stream, &message);
}

/* ---- replies ---- */

static void evaluate(struct played *played, int agent)
{
    /* Everybody holds every slot that the request asks for, but for the last agent, who has nobody.
     */
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0);
    uint16_t hard[SLOTS_MAX], soft[SLOTS_MAX];
    struct blind_profile profiles[CARERS] = {0};
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    static const char *const held[] = {"AGE_09", "NUM_1", "PT_LONG", "AVL_TODAY", "DS_AUT"};
    size_t hards = 0, softs = 0;
    for (uint16_t slot = 0; slot < catalogue->slots; slot++) {
        const struct criterion *criterion = catalogue_slot(catalogue, slot);
        for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
            if (strcmp(held[i], criterion->code) != 0) continue;
            if (criterion->hard != SLOT_NONE)
                hard[hards++] = (uint16_t)blind_position_hard(&layout, criterion->hard);
            if (criterion->soft != SLOT_NONE)
                soft[softs++] = (uint16_t)blind_position_soft(&layout, criterion->soft);
        }
    }
    for (int i = 0; i < CARERS; i++) {
        profiles[i] = (struct blind_profile){.hard = hard,
                                             .soft = soft,
                                             .hard_count = (uint16_t)hards,
                                             .soft_count = (uint16_t)softs,
                                             .dummy = agent == AGENTS - 1};
    }
    uint8_t seed[SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    blind_evaluate(played->c1[agent], played->c2[agent], &layout, played->query.ciphertexts.data,
                   &played->joint_key, profiles, CARERS, seed, played->query_hash, NULL);
}

static void spoil_points(const struct played *played, uint8_t *c1)
{
    if (played->fault == FAULT_REPLY_IDENTITY) memset(c1, 0, POINT_BYTES);
    if (played->fault == FAULT_REPLY_NOT_CANONICAL) memset(c1, 0xff, POINT_BYTES);
    if (played->fault == FAULT_REPLY_REPEATS_ITSELF) memcpy(c1, c1 + POINT_BYTES, POINT_BYTES);
}

static void spoil_reply(const struct played *played, struct reply *reply)
{
    if (played->fault == FAULT_REPLY_OF_ANOTHER_QUERY) reply->query_hash[0] ^= 1;
    if (played->fault == FAULT_REPLY_OF_ANOTHER_EPOCH) reply->epoch++;
    if (played->fault == FAULT_REPLY_ODD_COUNT) reply->count = ITEMS + 1;
    if (played->fault == FAULT_REPLY_NAMES_ANOTHER) strcpy(reply->agent, "agent-2");
}

/* The matcher may not make agencies up, whose points would be its own. */
static const struct identity *signer_of_reply(const struct played *played, int agent)
{
    if (agent == 0 && played->fault == FAULT_REPLY_SIGNED_BY_LA) return played->la.identity;
    if (agent == 0 && played->fault == FAULT_REPLY_BY_AN_INVENTED_AGENCY)
        return played->false_agent.identity;
    return played->agents[agent].identity;
}

static void send_reply(struct played *played, struct rpc_stream *stream, int agent)
{
    bool spoilt = agent == 0;
    const struct identity *signer = signer_of_reply(played, agent);
    struct reply reply = {.epoch = played->epoch.epoch, .count = ITEMS};
    memcpy(reply.query_hash, played->query_hash, HASH_BYTES);
    strcpy(reply.agent, identity_certificate(signer)->organisation);
    if (spoilt) spoil_points(played, played->c1[agent]);
    reply_half_hash(reply.c1_hash, 1, played->c1[agent], sizeof played->c1[agent]);
    reply_half_hash(reply.c2_hash, 2, played->c2[agent], sizeof played->c2[agent]);
    if (spoilt) spoil_reply(played, &reply);
    struct buf body = {0};
    uint8_t signature[SIGNATURE_BYTES];
    reply_encode(&reply, &body);
    identity_sign(signer, TAG_REPLY, body.data, body.len, signature);
    if (spoilt && played->fault == FAULT_REPLY_SIGNATURE) signature[1] ^= 1;
    if (spoilt && played->fault == FAULT_REPLY_CHANGED) {
        memcpy(played->c1[0], played->c1[1], POINT_BYTES);
    }
    const struct certificate *own = identity_certificate(signer);
    Hearth__V1__Signed certificate = signed_message_of(&own->raw);
    Hearth__V1__Signed signed_reply = signed_message(body.data, body.len, signature);
    Hearth__V1__SearchReply reply_part = HEARTH__V1__SEARCH_REPLY__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    reply_part.reply = &signed_reply;
    reply_part.certificate = &certificate;
    reply_part.c1 = (ProtobufCBinaryData){sizeof played->c1[agent], played->c1[agent]};
    message.kind_case = HEARTH__V1__TO_LA__KIND_REPLY;
    message.reply = &reply_part;
    send_to_la(stream, &message);
    send_to_la(stream, &message); /* twice: one set of shares only */
    buf_free(&body);
}

/* ---- query ---- */

static void accept_query(struct played *played, struct rpc_stream *stream,
                         const Hearth__V1__SearchQuery *message)
{
    struct err err = {0};
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0);
    REQUIRE(
        query_decode(message->query->body.data, message->query->body.len, &played->query, &err));
    REQUIRE(query_check(&played->query, &played->epoch, &layout, clock_wall_ms(),
                        &played->joint_key, &err));
    query_hash(played->query_hash, message->query->body.data, message->query->body.len);
    Hearth__V1__SearchAccepted accepted = HEARTH__V1__SEARCH_ACCEPTED__INIT;
    Hearth__V1__ToLa answer = HEARTH__V1__TO_LA__INIT;
    uint8_t hash[HASH_BYTES];
    memcpy(hash, played->query_hash, sizeof hash);
    if (played->fault == FAULT_ACCEPTED_ANOTHER) hash[0] ^= 1;
    accepted.query_hash = (ProtobufCBinaryData){sizeof hash, hash};
    accepted.asked = AGENTS;
    answer.kind_case = HEARTH__V1__TO_LA__KIND_ACCEPTED;
    answer.accepted = &accepted;
    send_to_la(stream, &answer);
    if (played->fault == FAULT_OUT_OF_ORDER) send_to_la(stream, &answer);
    for (int i = 0; i < AGENTS; i++) {
        evaluate(played, i);
        send_reply(played, stream, i);
    }
}

static void send_close(struct played *played, struct rpc_stream *stream)
{
    char names[AGENTS][ID_MAX + 1];
    char *agents[AGENTS];
    Hearth__V1__SearchClose closing = HEARTH__V1__SEARCH_CLOSE__INIT;
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    for (int i = 0; i < AGENTS; i++) {
        if (!played->shared[i]) continue;
        (void)snprintf(names[i], sizeof names[i], "agent-%d", i + 1);
        agents[closing.n_agents++] = names[i];
    }
    if (played->fault == FAULT_CLOSE_NAMES_STRANGER) strcpy(names[AGENTS - 1], "stranger");
    closing.agents = agents;
    closing.answered = (uint32_t)closing.n_agents;
    message.kind_case = HEARTH__V1__TO_LA__KIND_CLOSE;
    message.close = &closing;
    send_to_la(stream, &message);
}

static void take_shares(struct played *played, struct rpc_stream *stream,
                        const Hearth__V1__SearchShares *message)
{
    REQUIRE(strncmp(message->agent, "agent-", strlen("agent-")) == 0 ||
            played->fault == FAULT_REPLY_SIGNED_BY_LA);
    if (message->shares.len == 0) {
        played->refused++;
    } else {
        int agent = message->agent[strlen("agent-")] - '1';
        REQUIRE(agent >= 0 && agent < AGENTS);
        REQUIRE(message->shares.len == (size_t)ITEMS * POINT_BYTES);
        memcpy(played->shares[agent], message->shares.data, message->shares.len);
        played->shared[agent] = true;
    }
    played->shares_messages++;
    if (played->shares_messages == AGENTS) send_close(played, stream);
}

/* ---- opening and result ---- */

static void open_all(struct played *played, const uint8_t proof[PROOF_BYTES])
{
    struct blind_scores *table = blind_scores_new();
    struct blind_opened *opened[AGENTS];
    size_t count = 0;
    struct err err = {0};
    for (int i = 0; i < AGENTS; i++) {
        if (!played->shared[i]) continue;
        REQUIRE(blind_open(&opened[count], table, &played->m, played->c1[i], NULL, played->c2[i],
                           played->shares[i], ITEMS, NULL, &err));
        for (uint32_t j = 0; j < ITEMS; j++) {
            int score = blind_opened_score(opened[count], j);
            if (score == SCORE_NONE) continue;
            REQUIRE(score == SCORE_MAX);
            played->eligible[i]++;
        }
        count++;
    }
    played->proof_holds = blind_opened_check(opened, count, &played->query.key, played->query_hash,
                                             proof, NULL, &err);
    for (size_t i = 0; i < count; i++) blind_opened_free(opened[i]);
    blind_scores_free(table);
}

static void send_result(struct played *played, struct rpc_stream *stream)
{
    struct result *result = mem_new(struct result);
    memcpy(result->query_hash, played->query_hash, HASH_BYTES);
    if (played->fault == FAULT_RESULT_OF_ANOTHER) result->query_hash[3] ^= 1;
    bool no_list = played->fault == FAULT_RESULT_OF_A_MEMBER;
    result->choice = no_list ? CHOICE_3 : CHOICE_UNTOLD;
    result->asked = AGENTS;
    result->answered = AGENTS;
    for (int i = 0; i < AGENTS; i++) {
        if (played->eligible[i] == 0 || no_list) continue;
        struct ranked_agency *agency = &result->agencies[result->agency_count++];
        (void)snprintf(agency->id, sizeof agency->id, "agent-%d", i + 1);
        strcpy(agency->name, "An agency");
        strcpy(agency->judgement, "good");
        strcpy(agency->sector, "private");
        agency->band = BAND_STRONG;
    }
    struct buf body = {0};
    uint8_t signature[SIGNATURE_BYTES];
    result_encode(result, &body);
    identity_sign(played->matcher.identity, TAG_RESULT, body.data, body.len, signature);
    if (played->fault == FAULT_RESULT_SIGNATURE) signature[0] ^= 1;
    Hearth__V1__Signed signed_result = signed_message(body.data, body.len, signature);
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_RESULT;
    message.result = &signed_result;
    send_to_la(stream, &message);
    rpc_stream_finish(stream, RPC_OK, "");
    buf_free(&body);
    free(result);
}

static void conclude(struct played *played, struct rpc_stream *stream,
                     const Hearth__V1__Signed *message)
{
    struct shares_proof proof;
    struct err err = {0};
    REQUIRE(shares_proof_decode(message->body.data, message->body.len, &proof, &err));
    REQUIRE(certificate_verify(identity_certificate(played->la.identity), TAG_SHARES_PROOF,
                               message->body.data, message->body.len, message->signature.data,
                               message->signature.len, &err));
    open_all(played, proof.proof);
    shares_proof_free(&proof);
    send_result(played, stream);
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
    switch (message->kind_case) {
    case HEARTH__V1__FROM_LA__KIND_HELLO:
        if (played->fault == FAULT_REFUSES) {
            rpc_stream_finish(stream, RPC_RESOURCE_EXHAUSTED, "budget: used up until tomorrow");
        } else if (played->fault == FAULT_ENDS_EARLY) {
            rpc_stream_finish(stream, RPC_OK, "");
        } else if (played->fault == FAULT_MALFORMED) {
            (void)rpc_stream_send_bytes(stream, "\xff\xff\xff", 3);
        } else {
            welcome(played, stream);
        }
        break;
    case HEARTH__V1__FROM_LA__KIND_QUERY: accept_query(played, stream, message->query); break;
    case HEARTH__V1__FROM_LA__KIND_SHARES: take_shares(played, stream, message->shares); break;
    case HEARTH__V1__FROM_LA__KIND_SHARES_PROOF:
        conclude(played, stream, message->shares_proof);
        break;
    case HEARTH__V1__FROM_LA__KIND__NOT_SET:
    case _HEARTH__V1__FROM_LA__KIND__CASE_IS_INT_SIZE:
    default: REQUIRE(false);
    }
    hearth__v1__from_la__free_unpacked(message, NULL);
}

static void on_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                      void *ctx)
{
    (void)stream;
    (void)status;
    (void)detail;
    (void)ctx;
}

/* ---- the scheme ---- */

struct scene {
    char *dir;
    struct parties *parties;
    char *other_dir;
    struct parties *others; /* another Authority's */
    struct played played;
    struct request request;
};

static int set_up(void **state)
{
    static const char request[] =
        "{\"search_ref\":\"T-1\",\"children\":[{\"age\":9,\"sex\":\"U\"}],"
        "\"placement\":{\"type\":\"PT_LONG\",\"needed_by\":\"today\","
        "\"accept_unconfirmed\":false},\"must\":[\"DS_AUT\"]}";
    struct scene *scene = mem_new(struct scene);
    struct err err = {0};
    log_set_level(LOG_LEVEL_ERROR);
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->played.matcher = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    scene->played.la = parties_add(scene->parties, ROLE_LA, "la-1");
    for (int i = 0; i < AGENTS; i++) {
        char id[ID_MAX + 1];
        (void)snprintf(id, sizeof id, "agent-%d", i + 1);
        scene->played.agents[i] = parties_add(scene->parties, ROLE_AGENT, id);
    }
    scene->other_dir = support_temp_dir();
    scene->others = parties_new(scene->other_dir);
    scene->played.false_matcher = parties_add(scene->others, ROLE_MATCHER, "matcher");
    scene->played.false_agent = parties_add(scene->others, ROLE_AGENT, "agent-1");
    assert_true(
        request_parse(request, sizeof request - 1,
                      &(struct request_rules){.catalogue = catalogue_get(CATALOGUE_VERSION)},
                      &scene->request, &err));
    rpc_start();
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    rpc_stop();
    for (int i = 0; i < AGENTS; i++) party_close(&scene->played.agents[i]);
    party_close(&scene->played.la);
    party_close(&scene->played.matcher);
    parties_free(scene->parties);
    party_close(&scene->played.false_matcher);
    party_close(&scene->played.false_agent);
    parties_free(scene->others);
    support_temp_dir_remove(scene->other_dir);
    support_temp_dir_remove(scene->dir);
    free(scene);
    return 0;
}

/* One search against a matcher with that fault. */
static bool run(struct scene *scene, enum fault fault, struct search_outcome *outcome,
                struct err *err)
{
    struct played *played = &scene->played;
    static const struct rpc_events events = {
        .opened = on_opened, .message = on_message, .closed = on_closed};
    int port = 0;
    played->fault = fault;
    played->shares_messages = played->refused = 0;
    played->proof_holds = false;
    memset(played->shared, 0, sizeof played->shared);
    memset(played->eligible, 0, sizeof played->eligible);
    make_epoch(played);
    struct rpc_server *server = played_matcher_start(&played->matcher, &events, played, 1, &port);
    struct la la = played_matcher_la(&played->la, port);
    bool ok = search_run(&la, &scene->request, NULL, NULL, outcome, err);
    rpc_server_stop(server);
    query_free(&played->query);
    played->query = (struct query){0};
    signed_bytes_free(&played->epoch_bytes);
    return ok;
}

static void honest_matcher_opens_exactly_the_eligible(void **state)
{
    struct scene *scene = *state;
    struct search_outcome *outcome = mem_new(struct search_outcome);
    struct err err = {0};
    if (!run(scene, FAULT_NONE, outcome, &err)) fail_msg("%s: %s", err.field, err.text);
    assert_true(scene->played.proof_holds);
    assert_int_equal(scene->played.shares_messages, AGENTS);
    assert_int_equal(scene->played.refused, 0);
    assert_int_equal(scene->played.eligible[0], CARERS);
    assert_int_equal(scene->played.eligible[1], CARERS);
    assert_int_equal(scene->played.eligible[2], 0);
    assert_int_equal(outcome->result.agency_count, 2);
    assert_string_equal(outcome->result.agencies[1].id, "agent-2");
    free(outcome);
}

static void faults_of_the_matcher_end_the_search(void **state)
{
    static const struct {
        enum fault fault;
        enum err_code code;
        const char *word;
    } expected[] = {
        {FAULT_CERTIFICATE_OF_AN_AGENT, ERR_UNAVAILABLE, "agent"},
        {FAULT_CERTIFICATE_OF_A_STRANGER, ERR_UNAVAILABLE, "certificate.signature"},
        {FAULT_EPOCH_SIGNATURE, ERR_UNAVAILABLE, "signature"},
        {FAULT_EPOCH_PROOF, ERR_UNAVAILABLE, "proof"},
        {FAULT_EPOCH_EXPIRED, ERR_UNAVAILABLE, "epoch"},
        {FAULT_EPOCH_OF_ANOTHER, ERR_UNAVAILABLE, "other"},
        {FAULT_CATALOGUE, ERR_VERSION, "catalogue"},
        {FAULT_PROTOCOL, ERR_VERSION, "protocol"},
        {FAULT_ACCEPTED_ANOTHER, ERR_UNAVAILABLE, "another query"},
        {FAULT_MALFORMED, ERR_UNAVAILABLE, "malformed"},
        {FAULT_OUT_OF_ORDER, ERR_UNAVAILABLE, "order"},
        {FAULT_ENDS_EARLY, ERR_UNAVAILABLE, "without a result"},
        {FAULT_CLOSE_NAMES_STRANGER, ERR_UNAVAILABLE, "stranger"},
        {FAULT_RESULT_SIGNATURE, ERR_UNAVAILABLE, "signature"},
        {FAULT_RESULT_OF_ANOTHER, ERR_UNAVAILABLE, "another query"},
        {FAULT_RESULT_OF_A_MEMBER, ERR_UNAVAILABLE, "wrong kind"},
        {FAULT_REFUSES, ERR_BUDGET, "until tomorrow"},
    };
    struct search_outcome *outcome = mem_new(struct search_outcome);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct err err = {0};
        assert_false(run(*state, expected[i].fault, outcome, &err));
        if (err.code != expected[i].code ||
            (!strstr(err.text, expected[i].word) && !strstr(err.field, expected[i].word))) {
            fail_msg("fault %d: %s: %s: %s", (int)expected[i].fault, err_code_name(err.code),
                     err.field, err.text);
        }
    }
    free(outcome);
}

static void bad_replies_get_no_shares(void **state)
{
    struct scene *scene = *state;
    struct search_outcome *outcome = mem_new(struct search_outcome);
    for (int fault = FAULT_REPLY_SIGNATURE; fault <= FAULT_REPLY_ODD_COUNT; fault++) {
        struct err err = {0};
        if (!run(scene, (enum fault)fault, outcome, &err)) {
            fail_msg("fault %d: %s: %s", fault, err.field, err.text);
        }
        if (scene->played.shared[0] || !scene->played.shared[1] || !scene->played.proof_holds) {
            fail_msg("fault %d: shares for a bad reply, or none for a good one", fault);
        }
        assert_int_equal(scene->played.refused, 1); /* so that the matcher does not wait */
        assert_int_equal(outcome->result.agency_count, 1);
    }
    free(outcome);
}

static void a_matcher_of_another_issue_is_refused(void **state)
{
    struct scene *scene = *state;
    struct search_outcome *outcome = mem_new(struct search_outcome);
    struct err err = {0};
    scene->played.renewed = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    assert_false(run(scene, FAULT_CERTIFICATE_OF_TODAY, outcome, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.text, "issue"));
    party_close(&scene->played.renewed);
    free(outcome);
}

static void unreachable_matcher_is_unavailable(void **state)
{
    struct scene *scene = *state;
    struct search_outcome *outcome = mem_new(struct search_outcome);
    struct err err = {0};
    struct la la = {.trust = scene->played.la.trust,
                    .identity = scene->played.la.identity,
                    .catalogue = catalogue_chosen(0)};
    strcpy(la.matcher_id, "matcher");
    strcpy(la.matcher_address, "127.0.0.1:1");
    assert_false(search_run(&la, &scene->request, NULL, NULL, outcome, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    free(outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_matcher_opens_exactly_the_eligible),
        cmocka_unit_test(faults_of_the_matcher_end_the_search),
        cmocka_unit_test(bad_replies_get_no_shares),
        cmocka_unit_test(unreachable_matcher_is_unavailable),
        cmocka_unit_test(a_matcher_of_another_issue_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
