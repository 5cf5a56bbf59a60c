/* SPDX-License-Identifier: Apache-2.0
 * A child is confined, tries something, and says by its exit status what came of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/base/confine.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/sanitized.h"
#include "tests/unit/support/temp_dir.h"

enum { DONE = 0, KILLED = 1000 };

/* What `attempt` gives in a child that `prepare` has confined: 0 or an errno; KILLED where SIGSYS
 * ended it. */
static int outcome(void (*prepare)(void *), int (*attempt)(void *), void *ctx)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prepare(ctx);
        _exit(attempt(ctx));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        assert_int_equal(WTERMSIG(status), SIGSYS);
        return KILLED;
    }
    return WEXITSTATUS(status);
}

static int result(long code)
{
    return code < 0 ? errno : DONE;
}

/* ---- system calls ---- */

static void offline(void *ctx)
{
    (void)ctx;
    (void)confine_calls(CONFINE_OFFLINE);
}
static void dials(void *ctx)
{
    (void)ctx;
    (void)confine_calls(CONFINE_DIALS);
}
static void serves(void *ctx)
{
    (void)ctx;
    (void)confine_calls(CONFINE_SERVES);
}
static void settled(void *ctx)
{
    (void)ctx;
    (void)confine_calls(CONFINE_SERVES);
    confine_settle(false);
}
static void settled_and_dials(void *ctx)
{
    (void)ctx;
    (void)confine_calls(CONFINE_SERVES | CONFINE_DIALS);
    confine_settle(true);
}

/* What an intruder has written into a file of the home, for one. */
static int try_code_of_a_file(void *ctx)
{
    (void)ctx;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    return page == MAP_FAILED ? errno : DONE;
}

static int try_inet(void *ctx)
{
    (void)ctx;
    return result(socket(AF_INET, SOCK_STREAM, 0));
}
static int try_inet6(void *ctx)
{
    (void)ctx;
    return result(socket(AF_INET6, SOCK_DGRAM, 0));
}
static int try_unix(void *ctx)
{
    (void)ctx;
    return result(socket(AF_UNIX, SOCK_DGRAM, 0));
}
static int try_netlink(void *ctx)
{
    (void)ctx;
    return result(socket(AF_NETLINK, SOCK_RAW, 0));
}
static int try_packet(void *ctx)
{
    (void)ctx;
    return result(socket(AF_PACKET, SOCK_RAW, 0));
}
static int try_listen(void *ctx)
{
    (void)ctx;
    return result(listen(socket(AF_UNIX, SOCK_STREAM, 0), 1));
}
static int try_connect(void *ctx)
{
    (void)ctx;
    const struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
    return result(
        connect(socket(AF_UNIX, SOCK_STREAM, 0), (const struct sockaddr *)&nobody, sizeof nobody));
}

static void test_sockets(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        void (*prepare)(void *);
        int (*attempt)(void *);
        int expected;
    } cases[] = {
        {"offline: IPv4", offline, try_inet, EAFNOSUPPORT},
        {"offline: IPv6", offline, try_inet6, EAFNOSUPPORT},
        {"offline: local", offline, try_unix, EAFNOSUPPORT},
        {"offline: netlink", offline, try_netlink, EAFNOSUPPORT},
        {"dials: IPv4", dials, try_inet, DONE},
        {"dials: IPv6", dials, try_inet6, DONE},
        {"dials: local", dials, try_unix, DONE},
        {"dials: netlink", dials, try_netlink, ENOSYS},
        {"dials: packets", dials, try_packet, ENOSYS},
        {"dials: listen", dials, try_listen, ENOSYS},
        {"dials: connect", dials, try_connect, ENOENT},
        {"serves: listen on what is not bound", serves, try_listen, EINVAL},
        {"serves: packets", serves, try_packet, ENOSYS},
        {"settled: listen", settled, try_listen, EPERM},
        {"settled: IPv4", settled, try_inet, EAFNOSUPPORT},
        {"settled: connect", settled, try_connect, EPERM},
        {"settled: a local socket, to notify systemd", settled, try_unix, DONE},
        {"serves: a library", serves, try_code_of_a_file, DONE},
        {"settled: code of a file", settled, try_code_of_a_file, SANITIZED ? DONE : ENOSYS},
        {"settled, dials: a library", settled_and_dials, try_code_of_a_file, DONE},
        {"settled, dials: IPv4", settled_and_dials, try_inet, DONE},
        {"settled, dials: listen", settled_and_dials, try_listen, EPERM},
        {"settled, dials: connect", settled_and_dials, try_connect, ENOENT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int got = outcome(cases[i].prepare, cases[i].attempt, NULL);
        if (got != cases[i].expected) print_error("%s\n", cases[i].what);
        assert_int_equal(got, cases[i].expected);
    }
}

