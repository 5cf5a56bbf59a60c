/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/standards.h"

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

const struct standard_code *standard_value(const char *list, const struct criterion *criterion)
{
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *line = &standard_codes[i];
        if (strcmp(line->list, list) == 0 && strcmp(line->criterion, criterion->code) == 0) {
            return line;
        }
    }
    return NULL;
}
