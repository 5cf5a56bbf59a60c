/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/base/log.h"
#include "proto/base/mem.h"

enum { PASSPHRASE_MAX = 1024, CONTROL_C = 3, FREED_BYTE = 0x5a };

struct secret secret_new(size_t len)
{
    struct secret secret = {.data = sodium_malloc(len ? len : 1), .len = len};
    REQUIRE(secret.data != NULL);
    sodium_memzero(secret.data, len);
    return secret;
}

struct secret secret_random(size_t len)
{
    struct secret secret = secret_new(len);
    randombytes_buf(secret.data, len);
    return secret;
}

struct secret secret_take(void *source, size_t len)
{
    struct secret secret = secret_new(len);
    if (len > 0) {
        memcpy(secret.data, source, len);
        sodium_memzero(source, len);
    }
    return secret;
}

void secret_free(struct secret *secret)
{
    if (secret->data) sodium_free(secret->data);
    *secret = (struct secret){0};
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return a->len == b->len && (a->len == 0 || sodium_memcmp(a->data, b->data, a->len) == 0);
}

/* sodium_malloc asks for its pages to be locked and does not say whether they are. */
static bool may_lock(void)
{
    enum { TRIAL = 256 << 10 }; /* several times what a program that serves has locked */
    void *trial = mmap(NULL, TRIAL, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (trial == MAP_FAILED) return false;
    bool locked = mlock(trial, TRIAL) == 0;
    (void)munmap(trial, TRIAL);
    return locked;
}

void secret_setup(void)
{
    REQUIRE(sodium_init() >= 0);
    /* What libraries free without wiping it (TLS its last records, above all) is overwritten by
     * the allocator, but for blocks of up to a kilobyte. */
    (void)mallopt(M_PERTURB, FREED_BYTE);
    if (!may_lock()) {
        log_warn("memory_not_locked", "reason=%s",
                 "secrets may reach the swap space: raise RLIMIT_MEMLOCK (LimitMEMLOCK=, "
                 "ulimit -l) to 1 MiB, or use no swap space that is not encrypted");
    }
    if (getenv("HEARTH_ALLOW_CORES")) return;
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        log_warn("cores_not_off", "reason=%s", strerror(errno));
    }
}

/* Byte by byte, so that nothing after the newline is taken from a shared descriptor. */
static bool read_line(int fd, bool terminal, struct secret *out, struct err *err)
{
    struct secret line = secret_new(PASSPHRASE_MAX);
    size_t len = 0;
    for (;;) {
        uint8_t byte = 0;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            int reason = errno;
            secret_free(&line);
            return err_set_errno(err, reason, "passphrase", "cannot read the passphrase");
        }
        if (got == 0 || byte == '\n') break;
        if (terminal && byte == CONTROL_C) {
            secret_free(&line);
            return err_set(err, ERR_INVALID, "passphrase", "not given");
        }
        if (len == PASSPHRASE_MAX) {
            secret_free(&line);
            return err_set(err, ERR_INVALID, "passphrase", "longer than %d bytes", PASSPHRASE_MAX);
        }
        line.data[len++] = byte;
    }
    if (len == 0) {
        secret_free(&line);
        return err_set(err, ERR_INVALID, "passphrase", "empty: give one line of 1 to %d bytes",
                       PASSPHRASE_MAX);
    }
    *out = secret_take(line.data, len);
    secret_free(&line);
    return true;
}

static bool read_terminal(const char *prompt, struct secret *out, struct err *err)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        return err_set_errno(err, errno, "passphrase",
                             "no terminal to ask on; give --passphrase-fd");
    }
    struct termios before;
    bool quiet = tcgetattr(tty, &before) == 0;
    if (quiet) {
        struct termios silent = before;
        /* No signals either: one that ends the program would leave the terminal without echo. */
        silent.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
        quiet = tcsetattr(tty, TCSAFLUSH, &silent) == 0;
    }
    bool shown = write(tty, prompt, strlen(prompt)) >= 0;
    bool ok = shown ? read_line(tty, true, out, err)
                    : err_set_errno(err, errno, "passphrase", "cannot write to the terminal");
    if (quiet) (void)tcsetattr(tty, TCSAFLUSH, &before);
    ssize_t newline = write(tty, "\n", 1);
    (void)newline; /* only for looks */
    (void)close(tty);
    return ok;
}

/* What the service manager holds for this program (systemd.exec(5), "Credentials"): the environment
 * names the directory, and only the file in it is secret. -1 where there is none. */
static int open_credential(void)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    if (!directory || directory[0] != '/') return -1;
    char *path = mem_format("%s/passphrase", directory);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
    free(path);
    return fd;
}

bool secret_read_passphrase(int fd, const char *prompt, struct secret *out, struct err *err)
{
    if (fd >= 0) return read_line(fd, false, out, err);
    int credential = open_credential();
    if (credential < 0) return read_terminal(prompt, out, err);
    bool ok = read_line(credential, false, out, err);
    (void)close(credential);
    return ok;
}

bool secret_has_credential(void)
{
    int credential = open_credential();
    if (credential >= 0) (void)close(credential);
    return credential >= 0;
}
