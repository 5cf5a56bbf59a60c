/* SPDX-License-Identifier: Apache-2.0
 * Whole searches against a running matcher: the honest flow equals the plain computation; every
 * departure from the protocol by LA or agent has the status that it should have, and changes
 * nothing else.
 */
#include "matcher/search_internal.h"
#include "tests/unit/matcher/players.h"

enum la_fault {
    LA_HONEST,
    LA_SURPLUS, /* beside the query, for the matcher to pass on */
    LA_GARBAGE,
    LA_QUERY_FIRST,
    LA_HELLO_TWICE,
    LA_HELLO_OF_ANOTHER,
    LA_HELLO_ROLE,
    LA_HELLO_FORGED,
    LA_HELLO_MISSING,
    LA_PROTOCOL,
    LA_CATALOGUE,
    LA_QUERY_SIGNATURE,
    LA_QUERY_SIGNED_BY_ANOTHER,
    LA_QUERY_OF_ANOTHER,
    LA_QUERY_CATALOGUE,
    LA_QUERY_EPOCH,
    LA_QUERY_EXPIRED,
    LA_QUERY_PROOF,
    LA_QUERY_NOT_CANONICAL,
    LA_QUERY_IDENTITY,
    LA_QUERY_SHORT,
    LA_QUERY_TRUNCATED,
    LA_REPLAY,
    LA_OPTIONS_MISSING,
    LA_OPTIONS_SIGNATURE,
    LA_OPTIONS_OF_ANOTHER,
    LA_SECOND_QUERY,
    LA_PROOF_TOO_EARLY,
    LA_SHARES_OF_STRANGER,
    LA_SHARES_SHORT,
    LA_SHARES_LONG,
    LA_SHARES_TWICE,
    LA_SHARES_IDENTITY,
    LA_SHARES_WRONG,
    LA_PROOF_ORDER,
    LA_PROOF_FEWER,
    LA_PROOF_MORE,
    LA_PROOF_BYTES,
    LA_PROOF_SIGNATURE,
    LA_HALF_CLOSES,
    LA_LEAVES
};

/* One search as the LA sees it. */
struct run {
    struct scene *scene;
    struct played_la la;
    enum la_fault fault;
    uint8_t seed[SEED_BYTES], query_id[QUERY_ID_BYTES], hash[HASH_BYTES];
    struct epoch_record epoch;
    struct signed_bytes query, options;
    struct scalar a;
    struct blind_sharer *sharer;
    uint32_t asked, answered, declined;
    unsigned shared;
    bool has_result;
    struct result *result;
};

/* ---- hello ---- */

static void send_hello(struct run *run)
{
    struct scene *scene = run->scene;
    const struct identity *own = scene->la.identity;
    if (run->fault == LA_HELLO_OF_ANOTHER) own = scene->other_la.identity;
    if (run->fault == LA_HELLO_ROLE) own = scene->agents[0].party.identity;
    const struct certificate *certificate = identity_certificate(own);
    uint8_t signature[SIGNATURE_BYTES];
    memcpy(signature, certificate->raw.signature, sizeof signature);
    if (run->fault == LA_HELLO_FORGED) signature[7] ^= 1;
    Hearth__V1__Signed part =
        signed_message(certificate->raw.body.data, certificate->raw.body.len, signature);
    Hearth__V1__SearchHello hello = HEARTH__V1__SEARCH_HELLO__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    hello.protocol = PROTOCOL_VERSION + (run->fault == LA_PROTOCOL);
    hello.catalogue = CATALOGUE_VERSION + (run->fault == LA_CATALOGUE ? 2 : 0);
    hello.certificate = run->fault == LA_HELLO_MISSING ? NULL : &part;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_HELLO;
    message.hello = &hello;
    la_send(&run->la, &message);
    if (run->fault == LA_HELLO_TWICE) la_send(&run->la, &message);
}

static void take_welcome(struct run *run, const Hearth__V1__SearchWelcome *welcome)
{
    struct err err = {0};
    const Hearth__V1__Signed *epoch = welcome->epoch;
    const struct certificate *matcher = identity_certificate(run->scene->matcher_party.identity);
    assert_int_equal(welcome->deadline_ms, run->scene->matcher->config.deadline_ms);
    assert_true(certificate_verify(matcher, TAG_EPOCH, epoch->body.data, epoch->body.len,
                                   epoch->signature.data, epoch->signature.len, &err));
    assert_true(epoch_decode(epoch->body.data, epoch->body.len, &run->epoch, &err));
}

/* ---- query ---- */

