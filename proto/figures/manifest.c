/* SPDX-License-Identifier: Apache-2.0
 * Reading manifests. What is judged by more than one field is in manifest_check.c.
 */
#include "proto/figures/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/domain/shown.h"
#include "proto/figures/manifest_internal.h"

void manifest_free(struct manifest *manifest)
{
    free(manifest->enrolled);
    free(manifest->geography);
    manifest->enrolled = NULL;
    manifest->geography = NULL;
}

bool manifest_err_at(struct err *err, const char *list, size_t i)
{
    char place[ERR_FIELD_MAX];
    (void)snprintf(place, sizeof place, "%s[%zu]", list, i);
    return err_in(err, place);
}

bool manifest_role(Hearth__V1__Role in, enum role *out, struct err *err)
{
    int role = (int)in;
    if (role != ROLE_AGENT && role != ROLE_LA)
        return err_set(err, ERR_INVALID, "role", "%d; must be %d (agency) or %d (LA)", role,
                       ROLE_AGENT, ROLE_LA);
    *out = (enum role)role;
    return true;
}

bool manifest_table(const char *name, const struct figures_table **out, struct err *err)
{
    char seen[SHOWN_MAX];
    *out = figures_table_find(name);
    return *out || err_set(err, ERR_INVALID, "table", "\"%s\" is no table of edition %d",
                           shown(name, seen), FIGURES_EDITION);
}

/* ---- parts ---- */
MUST_CHECK static bool read_term(const Hearth__V1__FiguresTerm *in, struct manifest_term *out,
                                 struct err *err)
{
    if (!manifest_table(in->table, &out->table, err)) return false;
    if (in->cells_each != out->table->cells_each) {
        return err_set(err, ERR_INVALID, "cells_each", "%u; must be %u for %s", in->cells_each,
                       out->table->cells_each, out->table->name);
    }
    if (in->clip != out->table->clip) {
        return err_set(err, ERR_INVALID, "clip", "%u; must be %u for %s", in->clip,
                       out->table->clip, out->table->name);
    }
    if (in->epsilon == 0 || in->epsilon > out->table->epsilon) {
        return err_set(err, ERR_INVALID, "epsilon", "%u millionths; must be 1 to %u for %s",
                       in->epsilon, out->table->epsilon, out->table->name);
    }
    out->noise.epsilon = in->epsilon;
    return wire_bytes(&in->noise, "noise", out->noise_hash, HASH_BYTES, err);
}

MUST_CHECK static bool read_terms(const Hearth__V1__ManifestBody *in, struct manifest *out,
                                  struct err *err)
{
    if (in->n_terms == 0 || in->n_terms > figures_table_count)
        return err_set(err, ERR_INVALID, "terms", "%zu of them; must be 1 to %zu", in->n_terms,
                       figures_table_count);
    for (size_t i = 0; i < in->n_terms; i++) {
        struct manifest_term *term = &out->terms[i];
        bool read = read_term(in->terms[i], term, err);
        if (read && i > 0 && term[-1].table >= term->table) {
            read = err_set(err, ERR_INVALID, "table",
                           "%s after %s; must be in the order of the edition, each once",
                           term->table->name, term[-1].table->name);
        }
        if (!read) return manifest_err_at(err, "terms", i);
    }
    out->term_count = in->n_terms;
    return true;
}

MUST_CHECK static bool read_party(const Hearth__V1__FiguresParty *in, size_t authorities,
                                  struct manifest_party *out, struct err *err)
{
    if (!manifest_role(in->role, &out->role, err) ||
        !wire_id(in->organisation, "organisation", out->organisation, err)) {
        return false;
    }
    size_t lowest = out->role == ROLE_LA ? 1 : 0, highest = out->role == ROLE_LA ? authorities : 0;
    if (in->authority < lowest || in->authority > highest) {
        return err_set(err, ERR_INVALID, "authority", "%u; must be %zu to %zu for %s %s",
                       in->authority, lowest, highest, role_name(out->role), out->organisation);
    }
    out->authority = in->authority == 0 ? AREA_NONE : (uint16_t)(in->authority - 1);
    return true;
}

