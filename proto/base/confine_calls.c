/* SPDX-License-Identifier: Apache-2.0
 * System calls. What is listed is allowed. What no part of Hearth ever does and an intruder would
 * ends the process; anything else is answered as by a kernel that does not know the call, so that
 * libraries newer than this list fall back.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "proto/base/confine.h"
#include "proto/base/log.h"
#include "proto/base/sanitized.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static const char *const ALWAYS[] = {
    /* open files */
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
    "pwritev2", "close", "close_range", "lseek", "dup", "dup2", "dup3", "fcntl", "flock", "fsync",
    "fdatasync", "sync_file_range", "ftruncate", "fallocate", "fadvise64", "pipe", "pipe2",
    "copy_file_range", "sendfile",
    /* the file system */
    "open", "openat", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs",
    "access", "faccessat", "faccessat2", "getdents", "getdents64", "getcwd", "readlink",
    "readlinkat", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
    "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat", "umask", "utimensat", "truncate",
    /* waiting */
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "nanosleep", "clock_nanosleep", "pause",
    "restart_syscall",
    /* memory; mmap and mprotect below */
    "brk", "munmap", "mremap", "madvise", "mlock", "mlock2", "munlock", "msync", "mincore",
    "membarrier",
    /* threads and signals; clone and tgkill below */
    "futex", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq",
    "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "gettid", "exit",
    "exit_group", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
    "rt_sigtimedwait", "rt_sigsuspend", "sigaltstack", "arch_prctl",
    /* asking */
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getpgrp", "getpgid", "getsid",
    "getresuid", "getresgid", "getrlimit", "getrusage", "sysinfo", "uname", "times", "getcpu",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom"};

static const char *const CONNECTED[] = {
    "connect", "bind",    "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown",
    "sendto",  "sendmsg", "sendmmsg",    "recvfrom",    "recvmsg",    "recvmmsg",
};

/* seccomp: for confine_settle, which can only take away. */
static const char *const SERVING[] = {"listen", "accept", "accept4", "seccomp"};

static const char *const NEVER[] = {
    /* another program, another process's memory */
    "execve", "execveat", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
    "pidfd_getfd", "userfaultfd", "memfd_secret",
    /* the kernel and the system */
    "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "init_module", "finit_module", "delete_module", "create_module", "kexec_load",
    "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl", "iopl", "ioperm",
    "modify_ldt", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "sethostname",
    "setdomainname", "syslog", "lookup_dcookie", "vm86", "uselib", "_sysctl", "nfsservctl",
    /* other views of the system */
    "mount", "umount2", "pivot_root", "chroot", "setns", "unshare", "fsopen", "fsmount", "fsconfig",
    "fspick", "open_tree", "move_mount", "mount_setattr", "open_by_handle_at", "mknod", "mknodat",
    /* other rights */
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid",
    "setfsgid", "capset", "add_key", "request_key", "keyctl"};

struct filter {
    scmp_filter_ctx context;
    int failed; /* the first error, negative, or 0 */
};

static void add(struct filter *filter, uint32_t action, const char *name, unsigned count,
                const struct scmp_arg_cmp *when)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || filter->failed) return; /* unknown to this libseccomp */
    int code = seccomp_rule_add_array(filter->context, action, number, count, when);
    if (code != 0 && code != -EEXIST) filter->failed = code;
}

static void add_all(struct filter *filter, uint32_t action, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) add(filter, action, names[i], 0, NULL);
}
#define ADD_ALL(filter, action, names)                                                             \
    add_all(filter, action, names, sizeof(names) / sizeof(names)[0])

static void allow_equal(struct filter *filter, const char *name, unsigned argument, uint64_t value)
{
    const struct scmp_arg_cmp when = {argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value};
    add(filter, SCMP_ACT_ALLOW, name, 1, &when);
}

