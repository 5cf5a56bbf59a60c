/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/open.h"

#include <stdlib.h>
#include <string.h>

#include "client/hub/areas.h"
#include "client/hub/link.h"
#include "keys/certificate.h"
#include "keys/x509.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"

void opening_free(struct opening *opening)
{
    manifest_free(&opening->manifest);
    signed_bytes_free(&opening->raw);
    *opening = (struct opening){0};
}

/* ---- what is to be proposed ---- */

static bool find_agreed(struct hub *hub, uint32_t period, uint8_t hash[HASH_BYTES], bool *found,
                        struct err *err)
{
    const char *own = identity_certificate(hub->identity)->organisation;
    struct collection_period *periods = NULL;
    size_t count = 0;
    *found = false;
    if (!collection_periods(hub->collection, &periods, &count, err)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!periods[i].agreed || periods[i].period != period || strcmp(periods[i].hub, own) != 0) {
            continue;
        }
        memcpy(hash, periods[i].manifest_hash, HASH_BYTES);
        *found = true;
    }
    free(periods);
    return true;
}

static bool take_agreed(struct hub *hub, const uint8_t hash[HASH_BYTES], struct opening *out,
                        struct err *err)
{
    struct agreement agreement;
    if (!collection_agreement(hub->collection, hash, &agreement, err)) return false;
    const struct signed_bytes *raw = &agreement.manifest_raw;
    bool ok = manifest_decode(raw->body.data, raw->body.len, &out->manifest, err);
    out->how = OPENED_BEFORE;
    agreement_free(&agreement);
    return ok;
}

/* *found: one waits for the matcher's answer. */
static bool take_proposed(struct hub *hub, uint32_t period, struct opening *out, bool *found,
                          struct err *err)
{
    struct err why;
    *found = collection_proposed(hub->collection, period, &out->raw, &why);
    if (!*found) {
        if (why.code == ERR_NOT_FOUND) return true;
        *err = why;
        return false;
    }
    out->how = OPENED_AGAIN;
    return manifest_decode(out->raw.body.data, out->raw.body.len, &out->manifest, err);
}

/* ---- where contributors connect to ---- */

/* "hub.example:4422" or "[::1]:4422". */
static void host_of(const char *address, char out[MANIFEST_ADDRESS_MAX + 1])
{
    size_t len = (size_t)(strrchr(address, ':') - address);
    bool brackets = len >= 2 && address[0] == '[' && address[len - 1] == ']';
    if (brackets) len -= 2;
    memcpy(out, address + brackets, len);
    out[len] = '\0';
}

/* TLS would keep every contributor away, for the whole of the period. */
static bool check_reachable(const struct hub *hub, struct err *err)
{
    struct credentials credentials = {0};
    char host[MANIFEST_ADDRESS_MAX + 1];
    char *path = file_join(hub->path, HOME_CERTIFICATE);
    bool has = false;
    host_of(hub->config.address, host);
    bool ok = credentials_load(path, &credentials, err) &&
              x509_leaf_has_host(&credentials.tls_certificate, host, &has, err);
    credentials_free(&credentials);
    free(path);
    if (!ok || has) return ok;
    return err_set(
        err, ERR_INVALID, HOME_CONFIG ".address",
        "the hub's certificate does not carry \"%.60s\": contributors could not connect. "
        "'hearth-keys request -C %s --address %.60s' asks for one that does; 'hearth-keys show' "
        "tells what the present one carries",
        host, hub->path, host);
}

static bool draw_up(struct hub *hub, const struct draft_options *options, int64_t now_ms,
                    struct opening *out, struct err *err)
{
    struct geography *geography = mem_new(struct geography);
    struct enrolled enrolled = {0};
    const struct draft_parts parts = {.hub = identity_certificate(hub->identity)->organisation,
                                      .matcher = hub->config.matcher_id,
                                      .address = hub->config.address,
                                      .enrolled = &enrolled,
                                      .geography = geography,
                                      .now_ms = now_ms};
    bool ok = check_reachable(hub, err) && areas_read(hub->path, geography, err) &&
              enrolled_read(hub->path, &enrolled, err) &&
              draft_make(&parts, options, &out->manifest, err) &&
              collection_draw_up(hub->collection, &out->manifest, &out->raw, err);
    enrolled_free(&enrolled);
    free(geography);
    return ok;
}

static bool choose(struct hub *hub, const struct draft_options *options, bool anew, int64_t now_ms,
                   struct opening *out, struct err *err)
{
    uint8_t hash[HASH_BYTES];
    uint32_t period = options->period ? options->period : period_before(period_of(now_ms), 1);
    bool found = false;
    if (!find_agreed(hub, period, hash, &found, err)) return false;
    if (found) return take_agreed(hub, hash, out, err);
    if (!anew) {
        if (!take_proposed(hub, period, out, &found, err)) return false;
        if (found) return true;
    }
    return draw_up(hub, options, now_ms, out, err);
}

bool opening_make(struct hub *hub, const struct draft_options *options, bool anew, int64_t now_ms,
                  struct opening *out, struct err *err)
{
    *out = (struct opening){0};
    if (choose(hub, options, anew, now_ms, out, err)) return true;
    opening_free(out);
    return false;
}

/* ---- proposing ---- */

/* The manifest stays as it is: what the matcher refuses once it refuses again. */
static bool say_refused(struct err *err)
{
    struct err why = *err;
    switch (why.code) {
    case ERR_EXISTS:
        return err_set(err, ERR_DENIED, why.field,
                       "the matcher has agreed to another manifest of this period, whose key is "
                       "not in this home: there can be no figures of it");
    case ERR_INVALID:
    case ERR_DENIED:
    case ERR_EXPIRED:
    case ERR_BUDGET:
        return err_set(err, ERR_DENIED, why.field,
                       "the matcher does not agree: %s. Once the reason is gone, --anew draws the "
                       "manifest up anew",
                       why.text);
    default: return false;
    }
}

bool opening_propose(struct hub *hub, const struct opening *opening, struct err *err)
{
    struct dial *dial = NULL;
    struct signed_bytes release_key = {0};
    if (!link_open(hub, &dial, err)) return false;
    bool ok = dial_propose(dial, &opening->raw, &release_key, err) || say_refused(err);
    if (ok) {
        ok =
            collection_agreed(hub->collection, &release_key, dial_peer(dial), clock_wall_ms(), err);
        signed_bytes_free(&release_key);
    }
    dial_close(dial);
    return ok;
}
