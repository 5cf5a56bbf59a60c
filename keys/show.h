/* SPDX-License-Identifier: Apache-2.0
 * What any file of keys/ says, without a passphrase and never with a secret.
 */
#ifndef HEARTH_KEYS_SHOW_H
#define HEARTH_KEYS_SHOW_H

#include "keys/facts.h"

/* Adds "file", "kind" and the facts of the file; *title: one sentence on what it is (constant
 * text). With `root` certificates and revocation lists are checked against it, NULL: they are not,
 * and the facts say so. */
MUST_CHECK bool show_file(const char *path, const struct authority_root *root, int64_t now_ms,
                          struct facts *facts, const char **title, struct err *err);

#endif
