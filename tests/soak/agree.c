/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "client/hub/draft.h"
#include "proto/base/clock.h"
#include "tests/soak/soak.h"

static void enrol(const struct soak *soak, struct enrolled *out)
{
    struct err err = {0};
    *out = (struct enrolled){0};
    for (size_t i = 0; i < soak_party_count(soak); i++) {
        const struct soak_party *party = &soak->parties[i];
        if (!party->enrolled) continue;
        parties_must(enrolled_add(out, party->role, party->id,
                                  party->role == ROLE_LA ? party->code : NULL, &err),
                     &err);
    }
}

static void draft(const struct soak *soak, const char *hub, uint32_t period, struct manifest *out)
{
    struct draft_options options = {.period = period};
    struct enrolled enrolled;
    struct err err = {0};
    enrol(soak, &enrolled);
    memcpy(options.insiders, soak->insiders, sizeof options.insiders);
    const struct draft_parts parts = {
        .hub = hub,
        .matcher = identity_certificate(soak->matcher.identity)->organisation,
        .address = "hub.example:7443",
        .enrolled = &enrolled,
        .geography = soak->areas,
        .now_ms = clock_wall_ms()};
    parties_must(draft_make(&parts, &options, out, &err), &err);
    enrolled_free(&enrolled);
}

void agree(struct soak *soak, const struct party *hub, struct collection *at_hub, uint32_t period,
           struct agreement *out)
{
    const struct certificate *certificate = identity_certificate(hub->identity);
    struct manifest manifest;
    struct signed_bytes raw, release_key;
    struct err err = {0};
    int64_t now_ms = clock_wall_ms();
    draft(soak, certificate->organisation, period, &manifest);
    parties_must(collection_draw_up(at_hub, &manifest, &raw, &err), &err);
    parties_must(collection_agree(soak->at_matcher, &raw, certificate, now_ms, &release_key, &err),
                 &err);
    parties_must(collection_agreed(at_hub, &release_key,
                                   identity_certificate(soak->matcher.identity), now_ms, &err),
                 &err);
    parties_must(collection_agreement(at_hub, manifest.hash, out, &err), &err);
    signed_bytes_free(&raw);
    signed_bytes_free(&release_key);
    manifest_free(&manifest);
}

void agree_checked(const struct soak *soak, const struct soak_party *party,
                   const struct agreement *agreement, struct agreement *out)
{
    struct err err = {0};
    parties_must(agreement_make(&agreement->manifest_raw, &agreement->hub,
                                &agreement->release_key_raw,
                                identity_certificate(soak->matcher.identity), party->party.trust,
                                clock_wall_ms(), out, &err),
                 &err);
}
