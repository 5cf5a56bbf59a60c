/* SPDX-License-Identifier: Apache-2.0
 * The files that an import of the directory writes.
 */
#include <string.h>

#include "matcher/directory_import.h"

static void add_cell(struct buf *out, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        buf_text(out, text);
        return;
    }
    buf_text(out, "\"");
    for (; *text; text++) {
        if (*text == '"') buf_text(out, "\"");
        buf_append(out, text, 1);
    }
    buf_text(out, "\"");
}

static void add_row(struct buf *out, const char *const cells[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_text(out, ",");
        add_cell(out, cells[i]);
    }
    buf_text(out, "\n");
}

enum { FRAMEWORKS_TEXT = FRAMEWORKS_MAX * (FRAMEWORK_CHARS + 1) + 1 };

static const char *join_frameworks(const struct agency *agency, char out[FRAMEWORKS_TEXT])
{
    size_t used = 0;
    for (size_t i = 0; i < agency->framework_count; i++) {
        size_t len = strlen(agency->frameworks[i]);
        if (i > 0) out[used++] = ';';
        memcpy(out + used, agency->frameworks[i], len);
        used += len;
    }
    out[used] = '\0';
    return out;
}

void directory_import_write(const struct directory_import *import, struct buf *out)
{
    char frameworks[FRAMEWORKS_TEXT];
    buf_text(out, "id,name,urn,judgement,frameworks,sector,contact,tier\n");
    for (size_t i = 0; i < import->count; i++) {
        const struct agency *agency = &import->agencies[i].agency;
        const char *const cells[] = {agency->id,
                                     agency->name,
                                     agency->urn,
                                     judgement_name(agency->judgement),
                                     join_frameworks(agency, frameworks),
                                     sector_name(agency->sector),
                                     agency->contact,
                                     agency->tier};
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}

void directory_import_write_missing(const struct directory_import *import, struct buf *out)
{
    char frameworks[FRAMEWORKS_TEXT];
    buf_text(out, "urn,name,town,id,contact,frameworks,tier\n");
    for (size_t i = 0; i < import->count; i++) {
        const struct import_agency *entry = &import->agencies[i];
        const struct agency *agency = &entry->agency;
        if (!entry->lacks_urn && !entry->lacks_contact && !entry->lacks_frameworks) continue;
        const char *const cells[] = {agency->urn,     agency->name,
                                     entry->town,     agency->id,
                                     agency->contact, join_frameworks(agency, frameworks),
                                     agency->tier};
        add_row(out, cells, sizeof cells / sizeof cells[0]);
    }
}
