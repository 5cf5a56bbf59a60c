/* SPDX-License-Identifier: Apache-2.0
 * Explanations against a running matcher: a group of queries costs one search and tells choices;
 * whatever is wrong with a group or its members is refused before anything is fanned out or paid
 * for. And replies that the LA refuses are not waited for.
 */
#include "matcher/search_internal.h"
#include "tests/unit/matcher/players.h"

enum group_flaw {
    GROUP_SOUND,
    GROUP_MISSING,  /* a member comes without its group */
    GROUP_UNCALLED, /* a group comes with a query that is no member */
    GROUP_SIGNATURE,
    GROUP_SIGNED_BY_ANOTHER,
    GROUP_OF_ANOTHER_LA,
    GROUP_OF_ANOTHER_ID,
    GROUP_OF_ANOTHER_EPOCH,
    GROUP_WITHOUT_IT, /* the seventeenth query */
    GROUP_EXPIRED,
    GROUP_CUT,
    GROUP_BAD_QUERY, /* the group is sound, the query is not */
    GROUP_FLAWS
};

/* One member as the LA sees it. */
struct member {
    struct scene *scene;
    uint8_t query_id[QUERY_ID_BYTES], seed[SEED_BYTES], hash[HASH_BYTES];
    struct signed_bytes query, options;
    struct scalar a;
    struct blind_sharer *sharer;
    bool refuses;     /* the first agent's reply */
    const char *only; /* shares with that agent alone; NULL: no such choice */
    struct played_la la;
    bool has_result;
    struct result result;
};

/* A group and one query more than belong to it. */
struct batch {
    struct scene *scene;
    struct query_group group;
    struct epoch_record epoch;
    struct signed_bytes signed_group;
    struct member members[GROUP_QUERIES + 1];
};

/* ---- making ---- */

static void make_member(struct batch *batch, struct member *member, enum group_flaw flaw)
{
    struct scene *scene = batch->scene;
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    int64_t now = clock_wall_ms();
    randombytes_buf(member->query_id, sizeof member->query_id);
    randombytes_buf(member->seed, sizeof member->seed);
    struct query_plain plain = {.catalogue = catalogue->version,
                                .la = "la-1",
                                .query_id = member->query_id,
                                .issued_at = now,
                                .expires_at = now + QUERY_LIFETIME_MS,
                                .layout = catalogue_layout(catalogue, 0),
                                .values = scene->values,
                                .group_id = batch->group.group_id};
    if (flaw == GROUP_UNCALLED) plain.group_id = NULL;
    member->scene = scene;
    query_make(&plain, &batch->epoch, member->seed, &member->a, &member->query.body);
    if (flaw == GROUP_BAD_QUERY) memset(member->query.body.data + 1000, 0xff, 64);
    query_hash(member->hash, member->query.body.data, member->query.body.len);
    identity_sign_body(scene->la.identity, TAG_QUERY, &member->query);
    struct search_options options = {.search_tag = {7}};
    memcpy(options.query_hash, member->hash, HASH_BYTES);
    search_options_encode(&options, &member->options.body);
    identity_sign_body(scene->la.identity, TAG_OPTIONS, &member->options);
}

static void sign_group(struct batch *batch, enum group_flaw flaw)
{
    struct query_group group = batch->group;
    struct scene *scene = batch->scene;
    if (flaw == GROUP_OF_ANOTHER_LA) copy_id(group.la, "la-2");
    if (flaw == GROUP_OF_ANOTHER_ID) group.group_id[3] ^= 1;
    if (flaw == GROUP_OF_ANOTHER_EPOCH) group.epoch++;
    if (flaw == GROUP_EXPIRED) {
        group.issued_at -= 300000;
        group.expires_at -= 300000;
    }
    if (flaw == GROUP_WITHOUT_IT) {
        memcpy(group.queries[0], batch->members[GROUP_QUERIES].hash, HASH_BYTES);
    }
    signed_bytes_free(&batch->signed_group);
    batch->signed_group = (struct signed_bytes){0};
    query_group_encode(&group, &batch->signed_group.body);
    if (flaw == GROUP_CUT) batch->signed_group.body.len -= 40;
    identity_sign_body(flaw == GROUP_SIGNED_BY_ANOTHER ? scene->other_la.identity
                                                       : scene->la.identity,
                       TAG_GROUP, &batch->signed_group);
    if (flaw == GROUP_SIGNATURE) batch->signed_group.signature[5] ^= 1;
}

