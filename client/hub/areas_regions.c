/* SPDX-License-Identifier: Apache-2.0
 * Regions: England's, or those of a file.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "client/hub/areas.h"
#include "client/hub/table_file.h"
#include "proto/base/text.h"

/* Office for National Statistics, "Register of Geographic Codes". */
static const struct geography_region england[] = {
    {"E12000001", "North East"},
    {"E12000002", "North West"},
    {"E12000003", "Yorkshire and The Humber"},
    {"E12000004", "East Midlands"},
    {"E12000005", "West Midlands"},
    {"E12000006", "East of England"},
    {"E12000007", "London"},
    {"E12000008", "South East"},
    {"E12000009", "South West"},
};

void areas_england(struct areas_regions *out)
{
    out->count = sizeof england / sizeof *england;
    memcpy(out->regions, england, sizeof england);
}

static bool add(char *const values[], struct areas_regions *regions, struct err *err)
{
    struct geography_region *region = &regions->regions[regions->count];
    if (regions->count == GEOGRAPHY_REGIONS_MAX) {
        return err_set(err, ERR_INVALID, "", "more than %d regions", GEOGRAPHY_REGIONS_MAX);
    }
    if (strlen(values[0]) >= sizeof region->code || strlen(values[1]) >= sizeof region->name ||
        !values[0][0] || !values[1][0]) {
        return err_set(err, ERR_INVALID, "",
                       "a code of 1 to %d and a name of 1 to %d bytes are "
                       "wanted",
                       GEOGRAPHY_CODE - 1, GEOGRAPHY_NAME_MAX);
    }
    for (size_t i = 0; i < regions->count; i++) {
        if (strcmp(regions->regions[i].code, values[0]) == 0 ||
            strcasecmp(regions->regions[i].name, values[1]) == 0) {
            return err_set(err, ERR_INVALID, "", "%s, \"%s\" stands twice", values[0], values[1]);
        }
    }
    (void)snprintf(region->code, sizeof region->code, "%s", values[0]);
    (void)snprintf(region->name, sizeof region->name, "%s", values[1]);
    regions->count++;
    return true;
}

static bool add_row(char *const values[], void *ctx, struct err *err)
{
    return add(values, ctx, err);
}

bool areas_regions_parse(const void *csv, size_t len, struct areas_regions *out, struct err *err)
{
    static const char *const columns[] = {"code", "name"};
    *out = (struct areas_regions){0};
    return table_file_read(csv, len, columns, 2, 2, add_row, out, err);
}
