/* SPDX-License-Identifier: Apache-2.0
 * The size of a query's message follows from the query and the group alone: provider filters do not
 * show on the network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "client/pack.h"
#include "proto/crypto/message.h"

enum { SMALLEST = 20000, LARGEST = 240000, GROUP = 700 };

static struct signed_bytes body_of(size_t len)
{
    struct signed_bytes out = {0};
    memset(buf_reserve(&out.body, len), 0x11, len);
    return out;
}

static struct signed_bytes options_with(size_t frameworks, uint32_t min_judgement)
{
    struct search_options options = {.min_judgement = min_judgement, .framework_count = frameworks};
    struct signed_bytes out = {0};
    for (size_t i = 0; i < frameworks; i++) memset(options.frameworks[i], 'A', FRAMEWORK_CHARS);
    search_options_encode(&options, &out.body);
    return out;
}

static size_t packed(size_t query_len, bool grouped, size_t frameworks, uint32_t min_judgement)
{
    struct signed_bytes query = body_of(query_len), group = body_of(GROUP);
    struct signed_bytes options = options_with(frameworks, min_judgement);
    struct buf out = {0};
    pack_query(&query, &options, grouped ? &group : NULL, &out);
    Hearth__V1__FromLa *message = hearth__v1__from_la__unpack(NULL, out.len, out.data);
    assert_non_null(message);
    assert_int_equal(message->query->options->body.len, options.body.len);
    assert_int_equal(message->query->query->body.len, query_len);
    assert_true(sodium_is_zero(message->padding.data, message->padding.len));
    hearth__v1__from_la__free_unpacked(message, NULL);
    size_t len = out.len;
    buf_free(&out);
    signed_bytes_free(&query);
    signed_bytes_free(&group);
    signed_bytes_free(&options);
    return len;
}

static void provider_filters_do_not_show(void **state)
{
    (void)state;
    for (size_t len = SMALLEST; len <= LARGEST; len += 55000) {
        for (int grouped = 0; grouped < 2; grouped++) {
            size_t wanted = packed(len, grouped, 0, 0);
            assert_true(wanted > len);
            for (size_t frameworks = 0; frameworks <= FRAMEWORKS_MAX; frameworks++) {
                assert_int_equal(packed(len, grouped, frameworks, frameworks % 4), wanted);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(provider_filters_do_not_show)};
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
