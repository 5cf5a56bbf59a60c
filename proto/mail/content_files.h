/* SPDX-License-Identifier: Apache-2.0
 * What goes along with a message from the disk of its sender: a text and attachments.
 */
#ifndef HEARTH_MAIL_CONTENT_FILES_H
#define HEARTH_MAIL_CONTENT_FILES_H

#include "proto/mail/content.h"

/* Puts a text file ("-": standard input) and files to attach into a content, the latter under their
 * names without directories. text_path may be NULL, attach_count 0. ERR_INVALID with field "text"
 * or "attachments": a file that cannot be read, or what content_set_text and content_attach refuse;
 * what was put in before stays (content_wipe). */
MUST_CHECK bool content_read_files(struct content *content, const char *text_path,
                                   const char *const *attach, size_t attach_count, struct err *err);

#endif
