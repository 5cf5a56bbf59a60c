/* SPDX-License-Identifier: Apache-2.0
 * What has changed since the agencies.csv before: who is new, gone, renamed, judged otherwise.
 */
#include <stdio.h>
#include <string.h>

#include "matcher/directory_import_merge.h"
#include "proto/base/mem.h"

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
        if (merge_same_urn(provider->urn, agency->urn)) return provider->status;
    }
    return NULL;
}

void merge_compare(struct merge *merge)
{
    if (!merge->previous) return;
    merge->out.changes =
        mem_array(2 * merge->out.count + merge_previous_count(merge), sizeof *merge->out.changes);
    for (size_t i = 0; i < merge->out.count; i++) {
        compare_one(merge, &merge->out.agencies[i].agency, merge->before[i]);
    }
    for (size_t i = 0; i < merge_previous_count(merge); i++) {
        const struct agency *agency = directory_at(merge->previous, i);
        if (merge_is_taken_over(merge, agency)) continue;
        const char *status = inactive_status(merge, agency);
        add_change(merge, status ? IMPORT_INACTIVE : IMPORT_GONE, agency, "", status ? status : "");
    }
}