static void spoil_query(struct run *run, struct buf *body)
{
    Hearth__V1__QueryBody *raw = hearth__v1__query_body__unpack(NULL, body->len, body->data);
    switch (run->fault) {
    case LA_QUERY_CATALOGUE: raw->catalogue += 2; break;
    case LA_QUERY_EPOCH: raw->epoch--; break;
    case LA_QUERY_EXPIRED:
        raw->issued_at -= 300000;
        raw->expires_at -= 300000;
        break;
    case LA_QUERY_PROOF: raw->proof.data[40] ^= 1; break;
    case LA_QUERY_NOT_CANONICAL: memset(raw->ciphertexts.data + 32 * 20, 0xff, 32); break;
    case LA_QUERY_IDENTITY: memset(raw->ciphertexts.data + 64 * 20, 0, 32); break;
    case LA_QUERY_SHORT: raw->ciphertexts.len -= CIPHERTEXT_BYTES; break;
    default: break;
    }
    buf_free(body);
    size_t len = hearth__v1__query_body__get_packed_size(raw);
    (void)hearth__v1__query_body__pack(raw, buf_reserve(body, len));
    if (run->fault == LA_QUERY_TRUNCATED) body->len -= 10;
    hearth__v1__query_body__free_unpacked(raw, NULL);
}

static void make_query(struct run *run)
{
    struct scene *scene = run->scene;
    int64_t now = clock_wall_ms();
    struct query_plain plain = {.catalogue = CATALOGUE_VERSION,
                                .la = run->fault == LA_QUERY_OF_ANOTHER ? "la-2" : "la-1",
                                .query_id = run->query_id,
                                .issued_at = now,
                                .expires_at = now + QUERY_LIFETIME_MS,
                                .layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), 0),
                                .values = scene->values};
    query_make(&plain, &run->epoch, run->seed, &run->a, &run->query.body);
    spoil_query(run, &run->query.body);
    query_hash(run->hash, run->query.body.data, run->query.body.len);
    identity_sign_body(run->fault == LA_QUERY_SIGNED_BY_ANOTHER ? scene->other_la.identity
                                                                : scene->la.identity,
                       TAG_QUERY, &run->query);
    if (run->fault == LA_QUERY_SIGNATURE) run->query.signature[0] ^= 1;
    struct search_options options = {.search_tag = {5}};
    memcpy(options.query_hash, run->hash, HASH_BYTES);
    if (run->fault == LA_OPTIONS_OF_ANOTHER) options.query_hash[1] ^= 1;
    search_options_encode(&options, &run->options.body);
    identity_sign_body(scene->la.identity, TAG_OPTIONS, &run->options);
    if (run->fault == LA_OPTIONS_SIGNATURE) run->options.signature[0] ^= 1;
}

static void send_query(struct run *run)
{
    Hearth__V1__Signed query = signed_message_of(&run->query);
    Hearth__V1__Signed options = signed_message_of(&run->options);
    Hearth__V1__SearchQuery body = HEARTH__V1__SEARCH_QUERY__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    body.query = &query;
    body.options = run->fault == LA_OPTIONS_MISSING ? NULL : &options;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_QUERY;
    message.query = &body;
    if (run->fault == LA_SURPLUS) {
        send_with_surplus(run->la.stream, &message.base, &query.base);
    } else {
        la_send(&run->la, &message);
    }
}

/* ---- shares ---- */

static void send_shares(struct run *run, const char *agent, uint8_t *shares, size_t len)
{
    char name[ID_MAX + 1];
    (void)snprintf(name, sizeof name, "%s", agent);
    Hearth__V1__SearchShares body = HEARTH__V1__SEARCH_SHARES__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    if (run->fault == LA_SHARES_OF_STRANGER) copy_id(name, "stranger");
    if (run->fault == LA_SHARES_IDENTITY) memset(shares, 0, POINT_BYTES);
    if (run->fault == LA_SHARES_WRONG) memcpy(shares, shares + POINT_BYTES, POINT_BYTES);
    body.agent = name;
    if (run->fault == LA_SHARES_SHORT) len -= POINT_BYTES;
    if (run->fault == LA_SHARES_LONG) len += POINT_BYTES;
    body.shares = (ProtobufCBinaryData){len, shares};
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES;
    message.shares = &body;
    la_send(&run->la, &message);
    if (run->fault == LA_SHARES_TWICE) la_send(&run->la, &message);
}

