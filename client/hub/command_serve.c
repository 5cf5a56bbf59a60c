/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub serve`: takes contributions, and opens the sums when a period has closed.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/hub/commands.h"
#include "client/hub/fetcher.h"
#include "client/report.h"
#include "proto/base/clock.h"
#include "proto/base/confine.h"
#include "proto/base/file.h"
#include "proto/base/lock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/signals.h"
#include "proto/base/text.h"
#include "proto/base/watchdog.h"
#include "proto/figures/serve.h"

#define HOME_STATUS "status.json"
#define HOME_LOCK "serve.lock"

enum { TICK_MS = 1000, RPC_THREADS = 2, OPTION_NO_FETCH = 0x500 };

struct options {
    struct cli_common common;
    const char *listen;
    bool no_fetch;
};

struct server {
    struct hub hub;
    struct figures_server *figures;
    struct rpc_server *rpc;
    struct fetcher *fetcher; /* NULL with --no-fetch */
    struct watchdog *watchdog;
    int port, lock_fd, signal_fd;
    int64_t next_tick_ms;
    atomic_int streams;
    atomic_uint taken; /* contributions since it was started */
    int written_streams;
    unsigned written_taken;
    bool rpc_started, stopping;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'l':
        if (strlen(arg) > ADDRESS_MAX || !text_is_address(arg, 0)) {
            argp_error(state, "--listen %s: host:port is wanted", arg);
        }
        options->listen = arg;
        return 0;
    case OPTION_NO_FETCH: options->no_fetch = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* ---- status ---- */

static bool write_status(struct server *server, struct err *err)
{
    const char *listen = server->hub.config.listen;
    char *address =
        mem_format("%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, server->port);
    server->written_streams = atomic_load(&server->streams);
    server->written_taken = atomic_load(&server->taken);
    json_t *status = json_pack(
        "{s:s,s:I,s:s,s:I,s:I}", "id", identity_certificate(server->hub.identity)->organisation,
        "pid", (json_int_t)getpid(), "address", address, "streams",
        (json_int_t)server->written_streams, "taken", (json_int_t)server->written_taken);
    REQUIRE(status != NULL);
    char *text = json_dumps(status, JSON_COMPACT);
    REQUIRE(text != NULL);
    char *path = file_join(server->hub.path, HOME_STATUS);
    bool ok = file_write(path, text, strlen(text), 0644, err);
    free(path);
    free(text);
    json_decref(status);
    free(address);
    return ok;
}

static void remove_status(const struct server *server)
{
    char *path = file_join(server->hub.path, HOME_STATUS);
    (void)unlink(path);
    free(path);
}

/* ---- what the figures' side tells; from its threads ---- */

static void on_note(const struct figures_note *note, void *ctx)
{
    struct server *server = ctx;
    char period[PERIOD_TEXT];
    if (note->event != FIGURES_TAKEN && note->event != FIGURES_LATE) return;
    if (note->event == FIGURES_TAKEN) atomic_fetch_add(&server->taken, 1);
    log_info(note->event == FIGURES_TAKEN ? "taken" : "late",
             "role=%s organisation=%s period=%s table=%s", role_name(note->role),
             note->organisation, period_text(note->period, period), note->table ? note->table : "");
}

static void on_refused(struct rpc_stream *stream, const struct err *err, void *ctx)
{
    (void)ctx;
    log_warn("refused", "peer=%s role=%s address=%s field=%s reason=%s", rpc_stream_peer_id(stream),
             role_name(rpc_stream_peer_role(stream)), rpc_stream_peer_address(stream), err->field,
             err->text);
}

static void on_streams(int change, void *ctx)
{
    struct server *server = ctx;
    atomic_fetch_add(&server->streams, change);
}

/* ---- start ---- */

static bool take_lock(struct server *server, const struct options *options, struct err *err)
{
    char *home = hub_home(&options->common);
    char *path = file_join(home, HOME_LOCK);
    bool ok = lock_take(path, &server->lock_fd, err);
    free(path);
    free(home);
    return ok;
}

static bool listen_for_calls(struct server *server, struct err *err)
{
    const struct figures_server_parts parts = {.collection = server->hub.collection,
                                               .identity = server->hub.identity,
                                               .trust = server->hub.trust,
                                               .note = on_note,
                                               .refused = on_refused,
                                               .streams = on_streams,
                                               .ctx = server};
    server->figures = figures_server_start(&parts);
    const struct rpc_method method = {
        .path = METHOD_FIGURES, .events = &figures_server_events, .ctx = server->figures};
    const struct rpc_server_config config = {.address = server->hub.config.listen,
                                             .threads = RPC_THREADS,
                                             .message_max = FIGURES_MESSAGE_MAX,
                                             .methods = &method,
                                             .method_count = 1};
    return rpc_server_start(&config, server->hub.identity, server->hub.trust, &server->rpc,
                            &server->port, err);
}

static bool start(struct server *server, const struct options *options, struct err *err)
{
    if (!signals_open(&server->signal_fd, err) || !hub_open(&options->common, &server->hub, err) ||
        !take_lock(server, options, err)) {
        return false;
    }
    if (options->listen) {
        (void)snprintf(server->hub.config.listen, sizeof server->hub.config.listen, "%s",
                       options->listen);
    }
    rpc_start();
    server->rpc_started = true;
    if (!listen_for_calls(server, err) || !write_status(server, err)) return false;
    if (!options->no_fetch) server->fetcher = fetcher_start(&server->hub);
    confine_settle(!options->no_fetch);
    log_info("serving", "address=%s port=%d", server->hub.config.listen, server->port);
    server->watchdog = watchdog_new();
    watchdog_watch_pool(server->watchdog, "pool", server->hub.pool);
    watchdog_watch_pool(server->watchdog, "figures", figures_server_thread(server->figures));
    watchdog_ready(server->watchdog);
    return true;
}

/* ---- the loop ---- */

static void tick(struct server *server)
{
    struct err err = {0};
    bool changed = false;
    if (!trust_reload(server->hub.trust, &changed, &err)) {
        log_err(LOG_LEVEL_WARN, "revocations", &err);
    }
    if (changed) {
        log_info("revocations", "number=%llu",
                 (unsigned long long)trust_revocation_number(server->hub.trust));
    }
    figures_server_tick(server->figures);
    if (server->fetcher) fetcher_tick(server->fetcher);
    if ((server->written_streams != atomic_load(&server->streams) ||
         server->written_taken != atomic_load(&server->taken)) &&
        !write_status(server, &err)) {
        log_err(LOG_LEVEL_ERROR, "status", &err);
    }
    watchdog_status(server->watchdog, "%d streams open, %u contributions taken",
                    atomic_load(&server->streams), atomic_load(&server->taken));
    watchdog_tick(server->watchdog);
    server->next_tick_ms = clock_steady_ms() + TICK_MS;
}

static void run(struct server *server)
{
    struct pollfd signal = {.fd = server->signal_fd, .events = POLLIN};
    while (!server->stopping) {
        if (clock_steady_ms() >= server->next_tick_ms) tick(server);
        int64_t wait_ms = server->next_tick_ms - clock_steady_ms();
        (void)poll(&signal, 1, wait_ms > 0 ? (int)wait_ms : 0);
        enum signals_kind kind;
        while ((kind = signals_next(server->signal_fd)) != SIGNALS_NONE) {
            if (kind == SIGNALS_RELOAD) {
                watchdog_reloading(server->watchdog);
                server->next_tick_ms = 0;
            }
            if (kind == SIGNALS_STOP) server->stopping = true;
        }
    }
    watchdog_stopping(server->watchdog);
    log_info("stopping", "streams=%d", atomic_load(&server->streams));
}

/* ---- stop ---- */

static void stop(struct server *server)
{
    fetcher_stop(server->fetcher);
    if (server->figures) figures_server_drain(server->figures);
    if (server->rpc) {
        rpc_server_drain(server->rpc);
        rpc_server_stop(server->rpc);
        remove_status(server);
    }
    figures_server_stop(server->figures);
    if (server->rpc_started) rpc_stop();
    hub_close(&server->hub);
    watchdog_free(server->watchdog);
    if (server->signal_fd >= 0) (void)close(server->signal_fd);
    if (server->lock_fd >= 0) (void)close(server->lock_fd);
}

int command_hub_serve(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"listen", 'l', "HOST:PORT", 0, "Where to listen, instead of what config.json says", 0},
        {"no-fetch", OPTION_NO_FETCH, NULL, 0,
         "Leave it to 'hearth hub fetch' to open what has closed", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Takes contributions until SIGTERM, and opens the sums of a period when it has "
               "closed. SIGHUP re-reads the revocation list at once."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct server server = {.lock_fd = -1, .signal_fd = -1};
    bool ok = start(&server, &options, &err);
    if (ok) run(&server);
    stop(&server);
    return ok ? EXIT_FOUND : hub_fail("serve", &options.common, &err);
}
