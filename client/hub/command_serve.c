/* SPDX-License-Identifier: Apache-2.0
 * `hearth hub serve`: takes contributions, and opens the sums when a period has closed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/hub/commands.h"
#include "client/hub/fetcher.h"
#include "client/hub/watch.h"
#include "client/report.h"
#include "proto/base/clock.h"
#include "proto/base/confine.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/signals.h"
#include "proto/base/text.h"
#include "proto/base/watchdog.h"
#include "proto/figures/serve.h"
#include "proto/metrics/daemon_status.h"

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
    struct hub_watch *watch;
    struct watchdog *watchdog;
    int port, lock_fd, signal_fd;
    int64_t next_tick_ms;
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

/* ---- what the figures' side tells; from its threads ---- */

static void on_note(const struct figures_note *note, void *ctx)
{
    struct server *server = ctx;
    char period[PERIOD_TEXT];
    if (note->event != FIGURES_TAKEN && note->event != FIGURES_LATE) return;
    bool taken = note->event == FIGURES_TAKEN;
    metrics_add(hub_watch_metrics(server->watch), HUB_MEASURE_CONTRIBUTIONS,
                taken ? HUB_CONTRIBUTION_TAKEN : HUB_CONTRIBUTION_LATE, 0, 1);
    log_info(taken ? "taken" : "late", "role=%s peer=%s period=%s table=%s", role_name(note->role),
             note->organisation, period_text(note->period, period),
             note->table ? note->table : "-");
}

static void on_refused(struct rpc_stream *stream, const struct err *err, void *ctx)
{
    struct server *server = ctx;
    struct metrics *metrics = hub_watch_metrics(server->watch);
    metrics_add(metrics, HUB_MEASURE_REFUSALS,
                metrics_find(metrics, HUB_MEASURE_REFUSALS, 0, err_code_name(err->code)), 0, 1);
    log_warn("refused", "call=Figures role=%s peer=%s address=%s status=%s field=%s reason=\"%s\"",
             role_name(rpc_stream_peer_role(stream)), rpc_stream_peer_id(stream),
             rpc_stream_peer_address(stream), rpc_status_name(rpc_status_of(err->code)), err->field,
             err->text);
}

static void on_streams(int change, void *ctx)
{
    struct server *server = ctx;
    hub_watch_stream(server->watch, change);
}

/* ---- start ---- */

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

static bool tell_address(struct server *server, struct err *err)
{
    const char *listen = server->hub.config.listen;
    char *address =
        mem_format("%.*s:%d", (int)(strrchr(listen, ':') - listen), listen, server->port);
    bool ok = hub_watch_serves(server->watch, address, err);
    free(address);
    return ok;
}

static bool start(struct server *server, const struct options *options, struct err *err)
{
    if (!signals_open(&server->signal_fd, err) || !hub_open(&options->common, &server->hub, err) ||
        !daemon_lock(server->hub.path, &server->lock_fd, err) ||
        !hub_watch_start(&server->hub, &server->watch, err)) {
        return false;
    }
    watch_config_apply(&server->hub.config.watch, &options->common);
    if (options->listen) {
        (void)snprintf(server->hub.config.listen, sizeof server->hub.config.listen, "%s",
                       options->listen);
    }
    rpc_start();
    server->rpc_started = true;
    if (!listen_for_calls(server, err) || !tell_address(server, err)) return false;
    if (!options->no_fetch) {
        server->fetcher = fetcher_start(&server->hub, hub_watch_metrics(server->watch));
    }
    confine_settle(!options->no_fetch);
    log_info("serving", "address=%s port=%d", server->hub.config.listen, server->port);
    server->watchdog = watchdog_new();
    watchdog_watch_pool(server->watchdog, "pool", server->hub.pool);
    watchdog_watch_pool(server->watchdog, "figures", figures_server_thread(server->figures));
    watchdog_ready(server->watchdog);
    return true;
}

/* ---- the loop ---- */

static void watch_certificate(struct server *server)
{
    struct err err = {0};
    bool changed = false;
    if (!identity_reload(server->hub.identity, server->hub.path, server->hub.trust, &changed,
                         &err)) {
        log_err(LOG_LEVEL_ERROR, "certificate_kept", &err);
    }
    if (!changed) return;
    rpc_server_reload(server->rpc, server->hub.identity, server->hub.trust);
    log_info("certificate", "serial=%llu",
             (unsigned long long)identity_certificate(server->hub.identity)->serial);
}

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
    watch_certificate(server);
    figures_server_tick(server->figures);
    if (server->fetcher) fetcher_tick(server->fetcher);
    hub_watch_tick(server->watch);
    watchdog_status(server->watchdog, "%d streams open", hub_watch_streams(server->watch));
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
    log_info("stopping", "streams=%d", hub_watch_streams(server->watch));
}

/* ---- stop ---- */

static void stop(struct server *server)
{
    fetcher_stop(server->fetcher);
    if (server->figures) figures_server_drain(server->figures);
    if (server->rpc) {
        rpc_server_drain(server->rpc);
        rpc_server_stop(server->rpc);
    }
    figures_server_stop(server->figures);
    if (server->rpc_started) rpc_stop();
    hub_watch_stop(server->watch);
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
               "closed. SIGHUP re-reads the revocation list and the certificate at "
               "once."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_REQUEST;
    struct server server = {.lock_fd = -1, .signal_fd = -1};
    bool ok = start(&server, &options, &err);
    if (ok) run(&server);
    stop(&server);
    return ok ? EXIT_FOUND : hub_fail("serve", &options.common, &err);
}
