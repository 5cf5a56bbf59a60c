/* SPDX-License-Identifier: Apache-2.0
 * A thread read out: everything that was said in it.
 */
#ifndef HEARTH_CLIENT_THREAD_SHOW_H
#define HEARTH_CLIENT_THREAD_SHOW_H

#include <stdio.h>

#include "client/selection.h"

/* Shows all messages of the thread, oldest first. ERR_CORRUPT: the stores. */
MUST_CHECK bool thread_show_words(FILE *out, const struct view *view, const struct thread *thread,
                                  struct err *err);
/* The same as {"thread":...,"said":[{"number","from","at","kind","answer"?,"reason"?,"stage"?,
 * "state"?,"text"?,"attachments":[{"name","bytes"}]}]}; a new reference in *out. */
MUST_CHECK bool thread_show_json(const struct view *view, const struct thread *thread, json_t **out,
                                 struct err *err);
/* Writes the attachments that came into `directory`, which is made where it is missing, each as
 * NUMBER-NAME (the message's number) with mode 0600, never over a file: ERR_EXISTS. *saved: how
 * many. */
MUST_CHECK bool thread_save(const struct view *view, const struct thread *thread,
                            const char *directory, size_t *saved, struct err *err);
/* All that came counts as shown from now on. */
MUST_CHECK bool thread_mark_read(const struct view *view, const struct thread *thread,
                                 struct err *err);

#endif
