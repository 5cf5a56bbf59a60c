/* SPDX-License-Identifier: Apache-2.0
 * England as a list of quadrants, for decoys. Fixed: another list would give an old search another
 * footprint.
 */
#ifndef HEARTH_DOMAIN_ENGLAND_H
#define HEARTH_DOMAIN_ENGLAND_H

enum { ENGLAND_QUADRANTS = 80 };

/* Names ("SE.NW") in ascending order of their numbers. */
extern const char *const england_quadrants[ENGLAND_QUADRANTS];

#endif
