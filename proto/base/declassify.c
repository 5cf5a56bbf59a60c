/* SPDX-License-Identifier: Apache-2.0
 * Alone in its file, so that a test can bring its own. */
#include "proto/base/declassify.h"

void declassify(const void *data, size_t len)
{
    (void)data;
    (void)len;
}
