/* SPDX-License-Identifier: Apache-2.0
 * No branch and no address depends on a secret: the method itself, the group, streams, proofs and
 * keys. */
#include "tests/unit/proto/crypto/constant_time.h"

#include "proto/base/mem.h"
#include "proto/base/secret.h"
#include "proto/crypto/elgamal.h"
#include "proto/crypto/message.h"
#include "proto/crypto/permute.h"

enum { COUNT = 16 };

static void secret_scalar(struct scalar *out)
{
    scalar_random(out);
    secret(out, sizeof *out);
}

/* ---- the method ---- */

static void a_branch_on_a_secret_is_reported(void **state)
{
    (void)state;
    uint8_t value;
    randombytes_buf(&value, 1);
    secret(&value, 1);
    (void)reports();
    volatile int sink = 0;
    if (value > 100) sink = 1;
    (void)sink;
    assert_int_not_equal(reports(), 0);
    declassify(&value, 1);
    if (value > 101) sink = 2;
    assert_int_equal(reports(), 0);
}

static void an_address_from_a_secret_is_reported(void **state)
{
    (void)state;
    static volatile uint8_t table[256];
    uint8_t value;
    randombytes_buf(&value, 1);
    secret(&value, 1);
    (void)reports();
    volatile uint8_t sink = table[value];
    (void)sink;
    assert_int_not_equal(reports(), 0);
}

/* In the programs' own code too, not just here: what is there for public data is told. */
static void code_for_public_data_is_reported(void **state)
{
    (void)state;
    uint8_t a[HASH_BYTES], b[HASH_BYTES];
    randombytes_buf(a, sizeof a);
    memcpy(b, a, sizeof b);
    secret(a, sizeof a);
    (void)reports();
    volatile int sink = hash_order(a, b);
    (void)sink;
    assert_int_not_equal(reports(), 0);
}

static void drawn_numbers_are_secret(void **state)
{
    (void)state;
    struct scalar drawn;
    uint8_t bytes[SCALAR_BYTES];
    volatile int sink = 0;
    secrets_are_drawn();
    (void)reports();
    scalar_random(&drawn);
    scalar_encode(bytes, &drawn);
    assert_int_equal(reports(), 0);
    if (bytes[0] & 1) sink = 1;
    (void)sink;
    secrets_are_drawn_no_more();
    assert_int_not_equal(reports(), 0);
}

/* Each block of the file names libdecaf and one of its functions, and there are three. */
static void nothing_but_libdecaf_is_suppressed(void **state)
{
    (void)state;
    FILE *file = fopen(SUPPRESSIONS, "r");
    char line[200];
    int blocks = 0, objects = 0, functions = 0, kinds = 0, rest = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || line[0] == '\n') continue;
        if (line[0] == '{')
            blocks++;
        else if (strstr(line, "Memcheck:Cond"))
            kinds++;
        else if (strstr(line, "obj:*/libdecaf.so*\n"))
            objects++;
        else if (strstr(line, "fun:decaf_255_point_"))
            functions++;
        else if (!strstr(line, "...") && !strstr(line, "decaf-") && line[0] != '}')
            rest++;
    }
    (void)fclose(file);
    assert_int_equal(blocks, 3);
    assert_int_equal(kinds, blocks);
    assert_int_equal(objects, blocks);
    assert_int_equal(functions, blocks);
    assert_int_equal(rest, 0);
}

/* ---- the group ---- */

static void scalars_are_constant_time(void **state)
{
    (void)state;
    struct scalar a, b, c, back;
    uint8_t wide[SCALAR_WIDE_BYTES], out[SCALAR_BYTES];
    int64_t v = -12345;
    bool condition = true, ok = false;
    randombytes_buf(wide, sizeof wide);
    secret(wide, sizeof wide);
    secret(&v, sizeof v);
    secret(&condition, sizeof condition);
    (void)reports();
    scalar_from_wide(&a, wide);
    scalar_from_int(&b, v);
    scalar_add(&c, &a, &b);
    scalar_sub(&c, &c, &a);
    scalar_mul(&c, &c, &a);
    scalar_select(&c, &c, &b, condition);
    scalar_require_nonzero(&c);
    scalar_encode(out, &c);
    ok = scalar_decode(&back, out);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    ok = scalar_equal(&back, &c);
    assert_int_equal(reports(), 0);
    declassify(&ok, sizeof ok);
    assert_true(ok);
}

