/* SPDX-License-Identifier: Apache-2.0
 * The catalogue for people: the command `criteria` that several programs have (docs/domain.md
 * "Catalogue"). It needs no home directory and no passphrase.
 */
#ifndef HEARTH_DOMAIN_CRITERIA_H
#define HEARTH_DOMAIN_CRITERIA_H

#include <stdio.h>

#include <jansson.h>

#include "proto/domain/catalogue.h"

enum { CRITERIA_MAX = 1024 }; /* criteria of any version */

/* What to list; zeros and NULL list everything. */
struct criteria_choice {
    const char *version; /* digits; NULL: the version in use */
    const char *group;   /* case, spaces and hyphens do not matter */
    /* Part of a code or of words, also those that standards have for it, or a whole code of a
     * standard; case, spaces and punctuation do not matter. */
    const char *search;
    /* Only what that list of standards.h has, with its values: "SSDA903.ETHNIC", "NPS". */
    const char *standard;
};

/* The criteria that were chosen, borrowed from the catalogue, in its order. */
struct criteria_list {
    const struct catalogue *catalogue;
    const char *standard; /* as in the choice, borrowed; NULL: the catalogue's own column */
    const struct criterion *items[CRITERIA_MAX];
    size_t count;
};

/* The catalogue of that version, in digits; NULL: the one in use. NULL is returned, with
 * ERR_INVALID (field "version"), where it is not known here. */
MUST_CHECK const struct catalogue *criteria_version(const char *text, struct err *err);

/* ERR_INVALID (field "version", "group", "search" or "standard", with what there is): an unknown
 * one, a word without letters and digits. Finding nothing is no error. */
MUST_CHECK bool criteria_choose(const struct criteria_choice *choice, struct criteria_list *out,
                                struct err *err);

/* A table with a heading for each group. */
void criteria_print(const struct criteria_list *list, FILE *out);
/* {"catalogue":1,"criteria":[{"code","group","label","kind","scope","field","special","standard",
 * "standard_code","values":[{"list","code","label"}]}]}; the caller owns it. */
json_t *criteria_json(const struct criteria_list *list);

/* The whole command: arguments, output on stdout, errors by cli_print_error. argv[0] is the program
 * and the command. Exit code: 0; 2 for wrong arguments; 3 where nothing was found. */
int criteria_command(int argc, char **argv);

#endif
