/* SPDX-License-Identifier: Apache-2.0
 * The bytes of a referral, and their bounded decoder: codes rather than slots, so that a reader of
 * another catalogue is never misled.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/domain/plan_cells.h"
#include "proto/domain/referral.h"
#include "proto/domain/shown.h"
#include "proto/referral.pb-c.h"

enum {
    REFERRAL_BODY_MAX = 64 * 1024,
    NOT_ACCEPTABLE = 0xffff,
    WEIGHT_MAX = 5,
    LOCATION_BEST_MAX = ANCHORS_MAX * WEIGHT_MAX * PLAN_UNIT
};

/* ---- encoding ---- */

/* The generated message, and room for what it points at. */
struct packing {
    Hearth__V1__ReferralBody body;
    Hearth__V1__ReferralChild children[CHILDREN_MAX];
    Hearth__V1__ReferralChild *child_list[CHILDREN_MAX];
    Hearth__V1__ReferralPreference preferences[SLOTS_MAX];
    Hearth__V1__ReferralPreference *preference_list[SLOTS_MAX];
    Hearth__V1__ReferralPlace places[ANCHORS_MAX + AVOID_MAX];
    Hearth__V1__ReferralPlace *place_list[ANCHORS_MAX + AVOID_MAX];
    char *must[SLOTS_MAX];
    char sexes[CHILDREN_MAX][2];
    struct referral referral; /* protobuf-c has no const */
    struct buf quadrants, cells;
};

/* protobuf-c has no const; packing only reads. */
static char *code_of(const struct referral *referral, uint16_t slot)
{
    const char *code = catalogue_slot(catalogue_get(referral->catalogue), slot)->code;
    return (char *)(uintptr_t)code;
}

static void pack_needs(struct packing *p)
{
    const struct referral *r = &p->referral;
    for (size_t i = 0; i < r->child_count; i++) {
        p->children[i] = (Hearth__V1__ReferralChild)HEARTH__V1__REFERRAL_CHILD__INIT;
        p->sexes[i][0] = r->children[i].sex;
        p->children[i].age = r->children[i].age;
        p->children[i].sex = p->sexes[i];
        p->child_list[i] = &p->children[i];
    }
    for (size_t i = 0; i < r->must_count; i++) p->must[i] = code_of(r, r->must[i]);
    for (size_t i = 0; i < r->prefer_count; i++) {
        p->preferences[i] = (Hearth__V1__ReferralPreference)HEARTH__V1__REFERRAL_PREFERENCE__INIT;
        p->preferences[i].code = code_of(r, r->prefer[i]);
        p->preferences[i].weight = r->prefer_weight[i];
        p->preference_list[i] = &p->preferences[i];
    }
    p->body.n_children = r->child_count;
    p->body.children = p->child_list;
    p->body.n_must = r->must_count;
    p->body.must = p->must;
    p->body.n_prefer = r->prefer_count;
    p->body.prefer = p->preference_list;
}

static void pack_places(struct packing *p, struct referral_place *places, size_t count,
                        size_t first)
{
    for (size_t i = 0; i < count; i++) {
        Hearth__V1__ReferralPlace *to = &p->places[first + i];
        *to = (Hearth__V1__ReferralPlace)HEARTH__V1__REFERRAL_PLACE__INIT;
        to->name = places[i].name;
        to->east = (uint32_t)places[i].at.east;
        to->north = (uint32_t)places[i].at.north;
        to->within_km = (uint32_t)places[i].within_km;
        to->weight = (uint32_t)places[i].weight;
        p->place_list[first + i] = to;
    }
}

static void pack_location(struct packing *p)
{
    struct referral *r = &p->referral;
    for (size_t i = 0; i < r->quadrant_count; i++) buf_u16(&p->quadrants, r->quadrants[i]);
    p->body.quadrants = wire_data(p->quadrants.data, p->quadrants.len);
    p->body.location_best = (uint64_t)r->location_best;
    if (r->stage != STAGE_FULL) return;
    for (size_t i = 0; i < r->quadrant_count * QUADRANT_CELLS; i++) {
        buf_u16(&p->cells, r->hard_cell[i] ? r->soft_cell[i] : NOT_ACCEPTABLE);
    }
    p->body.cells = wire_data(p->cells.data, p->cells.len);
    pack_places(p, r->anchors, r->anchor_count, 0);
    pack_places(p, r->avoid, r->avoid_count, ANCHORS_MAX);
    p->body.n_anchors = r->anchor_count;
    p->body.anchors = p->place_list;
    p->body.n_avoid = r->avoid_count;
    p->body.avoid = p->place_list + ANCHORS_MAX;
    p->body.combine_any = r->combine_any;
    p->body.has_area = r->has_area;
}

