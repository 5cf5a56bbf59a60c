/* SPDX-License-Identifier: Apache-2.0
 * A request in the form that an auditor can read without gazetteer and files.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/audit/package_internal.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

/* Of collections in collections, and of lists in coordinates; what lies deeper is no area. */
enum { DEPTH_MAX = 16 };

/* ---- places ---- */

/* elements[i].at becomes the parsed point. */
static bool name_points(json_t *list, const struct anchor *anchors, size_t count, struct err *err)
{
    if (json_array_size(list) != count) {
        return err_set(err, ERR_INVALID, "location", "is not what was parsed of this text");
    }
    for (size_t i = 0; i < count; i++) {
        char reference[GRID_REFERENCE];
        json_t *at = json_string(grid_reference(anchors[i].place.at, reference));
        if (json_object_set_new(json_array_get(list, i), "at", at) != 0) {
            return err_set(err, ERR_INVALID, "location", "is not what was parsed of this text");
        }
    }
    return true;
}

/* ---- an area: nothing but its polygons ---- */

static json_t *copy_numbers(json_t *value, int depth)
{
    size_t index = 0;
    json_t *element = NULL, *list = json_array();
    size_t most = json_is_number(json_array_get(value, 0)) ? 2 : SIZE_MAX; /* no heights */
    json_array_foreach(value, index, element)
    {
        if (index == most) break;
        json_t *copy = json_is_array(element) && depth < DEPTH_MAX
                           ? copy_numbers(element, depth + 1)
                           : json_incref(element);
        (void)json_array_append_new(list, copy);
    }
    return list;
}

static json_t *copy_geometry(json_t *object, int depth);

static json_t *copy_list(json_t *list, int depth)
{
    size_t index = 0;
    json_t *element = NULL, *copy = json_array();
    json_array_foreach(list, index, element)
    {
        (void)json_array_append_new(copy, copy_geometry(element, depth + 1));
    }
    return copy;
}

/* Any object of GeoJSON. What it is made of is left to area_read to judge. */
static json_t *copy_geometry(json_t *object, int depth)
{
    json_t *copy = json_object();
    json_t *type = json_object_get(object, "type"), *member = NULL;
    if (!json_is_object(object) || depth == DEPTH_MAX) {
        json_decref(copy);
        return json_null();
    }
    if (type) (void)json_object_set(copy, "type", type);
    if ((member = json_object_get(object, "coordinates"))) {
        (void)json_object_set_new(copy, "coordinates", copy_numbers(member, 0));
    }
    if ((member = json_object_get(object, "geometry"))) {
        (void)json_object_set_new(copy, "geometry", copy_geometry(member, depth + 1));
        (void)json_object_set_new(copy, "properties", json_null());
    }
    if ((member = json_object_get(object, "geometries"))) {
        (void)json_object_set_new(copy, "geometries", copy_list(member, depth));
    }
    if ((member = json_object_get(object, "features"))) {
        (void)json_object_set_new(copy, "features", copy_list(member, depth));
    }
    return copy;
}

static json_t *load_area(const char *path, const char *directory, struct err *err)
{
    struct buf text = {0};
    json_t *root = NULL, *copy = NULL;
    char *full = path[0] == '/' || !directory ? mem_string(path) : file_join(directory, path);
    if (file_read(full, AREA_FILE_MAX, &text, err)) {
        size_t skip = text.len >= 3 && strncmp((char *)text.data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        root = json_loadb((char *)text.data + skip, text.len - skip,
                          JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
        if (!root) (void)err_set(err, ERR_INVALID, NULL, "%s is not GeoJSON any more", path);
    }
    if (root) copy = copy_geometry(root, 0);
    json_decref(root);
    buf_wipe(&text);
    free(full);
    return copy;
}

/* What will be read of it is what was asked with. */
static bool same_area(json_t *copy, const struct area *area, struct err *err)
{
    struct area *again = mem_new(struct area);
    bool ok = area_read(copy, NULL, again, err);
    if (ok && sodium_memcmp(again->cells, area->cells, AREA_BYTES) != 0) {
        ok = err_set(err, ERR_INVALID, NULL, "the file has changed since the request was read");
    }
    sodium_memzero(again, sizeof *again);
    free(again);
    return ok;
}

static bool inline_area(json_t *location, const struct request *request, const char *directory,
                        struct err *err)
{
    json_t *area = json_object_get(location, "area");
    if (!json_is_string(area)) return true;
    json_t *copy = load_area(json_string_value(area), directory, err);
    bool ok = copy && same_area(copy, &request->area, err);
    if (ok) {
        (void)json_object_set_new(location, "area", copy);
    } else {
        json_decref(copy);
    }
    return ok || err_in(err, "location.area");
}

/* ---- the whole ---- */

static bool resolve(json_t *root, const struct request *request, const char *directory,
                    struct err *err)
{
    json_t *location = json_object_get(root, "location");
    return name_points(json_object_get(location, "anchors"), request->anchors,
                       request->anchor_count, err) &&
           name_points(json_object_get(location, "avoid"), request->avoid, request->avoid_count,
                       err) &&
           inline_area(location, request, directory, err);
}

bool request_resolve(const struct buf *text, const struct request *request, const char *directory,
                     struct buf *out, struct err *err)
{
    size_t skip = text->len >= 3 && strncmp((char *)text->data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    json_t *root = text->len == 0 ? NULL
                                  : json_loadb((char *)text->data + skip, text->len - skip,
                                               JSON_REJECT_DUPLICATES, NULL);
    if (!root) return err_set(err, ERR_INVALID, NULL, "is not the text of a request");
    bool ok = resolve(root, request, directory, err);
    if (ok) {
        size_t before = out->len;
        package_dump(root, out);
        if (out->len - before > REQUEST_RESOLVED_MAX) {
            sodium_memzero(out->data + before, out->len - before);
            out->len = before;
            ok = err_set(err, ERR_INVALID, "location.area", "is too long to be kept: simplify it");
        }
    }
    json_decref(root);
    return ok;
}
