/* SPDX-License-Identifier: Apache-2.0
 * Contributions, receipts and releases as they travel.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/crypto/elgamal.h"
#include "proto/crypto/wire.h"
#include "proto/figures.pb-c.h"
#include "proto/figures/manifest.h"

static struct contribution a_contribution(const uint8_t *ciphertexts, size_t count)
{
    struct contribution contribution = {.manifest_hash = {1, 2},
                                        .key_hash = {3, 4},
                                        .role = ROLE_AGENT,
                                        .organisation = "ifa-1",
                                        .table = figures_table_find("capacity_la"),
                                        .ciphertexts = ciphertexts,
                                        .count = count,
                                        .proof = {5, 6}};
    return contribution;
}

static void contributions_come_back(void **state)
{
    (void)state;
    static uint8_t ciphertexts[FIGURES_CELLS_MAX * CIPHERTEXT_BYTES];
    for (size_t i = 0; i < sizeof ciphertexts; i++) ciphertexts[i] = (uint8_t)(i * 7 + i / 256);
    static const size_t counts[] = {1, 2, 3, 150, FIGURES_CELLS_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct contribution contribution = a_contribution(ciphertexts, counts[i]), back = {0};
        struct buf body = {0};
        struct err err = {0};
        uint8_t hash[HASH_BYTES];
        contribution_encode(&contribution, &body);
        if (!contribution_decode(body.data, body.len, &back, &err)) fail_msg("%s", err.text);
        assert_true(back.ciphertexts >= body.data && back.ciphertexts < body.data + body.len);
        assert_memory_equal(back.ciphertexts, ciphertexts, counts[i] * CIPHERTEXT_BYTES);
        assert_int_equal(back.count, counts[i]);
        assert_memory_equal(back.proof, contribution.proof, PROOF_BYTES);
        assert_ptr_equal(back.table, contribution.table);
        assert_string_equal(back.organisation, "ifa-1");
        hash_once(hash, TAG_CONTRIBUTION, body.data, body.len);
        assert_memory_equal(back.hash, hash, HASH_BYTES);
        buf_free(&body);
    }
}

static void refused_contribution(const Hearth__V1__ContributionBody *message, const char *field)
{
    struct buf body = {0};
    struct contribution out;
    struct err err = {0};
    wire_pack(&message->base, &body);
    assert_false(contribution_decode(body.data, body.len, &out, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    buf_free(&body);
}

static void odd_contributions_are_refused(void **state)
{
    (void)state;
    static uint8_t bytes[(FIGURES_CELLS_MAX + 1) * CIPHERTEXT_BYTES];
    char organisation[] = "ifa-1", table[] = "capacity_la", other[] = "capacity_xx", bad[] = "A";
    Hearth__V1__ContributionBody good = HEARTH__V1__CONTRIBUTION_BODY__INIT;
    good.manifest_hash = good.key_hash = wire_data(bytes, HASH_BYTES);
    good.role = HEARTH__V1__ROLE__ROLE_AGENT;
    good.organisation = organisation;
    good.table = table;
    good.ciphertexts = wire_data(bytes, CIPHERTEXT_BYTES);
    good.proof = wire_data(bytes, PROOF_BYTES);
    Hearth__V1__ContributionBody changed = good;
    static const size_t lengths[] = {0, 1, CIPHERTEXT_BYTES - 1, CIPHERTEXT_BYTES + 1,
                                     (FIGURES_CELLS_MAX + 1) * CIPHERTEXT_BYTES};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        changed.ciphertexts = wire_data(bytes, lengths[i]);
        refused_contribution(&changed, "ciphertexts");
    }
    changed = good;
    changed.proof = wire_data(bytes, PROOF_BYTES - 1);
    refused_contribution(&changed, "proof");
    changed = good;
    changed.table = other;
    refused_contribution(&changed, "table");
    changed = good;
    changed.organisation = bad;
    refused_contribution(&changed, "organisation");
    changed = good;
    changed.role = HEARTH__V1__ROLE__ROLE_HUB;
    refused_contribution(&changed, "role");
    changed = good;
    changed.key_hash = wire_data(bytes, HASH_BYTES + 1);
    refused_contribution(&changed, "key_hash");
}

static void receipts_come_back(void **state)
{
    (void)state;
    struct figures_receipt receipt = {
        .contribution_hash = {9}, .role = ROLE_HUB, .organisation = "hub-1", .at = 1796083200000};
    struct figures_receipt back = {0};
    struct buf body = {0};
    struct err err = {0};
    figures_receipt_encode(&receipt, &body);
    assert_true(figures_receipt_decode(body.data, body.len, &back, &err));
    assert_memory_equal(back.contribution_hash, receipt.contribution_hash, HASH_BYTES);
    assert_int_equal(back.role, ROLE_HUB);
    assert_int_equal(back.at, receipt.at);
    assert_string_equal(back.organisation, "hub-1");
    body.len = 0;
    receipt.role = ROLE_AGENT; /* nobody's receipt */
    figures_receipt_encode(&receipt, &body);
    assert_false(figures_receipt_decode(body.data, body.len, &back, &err));
    assert_string_equal(err.field, "role");
    body.len = 0;
    receipt.role = ROLE_MATCHER;
    receipt.at = 0;
    figures_receipt_encode(&receipt, &body);
    assert_false(figures_receipt_decode(body.data, body.len, &back, &err));
    assert_string_equal(err.field, "at");
    buf_free(&body);
}

