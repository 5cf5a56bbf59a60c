/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/json_file.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"

bool json_create_file(const char *path, json_t *object, struct err *err)
{
    REQUIRE(object);
    char *text = json_dumps(object, JSON_INDENT(2));
    REQUIRE(text);
    bool ok = file_create(path, text, strlen(text), 0600, err);
    free(text);
    json_decref(object);
    return ok;
}