/* The flaw is in the group, or in its first member. */
static struct batch *batch_new(struct scene *scene, enum group_flaw flaw)
{
    struct batch *batch = mem_new(struct batch);
    struct epoch_key *epoch = epochs_current(scene->matcher->epochs);
    int64_t now = clock_wall_ms();
    batch->scene = scene;
    batch->epoch = epoch->record;
    epoch_unref(epoch);
    batch->group = (struct query_group){.la = "la-1",
                                        .epoch = batch->epoch.epoch,
                                        .issued_at = now,
                                        .expires_at = now + QUERY_LIFETIME_MS};
    randombytes_buf(batch->group.group_id, GROUP_ID_BYTES);
    for (size_t i = 0; i <= GROUP_QUERIES; i++) {
        make_member(batch, &batch->members[i], i == 0 ? flaw : GROUP_SOUND);
        if (i < GROUP_QUERIES) memcpy(batch->group.queries[i], batch->members[i].hash, HASH_BYTES);
    }
    sign_group(batch, flaw);
    return batch;
}

static void batch_free(struct batch *batch)
{
    for (size_t i = 0; i <= GROUP_QUERIES; i++) {
        signed_bytes_free(&batch->members[i].query);
        signed_bytes_free(&batch->members[i].options);
        scalar_wipe(&batch->members[i].a);
    }
    signed_bytes_free(&batch->signed_group);
    free(batch);
}

/* ---- the conversation ---- */

static void send_query(struct member *member, const struct signed_bytes *group)
{
    Hearth__V1__Signed query = signed_message_of(&member->query);
    Hearth__V1__Signed options = signed_message_of(&member->options);
    Hearth__V1__Signed group_part = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__SearchQuery body = HEARTH__V1__SEARCH_QUERY__INIT;
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    if (group) group_part = signed_message_of(group);
    body.query = &query;
    body.options = &options;
    body.group = group ? &group_part : NULL;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_QUERY;
    message.query = &body;
    la_send(&member->la, &message);
}

static void share(struct member *member, const Hearth__V1__SearchReply *message)
{
    struct reply reply;
    struct err err = {0};
    Hearth__V1__SearchShares body = HEARTH__V1__SEARCH_SHARES__INIT;
    Hearth__V1__FromLa out = HEARTH__V1__FROM_LA__INIT;
    const ProtobufCBinaryData *bytes = &message->reply->body;
    parties_must(reply_decode(bytes->data, bytes->len, &reply, &err), &err);
    uint8_t *shares = mem_array(reply.count, POINT_BYTES);
    body.agent = reply.agent;
    bool picked = member->only ? strcmp(reply.agent, member->only) == 0
                               : !member->refuses || strcmp(reply.agent, "agent-1") != 0;
    if (picked) {
        parties_must(blind_sharer_add(member->sharer, reply.agent, message->c1.data, reply.count,
                                      shares, &err),
                     &err);
        body.shares = (ProtobufCBinaryData){(size_t)reply.count * POINT_BYTES, shares};
    }
    out.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES;
    out.shares = &body;
    la_send(&member->la, &out);
    free(shares);
}

static void prove(struct member *member, const Hearth__V1__SearchClose *close)
{
    size_t count = close->n_agents;
    struct shares_proof proof = {.agents = mem_array(count + 1, ID_MAX + 1), .agent_count = count};
    struct signed_bytes body = {0};
    struct err err = {0};
    for (size_t i = 0; i < count; i++) copy_id(proof.agents[i], close->agents[i]);
    parties_must(blind_sharer_prove(member->sharer, (const char *const *)close->agents, count,
                                    proof.proof, &err),
                 &err);
    shares_proof_encode(&proof, &body.body);
    identity_sign_body(member->scene->la.identity, TAG_SHARES_PROOF, &body);
    Hearth__V1__Signed part = signed_message_of(&body);
    Hearth__V1__FromLa message = HEARTH__V1__FROM_LA__INIT;
    message.kind_case = HEARTH__V1__FROM_LA__KIND_SHARES_PROOF;
    message.shares_proof = &part;
    la_send(&member->la, &message);
    free(proof.agents);
    signed_bytes_free(&body);
}

