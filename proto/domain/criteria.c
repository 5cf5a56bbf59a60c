/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/criteria.h"

#include <string.h>

#include "proto/base/buf.h"
#include "proto/base/text.h"
#include "proto/domain/shown.h"
#include "proto/domain/standards.h"
#include "proto/domain/words.h"

/* ---- choosing ---- */

const struct catalogue *criteria_version(const char *text, struct err *err)
{
    int64_t version = CATALOGUE_VERSION;
    uint32_t last = 1;
    char seen[SHOWN_MAX];
    while (catalogue_get(last + 1)) last++;
    if (!text || text_integer(text, 1, last, &version)) return catalogue_get((uint32_t)version);
    (void)err_set(err, ERR_INVALID, "version",
                  "'%s' is not a version of the catalogue that is known here: 1 to %u",
                  shown(text, seen), (unsigned)last);
    return NULL;
}

/* True for the first criterion of its group in the catalogue. */
static bool begins_group(const struct catalogue *catalogue, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(catalogue->criteria[i].group, catalogue->criteria[index].group) == 0) {
            return false;
        }
    }
    return true;
}

/* The name of the group as the catalogue spells it. NULL: there is none like that. */
static const char *choose_group(const char *text, const struct catalogue *catalogue,
                                struct err *err)
{
    char folded[WORDS_MAX], seen[SHOWN_MAX];
    struct buf names = {0};
    (void)words_fold(text, folded);
    for (size_t i = 0; i < catalogue->count; i++) {
        if (!begins_group(catalogue, i)) continue;
        if (words_are(catalogue->criteria[i].group, folded)) {
            buf_free(&names);
            return catalogue->criteria[i].group;
        }
        buf_format(&names, " %s", catalogue->criteria[i].group);
    }
    buf_u8(&names, 0);
    (void)err_set(err, ERR_INVALID, "group", "'%s' is not a group; there are%s", shown(text, seen),
                  (const char *)names.data);
    buf_free(&names);
    return NULL;
}

static bool has_part(const char *text, const char *folded)
{
    char all[WORDS_MAX];
    (void)words_fold(text, all);
    return strstr(all, folded) != NULL;
}

static bool is_found(const struct criterion *criterion, const char *folded)
{
    if (has_part(criterion->code, folded) || has_part(criterion->label, folded) ||
        words_are(criterion->standard_code, folded)) {
        return true;
    }
    const struct standard_code *line = NULL;
    while ((line = standard_next(NULL, criterion, line)) != NULL) {
        if (words_are(line->code, folded) || has_part(line->label, folded)) return true;
    }
    return false;
}

static bool check_standard(const char *name, struct err *err)
{
    char seen[SHOWN_MAX];
    struct buf names = {0};
    bool known = false;
    for (size_t i = 0; i < standard_code_count; i++) {
        const char *list = standard_codes[i].list;
        known = known || standard_is(list, name);
        bool repeated = i > 0 && strcmp(standard_codes[i - 1].list, list) == 0;
        bool field = strncmp(list, "NPS.", 4) == 0; /* too many to name */
        if (!repeated && !field) buf_format(&names, " %s", list);
    }
    buf_u8(&names, 0);
    if (!known) {
        (void)err_set(err, ERR_INVALID, "standard", "'%s' is not a list; there are NPS%s",
                      shown(name, seen), (const char *)names.data);
    }
    buf_free(&names);
    return known;
}

bool criteria_choose(const struct criteria_choice *choice, struct criteria_list *out,
                     struct err *err)
{
    const struct catalogue *catalogue = criteria_version(choice->version, err);
    const char *group = NULL;
    char folded[WORDS_MAX] = "";
    if (!catalogue) return false;
    if (choice->group) {
        group = choose_group(choice->group, catalogue, err);
        if (!group) return false;
    }
    if (choice->search && words_fold(choice->search, folded) == 0) {
        return err_set(err, ERR_INVALID, "search", "a word of letters and digits is wanted");
    }
    if (choice->standard && !check_standard(choice->standard, err)) return false;
    struct criteria_list list = {.catalogue = catalogue, .standard = choice->standard};
    REQUIRE(catalogue->count <= CRITERIA_MAX);
    for (size_t i = 0; i < catalogue->count; i++) {
        const struct criterion *criterion = &catalogue->criteria[i];
        if (group && strcmp(criterion->group, group) != 0) continue;
        if (choice->search && !is_found(criterion, folded)) continue;
        if (choice->standard && !standard_next(choice->standard, criterion, NULL)) continue;
        list.items[list.count++] = criterion;
    }
    *out = list;
    return true;
}

