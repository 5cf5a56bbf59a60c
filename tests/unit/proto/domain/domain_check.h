/* SPDX-License-Identifier: Apache-2.0
 * What the tests of this room share: a repeatable random source and short ways to parse a request.
 */
#ifndef HEARTH_TESTS_DOMAIN_CHECK_H
#define HEARTH_TESTS_DOMAIN_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/base/mem.h"
#include "proto/domain/request.h"

/* Fails on glibc's own rand differing: this one is the same everywhere (xorshift64*). */
struct dice {
    uint64_t state;
};

static inline uint32_t roll(struct dice *dice, uint32_t below)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (uint32_t)((dice->state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

static inline const struct catalogue *catalogue_one(void)
{
    const struct catalogue *catalogue = catalogue_get(1);
    assert_non_null(catalogue);
    return catalogue;
}

static inline uint16_t slot_named(const char *code)
{
    const struct criterion *criterion = catalogue_find(catalogue_one(), code);
    REQUIRE(criterion != NULL);
    return criterion->slot;
}

/* The text with ' in place of ", parsed. Caller frees. */
static inline struct request *parsed(const char *json)
{
    char *text = mem_string(json);
    for (char *p = text; *p; p++) {
        if (*p == '\'') *p = '"';
    }
    struct request *request = mem_new(struct request);
    struct err err = {0};
    bool good = request_parse(text, strlen(text),
                              &(struct request_rules){.catalogue = catalogue_one()}, request, &err);
    if (!good) fail_msg("%s: %s (%s)", err.field, err.text, text);
    free(text);
    return request;
}

/* Expects that it is refused for that field, with words that contain `says`. */
static inline void refused(const char *json, const char *field, const char *says)
{
    char *text = mem_string(json);
    for (char *p = text; *p; p++) {
        if (*p == '\'') *p = '"';
    }
    struct request *request = mem_new(struct request);
    memset(request, 0x5a, sizeof *request);
    struct err err = {0};
    bool good = request_parse(text, strlen(text),
                              &(struct request_rules){.catalogue = catalogue_one()}, request, &err);
    if (good) fail_msg("accepted: %s", text);
    assert_int_equal(err.code, ERR_INVALID);
    if (strcmp(err.field, field) != 0 || !strstr(err.text, says)) {
        fail_msg("%s\n  gave '%s': '%s'\n  not  '%s': '...%s...'", text, err.field, err.text, field,
                 says);
    }
    const unsigned char *bytes = (const unsigned char *)request;
    for (size_t i = 0; i < sizeof *request; i++) assert_int_equal(bytes[i], 0x5a);
    free(request);
    free(text);
}

#endif
