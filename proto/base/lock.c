/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

enum { LOCK_TRIES = 20, LOCK_PAUSE_MS = 25 };

bool lock_take(const char *path, int *fd, struct err *err)
{
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0) return err_set_errno(err, errno, "", "cannot open %s", path);
    bool held = flock(opened, LOCK_EX | LOCK_NB) == 0;
    /* lock_is_taken holds the lock for an instant when it looks: that is nobody at work. */
    for (int i = 0; !held && i < LOCK_TRIES; i++) {
        (void)poll(NULL, 0, LOCK_PAUSE_MS);
        held = flock(opened, LOCK_EX | LOCK_NB) == 0;
    }
    if (!held) {
        (void)close(opened);
        return err_set(err, ERR_EXISTS, "", "another process is at work here: it holds %s", path);
    }
    *fd = opened;
    return true;
}

bool lock_is_taken(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool taken = flock(fd, LOCK_SH | LOCK_NB) != 0;
    (void)close(fd);
    return taken;
}
