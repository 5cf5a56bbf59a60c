/* SPDX-License-Identifier: Apache-2.0
 * `hearth-matcher serve`: start, then one loop that waits for signals, changes and the next second.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "matcher/alive.h"
#include "matcher/commands.h"
#include "matcher/status_file.h"
#include "proto/base/clock.h"
#include "proto/base/confine.h"
#include "proto/base/log.h"
#include "proto/base/signals.h"

enum { TICK_MS = 1000, STATUS_MS = 100, DRAIN_POLL_MS = 50, DRAIN_SURPLUS_MS = 5000 };

struct options {
    struct cli_common common;
    const char *listen;
};

struct server {
    const char *home;
    struct config config;
    struct trust *trust;
    struct identity *identity;
    struct matcher *matcher;
    struct watchdog *watchdog;
    int port, lock_fd, signal_fd, change_fd;
    int64_t next_tick_ms, next_status_ms, old_status_ms;
    bool status_stale, status_fails;
    int64_t drain_until_ms; /* 0 = not stopping */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &options->common; return 0;
    case 'l': options->listen = arg; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

/* From any thread: the status file is out of date. */
static void on_changed(void *ctx)
{
    struct server *server = ctx;
    (void)eventfd_write(server->change_fd, 1);
}

/* Before any thread starts, so that all of them inherit the mask. */
static bool catch_signals(struct server *server, struct err *err)
{
    if (!signals_open(&server->signal_fd, err)) return false;
    server->change_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return server->change_fd >= 0 || err_set_errno(err, errno, NULL, "cannot watch for changes");
}

static void write_status(struct server *server)
{
    struct err err;
    bool ok = status_write(server->matcher, server->port, &err);
    /* It is tried again, and told once. */
    if (!ok && !server->status_fails) log_err(LOG_LEVEL_ERROR, "status", &err);
    server->status_fails = server->status_stale = !ok;
    server->next_status_ms = clock_steady_ms() + (ok ? STATUS_MS : TICK_MS);
    server->old_status_ms = clock_steady_ms() + STATUS_PERIOD_MS;
}

static bool start(struct server *server, const struct options *options, struct err *err)
{
    if (!config_read(server->home, &server->config, err) ||
        (options->listen && !config_set_listen(&server->config, options->listen, err)) ||
        !daemon_lock(server->home, &server->lock_fd, err) || !catch_signals(server, err) ||
        !identity_open_home(server->home, options->common.passphrase_fd, ROLE_MATCHER,
                            &server->trust, &server->identity, err)) {
        return false;
    }
    watch_config_apply(&server->config.watch, &options->common);
    memory_settle();
    rpc_start();
    if (!matcher_start(server->home, &server->config, server->identity, server->trust, on_changed,
                       server, &server->matcher, &server->port, err)) {
        rpc_stop();
        return false;
    }
    confine_settle(false); /* from here on it only answers */
    write_status(server);
    log_info("serving", "address=%s port=%d", server->config.listen, server->port);
    server->watchdog = watchdog_new();
    alive_watch(server->watchdog, server->matcher);
    watchdog_ready(server->watchdog);
    return true;
}

/* ---- the loop ---- */

static void stop_gently(struct server *server)
{
    int64_t now_ms = clock_steady_ms();
    bool again = server->drain_until_ms > 0;
    server->drain_until_ms = now_ms;
    if (again) return; /* asked twice: not so gently */
    server->drain_until_ms = now_ms + server->config.deadline_ms + DRAIN_SURPLUS_MS;
    watchdog_stopping(server->watchdog);
    log_info("stopping", "searches=%zu", searches_count(server->matcher->searches));
    matcher_drain(server->matcher);
}

static void read_signals(struct server *server)
{
    enum signals_kind kind;
    while ((kind = signals_next(server->signal_fd)) != SIGNALS_NONE) {
        if (kind == SIGNALS_RELOAD) {
            watchdog_reloading(server->watchdog);
            server->next_tick_ms = 0;
        } else {
            stop_gently(server);
        }
    }
}

static void read_changes(struct server *server)
{
    eventfd_t count = 0;
    if (eventfd_read(server->change_fd, &count) == 0) server->status_stale = true;
}

static void watch_certificate(struct server *server)
{
    struct err err;
    bool changed = false;
    if (!identity_reload(server->identity, server->home, server->trust, &changed, &err)) {
        log_err(LOG_LEVEL_ERROR, "certificate_kept", &err);
    }
    if (changed) matcher_renewed(server->matcher);
}

static int time_to_wait(const struct server *server)
{
    int64_t now_ms = clock_steady_ms();
    int64_t until_ms = server->next_tick_ms;
    if (server->status_stale && server->next_status_ms < until_ms) {
        until_ms = server->next_status_ms;
    }
    if (server->drain_until_ms > 0 && now_ms + DRAIN_POLL_MS < until_ms) {
        until_ms = now_ms + DRAIN_POLL_MS;
    }
    return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

static void run_step(struct server *server)
{
    struct pollfd fds[2] = {{server->signal_fd, POLLIN, 0}, {server->change_fd, POLLIN, 0}};
    (void)poll(fds, 2, time_to_wait(server));
    read_signals(server);
    read_changes(server);
    int64_t now_ms = clock_steady_ms();
    if (now_ms >= server->next_tick_ms) {
        matcher_tick(server->matcher);
        watch_certificate(server);
        if (now_ms >= server->old_status_ms) server->status_stale = true;
        alive_status(server->watchdog, server->matcher);
        watchdog_tick(server->watchdog);
        server->next_tick_ms = now_ms + TICK_MS;
    }
    if (server->status_stale && now_ms >= server->next_status_ms) write_status(server);
}

static bool is_over(const struct server *server)
{
    return server->drain_until_ms > 0 && (clock_steady_ms() >= server->drain_until_ms ||
                                          searches_count(server->matcher->searches) == 0);
}

static void finish(struct server *server)
{
    if (server->matcher) {
        matcher_stop(server->matcher);
        rpc_stop();
        daemon_status_remove(server->home);
        log_info("stopped", "port=%d", server->port);
    }
    watchdog_free(server->watchdog);
    if (server->identity) identity_close(server->identity);
    if (server->trust) trust_close(server->trust);
    if (server->signal_fd >= 0) (void)close(server->signal_fd);
    if (server->change_fd >= 0) (void)close(server->change_fd);
    if (server->lock_fd >= 0) (void)close(server->lock_fd);
}

int command_serve(int argc, char **argv)
{
    static const struct argp_option entries[] = {
        {"listen", 'l', "HOST:PORT", 0, "Where to listen, instead of what config.json says", 0},
        {0}};
    static const struct argp argp = {
        .options = entries,
        .parser = parse,
        .doc = "Runs until SIGTERM; SIGHUP re-reads the directory, the revocation list and the "
               "certificate."};
    struct options options = {0};
    struct err err = {0};
    if (cli_parse(&argp, argc, argv, &options, &options.common) != 0) return EXIT_BAD_USAGE;
    struct server server = {
        .home = command_home(&options.common), .lock_fd = -1, .signal_fd = -1, .change_fd = -1};
    bool ok = start(&server, &options, &err);
    while (ok && !is_over(&server)) run_step(&server);
    finish(&server);
    return ok ? EXIT_DONE : command_failed("serve", &options.common, &err);
}
