/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher/directory_import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "matcher/directory_import_id.h"
#include "matcher/findings.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct merge {
    const struct ofsted_list *list;
    const struct directory *previous;
    struct fill *fill;
    const struct agency **before; /* of each agency; NULL: it is new */
    struct directory_import out;
    struct findings findings;
};

const char *import_change_name(enum import_change_kind kind)
{
    switch (kind) {
    case IMPORT_NEW: return "new";
    case IMPORT_GONE: return "gone";
    case IMPORT_INACTIVE: return "inactive";
    case IMPORT_JUDGEMENT: return "judgement";
    case IMPORT_NAME: return "name";
    }
    return "";
}

static size_t previous_count(const struct merge *merge)
{
    return merge->previous ? directory_count(merge->previous) : 0;
}

/* ---- who is who ---- */

static bool same_urn(const char *a, const char *b)
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
    for (size_t i = 0; i < previous_count(merge); i++) {
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
    for (size_t i = 0; i < previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (same_urn(urn, agency->urn)) return agency;
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

static bool is_taken_over(const struct merge *merge, const struct agency *agency)
{
    for (size_t i = 0; i < merge->out.count; i++) {
        if (merge->before[i] == agency) return true;
    }
    return false;
}

static void add_kept(struct merge *merge)
{
    for (size_t i = 0; i < previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (agency->sector != SECTOR_LOCAL_AUTHORITY || is_taken_over(merge, agency)) continue;
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
        if (same_urn(row->urn, entry->agency.urn)) return entry;
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

/* ---- what has changed ---- */

static void add_change(struct merge *merge, enum import_change_kind kind,
                       const struct agency *agency, const char *before, const char *after)
{
    struct import_change *change = &merge->out.changes[merge->out.change_count++];
    *change = (struct import_change){.kind = kind};
    memcpy(change->id, agency->id, sizeof change->id);
    memcpy(change->name, agency->name, sizeof change->name);
    (void)snprintf(change->before, sizeof change->before, "%s", before);
    (void)snprintf(change->after, sizeof change->after, "%s", after);
}

static void compare_one(struct merge *merge, const struct agency *now, const struct agency *before)
{
    if (!before) {
        add_change(merge, IMPORT_NEW, now, "", judgement_name(now->judgement));
        return;
    }
    if (before->judgement != now->judgement) {
        add_change(merge, IMPORT_JUDGEMENT, now, judgement_name(before->judgement),
                   judgement_name(now->judgement));
    }
    if (strcmp(before->name, now->name) != 0) {
        add_change(merge, IMPORT_NAME, now, before->name, now->name);
    }
}

static const char *inactive_status(const struct merge *merge, const struct agency *agency)
{
    for (size_t i = 0; i < merge->list->inactive_count; i++) {
        const struct ofsted_provider *provider = &merge->list->inactive[i];
        if (same_urn(provider->urn, agency->urn)) return provider->status;
    }
    return NULL;
}

static void compare_all(struct merge *merge)
{
    if (!merge->previous) return;
    merge->out.changes =
        mem_array(2 * merge->out.count + previous_count(merge), sizeof *merge->out.changes);
    for (size_t i = 0; i < merge->out.count; i++) {
        compare_one(merge, &merge->out.agencies[i].agency, merge->before[i]);
    }
    for (size_t i = 0; i < previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (is_taken_over(merge, agency)) continue;
        const char *status = inactive_status(merge, agency);
        add_change(merge, status ? IMPORT_INACTIVE : IMPORT_GONE, agency, "", status ? status : "");
    }
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
    size_t most = list->active_count + previous_count(&merge);
    merge.out.agencies = mem_array(most, sizeof *merge.out.agencies);
    merge.before = mem_array(most, sizeof(const struct agency *));
    for (size_t i = 0; i < list->active_count; i++) add_listed(&merge, &list->active[i]);
    add_kept(&merge);
    check_count(&merge);
    for (size_t i = 0; fill && i < fill->count; i++) fill_one(&merge, &fill->rows[i]);
    bool ok = merge.findings.count == 0;
    if (ok) {
        give_ids(&merge);
        compare_all(&merge);
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