void referral_encode(const struct referral *referral, struct buf *out)
{
    struct secret room = secret_new(sizeof(struct packing));
    struct packing *p = (struct packing *)(void *)room.data;
    p->body = (Hearth__V1__ReferralBody)HEARTH__V1__REFERRAL_BODY__INIT;
    p->referral = *referral;
    p->body.stage = referral->stage;
    p->body.catalogue = referral->catalogue;
    p->body.placement_type = code_of(referral, referral->placement_type);
    p->body.needed_by = referral->needed_by;
    p->body.accept_unconfirmed = referral->accept_unconfirmed;
    p->body.has_location = referral->has_location;
    pack_needs(p);
    pack_location(p);
    wire_pack(&p->body.base, out);
    buf_wipe(&p->quadrants);
    buf_wipe(&p->cells);
    secret_free(&room);
}

/* ---- decoding ---- */

/* A criterion that stands for itself in a request, of the catalogue that the referral names. */
static bool read_code(const struct referral *out, const char *code, const char *field, bool type,
                      enum criterion_kind kind, uint16_t *slot, struct err *err)
{
    char seen[SHOWN_MAX];
    const struct catalogue *catalogue = catalogue_get(out->catalogue);
    const struct criterion *criterion = catalogue_find(catalogue, code);
    if (!criterion || criterion->scope != SCOPE_CARER) {
        return err_set(err, ERR_VERSION, field, "'%s' is not a criterion of catalogue %u",
                       shown(code, seen), out->catalogue);
    }
    bool fits = type ? strncmp(code, "PT_", 3) == 0
                     : !criterion_has_field(criterion) && (criterion->kind & kind) != 0;
    if (!fits) return err_set(err, ERR_INVALID, field, "%s does not belong here", code);
    *slot = criterion->slot;
    return true;
}

static bool has_slot(const uint16_t *slots, size_t count, uint16_t slot)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i] == slot) return true;
    }
    return false;
}

static bool read_children(const Hearth__V1__ReferralBody *body, struct referral *out,
                          struct err *err)
{
    if (body->n_children < 1 || body->n_children > CHILDREN_MAX) {
        return err_set(err, ERR_INVALID, "children", "%zu of them; must be 1 to %d",
                       body->n_children, CHILDREN_MAX);
    }
    for (size_t i = 0; i < body->n_children; i++) {
        const Hearth__V1__ReferralChild *child = body->children[i];
        bool sex = strlen(child->sex) == 1 && strchr("MFU", child->sex[0]);
        if (child->age < AGE_UNBORN || child->age > AGE_MAX || !sex) {
            return err_set(err, ERR_INVALID, "children", "age %d, sex '%.4s'", child->age,
                           text_is_printable_utf8(child->sex, strlen(child->sex)) ? child->sex
                                                                                  : "?");
        }
        out->children[i] = (struct child){.age = child->age, .sex = child->sex[0]};
    }
    out->child_count = body->n_children;
    return true;
}

static bool read_needs(const Hearth__V1__ReferralBody *body, struct referral *out, struct err *err)
{
    if (body->n_must > SLOTS_MAX || body->n_prefer > SLOTS_MAX) {
        return err_set(err, ERR_INVALID, "must", "more than %d codes", SLOTS_MAX);
    }
    for (size_t i = 0; i < body->n_must; i++) {
        uint16_t slot = 0;
        if (!read_code(out, body->must[i], "must", false, KIND_HARD, &slot, err)) return false;
        if (has_slot(out->must, out->must_count, slot)) {
            return err_set(err, ERR_INVALID, "must", "%s stands twice", body->must[i]);
        }
        out->must[out->must_count++] = slot;
    }
    for (size_t i = 0; i < body->n_prefer; i++) {
        const Hearth__V1__ReferralPreference *from = body->prefer[i];
        uint16_t slot = 0;
        if (!read_code(out, from->code, "prefer", false, KIND_SOFT, &slot, err)) return false;
        if (from->weight < 1 || from->weight > WEIGHT_MAX ||
            has_slot(out->must, out->must_count, slot) ||
            has_slot(out->prefer, out->prefer_count, slot)) {
            return err_set(err, ERR_INVALID, "prefer", "%s with weight %u, or twice", from->code,
                           from->weight);
        }
        out->prefer_weight[out->prefer_count] = (uint8_t)from->weight;
        out->prefer[out->prefer_count++] = slot;
    }
    return true;
}

static bool read_quadrants(const ProtobufCBinaryData *in, struct referral *out, struct err *err)
{
    struct reader reader = reader_of(in->data, in->len);
    size_t count = in->len / 2;
    bool ok = in->len % 2 == 0 && count <= FOOTPRINT_MAX && (count > 0) == out->has_location;
    for (size_t i = 0; ok && i < count; i++) {
        out->quadrants[i] = reader_u16(&reader);
        ok = out->quadrants[i] < QUADRANTS && (i == 0 || out->quadrants[i] > out->quadrants[i - 1]);
    }
    out->quadrant_count = ok ? count : 0;
    return ok || err_set(err, ERR_INVALID, "quadrants",
                         "must be up to %d ascending numbers below %d, and none without a location",
                         FOOTPRINT_MAX, QUADRANTS);
}

