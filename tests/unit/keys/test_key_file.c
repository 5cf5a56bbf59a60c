/* SPDX-License-Identifier: Apache-2.0
 * The key file: what goes in comes out, only with the passphrase, and no changed byte is accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "keys/armour.h"
#include "keys/authority.h"
#include "proto/base/file.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

struct fixture {
    char *dir, *path;
    struct private_keys keys;
    struct secret passphrase;
};

static int set_up(void **state)
{
    struct err err = {0};
    struct fixture *f = calloc(1, sizeof *f);
    f->passphrase = parties_passphrase();
    f->dir = support_temp_dir();
    f->path = file_join(f->dir, HOME_KEY);
    parties_must(private_keys_make(&f->keys, &err), &err);
    parties_must(key_file_save(f->path, &f->keys, &parties_cost, &f->passphrase, false, &err),
                 &err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    private_keys_free(&f->keys);
    secret_free(&f->passphrase);
    free(f->path);
    support_temp_dir_remove(f->dir);
    free(f);
    return 0;
}

static void round_trips_with_mode_0600(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct private_keys back = {0};
    struct stat info;
    assert_int_equal(stat(f->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_true(key_file_load(f->path, &f->passphrase, &back, &err));
    assert_true(secret_equal(&back.sign, &f->keys.sign));
    assert_true(secret_equal(&back.seal, &f->keys.seal));
    assert_true(secret_equal(&back.root, &f->keys.root));
    assert_true(secret_equal(&back.tls, &f->keys.tls));
    assert_memory_equal(back.sign_key, f->keys.sign_key, SIGN_KEY_BYTES);
    assert_memory_equal(back.seal_key, f->keys.seal_key, SEAL_KEY_BYTES);
    private_keys_free(&back);
}

static void holds_no_secret_in_the_clear(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct buf text = {0}, data = {0};
    assert_true(file_read(f->path, ARMOUR_FILE_MAX, &text, &err));
    assert_true(armour_read(ARMOUR_KEY, text.data, text.len, &data, &err));
    assert_null(memmem(data.data, data.len, f->keys.sign.data, 32));
    assert_null(memmem(data.data, data.len, f->keys.seal.data, 32));
    assert_null(memmem(data.data, data.len, f->keys.root.data, 32));
    assert_null(memmem(data.data, data.len, f->keys.tls.data + 32, 32));
    assert_non_null(memmem(data.data, data.len, f->keys.sign_key, 32));
    buf_free(&text);
    buf_free(&data);
}

static void refuses_a_wrong_passphrase(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct private_keys back = {0};
    char wrong[] = "tesu";
    struct secret passphrase = secret_take(wrong, 4);
    assert_false(key_file_load(f->path, &passphrase, &back, &err));
    assert_int_equal(err.code, ERR_DENIED);
    assert_non_null(strstr(err.text, "passphrase is wrong"));
    assert_null(back.sign.data);
    secret_free(&passphrase);
}

static void refuses_modes_that_others_can_use(void **state)
{
    static const mode_t loose[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644};
    struct fixture *f = *state;
    struct private_keys back = {0};
    for (size_t i = 0; i < sizeof loose / sizeof loose[0]; i++) {
        struct err err = {0};
        assert_int_equal(chmod(f->path, loose[i]), 0);
        assert_false(key_file_load(f->path, &f->passphrase, &back, &err));
        assert_int_equal(err.code, ERR_DENIED);
        assert_non_null(strstr(err.text, "chmod 600"));
    }
}

static void never_writes_over_an_existing_key(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct private_keys back = {0};
    assert_false(key_file_save(f->path, &f->keys, &parties_cost, &f->passphrase, false, &err));
    assert_int_equal(err.code, ERR_EXISTS);
    assert_int_equal(support_count_files(f->dir), 1);
    assert_true(key_file_save(f->path, &f->keys, &parties_cost, &f->passphrase, true, &err));
    assert_int_equal(support_count_files(f->dir), 1);
    assert_true(key_file_load(f->path, &f->passphrase, &back, &err));
    private_keys_free(&back);
}

static void notices_every_changed_character_of_the_text(void **state)
{
    struct fixture *f = *state;
    struct buf text = {0};
    struct err err = {0};
    assert_true(file_read(f->path, ARMOUR_FILE_MAX, &text, &err));
    for (size_t i = 0; i < text.len; i++) {
        struct private_keys back = {0};
        text.data[i] ^= 1;
        if (key_file_open(text.data, text.len, &f->passphrase, &back, &err)) {
            fail_msg("a change of character %zu was accepted", i);
        }
        assert_null(back.sign.data);
        text.data[i] ^= 1;
    }
    buf_free(&text);
}

/* The bytes under the armour, so that the encryption alone has to notice. */
static void notices_every_changed_byte_inside(void **state)
{
    struct fixture *f = *state;
    struct buf text = {0}, data = {0};
    struct err err = {0};
    assert_true(file_read(f->path, ARMOUR_FILE_MAX, &text, &err));
    assert_true(armour_read(ARMOUR_KEY, text.data, text.len, &data, &err));
    for (size_t i = 0; i < data.len; i++) {
        for (unsigned bit = 0; bit < 8; bit += 3) {
            struct private_keys back = {0};
            struct buf changed = {0};
            data.data[i] ^= (uint8_t)(1U << bit);
            armour_write(ARMOUR_KEY, data.data, data.len, &changed);
            if (i < 2 || i > 17) { /* other Argon2id costs would take their time */
                assert_false(key_file_open(changed.data, changed.len, &f->passphrase, &back, &err));
            }
            data.data[i] ^= (uint8_t)(1U << bit);
            buf_free(&changed);
        }
    }
    for (size_t len = 0; len < data.len; len++) {
        struct private_keys back = {0};
        struct buf cut = {0};
        armour_write(ARMOUR_KEY, data.data, len, &cut);
        assert_false(key_file_open(cut.data, cut.len, &f->passphrase, &back, &err));
        buf_free(&cut);
    }
    buf_free(&text);
    buf_free(&data);
}

