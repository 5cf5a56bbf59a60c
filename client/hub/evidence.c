/* SPDX-License-Identifier: Apache-2.0
 * A matcher's signed record that does not hold, kept for whoever has to judge it.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "client/hub/fetch.h"
#include "proto/base/file.h"
#include "proto/base/json_file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static json_t *hex(const void *data, size_t len)
{
    char *text = mem_array(2 * len + 1, 1);
    json_t *value = json_string(text_hex(data, len, text));
    free(text);
    return value;
}

static json_t *signed_json(const struct signed_bytes *raw)
{
    return json_pack("{s:o,s:o}", "body", hex(raw->body.data, raw->body.len), "signature",
                     hex(raw->signature, SIGNATURE_BYTES));
}

static bool own_set(struct hub *hub, const uint8_t manifest_hash[HASH_BYTES],
                    const struct figures_table *table, json_t **out, struct err *err)
{
    struct figures_release set;
    if (!collection_set(hub->collection, manifest_hash, table, &set, err)) return false;
    *out = json_array();
    for (size_t i = 0; i < set.count; i++) {
        (void)json_array_append_new(*out, hex(set.contributions[i], HASH_BYTES));
    }
    figures_release_free(&set);
    return true;
}

bool evidence_write(struct hub *hub, const struct fetched *fetched,
                    const uint8_t manifest_hash[HASH_BYTES], const struct opened *opened,
                    const struct certificate *matcher, char **path, struct err *err)
{
    char period[PERIOD_TEXT];
    json_t *set = NULL;
    if (!own_set(hub, manifest_hash, fetched->table, &set, err)) return false;
    json_t *root = json_pack("{s:s,s:s,s:o,s:{s:s,s:s},s:o,s:o,s:o,s:o,s:o}", "period",
                             period_text(fetched->period, period), "table", fetched->table->name,
                             "manifest_hash", hex(manifest_hash, HASH_BYTES), "wrong", "field",
                             fetched->why.field, "message", fetched->why.text, "matcher",
                             signed_json(&matcher->raw), "release", signed_json(&opened->release),
                             "shares", hex(opened->shares.data, opened->shares.len), "proof",
                             hex(opened->proof, PROOF_BYTES), "contributions", set);
    char *name = mem_format("evidence-%s-%s.json", period, fetched->table->name);
    *path = file_join(hub->path, name);
    /* What it signed first is what counts. */
    bool ok = json_create_file(*path, root, err) || err->code == ERR_EXISTS;
    if (!ok) {
        free(*path);
        *path = NULL;
    }
    free(name);
    return ok;
}
