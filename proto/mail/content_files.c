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

bool content_read_files(struct content *content, const char *text_path, const char *const *attach,
                        size_t attach_count, struct err *err)
{
    struct buf text = {0};
    bool ok = !text_path || file_read(text_path, 2 * CONTENT_TEXT_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "text");
    }
    ok = ok && (!text_path || content_set_text(content, text.data, text.len, err));
    buf_wipe(&text);
    for (size_t i = 0; ok && i < attach_count; i++) ok = attach_file(content, attach[i], err);
    return ok;
}
