/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/figures/geography.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"

enum { VERSION = 1, RUN_BYTES = 6 };
/* Of all England: the row of totals has it. */
#define CODE_ENGLAND "E92000001"

/* ---- reading ---- */
MUST_CHECK static bool refuse(struct err *err, const char *list, size_t i, const char *field,
                              const char *reason)
{
    char place[ERR_FIELD_MAX];
    (void)snprintf(place, sizeof place, "%s[%zu].%s", list, i, field);
    return err_set(err, ERR_INVALID, place, "%s", reason);
}

static bool is_code(const char *text)
{
    if (strlen(text) != GEOGRAPHY_CODE - 1 || !strchr("ENSW", text[0])) return false;
    for (size_t i = 1; text[i]; i++) {
        if (!isdigit((unsigned char)text[i])) return false;
    }
    return strcmp(text, CODE_ENGLAND) != 0;
}

/* Code and name of one area; `before`: the code that comes before it, or "". */
MUST_CHECK static bool read_area(const char *code, const char *name, const char *list, size_t i,
                                 const char *before, char *code_out, char *name_out,
                                 struct err *err)
{
    if (!is_code(code)) {
        return refuse(err, list, i, "code",
                      "not a code of an area: one of E, N, S and W, and 8 digits (E92000001 stands "
                      "for the whole)");
    }
    if (strcmp(before, code) >= 0)
        return refuse(err, list, i, "code", "not after the code before it; must be ascending");
    if (name[0] == '\0') return refuse(err, list, i, "name", "empty; must be 1 to 80 bytes");
    memcpy(code_out, code, GEOGRAPHY_CODE);
    if (wire_text(name, "name", name_out, GEOGRAPHY_NAME_MAX, err)) return true;
    char place[ERR_FIELD_MAX];
    (void)snprintf(place, sizeof place, "%s[%zu]", list, i);
    return err_in(err, place);
}

MUST_CHECK static bool check_count(size_t count, size_t max, const char *field, struct err *err)
{
    return (count >= 1 && count <= max) ||
           err_set(err, ERR_INVALID, field, "%zu of them; must be 1 to %zu", count, max);
}

MUST_CHECK static bool read_regions(const Hearth__V1__Geography *in, struct geography *out,
                                    struct err *err)
{
    if (!check_count(in->n_regions, GEOGRAPHY_REGIONS_MAX, "regions", err)) return false;
    for (size_t i = 0; i < in->n_regions; i++) {
        struct geography_region *region = &out->regions[i];
        if (!read_area(in->regions[i]->code, in->regions[i]->name, "regions", i,
                       i > 0 ? region[-1].code : "", region->code, region->name, err)) {
            return false;
        }
    }
    out->region_count = in->n_regions;
    return true;
}

MUST_CHECK static bool read_authorities(const Hearth__V1__Geography *in, struct geography *out,
                                        struct err *err)
{
    if (!check_count(in->n_authorities, GEOGRAPHY_AUTHORITIES_MAX, "authorities", err))
        return false;
    for (size_t i = 0; i < in->n_authorities; i++) {
        const Hearth__V1__FiguresAuthority *from = in->authorities[i];
        struct geography_authority *authority = &out->authorities[i];
        if (!read_area(from->code, from->name, "authorities", i, i > 0 ? authority[-1].code : "",
                       authority->code, authority->name, err)) {
            return false;
        }
        if (from->region >= out->region_count)
            return refuse(err, "authorities", i, "region", "no place in the list of regions");
        authority->region = (uint16_t)from->region;
    }
    out->authority_count = in->n_authorities;
    return true;
}