static void send_proof(struct run *run, char *const *agents, size_t count)
{
    struct shares_proof proof = {.agents = mem_array(count + 1, ID_MAX + 1), .agent_count = count};
    struct signed_bytes body = {0};
    struct err err = {0};
    for (size_t i = 0; i < count; i++) copy_id(proof.agents[i], agents[i]);
    assert_true(
        blind_sharer_prove(run->sharer, (const char *const *)agents, count, proof.proof, &err));
    if (run->fault == LA_PROOF_BYTES) proof.proof[33] ^= 1;
    if (run->fault == LA_PROOF_FEWER) proof.agent_count--;
    if (run->fault == LA_PROOF_MORE) copy_id(proof.agents[proof.agent_count++], "agent-9");
    if (run->fault == LA_PROOF_ORDER) {
        copy_id(proof.agents[0], agents[1]);
        copy_id(proof.agents[1], agents[0]);
    }
    shares_proof_encode(&proof, &body.body);
    identity_sign_body(run->scene->la.identity, TAG_SHARES_PROOF, &body);
    if (run->fault == LA_PROOF_SIGNATURE) body.signature[5] ^= 1;
    Hearth__V1__Signed part = signed_message_of(&body);
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES_PROOF;
    message.shares_proof = &part;
    la_send(&run->la, &message);
    free(proof.agents);
    signed_bytes_free(&body);
}

static void take_reply(struct run *run, const Hearth__V1__SearchReply *message)
{
    struct reply reply;
    struct err err = {0};
    assert_true(reply_decode(message->reply->body.data, message->reply->body.len, &reply, &err));
    assert_memory_equal(reply.query_hash, run->hash, HASH_BYTES);
    if (run->fault == LA_PROOF_TOO_EARLY) {
        if (run->shared++ > 0) return; /* one proof only */
        char agent[] = "agent-1";
        send_proof(run, (char *[]){agent}, 0);
        return;
    }
    uint8_t *shares = mem_array(reply.count + 1, POINT_BYTES); /* one more for LA_SHARES_LONG */
    if (!blind_sharer_add(run->sharer, reply.agent, message->c1.data, reply.count, shares, &err)) {
        fail_msg("the matcher passed on what an LA has to refuse: %s", err.text);
    }
    run->shared++;
    send_shares(run, reply.agent, shares, (size_t)reply.count * POINT_BYTES);
    free(shares);
}

static void take_result(struct run *run, const Hearth__V1__Signed *message)
{
    struct err err = {0};
    const struct certificate *matcher = identity_certificate(run->scene->matcher_party.identity);
    assert_true(certificate_verify(matcher, TAG_RESULT, message->body.data, message->body.len,
                                   message->signature.data, message->signature.len, &err));
    assert_true(result_decode(message->body.data, message->body.len, run->result, &err));
    assert_memory_equal(run->result->query_hash, run->hash, HASH_BYTES);
    run->has_result = true;
}

/* ---- the conversation ---- */

static void take(struct run *run, const Hearth__V1__ToLa *message)
{
    switch (message->kind_case) {
    case HEARTH__V1__TO_LA__KIND_WELCOME:
        take_welcome(run, message->welcome);
        if (run->query.body.len == 0) make_query(run);
        run->sharer = blind_sharer_new(&run->a, run->seed, run->hash);
        send_query(run);
        break;
    case HEARTH__V1__TO_LA__KIND_ACCEPTED:
        run->asked = message->accepted->asked;
        if (run->fault == LA_SECOND_QUERY) send_query(run);
        if (run->fault == LA_HALF_CLOSES) rpc_stream_finish(run->la.stream, RPC_OK, "");
        if (run->fault == LA_LEAVES) rpc_stream_cancel(run->la.stream, RPC_CANCELLED, "");
        break;
    case HEARTH__V1__TO_LA__KIND_REPLY:
        if (run->fault != LA_HALF_CLOSES && run->fault != LA_LEAVES)
            take_reply(run, message->reply);
        break;
    case HEARTH__V1__TO_LA__KIND_CLOSE:
        run->answered = message->close->answered;
        run->declined = message->close->declined;
        assert_int_equal(message->close->n_agents, run->answered);
        send_proof(run, message->close->agents, message->close->n_agents);
        break;
    case HEARTH__V1__TO_LA__KIND_RESULT: take_result(run, message->result); break;
    default: fail();
    }
}

/* Until the stream has ended; its status is in run->la. */
static void run_on(struct run *run, struct scene *scene)
{
    struct err err = {0};
    run->scene = scene;
    if (!run->result) run->result = mem_new(struct result);
    la_open(&run->la, scene, &scene->la);
    if (run->fault == LA_GARBAGE) (void)rpc_stream_send_bytes(run->la.stream, "\xff\xff", 2);
    if (run->fault == LA_QUERY_FIRST) send_query(run);
    send_hello(run);
    for (;;) {
        Hearth__V1__ToLa *message = la_receive(&run->la);
        if (!message) break;
        take(run, message);
        hearth__v1__to_la__free_unpacked(message, NULL);
    }
    (void)err;
    blind_sharer_free(run->sharer);
    run->sharer = NULL;
    la_close(&run->la);
}

