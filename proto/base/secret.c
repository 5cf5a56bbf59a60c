/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

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

void secret_setup(void)
{
    REQUIRE(sodium_init() >= 0);
    /* What libraries free without wiping it (TLS its last records, above all) is overwritten by
     * the allocator, but for blocks of up to a kilobyte. */
    (void)mallopt(M_PERTURB, FREED_BYTE);
    if (getenv("HEARTH_ALLOW_CORES")) return;
    struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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

bool secret_read_passphrase(int fd, const char *prompt, struct secret *out, struct err *err)
{
    return fd >= 0 ? read_line(fd, false, out, err) : read_terminal(prompt, out, err);
}
