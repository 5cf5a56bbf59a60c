/* SPDX-License-Identifier: Apache-2.0
 * Whether this is built with a sanitizer. Then all takes several times as long: a test that counts
 * in thousands counts less, where the plain build has tested the statistics already.
 */
#ifndef HEARTH_TEST_SANITIZED_H
#define HEARTH_TEST_SANITIZED_H

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

#endif
