/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "proto/domain/place_parts.h"

static bool no_gazetteer(const char *value, struct err *err)
{
    return err_set(err, ERR_INVALID, NULL,
                   "'%s' looks like a postcode, and there is no gazetteer to look it up in: "
                   "%s; or give %s",
                   value, PLACE_IMPORT_POSTCODES, PLACE_HOW);
}

static bool unknown(const struct postcode *code, struct gazetteer *gazetteer, struct err *err)
{
    struct gazetteer_near near;
    char text[POSTCODE_TEXT], list[GAZETTEER_NEAR * (POSTCODE_TEXT + 2)] = "";
    if (!gazetteer_near(gazetteer, code, &near, err)) return false;
    if (near.count == 0 && postcode_kind(code) != POSTCODE_DISTRICT) {
        struct postcode wider =
            postcode_kind(code) == POSTCODE_UNIT ? postcode_sector(code) : postcode_district(code);
        if (!gazetteer_near(gazetteer, &wider, &near, err)) return false;
    }
    if (near.count == 0) {
        struct postcode district = postcode_district(code);
        if (!gazetteer_near(gazetteer, &district, &near, err)) return false;
    }
    size_t len = 0;
    for (size_t i = 0; i < near.count; i++) {
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i > 0 ? ", " : "",
                                postcode_text(&near.items[i], text));
    }
    return err_set(err, ERR_INVALID, NULL, "postcode %s is not in the gazetteer%s%s",
                   postcode_text(code, text), near.count > 0 ? "; near it are " : "", list);
}

/* The point of a sector or district; in place of `asked` where that is something smaller. */
static void take_area(const struct postcode *area, const struct gazetteer_area *found,
                      const struct postcode *asked, struct place *out)
{
    char text[POSTCODE_TEXT];
    const char *kind = postcode_kind(area) == POSTCODE_SECTOR ? "sector" : "district";
    *out = (struct place){.at = found->at};
    (void)postcode_text(area, text);
    if (postcode_kind(asked) == POSTCODE_UNIT) {
        (void)snprintf(out->note, sizeof out->note,
                       "the middle of %s %s: the gazetteer holds no single postcodes there", kind,
                       text);
    } else if (postcode_kind(asked) != postcode_kind(area)) {
        (void)snprintf(out->note, sizeof out->note,
                       "the middle of %s %s: the gazetteer holds no sectors of it", kind, text);
    } else if (found->point == POINT_ENDED) {
        (void)snprintf(out->note, sizeof out->note, "all postcodes of %s %s have ended", kind,
                       text);
    } else if (found->point == POINT_SECTORS) {
        (void)snprintf(out->note, sizeof out->note,
                       "the mean of the sectors of district %s: the gazetteer holds nothing else "
                       "of it",
                       text);
    }
}

/* Takes the sector or district where the gazetteer holds nothing smaller in it. A unit that is
 * missing from a sector whose units are known is a mistake, not a reason to guess. */
static bool try_area(const struct postcode *area, const struct postcode *asked,
                     struct gazetteer *gazetteer, struct place *out, bool *taken, struct err *err)
{
    struct gazetteer_area found;
    bool there = false;
    *taken = false;
    if (!gazetteer_area(gazetteer, area, &found, &there, err)) return false;
    if (!there) return true;
    bool same = postcode_kind(area) == postcode_kind(asked);
    bool units = found.live > 0 || found.ended > 0;
    if (!same && units) return true;
    take_area(area, &found, asked, out);
    *taken = true;
    return true;
}

/* Sectors of a district are known where its own near sectors are. */
static bool has_sectors(const struct postcode *code, struct gazetteer *gazetteer, bool *out,
                        struct err *err)
{
    struct gazetteer_near near;
    struct postcode sector = postcode_sector(code);
    if (!gazetteer_near(gazetteer, &sector, &near, err)) return false;
    *out = near.count > 0;
    return true;
}

static bool place_area(const struct postcode *code, struct gazetteer *gazetteer, struct place *out,
                       struct err *err)
{
    bool taken = false, sectors = false;
    struct postcode sector = postcode_sector(code), district = postcode_district(code);
    if (code->sector && !try_area(&sector, code, gazetteer, out, &taken, err)) return false;
    if (taken) return true;
    if (code->sector && !has_sectors(code, gazetteer, &sectors, err)) return false;
    if (!sectors && !try_area(&district, code, gazetteer, out, &taken, err)) return false;
    return taken || unknown(code, gazetteer, err);
}

bool place_postcode(const struct postcode *code, const char *value, struct gazetteer *gazetteer,
                    struct place *out, struct err *err)
{
    if (!gazetteer) return no_gazetteer(value, err);
    if (postcode_kind(code) != POSTCODE_UNIT) return place_area(code, gazetteer, out, err);
    struct gazetteer_unit unit;
    bool found = false;
    if (!gazetteer_unit(gazetteer, code, &unit, &found, err)) return false;
    if (!found) return place_area(code, gazetteer, out, err);
    *out = (struct place){.at = unit.at};
    if (unit.ended) {
        char text[POSTCODE_TEXT], month[GAZETTEER_MONTH_TEXT];
        (void)snprintf(out->note, sizeof out->note, "%s ended in %s", postcode_text(code, text),
                       gazetteer_month_text(unit.ended, month));
    }
    return true;
}