static void points_are_constant_time(void **state)
{
    (void)state;
    struct scalar s;
    struct point base, product, sum, back;
    uint8_t out[POINT_BYTES];
    bool condition = false, ok = false;
    point_base(&base);
    struct point_table *table = point_table_new(&base);
    secret_scalar(&s);
    secret(&condition, sizeof condition);
    (void)reports();
    point_mul_base(&product, &s);
    point_mul_table(&sum, table, &s);
    point_add(&sum, &sum, &product);
    point_mul(&sum, &sum, &s);
    point_sub(&sum, &sum, &product);
    point_select(&sum, &sum, &product, condition);
    point_encode(out, &sum);
    ok = point_decode(&back, out);
    assert_int_equal(reports(), 0);
    assert_true(ok);
    ok = point_equal(&back, &sum) & !point_is_identity(&sum);
    assert_int_equal(reports(), 0);
    declassify(&ok, sizeof ok);
    assert_true(ok);
    point_table_free(table);
}

static void encryption_is_constant_time(void **state)
{
    (void)state;
    struct scalar k, r;
    struct point key, opened;
    struct ciphertext ciphertext, wider;
    struct elgamal_powers powers;
    uint8_t out[CIPHERTEXT_BYTES];
    int16_t v = 1000;
    int32_t wide = -123456;
    scalar_random(&k);
    point_mul_base(&key, &k);
    struct point_table *table = point_table_new(&key);
    elgamal_powers(&powers);
    secret(&k, sizeof k);
    secret(&v, sizeof v);
    secret(&wide, sizeof wide);
    secret_scalar(&r);
    (void)reports();
    elgamal_encrypt(&ciphertext, table, v, &r);
    elgamal_encrypt_wide(&wider, table, &powers, wide, &r);
    elgamal_add(&ciphertext, &ciphertext, &wider);
    ciphertext_encode(out, &ciphertext);
    elgamal_open(&opened, &ciphertext, &k);
    assert_int_equal(reports(), 0);
    point_table_free(table);
}

/* ---- streams ---- */

static void streams_are_constant_time(void **state)
{
    (void)state;
    struct stream stream;
    struct scalar scalar;
    uint32_t place[100];
    uint8_t seed[SEED_BYTES], out[100];
    uint64_t below = 0;
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    (void)reports();
    stream_start(&stream, "test", seed, "ctx", 3);
    stream_bytes(&stream, out, sizeof out);
    stream_scalar(&stream, &scalar);
    for (uint64_t bound = 1; bound < 50; bound++) below |= stream_below(&stream, bound);
    stream_permutation(&stream, place, sizeof place / sizeof *place);
    stream_wipe(&stream);
    assert_int_equal(reports(), 0);
    publish(&below, sizeof below);
    assert_in_range(below, 1, 63);
}

static void items_are_moved_in_constant_time(void **state)
{
    (void)state;
    enum { ITEMS = 50, WORDS = 8 };
    struct stream stream;
    uint8_t seed[SEED_BYTES] = {1};
    uint32_t place[ITEMS], known[ITEMS];
    uint64_t items[ITEMS * WORDS];
    stream_start(&stream, "test", seed, NULL, 0);
    stream_permutation(&stream, place, ITEMS);
    for (size_t i = 0; i < ITEMS * WORDS; i++) items[i] = i;
    memcpy(known, place, sizeof known);
    secret(place, sizeof place);
    (void)reports();
    permute(items, WORDS, place, ITEMS);
    assert_int_equal(reports(), 0);
    publish(items, sizeof items);
    for (size_t i = 0; i < ITEMS * WORDS; i++)
        assert_int_equal(items[known[i / WORDS] * WORDS + i % WORDS], i);
}

/* ---- proofs and keys ---- */

