/* SPDX-License-Identifier: Apache-2.0
 * Files, by Landlock. Whoever wrote the command line is trusted, what its files hold is not: so
 * what it names is what may be used.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proto/base/confine.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/sanitized.h"

/* Newer than Debian 12's headers. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

static const uint64_t READ = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t WRITE =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_IOCTL_DEV;
/* New files in a directory, and over old ones, but not what the old ones hold. */
static const uint64_t PUT = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                            LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                            LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE;
static const uint64_t USE =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |
    LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;
/* What a rule for something that is no directory may hold. */
static const uint64_t OF_FILES = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                 LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |
                                 LANDLOCK_ACCESS_FS_IOCTL_DEV;

struct ruleset {
    int fd;
    uint64_t handled;
    const struct confine_rights *rights;
};

/* How an argument is named: by one letter, by a word of which argp takes the beginning too, or by
 * nothing ("*"). */
enum naming { LETTER, WORD };

static void allow(const struct ruleset *ruleset, const char *path, uint64_t access)
{
    struct stat stat;
    struct landlock_path_beneath_attr rule = {.allowed_access = access & ruleset->handled};
    rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0) return; /* what is not there is told by who opens it */
    if (fstat(rule.parent_fd, &stat) == 0) {
        if (!S_ISDIR(stat.st_mode)) rule.allowed_access &= OF_FILES;
        /* Pipes are refused here, and are free of rules. */
        (void)syscall(SYS_landlock_add_rule, ruleset->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    (void)close(rule.parent_fd);
}

static bool is_directory(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* With what links in it lead to: a gazetteer is often shared by several homes. */
static void allow_directory(const struct ruleset *ruleset, const char *path)
{
    const struct dirent *entry = NULL;
    allow(ruleset, path, USE);
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory))) {
        if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) continue;
        char *link = file_join(path, entry->d_name);
        allow(ruleset, link, USE);
        free(link);
    }
    if (directory) (void)closedir(directory);
}

/* The directory that `path` is or will be in: the nearest that there is. */
static void allow_around(const struct ruleset *ruleset, const char *path, uint64_t access)
{
    char *directory = file_directory(path);
    while (!is_directory(directory) && strcmp(directory, "/") != 0 && strcmp(directory, ".") != 0) {
        char *above = file_directory(directory);
        free(directory);
        directory = above;
    }
    allow(ruleset, directory, access);
    free(directory);
}

/* ---- the command line ---- */

static bool is_written(const struct ruleset *ruleset, enum naming naming, const char *name,
                       size_t len)
{
    const char *word = ruleset->rights->writes;
    while (word && *word) {
        size_t length = strcspn(word, " ");
        bool fits = naming == WORD ? len <= length : len == length;
        if (fits && strncmp(word, name, len) == 0) return true;
        word += length;
        word += strspn(word, " ");
    }
    return false;
}

static void allow_named(const struct ruleset *ruleset, const char *path, bool written)
{
    if (!*path) return;
    if (is_directory(path)) {
        allow_directory(ruleset, path);
        return;
    }
    bool is_input = strcmp(path, "-") == 0; /* beside which is the working directory */
    allow(ruleset, path, LANDLOCK_ACCESS_FS_READ_FILE);
    if (written) allow_around(ruleset, path, PUT);
    if ((ruleset->rights->needs & CONFINE_READS_BESIDE) && (is_input || file_exists(path))) {
        allow_around(ruleset, path, READ);
    }
}

static void allow_home(const struct ruleset *ruleset, const char *path)
{
    if (!*path) return;
    if (!is_directory(path) && is_written(ruleset, WORD, "home", 4)) {
        allow_around(ruleset, path, USE);
    } else {
        allow_named(ruleset, path, false);
    }
}

/* "--name=value", or "--name" and the next word. */
static void allow_long(const struct ruleset *ruleset, const char *word, const char *next)
{
    const char *name = word + 2, *end = strchrnul(name, '=');
    size_t len = (size_t)(end - name);
    const char *value = *end ? end + 1 : next;
    if (!value || len == 0) return;
    if (strncmp("home", name, len) == 0) {
        allow_home(ruleset, value);
    } else {
        allow_named(ruleset, value, is_written(ruleset, WORD, name, len));
    }
}

