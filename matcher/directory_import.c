/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "matcher/directory_import_id.h"
#include "matcher/directory_import_merge.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

size_t merge_previous_count(const struct merge *merge)
{
    return merge->previous ? directory_count(merge->previous) : 0;
}

/* ---- who is who ---- */

bool merge_same_urn(const char *a, const char *b)
{
    return a[0] && strcasecmp(a, b) == 0;
}

static size_t count_named(const struct merge *merge, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < merge->list->active_count; i++) {
        count += strcmp(merge->list->active[i].name, name) == 0;
    }
    return count;
}

/* Only an agency that is alone with its name, before and now, is known by it. A local authority's
 * own service may have an independent agency for a namesake: it never is. */
static const struct agency *find_by_name(const struct merge *merge, const char *urn,
                                         const char *name)
{
    const struct agency *found = NULL;
    for (size_t i = 0; i < merge_previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (strcmp(agency->name, name) != 0) continue;
        if (agency->sector == SECTOR_LOCAL_AUTHORITY) continue;
        if (found || (agency->urn[0] && urn[0])) return NULL;
        found = agency;
    }
    return found && count_named(merge, name) == 1 ? found : NULL;
}

static const struct agency *find_before(const struct merge *merge, const char *urn,
                                        const char *name)
{
    for (size_t i = 0; i < merge_previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (merge_same_urn(urn, agency->urn)) return agency;
    }
    return find_by_name(merge, urn, name);
}

static void add_listed(struct merge *merge, const struct ofsted_provider *provider)
{
    const struct agency *before = find_before(merge, provider->urn, provider->name);
    struct import_agency *entry = &merge->out.agencies[merge->out.count];
    struct agency *agency = &entry->agency;
    if (before) *agency = *before;
    if (!before || provider->urn[0]) memcpy(agency->urn, provider->urn, sizeof agency->urn);
    memcpy(agency->name, provider->name, sizeof agency->name);
    memcpy(entry->town, provider->town, sizeof entry->town);
    agency->judgement = provider->judgement;
    agency->sector = provider->sector;
    entry->lacks_frameworks = !before;
    merge->before[merge->out.count++] = before;
    if (!provider->urn[0] && count_named(merge, provider->name) > 1) {
        findings_add(&merge->findings, provider->line, "urn",
                     "is empty, and the name is not the only one: they cannot be told apart");
    }
}

bool merge_is_taken_over(const struct merge *merge, const struct agency *agency)
{
    for (size_t i = 0; i < merge->out.count; i++) {
        if (merge->before[i] == agency) return true;
    }
    return false;
}

static void add_kept(struct merge *merge)
{
    for (size_t i = 0; i < merge_previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (agency->sector != SECTOR_LOCAL_AUTHORITY || merge_is_taken_over(merge, agency))
            continue;
        struct import_agency *entry = &merge->out.agencies[merge->out.count];
        entry->agency = *agency;
        entry->kept = true;
        merge->before[merge->out.count++] = agency;
        merge->out.kept++;
    }
}

/* ---- what was filled in ---- */

static struct import_agency *find_filled(struct merge *merge, const struct agency *row)
{
    struct import_agency *by_name = NULL;
    for (size_t i = 0; i < merge->out.count; i++) {
        struct import_agency *entry = &merge->out.agencies[i];
        if (merge_same_urn(row->urn, entry->agency.urn)) return entry;
        if (!entry->agency.urn[0] && row->name[0] && strcmp(entry->agency.name, row->name) == 0) {
            by_name = entry;
        }
    }
    return by_name;
}

static bool is_id_used(const struct merge *merge, const char *id)
{
    for (size_t i = 0; i < merge->out.count; i++) {
        if (strcmp(merge->out.agencies[i].agency.id, id) == 0) return true;
    }
    /* Who has left may still hold a certificate for its id. */
    return merge->previous && directory_find(merge->previous, id);
}

static void fill_id(struct merge *merge, const struct fill_row *row, struct agency *agency)
{
    if (!row->agency.id[0] || strcmp(row->agency.id, agency->id) == 0) return;
    if (agency->id[0]) {
        findings_add(&merge->findings, row->line, "id",
                     "\"%s\": the agency has the id \"%s\", which its certificate names",
                     row->agency.id, agency->id);
    } else if (is_id_used(merge, row->agency.id)) {
        findings_add(&merge->findings, row->line, "id", "\"%s\" is another agency's",
                     row->agency.id);
    } else {
        memcpy(agency->id, row->agency.id, sizeof agency->id);
    }
}

