/* SPDX-License-Identifier: Apache-2.0
 * serve: one thread owns the link, watches files and signals, and keeps status.json; queries are
 * answered on other threads.
 */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/alive.h"
#include "agent/commands.h"
#include "agent/figures.h"
#include "agent/figures_post.h"
#include "agent/home.h"
#include "agent/link.h"
#include "agent/post.h"
#include "agent/upkeep.h"
#include "agent/watch.h"
#include "proto/base/clock.h"
#include "proto/base/confine.h"
#include "proto/base/log.h"
#include "proto/base/signals.h"
#include "proto/metrics/daemon_status.h"

enum { TICK_MS = 1000 };

struct server {
    struct home home;
    struct checker *checker;
    struct policy *policy;
    struct keeper *keeper;
    struct sender *sender;
    struct answerer *answerer;
    struct link *link;
    struct post *post;
    struct upkeep *upkeep;
    struct figures figures;
    struct figures_post *figures_post;
    int lock_fd, signal_fd, wake_fd;
    struct store_gap gap; /* of the last restore */
    struct watch *watch;
    struct watchdog *watchdog;
    uint64_t vault_version, correspondence_version;
    int64_t next_tick_ms;
    bool stopping;
};

/* ---- status ---- */

static void note_attached(struct server *server)
{
    bool attached = link_attached(server->link);
    if (attached && !watch_is_attached(server->watch)) {
        log_info("attached", "matcher=%s", server->home.config.matcher_id);
    }
    watch_set_attached(server->watch, attached);
}

/* The vault may be changed by an import while it is served: every query reads it afresh, and here
 * the number of carers is kept up to date. */
static void watch_vault(struct server *server)
{
    struct err err = {0};
    struct vault_summary summary = {0};
    uint64_t version = vault_version(server->home.vault);
    if (version == server->vault_version) return;
    server->vault_version = version;
    if (!vault_verify(server->home.vault, &summary, &err)) {
        log_err(LOG_LEVEL_ERROR, "vault", &err);
        return;
    }
    if (watch_carers(server->watch) != summary.count)
        log_info("vault", "carers=%zu", summary.count);
    watch_set_carers(server->watch, summary.count);
}

/* Messages are read by other programs. */
static void watch_inbox(struct server *server)
{
    struct err err = {0};
    size_t unread = 0;
    post_enter(server->post);
    uint64_t version = correspondence_version(server->home.correspondence);
    bool changed = version != server->correspondence_version;
    bool ok = !changed || post_unread(server->home.correspondence, &unread, &err);
    post_leave(server->post);
    if (!changed) return;
    server->correspondence_version = version;
    if (!ok) {
        log_err(LOG_LEVEL_ERROR, "correspondence", &err);
        return;
    }
    watch_set_unread(server->watch, unread);
}

/* What commands removed or changed while this process had the vault open. */
static void rewrite_vault(struct server *server)
{
    struct err err = {0};
    bool done = false;
    if (!vault_rewrite(server->home.vault, &done, &err)) {
        log_err(LOG_LEVEL_WARN, "vault_rewrite", &err);
    }
}

/* ---- trust ---- */

static void watch_trust(struct server *server)
{
    struct err err = {0};
    bool changed = false;
    if (!trust_reload(server->home.trust, &changed, &err)) {
        log_err(LOG_LEVEL_WARN, "revocations", &err);
    }
    if (!changed) return;
    log_info("revocations", "number=%llu",
             (unsigned long long)trust_revocation_number(server->home.trust));
    checker_forget(server->checker);
    post_recheck(server->post);
}

/* A renewed certificate of our own is shown by connecting anew. */
static void watch_certificate(struct server *server)
{
    struct err err = {0};
    bool changed = false;
    if (!identity_reload(server->home.identity, server->home.path, server->home.trust, &changed,
                         &err)) {
        log_err(LOG_LEVEL_ERROR, "certificate_kept", &err);
    }
    if (!changed) return;
    log_info("certificate", "serial=%llu",
             (unsigned long long)identity_certificate(server->home.identity)->serial);
    link_renew(server->link);
    post_recheck(server->post);
}

