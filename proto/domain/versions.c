/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/versions.h"

#include "proto/domain/grid.h"

const struct catalogue *catalogue_chosen(uint32_t version)
{
    return catalogue_get(version ? version : CATALOGUE_VERSION);
}

MUST_CHECK static bool check_slots(uint32_t got, uint32_t least, uint32_t most, const char *field,
                                   uint32_t version, struct err *err)
{
    if (got >= least && got <= most) return true;
    return err_set(err, ERR_INVALID, field, "%u; must be %u to %u for catalogue %u", got, least,
                   most, version);
}

bool reading_of(const struct catalogue *newest, const struct query *query, const char *peer,
                struct reading *out, struct err *err)
{
    if (!version_check(query->protocol, query->catalogue, newest->version, peer, err)) return false;
    bool known = query->catalogue <= newest->version;
    bool older = query->catalogue < newest->version;
    const struct catalogue *read = older ? catalogue_get(query->catalogue) : newest;
    if (!read) {
        return err_set(err, ERR_VERSION, "catalogue",
                       "%s asks by catalogue %u, which this side "
                       "no longer has; it must be updated",
                       peer, query->catalogue);
    }
    uint32_t most_hard = known ? read->hard_slots : SLOTS_MAX;
    uint32_t most_soft = known ? read->soft_slots : SLOTS_MAX;
    if (!check_slots(query->hard_slots, read->hard_slots, most_hard, "hard_slots", query->catalogue,
                     err) ||
        !check_slots(query->soft_slots, read->soft_slots, most_soft, "soft_slots", query->catalogue,
                     err)) {
        return false;
    }
    out->catalogue = read;
    out->layout =
        (struct blind_layout){.hard_slots = (uint16_t)query->hard_slots,
                              .soft_slots = (uint16_t)query->soft_slots,
                              .cells = (uint16_t)(query->footprint_count * QUADRANT_CELLS)};
    return true;
}

uint16_t catalogue_first_added(const struct catalogue *catalogue)
{
    const struct catalogue *before = catalogue_get(catalogue->version - 1);
    return before ? before->slots : catalogue->slots;
}
