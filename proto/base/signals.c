/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

bool signals_open(int *fd, struct err *err)
{
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    REQUIRE(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
    (void)signal(SIGPIPE, SIG_IGN);
    *fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *fd >= 0 || err_set_errno(err, errno, NULL, "cannot watch for signals");
}

enum signals_kind signals_next(int fd)
{
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != (ssize_t)sizeof info) return SIGNALS_NONE;
    return info.ssi_signo == SIGHUP ? SIGNALS_RELOAD : SIGNALS_STOP;
}