static void put_u64(uint8_t *at, uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8) at[i] = (uint8_t)value;
}

static void bounds_the_stored_argon2_cost(void **state)
{
    static const struct key_cost hostile[] = {{1, UINT64_C(1) << 40},
                                              {1, (UINT64_C(1) << 30) + 1},
                                              {17, 8192},
                                              {UINT64_MAX, 8192},
                                              {0, 8192},
                                              {1, 8191},
                                              {1, 0},
                                              {1, UINT64_MAX}};
    struct fixture *f = *state;
    struct buf text = {0}, data = {0};
    struct err err = {0};
    assert_true(file_read(f->path, ARMOUR_FILE_MAX, &text, &err));
    assert_true(armour_read(ARMOUR_KEY, text.data, text.len, &data, &err));
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct key_file_header header;
        put_u64(data.data + 2, hostile[i].operations);
        put_u64(data.data + 10, hostile[i].memory);
        assert_false(key_file_inspect(data.data, data.len, &header, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.field, "argon2");
    }
    /* A legal but different cost is authenticated: the file does not open with it. */
    struct private_keys back = {0};
    struct buf changed = {0};
    put_u64(data.data + 2, 2);
    put_u64(data.data + 10, 8192);
    armour_write(ARMOUR_KEY, data.data, data.len, &changed);
    assert_false(key_file_open(changed.data, changed.len, &f->passphrase, &back, &err));
    assert_int_equal(err.code, ERR_DENIED);
    buf_free(&changed);
    buf_free(&text);
    buf_free(&data);
}

static void names_a_missing_file(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct private_keys back = {0};
    assert_false(key_file_load("/nonexistent/identity.key", &f->passphrase, &back, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trips_with_mode_0600, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_no_secret_in_the_clear, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_wrong_passphrase, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_modes_that_others_can_use, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_writes_over_an_existing_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_every_changed_character_of_the_text, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(notices_every_changed_byte_inside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bounds_the_stored_argon2_cost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_a_missing_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
