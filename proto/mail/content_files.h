/* SPDX-License-Identifier: Apache-2.0
 * What goes along with a message from the disk of its sender: a text and attachments.
 */
#ifndef HEARTH_MAIL_CONTENT_FILES_H
#define HEARTH_MAIL_CONTENT_FILES_H

#include "proto/mail/content.h"

/* Paths as a command line gives them. */
struct content_files {
    const char *text; /* "-": standard input; or NULL */
    const char *attach[ATTACHMENTS_MAX];
    size_t attach_count;
};
/* Adds one to attach; false where there are ATTACHMENTS_MAX already. */
MUST_CHECK bool content_files_add(struct content_files *files, const char *path);
/* Puts them into a content, attachments under their names without directories. ERR_INVALID with
 * field "text" or "attachments": a file that cannot be read, a text with nothing in it, or what
 * content_set_text and content_attach refuse; what was put in before stays (content_wipe). */
MUST_CHECK bool content_files_read(const struct content_files *files, struct content *content,
                                   struct err *err);

#endif
