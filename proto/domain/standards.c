/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/standards.h"

#include <stdio.h>
#include <string.h>

#include "proto/domain/words.h"

const struct criterion *standard_criterion(const struct catalogue *catalogue, const char *list,
                                           const char *value)
{
    char folded[WORDS_MAX];
    if (words_fold(value, folded) == 0) return NULL;
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *line = &standard_codes[i];
        if (strcmp(line->list, list) != 0) continue;
        if (!words_are(line->code, folded) && !words_are(line->label, folded)) continue;
        const struct criterion *found = catalogue_find(catalogue, line->criterion);
        if (found) return found;
    }
    return NULL;
}

bool standard_is(const char *list, const char *name)
{
    char folded[WORDS_MAX], before[WORDS_MAX];
    if (words_fold(name, folded) == 0) return false;
    (void)snprintf(before, sizeof before, "%.*s", (int)strcspn(list, "."), list);
    return words_are(list, folded) || words_are(before, folded);
}

const struct standard_code *standard_next(const char *name, const struct criterion *criterion,
                                          const struct standard_code *after)
{
    for (size_t i = after ? (size_t)(after - standard_codes) + 1 : 0; i < standard_code_count;
         i++) {
        const struct standard_code *line = &standard_codes[i];
        if (strcmp(line->criterion, criterion->code) != 0) continue;
        if (!name || standard_is(line->list, name)) return line;
    }
    return NULL;
}
