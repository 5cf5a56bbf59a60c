/* SPDX-License-Identifier: Apache-2.0
 * Memory that does not fail: every function aborts when the system has none left, so callers never
 * test for NULL. Not for secrets: see secret.h.
 */
#ifndef HEARTH_BASE_MEM_H
#define HEARTH_BASE_MEM_H

#include <stddef.h>

/* Zeroed array of `count` elements of `size` bytes, aligned for any type of the project (32 bytes,
 * for points and scalars); count 0 gives a valid pointer. Caller frees. */
void *mem_array(size_t count, size_t size);

/* Zeroed object: `struct thing *t = mem_new(struct thing);`. Caller frees with free(). */
#define mem_new(type) ((type *)mem_array(1, sizeof(type)))

/* Grows an array to `count` elements; the new tail is not initialised. Overflow aborts. Keeps only
 * malloc's alignment: not for arrays of points. */
void *mem_resize(void *array, size_t count, size_t size);

/* Copies of a string, and of `len` bytes (len 0 gives a valid pointer). Caller frees. */
char *mem_string(const char *text);
void *mem_copy(const void *data, size_t len);

/* asprintf that cannot fail. Caller frees. */
char *mem_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
