/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/matcher.h"

#include <stdlib.h>
#include <time.h>

#include "matcher/agent_session.h"
#include "matcher/figures.h"
#include "matcher/mail_session.h"
#include "matcher/search.h"
#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/figures/dial.h"
#include "proto/mail/exchange.h"

enum { STOP_WAIT_MS = 2000, RPC_THREADS = 2 };

/* ---- what sessions use ---- */

struct directory *matcher_directory(struct matcher *matcher)
{
    (void)pthread_mutex_lock(&matcher->directory_mutex);
    struct directory *directory = directory_ref(matcher->directory);
    (void)pthread_mutex_unlock(&matcher->directory_mutex);
    return directory;
}

bool matcher_lists(struct matcher *matcher, const char *agency, struct err *err)
{
    struct directory *directory = matcher_directory(matcher);
    bool listed = directory_find(directory, agency) != NULL;
    directory_unref(directory);
    return listed || err_set(err, ERR_DENIED, "certificate",
                             "%s is not in the directory of agencies", agency);
}

void matcher_changed(struct matcher *matcher)
{
    if (matcher->changed) matcher->changed(matcher->changed_ctx);
}

void matcher_count_stream(struct matcher *matcher, int change)
{
    (void)pthread_mutex_lock(&matcher->streams_mutex);
    matcher->streams += change;
    if (matcher->streams == 0) (void)pthread_cond_broadcast(&matcher->streams_closed);
    (void)pthread_mutex_unlock(&matcher->streams_mutex);
}

/* The statuses that were queued get a moment to go out before what is left is cut off. */
static void wait_for_streams(struct matcher *matcher)
{
    int64_t end_ms = clock_steady_ms() + STOP_WAIT_MS;
    struct timespec end = {.tv_sec = (time_t)(end_ms / 1000),
                           .tv_nsec = (long)(end_ms % 1000) * 1000000};
    int late = 0;
    (void)pthread_mutex_lock(&matcher->streams_mutex);
    while (matcher->streams > 0 && late == 0) {
        late = pthread_cond_timedwait(&matcher->streams_closed, &matcher->streams_mutex, &end);
    }
    (void)pthread_mutex_unlock(&matcher->streams_mutex);
}

/* ---- directory and revocations ---- */

static void note_directory(struct matcher *matcher, const struct directory *directory)
{
    struct buf fields = {0};
    audit_bytes(&fields, "hash", directory_hash(directory), HASH_BYTES);
    audit_number(&fields, "agencies", directory_count(directory));
    audit_add(matcher->audit, AUDIT_DIRECTORY, &fields);
    log_info("directory", "agencies=%zu", directory_count(directory));
}

static void note_revocations(struct matcher *matcher)
{
    struct buf fields = {0};
    audit_number(&fields, "number", trust_revocation_number(matcher->trust));
    audit_add(matcher->audit, AUDIT_REVOCATIONS, &fields);
    log_info("revocations", "number=%llu",
             (unsigned long long)trust_revocation_number(matcher->trust));
}

static uint64_t directory_file_stamp(const struct matcher *matcher)
{
    char *path = file_join(matcher->home, HOME_DIRECTORY);
    uint64_t stamp = file_stamp(path);
    free(path);
    return stamp;
}

/* A directory that cannot be read leaves the present one in force. */
static void reload_directory(struct matcher *matcher)
{
    uint64_t stamp = directory_file_stamp(matcher);
    if (stamp == matcher->directory_stamp) return;
    matcher->directory_stamp = stamp;
    struct directory *fresh = NULL;
    struct err err;
    if (!directory_read(matcher->home, identity_certificate(matcher->identity), &fresh, &err)) {
        log_err(LOG_LEVEL_ERROR, "directory_kept", &err);
        return;
    }
    (void)pthread_mutex_lock(&matcher->directory_mutex);
    struct directory *old = matcher->directory;
    matcher->directory = fresh;
    (void)pthread_mutex_unlock(&matcher->directory_mutex);
    directory_unref(old);
    note_directory(matcher, fresh);
}

