/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as what the seal of a contributor's store holds around a manifest and its release key:
 * refused with a reason, or read. Nothing is kept.
 */
#include <string.h>

#include "proto/figures/contributor_internal.h"
#include "tests/fuzz/home.h"
#include "tests/unit/support_keys/parties.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool count(struct tally *tally, const struct manifest *manifest, int64_t now_ms,
                  struct stream *stream, void *ctx, struct err *err)
{
    (void)tally;
    (void)manifest;
    (void)now_ms;
    (void)stream;
    (void)ctx;
    return err_set(err, ERR_INVALID, "", "nothing is counted here");
}

static struct contributor *open_once(void)
{
    static struct contributor *contributor;
    static struct party agency;
    struct err err = {0};
    if (contributor) return contributor;
    struct parties *parties = parties_new(fuzz_home());
    agency = parties_add(parties, ROLE_AGENT, "agent-1");
    parties_free(parties);
    const struct contributor_parts parts = {
        .home = agency.home, .identity = agency.identity, .trust = agency.trust, .count = count};
    parties_must(contributor_open(&parts, &contributor, &err), &err);
    return contributor;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct buf plain = {.data = (uint8_t *)(uintptr_t)data, .len = len};
    struct contributor *c = open_once();
    struct agreement agreement;
    struct store_txn *txn = NULL;
    uint8_t key[HASH_BYTES];
    struct err err = {0};
    bool found = false;
    const struct sealed_place at = contributor_place(
        c, TABLE_AGREEMENTS, "hearth figures manifest seen", "hub-1", strlen("hub-1"), key);
    REQUIRE(sealed_begin(&c->sealed, true, &txn, &err));
    REQUIRE(sealed_put(&c->sealed, txn, &at, &plain, 1, &err));
    if (contributor_get_agreement(c, txn, AGREEMENT_LAST, "hub-1", &agreement, &found, &err)) {
        REQUIRE(found);
        agreement_free(&agreement);
    } else {
        REQUIRE(err.code != ERR_NONE && err.text[0] != '\0');
    }
    store_abort(txn);
    return 0;
}
