/* SPDX-License-Identifier: Apache-2.0 */
#include "client/request_file.h"

#include "proto/base/file.h"

bool request_file_read(const char *path, struct request *out, struct err *err)
{
    struct buf text = {0};
    bool ok = file_read(path, REQUEST_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "request");
    } else {
        ok = request_parse(text.data, text.len, catalogue_get(CATALOGUE_VERSION), out, err);
    }
    buf_wipe(&text);
    return ok;
}