static struct run *run_new(struct scene *scene, enum la_fault fault)
{
    struct run *run = mem_new(struct run);
    run->fault = fault;
    randombytes_buf(run->seed, sizeof run->seed);
    randombytes_buf(run->query_id, sizeof run->query_id);
    run_on(run, scene);
    return run;
}

static void run_free(struct run *run)
{
    signed_bytes_free(&run->query);
    signed_bytes_free(&run->options);
    scalar_wipe(&run->a);
    free(run->result);
    free(run);
}

/* ---- what should have come out ---- */

/* The agents whose bit is set answered: their counts in the clear, ranked. */
static void expect_result(const struct run *run, unsigned answering)
{
    struct scene *scene = run->scene;
    struct directory *directory = matcher_directory(scene->matcher);
    struct epoch_key *epoch = epochs_current(scene->matcher->epochs);
    struct rank_input inputs[PLAYED_AGENTS];
    struct result *expected = mem_new(struct result);
    struct search_options none = {0};
    size_t count = 0;
    if (run->la.status != RPC_OK || !run->has_result) {
        fail_msg("%s: %s", rpc_status_name(run->la.status), run->la.detail);
    }
    for (unsigned i = 0; i < PLAYED_AGENTS; i++) {
        if (!(answering & 1U << i)) continue;
        const struct played_agent *agent = &scene->agents[i];
        const char *id = identity_certificate(agent->party.identity)->organisation;
        inputs[count] = (struct rank_input){.agency = directory_find(directory, id)};
        (void)pthread_mutex_lock(&scene->mutex);
        memcpy(inputs[count++].counts, agent->counts, sizeof agent->counts);
        (void)pthread_mutex_unlock(&scene->mutex);
    }
    rank_agencies(inputs, count, &none, epoch->tie_seed.data, run->hash, expected);
    assert_int_equal(run->result->answered, count);
    assert_int_equal(run->result->agency_count, expected->agency_count);
    for (size_t i = 0; i < expected->agency_count; i++) {
        assert_string_equal(run->result->agencies[i].id, expected->agencies[i].id);
        assert_int_equal(run->result->agencies[i].band, expected->agencies[i].band);
    }
    free(expected);
    epoch_unref(epoch);
    directory_unref(directory);
}

static bool no_search_is_open(void *ctx)
{
    return searches_count(((struct scene *)ctx)->matcher->searches) == 0;
}

static bool receipts_came(void *ctx)
{
    struct scene *scene = ctx;
    for (int i = 0; i < PLAYED_AGENTS; i++) {
        if (scene->agents[i].receipts == 0) return false;
    }
    return true;
}

/* ---- tests ---- */

static void honest_search_equals_the_plain_computation(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].receipts = 0;
        struct run *run = run_new(scene, LA_HONEST);
        expect_result(run, 7);
        assert_int_equal(run->asked, PLAYED_AGENTS);
        assert_int_equal(run->result->asked, PLAYED_AGENTS);
        assert_int_equal(run->result->declined, 0);
        scene_wait(scene, receipts_came, scene);
        for (int i = 0; i < PLAYED_AGENTS; i++) {
            const struct receipt *receipt = &scene->agents[i].receipt;
            assert_memory_equal(receipt->query_hash, run->hash, HASH_BYTES);
            assert_true(receipt->log_length > run->result->log_length);
        }
        run_free(run);
    }
    assert_int_equal(scene_budget_used(scene), 10);
    scene_wait(scene, no_search_is_open, scene);
}

/* Nothing but what was signed is passed on to agents: else one LA could cut off all of them. */
static void surplus_of_the_la_is_not_passed_on(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    struct run *run = run_new(scene, LA_SURPLUS);
    expect_result(run, 7);
    run_free(run);
}

/* The heads that LA and agents got are in the chain. */
static void results_and_receipts_carry_the_log(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].receipts = 0;
    struct run *run = run_new(scene, LA_HONEST);
    scene_wait(scene, receipts_came, scene);
    (void)audit_flush(scene->matcher->audit);
    struct log_head heads[2] = {{.length = run->result->log_length},
                                {.length = scene->agents[1].receipt.log_length}};
    memcpy(heads[0].hash, run->result->log_head, HASH_BYTES);
    memcpy(heads[1].hash, scene->agents[1].receipt.log_head, HASH_BYTES);
    for (int i = 0; i < 2; i++) {
        struct audit_report report;
        struct err err = {0};
        assert_true(
            audit_verify(scene->matcher->store, &heads[i], scene->matcher->trust, &report, &err));
        assert_true(report.intact && report.known_found);
    }
    run_free(run);
}

