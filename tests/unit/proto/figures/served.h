/* SPDX-License-Identifier: Apache-2.0
 * A matcher and a hub that serve figures over real TLS on the loopback interface, and parties that
 * call them. Keys are made once for all tests of a program; homes are fresh for each. Failures
 * abort with a message.
 */
#ifndef HEARTH_TESTS_FIGURES_SERVED_H
#define HEARTH_TESTS_FIGURES_SERVED_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/crypto/wire.h"
#include "proto/figures/dial_internal.h"
#include "proto/figures/serve_internal.h"
#include "tests/unit/proto/figures/areas.h"
#include "tests/unit/support/temp_dir.h"
#include "tests/unit/support_keys/parties.h"

enum { AGENCIES = 3, SERVED_EVENTS = 4, SERVED_HOUR = 3600000, SERVED_MESSAGE_MAX = 6 << 20 };

/* ---- who there is ---- */

static const char *const CAST_AGENCIES[AGENCIES] = {"agency-1", "agency-2", "agency-3"};

struct cast {
    struct parties *parties;
    struct party matcher, hub, other_hub, agencies[AGENCIES], la, stranger;
};

static inline int cast_make(void **state)
{
    struct cast *cast = mem_new(struct cast);
    char *dir = support_temp_dir();
    cast->parties = parties_new(dir);
    cast->matcher = parties_add(cast->parties, ROLE_MATCHER, "matcher-1");
    cast->hub = parties_add(cast->parties, ROLE_HUB, "hub-1");
    cast->other_hub = parties_add(cast->parties, ROLE_HUB, "hub-2");
    for (size_t i = 0; i < AGENCIES; i++) {
        cast->agencies[i] = parties_add(cast->parties, ROLE_AGENT, CAST_AGENCIES[i]);
    }
    cast->la = parties_add(cast->parties, ROLE_LA, "la-1");
    cast->stranger = parties_add(cast->parties, ROLE_AGENT, "agency-9");
    free(dir);
    *state = cast;
    return 0;
}

static inline int cast_free(void **state)
{
    struct cast *cast = *state;
    char *dir = mem_string(cast->parties->dir);
    party_close(&cast->matcher);
    party_close(&cast->hub);
    party_close(&cast->other_hub);
    for (size_t i = 0; i < AGENCIES; i++) party_close(&cast->agencies[i]);
    party_close(&cast->la);
    party_close(&cast->stranger);
    parties_free(cast->parties);
    support_temp_dir_remove(dir);
    free(cast);
    return 0;
}

/* ---- what serves ---- */

struct served;
/* One side: its collection, its server, and what it noted. */
struct side {
    const struct party *party;
    struct collection *collection;
    struct figures_server *figures;
    struct rpc_server *rpc;
    char target[32];
    struct served *served;
    size_t noted[SERVED_EVENTS], refused;
    uint8_t last_set[HASH_BYTES]; /* of the last FIGURES_HALF_OPENED */
    size_t last_contributions;
};

struct served {
    struct cast *cast;
    char *dir;
    struct side matcher, hub;
    pthread_mutex_t mutex; /* guards what follows, and notes */
    pthread_cond_t changed;
    bool held;           /* `ready` waits while it is */
    bool broken;         /* `ready` says no */
    const char *removed; /* from the directory */
};

static inline void served_note(const struct figures_note *note, void *ctx)
{
    struct side *side = ctx;
    (void)pthread_mutex_lock(&side->served->mutex);
    side->noted[note->event]++;
    if (note->event == FIGURES_HALF_OPENED) {
        memcpy(side->last_set, note->hash, HASH_BYTES);
        side->last_contributions = note->contributions;
    }
    (void)pthread_mutex_unlock(&side->served->mutex);
}

static inline void served_refused(struct rpc_stream *stream, const struct err *err, void *ctx)
{
    struct side *side = ctx;
    (void)stream;
    (void)err;
    (void)pthread_mutex_lock(&side->served->mutex);
    side->refused++;
    (void)pthread_mutex_unlock(&side->served->mutex);
}

