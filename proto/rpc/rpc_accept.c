/* SPDX-License-Identifier: Apache-2.0
 * What a process without a descriptor left does with a new connection.
 *
 * gRPC 1.51 takes any error of accept4 but EINTR and EAGAIN for the end of the listener: a server
 * that was out of descriptors for a moment would never take a connection again. So this program's
 * own accept4 goes before the C library's: what passes by itself is told as EAGAIN, and the
 * connection stays with the kernel until the next one comes, when gRPC accepts all that wait.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/rpc/rpc_internal.h"

static bool passes(int code)
{
    switch (code) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ECONNABORTED: return true;
    default: return false;
    }
}

/* The address as the C library declares it: a union of pointers. */
int accept4(int fd, __SOCKADDR_ARG address, socklen_t *restrict len, int flags)
{
    int made = (int)syscall(SYS_accept4, fd, address.__sockaddr__, len, flags);
    if (made < 0 && passes(errno)) errno = EAGAIN;
    return made;
}

void rpc_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}
