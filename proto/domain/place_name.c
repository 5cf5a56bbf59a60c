/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buf.h"
#include "proto/domain/place_parts.h"

enum { LISTED_MAX = 4, LIST_BYTES = 180 };

static bool same_name(const char *a, const char *b_key)
{
    char key[GAZETTEER_KEY_MAX + 1];
    return *a != '\0' && strcmp(gazetteer_name_key(a, key), b_key) == 0;
}

bool place_fits(const struct gazetteer_place *place, const char *part)
{
    char key[GAZETTEER_KEY_MAX + 1];
    if (*gazetteer_name_key(part, key) == '\0') return false;
    return same_name(place->district, key) || same_name(place->county, key) ||
           same_name(place->region, key) || same_name(place->outward, key);
}

/* ---- how to write one of several ---- */

static size_t fitting(const struct gazetteer_place *places, size_t count, const char *const *parts,
                      size_t part_count)
{
    size_t fits = 0;
    for (size_t i = 0; i < count; i++) {
        bool all = true;
        for (size_t j = 0; j < part_count; j++) all = all && place_fits(&places[i], parts[j]);
        fits += all;
    }
    return fits;
}

bool place_spelling(const struct gazetteer_place *places, size_t count, size_t index,
                    char out[PLACE_SPELLING_MAX])
{
    const struct gazetteer_place *place = &places[index];
    const char *const wide[] = {place->district, place->county, place->region};
    (void)snprintf(out, PLACE_SPELLING_MAX, "%s", place->name);
    if (count == 1) return true;
    for (size_t i = 0; i < 3; i++) {
        const char *const parts[] = {wide[i], place->outward};
        if (!*wide[i]) continue;
        if (fitting(places, count, parts, 1) == 1) {
            (void)snprintf(out, PLACE_SPELLING_MAX, "%s, %s", place->name, wide[i]);
            return true;
        }
        if (fitting(places, count, parts, 2) == 1) {
            (void)snprintf(out, PLACE_SPELLING_MAX, "%s, %s, %s", place->name, wide[i],
                           place->outward);
            return true;
        }
    }
    const char *const last[] = {place->outward};
    if (fitting(places, count, last, 1) != 1) return false;
    (void)snprintf(out, PLACE_SPELLING_MAX, "%s, %s", place->name, place->outward);
    return true;
}

/* ---- errors ---- */

/* The first `kept` of all places of the name fit; spelt so that each is the only one of all. */
static bool ambiguous(const char *value, const struct gazetteer_place *places, size_t count,
                      size_t kept, struct err *err)
{
    struct buf list = {0};
    size_t listed = 0;
    for (; listed < kept && listed < LISTED_MAX && list.len < LIST_BYTES; listed++) {
        char spelling[PLACE_SPELLING_MAX], reference[GRID_REFERENCE];
        const struct gazetteer_place *place = &places[listed];
        bool alone = place_spelling(places, count, listed, spelling);
        buf_format(&list, "%s'%s' (%s)", listed > 0 ? ", " : "",
                   alone ? spelling : grid_reference(place->at, reference),
                   gazetteer_place_kind_name(place->kind));
    }
    (void)err_set(err, ERR_INVALID, NULL, "%zu places are called '%s': write %.*s%s", kept, value,
                  (int)list.len, (const char *)list.data,
                  listed < kept ? ", ... ('hearth gazetteer show' lists all)" : "");
    buf_free(&list);
    return false;
}

static bool unknown(const char *value, struct gazetteer *gazetteer, struct err *err)
{
    struct gazetteer_counts counts;
    if (!gazetteer_count(gazetteer, &counts, err)) return false;
    if (counts.names == 0) {
        return err_set(err, ERR_INVALID, NULL,
                       "'%s' is not a place: the gazetteer holds postcodes only (%s); give a "
                       "postcode, %s",
                       value, PLACE_IMPORT_NAMES, PLACE_HOW);
    }
    return err_set(err, ERR_INVALID, NULL,
                   "'%s' is not a place of the gazetteer: give a postcode, the name of a town, "
                   "village or suburb, %s",
                   value, PLACE_HOW);
}

static bool none_there(const char *value, const struct gazetteer_place *places, size_t count,
                       struct err *err)
{
    const struct gazetteer_place *first = &places[0];
    const char *where = first->district[0] ? first->district : first->county;
    char more[48] = "";
    if (count > 1) (void)snprintf(more, sizeof more, " and %zu more of that name", count - 1);
    return err_set(err, ERR_INVALID, NULL,
                   "'%s' is not a place of the gazetteer, which has '%s' in '%s'%s", value,
                   first->name, *where ? where : first->outward, more);
}

/* ---- looking up ---- */

/* Whether all of "Leeds, West Yorkshire" fits. A district's own name may hold commas (Bournemouth,
 * Christchurch and Poole), so that every way to part it is tried. */
static bool fits_all(const struct gazetteer_place *place, const char *rest)
{
    char part[PLACE_TEXT_MAX + 1];
    size_t len = strlen(rest);
    for (size_t i = 1; i <= len; i++) {
        if (rest[i] != ',' && rest[i] != '\0') continue;
        (void)snprintf(part, sizeof part, "%.*s", (int)i, rest);
        if (!place_fits(place, part)) continue;
        if (rest[i] == '\0' || fits_all(place, rest + i + 1)) return true;
    }
    return false;
}

/* Moves the places that fit what stands behind the name to the front; returns how many. */
static size_t keep_fitting(struct gazetteer_place *places, size_t count, const char *rest)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (*rest && !fits_all(&places[i], rest)) continue;
        struct gazetteer_place place = places[i];
        places[i] = places[kept];
        places[kept++] = place;
    }
    return kept;
}

static bool not_without_gazetteer(const char *value, struct err *err)
{
    return err_set(err, ERR_INVALID, NULL,
                   "'%s' is not a place of the National Grid, and there is no gazetteer with names "
                   "or postcodes: give %s; %s",
                   value, PLACE_HOW, PLACE_IMPORT_NAMES);
}

bool place_candidates(const char *text, struct gazetteer *gazetteer, struct gazetteer_place **out,
                      size_t *count, size_t *kept, struct err *err)
{
    char copy[PLACE_TEXT_MAX + 1];
    (void)snprintf(copy, sizeof copy, "%s", text);
    char *comma = strchr(copy, ',');
    if (comma) *comma = '\0';
    if (!gazetteer_places(gazetteer, copy, out, count, err)) return false;
    *kept = keep_fitting(*out, *count, comma ? comma + 1 : "");
    return true;
}

bool place_name(const char *text, const char *value, struct gazetteer *gazetteer, struct place *out,
                struct err *err)
{
    struct gazetteer_place *places = NULL;
    size_t count = 0, kept = 0;
    if (!gazetteer) return not_without_gazetteer(value, err);
    if (!place_candidates(text, gazetteer, &places, &count, &kept, err)) return false;
    bool ok = kept == 1;
    if (ok) {
        *out = (struct place){.at = places[0].at};
    } else if (count == 0) {
        (void)unknown(value, gazetteer, err);
    } else if (kept == 0) {
        (void)none_there(value, places, count, err);
    } else {
        (void)ambiguous(value, places, count, kept, err);
    }
    free(places);
    return ok;
}
