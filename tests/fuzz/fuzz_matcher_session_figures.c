/* SPDX-License-Identifier: Apache-2.0
 * Contributors and a hub at a whole matcher: an input is a script of calls and messages, in any
 * order, honest but for the script's edits before and after they are signed. The matcher outlives
 * it, and what it sends is well-formed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/fuzz/matcher_stage.h"
#include "tests/unit/proto/figures/served.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { CONTRIBUTORS = 3, USES = 50 /* inputs of one agreement at most */ };
#define TABLE "capacity_status"

/* A manifest that the matcher has agreed to, and what its contributors send: made now and then. */
struct period {
    struct collection *hub;
    struct signed_bytes manifest;
    struct agreement agreement;
    struct signed_bytes contributions[CONTRIBUTORS];
    unsigned uses;
    bool made;
};

struct play {
    struct stage *stage;
    struct script script;
    struct period *period;
};

static size_t contributor(size_t i)
{
    static const size_t who[CONTRIBUTORS] = {STAGE_AGENT, STAGE_OTHER_AGENT, STAGE_THIRD_AGENT};
    return who[i % CONTRIBUTORS];
}

/* ---- the period ---- */

static void forget(struct period *period)
{
    if (!period->made) return;
    for (size_t i = 0; i < CONTRIBUTORS; i++) signed_bytes_free(&period->contributions[i]);
    signed_bytes_free(&period->manifest);
    agreement_free(&period->agreement);
    collection_close(period->hub);
    *period = (struct period){0};
}

static void draw_up(struct stage *stage, struct period *period)
{
    static const char *const agencies[] = {"agent-1", "agent-2", "agent-3"};
    struct manifest manifest =
        served_manifest("hub-1", "matcher", "127.0.0.1:1", agencies, CONTRIBUTORS);
    char *home = support_temp_dir();
    const struct collection_parts parts = {.home = home,
                                           .identity = stage->cast[STAGE_HUB].identity,
                                           .trust = stage->cast[STAGE_HUB].trust};
    struct err err = {0};
    parties_must(collection_open(&parts, &period->hub, &err) &&
                     collection_draw_up(period->hub, &manifest, &period->manifest, &err),
                 &err);
    manifest_free(&manifest);
    support_temp_dir_remove(home); /* the open store does not mind */
}

static struct period *period_make(struct stage *stage)
{
    static struct period period;
    struct signed_bytes key;
    struct err err = {0};
    if (period.made && period.uses++ < USES) return &period;
    forget(&period);
    stage_renew(stage);
    draw_up(stage, &period);
    int64_t now_ms = clock_wall_ms();
    const struct certificate *hub = stage_certificate(stage, STAGE_HUB);
    const struct certificate *matcher = identity_certificate(stage->matcher_party.identity);
    parties_must(
        collection_agree(stage->matcher->collection, &period.manifest, hub, now_ms, &key, &err) &&
            agreement_make(&period.manifest, hub, &key, matcher, stage->matcher_party.trust, now_ms,
                           &period.agreement, &err),
        &err);
    for (size_t i = 0; i < CONTRIBUTORS; i++) {
        period.contributions[i] =
            served_contribution(&period.agreement, &stage->cast[contributor(i)], TABLE, 1);
    }
    signed_bytes_free(&key);
    period.made = true;
    return &period;
}

/* ---- what is sent ---- */

static void tell(const struct play *play, size_t place, int kind, void *body)
{
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    message.kind_case = (Hearth__V1__FromFigures__KindCase)kind;
    message.hello = body; /* the members are pointers of one union */
    stage_send(play->stage, &play->script, place, &message.base);
}

static void greet(const struct play *play, size_t place, uint8_t variant)
{
    size_t who = (play->stage->callers[place] + (variant & 7)) % CAST;
    Hearth__V1__Signed part = signed_message_of(&stage_certificate(play->stage, who)->raw);
    Hearth__V1__FiguresHello hello = HEARTH__V1__FIGURES_HELLO__INIT;
    hello.protocol = PROTOCOL_VERSION + (variant >> 7);
    hello.certificate = variant & 8 ? NULL : &part;
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_HELLO, &hello);
}

static void list(const struct play *play, size_t place)
{
    Hearth__V1__FiguresList body = HEARTH__V1__FIGURES_LIST__INIT;
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_LIST, &body);
}

/* variant: whose contribution, and whether its certificate goes with it, as a hub's does. */
static void put(const struct play *play, size_t place, uint8_t variant)
{
    size_t i = variant % CONTRIBUTORS;
    const struct party *party = &play->stage->cast[contributor(i)];
    const struct buf *body = &play->period->contributions[i].body;
    struct signed_bytes out = {0};
    Hearth__V1__FiguresPut message = HEARTH__V1__FIGURES_PUT__INIT;
    Hearth__V1__Signed certificate = signed_message_of(&identity_certificate(party->identity)->raw);
    buf_append(&out.body, body->data, body->len);
    script_sign(&play->script, party->identity, TAG_CONTRIBUTION, &out);
    Hearth__V1__Signed part = signed_message_of(&out);
    message.contribution = variant & 64 ? NULL : &part;
    message.certificate = variant & 128 ? &certificate : NULL;
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_PUT, &message);
    signed_bytes_free(&out);
}