static void take(struct member *member, const struct signed_bytes *group,
                 const Hearth__V1__ToLa *message)
{
    struct err err = {0};
    switch (message->kind_case) {
    case HEARTH__V1__TO_LA__KIND_WELCOME: send_query(member, group); break;
    case HEARTH__V1__TO_LA__KIND_ACCEPTED: break;
    case HEARTH__V1__TO_LA__KIND_REPLY: share(member, message->reply); break;
    case HEARTH__V1__TO_LA__KIND_CLOSE: prove(member, message->close); break;
    case HEARTH__V1__TO_LA__KIND_RESULT:
        parties_must(result_decode(message->result->body.data, message->result->body.len,
                                   &member->result, &err),
                     &err);
        member->has_result = true;
        break;
    default: fail();
    }
}

/* One whole conversation; its end is in member->la. Gives how long it took. */
static int64_t ask(struct member *member, const struct signed_bytes *group)
{
    int64_t start = clock_steady_ms();
    member->sharer = blind_sharer_new(&member->a, member->seed, member->hash);
    la_open(&member->la, member->scene, &member->scene->la);
    la_hello(&member->la);
    for (;;) {
        Hearth__V1__ToLa *message = la_receive(&member->la);
        if (!message) break;
        take(member, group, message);
        hearth__v1__to_la__free_unpacked(message, NULL);
    }
    blind_sharer_free(member->sharer);
    la_close(&member->la);
    return clock_steady_ms() - start;
}

/* By the agent's own count in the clear. */
static bool has_somebody(struct scene *scene, int agent)
{
    (void)pthread_mutex_lock(&scene->mutex);
    const uint32_t *counts = scene->agents[agent].counts;
    bool somebody = counts[BAND_POSSIBLE] + counts[BAND_GOOD] + counts[BAND_STRONG] > 0;
    (void)pthread_mutex_unlock(&scene->mutex);
    return somebody;
}

/* How many agencies have somebody. */
static enum choice plain_choice(struct scene *scene)
{
    size_t agencies = 0;
    for (int i = 0; i < PLAYED_AGENTS; i++) agencies += has_somebody(scene, i) ? 1 : 0;
    return choice_of(agencies);
}

static void expect_choice(const struct member *member, enum choice choice)
{
    if (!member->has_result) {
        fail_msg("%s: %s", rpc_status_name(member->la.status), member->la.detail);
    }
    assert_int_equal(member->result.choice, choice);
    assert_int_equal(member->result.agency_count, 0);
    assert_false(member->result.more);
    assert_int_equal(member->result.run, 0); /* no run of the search */
}

/* ---- tests ---- */

static void members_tell_a_choice_and_cost_one_search(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    uint32_t before = scene_budget_used(scene);
    struct batch *batch = batch_new(scene, GROUP_SOUND);
    for (size_t i = 0; i < GROUP_QUERIES; i++) {
        (void)ask(&batch->members[i], &batch->signed_group);
        expect_choice(&batch->members[i], plain_choice(scene));
        assert_int_equal(batch->members[i].result.answered, PLAYED_AGENTS);
    }
    assert_int_equal(scene_budget_used(scene), before + 1);
    assert_int_equal(query_groups_count(scene->matcher->groups), 1);
    batch_free(batch);
}

static void flaws_are_refused_and_cost_nothing(void **state)
{
    static const struct {
        enum group_flaw flaw;
        enum rpc_status status;
        const char *word;
    } cases[] = {
        {GROUP_MISSING, RPC_INVALID_ARGUMENT, "group: that of the query is missing"},
        {GROUP_UNCALLED, RPC_INVALID_ARGUMENT, "group: the query is a member of none"},
        {GROUP_SIGNATURE, RPC_UNAUTHENTICATED, "group"},
        {GROUP_SIGNED_BY_ANOTHER, RPC_UNAUTHENTICATED, "group"},
        {GROUP_OF_ANOTHER_LA, RPC_UNAUTHENTICATED, "group.la"},
        {GROUP_OF_ANOTHER_ID, RPC_INVALID_ARGUMENT, "group.group_id"},
        {GROUP_OF_ANOTHER_EPOCH, RPC_INVALID_ARGUMENT, "group.epoch"},
        {GROUP_WITHOUT_IT, RPC_INVALID_ARGUMENT, "group.queries"},
        {GROUP_EXPIRED, RPC_FAILED_PRECONDITION, "group.expires_at"},
        {GROUP_CUT, RPC_INVALID_ARGUMENT, "group"},
        {GROUP_BAD_QUERY, RPC_INVALID_ARGUMENT, ""},
    };
    struct scene *scene = *state;
    scene_attach_all(scene);
    size_t groups = query_groups_count(scene->matcher->groups);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t before = scene_budget_used(scene);
        size_t replays = replay_count(scene->matcher->replay);
        struct batch *batch = batch_new(scene, cases[i].flaw);
        struct member *first = &batch->members[0];
        (void)ask(first, cases[i].flaw == GROUP_MISSING ? NULL : &batch->signed_group);
        if (first->la.status != cases[i].status || !strstr(first->la.detail, cases[i].word) ||
            first->has_result) {
            fail_msg("flaw %d: %s: %s", (int)cases[i].flaw, rpc_status_name(first->la.status),
                     first->la.detail);
        }
        assert_int_equal(scene_budget_used(scene), before);
        assert_int_equal(replay_count(scene->matcher->replay), replays);
        assert_int_equal(query_groups_count(scene->matcher->groups), groups);
        batch_free(batch);
    }
}

