/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/status_file.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "proto/base/file.h"
#include "proto/base/lock.h"
#include "proto/base/text.h"

enum { STATUS_MAX = 64 * 1024 };

bool status_file_write(const char *home, const struct status_file *status, struct err *err)
{
    json_t *object = json_pack("{s:s,s:I,s:b,s:I,s:I}", "id", status->id, "pid",
                               (json_int_t)status->pid, "attached", status->attached, "carers",
                               (json_int_t)status->carers, "unread", (json_int_t)status->unread);
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
    json_int_t unread = 0;
    int attached = 0;
    bool ok =
        root && json_unpack_ex(root, &why, 0, "{s:s,s:I,s:b,s:I,s?I}", "id", &id, "pid", &pid,
                               "attached", &attached, "carers", &carers, "unread", &unread) == 0;
    if (ok && text_is_id(id)) {
        *out = (struct status_file){.pid = pid,
                                    .attached = attached != 0,
                                    .carers = (uint64_t)carers,
                                    .unread = (uint64_t)unread};
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
    bool ok = lock_take(path, fd, err);
    free(path);
    return ok;
}

bool status_file_locked(const char *home)
{
    char *path = file_join(home, HOME_LOCK);
    bool locked = lock_is_taken(path);
    free(path);
    return locked;
}
