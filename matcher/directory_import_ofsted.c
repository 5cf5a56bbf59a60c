/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import_ofsted.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "matcher/directory_import_table.h"
#include "proto/base/mem.h"

enum column { URN, PROVISION, STATUS, NAME, TOWN, SECTOR, JUDGEMENT, COLUMNS };

/* The judgement has had other names: "Overall effectiveness" until 2018. */
static const struct table_column columns[COLUMNS] = {
    [URN] = {"urn", "urn", true},
    [PROVISION] = {"provision_type", "provisiontype providertype", true},
    [STATUS] = {"registration_status", "registrationstatus", true},
    [NAME] = {"name", "name providername", true},
    [TOWN] = {"town", "town", false},
    [SECTOR] = {"sector", "sector", true},
    [JUDGEMENT] = {"overall_experiences_and_progress_of_children_and_young_people",
                   "overallexperiencesandprogressofchildrenandyoungpeople overalleffectiveness",
                   true},
};
static const struct table table = {columns, COLUMNS, TABLE_TITLE_LINES_MAX, false};

struct parse {
    struct ofsted_list *list;
    size_t active_capacity, inactive_capacity;
    struct findings findings;
};

static void read_judgement(struct parse *parse, const char *value, size_t line,
                           struct ofsted_provider *provider)
{
    static const struct {
        const char *words;
        enum judgement judgement;
    } known[] = {
        {"Outstanding", JUDGEMENT_OUTSTANDING},
        {"Good", JUDGEMENT_GOOD},
        {"Requires improvement to be good", JUDGEMENT_REQUIRES_IMPROVEMENT},
        {"Requires improvement", JUDGEMENT_REQUIRES_IMPROVEMENT},
        {"Inadequate", JUDGEMENT_INADEQUATE},
        {"", JUDGEMENT_NOT_INSPECTED},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcasecmp(known[i].words, value) == 0) {
            provider->judgement = known[i].judgement;
            return;
        }
    }
    findings_add(&parse->findings, line, columns[JUDGEMENT].name,
                 "\"%.40s\": Outstanding, Good, Requires improvement to be good, Inadequate or "
                 "nothing (not inspected yet) is wanted",
                 value);
}

static void read_sector(struct parse *parse, const char *value, size_t line,
                        struct ofsted_provider *provider)
{
    if (strcasecmp(value, "Private") == 0) {
        provider->sector = SECTOR_PRIVATE;
    } else if (strcasecmp(value, "Voluntary") == 0) {
        provider->sector = SECTOR_VOLUNTARY;
    } else if (strcasecmp(value, "Local Authority") == 0) {
        provider->sector = SECTOR_LOCAL_AUTHORITY;
    } else {
        findings_add(&parse->findings, line, "sector",
                     "\"%.40s\": Private, Voluntary or Local Authority is wanted", value);
    }
}

static struct ofsted_provider *next_provider(struct parse *parse, bool active)
{
    struct ofsted_list *list = parse->list;
    struct ofsted_provider **items = active ? &list->active : &list->inactive;
    size_t *count = active ? &list->active_count : &list->inactive_count;
    size_t *capacity = active ? &parse->active_capacity : &parse->inactive_capacity;
    if (*count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 64;
        *items = mem_resize(*items, *capacity, sizeof **items);
    }
    struct ofsted_provider *provider = &(*items)[(*count)++];
    *provider = (struct ofsted_provider){0};
    return provider;
}

static void check_urn(struct parse *parse, const struct ofsted_provider *provider)
{
    const struct ofsted_list *list = parse->list;
    for (size_t i = 0; i < list->active_count + list->inactive_count; i++) {
        const struct ofsted_provider *other =
            i < list->active_count ? &list->active[i] : &list->inactive[i - list->active_count];
        if (other == provider || !provider->urn[0]) continue;
        if (strcasecmp(other->urn, provider->urn) == 0) {
            findings_add(&parse->findings, provider->line, "urn",
                         "\"%s\" stands in line %zu already", provider->urn, other->line);
            return;
        }
    }
}

static void on_row(char *values[], size_t line, void *ctx)
{
    struct parse *parse = ctx;
    if (strcasecmp(values[PROVISION], "Independent Fostering Agency") != 0) {
        parse->list->others++;
        return;
    }
    if (parse->list->active_count + parse->list->inactive_count == AGENTS_MAX) {
        findings_add(&parse->findings, line, "", "more than %d agencies", AGENTS_MAX);
        return;
    }
    bool active = strcasecmp(values[STATUS], "Active") == 0;
    struct ofsted_provider *provider = next_provider(parse, active);
    provider->line = line;
    if (!values[NAME][0]) {
        findings_add(&parse->findings, line, "name", "is empty; a value is required");
    }
    const struct {
        char *out;
        size_t cap;
    } texts[COLUMNS] = {[URN] = {provider->urn, sizeof provider->urn},
                        [STATUS] = {provider->status, sizeof provider->status},
                        [NAME] = {provider->name, sizeof provider->name},
                        [TOWN] = {provider->town, sizeof provider->town}};
    for (int c = 0; c < COLUMNS; c++) {
        if (!texts[c].out) continue;
        (void)table_text(values[c], texts[c].out, texts[c].cap, line, columns[c].name,
                         &parse->findings);
    }
    read_judgement(parse, values[JUDGEMENT], line, provider);
    read_sector(parse, values[SECTOR], line, provider);
    check_urn(parse, provider);
}

bool ofsted_parse(const uint8_t *csv, size_t len, directory_finding_fn finding, void *ctx,
                  struct ofsted_list *out, struct err *err)
{
    if (len > OFSTED_FILE_MAX) {
        return err_set(err, ERR_INVALID, NULL, "longer than %d bytes", OFSTED_FILE_MAX);
    }
    struct ofsted_list list = {0};
    struct parse parse = {.list = &list, .findings = {.each = finding, .ctx = ctx}};
    table_read(&table, csv, len, on_row, &parse, &parse.findings);
    if (parse.findings.count == 0 && list.active_count == 0) {
        findings_add(&parse.findings, 1, "provision_type",
                     "no row is an Independent Fostering Agency whose registration is Active");
    }
    if (parse.findings.count > 0) {
        *err = parse.findings.first;
        ofsted_free(&list);
        return false;
    }
    *out = list;
    return true;
}

void ofsted_free(struct ofsted_list *list)
{
    free(list->active);
    free(list->inactive);
    *list = (struct ofsted_list){0};
}