/* ---- printing ---- */

static const char *kind_word(const struct criterion *criterion)
{
    static const char *const words[] = {"", "must", "preference", "both"};
    return words[criterion->kind];
}

/* What the standard calls it. */
static void print_values(const struct criterion *criterion, const char *standard, FILE *out)
{
    const struct standard_code *line = NULL;
    const char *before = "  [";
    while (standard && (line = standard_next(standard, criterion, line)) != NULL) {
        (void)fprintf(out, "%s%s: %s", before, line->list, line->code);
        before = "; ";
    }
    if (!standard) {
        bool coded = criterion->standard_code[0] != '\0';
        (void)fprintf(out, "%s%s%s%s", before, criterion->standard, coded ? ": " : "",
                      criterion->standard_code);
    }
    (void)fprintf(out, "]\n");
}

static void print_line(const struct criterion *criterion, const char *standard, FILE *out)
{
    bool special = strcmp(criterion->special, "none") != 0;
    (void)fprintf(out, "  %-10s%c %-10s  %-22s  %s", criterion->code,
                  criterion_has_field(criterion) ? '*' : ' ', kind_word(criterion),
                  special ? criterion->special : "-", criterion->label);
    print_values(criterion, standard, out);
}

/* A version's additions stand at its end: they are shown with their group. */
static void print_group(const struct criteria_list *list, size_t first, FILE *out)
{
    const struct criterion *head = list->items[first];
    bool provider = head->scope == SCOPE_PROVIDER;
    (void)fprintf(out, "%s%s\n", head->group, provider ? " (about the agency)" : "");
    for (size_t i = first; i < list->count; i++) {
        if (strcmp(list->items[i]->group, head->group) != 0) continue;
        print_line(list->items[i], list->standard, out);
    }
}

void criteria_print(const struct criteria_list *list, FILE *out)
{
    bool fields = false;
    for (size_t i = 0; i < list->count; i++) {
        bool shown_before = false;
        for (size_t j = 0; j < i && !shown_before; j++) {
            shown_before = strcmp(list->items[j]->group, list->items[i]->group) == 0;
        }
        if (!shown_before) print_group(list, i, out);
        fields = fields || criterion_has_field(list->items[i]);
    }
    (void)fprintf(out, "%zu %s of catalogue %u%s\n", list->count,
                  list->count == 1 ? "criterion" : "criteria", (unsigned)list->catalogue->version,
                  fields ? "; * a field of requests and of carers says it, not the code" : "");
}

static json_t *values_json(const struct criterion *criterion, const char *standard)
{
    json_t *values = json_array();
    const struct standard_code *line = NULL;
    while ((line = standard_next(standard, criterion, line)) != NULL) {
        json_t *value = json_pack("{s:s,s:s,s:s}", "list", line->list, "code", line->code, "label",
                                  line->label);
        REQUIRE(value != NULL);
        (void)json_array_append_new(values, value);
    }
    return values;
}

json_t *criteria_json(const struct criteria_list *list)
{
    json_t *criteria = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct criterion *c = list->items[i];
        json_t *one =
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:s,s:o}", "code", c->code, "group",
                      c->group, "label", c->label, "kind", kind_word(c), "scope",
                      c->scope == SCOPE_CARER ? "carer" : "provider", "field",
                      criterion_has_field(c), "special", c->special, "standard", c->standard,
                      "standard_code", c->standard_code, "values", values_json(c, list->standard));
        REQUIRE(one != NULL);
        (void)json_array_append_new(criteria, one);
    }
    json_t *all = json_pack("{s:I,s:o}", "catalogue", (json_int_t)list->catalogue->version,
                            "criteria", criteria);
    REQUIRE(all != NULL);
    return all;
}