static void reload_revocations(struct matcher *matcher)
{
    bool changed = false;
    struct err err;
    if (!trust_reload(matcher->trust, &changed, &err)) {
        log_err(LOG_LEVEL_ERROR, "revocations_kept", &err);
    } else if (changed) {
        note_revocations(matcher);
        search_end_revoked(matcher);
    }
}

static void note_epoch(struct matcher *matcher)
{
    struct epoch_key *epoch = epochs_current(matcher->epochs);
    log_info("epoch", "epoch=%llu", (unsigned long long)epoch->record.epoch);
    epoch_unref(epoch);
    metrics_add(matcher->metrics, MEASURE_EPOCHS, 0, 0, 1);
    matcher_changed(matcher);
}

void matcher_tick(struct matcher *matcher)
{
    reload_revocations(matcher);
    reload_directory(matcher);
    agent_check_all(matcher);
    mail_room_tick(matcher->mail);
    figures_server_tick(matcher->figures);
    answering_tick(matcher->answering, clock_steady_ms());
    audit_tick(matcher->audit, clock_steady_ms());
    memory_tick(&matcher->memory, searches_count(matcher->searches) > 0, clock_steady_ms());
    if (epochs_tick(matcher->epochs, clock_wall_ms())) note_epoch(matcher);
    measure_tick(matcher, clock_steady_ms());
}

void matcher_renewed(struct matcher *matcher)
{
    rpc_server_reload(matcher->server, matcher->identity, matcher->trust);
    log_info("certificate", "serial=%llu",
             (unsigned long long)identity_certificate(matcher->identity)->serial);
}

/* ---- life ---- */

static void free_parts(struct matcher *matcher)
{
    measure_stop(matcher);
    if (matcher->server) rpc_server_stop(matcher->server);
    answering_stop(matcher->answering);
    mail_room_stop(matcher->mail); /* it sets timers */
    figures_stop(matcher);
    if (matcher->timers) timers_stop(matcher->timers);
    if (matcher->pool) pool_stop(matcher->pool);
    epochs_stop(matcher->epochs);
    if (matcher->audit && matcher->server) {
        struct buf none = {0};
        audit_add(matcher->audit, AUDIT_STOPPED, &none);
    }
    audit_stop(matcher->audit);
    if (matcher->store) store_close(matcher->store);
    searches_free(matcher->searches);
    fleet_free(matcher->fleet);
    replay_free(matcher->replay);
    query_groups_free(matcher->groups);
    noise_free(matcher->noise);
    blind_scores_free(matcher->scores);
    directory_unref(matcher->directory);
    (void)pthread_mutex_destroy(&matcher->directory_mutex);
    (void)pthread_mutex_destroy(&matcher->streams_mutex);
    (void)pthread_cond_destroy(&matcher->streams_closed);
    metrics_free(matcher->metrics);
    process_figures_close(matcher->process);
    free(matcher->home);
    free(matcher);
}

static bool open_stores(struct matcher *matcher, struct err *err)
{
    matcher->directory_stamp = directory_file_stamp(matcher);
    return directory_read(matcher->home, identity_certificate(matcher->identity),
                          &matcher->directory, err) &&
           audit_store_open(matcher->home, true, matcher->config.audit_max_mib, &matcher->store,
                            err) &&
           audit_start(matcher->store, matcher->identity, &matcher->audit, err) &&
           audit_note_restored(matcher->audit, matcher->store, err) &&
           mail_room_start(matcher, &matcher->mail, err) &&
           answering_start(mail_room_mailbox(matcher->mail), matcher->config.answer_hours,
                           &matcher->answering, err) &&
           figures_start(matcher, err);
}

static void start_parts(struct matcher *matcher)
{
    const struct config *config = &matcher->config;
    matcher->replay = replay_new();
    matcher->groups = query_groups_new();
    matcher->noise = noise_new();
    matcher->fleet = fleet_new();
    const struct searches_limits limits = {
        .max = config->searches_max,
        .max_per_la = config->searches_per_la,
        .at_once = config->searches_at_once ? config->searches_at_once
                                            : SEARCHES_A_THREAD * pool_threads(matcher->pool)};
    matcher->searches = searches_new(&limits);
    matcher->scores = blind_scores_new();
    matcher->timers = timers_start();
    struct buf fields = {0};
    audit_text(&fields, "version", HEARTH_VERSION);
    audit_text(&fields, "matcher", identity_certificate(matcher->identity)->organisation);
    audit_add(matcher->audit, AUDIT_STARTED, &fields);
    note_directory(matcher, matcher->directory);
    note_revocations(matcher);
    matcher->epochs =
        epochs_start(matcher->identity, matcher->audit, config->epoch_hours, clock_wall_ms());
    metrics_add(matcher->metrics, MEASURE_EPOCHS, 0, 0, 1);
}