/* By role, then organisation: below 0 where a comes first. */
static int compare(const struct manifest_party *a, const struct manifest_party *b)
{
    if (a->role != b->role) return a->role < b->role ? -1 : 1;
    return strcmp(a->organisation, b->organisation);
}

MUST_CHECK static bool read_enrolled(const Hearth__V1__ManifestBody *in, struct manifest *out,
                                     struct err *err)
{
    if (in->n_enrolled > MANIFEST_ENROLLED_MAX)
        return err_set(err, ERR_INVALID, "enrolled", "%zu of them; at most %d", in->n_enrolled,
                       MANIFEST_ENROLLED_MAX);
    out->enrolled = mem_array(in->n_enrolled, sizeof *out->enrolled);
    for (size_t i = 0; i < in->n_enrolled; i++) {
        struct manifest_party *party = &out->enrolled[i];
        bool read = read_party(in->enrolled[i], out->geography->authority_count, party, err);
        if (read && i > 0 && compare(party - 1, party) >= 0) {
            read = err_set(err, ERR_INVALID, "organisation",
                           "%s %s after %s; must be ascending, each once", role_name(party->role),
                           party->organisation, party[-1].organisation);
        }
        if (!read) return manifest_err_at(err, "enrolled", i);
    }
    out->enrolled_count = in->n_enrolled;
    return true;
}

MUST_CHECK static bool read_side(const Hearth__V1__FiguresSide *in, const char *field,
                                 struct manifest_side *out, struct err *err)
{
    if (!in) return err_set(err, ERR_INVALID, field, "missing");
    *out = (struct manifest_side){.quorum = in->quorum, .insiders = in->insiders};
    return true;
}

MUST_CHECK static bool read_geography(const Hearth__V1__ManifestBody *in, struct manifest *out,
                                      struct err *err)
{
    out->geography = mem_new(struct geography);
    geography_hash(in->geography.data, in->geography.len, out->geography_hash);
    return geography_decode(in->geography.data, in->geography.len, out->geography, err) ||
           err_in(err, "geography");
}

/* ---- the whole ---- */
MUST_CHECK static bool read_address(const Hearth__V1__ManifestBody *in, struct manifest *out,
                                    struct err *err)
{
    if (!wire_text(in->address, "address", out->address, MANIFEST_ADDRESS_MAX, err)) return false;
    char seen[SHOWN_MAX];
    return text_is_address(out->address, 1) ||
           err_set(err, ERR_INVALID, "address", "\"%s\"; must be host:port",
                   shown(out->address, seen));
}

MUST_CHECK static bool read_parts(const Hearth__V1__ManifestBody *body, struct manifest *out,
                                  struct err *err)
{
    if (body->edition != FIGURES_EDITION) {
        return err_set(err, ERR_VERSION, "edition", "%u; this side knows edition %d", body->edition,
                       FIGURES_EDITION);
    }
    out->period = body->period;
    out->opens_at = body->opens_at;
    out->closes_at = body->closes_at;
    return wire_id(body->hub, "hub", out->hub, err) &&
           wire_id(body->matcher, "matcher", out->matcher, err) && read_address(body, out, err) &&
           wire_key(&body->key, "key", out->key_bytes, &out->key, err) &&
           wire_bytes(&body->proof, "proof", out->proof, PROOF_BYTES, err) &&
           read_side(body->capacity, "capacity", &out->sides[FIGURES_CAPACITY], err) &&
           read_side(body->demand, "demand", &out->sides[FIGURES_DEMAND], err) &&
           read_geography(body, out, err) && read_terms(body, out, err) &&
           read_enrolled(body, out, err) && manifest_check(out, err);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    struct manifest *out = to;
    if (read_parts(message, out, err)) return true;
    manifest_free(out);
    return false;
}

bool manifest_decode(const uint8_t *body, size_t len, struct manifest *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__manifest_body__descriptor,
                                          .max = MANIFEST_BYTES_MAX,
                                          .protocol = PROTOCOL_VERSION,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    if (!wire_decode(&kind, body, len, out, err)) return false;
    hash_once(out->hash, TAG_MANIFEST, body, len);
    return true;
}