/* A refused first member pays nothing; the first good one does. */
static void the_first_good_member_pays(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    uint32_t before = scene_budget_used(scene);
    struct batch *batch = batch_new(scene, GROUP_BAD_QUERY);
    for (int i = 0; i < 3; i++) (void)ask(&batch->members[i], &batch->signed_group);
    assert_false(batch->members[0].has_result);
    assert_true(batch->members[1].has_result && batch->members[2].has_result);
    assert_int_equal(scene_budget_used(scene), before + 1);
    batch_free(batch);
}

/* A member comes once, alone or in another group; the same id names no second group. */
static void a_member_counts_once(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    struct batch *batch = batch_new(scene, GROUP_SOUND);
    struct member *members = batch->members;
    (void)ask(&members[0], &batch->signed_group);
    assert_true(members[0].has_result);
    uint32_t before = scene_budget_used(scene);
    members[0].has_result = false;
    (void)ask(&members[0], &batch->signed_group);
    assert_int_equal(members[0].la.status, RPC_ALREADY_EXISTS);
    (void)ask(&members[0], NULL);
    assert_int_equal(members[0].la.status, RPC_INVALID_ARGUMENT);
    assert_false(members[0].has_result);
    sign_group(batch, GROUP_WITHOUT_IT); /* a second group of that id has the 17th for the 1st */
    (void)ask(&members[GROUP_QUERIES], &batch->signed_group);
    assert_int_equal(members[GROUP_QUERIES].la.status, RPC_ALREADY_EXISTS);
    assert_non_null(strstr(members[GROUP_QUERIES].la.detail, "group.group_id"));
    (void)ask(&members[1], &batch->signed_group);
    assert_int_equal(members[1].la.status, RPC_ALREADY_EXISTS);
    sign_group(batch, GROUP_SOUND); /* and the first one goes on */
    (void)ask(&members[1], &batch->signed_group);
    assert_true(members[1].has_result);
    assert_int_equal(scene_budget_used(scene), before);
    batch_free(batch);
}

static void nobody_rides_free_where_the_budget_is_used_up(void **state)
{
    struct scene *scene = *state;
    scene->config.budget = scene_budget_used(scene) + 1;
    scene_restart(scene);
    struct batch *batch = batch_new(scene, GROUP_SOUND), *other = batch_new(scene, GROUP_SOUND);
    (void)ask(&batch->members[0], &batch->signed_group);
    assert_true(batch->members[0].has_result);
    for (int i = 0; i < 3; i++) {
        (void)ask(&other->members[i], &other->signed_group);
        assert_int_equal(other->members[i].la.status, RPC_RESOURCE_EXHAUSTED);
        assert_non_null(strstr(other->members[i].la.detail, "renews"));
    }
    (void)ask(&batch->members[1], &batch->signed_group); /* it is paid for */
    assert_true(batch->members[1].has_result);
    batch_free(batch);
    batch_free(other);
    scene->config.budget = 1000;
    scene_restart(scene);
}

