/* SPDX-License-Identifier: Apache-2.0
 * What a command does not need is taken from its process before it reads a byte of input: system
 * calls by seccomp, files by Landlock (docs/confinement.md). Neither can be given back.
 */
#ifndef HEARTH_BASE_CONFINE_H
#define HEARTH_BASE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/* What a command needs; one of the first three at least. */
enum confine_needs {
    CONFINE_OFFLINE = 1, /* no sockets at all */
    CONFINE_DIALS = 2,   /* connections to others, and host names */
    CONFINE_SERVES = 4,  /* connections of others */
    /* The files that it is given may name files beside them or below, to be read too. */
    CONFINE_READS_BESIDE = 8
};

enum { CONFINE_HOMES = 3 };

struct confine_rights {
    unsigned needs; /* of enum confine_needs */
    /* Which arguments name files that are written, separated by spaces: names of options, short
     * ("o") or long ("out"), "*" for any argument that belongs to no option, "+" where that names a
     * directory to be made, "." for the working directory itself; "home": the home directory may
     * have to be made. NULL: none. */
    const char *writes;
    /* Directories that are used where the command line names none: absolute, or below $HOME; the
     * rest NULL. */
    const char *homes[CONFINE_HOMES];
};

/* For the main thread before others start. Files: those that `argv` names may be read, and its
 * directories used with all that is below them (and what symbolic links directly in them lead to);
 * `writes` says what else may be written; the system's own files may be read. System calls: those
 * that docs/confinement.md lists. Where the kernel lacks Landlock, files are left alone; where it
 * lacks seccomp, that is logged. */
void confine_start(const struct confine_rights *rights, int argc, char **argv);

/* For a program that serves, once it listens, from any thread and for all of them: it cannot listen
 * again, nor, unless it `dials`, connect to anything or load code from a file. A failure is logged.
 */
void confine_settle(bool dials);

/* ---- the two halves, for tests and confine_start ---- */
/* False, and logged, where the kernel refuses. */
bool confine_calls(unsigned needs);
/* False where there is no Landlock. */
bool confine_files(const struct confine_rights *rights, int argc, char **argv);

#endif
