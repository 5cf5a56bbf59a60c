/* SPDX-License-Identifier: Apache-2.0
 * From the store into memory.
 */
#include "client/hub/shelf.h"

static bool add_each(const struct release *release, void *ctx, struct err *err)
{
    (void)err;
    shelf_add(ctx, release);
    return true;
}

bool shelf_read(struct collection *collection, struct shelf *out, struct err *err)
{
    struct shelf shelf = {0};
    if (!collection_each_release(collection, add_each, &shelf, err)) {
        shelf_free(&shelf);
        return false;
    }
    *out = shelf;
    return true;
}
