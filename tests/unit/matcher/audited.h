/* SPDX-License-Identifier: Apache-2.0
 * What tests of the audit log share: a matcher's home with the log's store, and parties.
 */
#ifndef HEARTH_TESTS_MATCHER_AUDITED_H
#define HEARTH_TESTS_MATCHER_AUDITED_H

#include <stdlib.h>

#include "matcher/audit.h"
#include "proto/base/mem.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

struct scene {
    char *dir;
    struct parties *parties;
    struct party matcher, stranger;
    struct store *store;
    struct audit *audit; /* NULL where the test starts it */
};

static inline struct scene *scene_new(void)
{
    struct scene *scene = mem_new(struct scene);
    struct err err = {0};
    scene->dir = support_temp_dir();
    scene->parties = parties_new(scene->dir);
    scene->matcher = parties_add(scene->parties, ROLE_MATCHER, "matcher");
    scene->stranger = parties_add(scene->parties, ROLE_AGENT, "ifa-9");
    parties_must(audit_store_open(scene->dir, true, 64, &scene->store, &err), &err);
    return scene;
}

static inline struct scene *scene_start(void)
{
    struct scene *scene = scene_new();
    struct err err = {0};
    parties_must(audit_start(scene->store, scene->matcher.identity, &scene->audit, &err), &err);
    return scene;
}

static inline int scene_free(struct scene *scene)
{
    audit_stop(scene->audit);
    store_close(scene->store);
    party_close(&scene->matcher);
    party_close(&scene->stranger);
    parties_free(scene->parties);
    support_temp_dir_remove(scene->dir);
    free(scene);
    return 0;
}

#endif
