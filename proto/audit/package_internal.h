/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/audit: what the files around a package share.
 */
#ifndef HEARTH_AUDIT_PACKAGE_INTERNAL_H
#define HEARTH_AUDIT_PACKAGE_INTERNAL_H

#include "proto/audit/package.h"

/* Bytes of any signed body in a package. */
enum { PACKAGE_SIGNED_MAX = 256 * 1024 };

/* The text of a resolved request as an object, a new reference; NULL where it is none. */
json_t *package_request_load(const struct buf *text);
/* Appends the object's text, so that it is read back to the same numbers. */
void package_dump(const json_t *object, struct buf *out);

/* That the chain leads from an entry of this query to the head that the result carries. */
MUST_CHECK bool package_check_chain(const struct package_parts *parts, const json_t *chain,
                                    struct package_report *report, struct err *err);

#endif
