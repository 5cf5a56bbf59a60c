/* SPDX-License-Identifier: Apache-2.0
 * Text inside SVG.
 */
#ifndef HEARTH_CLIENT_SVG_H
#define HEARTH_CLIENT_SVG_H

#include "proto/base/buf.h"

/* Appends UTF-8 text as XML character data, fit for attribute values too: what XML gives a meaning
 * becomes an entity, what XML 1.0 does not allow becomes '?'. */
void svg_text(struct buf *out, const char *text);

#endif