static inline bool served_ready(void *ctx, struct err *err)
{
    struct served *served = ((struct side *)ctx)->served;
    (void)pthread_mutex_lock(&served->mutex);
    while (served->held) {
        (void)pthread_cond_wait(&served->changed, &served->mutex);
    }
    bool broken = served->broken;
    (void)pthread_mutex_unlock(&served->mutex);
    return !broken || err_set(err, ERR_UNAVAILABLE, NULL, "the audit log cannot be written");
}

static inline bool served_listed(const char *agency, void *ctx)
{
    struct served *served = ((struct side *)ctx)->served;
    (void)pthread_mutex_lock(&served->mutex);
    bool listed = !served->removed || strcmp(served->removed, agency) != 0;
    (void)pthread_mutex_unlock(&served->mutex);
    return listed;
}

static inline size_t served_count(struct side *side, const size_t *counter)
{
    (void)pthread_mutex_lock(&side->served->mutex);
    size_t count = *counter;
    (void)pthread_mutex_unlock(&side->served->mutex);
    return count;
}

static inline void served_hold(struct served *served, bool held)
{
    (void)pthread_mutex_lock(&served->mutex);
    served->held = held;
    (void)pthread_cond_broadcast(&served->changed);
    (void)pthread_mutex_unlock(&served->mutex);
}

static inline char *served_home(const struct served *served, const char *name)
{
    struct err err = {0};
    char *home = file_join(served->dir, name);
    parties_must(file_make_dirs(home, 0700, &err), &err);
    return home;
}

static inline struct rpc_server *served_listen(const struct party *party,
                                               const struct rpc_events *events, void *ctx,
                                               char target[32])
{
    const struct rpc_method method = {.path = METHOD_FIGURES, .events = events, .ctx = ctx};
    const struct rpc_server_config config = {.address = "127.0.0.1:0",
                                             .threads = 1,
                                             .message_max = SERVED_MESSAGE_MAX,
                                             .queue_max = 512,
                                             .methods = &method,
                                             .method_count = 1};
    struct rpc_server *server = NULL;
    struct err err = {0};
    int port = 0;
    parties_must(rpc_server_start(&config, party->identity, party->trust, &server, &port, &err),
                 &err);
    (void)snprintf(target, 32, "127.0.0.1:%d", port);
    return server;
}

static inline void side_start(struct served *served, struct side *side, const struct party *party,
                              const char *name)
{
    struct err err = {0};
    char *home = served_home(served, name);
    const struct collection_parts collection = {
        .home = home, .identity = party->identity, .trust = party->trust};
    side->party = party;
    side->served = served;
    parties_must(collection_open(&collection, &side->collection, &err), &err);
    free(home);
    const struct figures_server_parts parts = {.collection = side->collection,
                                               .identity = party->identity,
                                               .trust = party->trust,
                                               .listed = served_listed,
                                               .ready = served_ready,
                                               .note = served_note,
                                               .refused = served_refused,
                                               .ctx = side};
    side->figures = figures_server_start(&parts);
    side->rpc = served_listen(party, &figures_server_events, side->figures, side->target);
}

static inline void side_stop(struct side *side)
{
    figures_server_drain(side->figures);
    rpc_server_stop(side->rpc);
    figures_server_stop(side->figures);
    collection_close(side->collection);
}

static inline void served_start(struct served *served)
{
    rpc_start();
    side_start(served, &served->matcher, &served->cast->matcher, "matcher");
    side_start(served, &served->hub, &served->cast->hub, "hub");
}

static inline void served_stop(struct served *served)
{
    side_stop(&served->matcher);
    side_stop(&served->hub);
    rpc_stop();
}

