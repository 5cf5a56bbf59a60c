/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/areas.h"

#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"

bool areas_read(const char *home, struct geography *out, struct err *err)
{
    char *path = file_join(home, HOME_AREAS);
    struct buf bytes = {0};
    bool ok = file_read(path, GEOGRAPHY_BYTES_MAX, &bytes, err);
    if (!ok && err->code == ERR_NOT_FOUND) {
        (void)err_set(err, ERR_NOT_FOUND, HOME_AREAS,
                      "there are none yet; 'hearth hub areas FILE' draws them up from boundaries");
    } else if (ok && !(ok = geography_decode(bytes.data, bytes.len, out, err))) {
        struct err why = *err;
        (void)err_set(err, ERR_CORRUPT, HOME_AREAS, "%s cannot be read: %s: %s", path, why.field,
                      why.text);
    }
    buf_free(&bytes);
    free(path);
    return ok;
}

bool areas_write(const char *home, const struct geography *geography, struct err *err)
{
    char *path = file_join(home, HOME_AREAS);
    struct buf bytes = {0};
    geography_encode(geography, &bytes);
    bool ok = file_write(path, bytes.data, bytes.len, 0600, err);
    buf_free(&bytes);
    free(path);
    return ok;
}

void areas_count(struct areas_drawn *drawn)
{
    memset(drawn->cells, 0, sizeof drawn->cells);
    for (size_t cell = 0; cell < CELLS; cell++) {
        uint16_t owner = drawn->geography.cells[cell];
        if (owner != AREA_NONE) drawn->cells[owner]++;
    }
}
