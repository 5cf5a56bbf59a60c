/* SPDX-License-Identifier: Apache-2.0
 * Agents' streams: who may attach, who is let go and why, and that directory and revocations are
 * followed while the matcher runs.
 */
#include "proto/base/file.h"
#include "tests/unit/matcher/players.h"

static bool nobody_attached(void *ctx)
{
    return fleet_count(((struct scene *)ctx)->matcher->fleet) == 0;
}

static bool is_welcomed(void *agent)
{
    return ((struct played_agent *)agent)->welcomed;
}

static void expect_end(struct played_agent *agent, enum rpc_status status, const char *word)
{
    scene_wait(agent->scene, agent_is_closed, agent);
    if (agent->status != status || !strstr(agent->detail, word)) {
        fail_msg("expected %s \"%s\": %s: %s", rpc_status_name(status), word,
                 rpc_status_name(agent->status), agent->detail);
    }
}

static const struct certificate *own(const struct played_agent *agent)
{
    return identity_certificate(agent->party.identity);
}

static void refused_hellos(void **state)
{
    struct scene *scene = *state;
    struct played_agent *agent = &scene->agents[0];
    agent_attach(agent, own(&scene->agents[1])); /* another agency's certificate */
    expect_end(agent, RPC_UNAUTHENTICATED, "agent-2");
    agent_detach(agent);

    agent_attach(agent, identity_certificate(scene->la.identity)); /* an LA's */
    expect_end(agent, RPC_PERMISSION_DENIED, "certificate");
    agent_detach(agent);

    agent_connect(agent);
    agent_hello(agent, own(agent), PROTOCOL_VERSION + 1, CATALOGUE_VERSION);
    expect_end(agent, RPC_FAILED_PRECONDITION, "2");
    agent_detach(agent);

    agent_connect(agent);
    agent_hello(agent, own(agent), PROTOCOL_VERSION, CATALOGUE_VERSION + 2);
    expect_end(agent, RPC_FAILED_PRECONDITION, "one version apart");
    agent_detach(agent);

    agent_connect(agent); /* a decline first */
    agent_decline(agent, (const uint8_t[HASH_BYTES]){0});
    expect_end(agent, RPC_FAILED_PRECONDITION, "hello");
    agent_detach(agent);
    assert_false(agent->welcomed);
    assert_int_equal(fleet_count(scene->matcher->fleet), 0);
}

/* A thief of a TLS key that was replaced and revoked knows today's certificate, like everybody. */
static void replaced_tls_key_is_refused(void **state)
{
    struct scene *scene = *state;
    struct played_agent thief = {.scene = scene, .party = scene->agents[1].party};
    struct party renewed = parties_add(scene->parties, ROLE_AGENT, "agent-2");
    agent_attach(&thief, identity_certificate(renewed.identity));
    expect_end(&thief, RPC_UNAUTHENTICATED, "serial");
    assert_false(thief.welcomed);
    agent_detach(&thief);
    scene->agents[1].party = renewed;
    agent_attach(&scene->agents[1], identity_certificate(renewed.identity));
    scene_wait(scene, is_welcomed, &scene->agents[1]);
    agent_detach(&scene->agents[1]);
    party_close(&thief.party);
}

static void las_may_not_attach(void **state)
{
    struct scene *scene = *state;
    struct played_agent la = {.scene = scene, .party = scene->la};
    agent_attach(&la, identity_certificate(scene->la.identity));
    expect_end(&la, RPC_PERMISSION_DENIED, "role");
    agent_detach(&la);
}

/* Neither keeps its place by saying nothing. */
static void silent_callers_are_cut_off(void **state)
{
    struct scene *scene = *state;
    struct played_agent *agent = &scene->agents[0];
    struct played_la la;
    agent_detach(agent);
    agent_connect(agent);
    la_open(&la, scene, &scene->la);
    expect_end(agent, RPC_DEADLINE_EXCEEDED, "hello");
    assert_null(la_receive(&la));
    assert_int_equal(la.status, RPC_DEADLINE_EXCEEDED);
    la_close(&la);
    agent_detach(agent);
}

struct calls {
    struct scene *scene;
    size_t denied, closed;
};

static void count_closed(struct rpc_stream *stream, enum rpc_status status, const char *detail,
                         void *ctx)
{
    struct calls *calls = ctx;
    (void)stream;
    (void)detail;
    (void)pthread_mutex_lock(&calls->scene->mutex);
    if (status == RPC_PERMISSION_DENIED) calls->denied++;
    calls->closed++; /* The last ones come too fast for one party, whose connection is cut. */
    (void)pthread_mutex_unlock(&calls->scene->mutex);
}

static bool all_refused(void *ctx)
{
    return ((struct calls *)ctx)->closed == 3 * NOISE_MAX;
}

/* Refused all the same, but the log, which stops all searches when it is full, does not grow. */
static void refusals_cannot_fill_the_audit_log(void **state)
{
    static const struct rpc_events events = {.closed = count_closed};
    struct scene *scene = *state;
    struct calls calls = {.scene = scene};
    struct rpc_channel *channel = NULL;
    uint64_t before = audit_flush(scene->matcher->audit).length;
    open_channel(scene, &scene->la, &channel);
    for (int i = 0; i < 3 * NOISE_MAX; i++) {
        rpc_stream_unref(rpc_channel_call(channel, METHOD_ATTACH, 0, &events, &calls));
    }
    scene_wait(scene, all_refused, &calls);
    assert_in_range(calls.denied, NOISE_MAX + 1, 3 * NOISE_MAX);
    uint64_t grown = audit_flush(scene->matcher->audit).length - before;
    assert_in_range(grown, 1, NOISE_MAX);
    rpc_channel_close(channel);
}