static struct figures_release a_release(size_t count)
{
    struct figures_release release = {.manifest_hash = {1},
                                      .table = figures_table_find("unmet_age"),
                                      .contributions = mem_array(count, HASH_BYTES),
                                      .count = count};
    for (size_t i = 0; i < count; i++) {
        release.contributions[i][0] = (uint8_t)(i >> 8);
        release.contributions[i][1] = (uint8_t)i;
    }
    return release;
}

static void releases_come_back(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 3, 500, MANIFEST_ENROLLED_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct figures_release release = a_release(counts[i]), back = {0};
        struct buf body = {0};
        struct err err = {0};
        uint8_t a[HASH_BYTES], b[HASH_BYTES];
        figures_release_encode(&release, &body);
        if (!figures_release_decode(body.data, body.len, &back, &err)) fail_msg("%s", err.text);
        assert_int_equal(back.count, counts[i]);
        assert_memory_equal(back.contributions, release.contributions, counts[i] * HASH_BYTES);
        figures_set_hash(&release, a);
        figures_set_hash(&back, b);
        assert_memory_equal(a, b, HASH_BYTES);
        back.count--;
        figures_set_hash(&back, b);
        assert_memory_not_equal(a, b, HASH_BYTES);
        figures_release_free(&release);
        figures_release_free(&back);
        buf_free(&body);
    }
}

static void refused_release(struct figures_release *release, const char *field)
{
    struct figures_release back = {0};
    struct buf body = {0};
    struct err err = {0};
    figures_release_encode(release, &body);
    assert_false(figures_release_decode(body.data, body.len, &back, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, field);
    assert_null(back.contributions);
    figures_release_free(release);
    buf_free(&body);
}

/* One that names a contribution twice would let it be added up twice. */
static void sets_name_each_once(void **state)
{
    (void)state;
    struct figures_release release = a_release(4);
    memcpy(release.contributions[2], release.contributions[1], HASH_BYTES);
    refused_release(&release, "contributions[2]");
    release = a_release(4);
    release.contributions[3][1] = 0;
    refused_release(&release, "contributions[3]");
    release = a_release(4);
    release.count = 0;
    refused_release(&release, "contributions");
    release = a_release(MANIFEST_ENROLLED_MAX + 1);
    refused_release(&release, "contributions");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contributions_come_back), cmocka_unit_test(odd_contributions_are_refused),
        cmocka_unit_test(receipts_come_back),      cmocka_unit_test(releases_come_back),
        cmocka_unit_test(sets_name_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