static bool listen_for_calls(struct matcher *matcher, int *port, struct err *err)
{
    const struct rpc_method methods[] = {
        {.path = METHOD_SEARCH, .events = &search_events, .ctx = matcher},
        {.path = METHOD_ATTACH, .events = &agent_events, .ctx = matcher},
        {.path = METHOD_MAIL, .events = &mail_events, .ctx = matcher},
        {.path = METHOD_FIGURES, .events = &figures_server_events, .ctx = matcher->figures},
    };
    const struct rpc_server_config server = {
        .address = matcher->config.listen,
        .threads = RPC_THREADS,
        .message_max = REPLY_MAX,
        .queue_max = AGENTS_MAX + 64, /* an LA may be sent a reply of every agent at once */
        .methods = methods,
        .method_count = sizeof methods / sizeof methods[0],
        .limits = {.connections = matcher->config.connections_max,
                   .connections_a_site = matcher->config.connections_per_address,
                   .handshakes_per_s = matcher->config.handshakes_per_second,
                   .streams = matcher->config.streams_per_party,
                   .streams_per_s = matcher->config.streams_per_second,
                   .messages_per_s = matcher->config.messages_per_second,
                   .mib_per_s = matcher->config.mib_per_second}};
    return rpc_server_start(&server, matcher->identity, matcher->trust, &matcher->server, port,
                            err);
}

static void init_locks(struct matcher *matcher)
{
    pthread_condattr_t steady;
    REQUIRE(pthread_condattr_init(&steady) == 0 &&
            pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    REQUIRE(pthread_mutex_init(&matcher->directory_mutex, NULL) == 0 &&
            pthread_mutex_init(&matcher->streams_mutex, NULL) == 0 &&
            pthread_cond_init(&matcher->streams_closed, &steady) == 0);
    (void)pthread_condattr_destroy(&steady);
}

bool matcher_start(const char *home, const struct config *config, const struct identity *identity,
                   struct trust *trust, void (*changed)(void *ctx), void *changed_ctx,
                   struct matcher **out, int *port, struct err *err)
{
    struct matcher *matcher = mem_new(struct matcher);
    init_locks(matcher);
    matcher->home = mem_string(home);
    matcher->config = *config;
    matcher->catalogue = catalogue_chosen(config->catalogue);
    matcher->identity = identity;
    matcher->trust = trust;
    matcher->changed = changed;
    matcher->changed_ctx = changed_ctx;
    matcher->metrics = metrics_new(measure_table, MEASURES);
    matcher->process = process_figures_open();
    matcher->pool = pool_start(config->threads);
    bool ok = open_stores(matcher, err);
    if (ok) {
        start_parts(matcher);
        ok = measure_start(matcher, err) && listen_for_calls(matcher, port, err);
    }
    if (!ok) {
        free_parts(matcher);
        return false;
    }
    *out = matcher;
    return true;
}

void matcher_drain(struct matcher *matcher)
{
    struct err err;
    atomic_store(&matcher->draining, true);
    rpc_server_drain(matcher->server);
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the matcher is stopping");
    search_end_all(matcher, true, &err);
}

void matcher_stop(struct matcher *matcher)
{
    struct err err;
    matcher_drain(matcher);
    (void)err_set(&err, ERR_UNAVAILABLE, NULL, "the matcher is stopping");
    search_end_all(matcher, false, &err);
    agent_end_all(matcher, &err);
    mail_room_end_all(matcher->mail, &err);
    figures_server_drain(matcher->figures);
    wait_for_streams(matcher);
    free_parts(matcher);
}
