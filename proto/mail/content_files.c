/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/mail/content_files.h"

#include <string.h>

#include "proto/base/file.h"

static bool attach_file(struct content *content, const char *path, struct err *err)
{
    struct buf data = {0};
    const char *slash = strrchr(path, '/');
    bool ok = file_read(path, ATTACHMENTS_BYTES_MAX, &data, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "attachments");
    } else {
        ok = content_attach(content, slash ? slash + 1 : path, data.data, data.len, err);
    }
    buf_wipe(&data);
    return ok;
}

bool content_files_add(struct content_files *files, const char *path)
{
    if (files->attach_count == ATTACHMENTS_MAX) return false;
    files->attach[files->attach_count++] = path;
    return true;
}

static bool read_text(const char *path, struct content *content, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, 2 * CONTENT_TEXT_MAX, &text, err); /* CRLF becomes LF */
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "text");
    } else {
        ok = content_set_text(content, text.data, text.len, err);
    }
    if (ok && !content->text) ok = err_set(err, ERR_INVALID, "text", "%s is empty", path);
    buf_wipe(&text);
    return ok;
}

bool content_files_read(const struct content_files *files, struct content *content, struct err *err)
{
    bool ok = !files->text || read_text(files->text, content, err);
    for (size_t i = 0; ok && i < files->attach_count; i++) {
        ok = attach_file(content, files->attach[i], err);
    }
    return ok;
}