static void proofs_are_constant_time(void **state)
{
    (void)state;
    struct scalar x;
    struct point key, points[COUNT];
    uint8_t seed[SEED_BYTES], proof[PROOF_BYTES];
    uint8_t encoded[COUNT * POINT_BYTES], shares[COUNT * POINT_BYTES];
    scalar_random(&x);
    for (size_t j = 0; j < COUNT; j++) {
        struct scalar s;
        scalar_random(&s);
        point_mul_base(&points[j], &s);
        point_encode(encoded + j * POINT_BYTES, &points[j]);
        point_mul(&key, &points[j], &x);
        point_encode(shares + j * POINT_BYTES, &key);
    }
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    secret(shares, sizeof shares);
    secret(&x, sizeof x);
    (void)reports();
    proof_possession_make(proof, "test", "statement", 9, &x, seed);
    assert_int_equal(reports(), 0);
    point_mul_base(&key, &x);
    publish(&key, sizeof key);
    publish(proof, sizeof proof);
    assert_true(proof_possession_check(proof, "test", "statement", 9, &key));
    (void)reports();
    proof_shares_make(proof, "statement", 9, &x, encoded, shares, points, COUNT, seed, NULL);
    assert_int_equal(reports(), 0);
}

/* m and the nonce of its proof, as the matcher draws them. */
static void an_epoch_key_is_made_in_constant_time(void **state)
{
    (void)state;
    struct scalar m;
    struct epoch_record record, back;
    struct buf body = {0};
    struct err err;
    const uint8_t commitment[HASH_BYTES] = {1};
    secrets_are_drawn();
    (void)reports();
    epoch_make("matcher", 1000, 2000, commitment, &m, &record, &body);
    secrets_are_drawn_no_more();
    assert_int_equal(reports(), 0);
    publish(body.data, body.len);
    assert_true(epoch_decode(body.data, body.len, &back, &err));
    buf_free(&body);
}

/* The query's key, and K = A + M with what the matcher has published. */
static void a_query_key_is_made_in_constant_time(void **state)
{
    (void)state;
    struct scalar a, m;
    struct point key, epoch_key, joint;
    uint8_t seed[SEED_BYTES], query_id[QUERY_ID_BYTES] = {1};
    scalar_random(&m);
    point_mul_base(&epoch_key, &m);
    randombytes_buf(seed, sizeof seed);
    secret(seed, sizeof seed);
    (void)reports();
    blind_query_key(&a, &key, seed, query_id);
    assert_int_equal(reports(), 0);
    publish(&key, sizeof key);
    assert_true(blind_joint_key(&joint, &key, &epoch_key));
}

static void secrets_are_compared_in_constant_time(void **state)
{
    (void)state;
    struct secret a = secret_random(32), b = secret_new(32);
    memcpy(b.data, a.data, b.len);
    secret(a.data, a.len);
    secret(b.data, b.len);
    (void)reports();
    bool same = secret_equal(&a, &b);
    b.data[31] ^= 1;
    bool other = secret_equal(&a, &b);
    assert_int_equal(reports(), 0);
    publish(&same, sizeof same);
    publish(&other, sizeof other);
    assert_true(same && !other);
    secret_free(&a);
    secret_free(&b);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_on_a_secret_is_reported),
        cmocka_unit_test(an_address_from_a_secret_is_reported),
        cmocka_unit_test(code_for_public_data_is_reported),
        cmocka_unit_test(drawn_numbers_are_secret),
        cmocka_unit_test(nothing_but_libdecaf_is_suppressed),
        cmocka_unit_test(scalars_are_constant_time),
        cmocka_unit_test(points_are_constant_time),
        cmocka_unit_test(encryption_is_constant_time),
        cmocka_unit_test(streams_are_constant_time),
        cmocka_unit_test(items_are_moved_in_constant_time),
        cmocka_unit_test(proofs_are_constant_time),
        cmocka_unit_test(an_epoch_key_is_made_in_constant_time),
        cmocka_unit_test(a_query_key_is_made_in_constant_time),
        cmocka_unit_test(secrets_are_compared_in_constant_time),
    };
    (void)argc;
    return constant_time_run(argv, tests);
}
