/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/status_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <jansson.h>

#include "proto/base/file.h"
#include "proto/base/text.h"

enum { STATUS_MAX = 64 * 1024, LOCK_TRIES = 20, LOCK_PAUSE_MS = 25 };

bool status_file_write(const char *home, const struct status_file *status, struct err *err)
{
    json_t *object =
        json_pack("{s:s,s:I,s:b,s:I}", "id", status->id, "pid", (json_int_t)status->pid, "attached",
                  status->attached, "carers", (json_int_t)status->carers);
    REQUIRE(object != NULL);
    char *text = json_dumps(object, JSON_COMPACT);
    REQUIRE(text != NULL);
    char *path = file_join(home, HOME_STATUS);
    bool ok = file_write(path, text, strlen(text), 0600, err);
    free(path);
    free(text);
    json_decref(object);
    return ok;
}

static bool parse(const struct buf *text, struct status_file *out, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb((const char *)text->data, text->len, 0, &why);
    const char *id = NULL;
    json_int_t pid = 0;
    json_int_t carers = 0;
    int attached = 0;
    bool ok = root && json_unpack_ex(root, &why, 0, "{s:s,s:I,s:b,s:I}", "id", &id, "pid", &pid,
                                     "attached", &attached, "carers", &carers) == 0;
    if (ok && text_is_id(id)) {
        *out =
            (struct status_file){.pid = pid, .attached = attached != 0, .carers = (uint64_t)carers};
        memcpy(out->id, id, strlen(id) + 1);
    } else {
        ok = err_set(err, ERR_INVALID, HOME_STATUS, "%s", ok ? "no organisation id" : why.text);
    }
    json_decref(root);
    return ok;
}

bool status_file_read(const char *home, struct status_file *out, struct err *err)
{
    struct buf text = {0};
    char *path = file_join(home, HOME_STATUS);
    bool ok = file_read(path, STATUS_MAX, &text, err) && parse(&text, out, err);
    free(path);
    buf_free(&text);
    return ok;
}

bool status_file_lock(const char *home, int *fd, struct err *err)
{
    char *path = file_join(home, HOME_LOCK);
    int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (opened < 0) {
        (void)err_set_errno(err, errno, "", "cannot open %s", path);
        free(path);
        return false;
    }
    bool held = flock(opened, LOCK_EX | LOCK_NB) == 0;
    /* `status` holds the lock for an instant when it looks: that is not another server. */
    for (int i = 0; !held && i < LOCK_TRIES; i++) {
        (void)poll(NULL, 0, LOCK_PAUSE_MS);
        held = flock(opened, LOCK_EX | LOCK_NB) == 0;
    }
    if (held) {
        *fd = opened;
    } else {
        (void)close(opened);
        (void)err_set(err, ERR_EXISTS, "", "another serve is running with %s", home);
    }
    free(path);
    return held;
}

bool status_file_locked(const char *home)
{
    char *path = file_join(home, HOME_LOCK);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    free(path);
    if (fd < 0) return false;
    bool locked = flock(fd, LOCK_SH | LOCK_NB) != 0;
    (void)close(fd);
    return locked;
}