static int try_execve(void *ctx)
{
    (void)ctx;
    char name[] = "/bin/true", *argv[] = {name, NULL};
    return result(execve(name, argv, NULL));
}
static int try_fork(void *ctx)
{
    (void)ctx;
    pid_t child = fork();
    if (child == 0) _exit(0);
    return result(child);
}
static int try_ptrace(void *ctx)
{
    (void)ctx;
    return result(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}
static int try_memory_of_others(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}
static int try_bpf(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_bpf, 0, NULL, 0));
}
static int try_namespaces(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_unshare, 0));
}
static int try_io_uring(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_io_uring_setup, 1, NULL));
}
static int try_kill(void *ctx)
{
    (void)ctx;
    return result(kill(getppid(), 0));
}
static int try_signal_of_others(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}
static int try_own_signal(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_tgkill, getpid(), gettid(), 0));
}
static int try_dumpable(void *ctx)
{
    (void)ctx;
    return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}
static int try_limit(void *ctx)
{
    (void)ctx;
    const struct rlimit limit = {0, 0};
    return result(setrlimit(RLIMIT_CORE, &limit));
}
static int try_typing(void *ctx)
{
    (void)ctx;
    return result(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}
static int try_unheard_of(void *ctx)
{
    (void)ctx;
    return result(syscall(SYS_shmget, 0, 0, 0));
}
static int try_code_in_data(void *ctx)
{
    (void)ctx;
    void *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : DONE;
}
static int try_data_as_code(void *ctx)
{
    (void)ctx;
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return result(mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

static void *nothing(void *ctx)
{
    return ctx;
}
static int try_thread(void *ctx)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, ctx);
    return code ? code : pthread_join(thread, NULL);
}

static void test_calls(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int (*attempt)(void *);
        int expected;
    } cases[] = {
        {"execve", try_execve, KILLED},
        {"process_vm_readv", try_memory_of_others, KILLED},
        {"bpf", try_bpf, KILLED},
        {"unshare", try_namespaces, KILLED},
        {"io_uring", try_io_uring, KILLED},
        {"kill", try_kill, ENOSYS},
        {"limits", try_limit, ENOSYS},
        {"TIOCSTI", try_typing, ENOSYS},
        {"what nobody thought of", try_unheard_of, ENOSYS},
        {"memory for code and data", try_code_in_data, ENOSYS},
        {"data as code", try_data_as_code, ENOSYS},
        {"a signal to itself", try_own_signal, DONE},
        {"a thread", try_thread, DONE},
#if !SANITIZED /* LeakSanitizer needs these */
        {"ptrace", try_ptrace, KILLED},
        {"fork", try_fork, ENOSYS},
        {"dumpable again", try_dumpable, ENOSYS},
        {"a signal to another", try_signal_of_others, ENOSYS},
#endif
    };
    (void)try_ptrace;
    (void)try_fork;
    (void)try_dumpable;
    (void)try_signal_of_others;
    static void (*const prepares[])(void *) = {offline, dials, serves, settled};
    for (size_t p = 0; p < sizeof prepares / sizeof prepares[0]; p++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            int got = outcome(prepares[p], cases[i].attempt, NULL);
            if (got != cases[i].expected) print_error("%s\n", cases[i].what);
            assert_int_equal(got, cases[i].expected);
        }
    }
}