/* "-abcVALUE", or "-abc" and the next word: every letter may be the one that takes it. */
static void allow_short(const struct ruleset *ruleset, const char *word, const char *next)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const char *value = letter[1] ? letter + 1 : next;
        if (!value) continue;
        if (*letter == 'C') {
            allow_home(ruleset, value);
        } else {
            allow_named(ruleset, value, is_written(ruleset, LETTER, letter, 1));
        }
    }
}

static void allow_arguments(const struct ruleset *ruleset, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (strncmp(word, "--", 2) == 0) {
            allow_long(ruleset, word, next);
        } else if (word[0] == '-' && word[1]) { /* "-" alone is standard input */
            allow_short(ruleset, word, next);
        } else {
            allow_named(ruleset, word, is_written(ruleset, LETTER, "*", 1));
            if (is_written(ruleset, LETTER, "+", 1)) allow_around(ruleset, word, USE);
        }
    }
    if (is_written(ruleset, LETTER, ".", 1)) allow(ruleset, ".", PUT);
}

/* ---- the system ---- */

static bool names_home(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-C", 2) == 0 || strncmp(argv[i], "--home", 6) == 0) return true;
    }
    return false;
}

static void allow_homes(const struct ruleset *ruleset)
{
    const char *user = getenv("HOME");
    for (size_t i = 0; i < CONFINE_HOMES && ruleset->rights->homes[i]; i++) {
        const char *home = ruleset->rights->homes[i];
        char *path = *home == '/' ? mem_string(home) : file_join(user ? user : ".", home);
        allow_home(ruleset, path);
        free(path);
    }
}

/* A sanitizer's reports name functions, and go to a file that is made with the first of them. */
static void allow_reports(const struct ruleset *ruleset)
{
    static const char *const options[] = {"ASAN_OPTIONS", "TSAN_OPTIONS"}, key[] = "log_path=";
    allow(ruleset, "/proc/self/exe", READ);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        const char *text = getenv(options[i]), *found = text ? strstr(text, key) : NULL;
        if (!found) continue;
        const char *path = found + strlen(key);
        char *copy = mem_format("%.*s", (int)strcspn(path, ": "), path);
        allow_around(ruleset, copy, PUT);
        free(copy);
    }
}

/* Directories, not the files: these are replaced while a program runs. */
static void allow_system(const struct ruleset *ruleset)
{
    static const char *const read[] = {"/usr", "/lib", "/lib64", "/proc/self",
                                       "/sys/devices/system/cpu"};
    static const char *const offline[] = {"/etc/ld.so.cache", "/etc/localtime", "/etc/ssl"};
    static const char *const dialling[] = {"/etc", "/run/systemd/resolve", "/run/resolvconf",
                                           "/run/NetworkManager"};
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/tty", "/dev/random",
                                          "/dev/urandom"};
    static const char *const named[] = {"CREDENTIALS_DIRECTORY", "PROJ_DATA", "PROJ_LIB"};
    bool is_offline = ruleset->rights->needs & CONFINE_OFFLINE;
#define ALLOW_ALL(list, access)                                                                    \
    for (size_t i = 0; i < sizeof(list) / sizeof(list)[0]; i++) allow(ruleset, (list)[i], access)
    ALLOW_ALL(read, READ);
    ALLOW_ALL(devices, READ | WRITE);
    if (is_offline) {
        ALLOW_ALL(offline, READ);
    } else {
        ALLOW_ALL(dialling, READ);
    }
    if (SANITIZED) allow_reports(ruleset);
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        const char *path = getenv(named[i]);
        if (path) allow(ruleset, path, READ);
    }
}

/* All that the kernel's version can deny. */
static uint64_t known_rights(long version)
{
    uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3) rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 5) rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return rights;
}

bool confine_files(const struct confine_rights *rights, int argc, char **argv)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return false;
    struct ruleset ruleset = {.handled = known_rights(version), .rights = rights};
    const struct landlock_ruleset_attr attr = {.handled_access_fs = ruleset.handled};
    ruleset.fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset.fd < 0) return false;
    allow_system(&ruleset);
    if (!names_home(argc, argv)) allow_homes(&ruleset);
    allow_arguments(&ruleset, argc, argv);
    bool done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
                syscall(SYS_landlock_restrict_self, ruleset.fd, 0) == 0;
    (void)close(ruleset.fd);
    return done;
}
