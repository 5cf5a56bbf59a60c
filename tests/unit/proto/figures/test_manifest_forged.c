/* SPDX-License-Identifier: Apache-2.0
 * Manifests that a hub with another program might sign.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "proto/crypto/wire.h"
#include "proto/figures/manifest_internal.h"
#include "tests/unit/proto/figures/periods.h"

static struct scalar own_secret(void)
{
    return periods_secret(77);
}

struct forgery {
    Hearth__V1__ManifestBody *body; /* of a good one, to be changed before refused_body */
    struct buf good;
};

static struct forgery forge(void)
{
    struct forgery forgery = {0};
    struct manifest manifest = periods_manifest();
    struct scalar u = own_secret();
    struct err err = {0};
    assert_true(manifest_encode(&manifest, &u, &forgery.good, &err));
    forgery.body = hearth__v1__manifest_body__unpack(NULL, forgery.good.len, forgery.good.data);
    manifest_free(&manifest);
    return forgery;
}

/* Frees it too. */
static void refused_body(struct forgery *forgery, enum err_code code, const char *field)
{
    struct buf body = {0};
    struct manifest out = {0};
    struct err err = {0};
    wire_pack(&forgery->body->base, &body);
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    if (err.code != code || strcmp(err.field, field) != 0)
        fail_msg("%s %s: %s", err_code_name(err.code), err.field, err.text);
    assert_null(out.enrolled);
    hearth__v1__manifest_body__free_unpacked(forgery->body, NULL);
    buf_free(&body);
    buf_free(&forgery->good);
}

static void versions_are_told_apart(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    forgery.body->protocol = 2;
    refused_body(&forgery, ERR_VERSION, "protocol");
    forgery = forge();
    forgery.body->edition = 2;
    refused_body(&forgery, ERR_VERSION, "edition");
}

/* Less noise than the terms say, as a hub would want it: the sampler of half the shares, or that of
 * a larger epsilon. */
static void less_noise_is_refused(void **state)
{
    (void)state;
    static const struct noise_spec less[] = {
        {.shares = 4, .epsilon = 100000, .sensitivity = 1},
        {.shares = 3, .epsilon = 100001, .sensitivity = 1},
        {.shares = 3, .epsilon = 1000000, .sensitivity = 1},
    };
    for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
        struct forgery forgery = forge();
        struct noise_table *table = NULL;
        struct err err = {0};
        assert_true(noise_table_build(&less[i], &table, &err));
        noise_table_hash(table, forgery.body->terms[0]->noise.data);
        noise_table_free(table);
        refused_body(&forgery, ERR_INVALID, "terms[0].noise");
    }
    struct forgery forgery = forge();
    forgery.body->terms[5]->noise.data[0] ^= 1;
    refused_body(&forgery, ERR_INVALID, "terms[5].noise");
}

static void clipping_is_that_of_the_edition(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    forgery.body->terms[1]->clip = 9;
    refused_body(&forgery, ERR_INVALID, "terms[1].clip");
    forgery = forge();
    forgery.body->terms[3]->cells_each = 1;
    refused_body(&forgery, ERR_INVALID, "terms[3].cells_each");
}

static void sides_may_not_be_missing(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    Hearth__V1__FiguresSide *side = forgery.body->demand;
    forgery.body->demand = NULL;
    hearth__v1__figures_side__free_unpacked(side, NULL);
    refused_body(&forgery, ERR_INVALID, "demand");
}

/* The key of another, its proof of another hub, matcher or period: none of them shows that this hub
 * knows u for this period. */
static void proofs_of_others_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct manifest other = periods_manifest();
        struct scalar u = own_secret();
        struct buf body = {0};
        struct err err = {0};
        if (i == 0) strcpy(other.hub, "hub-2");
        if (i == 1) strcpy(other.matcher, "matcher-2");
        if (i == 2) {
            other.period = 202610;
            other.opens_at = period_start_ms(202611);
            other.closes_at = other.opens_at + 1000;
        }
        if (i == 3) u = periods_secret(78);
        assert_true(manifest_encode(&other, &u, &body, &err));
        struct forgery forgery = forge();
        memcpy(forgery.body->proof.data, other.proof, PROOF_BYTES);
        refused_body(&forgery, ERR_UNAUTHENTICATED, "proof");
        manifest_free(&other);
        buf_free(&body);
    }
}

/* U = wB - M_w, so that K = U + M_w = wB and the hub could open everything alone: it knows no u for
 * that, and a proof with w does not do. */
static void a_key_chosen_against_the_matchers_is_refused(void **state)
{
    (void)state;
    struct forgery forgery = forge();
    struct scalar m = periods_secret(4711), w = periods_secret(815);
    struct point matcher_key, wanted, rogue;
    struct buf statement = {0};
    static const uint8_t seed[SEED_BYTES] = {1};
    struct manifest claimed = periods_manifest();
    point_mul_base(&matcher_key, &m);
    point_mul_base(&wanted, &w);
    point_sub(&rogue, &wanted, &matcher_key);
    point_encode(forgery.body->key.data, &rogue);
    manifest_key_statement(&claimed, &statement);
    proof_possession_make(forgery.body->proof.data, TAG_HUB_KEY, statement.data, statement.len, &w,
                          seed);
    refused_body(&forgery, ERR_UNAUTHENTICATED, "proof");
    forgery = forge();
    memset(forgery.body->key.data, 0, POINT_BYTES); /* the identity: K would be the matcher's */
    refused_body(&forgery, ERR_INVALID, "key");
    buf_free(&statement);
    manifest_free(&claimed);
}

static void other_encodings_are_refused(void **state)
{
    (void)state;
    struct manifest manifest = periods_manifest(), out = {0};
    struct scalar u = own_secret();
    struct buf body = {0};
    struct err err = {0};
    assert_true(manifest_encode(&manifest, &u, &body, &err));
    buf_u16(&body, 0x7801); /* an unknown field 15 */
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    (void)buf_reserve(&body, MANIFEST_BYTES_MAX);
    assert_false(manifest_decode(body.data, body.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    manifest_free(&manifest);
    buf_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_told_apart),
        cmocka_unit_test(less_noise_is_refused),
        cmocka_unit_test(clipping_is_that_of_the_edition),
        cmocka_unit_test(sides_may_not_be_missing),
        cmocka_unit_test(proofs_of_others_are_refused),
        cmocka_unit_test(a_key_chosen_against_the_matchers_is_refused),
        cmocka_unit_test(other_encodings_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
