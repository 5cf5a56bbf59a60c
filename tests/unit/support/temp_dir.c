/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/support/temp_dir.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/err.h"
#include "proto/base/mem.h"

char *support_temp_dir(void)
{
    const char *base = getenv("TMPDIR");
    char *path = mem_format("%s/hearth-test-XXXXXX", base && *base ? base : "/tmp");
    char *made = mkdtemp(path);
    REQUIRE(made != NULL);
    return made;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

void support_temp_dir_remove(char *dir)
{
    int failed = nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    REQUIRE(failed == 0);
    free(dir);
}

size_t support_count_files(const char *dir)
{
    DIR *open = opendir(dir);
    REQUIRE(open != NULL);
    size_t count = 0;
    for (struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) count++;
    }
    (void)closedir(open);
    return count;
}
