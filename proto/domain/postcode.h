/* SPDX-License-Identifier: Apache-2.0
 * Postcodes of the United Kingdom as people write them: a unit (LS6 3AA), a sector (LS6 3) or a
 * district (LS6). Royal Mail's forms: A9, A99, A9A, AA9, AA99, AA9A and GIR before the space, 9AA
 * after it (BS 7666-0:2006, annex C).
 */
#ifndef HEARTH_DOMAIN_POSTCODE_H
#define HEARTH_DOMAIN_POSTCODE_H

#include <stdint.h>

#include "proto/base/err.h"

enum postcode_kind { POSTCODE_DISTRICT, POSTCODE_SECTOR, POSTCODE_UNIT };

enum {
    POSTCODE_OUTWARD = 5, /* bytes of "EC1A" with its NUL */
    POSTCODE_TEXT = 9,    /* bytes of "EC1A 1BB" with its NUL */
    POSTCODE_LETTERS = 26 * 26
};

struct postcode {
    char outward[POSTCODE_OUTWARD]; /* upper case */
    char sector;                    /* '0' to '9'; NUL in a district */
    char letters[3];                /* "AA"; empty in a district and a sector */
};

/* Any case, spaces around it, any number of spaces or none before the second half: "ls63aa".
 * Without a space four characters that can be a district are one: "LS63" is not sector LS6 3, but
 * "LS123" is sector LS12 3. False where it has no form of a postcode; whether it exists is another
 * question. */
MUST_CHECK bool postcode_parse(const char *text, struct postcode *out);
enum postcode_kind postcode_kind(const struct postcode *postcode);
/* "LS6 3AA", "LS6 3", "LS6"; returns out. */
const char *postcode_text(const struct postcode *postcode, char out[POSTCODE_TEXT]);
/* Its sector without the unit; its district without the sector. */
struct postcode postcode_sector(const struct postcode *postcode);
struct postcode postcode_district(const struct postcode *postcode);

/* The last two letters as a number below POSTCODE_LETTERS in their order, and back. */
uint32_t postcode_letters(const struct postcode *unit);
void postcode_set_letters(struct postcode *sector, uint32_t letters);
/* A sector as a number below 2^28, and back: equal sectors and only those have equal numbers. */
uint32_t postcode_sector_number(const struct postcode *postcode);
struct postcode postcode_of_sector(uint32_t number);

#endif
