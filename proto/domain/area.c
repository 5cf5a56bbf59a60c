/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/area.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/domain/area_geojson.h"
#include "proto/domain/request_path.h"
#include "proto/domain/shown.h"

bool area_holds(const struct area *area, uint16_t cell)
{
    REQUIRE(cell < CELLS);
    return area->cells[cell / 8] >> cell % 8 & 1;
}

size_t area_count(const struct area *area)
{
    size_t count = 0;
    for (uint16_t cell = 0; cell < CELLS; cell++) count += area_holds(area, cell);
    return count;
}

/* ---- GeoJSON as values ---- */

static bool from_geojson(json_t *object, struct area *out, struct err *err)
{
    struct area *area = mem_new(struct area);
    struct area_builder builder = {
        .projector = grid_projector_new(), .geos = GEOS_init_r(), .out = area};
    REQUIRE(builder.geos != NULL);
    bool good = area_add_geojson(&builder, object, err);
    if (good && builder.polygons == 0) {
        good = err_set(err, ERR_INVALID, NULL, "is empty: it holds no polygon");
    }
    if (good) *out = *area;
    GEOS_finish_r(builder.geos);
    grid_projector_free(builder.projector);
    sodium_memzero(area, sizeof *area);
    free(area);
    return good;
}

/* ---- GeoJSON as text ---- */

static bool not_json(const char *text, size_t len, const json_error_t *problem, struct err *err)
{
    char path[ERR_FIELD_MAX], reason[SHOWN_MAX];
    if (json_error_code(problem) == json_error_duplicate_key) {
        request_path_at(text, len, (size_t)problem->position, path);
        return err_set(err, ERR_INVALID, path, "stands twice (line %d): give it once",
                       problem->line);
    }
    return err_set(err, ERR_INVALID, NULL, "is not GeoJSON: line %d, column %d: %s", problem->line,
                   problem->column, shown(problem->text, reason));
}

bool area_parse(const void *json, size_t len, struct area *out, struct err *err)
{
    const char *text = json;
    json_error_t problem;
    if (len > AREA_FILE_MAX) {
        return err_set(err, ERR_INVALID, NULL, "an area has at most %d bytes: simplify it",
                       AREA_FILE_MAX);
    }
    if (len >= 3 && strncmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (len == 0) return err_set(err, ERR_INVALID, NULL, "is empty: GeoJSON is wanted");
    /* Whole numbers of any size are fine: unknown members may hold them. */
    json_t *root =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &problem);
    if (!root) return not_json(text, len, &problem, err);
    bool good = from_geojson(root, out, err);
    json_decref(root);
    return good;
}

/* ---- of a request ---- */

/* Says in which file it is, after what is wrong with it. */
static bool in_file(const char *path, struct err *err)
{
    char text[ERR_TEXT_MAX], name[SHOWN_MAX];
    memcpy(text, err->text, sizeof text);
    (void)shown(path, name);
    char *joined = mem_format("%s (in the file '%s')", text, name);
    char field[ERR_FIELD_MAX];
    memcpy(field, err->field, sizeof field);
    (void)err_set(err, ERR_INVALID, field, "%s", joined);
    free(joined);
    return false;
}

static bool from_file(const char *path, const char *directory, struct area *out, struct err *err)
{
    struct buf text = {0};
    char seen[SHOWN_MAX];
    if (path[strspn(path, " \t\r\n")] == '{') {
        return err_set(err, ERR_INVALID, NULL,
                       "is GeoJSON in quotes: leave the quotes out, or give the path of a file");
    }
    if (path[0] == '\0') return err_set(err, ERR_INVALID, NULL, "is empty: the path of a file");
    if (!directory) {
        return err_set(err, ERR_INVALID, NULL, "'%s' is a path: only GeoJSON itself is taken here",
                       shown(path, seen));
    }
    char *full = path[0] == '/' ? mem_string(path) : file_join(directory, path);
    bool good = file_read(full, AREA_FILE_MAX, &text, err);
    if (!good) {
        err->code = ERR_INVALID; /* it is the request that is wrong */
    } else {
        good = area_parse(text.data, text.len, out, err) || in_file(path, err);
    }
    buf_wipe(&text);
    free(full);
    return good;
}

bool area_read(json_t *value, const char *directory, struct area *out, struct err *err)
{
    if (json_is_string(value)) return from_file(json_string_value(value), directory, out, err);
    if (!json_is_object(value)) {
        return err_set(err, ERR_INVALID, NULL,
                       "must be the path of a GeoJSON file in quotes (\"area.geojson\"), or "
                       "GeoJSON itself");
    }
    return from_geojson(value, out, err);
}
