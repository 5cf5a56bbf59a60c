/* SPDX-License-Identifier: Apache-2.0
 * What the tests of this room share: a vault in a temporary directory, and random carers.
 */
#ifndef HEARTH_TESTS_AGENT_CARERS_H
#define HEARTH_TESTS_AGENT_CARERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "agent/vault_internal.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"

enum { TODAY = 20779 }; /* 2026-11-22 */

static inline uint32_t pick(uint32_t below)
{
    return randombytes_uniform(below);
}

static inline void must(bool ok, const struct err *err)
{
    if (!ok) fail_msg("%s: %s", err->field, err->text);
}

/* A placement type or offer at random. */
static inline uint16_t random_slot(const struct catalogue *catalogue)
{
    for (;;) {
        const struct criterion *c = catalogue_slot(catalogue, (uint16_t)pick(catalogue->slots));
        if (!criterion_has_field(c) || strncmp(c->code, "PT_", 3) == 0) return c->slot;
    }
}

/* A carer with that number in its reference; all else is random. */
static inline struct profile random_profile(unsigned number)
{
    const struct catalogue *catalogue = catalogue_get(CATALOGUE_VERSION);
    struct profile p = {.ages = pick((1U << 19) - 1) + 1,
                        .takes_m = pick(2) == 1,
                        .places = (uint8_t)pick(4),
                        .approved_places = (uint8_t)pick(10),
                        .cell = (uint16_t)pick(CELLS),
                        .status = (enum status)pick(6),
                        .status_date = TODAY - (int32_t)pick(40),
                        .available_from = NO_DAY};
    p.takes_f = !p.takes_m || pick(2) == 1;
    if (p.status == STATUS_AVAILABLE_FROM) p.available_from = TODAY - 5 + (int32_t)pick(15);
    (void)snprintf(p.ref, sizeof p.ref, "C-%05u", number);
    (void)snprintf(p.name, sizeof p.name, "Household %u", number);
    (void)snprintf(p.location, sizeof p.location, "SE 297 338");
    for (unsigned i = pick(40); i > 0; i--) profile_hold(&p, random_slot(catalogue));
    return p;
}

/* For cmocka_run_group_tests. */
static inline int start_sodium(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

static inline struct secret test_key(void)
{
    struct secret key = secret_new(HASH_KEY_BYTES);
    memset(key.data, 7, key.len);
    return key;
}

struct held {
    char *dir;
    struct secret key;
    struct vault *vault;
};

static inline int held_set_up(void **state)
{
    struct held *held = mem_new(struct held);
    struct err err = {0};
    held->dir = support_temp_dir();
    held->key = test_key();
    must(vault_create(held->dir, &held->key, &err), &err);
    must(vault_open(held->dir, &held->key, &held->vault, &err), &err);
    *state = held;
    return 0;
}

static inline int held_tear_down(void **state)
{
    struct held *held = *state;
    vault_close(held->vault);
    secret_free(&held->key);
    support_temp_dir_remove(held->dir);
    free(held);
    return 0;
}

/* Carers first..first+count-1, as an upsert. */
static inline void hold(struct vault *vault, unsigned first, unsigned count)
{
    struct err err = {0};
    struct vault_changes changes;
    struct profile *profiles = mem_array(count, sizeof *profiles);
    for (unsigned i = 0; i < count; i++) profiles[i] = random_profile(first + i);
    must(vault_import(vault, profiles, count, false, false, &changes, &err), &err);
    free(profiles);
}

#endif