/* All sixteen at once, as a client asks them, beside ordinary limits. */
static void sixteen_are_open_at_once(void **state)
{
    struct scene *scene = *state;
    struct played_la las[GROUP_QUERIES + 8];
    enum { ALL = sizeof las / sizeof *las };
    struct config preset;
    config_defaults(&preset);
    assert_true(preset.searches_per_la >= 2 * GROUP_QUERIES + 8);
    assert_true(preset.searches_max >= 4 * preset.searches_per_la);
    for (int i = 0; i < ALL; i++) la_open(&las[i], scene, &scene->la);
    int64_t end = clock_steady_ms() + PLAYED_PATIENCE_MS;
    while (searches_count(scene->matcher->searches) < ALL && clock_steady_ms() < end) sched_yield();
    assert_int_equal(searches_count(scene->matcher->searches), ALL);
    for (int i = 0; i < ALL; i++) la_close(&las[i]);
}

/* Agents have sixteen times as long for a member: they work through all of them. */
static void members_have_patience(void **state)
{
    struct scene *scene = *state;
    scene->config.deadline_ms = 150;
    scene_restart(scene);
    scene->agents[0].fault = AGENT_SILENT;
    struct batch *batch = batch_new(scene, GROUP_SOUND);
    int64_t took = ask(&batch->members[0], &batch->signed_group);
    assert_true(batch->members[0].has_result);
    assert_int_equal(batch->members[0].result.answered, PLAYED_AGENTS - 1);
    if (took < 150 * GROUP_QUERIES || took > 20000) fail_msg("%lld ms", (long long)took);
    scene->agents[0].fault = AGENT_HONEST;
    batch_free(batch);
    scene->config.deadline_ms = 5000;
    scene_restart(scene);
}

/* But not so long that the key of their epoch would have to stay for them. */
static void patience_has_an_end(void **state)
{
    (void)state;
    assert_true(search_deadline(5000, false) == 5000);
    assert_true(search_deadline(60000, false) == 60000);
    assert_true(search_deadline(5000, true) == 80000);
    assert_true(search_deadline(15000, true) == MEMBER_DEADLINE_MAX_MS);
    assert_true(search_deadline(60000, true) == MEMBER_DEADLINE_MAX_MS);
    int64_t longest =
        search_deadline(60000, true) + SHARES_LAST_MS + (int64_t)MEMBER_PATIENCE * LA_MESSAGE_MS;
    assert_true(CLOCK_SKEW_MS + longest < EPOCH_KEEP_MS);
}

/* The LA refuses one agent's reply: nobody waits for shares that will not come. */
static void unshared_replies_are_not_waited_for(void **state)
{
    struct scene *scene = *state;
    scene->config.deadline_ms = 30000;
    scene_restart(scene);
    struct batch *batch = batch_new(scene, GROUP_UNCALLED);
    struct member *alone = &batch->members[0];
    alone->refuses = true;
    int64_t took = ask(alone, NULL); /* an ordinary search */
    if (!alone->has_result || took > 10000) {
        fail_msg("%lld ms: %s", (long long)took, alone->la.detail);
    }
    assert_int_equal(alone->result.answered, PLAYED_AGENTS - 1);
    assert_int_equal(alone->result.declined, 0);
    for (size_t i = 0; i < alone->result.agency_count; i++) {
        assert_string_not_equal(alone->result.agencies[i].id, "agent-1");
    }
    batch_free(batch);
    scene->config.deadline_ms = 5000;
    scene_restart(scene);
}

/* A limit that docs/protocol.md states: a modified LA shares with one agency alone, and the band of
 * that member is about this agency. Nothing of the others comes with it. */
static void a_band_may_be_about_one_agency(void **state)
{
    struct scene *scene = *state;
    struct batch *batch = batch_new(scene, GROUP_SOUND);
    for (size_t i = 0; i < PLAYED_AGENTS; i++) {
        struct member *member = &batch->members[i];
        member->only = identity_certificate(scene->agents[i].party.identity)->organisation;
        (void)ask(member, &batch->signed_group);
        expect_choice(member, choice_of(has_somebody(scene, (int)i) ? 1 : 0));
        assert_int_equal(member->result.answered, 1);
    }
    batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_tell_a_choice_and_cost_one_search),
        cmocka_unit_test(flaws_are_refused_and_cost_nothing),
        cmocka_unit_test(the_first_good_member_pays),
        cmocka_unit_test(a_member_counts_once),
        cmocka_unit_test(nobody_rides_free_where_the_budget_is_used_up),
        cmocka_unit_test(sixteen_are_open_at_once),
        cmocka_unit_test(members_have_patience),
        cmocka_unit_test(patience_has_an_end),
        cmocka_unit_test(unshared_replies_are_not_waited_for),
        cmocka_unit_test(a_band_may_be_about_one_agency),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