static void propose(const struct play *play, size_t place, uint8_t variant)
{
    const struct buf *body = &play->period->manifest.body;
    struct signed_bytes out = {0};
    Hearth__V1__FiguresPropose message = HEARTH__V1__FIGURES_PROPOSE__INIT;
    buf_append(&out.body, body->data, body->len);
    script_sign(&play->script, play->stage->cast[STAGE_HUB].identity, TAG_MANIFEST, &out);
    Hearth__V1__Signed part = signed_message_of(&out);
    message.manifest = variant & 1 ? NULL : &part;
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_PROPOSE, &message);
    signed_bytes_free(&out);
}

/* The first `count` contributions, ascending by hash. */
static size_t set_of(const struct play *play, uint8_t variant, struct figures_release *out,
                     uint8_t hashes[CONTRIBUTORS][HASH_BYTES])
{
    size_t count = variant % (CONTRIBUTORS + 1);
    uint8_t one[HASH_BYTES];
    for (size_t i = 0; i < count; i++) {
        const struct buf *body = &play->period->contributions[i].body;
        size_t at = i;
        hash_once(one, TAG_CONTRIBUTION, body->data, body->len);
        for (; at > 0 && memcmp(hashes[at - 1], one, HASH_BYTES) > 0; at--) {
            memcpy(hashes[at], hashes[at - 1], HASH_BYTES);
        }
        memcpy(hashes[at], one, HASH_BYTES);
    }
    *out = (struct figures_release){
        .table = figures_table_find(TABLE), .contributions = hashes, .count = count};
    memcpy(out->manifest_hash, play->period->agreement.manifest.hash, HASH_BYTES);
    return count;
}

static void offer(const struct play *play, size_t place, uint8_t variant)
{
    char table[] = TABLE;
    uint8_t hashes[CONTRIBUTORS][HASH_BYTES];
    ProtobufCBinaryData items[CONTRIBUTORS];
    struct figures_release release;
    Hearth__V1__FiguresOffer message = HEARTH__V1__FIGURES_OFFER__INIT;
    message.n_contributions = set_of(play, variant, &release, hashes);
    for (size_t i = 0; i < message.n_contributions; i++) {
        items[i] = wire_data(hashes[i], HASH_BYTES);
    }
    message.contributions = items;
    message.manifest_hash = wire_data(release.manifest_hash, HASH_BYTES);
    message.table = table;
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_OFFER, &message);
}

static void release(const struct play *play, size_t place, uint8_t variant)
{
    char table[] = TABLE;
    uint8_t hashes[CONTRIBUTORS][HASH_BYTES], set[HASH_BYTES];
    struct figures_release wanted;
    Hearth__V1__FiguresRelease message = HEARTH__V1__FIGURES_RELEASE__INIT;
    (void)set_of(play, variant, &wanted, hashes);
    figures_set_hash(&wanted, set);
    message.manifest_hash = wire_data(wanted.manifest_hash, HASH_BYTES);
    message.table = table;
    message.set_hash = wire_data(set, HASH_BYTES);
    tell(play, place, HEARTH__V1__FROM_FIGURES__KIND_RELEASE, &message);
}

static void take(const struct play *play, size_t place)
{
    struct buf bytes = {0};
    while (play->stage->streams[place] && played_take(play->stage->streams[place], &bytes)) {
        Hearth__V1__ToFigures *message = dial_unpack(bytes.data, bytes.len);
        REQUIRE(message);
        /* Half a sum is given once: another period follows. */
        if (message->kind_case == HEARTH__V1__TO_FIGURES__KIND_OPENED) play->period->uses = USES;
        hearth__v1__to_figures__free_unpacked(message, NULL);
        buf_free(&bytes);
    }
}

/* The window closes: nothing is being worked on while the environment changes. */
static void close_window(const struct play *play)
{
    stage_settle(play->stage);
    REQUIRE(setenv("HEARTH_CLOCK_OFFSET", "7200", 1) == 0);
}

/* ---- the script ---- */

static void act(struct play *play, uint8_t step)
{
    struct stage *stage = play->stage;
    size_t place = script_u8(&play->script) % STAGE_STREAMS;
    if (stage_step(stage, &play->script, step % 15, place)) return;
    uint8_t variant = script_u8(&play->script);
    switch (step % 15) {
    case 6: stage_call(stage, place, METHOD_FIGURES, variant % CAST); return;
    case 7: greet(play, place, variant); return;
    case 8: list(play, place); return;
    case 9: put(play, place, variant); return;
    case 10: propose(play, place, variant); return;
    case 11: offer(play, place, variant); return;
    case 12: release(play, place, variant); return;
    case 13: take(play, place); return;
    default: close_window(play); return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct play play = {.stage = stage_make(), .script = script_of(data, len)};
    uint8_t step = 0;
    play.period = period_make(play.stage);
    while (script_step(&play.script, &step)) act(&play, step);
    for (size_t i = 0; i < STAGE_STREAMS; i++) take(&play, i);
    stage_end(play.stage);
    REQUIRE(unsetenv("HEARTH_CLOCK_OFFSET") == 0);
    return 0;
}