/* Everything is stopped and started again, so many hours later. */
static inline void served_move_clock(struct served *served, int hours)
{
    char offset[32];
    served_stop(served);
    (void)snprintf(offset, sizeof offset, "%d", hours * 3600);
    REQUIRE(setenv("HEARTH_CLOCK_OFFSET", offset, 1) == 0);
    served_start(served);
}

static inline int served_make(void **state)
{
    struct served *served = mem_new(struct served);
    served->cast = *state;
    served->dir = support_temp_dir();
    REQUIRE(pthread_mutex_init(&served->mutex, NULL) == 0);
    REQUIRE(pthread_cond_init(&served->changed, NULL) == 0);
    served_start(served);
    *state = served;
    return 0;
}

static inline int served_free(void **state)
{
    struct served *served = *state;
    served_stop(served);
    REQUIRE(unsetenv("HEARTH_CLOCK_OFFSET") == 0);
    (void)pthread_mutex_destroy(&served->mutex);
    (void)pthread_cond_destroy(&served->changed);
    support_temp_dir_remove(served->dir);
    *state = served->cast;
    free(served);
    return 0;
}

/* ---- manifests ---- */

static const char *const SERVED_TABLES[] = {"capacity_status", "capacity_la"};
enum { SERVED_TABLE_COUNT = 2 };

/* Of the month before this one, with a quorum of 3; the window is open for an hour still. agencies:
 * ids, in order. manifest_free frees. */
static inline struct manifest served_manifest(const char *hub, const char *matcher,
                                              const char *address, const char *const *agencies,
                                              size_t count)
{
    int64_t now_ms = clock_wall_ms();
    uint32_t month = period_of(now_ms);
    struct manifest manifest = {.period = period_before(month, 1), .geography = areas_new()};
    int64_t start_ms = period_start_ms(month);
    manifest.opens_at = now_ms - SERVED_HOUR > start_ms ? now_ms - SERVED_HOUR : start_ms;
    manifest.closes_at = now_ms + SERVED_HOUR;
    (void)snprintf(manifest.hub, sizeof manifest.hub, "%s", hub);
    (void)snprintf(manifest.matcher, sizeof manifest.matcher, "%s", matcher);
    (void)snprintf(manifest.address, sizeof manifest.address, "%s", address);
    manifest.sides[FIGURES_CAPACITY] = (struct manifest_side){.quorum = 3, .insiders = 1};
    for (size_t i = 0; i < SERVED_TABLE_COUNT; i++) {
        const struct figures_table *table = figures_table_find(SERVED_TABLES[i]);
        struct manifest_term *term = &manifest.terms[manifest.term_count++];
        term->table = table;
        term->noise = (struct noise_spec){
            .shares = 2, .epsilon = table->epsilon, .sensitivity = table->cells_each * table->clip};
    }
    manifest.enrolled = mem_array(count, sizeof *manifest.enrolled);
    manifest.enrolled_count = count;
    for (size_t i = 0; i < count; i++) {
        struct manifest_party *party = &manifest.enrolled[i];
        *party = (struct manifest_party){.role = ROLE_AGENT, .authority = AREA_NONE};
        (void)snprintf(party->organisation, sizeof party->organisation, "%s", agencies[i]);
    }
    return manifest;
}

static inline struct manifest served_draft(const struct served *served, const struct party *hub)
{
    return served_manifest(identity_certificate(hub->identity)->organisation, "matcher-1",
                           served->hub.target, CAST_AGENCIES, AGENCIES);
}

/* Drawn up by the hub that serves, agreed by the matcher, without any stream. agreement_free. */
static inline struct agreement served_agree(struct served *served)
{
    struct manifest manifest = served_draft(served, &served->cast->hub);
    struct signed_bytes raw, key;
    struct agreement agreement;
    struct err err = {0};
    int64_t now_ms = clock_wall_ms();
    const struct certificate *hub = identity_certificate(served->cast->hub.identity);
    const struct certificate *matcher = identity_certificate(served->cast->matcher.identity);
    parties_must(collection_draw_up(served->hub.collection, &manifest, &raw, &err), &err);
    parties_must(collection_agree(served->matcher.collection, &raw, hub, now_ms, &key, &err), &err);
    parties_must(collection_agreed(served->hub.collection, &key, matcher, now_ms, &err), &err);
    parties_must(agreement_make(&raw, hub, &key, matcher, served->cast->matcher.trust, now_ms,
                                &agreement, &err),
                 &err);
    signed_bytes_free(&raw);
    signed_bytes_free(&key);
    manifest_free(&manifest);
    return agreement;
}

