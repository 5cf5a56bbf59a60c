/* SPDX-License-Identifier: Apache-2.0
 * A whole matcher with real stores and real certificates, whose network and worker pools are
 * played, and those who call it: what the targets fuzz_matcher_session_NAME.c share.
 */
#ifndef TESTS_FUZZ_MATCHER_STAGE_H
#define TESTS_FUZZ_MATCHER_STAGE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/signed.h"
#include "matcher/matcher.h"
#include "proto/base/file.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures/collection.h"
#include "proto/figures/dial.h"
#include "proto/mail/exchange.h"
#include "tests/fuzz/played/played.h"
#include "tests/fuzz/script.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

enum {
    STAGE_STREAMS = 8,
    STAGE_INPUTS = 500 /* of one matcher: then another one with empty stores */
};

enum {
    STAGE_LA,
    STAGE_OTHER_LA,
    STAGE_AGENT,
    STAGE_OTHER_AGENT,
    STAGE_UNLISTED,
    STAGE_HUB,
    STAGE_THIRD_AGENT,
    CAST
};

struct stage {
    struct parties *parties;
    struct party matcher_party, cast[CAST];
    struct matcher *matcher;
    unsigned inputs;
    struct rpc_stream *streams[STAGE_STREAMS];
    size_t callers[STAGE_STREAMS]; /* indices into cast */
};

static inline const struct certificate *stage_certificate(const struct stage *stage, size_t who)
{
    return identity_certificate(stage->cast[who].identity);
}

static inline void stage_sign_directory(const struct stage *stage)
{
    static const char csv[] = "id,name,urn,judgement,frameworks,sector,contact\n"
                              "agent-1,One,URN1,good,F1,private,a@example.org\n"
                              "agent-2,Two,URN2,outstanding,,voluntary,b@example.org\n"
                              "agent-3,Three,URN3,not_inspected,,local_authority,c@example.org\n";
    struct err err = {0};
    parties_must(directory_write(stage->matcher_party.home, stage->matcher_party.identity,
                                 (const uint8_t *)csv, sizeof csv - 1, &err),
                 &err);
}

static inline void stage_start(struct stage *stage)
{
    struct config config;
    struct err err = {0};
    int port = 0;
    config_defaults(&config);
    config.budget = 0;
    config.searches_per_la = 3;
    config.mailbox_items = 20;
    config.mail_per_day = 1000000;
    parties_must(matcher_start(stage->matcher_party.home, &config, stage->matcher_party.identity,
                               stage->matcher_party.trust, NULL, NULL, &stage->matcher, &port,
                               &err),
                 &err);
}

/* A fresh matcher in the same home, without what the one before stored. */
static inline void stage_renew(struct stage *stage)
{
    static const char *const stores[] = {HOME_AUDIT, HOME_MAIL, HOME_FIGURES};
    matcher_stop(stage->matcher);
    for (size_t i = 0; i < sizeof stores / sizeof stores[0]; i++) {
        support_temp_dir_remove(file_join(stage->matcher_party.home, stores[i]));
    }
    stage_start(stage);
}

static inline void stage_remove(void);

static inline struct stage *stage_make(void)
{
    static const struct {
        enum role role;
        const char *id;
    } cast[CAST] = {{ROLE_LA, "la-1"},       {ROLE_LA, "la-2"},       {ROLE_AGENT, "agent-1"},
                    {ROLE_AGENT, "agent-2"}, {ROLE_AGENT, "agent-9"}, {ROLE_HUB, "hub-1"},
                    {ROLE_AGENT, "agent-3"}};
    static struct stage stage;
    if (stage.parties) return &stage;
    char *dir = support_temp_dir();
    log_set_level(getenv("HEARTH_TEST_LOG") ? LOG_LEVEL_DEBUG : (enum log_level)0);
    stage.parties = parties_new(dir);
    stage.matcher_party = parties_add(stage.parties, ROLE_MATCHER, "matcher");
    for (size_t i = 0; i < CAST; i++) {
        stage.cast[i] = parties_add(stage.parties, cast[i].role, cast[i].id);
    }
    stage_sign_directory(&stage);
    played_jobs_wait(true);
    stage_start(&stage);
    REQUIRE(atexit(stage_remove) == 0);
    free(dir);
    return &stage;
}

/* At the exit of the process: nothing stays below TMPDIR. */
static inline void stage_remove(void)
{
    support_temp_dir_remove(mem_string(stage_make()->parties->dir));
}

/* Until nothing is left to do: jobs may log, and what is logged may give jobs. */
static inline void stage_settle(struct stage *stage)
{
    do {
        while (played_run_jobs(SIZE_MAX) > 0) {
        }
        (void)audit_flush(stage->matcher->audit);
    } while (played_run_jobs(SIZE_MAX) > 0);
}

/* ---- streams ---- */

/* Opens a stream in a place, where an earlier one is closed. */
static inline void stage_call(struct stage *stage, size_t place, const char *path, size_t who)
{
    const struct certificate *certificate = stage_certificate(stage, who);
    const struct played_caller caller = {certificate->role, certificate->organisation,
                                         certificate->serial};
    struct rpc_stream **stream = &stage->streams[place];
    if (*stream) {
        played_close(*stream, RPC_CANCELLED, "");
        rpc_stream_unref(*stream);
    }
    *stream = played_call(path, &caller);
    stage->callers[place] = who;
    REQUIRE(*stream);
}

static inline void stage_hang_up(struct stage *stage, size_t place)
{
    if (!stage->streams[place]) return;
    played_close(stage->streams[place], RPC_CANCELLED, "");
    rpc_stream_unref(stage->streams[place]);
    stage->streams[place] = NULL;
}

/* A message arrives, with the script's edits. */
static inline void stage_send(struct stage *stage, const struct script *script, size_t place,
                              const ProtobufCMessage *message)
{
    struct buf bytes = {0};
    if (!stage->streams[place]) return;
    wire_pack(message, &bytes);
    script_apply(script, true, &bytes);
    played_receive(stage->streams[place], bytes.data, bytes.len);
    buf_free(&bytes);
}

static inline void stage_send_raw(struct stage *stage, struct script *script, size_t place)
{
    size_t len = 0;
    const uint8_t *data = script_bytes(script, &len);
    if (stage->streams[place]) played_receive(stage->streams[place], data, len);
}

/* Steps that every session has; false where it is none of them. */
static inline bool stage_step(struct stage *stage, struct script *script, uint8_t step,
                              size_t place)
{
    switch (step) {
    case 0: (void)played_run_jobs(1); return true;
    case 1: stage_settle(stage); return true;
    case 2: stage_send_raw(stage, script, place); return true;
    case 3:
        if (stage->streams[place]) played_half_close(stage->streams[place]);
        return true;
    case 4: stage_hang_up(stage, place); return true;
    case 5: matcher_tick(stage->matcher); return true;
    default: return false;
    }
}

/* Everybody hangs up; nothing of the input is left but what is stored. */
static inline void stage_end(struct stage *stage)
{
    for (size_t i = 0; i < STAGE_STREAMS; i++) stage_hang_up(stage, i);
    stage_settle(stage);
    REQUIRE(stage->matcher->streams == 0 && audit_works(stage->matcher->audit));
    if (++stage->inputs % STAGE_INPUTS == 0) stage_renew(stage);
}

#endif
