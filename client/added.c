/* SPDX-License-Identifier: Apache-2.0 */
#include "client/added.h"

#include "proto/domain/versions.h"

void added_from(const struct request *request, uint16_t first, struct added *out)
{
    bool named[SLOTS_MAX] = {false};
    named[request->placement_type] = true;
    for (size_t i = 0; i < request->must_count; i++) named[request->must[i]] = true;
    for (size_t i = 0; i < request->prefer_count; i++) named[request->prefer[i]] = true;
    out->count = 0;
    for (uint16_t slot = first; slot < SLOTS_MAX; slot++) {
        if (named[slot]) out->slots[out->count++] = slot;
    }
}

/* The version that brought a slot. Every slot of a request is in the newest version. */
static uint32_t version_of(uint16_t slot)
{
    uint32_t version = CATALOGUE_VERSION;
    while (version > 1 && slot < catalogue_get(version - 1)->slots) version--;
    return version;
}

bool added_none(const struct request *request, const struct catalogue *catalogue, const char *who,
                struct err *err)
{
    struct added added;
    added_from(request, catalogue->slots, &added);
    if (added.count == 0) return true;
    uint16_t slot = added.slots[0];
    return err_set(err, ERR_VERSION, "catalogue",
                   "%s is new in catalogue %u; %s still has catalogue %u",
                   catalogue_slot(catalogue_get(CATALOGUE_VERSION), slot)->code, version_of(slot),
                   who, catalogue->version);
}