static bool read_cells(const ProtobufCBinaryData *in, struct referral *out, struct err *err)
{
    struct reader reader = reader_of(in->data, in->len);
    size_t count = out->stage == STAGE_FULL ? out->quadrant_count * QUADRANT_CELLS : 0;
    bool ok = in->len == 2 * count;
    for (size_t i = 0; ok && i < count; i++) {
        uint16_t points = reader_u16(&reader);
        out->hard_cell[i] = points != NOT_ACCEPTABLE;
        out->soft_cell[i] = points == NOT_ACCEPTABLE ? 0 : points;
        ok = out->soft_cell[i] <= SCORE_MAX;
    }
    return ok || err_set(err, ERR_INVALID, "cells", "must be the points of %zu cells, at most %d",
                         count, SCORE_MAX);
}

static bool read_places(Hearth__V1__ReferralPlace **from, size_t count, size_t max,
                        uint32_t weight_max, const char *field, struct referral_place *out,
                        struct err *err)
{
    if (count > max)
        return err_set(err, ERR_INVALID, field, "%zu of them; at most %zu", count, max);
    for (size_t i = 0; i < count; i++) {
        const Hearth__V1__ReferralPlace *place = from[i];
        if (!wire_text(place->name, field, out[i].name, PLACE_NAME_MAX, err)) return false;
        if (place->east >= GRID_EAST_MAX || place->north >= GRID_NORTH_MAX ||
            place->within_km < 1 || place->within_km > WITHIN_KM_MAX ||
            place->weight > weight_max) {
            return err_set(err, ERR_INVALID, field, "place %zu is outside the grid or out of range",
                           i + 1);
        }
        out[i].at = (struct grid_point){(int32_t)place->east, (int32_t)place->north};
        out[i].within_km = (int32_t)place->within_km;
        out[i].weight = (int32_t)place->weight;
    }
    return true;
}

static bool read_location(const Hearth__V1__ReferralBody *body, struct referral *out,
                          struct err *err)
{
    bool full = out->stage == STAGE_FULL;
    if (body->location_best > LOCATION_BEST_MAX ||
        (!out->has_location && body->location_best > 0) ||
        (!full && body->location_best % PLAN_UNIT != 0)) {
        return err_set(err, ERR_INVALID, "location_best", "%llu is out of range",
                       (unsigned long long)body->location_best);
    }
    if (!full &&
        (body->n_anchors > 0 || body->n_avoid > 0 || body->combine_any || body->has_area)) {
        return err_set(err, ERR_INVALID, "anchors", "the profile stage has no places");
    }
    out->location_best = (int64_t)body->location_best;
    out->anchor_count = body->n_anchors;
    out->avoid_count = body->n_avoid;
    out->combine_any = body->combine_any;
    out->has_area = body->has_area;
    return read_quadrants(&body->quadrants, out, err) && read_cells(&body->cells, out, err) &&
           read_places(body->anchors, body->n_anchors, ANCHORS_MAX, WEIGHT_MAX, "anchors",
                       out->anchors, err) &&
           read_places(body->avoid, body->n_avoid, AVOID_MAX, 0, "avoid", out->avoid, err);
}

static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__ReferralBody *body = message;
    struct referral *out = to;
    if (body->stage != STAGE_PROFILE && body->stage != STAGE_FULL) {
        return err_set(err, ERR_INVALID, "stage", "%u; must be 1 or 2", body->stage);
    }
    if (!catalogue_get(body->catalogue)) {
        return err_set(err, ERR_VERSION, "catalogue",
                       "%u is not known here; this program has up to %d: it must be updated",
                       body->catalogue, CATALOGUE_VERSION);
    }
    if (body->needed_by > NEEDED_LATER) {
        return err_set(err, ERR_INVALID, "needed_by", "%u; must be 0 to 2", body->needed_by);
    }
    out->stage = (enum referral_stage)body->stage;
    out->catalogue = body->catalogue;
    out->needed_by = (enum needed_by)body->needed_by;
    out->accept_unconfirmed = body->accept_unconfirmed;
    out->has_location = body->has_location;
    return read_children(body, out, err) &&
           read_code(out, body->placement_type, "placement_type", true, KIND_HARD,
                     &out->placement_type, err) &&
           read_needs(body, out, err) && read_location(body, out, err);
}

bool referral_decode(const uint8_t *data, size_t len, struct referral *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__referral_body__descriptor,
                                          .max = REFERRAL_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .confidential = true,
                                          .read = read_fields};
    return wire_decode(&kind, data, len, out, err);
}
