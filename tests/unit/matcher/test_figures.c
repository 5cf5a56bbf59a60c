/* SPDX-License-Identifier: Apache-2.0
 * Figures at a running matcher: agencies outside the directory, and what the audit log says of what
 * was agreed, taken and half-opened, and to whom.
 */
#include "matcher/audit.h"
#include "proto/figures/dial.h"
#include "tests/unit/matcher/players.h"
#include "tests/unit/proto/figures/served.h"

static const char *const ids[] = {"agent-1", "agent-2", "agent-3", "agent-9"};

struct stage {
    struct scene *scene;
    struct party hub;
    struct collection *collection;
    char target[32];
};

static struct dial *dial_as(const struct stage *stage, const struct party *party)
{
    const struct dial_parts parts = {.identity = party->identity,
                                     .trust = party->trust,
                                     .target = stage->target,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher"};
    struct dial *dial = NULL;
    struct err err = {0};
    parties_must(dial_open(&parts, &dial, &err), &err);
    return dial;
}

static void tell_target(struct stage *stage)
{
    (void)snprintf(stage->target, sizeof stage->target, "127.0.0.1:%d", stage->scene->port);
}

static int stage_make(void **state)
{
    struct stage *stage = mem_new(struct stage);
    struct err err = {0};
    (void)scene_set_up(state);
    stage->scene = *state;
    stage->hub = parties_add(stage->scene->parties, ROLE_HUB, "hub-1");
    const struct collection_parts parts = {
        .home = stage->hub.home, .identity = stage->hub.identity, .trust = stage->hub.trust};
    parties_must(collection_open(&parts, &stage->collection, &err), &err);
    tell_target(stage);
    *state = stage;
    return 0;
}

static int stage_free(void **state)
{
    struct stage *stage = *state;
    collection_close(stage->collection);
    party_close(&stage->hub);
    *state = stage->scene;
    free(stage);
    int result = scene_tear_down(state);
    REQUIRE(unsetenv("HEARTH_CLOCK_OFFSET") == 0);
    return result;
}

static void move_clock(struct stage *stage)
{
    matcher_stop(stage->scene->matcher);
    rpc_stop();
    REQUIRE(setenv("HEARTH_CLOCK_OFFSET", "7200", 1) == 0);
    rpc_start();
    scene_start(stage->scene);
    tell_target(stage);
}

/* Draws up and proposes; `count` of the ids. */
static bool propose(struct stage *stage, size_t count, uint8_t hash[HASH_BYTES], struct err *err)
{
    struct manifest manifest = served_manifest("hub-1", "matcher", "127.0.0.1:1", ids, count);
    struct dial *dial = dial_as(stage, &stage->hub);
    struct signed_bytes raw, key;
    parties_must(collection_draw_up(stage->collection, &manifest, &raw, err), err);
    hash_once(hash, TAG_MANIFEST, raw.body.data, raw.body.len);
    bool ok = dial_propose(dial, &raw, &key, err);
    if (ok) {
        parties_must(
            collection_agreed(stage->collection, &key, dial_peer(dial), clock_wall_ms(), err), err);
        signed_bytes_free(&key);
    }
    dial_close(dial);
    signed_bytes_free(&raw);
    manifest_free(&manifest);
    return ok;
}

/* ---- the log ---- */

struct found {
    enum audit_kind kind;
    const char *field;
    const uint8_t *hash;
    size_t entries, named;     /* of that kind; with that hash */
    size_t to_own, to_another; /* which agent-1, and agent-2, may see */
    uint64_t contributions;
};

static bool look(const uint8_t *key, size_t key_len, const uint8_t *value, size_t len, void *ctx,
                 struct err *err)
{
    struct found *found = ctx;
    struct audit_entry entry;
    (void)key;
    (void)key_len;
    if (!audit_entry_decode(value, len, &entry, err)) return false;
    if (entry.kind != found->kind) return true;
    const struct audit_field *count = audit_field_find(&entry, AUDIT_TYPE_NUMBER, "contributions");
    found->entries++;
    found->named += audit_bytes_are(&entry, found->field, found->hash, HASH_BYTES);
    found->to_own += audit_is_for(&entry, ROLE_AGENT, "agent-1");
    found->to_another += audit_is_for(&entry, ROLE_AGENT, "agent-2");
    if (count) found->contributions = count->number;
    assert_true(audit_text_is(&entry, "hub", "hub-1"));
    return true;
}

static struct found find(const struct stage *stage, enum audit_kind kind, const char *field,
                         const uint8_t hash[HASH_BYTES])
{
    struct found found = {.kind = kind, .field = field, .hash = hash};
    struct store_txn *txn = NULL;
    struct err err = {0};
    (void)audit_flush(stage->scene->matcher->audit);
    parties_must(store_begin(stage->scene->matcher->store, false, &txn, &err), &err);
    parties_must(store_each(txn, AUDIT_TABLE_LOG, NULL, 0, look, &found, &err), &err);
    store_abort(txn);
    return found;
}

/* ---- tests ---- */

static void agencies_have_to_be_in_the_directory(void **state)
{
    struct stage *stage = *state;
    uint8_t hash[HASH_BYTES];
    struct err err = {0};
    assert_false(propose(stage, 4, hash, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_string_equal(err.field, "enrolled");
    assert_int_equal(find(stage, AUDIT_FIGURES_AGREED, "manifest", hash).entries, 0);
}

static void put_all(const struct stage *stage, const struct agreement *agreement,
                    uint8_t first[HASH_BYTES])
{
    struct err err = {0};
    for (size_t i = 0; i < PLAYED_AGENTS; i++) {
        const struct party *party = &stage->scene->agents[i].party;
        struct signed_bytes receipt,
            raw = served_contribution(agreement, party, "capacity_status", 2);
        struct dial *dial = dial_as(stage, party);
        parties_must(dial_put(dial, &raw, &receipt, &err), &err);
        signed_bytes_free(&receipt);
        parties_must(dial_put(dial, &raw, &receipt, &err), &err); /* it was lost */
        if (i == 0) hash_once(first, TAG_CONTRIBUTION, raw.body.data, raw.body.len);
        signed_bytes_free(&receipt);
        signed_bytes_free(&raw);
        dial_close(dial);
    }
}

static void release(const struct stage *stage, const uint8_t hash[HASH_BYTES],
                    uint8_t set_hash[HASH_BYTES])
{
    struct dial *dial = dial_as(stage, &stage->hub);
    struct figures_release set;
    struct opened opened;
    size_t taken = 0, passed = 0;
    struct err err = {0};
    parties_must(dial_release(dial, stage->collection, hash, figures_table_find("capacity_status"),
                              &opened, &taken, &passed, &err),
                 &err);
    assert_int_equal(taken, PLAYED_AGENTS);
    parties_must(
        figures_release_decode(opened.release.body.data, opened.release.body.len, &set, &err),
        &err);
    figures_set_hash(&set, set_hash);
    figures_release_free(&set);
    opened_free(&opened);
    dial_close(dial);
}

static void the_log_tells_each_what_it_may_know(void **state)
{
    struct stage *stage = *state;
    struct agreement agreement;
    uint8_t manifest[HASH_BYTES], first[HASH_BYTES], set[HASH_BYTES];
    struct err err = {0};
    parties_must(propose(stage, 3, manifest, &err), &err);
    parties_must(collection_agreement(stage->collection, manifest, &agreement, &err), &err);
    put_all(stage, &agreement, first);
    agreement_free(&agreement);
    move_clock(stage);
    release(stage, manifest, set);

    struct found found = find(stage, AUDIT_FIGURES_AGREED, "manifest", manifest);
    assert_int_equal(found.entries, 1);
    assert_int_equal(found.named, 1);
    assert_int_equal(found.to_own + found.to_another, 2); /* everybody */
    found = find(stage, AUDIT_FIGURES_CONTRIBUTION, "contribution", first);
    assert_int_equal(found.entries, PLAYED_AGENTS); /* none twice */
    assert_int_equal(found.named, 1);
    assert_int_equal(found.to_own, 1); /* its own, and not the others' */
    assert_int_equal(found.to_another, 1);
    found = find(stage, AUDIT_FIGURES_RELEASED, "set", set);
    assert_int_equal(found.entries, 1);
    assert_int_equal(found.named, 1);
    assert_int_equal(found.contributions, PLAYED_AGENTS);
    assert_int_equal(found.to_own + found.to_another, 2);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_make, stage_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGED(agencies_have_to_be_in_the_directory),
        STAGED(the_log_tells_each_what_it_may_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