/* ---- settling reaches threads that run already ---- */

struct waiting {
    int go[2], done[2];
};

static void *listen_when_told(void *ctx)
{
    const struct waiting *waiting = ctx;
    char byte = 0;
    (void)!read(waiting->go[0], &byte, 1);
    byte = (char)try_listen(NULL);
    (void)!write(waiting->done[1], &byte, 1);
    return NULL;
}

static int try_older_thread(void *ctx)
{
    struct waiting waiting;
    pthread_t thread;
    char byte = 0;
    if (pipe(waiting.go) != 0 || pipe(waiting.done) != 0) return EIO;
    if (pthread_create(&thread, NULL, listen_when_told, &waiting) != 0) return EIO;
    confine_settle(true);
    if (write(waiting.go[1], "", 1) != 1 || read(waiting.done[0], &byte, 1) != 1) return EIO;
    (void)pthread_join(thread, ctx);
    return byte;
}

static void test_settling_is_for_all_threads(void **state)
{
    (void)state;
    assert_int_equal(outcome(serves, try_older_thread, NULL), EPERM);
}

/* ---- files ---- */

struct files {
    char *dir, *home, *input, *beside, *other, *link;
    const char *writes;
    unsigned needs;
    char *argv[6];
    int argc;
    const char *path; /* of the attempt */
};

