/* SPDX-License-Identifier: Apache-2.0
 * Loaded into a program before it starts (LD_PRELOAD), tries from inside, as it ends, what it is
 * not to be able to do, and writes the errors to descriptor 9: name=errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OUT = 9 };

static void tell(const char *name, long code)
{
    (void)dprintf(OUT, "%s=%d\n", name, code < 0 ? errno : 0);
}

static void __attribute__((destructor)) probe(void)
{
    struct rlimit cores = {1, 1};
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    tell("dumpable", dumpable == 0 ? 0 : -1);
    tell("cores", getrlimit(RLIMIT_CORE, &cores) == 0 && cores.rlim_max == 0 ? 0 : -1);
    tell("inet", socket(AF_INET, SOCK_STREAM, 0));
    tell("local", socket(AF_UNIX, SOCK_STREAM, 0));
    tell("packet", socket(AF_PACKET, SOCK_RAW, 0));
    tell("listen", listen(-1, 1));
    pid_t child = fork();
    if (child == 0) _exit(0);
    tell("fork", child);
    tell("root", open("/root", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    tell("read", open(getenv("PROBE_FILE"), O_RDONLY | O_CLOEXEC));
    tell("write", open(getenv("PROBE_FILE"), O_WRONLY | O_CLOEXEC));
}
