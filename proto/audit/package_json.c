/* SPDX-License-Identifier: Apache-2.0
 * A package as JSON, and its decoder.
 */
#include "proto/audit/log_line.h"
#include "proto/audit/package_internal.h"
#include "proto/base/json_wipe.h"

json_t *package_request_load(const struct buf *text)
{
    if (text->len == 0 || text->len > REQUEST_RESOLVED_MAX) return NULL;
    json_t *root = json_loadb((const char *)text->data, text->len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(root)) return root;
    json_decref(root);
    return NULL;
}

void package_dump(const json_t *object, struct buf *out)
{
    json_append(object, JSON_COMPACT, out); /* numbers with 17 digits */
}

/* ---- writing ---- */

static json_t *footprint_json(const struct package_parts *parts)
{
    json_t *list = json_array();
    for (size_t i = 0; i < parts->footprint_count; i++) {
        char name[GRID_NAME];
        grid_quadrant_name(parts->footprint[i], name);
        (void)json_array_append_new(list, json_string(name));
    }
    return list;
}

json_t *package_json(const struct package_parts *parts, const json_t *chain)
{
    json_t *request = package_request_load(&parts->request);
    REQUIRE(request != NULL && parts->seed.len == SEED_BYTES);
    json_t *object = json_pack(
        "{s:i,s:o,s:o,s:o,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "hearth_package", PACKAGE_FORM,
        "request", request, "seed", hex_json(parts->seed.data, SEED_BYTES), "query_id",
        hex_json(parts->query_id, QUERY_ID_BYTES), "catalogue", (json_int_t)parts->catalogue,
        "issued_at", (json_int_t)parts->issued_at, "expires_at", (json_int_t)parts->expires_at,
        "footprint", footprint_json(parts), "query_hash", hex_json(parts->query_hash, HASH_BYTES),
        "query_signature", hex_json(parts->query_signature, SIGNATURE_BYTES), "la_certificate",
        signed_json(&parts->la_certificate), "matcher_certificate",
        signed_json(&parts->matcher_certificate), "epoch", signed_json(&parts->epoch), "options",
        signed_json(&parts->options));
    REQUIRE(object != NULL);
    if (parts->is_member) {
        (void)json_object_set_new(object, "group_id", hex_json(parts->group_id, GROUP_ID_BYTES));
    }
    if (parts->result.body.len > 0) {
        (void)json_object_set_new(object, "result", signed_json(&parts->result));
    }
    if (chain) (void)json_object_set_new(object, "chain", json_deep_copy(chain));
    return object;
}

/* ---- reading ---- */

static bool read_form(const json_t *object, struct err *err)
{
    uint64_t form = 0;
    if (!member_number(object, "hearth_package", &form, err)) {
        return err_set(err, ERR_INVALID, NULL, "is not the package of a search");
    }
    return form == PACKAGE_FORM || err_set(err, ERR_VERSION, "hearth_package",
                                           "is of form %llu, this program reads form %d",
                                           (unsigned long long)form, PACKAGE_FORM);
}

static bool read_footprint(const json_t *object, struct package_parts *parts, struct err *err)
{
    const json_t *list = json_object_get(object, "footprint");
    if (!json_is_array(list) || json_array_size(list) > FOOTPRINT_MAX) {
        return err_set(err, ERR_INVALID, "footprint", "must be a list of at most %d quadrants",
                       FOOTPRINT_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        uint16_t quadrant = 0;
        if (!name || !grid_parse_quadrant(name, &quadrant) ||
            (i > 0 && quadrant <= parts->footprint[i - 1])) {
            return err_set(
                err, ERR_INVALID, "footprint",
                "must be names of quadrants (\"SE.NW\"), each once, from the south-west");
        }
        parts->footprint[i] = quadrant;
        parts->footprint_count = i + 1;
    }
    return true;
}

static bool read_numbers(const json_t *object, struct package_parts *parts, struct err *err)
{
    uint64_t catalogue = 0, issued_at = 0, expires_at = 0;
    if (!member_number(object, "catalogue", &catalogue, err) ||
        !member_number(object, "issued_at", &issued_at, err) ||
        !member_number(object, "expires_at", &expires_at, err)) {
        return false;
    }
    if (catalogue > UINT32_MAX) {
        return err_set(err, ERR_INVALID, "catalogue", "is no version of the catalogue");
    }
    parts->catalogue = (uint32_t)catalogue;
    parts->issued_at = (int64_t)issued_at;
    parts->expires_at = (int64_t)expires_at;
    return true;
}

static bool read_signed(const json_t *object, struct package_parts *parts, struct err *err)
{
    enum { MAX = PACKAGE_SIGNED_MAX };
    return member_signed(object, "la_certificate", MAX, &parts->la_certificate, err) &&
           member_signed(object, "matcher_certificate", MAX, &parts->matcher_certificate, err) &&
           member_signed(object, "epoch", MAX, &parts->epoch, err) &&
           member_signed(object, "options", MAX, &parts->options, err) &&
           (!json_object_get(object, "result") ||
            member_signed(object, "result", MAX, &parts->result, err));
}

static bool read_request(const json_t *object, struct package_parts *parts, struct err *err)
{
    const json_t *request = json_object_get(object, "request");
    if (!json_is_object(request)) {
        return err_set(err, ERR_INVALID, "request", "must be an object { }");
    }
    package_dump(request, &parts->request);
    return true;
}

static bool read_parts(const json_t *object, struct package_parts *parts, struct err *err)
{
    static const char *const names[] = {"hearth_package",
                                        "request",
                                        "seed",
                                        "query_id",
                                        "group_id",
                                        "catalogue",
                                        "issued_at",
                                        "expires_at",
                                        "footprint",
                                        "query_hash",
                                        "query_signature",
                                        "la_certificate",
                                        "matcher_certificate",
                                        "epoch",
                                        "options",
                                        "result",
                                        "chain",
                                        NULL};
    parts->seed = secret_new(SEED_BYTES);
    parts->is_member = json_object_get(object, "group_id") != NULL;
    return read_form(object, err) && members_known(object, names, err) &&
           read_request(object, parts, err) &&
           member_hex(object, "seed", parts->seed.data, SEED_BYTES, err) &&
           member_hex(object, "query_id", parts->query_id, QUERY_ID_BYTES, err) &&
           (!parts->is_member ||
            member_hex(object, "group_id", parts->group_id, GROUP_ID_BYTES, err)) &&
           read_numbers(object, parts, err) && read_footprint(object, parts, err) &&
           member_hex(object, "query_hash", parts->query_hash, HASH_BYTES, err) &&
           member_hex(object, "query_signature", parts->query_signature, SIGNATURE_BYTES, err) &&
           read_signed(object, parts, err);
}

bool package_read(const uint8_t *text, size_t len, struct package_parts *parts, json_t **chain,
                  struct err *err)
{
    struct package_parts found = {0};
    json_error_t problem;
    if (len > PACKAGE_MAX) {
        return err_set(err, ERR_INVALID, NULL, "a package has at most %d bytes", PACKAGE_MAX);
    }
    json_t *object = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &problem);
    if (!object) {
        return err_set(err, ERR_INVALID, NULL, "is not JSON: line %d, column %d", problem.line,
                       problem.column);
    }
    bool ok = read_parts(object, &found, err);
    if (ok) {
        *parts = found;
        *chain = json_incref(json_object_get(object, "chain"));
    } else {
        package_parts_free(&found);
    }
    json_decref(object);
    return ok;
}
