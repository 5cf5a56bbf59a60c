/* SPDX-License-Identifier: Apache-2.0
 * A request for a placement (docs/domain.md "Requests"): the JSON file, its checks, and the plain
 * values that follow from it. Also the plain score of a carer, by the same numbers as the blinded
 * one.
 */
#ifndef HEARTH_DOMAIN_REQUEST_H
#define HEARTH_DOMAIN_REQUEST_H

#include "proto/base/buf.h"
#include "proto/crypto/message.h"
#include "proto/domain/area.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/place.h"
#include "proto/domain/profile.h"

enum {
    REQUEST_MAX = 256 * 1024,               /* bytes of JSON */
    REQUEST_RESOLVED_MAX = 8 * 1024 * 1024, /* with the areas of other files inline */
    CHILDREN_MAX = 5,
    ANCHORS_MAX = 16,
    AVOID_MAX = 16,
    SQUARES_MAX = 4,
    WITHIN_KM_MAX = 200,
    REF_MAX = 64,
    PLACE_NAME_MAX = 80
};
enum needed_by { NEEDED_TODAY, NEEDED_WITHIN_5_DAYS, NEEDED_LATER };

struct child {
    int age;  /* 0..17 or AGE_UNBORN */
    char sex; /* 'M', 'F', 'U' */
};
struct anchor {
    char name[PLACE_NAME_MAX + 1];
    struct place place;
    int32_t within_km; /* 1..WITHIN_KM_MAX */
    int32_t weight;    /* 0..5; unused for avoid */
};
struct request {
    char search_ref[REF_MAX + 1];
    struct child children[CHILDREN_MAX];
    size_t child_count;
    uint16_t placement_type; /* slot */
    enum needed_by needed_by;
    bool accept_unconfirmed;
    uint16_t must[SLOTS_MAX];
    size_t must_count;
    uint16_t prefer[SLOTS_MAX];
    uint8_t prefer_weight[SLOTS_MAX]; /* 1..5 */
    size_t prefer_count;
    bool has_location;
    struct anchor anchors[ANCHORS_MAX], avoid[AVOID_MAX];
    size_t anchor_count, avoid_count;
    bool combine_any;
    bool has_area;
    struct area area;
    uint16_t squares[SQUARES_MAX * 4]; /* quadrants of the named squares, ascending */
    size_t square_quadrants;
    uint32_t min_judgement; /* 0..3 as in search_options */
    char frameworks[FRAMEWORKS_MAX][FRAMEWORK_CHARS + 1];
    size_t framework_count;
};

/* What a request is read with. */
struct request_rules {
    const struct catalogue *catalogue;
    struct gazetteer *gazetteer; /* NULL: postcodes and place names are errors that say so */
    /* Where a relative path in location.area starts from; NULL: areas must be inline. */
    const char *directory;
    size_t max; /* bytes of JSON; 0: REQUEST_MAX */
};

/* Parses and checks. Unknown, repeated or contradictory fields are ERR_INVALID with the field's
 * path
 * ("location.anchors[0].within_km") and what would be valid. */
MUST_CHECK bool request_parse(const void *json, size_t len, const struct request_rules *rules,
                              struct request *out, struct err *err);
void request_wipe(struct request *request);

/* ---- the plain values: one set of numbers for the blinded and the plain match ---- */
struct plan {
    const struct catalogue *catalogue;
    uint16_t quadrants[FOOTPRINT_MAX]; /* real ones, ascending; none: no location */
    size_t quadrant_count;
    uint8_t hard[SLOTS_MAX];                           /* by slot: 1 where accepted */
    uint16_t soft[SLOTS_MAX];                          /* by slot: 0..1000 */
    uint8_t hard_cell[FOOTPRINT_MAX * QUADRANT_CELLS]; /* by place of the quadrant * 100 + index */
    uint16_t soft_cell[FOOTPRINT_MAX * QUADRANT_CELLS];
    uint16_t musts; /* H */
    uint16_t base;  /* 1000 where there are no preferences, else 0 */
    int64_t
        location_best; /* millionths: the highest loc of docs/domain.md "Score", 0 without one */
};
/* ERR_INVALID: no acceptable cell (the field is the part of the location that leaves none); more
 * than FOOTPRINT_MAX quadrants (suggests squares or a smaller area). */
MUST_CHECK bool plan_make(const struct request *request, const struct catalogue *catalogue,
                          struct plan *out, struct err *err);
/* The same where the place has been worked out already, by whoever has the anchors: `place` gives
 * quadrants, quadrant_count, hard_cell, soft_cell and location_best, and only these are read. The
 * request's location is not looked at, but for has_location. `place` may be `out`. */
void plan_make_placed(const struct request *request, const struct catalogue *catalogue,
                      const struct plan *place, struct plan *out);
void plan_wipe(struct plan *plan);

/* How many quadrants the footprint will have: 4, 8 or 16 (FOOTPRINT_MAX), 0 without a location. */
size_t plan_footprint_size(const struct plan *plan);
/* Pads the real quadrants to that many with decoys from a hash keyed with `key` (HASH_KEY_BYTES)
 * over the search reference: the same search gives the same footprint. Decoys come from England's
 * quadrants, in clusters like the real ones where that fits. No real quadrants: none. Returns the
 * count; ascending. */
size_t plan_footprint(const struct plan *plan, const char *search_ref,
                      const uint8_t key[HASH_KEY_BYTES], uint16_t out[FOOTPRINT_MAX]);
/* A footprint that also holds the quadrants of a wider plan of the same search: every one of
 * `footprint` (count of them), those of `wider`, and further decoys up to 4, 8 or 16, which lie
 * beside the decoys that were there. Decoys depend on key and search reference as above. Returns
 * the count; ascending. 0, and nothing written, where more than FOOTPRINT_MAX would be needed. */
size_t plan_widen_footprint(const struct plan *wider, const uint16_t *footprint, size_t count,
                            const char *search_ref, const uint8_t key[HASH_KEY_BYTES],
                            uint16_t out[FOOTPRINT_MAX]);
/* Values in wire order for a footprint (real quadrants among it); caller frees with free() after
 * wiping blind_layout_count entries. */
int16_t *plan_values(const struct plan *plan, const uint16_t *footprint, size_t footprint_count);

/* SCORE_NONE where a must does not hold or the carer cannot be placed with, else 0..1000. */
int plan_score(const struct plan *plan, const struct slot_set *set);
/* Whether that cell is acceptable; true where the plan has no place. */
bool plan_accepts_cell(const struct plan *plan, uint16_t cell);
enum band score_band(int score);       /* strong >= 700, good >= 400, possible >= 0, none below */
const char *band_name(enum band band); /* "strong" */

#endif
