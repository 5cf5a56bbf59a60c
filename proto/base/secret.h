/* SPDX-License-Identifier: Apache-2.0
 * The one type for secrets: guarded pages (sodium_malloc), kept out of cores and swap, wiped on
 * free, compared in constant time, and without a way to print it.
 */
#ifndef HEARTH_BASE_SECRET_H
#define HEARTH_BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/err.h"

struct secret {
    uint8_t *data; /* guarded memory of `len` bytes; NULL after secret_free */
    size_t len;
};

/* A zeroed secret of `len` bytes. Aborts when guarded memory cannot be had. */
struct secret secret_new(size_t len);
/* A secret of `len` random bytes. */
struct secret secret_random(size_t len);
/* Moves `len` bytes into a secret and wipes the source. */
struct secret secret_take(void *source, size_t len);
/* Wipes and frees; safe on an empty secret, which it leaves behind. */
void secret_free(struct secret *secret);
/* Constant time in the content; the lengths are public. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Start of every program that holds secrets: initialises libsodium, turns core dumps and ptrace off
 * (prctl PR_SET_DUMPABLE 0, RLIMIT_CORE 0; skipped where HEARTH_ALLOW_CORES is set, which the
 * memory tests use to look for leaks), and warns in the log where memory cannot be locked against
 * swapping. Aborts when libsodium cannot start. */
void secret_setup(void);

/* Reads one line (without its newline, at most 1024 bytes) as a passphrase: from descriptor `fd`
 * if fd >= 0, else from $CREDENTIALS_DIRECTORY/passphrase where a service manager put one there,
 * else from the controlling terminal with echo off after writing `prompt` there. Never from
 * argv or what the environment says. ERR_INVALID: empty or too long; ERR_IO: no terminal. */
MUST_CHECK bool secret_read_passphrase(int fd, const char *prompt, struct secret *out,
                                       struct err *err);
/* Whether there is such a credential. */
bool secret_has_credential(void);

#endif