static void tick(struct server *server)
{
    struct err err = {0};
    watch_trust(server);
    watch_certificate(server);
    link_recheck(server->link);
    watch_vault(server);
    watch_inbox(server);
    upkeep_tick(server->upkeep);
    rewrite_vault(server);
    if (!policy_flush(server->policy, &err)) log_err(LOG_LEVEL_WARN, "counters", &err);
    watch_tick(server->watch);
    /* Anybody on this machine may read it: not how many carers there are. */
    watchdog_status(server->watchdog, "%s the matcher, %llu messages unread",
                    watch_is_attached(server->watch) ? "attached to" : "not attached to",
                    (unsigned long long)watch_unread(server->watch));
    watchdog_tick(server->watchdog);
    server->next_tick_ms = clock_steady_ms() + TICK_MS;
}

/* ---- the loop ---- */

static void read_signals(struct server *server)
{
    enum signals_kind kind;
    while ((kind = signals_next(server->signal_fd)) != SIGNALS_NONE) {
        if (kind == SIGNALS_RELOAD) {
            watchdog_reloading(server->watchdog);
            server->next_tick_ms = clock_steady_ms();
        } else {
            server->stopping = true;
        }
    }
}

static void wait_for_event(struct server *server, int64_t wait_ms)
{
    struct pollfd fds[] = {{.fd = server->signal_fd, .events = POLLIN},
                           {.fd = server->wake_fd, .events = POLLIN}};
    int64_t until_tick = server->next_tick_ms - clock_steady_ms();
    if (until_tick < wait_ms) wait_ms = until_tick;
    if (poll(fds, 2, wait_ms > 0 ? (int)wait_ms : 0) <= 0) return;
    uint64_t count = 0;
    if (fds[1].revents && read(server->wake_fd, &count, sizeof count) < 0) {
        log_debug("wake", "state=empty");
    }
    if (fds[0].revents) read_signals(server);
}

static void run(struct server *server)
{
    while (!server->stopping) {
        int64_t wait_ms = link_step(server->link);
        note_attached(server);
        if (clock_steady_ms() >= server->next_tick_ms) tick(server);
        wait_for_event(server, wait_ms);
    }
    log_info("stopping", "pid=%d", (int)getpid());
    watchdog_stopping(server->watchdog);
}

/* ---- start and stop ---- */

/* Before any thread starts: all of them inherit the mask, so signals come to signal_fd only. */
static bool open_signals(struct server *server, struct err *err)
{
    if (!signals_open(&server->signal_fd, err)) return false;
    server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return server->wake_fd >= 0 || err_set_errno(err, errno, "", "cannot wait for events");
}

static void start_mail(struct server *server)
{
    const struct home *home = &server->home;
    const struct post_parts post = {.identity = home->identity,
                                    .trust = home->trust,
                                    .correspondence = home->correspondence,
                                    .target = home->config.matcher,
                                    .matcher_id = home->config.matcher_id,
                                    .metrics = watch_metrics(server->watch)};
    server->post = post_start(&post);
    const struct upkeep_parts upkeep = {.replies = home->replies,
                                        .correspondence = home->correspondence,
                                        .post = server->post,
                                        .keep_days = home->config.keep_days};
    server->upkeep = upkeep_start(&upkeep);
}