/* Memory is never both written and run, and what is there is not made to run. */
static void add_memory(struct filter *filter)
{
    if (RUNNING_ON_VALGRIND) { /* which makes code of code */
        add(filter, SCMP_ACT_ALLOW, "mmap", 0, NULL);
        add(filter, SCMP_ACT_ALLOW, "mprotect", 0, NULL);
        return;
    }
    const struct scmp_arg_cmp no_code = {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    const struct scmp_arg_cmp no_data = {2, SCMP_CMP_MASKED_EQ, PROT_WRITE, 0};
    add(filter, SCMP_ACT_ALLOW, "mmap", 1, &no_code);
    add(filter, SCMP_ACT_ALLOW, "mmap", 1, &no_data);
    add(filter, SCMP_ACT_ALLOW, "mprotect", 1, &no_code);
}

/* Threads, but no processes; signals to itself. glibc makes threads by clone where there is no
 * clone3, whose flags a filter cannot see. */
static void add_threads(struct filter *filter)
{
    const struct scmp_arg_cmp thread = {0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD};
    if (SANITIZED || RUNNING_ON_VALGRIND) { /* LeakSanitizer traces from a child */
        static const char *const tracing[] = {"clone",  "ptrace", "wait4",
                                              "waitid", "prctl",  "tgkill"};
        ADD_ALL(filter, SCMP_ACT_ALLOW, tracing);
        return;
    }
    add(filter, SCMP_ACT_KILL_PROCESS, "ptrace", 0, NULL);
    add(filter, SCMP_ACT_ALLOW, "clone", 1, &thread);
    allow_equal(filter, "tgkill", 0, (uint64_t)getpid());
    static const int harmless[] = {PR_SET_NAME,         PR_GET_NAME,         PR_GET_DUMPABLE,
                                   PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_GET_SECCOMP,
                                   0x53564d41 /* PR_SET_VMA */};
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        allow_equal(filter, "prctl", 0, (uint64_t)harmless[i]);
    }
}

/* No typing into terminals, for one. Limits are read, not set. */
static void add_requests(struct filter *filter)
{
    static const unsigned long requests[] = {TCGETS,     TCSETS,   TCSETSW, TCSETSF,
                                             TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX};
    const struct scmp_arg_cmp read_own[] = {{0, SCMP_CMP_EQ, 0, 0}, {2, SCMP_CMP_EQ, 0, 0}};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        allow_equal(filter, "ioctl", 1, requests[i]);
    }
    add(filter, SCMP_ACT_ALLOW, "prlimit64", 2, read_own);
}

static void add_sockets(struct filter *filter, unsigned needs)
{
    static const int families[] = {AF_UNIX, AF_INET, AF_INET6};
    if (needs & CONFINE_OFFLINE) {
        /* As where there is no network; libraries know how to do without. */
        add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", 0, NULL);
        add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socketpair", 0, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        allow_equal(filter, "socket", 0, (uint64_t)families[i]);
    }
    ADD_ALL(filter, SCMP_ACT_ALLOW, CONNECTED);
    if (needs & CONFINE_SERVES) ADD_ALL(filter, SCMP_ACT_ALLOW, SERVING);
}

static bool load(struct filter *filter)
{
    if (!filter->failed) filter->failed = seccomp_load(filter->context);
    seccomp_release(filter->context);
    if (filter->failed) {
        log_warn("unconfined", "what=system_calls reason=%s", strerror(-filter->failed));
    }
    return filter->failed == 0;
}

bool confine_calls(unsigned needs)
{
    struct filter filter = {.context = seccomp_init(SCMP_ACT_ERRNO(ENOSYS))};
    if (!filter.context) filter.failed = -ENOMEM;
    if (!filter.failed) {
        (void)seccomp_attr_set(filter.context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        (void)seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
        /* A sanitizer has begun a thread of its own by now. */
        (void)seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    ADD_ALL(&filter, SCMP_ACT_ALLOW, ALWAYS);
    ADD_ALL(&filter, SCMP_ACT_KILL_PROCESS, NEVER);
    add_memory(&filter);
    add_threads(&filter);
    add_requests(&filter);
    add_sockets(&filter, needs);
    return load(&filter);
}

void confine_settle(bool dials)
{
    struct filter filter = {.context = seccomp_init(SCMP_ACT_ALLOW)};
    if (!filter.context) filter.failed = -ENOMEM;
    if (!filter.failed) {
        filter.failed = seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_TSYNC, 1);
    }
    add(&filter, SCMP_ACT_ERRNO(EPERM), "listen", 0, NULL);
    if (!dials) {
        const struct scmp_arg_cmp foreign = {0, SCMP_CMP_NE, AF_UNIX, 0};
        add(&filter, SCMP_ACT_ERRNO(EPERM), "connect", 0, NULL);
        add(&filter, SCMP_ACT_ERRNO(EPERM), "bind", 0, NULL);
        add(&filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), "socket", 1, &foreign);
        /* All libraries are loaded, but for those that resolve names. A file that it has written
         * would do for code. */
        const struct scmp_arg_cmp code = {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC};
        if (!SANITIZED && !RUNNING_ON_VALGRIND) {
            add(&filter, SCMP_ACT_ERRNO(ENOSYS), "mmap", 1, &code);
        }
    }
    (void)load(&filter);
}