static void fill_one(struct merge *merge, struct fill_row *row)
{
    struct import_agency *entry = find_filled(merge, &row->agency);
    if (!entry) return;
    row->used = true;
    struct agency *agency = &entry->agency;
    const struct agency *said = &row->agency;
    if (!agency->urn[0]) memcpy(agency->urn, said->urn, sizeof agency->urn);
    if (said->contact[0]) memcpy(agency->contact, said->contact, sizeof agency->contact);
    if (said->tier[0]) memcpy(agency->tier, said->tier, sizeof agency->tier);
    if (said->framework_count > 0) {
        memcpy(agency->frameworks, said->frameworks, sizeof agency->frameworks);
        agency->framework_count = said->framework_count;
    }
    /* A row that nobody has touched answers nothing. */
    if (said->contact[0] || said->framework_count > 0) entry->lacks_frameworks = false;
    fill_id(merge, row, agency);
}

/* ---- ids ---- */

static bool id_taken(const char *id, void *ctx)
{
    return is_id_used(ctx, id);
}

/* Decided over all new agencies before any is given, so that the order of the list does not count.
 */
static void give_ids(struct merge *merge)
{
    size_t count = merge->out.count;
    char(*bases)[ID_MAX + 1] = mem_array(count, sizeof *bases);
    bool *alone = mem_array(count, sizeof *alone);
    for (size_t i = 0; i < count; i++) {
        const struct agency *agency = &merge->out.agencies[i].agency;
        if (!agency->id[0]) import_id_of_name(agency->name, ID_MAX, bases[i]);
    }
    for (size_t i = 0; i < count; i++) {
        alone[i] = bases[i][0] && !is_id_used(merge, bases[i]);
        for (size_t j = 0; alone[i] && j < count; j++) {
            alone[i] = i == j || strcmp(bases[i], bases[j]) != 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (alone[i]) memcpy(merge->out.agencies[i].agency.id, bases[i], sizeof bases[i]);
    }
    for (size_t i = 0; i < count; i++) {
        struct agency *agency = &merge->out.agencies[i].agency;
        if (agency->id[0]) continue;
        char id[ID_MAX + 1];
        import_id_told_apart(agency->name, agency->urn, id_taken, merge, id);
        memcpy(agency->id, id, sizeof id);
    }
    free(bases);
    free(alone);
}

/* ---- all of it ---- */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct import_agency *)a)->agency.id,
                  ((const struct import_agency *)b)->agency.id);
}

static void note_missing(struct directory_import *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct import_agency *entry = &out->agencies[i];
        entry->lacks_urn = !entry->kept && !entry->agency.urn[0];
        entry->lacks_contact = !entry->agency.contact[0];
        out->missing += entry->lacks_urn || entry->lacks_contact || entry->lacks_frameworks;
    }
}

static void check_count(struct merge *merge)
{
    if (merge->out.count > AGENTS_MAX) {
        findings_add(&merge->findings, 1, "", "more than %d agencies", AGENTS_MAX);
    }
}

bool directory_import(const struct ofsted_list *list, const struct directory *previous,
                      struct fill *fill, directory_finding_fn finding, void *ctx,
                      struct directory_import *out, struct err *err)
{
    struct merge merge = {.list = list,
                          .previous = previous,
                          .fill = fill,
                          .findings = {.each = finding, .ctx = ctx}};
    size_t most = list->active_count + merge_previous_count(&merge);
    merge.out.agencies = mem_array(most, sizeof *merge.out.agencies);
    merge.before = mem_array(most, sizeof(const struct agency *));
    for (size_t i = 0; i < list->active_count; i++) add_listed(&merge, &list->active[i]);
    add_kept(&merge);
    check_count(&merge);
    for (size_t i = 0; fill && i < fill->count; i++) fill_one(&merge, &fill->rows[i]);
    bool ok = merge.findings.count == 0;
    if (ok) {
        give_ids(&merge);
        merge_compare(&merge);
        qsort(merge.out.agencies, merge.out.count, sizeof *merge.out.agencies, by_id);
        note_missing(&merge.out);
        *out = merge.out;
    } else {
        *err = merge.findings.first;
        directory_import_free(&merge.out);
    }
    free(merge.before);
    return ok;
}

void directory_import_free(struct directory_import *import)
{
    free(import->agencies);
    free(import->changes);
    *import = (struct directory_import){0};
}