/* What each fault has to come to. */
static const struct {
    enum la_fault fault;
    enum rpc_status status;
    const char *word;
    bool accepted; /* the query was: it counts */
} la_cases[] = {
    {LA_GARBAGE, RPC_INVALID_ARGUMENT, "message", false},
    {LA_QUERY_FIRST, RPC_FAILED_PRECONDITION, "before the hello", false},
    {LA_HELLO_TWICE, RPC_FAILED_PRECONDITION, "before the query", false},
    {LA_HELLO_OF_ANOTHER, RPC_UNAUTHENTICATED, "la-2", false},
    {LA_HELLO_ROLE, RPC_PERMISSION_DENIED, "certificate", false},
    {LA_HELLO_FORGED, RPC_UNAUTHENTICATED, "certificate", false},
    {LA_HELLO_MISSING, RPC_UNAUTHENTICATED, "missing", false},
    {LA_PROTOCOL, RPC_FAILED_PRECONDITION, "2", false},
    {LA_CATALOGUE, RPC_FAILED_PRECONDITION, "one version apart", false},
    {LA_QUERY_SIGNATURE, RPC_UNAUTHENTICATED, "query", false},
    {LA_QUERY_SIGNED_BY_ANOTHER, RPC_UNAUTHENTICATED, "query", false},
    {LA_QUERY_OF_ANOTHER, RPC_UNAUTHENTICATED, "la-2", false},
    {LA_QUERY_CATALOGUE, RPC_FAILED_PRECONDITION, "catalogue", false},
    {LA_QUERY_EPOCH, RPC_FAILED_PRECONDITION, "epoch", false},
    {LA_QUERY_EXPIRED, RPC_FAILED_PRECONDITION, "expires_at", false},
    {LA_QUERY_PROOF, RPC_UNAUTHENTICATED, "proof", false},
    {LA_QUERY_NOT_CANONICAL, RPC_INVALID_ARGUMENT, "ciphertexts", false},
    {LA_QUERY_IDENTITY, RPC_INVALID_ARGUMENT, "ciphertexts", false},
    {LA_QUERY_SHORT, RPC_INVALID_ARGUMENT, "ciphertexts", false},
    {LA_QUERY_TRUNCATED, RPC_INVALID_ARGUMENT, "", false},
    {LA_OPTIONS_MISSING, RPC_INVALID_ARGUMENT, "options", false},
    {LA_OPTIONS_SIGNATURE, RPC_UNAUTHENTICATED, "options", false},
    {LA_OPTIONS_OF_ANOTHER, RPC_INVALID_ARGUMENT, "another query", false},
    {LA_SECOND_QUERY, RPC_FAILED_PRECONDITION, "while agents answer", true},
    {LA_PROOF_TOO_EARLY, RPC_FAILED_PRECONDITION, "while agents answer", true},
    {LA_SHARES_OF_STRANGER, RPC_INVALID_ARGUMENT, "shares", true},
    {LA_SHARES_SHORT, RPC_INVALID_ARGUMENT, "shares", true},
    {LA_SHARES_LONG, RPC_INVALID_ARGUMENT, "shares", true},
    {LA_SHARES_TWICE, RPC_INVALID_ARGUMENT, "shares", true},
    {LA_SHARES_IDENTITY, RPC_INVALID_ARGUMENT, "shares", true},
    {LA_SHARES_WRONG, RPC_UNAUTHENTICATED, "proof", true},
    {LA_PROOF_ORDER, RPC_INVALID_ARGUMENT, "agents", true},
    {LA_PROOF_FEWER, RPC_INVALID_ARGUMENT, "agents", true},
    {LA_PROOF_MORE, RPC_INVALID_ARGUMENT, "agents", true},
    {LA_PROOF_BYTES, RPC_UNAUTHENTICATED, "proof", true},
    {LA_PROOF_SIGNATURE, RPC_UNAUTHENTICATED, "", true},
    {LA_HALF_CLOSES, RPC_INVALID_ARGUMENT, "ended", true},
    {LA_LEAVES, RPC_CANCELLED, "", true},
};

