/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

bool lock_directory(const char *dir, int *fd, struct err *err)
{
    int made = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int reason = errno;
    while (made >= 0 && flock(made, LOCK_EX) != 0) {
        reason = errno;
        if (reason == EINTR) continue;
        (void)close(made);
        made = -1;
    }
    if (made < 0) {
        (void)err_set_errno(err, reason, "", "cannot open the directory %s", dir);
        if (reason == ENOENT) err->code = ERR_NOT_FOUND;
        return false;
    }
    *fd = made;
    return true;
}
