/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/reply_package.h"

#include <stdlib.h>
#include <string.h>

#include "keys/certificate.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { SIGNED_BODY_MAX = 8 << 10 };

/* ---- writing ---- */

static json_t *hex_json(const void *data, size_t len)
{
    struct secret room = secret_new(2 * len + 1);
    json_t *out = json_string(text_hex(data, len, (char *)room.data));
    secret_free(&room);
    REQUIRE(out != NULL);
    return out;
}

static json_t *signed_json(const struct signed_bytes *s)
{
    struct buf bytes = {0};
    signed_bytes_pack(s, &bytes);
    json_t *out = hex_json(bytes.data, bytes.len);
    buf_free(&bytes);
    return out;
}

json_t *reply_package_json(const struct kept_reply *kept, const struct certificate *agent)
{
    json_t *out =
        json_pack("{s:i,s:o,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o}", "hearth_reply", REPLY_PACKAGE_FORM,
                  "query", hex_json(kept->query_hash, HASH_BYTES), "la", kept->la, "answered_at",
                  (json_int_t)kept->at_ms, "catalogue", (json_int_t)kept->catalogue, "carers",
                  (json_int_t)kept->carers, "seed", hex_json(kept->seed.data, kept->seed.len),
                  "slot_sets", hex_json(kept->slot_sets.data, kept->slot_sets.len), "reply",
                  signed_json(&kept->signed_reply), "certificate", signed_json(&agent->raw));
    REQUIRE(out != NULL);
    return out;
}

/* ---- reading ---- */

static bool read_hex(const char *text, const char *field, size_t max, struct buf *out,
                     struct err *err)
{
    size_t len = strlen(text) / 2;
    if (strlen(text) % 2 == 0 && len <= max) {
        if (text_unhex(text, buf_reserve(out, len), len)) return true;
    }
    return err_set(err, ERR_INVALID, field, "hex digits for at most %zu bytes are wanted", max);
}

static bool read_fixed(const char *text, const char *field, void *out, size_t len, struct err *err)
{
    return (strlen(text) == 2 * len && text_unhex(text, out, len)) ||
           err_set(err, ERR_INVALID, field, "%zu hex digits are wanted", 2 * len);
}

static bool read_signed(const char *text, const char *field, struct signed_bytes *out,
                        struct err *err)
{
    struct buf bytes = {0};
    bool ok = read_hex(text, field, 2 * SIGNED_BODY_MAX, &bytes, err);
    if (ok && !signed_bytes_unpack(bytes.data, bytes.len, SIGNED_BODY_MAX, out, err)) {
        ok = err_in(err, field);
    }
    buf_free(&bytes);
    return ok;
}

static bool read_certificate(const char *text, struct certificate *out, struct err *err)
{
    struct buf bytes = {0};
    bool ok = read_hex(text, "certificate", 2 * SIGNED_BODY_MAX, &bytes, err);
    if (ok && !certificate_unpack(bytes.data, bytes.len, out, err)) {
        ok = err_in(err, "certificate");
    }
    buf_free(&bytes);
    return ok;
}

struct texts {
    const char *query, *la, *seed, *slot_sets, *reply, *certificate;
    json_int_t at_ms, catalogue, carers;
};

static bool read_numbers(const struct texts *in, struct kept_reply *out, struct err *err)
{
    if (!text_is_id(in->la)) {
        return err_set(err, ERR_INVALID, "la", "an organisation id is wanted");
    }
    if (in->carers < 0 || in->carers > BLIND_ITEMS_MAX) {
        return err_set(err, ERR_INVALID, "carers", "0 to %d are wanted", BLIND_ITEMS_MAX);
    }
    if (in->catalogue < 1 || in->catalogue > UINT32_MAX) {
        return err_set(err, ERR_INVALID, "catalogue", "a version is wanted");
    }
    memcpy(out->la, in->la, strlen(in->la) + 1);
    out->at_ms = (int64_t)in->at_ms;
    out->carers = (size_t)in->carers;
    out->catalogue = (uint32_t)in->catalogue;
    return true;
}

static bool read_fields(const struct texts *in, struct kept_reply *out, struct certificate *agent,
                        struct err *err)
{
    out->seed = secret_new(SEED_BYTES);
    return read_numbers(in, out, err) &&
           read_fixed(in->query, "query", out->query_hash, HASH_BYTES, err) &&
           read_fixed(in->seed, "seed", out->seed.data, SEED_BYTES, err) &&
           read_hex(in->slot_sets, "slot_sets", SLOT_SETS_BYTES_MAX, &out->slot_sets, err) &&
           read_signed(in->reply, "reply", &out->signed_reply, err) &&
           read_certificate(in->certificate, agent, err);
}

static bool unpack(json_t *root, struct texts *out, struct err *err)
{
    json_error_t why;
    json_int_t form = 0;
    if (json_unpack_ex(root, &why, 0, "{s:I}", "hearth_reply", &form) != 0) {
        return err_set(err, ERR_INVALID, "hearth_reply", "this is no package of a reply");
    }
    if (form != REPLY_PACKAGE_FORM) {
        return err_set(err, ERR_VERSION, "hearth_reply",
                       "has form %lld; this program reads form %d", (long long)form,
                       REPLY_PACKAGE_FORM);
    }
    return json_unpack_ex(root, &why, JSON_STRICT, "{s:I,s:s,s:s,s:I,s:I,s:I,s:s,s:s,s:s,s:s}",
                          "hearth_reply", &form, "query", &out->query, "la", &out->la,
                          "answered_at", &out->at_ms, "catalogue", &out->catalogue, "carers",
                          &out->carers, "seed", &out->seed, "slot_sets", &out->slot_sets, "reply",
                          &out->reply, "certificate", &out->certificate) == 0 ||
           err_set(err, ERR_INVALID, "", "the package is incomplete or malformed: %s", why.text);
}

bool reply_package_parse(const uint8_t *text, size_t len, struct kept_reply *out,
                         struct certificate *agent, struct err *err)
{
    json_error_t why;
    struct texts texts = {"", "", "", "", "", "", 0, 0, 0};
    struct kept_reply kept = {0};
    json_t *root = json_loadb((const char *)text, len, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        return err_set(err, ERR_INVALID, "", "this is no package of a reply: line %d: %s", why.line,
                       why.text);
    }
    bool ok = unpack(root, &texts, err) && read_fields(&texts, &kept, agent, err);
    json_decref(root);
    if (ok) {
        *out = kept;
    } else {
        kept_reply_free(&kept);
    }
    return ok;
}
