/* SPDX-License-Identifier: Apache-2.0
 * Who has a store open: a file beside LMDB's, locked shared by everybody and exclusively by who
 * rewrites.
 *
 * The locks are those of open file descriptions (fcntl F_OFD_*): the kernel lets go of them however
 * a process ends, and, other than flock, it turns shared into exclusive and back in one step, so
 * that a failed attempt keeps the shared lock. LMDB's own lock on lock.mdb cannot serve: it belongs
 * to the process, and is renewed with the file that is replaced.
 */
#include "proto/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"

#define LOCK_FILE "open.lock"
enum { PAUSE_MS = 10 };

static int set_lock(int fd, int command, int type)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET};
    int code = 0;
    do {
        code = fcntl(fd, command, &lock) == 0 ? 0 : errno;
    } while (code == EINTR);
    return code;
}

static int open_lock(struct store *store)
{
    if (store->lock_fd >= 0) return 0;
    char *path = file_join(store->path, LOCK_FILE);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int code = store->lock_fd < 0 ? errno : 0;
    free(path);
    return code;
}

static bool fail(const struct store *store, int code, struct err *err)
{
    return code == 0 || err_set_errno(err, code, NULL, "cannot lock %s/%s", store->path, LOCK_FILE);
}

bool store_lock_shared(struct store *store, struct err *err)
{
    int code = open_lock(store);
    if (code == 0) code = set_lock(store->lock_fd, F_OFD_SETLKW, F_RDLCK);
    return fail(store, code, err);
}

bool store_lock_shared_within(struct store *store, int64_t wait_ms, struct err *err)
{
    int64_t until = clock_steady_ms() + wait_ms;
    int code = open_lock(store);
    if (code == 0) code = set_lock(store->lock_fd, F_OFD_SETLK, F_RDLCK);
    while ((code == EAGAIN || code == EACCES) && clock_steady_ms() < until) {
        (void)poll(NULL, 0, PAUSE_MS);
        code = set_lock(store->lock_fd, F_OFD_SETLK, F_RDLCK);
    }
    if (code != EAGAIN && code != EACCES) return fail(store, code, err);
    return err_set(err, ERR_UNAVAILABLE, NULL,
                   "another process has kept the store to itself for %lld s: try again",
                   (long long)wait_ms / 1000);
}

bool store_lock_alone(struct store *store, bool *alone, struct err *err)
{
    int code = set_lock(store->lock_fd, F_OFD_SETLK, F_WRLCK);
    *alone = code == 0;
    return code == 0 || code == EAGAIN || code == EACCES ||
           err_set_errno(err, code, NULL, "cannot lock the store");
}

void store_lock_share(struct store *store)
{
    /* Where the kernel has no memory for it the lock stays exclusive, and others wait. */
    (void)set_lock(store->lock_fd, F_OFD_SETLK, F_RDLCK);
}

void store_lock_release(struct store *store)
{
    (void)set_lock(store->lock_fd, F_OFD_SETLK, F_UNLCK);
}

bool store_is_open(const char *path)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char *file = file_join(path, LOCK_FILE);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    free(file);
    if (fd < 0) return false;
    bool held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    (void)close(fd);
    return held;
}
