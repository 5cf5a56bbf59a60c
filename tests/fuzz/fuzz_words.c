/* SPDX-License-Identifier: Apache-2.0
 * Any text as what somebody writes for a criterion, in any group or in the one that the first byte
 * picks.
 */
#include <stdlib.h>

#include "proto/base/mem.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void match(const char *group, const char *text)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    const struct criterion *found = NULL;
    struct err err = {0};
    if (catalogue_match(catalogue, group, text, &found, &err)) {
        REQUIRE(found != NULL && catalogue_find(catalogue, found->code) == found);
    } else {
        REQUIRE(found == NULL && err.code == ERR_INVALID && err.text[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    if (len == 0) return 0;
    char *text = mem_array(len, 1), folded[WORDS_MAX];
    for (size_t i = 1; i < len; i++) text[i - 1] = (char)data[i];
    if (words_fold(text, folded) > 0) REQUIRE(words_are(text, folded));
    match(NULL, text);
    match(catalogue->criteria[data[0] % catalogue->count].group, text);
    free(text);
    return 0;
}
