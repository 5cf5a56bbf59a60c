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
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/file.h"

#define LOCK_FILE "open.lock"

static int set_lock(int fd, int command, int type)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET};
    int code = 0;
    do {
        code = fcntl(fd, command, &lock) == 0 ? 0 : errno;
    } while (code == EINTR);
    return code;
}

bool store_lock_shared(struct store *store, struct err *err)
{
    char *path = file_join(store->path, LOCK_FILE);
    store->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int code = store->lock_fd < 0 ? errno : set_lock(store->lock_fd, F_OFD_SETLKW, F_RDLCK);
    bool ok = code == 0 || err_set_errno(err, code, NULL, "cannot lock %s", path);
    free(path);
    return ok;
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