static void confine(void *ctx)
{
    const struct files *files = ctx;
    const struct confine_rights rights = {.needs = files->needs, .writes = files->writes};
    (void)confine_files(&rights, files->argc, (char **)files->argv);
}
static int try_read(void *ctx)
{
    const struct files *files = ctx;
    return result(open(files->path, O_RDONLY | O_CLOEXEC));
}
static int try_list(void *ctx)
{
    const struct files *files = ctx;
    return result(open(files->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}
static int try_write(void *ctx)
{
    const struct files *files = ctx;
    return result(open(files->path, O_WRONLY | O_CLOEXEC));
}
static int try_put(void *ctx)
{
    const struct files *files = ctx;
    struct err err = {0};
    return file_write(files->path, "x", 1, 0600, &err) ? DONE : EACCES;
}

static void expect(struct files *files, int (*attempt)(void *), const char *path, int expected)
{
    files->path = path;
    int got = outcome(confine, attempt, files);
    if (got != expected) print_error("%s\n", path);
    assert_int_equal(got, expected);
}

static void arguments(struct files *files, char *a, char *b, char *c, char *d)
{
    static char name[] = "hearth test";
    char *all[] = {name, a, b, c, d, NULL};
    memcpy(files->argv, all, sizeof all);
    files->argc = 0;
    while (files->argv[files->argc]) files->argc++;
}

static void test_reading(void **state)
{
    struct files *files = *state;
    if (!files) {
        skip();
        return;
    }
    char option[] = "-C";
    arguments(files, option, files->home, files->input, NULL);
    char *inside = file_join(files->home, "inside");
    expect(files, try_read, files->input, DONE);
    expect(files, try_write, files->input, EACCES);
    expect(files, try_put, files->input, EACCES);
    expect(files, try_put, inside, DONE);
    expect(files, try_read, inside, DONE);
    expect(files, try_list, files->home, DONE);
    expect(files, try_read, files->link, DONE); /* the gazetteer that homes share */
    expect(files, try_put, files->link, DONE);
    expect(files, try_read, files->beside, EACCES);
    expect(files, try_read, files->other, EACCES);
    expect(files, try_put, files->other, EACCES);
    expect(files, try_list, files->dir, EACCES);
    expect(files, try_read, "/etc/passwd", EACCES);
    expect(files, try_list, "/root", EACCES);
    expect(files, try_list, "/usr", DONE);
    expect(files, try_read, "/dev/urandom", DONE);
    files->needs = CONFINE_OFFLINE | CONFINE_READS_BESIDE;
    expect(files, try_read, files->beside, DONE);
    expect(files, try_write, files->beside, EACCES);
    expect(files, try_read, files->other, EACCES);
    char input[] = "-";
    arguments(files, option, files->home, input, NULL);
    expect(files, try_read, files->beside, EACCES);
    char *before = getcwd(NULL, 0), *directory = file_directory(files->beside);
    assert_int_equal(chdir(directory), 0);
    expect(files, try_read, files->beside, DONE);
    assert_int_equal(chdir(before), 0);
    free(before);
    free(directory);
    files->needs = CONFINE_DIALS;
    expect(files, try_read, "/etc/passwd", DONE);
    expect(files, try_write, "/etc/passwd", EACCES);
    free(inside);
}

/* However the argument is given, its directory may be written to and not read. */
static void test_writing(void **state)
{
    struct files *files = *state;
    if (!files) {
        skip();
        return;
    }
    static const char *const forms[] = {"--out", "--ou", "--out=%s", "-o", "-o%s", "-vo", "-vo%s"};
    char *target = file_join(files->dir, "beside/out");
    files->writes = "o out";
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        bool joined = strchr(forms[i], '%');
        char *option = mem_format(forms[i], target);
        arguments(files, option, joined ? files->input : target, joined ? NULL : files->input,
                  NULL);
        expect(files, try_put, target, DONE);
        expect(files, try_read, files->beside, EACCES);
        expect(files, try_put, files->other, EACCES);
        free(option);
    }
    char option[] = "--report";
    arguments(files, option, target, NULL, NULL);
    expect(files, try_put, target, EACCES);
    arguments(files, files->input, target, NULL, NULL);
    expect(files, try_put, target, EACCES);
    files->writes = "*";
    expect(files, try_put, target, DONE);
    free(target);
}

static void test_a_home_that_is_to_be_made(void **state)
{
    struct files *files = *state;
    if (!files) {
        skip();
        return;
    }
    char option[] = "--home", *home = file_join(files->dir, "other/a/b");
    char *inside = file_join(files->dir, "other/put");
    arguments(files, option, home, NULL, NULL);
    expect(files, try_put, inside, EACCES);
    files->writes = "home";
    expect(files, try_put, inside, DONE);
    expect(files, try_put, files->beside, EACCES);
    free(home);
    free(inside);
}

static void put(const char *path)
{
    struct err err = {0};
    char *directory = file_directory(path);
    assert_true(file_make_dirs(directory, 0700, &err) && file_write(path, "x", 1, 0600, &err));
    free(directory);
}

static int set_up(void **state)
{
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1) {
        print_message("this kernel has no Landlock\n");
        *state = NULL;
        return 0;
    }
    struct files *files = mem_new(struct files);
    files->needs = CONFINE_OFFLINE;
    files->dir = support_temp_dir();
    files->home = file_join(files->dir, "home");
    files->input = file_join(files->dir, "beside/input");
    files->beside = file_join(files->dir, "beside/beside");
    files->other = file_join(files->dir, "other/other");
    files->link = file_join(files->home, "gazetteer/data");
    char *shared = file_join(files->dir, "shared/data"),
         *link = file_join(files->home, "gazetteer");
    char *inside = file_join(files->home, "inside");
    put(files->input);
    put(files->beside);
    put(files->other);
    put(shared);
    put(inside);
    assert_int_equal(symlink("../shared", link), 0);
    free(shared);
    free(link);
    free(inside);
    *state = files;
    return 0;
}

static int tear_down(void **state)
{
    struct files *files = *state;
    if (!files) return 0;
    support_temp_dir_remove(files->dir);
    char *const texts[] = {files->home, files->input, files->beside, files->other, files->link};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) free(texts[i]);
    free(files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sockets),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_settling_is_for_all_threads),
        cmocka_unit_test_setup_teardown(test_reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_writing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_home_that_is_to_be_made, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