static void faults_of_the_la_are_refused(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    for (size_t i = 0; i < sizeof la_cases / sizeof la_cases[0]; i++) {
        uint32_t before = scene_budget_used(scene);
        size_t replays = replay_count(scene->matcher->replay);
        struct run *run = run_new(scene, la_cases[i].fault);
        if (run->la.status != la_cases[i].status || !strstr(run->la.detail, la_cases[i].word) ||
            run->has_result) {
            fail_msg("fault %d: %s: %s", (int)la_cases[i].fault, rpc_status_name(run->la.status),
                     run->la.detail);
        }
        run_free(run);
        scene_wait(scene, no_search_is_open, scene);
        if (scene_budget_used(scene) - before != la_cases[i].accepted ||
            replay_count(scene->matcher->replay) - replays != la_cases[i].accepted) {
            fail_msg("fault %d was counted wrongly", (int)la_cases[i].fault);
        }
    }
    struct run *run = run_new(scene, LA_HONEST); /* and all goes on as before */
    expect_result(run, 7);
    run_free(run);
}

static void replayed_query_is_refused(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    struct run *run = run_new(scene, LA_HONEST);
    expect_result(run, 7);
    uint32_t before = scene_budget_used(scene);
    run->fault = LA_REPLAY;
    run->has_result = false;
    run_on(run, scene);
    assert_int_equal(run->la.status, RPC_ALREADY_EXISTS);
    assert_false(run->has_result);
    assert_int_equal(scene_budget_used(scene), before);
    run_free(run);
}

static void wrong_role_is_refused(void **state)
{
    struct scene *scene = *state;
    struct played_la la;
    la_open(&la, scene, &scene->agents[0].party); /* an agent calls /Search */
    assert_null(la_receive(&la));
    assert_int_equal(la.status, RPC_PERMISSION_DENIED);
    la_close(&la);
}

