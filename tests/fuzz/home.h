/* SPDX-License-Identifier: Apache-2.0
 * A directory for targets whose decoder reads a file: made once, gone at the exit.
 */
#ifndef TESTS_FUZZ_HOME_H
#define TESTS_FUZZ_HOME_H

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

static inline const char *fuzz_home(void);

static inline void fuzz_home_remove(void)
{
    support_temp_dir_remove(mem_string(fuzz_home()));
}

static inline const char *fuzz_home(void)
{
    static char *dir;
    if (dir) return dir;
    REQUIRE(sodium_init() >= 0);
    dir = support_temp_dir();
    REQUIRE(atexit(fuzz_home_remove) == 0);
    return dir;
}

/* The path of a file inside with these bytes; free(). */
static inline char *fuzz_home_file(const char *name, const void *data, size_t len)
{
    char *path = file_join(fuzz_home(), name);
    FILE *file = fopen(path, "wb");
    REQUIRE(file && fwrite(data, 1, len, file) == len && fclose(file) == 0);
    return path;
}

#endif
