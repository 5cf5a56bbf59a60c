/* SPDX-License-Identifier: Apache-2.0
 * Agreements, as a hub makes them.
 */
#include <string.h>

#include "proto/figures/collection_internal.h"

/* ---- drawing up ---- */

static bool delete_draft(struct step *step, const uint8_t hash[HASH_BYTES], struct err *err)
{
    return store_delete(step->txn, TABLE_AGREEMENTS, hash, HASH_BYTES, NULL, err) &&
           secret_delete(step, hash, err);
}

/* What was drawn up for that period before gives way, unless it is agreed. */
static bool make_room(struct step *step, const struct agreement_record *fresh, struct err *err)
{
    struct agreement_record record;
    uint8_t hash[HASH_BYTES];
    bool period = false, found = false;
    char text[PERIOD_TEXT];
    if (!period_read(step, fresh->hub, fresh->period, hash, &period, err) ||
        (period && !agreement_read(step, hash, &record, &found, err))) {
        return false;
    }
    if (!found) return true;
    if (record.agreed) {
        return err_set(err, ERR_EXISTS, "period", "a manifest for %s is agreed already",
                       period_text(fresh->period, text));
    }
    return delete_draft(step, hash, err);
}

static bool keep_draft(struct collection *collection, const struct agreement_record *record,
                       const uint8_t hash[HASH_BYTES], const struct scalar *u, struct err *err)
{
    struct step step;
    if (!step_begin(collection, true, &step, err)) return false;
    bool ok = make_room(&step, record, err) &&
              agreement_check_limits(&step, record->hub, record->room, err) &&
              agreement_write(&step, hash, record, err) && period_write(&step, record, hash, err) &&
              secret_write(&step, hash, u, err);
    return step_end(&step, ok, err);
}

bool collection_draw_up(struct collection *collection, struct manifest *manifest,
                        struct signed_bytes *out, struct err *err)
{
    const struct certificate *own = identity_certificate(collection->parts.identity);
    struct signed_bytes raw = {0};
    struct scalar u;
    REQUIRE(collection->role == ROLE_HUB && strcmp(manifest->hub, own->organisation) == 0);
    scalar_random(&u);
    bool ok = manifest_encode(manifest, &u, &raw.body, err);
    if (ok) {
        identity_sign_body(collection->parts.identity, TAG_MANIFEST, &raw);
        hash_once(manifest->hash, TAG_MANIFEST, raw.body.data, raw.body.len);
        struct agreement_record record = {.period = manifest->period,
                                          .opens_at = manifest->opens_at,
                                          .closes_at = manifest->closes_at,
                                          .terms = (uint32_t)manifest->term_count,
                                          .room = manifest_room(manifest),
                                          .manifest = kept_of(&raw),
                                          .hub_certificate = kept_of(&own->raw)};
        memcpy(record.hub, manifest->hub, sizeof record.hub);
        ok = keep_draft(collection, &record, manifest->hash, &u, err);
    }
    scalar_wipe(&u);
    if (ok) {
        *out = raw;
    } else {
        signed_bytes_free(&raw);
    }
    return ok;
}

static bool read_draft(struct step *step, uint32_t period, struct signed_bytes *out,
                       struct err *err)
{
    struct agreement_record record;
    uint8_t hash[HASH_BYTES];
    bool found = false;
    char text[PERIOD_TEXT];
    if (!period_read(step, step->collection->organisation, period, hash, &found, err) ||
        (found && !agreement_read(step, hash, &record, &found, err))) {
        return false;
    }
    if (!found || record.agreed) {
        return err_set(err, ERR_NOT_FOUND, "period", "no manifest for %s waits for an answer",
                       period_text(period, text));
    }
    kept_copy(&record.manifest, out);
    return true;
}

bool collection_proposed(struct collection *collection, uint32_t period, struct signed_bytes *out,
                         struct err *err)
{
    struct step step;
    REQUIRE(collection->role == ROLE_HUB);
    return step_begin(collection, false, &step, err) &&
           step_end(&step, read_draft(&step, period, out, err), err);
}

/* ---- the matcher's answer ---- */

static bool is_same(const struct kept_signed *kept, const struct signed_bytes *s)
{
    return kept->body.len == s->body.len &&
           sodium_memcmp(kept->body.data, s->body.data, s->body.len) == 0;
}

struct completion {
    struct collection *collection;
    const struct signed_bytes *release_key;
    const struct certificate *matcher;
    int64_t now_ms;
    uint8_t hash[HASH_BYTES];
};

static bool check_agreement(const struct completion *completion,
                            const struct signed_bytes *manifest, const struct certificate *hub,
                            struct err *err)
{
    struct agreement agreement;
    if (!agreement_make(manifest, hub, completion->release_key, completion->matcher,
                        completion->collection->parts.trust, completion->now_ms, &agreement, err)) {
        return false;
    }
    bool ok = strcmp(agreement.manifest.matcher, completion->matcher->organisation) == 0 ||
              err_set(err, ERR_DENIED, "matcher", "the manifest names matcher %s, not %s",
                      agreement.manifest.matcher, completion->matcher->organisation);
    agreement_free(&agreement);
    return ok;
}

static bool complete_in(struct step *step, const struct completion *completion, struct err *err)
{
    const struct certificate *own = identity_certificate(step->collection->parts.identity);
    struct agreement_record record;
    bool found = false;
    if (!agreement_read(step, completion->hash, &record, &found, err)) return false;
    if (!found) {
        return err_set(err, ERR_NOT_FOUND, "manifest_hash", "no such manifest was drawn up here");
    }
    if (record.agreed) {
        return is_same(&record.release_key, completion->release_key) ||
               err_set(err, ERR_EXISTS, "release_key",
                       "the matcher has given another release key for this manifest before");
    }
    struct signed_bytes manifest;
    kept_copy(&record.manifest, &manifest);
    record.manifest = kept_of(&manifest);
    record.hub_certificate = kept_of(&own->raw);
    record.release_key = kept_of(completion->release_key);
    record.matcher_certificate = kept_of(&completion->matcher->raw);
    record.agreed = true;
    bool ok = check_agreement(completion, &manifest, own, err) &&
              agreement_write(step, completion->hash, &record, err);
    signed_bytes_free(&manifest);
    return ok;
}

bool collection_agreed(struct collection *collection, const struct signed_bytes *release_key,
                       const struct certificate *matcher, int64_t now_ms, struct err *err)
{
    struct completion completion = {
        .collection = collection, .release_key = release_key, .matcher = matcher, .now_ms = now_ms};
    struct release_key key;
    struct step step;
    REQUIRE(collection->role == ROLE_HUB);
    if (!trust_check(collection->parts.trust, matcher, ROLE_MATCHER, now_ms, err) ||
        !release_key_decode(release_key->body.data, release_key->body.len, &key, err)) {
        return false;
    }
    memcpy(completion.hash, key.manifest_hash, HASH_BYTES);
    return step_begin(collection, true, &step, err) &&
           step_end(&step, complete_in(&step, &completion, err), err);
}
