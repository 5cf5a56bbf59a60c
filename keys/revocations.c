/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/revocations.h"

#include <stdlib.h>
#include <string.h>

#include "keys/armour.h"
#include "proto/base/mem.h"
#include "proto/identity.pb-c.h"

enum { REVOCATIONS_VERSION = 1 };

void revocations_write(const struct revocations *list, const uint8_t secret[SIGN_SECRET_BYTES],
                       struct buf *out)
{
    REQUIRE(list->count <= REVOKED_MAX);
    Hearth__V1__RevocationBody message = HEARTH__V1__REVOCATION_BODY__INIT;
    message.version = REVOCATIONS_VERSION;
    message.number = list->number;
    message.issued_at = list->issued_at;
    message.serials = list->serials;
    message.n_serials = list->count;
    struct buf body = {0}, packed = {0};
    size_t len = hearth__v1__revocation_body__get_packed_size(&message);
    (void)hearth__v1__revocation_body__pack(&message, buf_reserve(&body, len));
    struct signed_bytes made;
    signed_bytes_make(secret, TAG_REVOCATION, &body, &made);
    signed_bytes_pack(&made, &packed);
    armour_write(ARMOUR_REVOCATIONS, packed.data, packed.len, out);
    signed_bytes_free(&made);
    buf_free(&packed);
    buf_free(&body);
}

static bool body_check(const Hearth__V1__RevocationBody *body, struct err *err)
{
    if (body->version != REVOCATIONS_VERSION) {
        return err_set(err, ERR_VERSION, "version", "revocation list version %u, this reads %d",
                       body->version, REVOCATIONS_VERSION);
    }
    if (body->number == 0 || body->number > INT64_MAX || body->issued_at < 0) {
        return err_set(err, ERR_INVALID, "number", "lists are numbered from 1 and dated");
    }
    if (body->n_serials > REVOKED_MAX) {
        return err_set(err, ERR_INVALID, "serials", "%zu; at most %d are held", body->n_serials,
                       REVOKED_MAX);
    }
    for (size_t i = 0; i < body->n_serials; i++) {
        if (body->serials[i] == 0 || (i > 0 && body->serials[i] <= body->serials[i - 1])) {
            return err_set(err, ERR_INVALID, "serials", "are not in ascending order");
        }
    }
    return true;
}

static bool body_decode(const struct buf *bytes, struct revocations *out, struct err *err)
{
    Hearth__V1__RevocationBody *body =
        hearth__v1__revocation_body__unpack(NULL, bytes->len, bytes->data);
    if (!body) return err_set(err, ERR_INVALID, "", "holds no revocation list");
    bool ok = body_check(body, err);
    if (ok) {
        *out = (struct revocations){
            .number = body->number,
            .issued_at = body->issued_at,
            .serials = mem_copy(body->serials, body->n_serials * sizeof *body->serials),
            .count = body->n_serials};
    }
    hearth__v1__revocation_body__free_unpacked(body, NULL);
    return ok;
}

bool revocations_decode(const uint8_t *data, size_t len, const struct certificate *root,
                        struct revocations *out, struct err *err)
{
    struct signed_bytes raw = {0};
    bool ok = signed_bytes_unpack(data, len, ARMOUR_REVOCATIONS_MAX, &raw, err) &&
              (!root || certificate_verify(root, TAG_REVOCATION, raw.body.data, raw.body.len,
                                           raw.signature, SIGNATURE_BYTES, err)) &&
              body_decode(&raw.body, out, err);
    signed_bytes_free(&raw);
    return ok || err_in(err, HOME_REVOCATIONS);
}

bool revocations_load(const char *path, const struct certificate *root, struct revocations *out,
                      struct err *err)
{
    struct buf data = {0};
    bool ok = armour_read_file(ARMOUR_REVOCATIONS, path, &data, err) &&
              revocations_decode(data.data, data.len, root, out, err);
    buf_free(&data);
    return ok;
}

void revocations_free(struct revocations *list)
{
    free(list->serials);
    *list = (struct revocations){0};
}

static int compare_serials(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

bool revocations_contain(const struct revocations *list, uint64_t serial)
{
    return list->count > 0 &&
           bsearch(&serial, list->serials, list->count, sizeof serial, compare_serials) != NULL;
}
