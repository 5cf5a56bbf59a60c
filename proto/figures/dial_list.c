/* SPDX-License-Identifier: Apache-2.0
 * A contributor's list of manifests and releases, each checked for itself: what does not check is
 * logged and passed over, so that one hub cannot keep the others' from being read.
 */
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/figures/dial_internal.h"

struct listing {
    struct dial *dial;
    struct contributor *contributor;
    size_t manifests, releases, left_out;
};

/* The own store has failed, or the matcher's word does not check? */
static bool is_ours(const struct err *err)
{
    return err->code == ERR_IO || err->code == ERR_CORRUPT || err->code == ERR_INTERNAL;
}

static bool pass_over(const char *what, const struct err *err)
{
    log_err(LOG_LEVEL_WARN, what, err);
    return true;
}

/* ---- manifests ---- */

static bool make(const struct listing *listing, const Hearth__V1__FiguresManifest *in,
                 struct agreement *out, struct err *err)
{
    const struct dial *dial = listing->dial;
    struct signed_bytes manifest = {0}, release_key = {0};
    struct certificate hub = {0};
    bool ok = signed_bytes_of_message(in->manifest, "manifest", &manifest, err) &&
              signed_bytes_of_message(in->release_key, "release_key", &release_key, err) &&
              certificate_of_message(in->hub, &hub, err) &&
              agreement_make(&manifest, &hub, &release_key, &dial->peer, dial->parts.trust,
                             clock_wall_ms(), out, err);
    certificate_free(&hub);
    signed_bytes_free(&manifest);
    signed_bytes_free(&release_key);
    return ok;
}

static bool check_own(const struct listing *listing, const struct manifest *manifest,
                      struct err *err)
{
    const struct certificate *own = identity_certificate(listing->dial->parts.identity);
    return manifest_party(manifest, own->role, own->organisation) != NULL ||
           err_set(err, ERR_INVALID, "enrolled", "%s %s is not in the manifest of %s",
                   role_name(own->role), own->organisation, manifest->hub);
}

static bool take_manifest(struct listing *listing, const Hearth__V1__FiguresManifest *in,
                          struct err *err)
{
    struct agreement agreement;
    if (!make(listing, in, &agreement, err)) return pass_over("figures_manifest", err);
    bool ok = check_own(listing, &agreement.manifest, err) &&
              contributor_note(listing->contributor, &agreement, err);
    agreement_free(&agreement);
    if (ok) listing->manifests++;
    return ok || (!is_ours(err) && pass_over("figures_manifest", err));
}

/* ---- releases ---- */

static bool take_release(struct listing *listing, const Hearth__V1__Signed *in, struct err *err)
{
    struct signed_bytes release;
    bool left_out = false;
    if (!signed_bytes_of_message(in, "release", &release, err)) {
        return pass_over("figures_release", err);
    }
    bool ok =
        contributor_release(listing->contributor, &release, &listing->dial->peer, &left_out, err);
    signed_bytes_free(&release);
    listing->left_out += left_out;
    return ok || (!is_ours(err) && pass_over("figures_release", err));
}

/* ---- the list ---- */

static bool count_in(size_t *count, size_t max, const struct listing *listing, struct err *err)
{
    return ++*count <= max || dial_nonsense(listing->dial, "an endless list", err);
}

/* *done: that was the last. */
static bool take(struct listing *listing, const Hearth__V1__ToFigures *message, size_t *seen,
                 bool *done, struct err *err)
{
    switch ((int)message->kind_case) {
    case HEARTH__V1__TO_FIGURES__KIND_MANIFEST:
        return count_in(seen, DIAL_MANIFESTS_MAX, listing, err) &&
               take_manifest(listing, message->manifest, err);
    case HEARTH__V1__TO_FIGURES__KIND_RELEASE:
        return count_in(&listing->releases, (size_t)DIAL_MANIFESTS_MAX * FIGURES_TABLES_MAX,
                        listing, err) &&
               take_release(listing, message->release, err);
    case HEARTH__V1__TO_FIGURES__KIND_END: *done = true; return true;
    default: return dial_nonsense(listing->dial, "something else than a list", err);
    }
}

static bool take_all(struct listing *listing, struct err *err)
{
    int64_t until_ms = clock_steady_ms() + DIAL_LIST_MS;
    size_t seen = 0;
    bool done = false, ok = true;
    while (ok && !done) {
        bool refused = false;
        Hearth__V1__ToFigures *message = dial_answer(listing->dial, NULL, &refused, err);
        if (!message) return false;
        ok = clock_steady_ms() < until_ms ? take(listing, message, &seen, &done, err)
                                          : dial_nonsense(listing->dial, "an endless list", err);
        hearth__v1__to_figures__free_unpacked(message, NULL);
    }
    return ok;
}

bool dial_list(struct dial *dial, struct contributor *contributor, size_t *manifests,
               size_t *left_out, struct err *err)
{
    struct listing listing = {.dial = dial, .contributor = contributor};
    Hearth__V1__FiguresList list = HEARTH__V1__FIGURES_LIST__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_LIST;
    message.list = &list;
    dial_send(dial, &message);
    if (!take_all(&listing, err)) return false;
    *manifests = listing.manifests;
    *left_out = listing.left_out;
    return true;
}