/* One table of one agency with the same number in each cell; signed_bytes_free. */
static inline struct signed_bytes served_contribution(const struct agreement *agreement,
                                                      const struct party *party,
                                                      const char *table_name, int32_t value)
{
    const struct certificate *own = identity_certificate(party->identity);
    struct contribution contribution = {.role = own->role, .table = figures_table_find(table_name)};
    const struct geography *areas = agreement->manifest.geography;
    contribution.count =
        figures_cells(contribution.table, geography_areas(areas, contribution.table->by_authority));
    int32_t *values = mem_array(contribution.count, sizeof *values);
    uint8_t *ciphertexts = mem_array(contribution.count, CIPHERTEXT_BYTES), seed[SEED_BYTES];
    struct buf statement = {0};
    struct signed_bytes out = {0};
    for (size_t i = 0; i < contribution.count; i++) values[i] = value;
    randombytes_buf(seed, sizeof seed);
    memcpy(contribution.manifest_hash, agreement->manifest.hash, HASH_BYTES);
    memcpy(contribution.key_hash, agreement->release_key.hash, HASH_BYTES);
    memcpy(contribution.organisation, own->organisation, sizeof contribution.organisation);
    agreement_statement(agreement, own->role, own->organisation, table_name, &statement);
    contribution_encrypt(&agreement->joint, values, contribution.count, statement.data,
                         statement.len, seed, NULL, ciphertexts, contribution.proof);
    contribution.ciphertexts = ciphertexts;
    contribution_encode(&contribution, &out.body);
    identity_sign_body(party->identity, TAG_CONTRIBUTION, &out);
    buf_free(&statement);
    free(values);
    free(ciphertexts);
    return out;
}

/* ---- callers ---- */

static inline struct talk *call(const struct side *side, const struct party *party)
{
    const struct certificate *server = identity_certificate(side->party->identity);
    const struct talk_parts parts = {.identity = party->identity,
                                     .trust = party->trust,
                                     .target = side->target,
                                     .server_role = server->role,
                                     .server_id = server->organisation,
                                     .path = METHOD_FIGURES,
                                     .message_max = SERVED_MESSAGE_MAX,
                                     .queue_max = 512};
    struct talk *talk = NULL;
    struct err err = {0};
    parties_must(talk_open(&parts, &talk, &err), &err);
    return talk;
}

static inline void say(struct talk *talk, int kind, void *body)
{
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    message.kind_case = (Hearth__V1__FromFigures__KindCase)kind;
    message.hello = body; /* the members are pointers of one union */
    talk_send(talk, &message.base);
}

static inline void say_hello(struct talk *talk, const struct certificate *certificate)
{
    Hearth__V1__Signed raw = signed_message_of(&certificate->raw);
    Hearth__V1__FiguresHello hello = HEARTH__V1__FIGURES_HELLO__INIT;
    hello.protocol = PROTOCOL_VERSION;
    hello.certificate = &raw;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_HELLO, &hello);
}

static inline void say_list(struct talk *talk)
{
    Hearth__V1__FiguresList list = HEARTH__V1__FIGURES_LIST__INIT;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_LIST, &list);
}

static inline void say_put(struct talk *talk, const struct signed_bytes *contribution,
                           const struct certificate *contributor)
{
    Hearth__V1__Signed raw = signed_message_of(contribution), sender = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__FiguresPut put = HEARTH__V1__FIGURES_PUT__INIT;
    put.contribution = &raw;
    if (contributor) {
        sender = signed_message_of(&contributor->raw);
        put.certificate = &sender;
    }
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_PUT, &put);
}

