/* SPDX-License-Identifier: Apache-2.0
 * What the listing and the reading of ZIP files share.
 */
#ifndef HEARTH_DOMAIN_GAZETTEER_ZIP_H
#define HEARTH_DOMAIN_GAZETTEER_ZIP_H

#include <zip.h>

#include "proto/base/err.h"

/* The file's name without its folders; points into `path`. */
const char *gazetteer_last_part(const char *path);
/* Opens a ZIP file for reading; NULL with ERR_CORRUPT where it is none. The caller zip_discards it.
 */
zip_t *gazetteer_zip_open(const char *path, struct err *err);

#endif