static void second_hello_ends_the_stream(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    agent_hello(&scene->agents[0], own(&scene->agents[0]), PROTOCOL_VERSION, CATALOGUE_VERSION);
    expect_end(&scene->agents[0], RPC_FAILED_PRECONDITION, "reply or a decline");
}

static void nonsense_is_borne_for_a_while(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    struct played_agent *agent = &scene->agents[0];
    for (int i = 1; i < AGENT_NONSENSE_MAX; i++) {
        (void)rpc_stream_send_bytes(agent->stream, "\xff\xff", 2);
    }
    /* Declines of unknown queries are late ones, not nonsense. */
    for (int i = 0; i < 50; i++) agent_decline(agent, (const uint8_t[HASH_BYTES]){0});
    assert_false(agent->closed);
    (void)rpc_stream_send_bytes(agent->stream, "\xff\xff", 2);
    expect_end(agent, RPC_INVALID_ARGUMENT, "16 messages");
}

static bool is_complete(void *ctx)
{
    struct scene *scene = ctx;
    return fleet_count(scene->matcher->fleet) == PLAYED_AGENTS;
}

static void newer_attachment_replaces_the_older(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    scene_wait(scene, is_complete, scene); /* an agent is welcomed before it is attached */
    struct played_agent second = {.scene = scene, .party = scene->agents[1].party};
    agent_attach(&second, own(&second));
    expect_end(&scene->agents[1], RPC_UNAVAILABLE, "replaced");
    assert_int_equal(fleet_count(scene->matcher->fleet), PLAYED_AGENTS);
    scene_wait(scene, is_welcomed, &second);
    assert_false(second.closed);
    agent_detach(&second);
    agent_detach(&scene->agents[1]);
}

static void directory_is_followed(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    scene_sign_directory(scene, "agent-1 agent-2");
    matcher_tick(scene->matcher);
    expect_end(&scene->agents[2], RPC_PERMISSION_DENIED, "directory");
    assert_int_equal(fleet_count(scene->matcher->fleet), 2);
    agent_detach(&scene->agents[2]);
    agent_attach(&scene->agents[2], own(&scene->agents[2]));
    expect_end(&scene->agents[2], RPC_PERMISSION_DENIED, "directory");

    /* A file that is not signed by the matcher leaves the present one. */
    char path[512];
    struct err err = {0};
    (void)snprintf(path, sizeof path, "%s/%s", scene->matcher_party.home, HOME_DIRECTORY);
    parties_must(file_write(path, "nonsense", 8, 0600, &err), &err);
    matcher_tick(scene->matcher);
    assert_int_equal(fleet_count(scene->matcher->fleet), 2);

    scene_sign_directory(scene, "agent-1 agent-2 agent-3");
    matcher_tick(scene->matcher);
    scene_attach_all(scene);
}

static void revoked_agents_are_let_go(void **state)
{
    struct scene *scene = *state;
    scene_attach_all(scene);
    parties_revoke(scene->parties, &scene->agents[2].party, &scene->matcher_party);
    matcher_tick(scene->matcher);
    expect_end(&scene->agents[2], RPC_PERMISSION_DENIED, "revoked");
    assert_int_equal(fleet_count(scene->matcher->fleet), 2);
    agent_detach(&scene->agents[2]);
    agent_attach(&scene->agents[2], own(&scene->agents[2]));
    expect_end(&scene->agents[2], RPC_PERMISSION_DENIED, "revoked");
}

static void stopping_tells_the_agents(void **state)
{
    struct scene *scene = *state;
    struct err err = {0};
    for (int i = 0; i < 2; i++) agent_detach(&scene->agents[i]);
    scene_wait(scene, nobody_attached, scene); /* so that the two who count are the new ones */
    for (int i = 0; i < 2; i++) agent_attach(&scene->agents[i], own(&scene->agents[i]));
    while (fleet_count(scene->matcher->fleet) < 2) sched_yield();
    matcher_stop(scene->matcher);
    expect_end(&scene->agents[0], RPC_UNAVAILABLE, "stopping");
    expect_end(&scene->agents[1], RPC_UNAVAILABLE, "stopping");
    struct store *store = NULL;
    struct audit_report report;
    parties_must(audit_store_open(scene->matcher_party.home, false, 64, &store, &err), &err);
    assert_true(audit_verify(store, NULL, scene->matcher_party.trust, &report, &err));
    assert_true(report.intact && report.head.length > 10);
    store_close(store);
    scene_start(scene); /* continues the chain */
    scene_wait(scene, nobody_attached, scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_hellos),
        cmocka_unit_test(replaced_tls_key_is_refused),
        cmocka_unit_test(las_may_not_attach),
        cmocka_unit_test(silent_callers_are_cut_off),
        cmocka_unit_test(refusals_cannot_fill_the_audit_log),
        cmocka_unit_test(second_hello_ends_the_stream),
        cmocka_unit_test(nonsense_is_borne_for_a_while),
        cmocka_unit_test(newer_attachment_replaces_the_older),
        cmocka_unit_test(directory_is_followed),
        cmocka_unit_test(revoked_agents_are_let_go),
        cmocka_unit_test(stopping_tells_the_agents),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
