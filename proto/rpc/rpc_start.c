/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <grpc/support/log.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"

enum { STOP_MS = 5000 };

/* gRPC's own messages go where ours go; they name addresses and reasons, never contents. */
static void write_log(gpr_log_func_args *args)
{
    enum log_level level = LOG_LEVEL_DEBUG;
    if (args->severity == GPR_LOG_SEVERITY_ERROR) level = LOG_LEVEL_WARN;
    const char *file = strrchr(args->file, '/');
    log_line(level, "grpc", "at=%s:%d reason=\"%s\"", file ? file + 1 : args->file, args->line,
             args->message);
}

/* The process may have as many as it is allowed to: an agency takes two of the matcher's. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void rpc_start(void)
{
    /* Traces would put messages into the log; the others would let the environment weaken or
     * redirect connections. */
    static const char *const unwanted[] = {
        "GRPC_TRACE", "GRPC_VERBOSITY",         "grpc_proxy",      "https_proxy",
        "http_proxy", "GRPC_SSL_CIPHER_SUITES", "GRPC_EXPERIMENTS"};
    for (size_t i = 0; i < sizeof unwanted / sizeof unwanted[0]; i++) (void)unsetenv(unwanted[i]);
    gpr_set_log_function(write_log);
    raise_descriptors();
    /* Signals are for the program's own thread: gRPC's threads inherit the mask. */
    sigset_t all, before;
    (void)sigfillset(&all);
    REQUIRE(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
    grpc_init();
    REQUIRE(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
}

void rpc_stop(void)
{
    grpc_shutdown();
    /* The last shutdown cleans up on a thread of its own, which tells nobody when it is done. */
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t until = clock_steady_ms() + STOP_MS;
    while (grpc_is_initialized() && clock_steady_ms() < until) (void)nanosleep(&pause, NULL);
    if (grpc_is_initialized()) log_warn("rpc_stop", "reason=\"gRPC is still running\"");
}