MUST_CHECK static bool read_cells(const Hearth__V1__Geography *in, struct geography *out,
                                  struct err *err)
{
    struct reader reader = reader_of(in->cells.data, in->cells.len);
    size_t end = 0;
    uint16_t before = AREA_NONE;
    for (size_t i = 0; i < CELLS; i++) out->cells[i] = AREA_NONE;
    if (in->cells.len % RUN_BYTES != 0)
        return err_set(err, ERR_INVALID, "cells", "%zu bytes; must be %d a run", in->cells.len,
                       RUN_BYTES);
    for (size_t i = 0; i < in->cells.len / RUN_BYTES; i++) {
        size_t first = reader_u16(&reader), length = reader_u16(&reader);
        uint16_t authority = reader_u16(&reader);
        bool joins = i > 0 && first == end && authority == before;
        if (length == 0 || first < end || first + length > CELLS || joins ||
            authority >= out->authority_count) {
            return err_set(err, ERR_INVALID, "cells",
                           "run %zu is %zu cells from %zu for authority %u; runs must be "
                           "ascending, joined, inside %d cells and of one of %zu authorities",
                           i, length, first, authority, CELLS, out->authority_count);
        }
        end = first + length;
        before = authority;
        for (size_t cell = first; cell < end; cell++) out->cells[cell] = authority;
    }
    return true;
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__Geography *in = message;
    struct geography *out = to;
    return read_regions(in, out, err) && read_authorities(in, out, err) && read_cells(in, out, err);
}

bool geography_decode(const uint8_t *data, size_t len, struct geography *out, struct err *err)
{
    static const struct wire_kind kind = {.descriptor = &hearth__v1__geography__descriptor,
                                          .max = GEOGRAPHY_BYTES_MAX,
                                          .protocol = VERSION,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, data, len, out, err);
}

/* ---- writing ---- */
static void write_cells(const struct geography *geography, struct buf *out)
{
    for (size_t first = 0, end = 0; first < CELLS; first = end) {
        uint16_t authority = geography->cells[first];
        end = first + 1;
        while (end < CELLS && geography->cells[end] == authority) end++;
        if (authority == AREA_NONE) continue;
        REQUIRE(authority < geography->authority_count);
        buf_u16(out, (uint16_t)first);
        buf_u16(out, (uint16_t)(end - first));
        buf_u16(out, authority);
    }
}

/* protobuf-c has no const; packing only reads. */
static char *text_of(const char *text)
{
    return (char *)(uintptr_t)text;
}

void geography_encode(const struct geography *geography, struct buf *out)
{
    Hearth__V1__FiguresRegion regions[GEOGRAPHY_REGIONS_MAX], *region_list[GEOGRAPHY_REGIONS_MAX];
    Hearth__V1__FiguresAuthority authorities[GEOGRAPHY_AUTHORITIES_MAX];
    Hearth__V1__FiguresAuthority *authority_list[GEOGRAPHY_AUTHORITIES_MAX];
    Hearth__V1__Geography body = HEARTH__V1__GEOGRAPHY__INIT;
    struct buf cells = {0};
    REQUIRE(geography->region_count <= GEOGRAPHY_REGIONS_MAX);
    REQUIRE(geography->authority_count <= GEOGRAPHY_AUTHORITIES_MAX);
    for (size_t i = 0; i < geography->region_count; i++) {
        hearth__v1__figures_region__init(&regions[i]);
        regions[i].code = text_of(geography->regions[i].code);
        regions[i].name = text_of(geography->regions[i].name);
        region_list[i] = &regions[i];
    }
    for (size_t i = 0; i < geography->authority_count; i++) {
        hearth__v1__figures_authority__init(&authorities[i]);
        authorities[i].code = text_of(geography->authorities[i].code);
        authorities[i].name = text_of(geography->authorities[i].name);
        authorities[i].region = geography->authorities[i].region;
        authority_list[i] = &authorities[i];
    }
    write_cells(geography, &cells);
    body.version = VERSION;
    body.n_regions = geography->region_count;
    body.regions = region_list;
    body.n_authorities = geography->authority_count;
    body.authorities = authority_list;
    body.cells = wire_data(cells.data, cells.len);
    wire_pack(&body.base, out);
    buf_free(&cells);
}

void geography_hash(const uint8_t *data, size_t len, uint8_t out[HASH_BYTES])
{
    hash_once(out, "hearth v1 geography", data, len);
}
