/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/place.h"

bool place_locate(const char *text, struct gazetteer *gazetteer, struct place *out, struct err *err)
{
    struct grid_point at;
    (void)gazetteer;
    if (!grid_locate(text, &at, err)) return false;
    *out = (struct place){.at = at};
    return true;
}
