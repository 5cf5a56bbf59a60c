/* SPDX-License-Identifier: Apache-2.0
 * From what a person or a case system writes to the criterion that it means.
 */
#include <ctype.h>
#include <string.h>

#include "proto/base/buf.h"
#include "proto/base/err.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/shown.h"
#include "proto/domain/standards.h"
#include "proto/domain/words.h"

enum { CODE_CHARS = 24, NEAR = 2, NAMED_MAX = 12, INSIDE_CHARS = 5 };

const char *catalogue_suggest(const struct catalogue *catalogue, const char *code)
{
    char folded[CODE_CHARS + 1];
    size_t len = strlen(code);
    if (len == 0 || len > CODE_CHARS) return NULL;
    for (size_t i = 0; i <= len; i++) {
        folded[i] = code[i] == '-' || code[i] == ' ' ? '_' : (char)toupper((unsigned char)code[i]);
    }
    const char *best = NULL;
    size_t best_distance = NEAR + 1;
    for (size_t i = 0; i < catalogue->count; i++) {
        const char *known = catalogue->criteria[i].code;
        if (strlen(known) > CODE_CHARS) continue;
        size_t distance = words_distance(folded, known);
        if (distance < best_distance) {
            best = known;
            best_distance = distance;
        }
    }
    /* Two edits turn any short word into some code: they only count in a longer one. */
    return best_distance <= 1 || (best_distance == NEAR && len >= 6) ? best : NULL;
}

/* What is looked for, and what was found so far. */
struct search {
    const struct catalogue *catalogue;
    const char *group; /* NULL: any */
    char folded[WORDS_MAX];
    const struct criterion *found[NAMED_MAX];
    size_t count;
};

static bool in_group(const struct search *search, const struct criterion *criterion)
{
    return !search->group || strcmp(criterion->group, search->group) == 0;
}

static void add_found(struct search *search, const struct criterion *criterion)
{
    for (size_t i = 0; i < search->count; i++) {
        if (search->found[i] == criterion) return;
    }
    if (search->count < NAMED_MAX) search->found[search->count++] = criterion;
}

/* "Autism" and "Mental health" for "Mental health (4A)": what stands in brackets may be left out.
 */
static bool label_is(const char *label, const char *folded)
{
    if (words_are(label, folded)) return true;
    const char *bracket = strchr(label, '(');
    char cut[WORDS_MAX];
    if (!bracket || (size_t)(bracket - label) >= sizeof cut) return false;
    memcpy(cut, label, (size_t)(bracket - label));
    cut[bracket - label] = '\0';
    return words_are(cut, folded);
}

static const struct criterion *by_code(const struct search *search)
{
    for (size_t i = 0; i < search->catalogue->count; i++) {
        const struct criterion *criterion = &search->catalogue->criteria[i];
        if (in_group(search, criterion) && words_are(criterion->code, search->folded)) {
            return criterion;
        }
    }
    return NULL;
}

static void by_label(struct search *search)
{
    for (size_t i = 0; i < search->catalogue->count; i++) {
        const struct criterion *criterion = &search->catalogue->criteria[i];
        if (!in_group(search, criterion)) continue;
        if (label_is(criterion->label, search->folded) ||
            words_are(criterion->standard_code, search->folded)) {
            add_found(search, criterion);
        }
    }
    for (size_t i = 0; i < standard_code_count; i++) {
        const struct standard_code *line = &standard_codes[i];
        if (!words_are(line->code, search->folded) && !label_is(line->label, search->folded)) {
            continue;
        }
        const struct criterion *criterion = catalogue_find(search->catalogue, line->criterion);
        if (criterion && in_group(search, criterion)) add_found(search, criterion);
    }
}

static bool is_among(const char *folded, const char *const *words)
{
    while (*words && strcmp(folded, *words) != 0) words++;
    return *words != NULL;
}

/* Some lists have values that say nothing without the list: "No" (pets), "1" (sex), "uk" (ISO 639);
 * and "Yes" does not tell what was asked even within a group. */
static bool says_something(const char *folded, const char *group)
{
    static const char *const never[] = {"yes", "y", "n", "true", "false", "na", "other", NULL};
    static const char *const in_group[] = {"no", "none",        "required", "present",
                                           "uk", "riskpresent", NULL};
    if (is_among(folded, never)) return false;
    if (group) return true;
    return !is_among(folded, in_group) && strspn(folded, "0123456789") < strlen(folded);
}