static void budget_and_concurrency_are_bounded(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    scene->config.budget = scene_budget_used(scene) + 1;
    scene_restart(scene);
    struct run *run = run_new(scene, LA_HONEST);
    expect_result(run, 7);
    run_free(run);
    run = run_new(scene, LA_HONEST);
    assert_int_equal(run->la.status, RPC_RESOURCE_EXHAUSTED);
    assert_non_null(strstr(run->la.detail, "renews"));
    assert_true(run->la.retry_ms > 0 && run->la.retry_ms <= 25 * 3600 * 1000);
    run_free(run);
    scene->config.budget = 1000;
    scene->config.searches_per_la = 8;
    scene_restart(scene);
    scene_wait(scene, no_search_is_open, scene);
    struct played_la las[9];
    for (int i = 0; i < 8; i++) la_open(&las[i], scene, &scene->la);
    while (searches_count(scene->matcher->searches) < 8) sched_yield();
    la_open(&las[8], scene, &scene->la);
    assert_null(la_receive(&las[8]));
    assert_int_equal(las[8].status, RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(las[8].retry_ms, SEARCHES_RETRY_MS);
    for (int i = 0; i < 9; i++) la_close(&las[i]);
    scene_wait(scene, no_search_is_open, scene);
}

/* Of a search that takes the one place there is only what the registry knows. */
struct occupant {
    struct scene *scene;
    struct search search;
};

static void occupy(struct occupant *occupant, struct scene *scene)
{
    struct err err;
    /* An LA has its result a moment before its search leaves. */
    scene_wait(scene, no_search_is_open, scene);
    *occupant = (struct occupant){.scene = scene, .search.matcher = scene->matcher};
    atomic_init(&occupant->search.refs, 1);
    assert_true(searches_enter(scene->matcher->searches, &occupant->search, "la-other", &err));
    assert_true(searches_begin(scene->matcher->searches, &occupant->search, clock_steady_ms()));
}

static void move_out(struct occupant *occupant)
{
    struct searches *searches = occupant->scene->matcher->searches;
    search_give_turn(&occupant->search,
                     searches_leave(searches, &occupant->search, clock_steady_ms()));
}

static bool one_waits(void *ctx)
{
    size_t waiting = 0, in_work = 0;
    searches_turns(((struct scene *)ctx)->matcher->searches, &waiting, &in_work);
    return waiting == 1 && in_work == 1;
}

static void *search_beside(void *ctx)
{
    return run_new(ctx, LA_HONEST);
}

/* It is not checked, paid for or fanned out before its turn; then it runs as any other. */
static void a_query_waits_for_its_turn(void **state)
{
    struct scene *scene = *state;
    struct occupant occupant;
    pthread_t beside;
    void *run = NULL;
    scene->config.searches_at_once = 1;
    scene_restart(scene);
    uint32_t before = scene_budget_used(scene);
    occupy(&occupant, scene);
    assert_int_equal(pthread_create(&beside, NULL, search_beside, scene), 0);
    scene_wait(scene, one_waits, scene);
    assert_int_equal(scene_budget_used(scene), before);
    move_out(&occupant);
    assert_int_equal(pthread_join(beside, &run), 0);
    expect_result(run, 7);
    assert_int_equal(scene_budget_used(scene), before + 1);
    run_free(run);
}

/* An LA that leaves while it waits costs nobody a turn. */
static void who_leaves_while_waiting_is_passed_over(void **state)
{
    struct scene *scene = *state;
    struct occupant occupant;
    struct run *half = mem_new(struct run);
    occupy(&occupant, scene);
    half->scene = scene;
    la_open(&half->la, scene, &scene->la);
    la_hello(&half->la);
    Hearth__V1__ToLa *welcome = la_receive(&half->la);
    assert_non_null(welcome);
    take_welcome(half, welcome->welcome);
    hearth__v1__to_la__free_unpacked(welcome, NULL);
    make_query(half);
    send_query(half);
    scene_wait(scene, one_waits, scene);
    la_close(&half->la);
    run_free(half);
    move_out(&occupant);
    scene_wait(scene, no_search_is_open, scene);
    struct run *run = run_new(scene, LA_HONEST);
    expect_result(run, 7);
    run_free(run);
    scene->config.searches_at_once = 0;
    scene_restart(scene);
}

static void nobody_attached_is_unavailable(void **state)
{
    struct scene *scene = *state;
    for (int i = 0; i < PLAYED_AGENTS; i++) agent_detach(&scene->agents[i]);
    while (fleet_count(scene->matcher->fleet) > 0) sched_yield();
    uint32_t before = scene_budget_used(scene);
    struct run *run = run_new(scene, LA_HONEST);
    assert_int_equal(run->la.status, RPC_UNAVAILABLE);
    assert_string_equal(run->la.detail, "no agency is attached");
    assert_int_equal(scene_budget_used(scene), before);
    run_free(run);
}

/* One search in which the first agent has that fault; gives how long it took. */
static int64_t search_with_fault(struct scene *scene, enum agent_fault fault)
{
    scene_attach_all(scene);
    scene->agents[0].fault = fault;
    int64_t start = clock_steady_ms();
    struct run *run = run_new(scene, LA_HONEST);
    int64_t took = clock_steady_ms() - start;
    scene->agents[0].fault = AGENT_HONEST;
    expect_result(run, fault <= AGENT_SURPLUS ? 7 : 6);
    assert_int_equal(run->result->asked, PLAYED_AGENTS);
    assert_int_equal(run->result->declined, fault == AGENT_DECLINES);
    run_free(run);
    scene_wait(scene, no_search_is_open, scene);
    return took;
}

/* An agent that departs from the protocol costs a query its own answer; nobody waits for the
 * deadline where it is known that nothing will come. */
static void faults_of_an_agent_cost_only_its_answer(void **state)
{
    struct scene *scene = *state;
    scene->config.deadline_ms = 15000;
    scene_restart(scene);
    for (int fault = AGENT_HONEST; fault < AGENT_OTHER_QUERY; fault++) {
        if (fault == AGENT_SILENT) continue;
        int64_t took = search_with_fault(scene, (enum agent_fault)fault);
        if (took > 10000) fail_msg("fault %d took %lld ms", fault, (long long)took);
    }
}

static void silent_agents_cost_no_more_than_the_deadline(void **state)
{
    static const enum agent_fault silent[] = {AGENT_SILENT, AGENT_OTHER_QUERY, AGENT_ODD_COUNT,
                                              AGENT_GARBAGE, AGENT_EMPTY};
    struct scene *scene = *state;
    scene->config.deadline_ms = 1500; /* enough for the honest ones on a busy machine */
    scene_restart(scene);
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        int64_t took = search_with_fault(scene, silent[i]);
        if (took < 1500 || took > 10000) {
            fail_msg("fault %d took %lld ms", (int)silent[i], (long long)took);
        }
    }
    scene->config.deadline_ms = 5000;
    scene_restart(scene);
}

static bool all_were_relayed(void *ctx)
{
    struct scene *scene = ctx;
    size_t count = 0;
    uint32_t relayed = 0;
    struct search **list = searches_list(scene->matcher->searches, &count);
    for (size_t i = 0; i < count; i++) {
        (void)pthread_mutex_lock(&list[i]->mutex);
        relayed += search_count_state(list[i], ASKED_RELAYED);
        (void)pthread_mutex_unlock(&list[i]->mutex);
        search_unref(list[i]);
    }
    free(list);
    return relayed == PLAYED_AGENTS;
}