static void start_parts(struct server *server)
{
    struct home *home = &server->home;
    const struct catalogue *catalogue = home->config.catalogue;
    server->checker = checker_new(home->trust, catalogue);
    server->sender = sender_start();
    server->keeper = keeper_start(home->replies);
    const struct answerer_parts answerer = {.identity = home->identity,
                                            .vault = home->vault,
                                            .checker = server->checker,
                                            .policy = server->policy,
                                            .keeper = server->keeper,
                                            .sender = server->sender,
                                            .fresh_days = home->config.fresh_days,
                                            .restored_ms = server->gap.to_ms,
                                            .threads = home->config.threads,
                                            .metrics = watch_metrics(server->watch)};
    server->answerer = answerer_start(&answerer);
    const struct link_parts link = {.target = home->config.matcher,
                                    .matcher_id = home->config.matcher_id,
                                    .identity = home->identity,
                                    .trust = home->trust,
                                    .catalogue = catalogue,
                                    .checker = server->checker,
                                    .answerer = server->answerer,
                                    .keeper = server->keeper,
                                    .wake_fd = server->wake_fd,
                                    .metrics = watch_metrics(server->watch)};
    server->link = link_new(&link);
    start_mail(server);
    watch_parts(server->watch, server->policy, server->post);
}

static bool start_figures(struct server *server, struct err *err)
{
    const struct home *home = &server->home;
    const struct figures_post_parts parts = {.contributor = server->figures.contributor,
                                             .identity = home->identity,
                                             .trust = home->trust,
                                             .target = home->config.matcher,
                                             .matcher_id = home->config.matcher_id,
                                             .metrics = watch_metrics(server->watch)};
    return figures_post_start(&parts, &server->figures_post, err);
}

static bool start(struct server *server, const struct cli_common *common, struct err *err)
{
    if (!open_signals(server, err) || !home_open(common, &server->home, err) ||
        !daemon_lock(server->home.path, &server->lock_fd, err) ||
        !home_open_correspondence(&server->home, err) || !home_open_replies(&server->home, err) ||
        !replies_gap(server->home.replies, &server->gap, err) ||
        !figures_open(&server->home, &server->figures, err) ||
        !policy_open(&server->home.config, server->home.vault, &server->policy, err) ||
        !watch_start(&server->home, &server->watch, err)) {
        return false;
    }
    const char *id = identity_certificate(server->home.identity)->organisation;
    watch_config_apply(&server->home.config.watch, common);
    rpc_start();
    start_parts(server);
    if (!start_figures(server, err)) return false;
    confine_settle(true);
    const struct alive_parts alive = {.answerer = server->answerer,
                                      .keeper = server->keeper,
                                      .sender = server->sender,
                                      .post = server->post};
    server->watchdog = alive_start(&alive);
    watchdog_ready(server->watchdog);
    log_info("serving", "id=%s matcher=%s", id, server->home.config.matcher);
    return true;
}

/* Figures and mail first, which need nothing of the rest; then the link, so that nothing new comes
 * in; then what works on queries; then what they use. */
static void stop(struct server *server)
{
    struct err err = {0};
    bool started = server->link != NULL;
    figures_post_stop(server->figures_post);
    upkeep_stop(server->upkeep);
    post_stop(server->post);
    link_free(server->link);
    answerer_stop(server->answerer);
    keeper_stop(server->keeper);
    sender_stop(server->sender);
    checker_free(server->checker);
    if (server->policy && !policy_flush(server->policy, &err)) {
        log_err(LOG_LEVEL_WARN, "counters", &err);
    }
    policy_close(server->policy);
    figures_close(&server->figures);
    watch_stop(server->watch, started);
    if (started) rpc_stop();
    watchdog_free(server->watchdog);
    home_close(&server->home);
    const int fds[] = {server->lock_fd, server->signal_fd, server->wake_fd};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) (void)close(fds[i]);
    }
}

int command_serve(int argc, char **argv)
{
    static const char doc[] =
        "Attaches to the matcher and answers queries until SIGTERM. Dials out: no port is opened. "
        "Imports may run meanwhile. SIGHUP re-reads the revocation list and the certificate at "
        "once.";
    struct cli_common common = {0};
    struct err err = {0};
    struct server server = {.lock_fd = -1, .signal_fd = -1, .wake_fd = -1};
    int code = cli_parse_common(doc, argc, argv, &common);
    if (code != 0) return code;
    if (start(&server, &common, &err)) {
        run(&server);
    } else {
        code = home_fail("hearth-agent serve", &common, &err);
    }
    stop(&server);
    return code;
}
