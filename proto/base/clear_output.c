/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/clear_output.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/json_wipe.h"

bool clear_output_is_file(const char *path)
{
    return path && strcmp(path, "-") != 0;
}

bool clear_output(const char *path, const struct buf *text, struct err *err)
{
    if (clear_output_is_file(path)) return file_create(path, text->data, text->len, 0600, err);
    /* Not through a buffered stream, which would keep a copy. */
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    return fwrite(text->data, 1, text->len, stdout) == text->len ||
           err_set(err, ERR_IO, "", "cannot write to standard output");
}

bool clear_output_json(const char *path, const json_t *object, struct err *err)
{
    struct buf text = {0};
    json_append(object, JSON_COMPACT, &text);
    buf_u8(&text, '\n');
    bool ok = clear_output(path, &text, err);
    buf_wipe(&text);
    return ok;
}
