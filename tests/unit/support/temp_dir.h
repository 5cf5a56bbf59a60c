/* SPDX-License-Identifier: Apache-2.0
 * A temporary directory for one test.
 */
#ifndef HEARTH_TESTS_TEMP_DIR_H
#define HEARTH_TESTS_TEMP_DIR_H

#include <stddef.h>

/* Makes a fresh directory, mode 0700, under TMPDIR or /tmp; caller frees the path. Aborts on
 * failure. */
char *support_temp_dir(void);
/* Removes the directory with everything in it and frees the path. */
void support_temp_dir_remove(char *dir);
/* Number of entries directly inside. */
size_t support_count_files(const char *dir);

#endif