static bool only_agents_have_streams(void *ctx)
{
    struct matcher *matcher = ((struct scene *)ctx)->matcher;
    (void)pthread_mutex_lock(&matcher->streams_mutex);
    bool only = matcher->streams == PLAYED_AGENTS;
    (void)pthread_mutex_unlock(&matcher->streams_mutex);
    return only;
}

static void stall(struct run *run, bool stalls)
{
    (void)pthread_mutex_lock(&run->scene->mutex);
    run->la.stalls = stalls;
    (void)pthread_cond_broadcast(&run->scene->changed);
    (void)pthread_mutex_unlock(&run->scene->mutex);
}

/* The search is over, but its status waits behind replies that the LA does not take: without a cut
 * each such search would keep them in memory, and none of them counts against the LA's limit. */
static void an_la_that_takes_nothing_is_cut_off(void **state)
{
    struct scene *scene = *state;
    struct err err;
    scene->config.deadline_ms = 20000;
    scene_restart(scene);
    for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].fault = AGENT_LONG;
    struct run *run = mem_new(struct run);
    run->scene = scene;
    randombytes_buf(run->seed, sizeof run->seed);
    randombytes_buf(run->query_id, sizeof run->query_id);
    la_open(&run->la, scene, &scene->la);
    send_hello(run);
    Hearth__V1__ToLa *welcome = la_receive(&run->la);
    assert_non_null(welcome);
    stall(run, true);
    take(run, welcome);
    hearth__v1__to_la__free_unpacked(welcome, NULL);
    scene_wait(scene, all_were_relayed, scene);
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "over");
    search_end_all(scene->matcher, false, &err);
    scene_wait(scene, only_agents_have_streams, scene);
    stall(run, false);
    for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].fault = AGENT_HONEST;
    la_close(&run->la);
    blind_sharer_free(run->sharer);
    run_free(run);
    scene->config.deadline_ms = 5000;
    scene_restart(scene);
}

static void all_decline_gives_an_empty_result(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].fault = AGENT_DECLINES;
    struct run *run = run_new(scene, LA_HONEST);
    expect_result(run, 0);
    assert_int_equal(run->result->declined, PLAYED_AGENTS);
    assert_int_equal(run->result->agency_count, 0);
    run_free(run);
    for (int i = 0; i < PLAYED_AGENTS; i++) scene->agents[i].fault = AGENT_HONEST;
}

static void an_la_is_let_go_when_it_is_revoked(void **state)
{
    struct scene *scene = *state;
    for (int round = 0; round < 2; round++) {
        struct played_la la;
        la_open(&la, scene, &scene->other_la);
        la_hello(&la);
        Hearth__V1__ToLa *welcome = la_receive(&la);
        if (round == 0) { /* it may search, until it is revoked: before its query is due */
            assert_non_null(welcome);
            hearth__v1__to_la__free_unpacked(welcome, NULL);
            parties_revoke(scene->parties, &scene->other_la, &scene->matcher_party);
            matcher_tick(scene->matcher);
            welcome = la_receive(&la);
        }
        assert_null(welcome);
        assert_int_equal(la.status, RPC_PERMISSION_DENIED);
        assert_non_null(strstr(la.detail, "revoked"));
        la_close(&la);
    }
}

static void draining_refuses_new_searches(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    matcher_drain(scene->matcher);
    struct run *run = run_new(scene, LA_HONEST);
    assert_int_equal(run->la.status, RPC_UNAVAILABLE);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(honest_search_equals_the_plain_computation),
        cmocka_unit_test(surplus_of_the_la_is_not_passed_on),
        cmocka_unit_test(results_and_receipts_carry_the_log),
        cmocka_unit_test(faults_of_the_la_are_refused),
        cmocka_unit_test(replayed_query_is_refused),
        cmocka_unit_test(wrong_role_is_refused),
        cmocka_unit_test(budget_and_concurrency_are_bounded),
        cmocka_unit_test(a_query_waits_for_its_turn),
        cmocka_unit_test(who_leaves_while_waiting_is_passed_over),
        cmocka_unit_test(faults_of_an_agent_cost_only_its_answer),
        cmocka_unit_test(silent_agents_cost_no_more_than_the_deadline),
        cmocka_unit_test(an_la_that_takes_nothing_is_cut_off),
        cmocka_unit_test(all_decline_gives_an_empty_result),
        cmocka_unit_test(nobody_attached_is_unavailable),
        cmocka_unit_test(an_la_is_let_go_when_it_is_revoked),
        cmocka_unit_test(draining_refuses_new_searches),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