static inline void say_propose(struct talk *talk, const struct signed_bytes *manifest)
{
    Hearth__V1__Signed raw = signed_message_of(manifest);
    Hearth__V1__FiguresPropose propose = HEARTH__V1__FIGURES_PROPOSE__INIT;
    propose.manifest = &raw;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_PROPOSE, &propose);
}

static inline void say_offer(struct talk *talk, const uint8_t *manifest_hash, const char *table)
{
    Hearth__V1__FiguresOffer offer = HEARTH__V1__FIGURES_OFFER__INIT;
    offer.manifest_hash = wire_data(manifest_hash, HASH_BYTES);
    offer.table = (char *)(uintptr_t)table;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_OFFER, &offer);
}

static inline void say_release(struct talk *talk, const uint8_t *manifest_hash, const char *table,
                               const uint8_t *set_hash)
{
    Hearth__V1__FiguresRelease release = HEARTH__V1__FIGURES_RELEASE__INIT;
    release.manifest_hash = wire_data(manifest_hash, HASH_BYTES);
    release.table = (char *)(uintptr_t)table;
    release.set_hash = wire_data(set_hash, HASH_BYTES);
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_RELEASE, &release);
}

/* The next message, of that kind; hearth__v1__to_figures__free_unpacked. */
static inline Hearth__V1__ToFigures *hear(struct talk *talk, int kind)
{
    struct buf bytes = {0};
    bool timed_out = false;
    struct err err = {0};
    if (!talk_wait(talk, 60000, &bytes, &timed_out, &err)) {
        fail_msg("no message: %s: %s: %s", err_code_name(err.code), err.field, err.text);
    }
    Hearth__V1__ToFigures *message = dial_unpack(bytes.data, bytes.len);
    buf_free(&bytes);
    assert_non_null(message);
    if ((int)message->kind_case != kind) {
        bool refused = message->kind_case == HEARTH__V1__TO_FIGURES__KIND_REFUSED;
        fail_msg("kind %d is wanted: %d: %s", kind, (int)message->kind_case,
                 refused ? message->refused->text : "");
    }
    return message;
}

static inline void hear_only(struct talk *talk, int kind)
{
    hearth__v1__to_figures__free_unpacked(hear(talk, kind), NULL);
}

/* A refusal of one message: the stream goes on. */
static inline void hear_refused(struct talk *talk, enum err_code code, const char *word)
{
    Hearth__V1__ToFigures *message = hear(talk, HEARTH__V1__TO_FIGURES__KIND_REFUSED);
    assert_string_equal(message->refused->code, err_code_name(code));
    if (!strstr(message->refused->text, word)) {
        fail_msg("\"%s\" is wanted: %s", word, message->refused->text);
    }
    hearth__v1__to_figures__free_unpacked(message, NULL);
}

/* The stream ends so, whatever came before; closes the talk. */
static inline void hear_end(struct talk *talk, enum err_code code, const char *word)
{
    bool timed_out = false, message = true;
    struct err err = {0};
    while (message) {
        struct buf bytes = {0};
        message = talk_wait(talk, 60000, &bytes, &timed_out, &err);
        buf_free(&bytes);
    }
    assert_false(timed_out);
    if (err.code != code || (!strstr(err.text, word) && !strstr(err.field, word))) {
        fail_msg("%s \"%s\" is wanted: %s: %s: %s", err_code_name(code), word,
                 err_code_name(err.code), err.field, err.text);
    }
    talk_close(talk);
}

/* Opened, greeted and welcomed. */
static inline struct talk *begin(const struct side *side, const struct party *party)
{
    struct talk *talk = call(side, party);
    say_hello(talk, identity_certificate(party->identity));
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_WELCOME);
    return talk;
}

#endif
