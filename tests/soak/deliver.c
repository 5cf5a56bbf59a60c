/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "tests/soak/soak.h"

static struct collection *collector(struct soak *soak, enum role role)
{
    return role == ROLE_MATCHER ? soak->at_matcher : soak->at_hub;
}

bool deliver_one(struct soak *soak, const struct soak_party *party, struct soak_desk *desk,
                 const struct soak_sent *sent, enum role role, struct err *err)
{
    const struct party *to = role == ROLE_MATCHER ? &soak->matcher : &soak->hub;
    struct signed_bytes receipt;
    struct err inner = {0};
    if (!collection_put(collector(soak, role), &sent->raw,
                        identity_certificate(party->party.identity), false, clock_wall_ms(),
                        &receipt, err)) {
        return false;
    }
    if (desk) {
        parties_must(contributor_receipt(desk->contributor, &receipt,
                                         identity_certificate(to->identity), &inner),
                     &inner);
    }
    signed_bytes_free(&receipt);
    return true;
}

static void deliver_to(struct soak *soak, struct soak_party *party, struct soak_desk *desk,
                       enum role role)
{
    struct err err = {0};
    for (size_t i = 0; i < party->sent_count; i++) {
        if (!deliver_one(soak, party, desk, &party->sent[i], role, &err)) {
            (void)soak_wrong(party, "%s refuses %s: %s", role_name(role),
                             party->sent[i].table->name, err.text);
        }
    }
}

/* The same contribution again is taken again, another one is not. */
static void deliver_again(struct soak *soak, struct soak_party *party)
{
    char *home = mem_format("%s/copy-%zu", party->party.home, soak->period_index);
    struct soak_sent others[FIGURES_TABLES_MAX];
    struct soak_desk copy;
    struct agreement agreement;
    struct err err = {0};
    size_t count = 0, refused = 0;
    deliver_to(soak, party, NULL, ROLE_HUB);
    parties_must(file_make_dirs(home, 0700, &err), &err);
    desk_open(party, home, &copy);
    agree_checked(soak, party, &soak->agreement, &agreement);
    parties_must(contributor_note(copy.contributor, &agreement, &err), &err);
    parties_must(contributor_join(copy.contributor, agreement.manifest.hub, &err), &err);
    contribute_prepare(&copy, &agreement, others, &count, &refused);
    for (size_t i = 0; i < count; i++) {
        static const enum role to[] = {ROLE_MATCHER, ROLE_HUB};
        if (others[i].table == party->off) continue; /* the copy knows nothing of that either */
        for (size_t j = 0; j < 2; j++) {
            if (deliver_one(soak, party, NULL, &others[i], to[j], &err)) {
                (void)soak_wrong(party, "%s takes %s twice", role_name(to[j]),
                                 others[i].table->name);
            } else if (err.code != ERR_EXISTS || strcmp(err.field, "table") != 0) {
                (void)soak_wrong(party, "%s, for a second %s: %s", role_name(to[j]),
                                 others[i].table->name, err.text);
            }
        }
    }
    contribute_free(others, &count);
    agreement_free(&agreement);
    desk_close(&copy);
    free(home);
}

/* It has sent what it had: nothing more goes to that hub. */
static void leave(const struct soak *soak, struct soak_party *party, struct soak_desk *desk)
{
    const struct agreement *agreement = &soak->agreement;
    size_t made = 0, refused = 0;
    struct err err = {0};
    parties_must(contributor_leave(desk->contributor, agreement->manifest.hub, &err), &err);
    if (contributor_prepare(desk->contributor, agreement, clock_wall_ms(), &made, &refused, &err) ||
        err.code != ERR_DENIED || strcmp(err.field, "hub") != 0) {
        (void)soak_wrong(party, "makes contributions for a hub that it has left");
    }
}

void deliver_in_window(struct soak *soak, struct soak_party *party)
{
    struct soak_desk desk;
    if (party->fate == FATE_ABSENT || party->fate == FATE_LATE) return;
    desk_open(party, NULL, &desk);
    if (party->fate != FATE_ONLY_HUB) deliver_to(soak, party, &desk, ROLE_MATCHER);
    if (party->fate != FATE_ONLY_MATCHER) deliver_to(soak, party, &desk, ROLE_HUB);
    if (party->fate == FATE_TWICE) deliver_again(soak, party);
    if (party->fate == FATE_LEAVES) leave(soak, party, &desk);
    desk_close(&desk);
}

void deliver_late(struct soak *soak, struct soak_party *party)
{
    static const enum role to[] = {ROLE_MATCHER, ROLE_HUB};
    struct soak_desk desk;
    struct err err = {0};
    if (party->fate != FATE_LATE) return;
    desk_open(party, NULL, &desk);
    for (size_t i = 0; i < 2 * party->sent_count; i++) {
        const struct soak_sent *sent = &party->sent[i / 2];
        if (deliver_one(soak, party, &desk, sent, to[i % 2], &err)) {
            (void)soak_wrong(party, "%s takes %s late", role_name(to[i % 2]), sent->table->name);
        } else if (err.code != ERR_EXPIRED || strcmp(err.field, "closes_at") != 0) {
            (void)soak_wrong(party, "%s, late: %s", sent->table->name, err.text);
        }
        parties_must(contributor_refused(desk.contributor, sent->hash, to[i % 2], &err), &err);
    }
    desk_close(&desk);
}