/* How far the words are from those of a criterion; WORDS_MAX where they are not near. Words that
 * hold the others, or are held by them, are as near as one wrong letter. */
static size_t words_apart(const char *folded, const char *text)
{
    char other[WORDS_MAX];
    size_t a = strlen(folded), b = words_fold(text, other);
    if (b == 0) return WORDS_MAX;
    size_t least = a < b ? a : b, most = a < b ? b : a;
    bool inside = least >= INSIDE_CHARS && (strstr(folded, other) || strstr(other, folded));
    size_t allowed = least / 5 > 3 ? 3 : least / 5;
    if (inside) return 1;
    if (most - least > allowed || allowed == 0) return WORDS_MAX;
    size_t apart = words_distance(folded, other);
    return apart <= allowed ? apart : WORDS_MAX;
}

/* The nearest words so far, and whose they are. */
struct nearest {
    const struct criterion *criterion;
    size_t apart;
};

/* The criterion of a code is looked for only where its words are nearer: that takes longest. */
static void keep_nearest(const struct search *search, const char *code, const char *text,
                         struct nearest *nearest)
{
    size_t apart = words_apart(search->folded, text);
    if (apart >= nearest->apart) return;
    const struct criterion *criterion = catalogue_find(search->catalogue, code);
    if (!criterion || !in_group(search, criterion)) return;
    *nearest = (struct nearest){criterion, apart};
}

static const struct criterion *nearest(const struct search *search, const char *text)
{
    const struct catalogue *catalogue = search->catalogue;
    const char *code = catalogue_suggest(catalogue, text);
    if (code && in_group(search, catalogue_find(catalogue, code))) {
        return catalogue_find(catalogue, code);
    }
    struct nearest best = {NULL, WORDS_MAX};
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *criterion = &catalogue->criteria[i];
        keep_nearest(search, criterion->code, criterion->label, &best);
    }
    for (size_t i = 0; i < standard_code_count; i++) {
        keep_nearest(search, standard_codes[i].criterion, standard_codes[i].label, &best);
    }
    return best.criterion;
}

static bool ambiguous(const struct search *search, const char *text, struct err *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < search->count; i++) {
        const struct criterion *criterion = search->found[i];
        const char *before = i == 0 ? "" : i + 1 == search->count ? " or " : ", ";
        buf_format(&names, "%s%s (%s)", before, criterion->code, criterion->label);
    }
    buf_u8(&names, 0);
    char seen[SHOWN_MAX];
    (void)err_set(err, ERR_INVALID, NULL, "'%s' may mean %s: write the code", shown(text, seen),
                  (const char *)names.data);
    buf_free(&names);
    return false;
}

static bool unknown(const struct search *search, const char *text, struct err *err)
{
    char seen[SHOWN_MAX];
    (void)shown(text, seen);
    const char *in = search->group ? " in group " : "";
    const char *group = search->group ? search->group : "";
    const struct criterion *near = search->folded[0] ? nearest(search, text) : NULL;
    if (near) {
        return err_set(err, ERR_INVALID, NULL, "'%s' is not a criterion%s%s; did you mean %s (%s)?",
                       seen, in, group, near->code, near->label);
    }
    if (!search->group) return err_set(err, ERR_INVALID, NULL, "'%s' is not a criterion", seen);
    struct buf codes = {0};
    for (size_t i = 0; i < search->catalogue->count; i++) {
        const struct criterion *criterion = &search->catalogue->criteria[i];
        if (in_group(search, criterion)) buf_format(&codes, " %s", criterion->code);
    }
    buf_u8(&codes, 0);
    const char *list = (const char *)codes.data;
    (void)err_set(err, ERR_INVALID, NULL, "'%s' is not a criterion%s%s%s%s", seen, in, group,
                  *list ? ", which has" : ": there is no such group", list);
    buf_free(&codes);
    return false;
}

bool catalogue_match(const struct catalogue *catalogue, const char *group, const char *text,
                     const struct criterion **out, struct err *err)
{
    struct search search = {.catalogue = catalogue, .group = group};
    if (words_fold(text, search.folded) == 0) return unknown(&search, text, err);
    const struct criterion *found = by_code(&search);
    if (!found && says_something(search.folded, group)) by_label(&search);
    if (search.count > 1) return ambiguous(&search, text, err);
    if (!found && search.count == 1) found = search.found[0];
    if (!found) return unknown(&search, text, err);
    *out = found;
    return true;
}
