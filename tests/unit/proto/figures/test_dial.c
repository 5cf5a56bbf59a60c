/* SPDX-License-Identifier: Apache-2.0
 * The calling side against a matcher that answers nonsense, over real TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/served.h"

/* ---- a matcher that is played ---- */

struct play {
    struct served *served;
    struct rpc_server *server;
    char target[32];
    struct agreement agreement;
    _Atomic(const struct certificate *) welcome; /* NULL: something else than a welcome */
    _Atomic uint32_t protocol;
    /* What follows the hello. */
    void (*_Atomic answer)(struct play *play, struct rpc_stream *stream,
                           const Hearth__V1__FromFigures *message);
};

static void tell(struct rpc_stream *stream, int kind, void *body)
{
    Hearth__V1__ToFigures message = HEARTH__V1__TO_FIGURES__INIT;
    message.kind_case = (Hearth__V1__ToFigures__KindCase)kind;
    message.welcome = body; /* the members are pointers of one union */
    assert_true(peer_send(stream, &message.base));
}

static void tell_end(struct rpc_stream *stream)
{
    Hearth__V1__FiguresEnd end = HEARTH__V1__FIGURES_END__INIT;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_END, &end);
}

static void welcome(const struct play *play, struct rpc_stream *stream)
{
    Hearth__V1__FiguresWelcome body = HEARTH__V1__FIGURES_WELCOME__INIT;
    Hearth__V1__Signed raw;
    if (!play->welcome) {
        tell_end(stream);
        return;
    }
    raw = signed_message_of(&play->welcome->raw);
    body.protocol = play->protocol;
    body.certificate = &raw;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_WELCOME, &body);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    struct play *play = ctx;
    void (*answer)(struct play *, struct rpc_stream *, const Hearth__V1__FromFigures *) =
        atomic_load(&play->answer);
    Hearth__V1__FromFigures *message = figures_unpack(data, len);
    REQUIRE(message);
    if (message->kind_case == HEARTH__V1__FROM_FIGURES__KIND_HELLO) {
        welcome(play, stream);
    } else if (answer) {
        answer(play, stream, message);
    }
    hearth__v1__from_figures__free_unpacked(message, NULL);
}

static int play_make(void **state)
{
    static const struct rpc_events events = {.message = on_message};
    struct play *play = mem_new(struct play);
    (void)served_make(state);
    play->served = *state;
    const struct party *matcher = &play->served->cast->matcher;
    play->agreement = served_agree(play->served);
    play->welcome = identity_certificate(matcher->identity);
    play->protocol = PROTOCOL_VERSION;
    play->server = served_listen(matcher, &events, play, play->target);
    *state = play;
    return 0;
}

static int play_free(void **state)
{
    struct play *play = *state;
    rpc_server_stop(play->server);
    agreement_free(&play->agreement);
    *state = play->served;
    free(play);
    return served_free(state);
}

static bool try_dial(const struct play *play, const struct party *party, struct dial **out,
                     struct err *err)
{
    const struct dial_parts parts = {.identity = party->identity,
                                     .trust = party->trust,
                                     .target = play->target,
                                     .role = ROLE_MATCHER,
                                     .id = "matcher-1"};
    return dial_open(&parts, out, err);
}

static struct dial *dial_as(const struct play *play, const struct party *party)
{
    struct dial *dial = NULL;
    struct err err = {0};
    parties_must(try_dial(play, party, &dial, &err), &err);
    return dial;
}

static const struct party *agency(const struct play *play)
{
    return &play->served->cast->agencies[0];
}

static void expect(bool ok, const struct err *err, enum err_code code, const char *word)
{
    assert_false(ok);
    if (err->code != code || !strstr(err->text, word)) {
        fail_msg("%s \"%s\" is wanted: %s: %s: %s", err_code_name(code), word,
                 err_code_name(err->code), err->field, err->text);
    }
}

/* ---- greeting ---- */

static void a_welcome_is_checked(void **state)
{
    struct play *play = *state;
    struct dial *dial = NULL;
    struct err err = {0};
    play->welcome = identity_certificate(play->served->cast->hub.identity);
    expect(try_dial(play, agency(play), &dial, &err), &err, ERR_UNAVAILABLE, "");
    assert_string_equal(err.field, "certificate");
    play->welcome = NULL;
    expect(try_dial(play, agency(play), &dial, &err), &err, ERR_UNAVAILABLE, "something else");
    play->welcome = identity_certificate(play->served->cast->matcher.identity);
    play->protocol = PROTOCOL_VERSION + 1;
    expect(try_dial(play, agency(play), &dial, &err), &err, ERR_VERSION, "speaks version");
}

/* A hub that has the address of the matcher gets nothing, not even the hello. */
static void only_the_role_that_is_wanted(void **state)
{
    struct play *play = *state;
    const struct party *party = agency(play);
    const struct dial_parts parts = {.identity = party->identity,
                                     .trust = party->trust,
                                     .target = play->target,
                                     .role = ROLE_HUB,
                                     .id = "matcher-1"};
    struct dial *dial = NULL;
    struct err err = {0};
    expect(dial_open(&parts, &dial, &err), &err, ERR_UNAUTHENTICATED, "not for hub matcher-1");
}

/* ---- receipts ---- */

static void tell_receipt(const struct play *play, struct rpc_stream *stream,
                         const uint8_t hash[HASH_BYTES], const char *organisation,
                         const struct party *signer)
{
    struct figures_receipt receipt = {.role = ROLE_MATCHER, .at = clock_wall_ms()};
    struct signed_bytes raw = {0};
    (void)play;
    memcpy(receipt.contribution_hash, hash, HASH_BYTES);
    (void)snprintf(receipt.organisation, sizeof receipt.organisation, "%s", organisation);
    figures_receipt_encode(&receipt, &raw.body);
    identity_sign_body(signer->identity, TAG_FIGURES_RECEIPT, &raw);
    Hearth__V1__Signed message = signed_message_of(&raw);
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_RECEIPT, &message);
    signed_bytes_free(&raw);
}

static void hash_of(const Hearth__V1__FromFigures *message, uint8_t out[HASH_BYTES])
{
    const ProtobufCBinaryData *body = &message->put->contribution->body;
    hash_once(out, TAG_CONTRIBUTION, body->data, body->len);
}

static void answer_by_another(struct play *play, struct rpc_stream *stream,
                              const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    hash_of(message, hash);
    tell_receipt(play, stream, hash, "matcher-1", &play->served->cast->hub);
}

static void answer_of_another(struct play *play, struct rpc_stream *stream,
                              const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    hash_of(message, hash);
    tell_receipt(play, stream, hash, "matcher-2", &play->served->cast->matcher);
}

static void answer_for_another(struct play *play, struct rpc_stream *stream,
                               const Hearth__V1__FromFigures *message)
{
    const uint8_t hash[HASH_BYTES] = {1};
    (void)message;
    tell_receipt(play, stream, hash, "matcher-1", &play->served->cast->matcher);
}

static void answer_well(struct play *play, struct rpc_stream *stream,
                        const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    hash_of(message, hash);
    tell_receipt(play, stream, hash, "matcher-1", &play->served->cast->matcher);
}

static void answer_unsigned(struct play *play, struct rpc_stream *stream,
                            const Hearth__V1__FromFigures *message)
{
    Hearth__V1__Signed nothing = HEARTH__V1__SIGNED__INIT;
    (void)play;
    (void)message;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_RECEIPT, &nothing);
}

static void answer_garbage(struct play *play, struct rpc_stream *stream,
                           const Hearth__V1__FromFigures *message)
{
    (void)play;
    (void)message;
    assert_true(rpc_stream_send_bytes(stream, "\x0a\xff\xff", 3));
}

static void answer_end(struct play *play, struct rpc_stream *stream,
                       const Hearth__V1__FromFigures *message)
{
    (void)play;
    (void)message;
    tell_end(stream);
}

/* A status is no refusal of a contribution, though its code would be one. */
static void answer_status(struct play *play, struct rpc_stream *stream,
                          const Hearth__V1__FromFigures *message)
{
    (void)play;
    (void)message;
    rpc_stream_finish(stream, RPC_FAILED_PRECONDITION, "closes_at: the window is over");
}

static void refuse_with(struct rpc_stream *stream, const uint8_t *hash, const char *code)
{
    Hearth__V1__FiguresRefused refused = HEARTH__V1__FIGURES_REFUSED__INIT;
    refused.hash = wire_data(hash, HASH_BYTES);
    refused.code = (char *)(uintptr_t)code;
    refused.text = (char *)(uintptr_t) "closes_at: the window\x1b[2J is over";
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_REFUSED, &refused);
}

static void refuse_another(struct play *play, struct rpc_stream *stream,
                           const Hearth__V1__FromFigures *message)
{
    const uint8_t hash[HASH_BYTES] = {1};
    (void)play;
    (void)message;
    refuse_with(stream, hash, "expired");
}

static void refuse_as_ok(struct play *play, struct rpc_stream *stream,
                         const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    (void)play;
    hash_of(message, hash);
    refuse_with(stream, hash, "ok");
}

static void refuse_unheard_of(struct play *play, struct rpc_stream *stream,
                              const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    (void)play;
    hash_of(message, hash);
    refuse_with(stream, hash, "unheard_of");
}

static void refuse_well(struct play *play, struct rpc_stream *stream,
                        const Hearth__V1__FromFigures *message)
{
    uint8_t hash[HASH_BYTES];
    (void)play;
    hash_of(message, hash);
    refuse_with(stream, hash, "expired");
}

static bool put_once(struct play *play, struct err *err)
{
    struct dial *dial = dial_as(play, agency(play));
    struct signed_bytes own =
        served_contribution(&play->agreement, agency(play), "capacity_status", 1);
    struct signed_bytes receipt = {0};
    dial->step_ms = 2000;
    bool ok = dial_put(dial, &own, &receipt, err);
    signed_bytes_free(&own);
    signed_bytes_free(&receipt);
    dial_close(dial);
    return ok;
}

static void receipts_are_checked(void **state)
{
    static const struct {
        void (*answer)(struct play *play, struct rpc_stream *stream,
                       const Hearth__V1__FromFigures *message);
        const char *word;
    } nonsense[] = {
        {answer_by_another, "does not verify"},
        {answer_of_another, "for something else"},
        {answer_for_another, "for something else"},
        {answer_unsigned, "without a signature"},
        {answer_garbage, "malformed"},
        {answer_end, "something else than a receipt"},
        {answer_status, "the window is over"},
        {refuse_another, "refusal of something else"},
        {refuse_as_ok, "the window"},
        {refuse_unheard_of, "the window"},
    };
    struct play *play = *state;
    struct err err = {0};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        play->answer = nonsense[i].answer;
        expect(put_once(play, &err), &err, ERR_UNAVAILABLE, nonsense[i].word);
    }
    play->answer = answer_well;
    assert_true(put_once(play, &err));
}

static void a_refusal_is_told_as_it_is(void **state)
{
    struct play *play = *state;
    struct err err = {0};
    play->answer = refuse_well;
    expect(put_once(play, &err), &err, ERR_EXPIRED, "the window");
    assert_string_equal(err.field, "closes_at");
    assert_null(strchr(err.text, '\x1b'));
}

static void silence_ends(void **state)
{
    struct play *play = *state;
    struct err err = {0};
    struct signed_bytes receipt = {0};
    const struct signed_bytes *any = &identity_certificate(agency(play)->identity)->raw;
    struct dial *dial = dial_as(play, agency(play));
    dial->step_ms = 50;
    expect(dial_put(dial, any, &receipt, &err), &err, ERR_UNAVAILABLE,
           "no answer from the matcher");
    dial->step_ms = DIAL_STEP_MS;
    dial_stop(dial);
    expect(dial_put(dial, any, &receipt, &err), &err, ERR_UNAVAILABLE, "stopping");
    dial_close(dial);
}

/* ---- lists ---- */

static void tell_manifest(struct rpc_stream *stream, const struct signed_bytes *manifest,
                          const struct certificate *hub, const struct signed_bytes *release_key)
{
    Hearth__V1__Signed raw = signed_message_of(manifest), sender = signed_message_of(&hub->raw),
                       key = signed_message_of(release_key);
    Hearth__V1__FiguresManifest body = HEARTH__V1__FIGURES_MANIFEST__INIT;
    body.manifest = &raw;
    body.hub = &sender;
    body.release_key = &key;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_MANIFEST, &body);
}

static void list_endlessly(struct play *play, struct rpc_stream *stream,
                           const Hearth__V1__FromFigures *message)
{
    const struct agreement *agreement = &play->agreement;
    struct signed_bytes nothing;
    const uint8_t zeros[SIGNATURE_BYTES] = {0};
    (void)message;
    signed_bytes_set("x", 1, zeros, &nothing);
    for (size_t i = 0; i < DIAL_MANIFESTS_MAX + 1; i++) {
        tell_manifest(stream, &nothing, &agreement->hub, &agreement->release_key_raw);
    }
    signed_bytes_free(&nothing);
}

/* One that checks, between three that do not: its hub's name, its key, its signature. */
static void list_one_good(struct play *play, struct rpc_stream *stream,
                          const Hearth__V1__FromFigures *message)
{
    const struct agreement *agreement = &play->agreement;
    const struct cast *cast = play->served->cast;
    struct signed_bytes key, manifest;
    (void)message;
    tell_manifest(stream, &agreement->manifest_raw, identity_certificate(cast->other_hub.identity),
                  &agreement->release_key_raw);
    signed_bytes_copy(&agreement->release_key_raw, &key);
    identity_sign_body(cast->hub.identity, TAG_RELEASE_KEY, &key);
    tell_manifest(stream, &agreement->manifest_raw, &agreement->hub, &key);
    tell_manifest(stream, &agreement->manifest_raw, &agreement->hub, &agreement->release_key_raw);
    signed_bytes_copy(&agreement->manifest_raw, &manifest);
    manifest.signature[0] ^= 1;
    tell_manifest(stream, &manifest, &agreement->hub, &agreement->release_key_raw);
    signed_bytes_free(&manifest);
    signed_bytes_free(&key);
    tell_end(stream);
}

/* The hub signs under its own name what the matcher agreed to under another's. */
static void list_of_another_hub(struct play *play, struct rpc_stream *stream,
                                const Hearth__V1__FromFigures *message)
{
    const struct agreement *agreement = &play->agreement;
    const struct party *thief = &play->served->cast->other_hub;
    struct signed_bytes manifest;
    (void)message;
    signed_bytes_copy(&agreement->manifest_raw, &manifest);
    identity_sign_body(thief->identity, TAG_MANIFEST, &manifest);
    tell_manifest(stream, &manifest, identity_certificate(thief->identity),
                  &agreement->release_key_raw);
    signed_bytes_free(&manifest);
    tell_end(stream);
}

static void tell_release(const struct play *play, struct rpc_stream *stream,
                         const struct party *signer)
{
    struct figures_release release = {.table = figures_table_find("capacity_status")};
    struct signed_bytes raw = {0};
    uint8_t hashes[3][HASH_BYTES] = {{1}, {2}, {3}};
    release.contributions = hashes;
    release.count = 3;
    memcpy(release.manifest_hash, play->agreement.manifest.hash, HASH_BYTES);
    figures_release_encode(&release, &raw.body);
    identity_sign_body(signer->identity, TAG_FIGURES_RELEASE, &raw);
    Hearth__V1__Signed message = signed_message_of(&raw);
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_RELEASE, &message);
    signed_bytes_free(&raw);
}

static void list_releases(struct play *play, struct rpc_stream *stream,
                          const Hearth__V1__FromFigures *message)
{
    const struct cast *cast = play->served->cast;
    Hearth__V1__Signed nothing = HEARTH__V1__SIGNED__INIT;
    (void)message;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_RELEASE, &nothing);
    tell_release(play, stream, &cast->hub);     /* not the matcher's word */
    tell_release(play, stream, &cast->matcher); /* of what was not contributed to */
    tell_end(stream);
}

static bool list_once(struct play *play, const struct party *party, size_t *manifests,
                      size_t *left_out, struct err *err)
{
    char *home = served_home(play->served, "lister");
    const struct contributor_parts parts = {
        .home = home, .identity = party->identity, .trust = party->trust};
    struct contributor *contributor = NULL;
    struct dial *dial = dial_as(play, party);
    parties_must(contributor_open(&parts, &contributor, err), err);
    bool ok = dial_list(dial, contributor, manifests, left_out, err);
    contributor_close(contributor);
    dial_close(dial);
    free(home);
    return ok;
}

static void what_does_not_check_is_passed_over(void **state)
{
    struct play *play = *state;
    size_t manifests = 9, left_out = 9;
    struct err err = {0};
    play->answer = list_of_another_hub;
    assert_true(list_once(play, agency(play), &manifests, &left_out, &err));
    assert_int_equal(manifests, 0);
    play->answer = list_one_good;
    assert_true(list_once(play, agency(play), &manifests, &left_out, &err));
    assert_int_equal(manifests, 1);
    play->answer = list_releases;
    assert_true(list_once(play, agency(play), &manifests, &left_out, &err));
    assert_int_equal(manifests, 0);
    assert_int_equal(left_out, 0);
}

static void manifests_without_oneself_are_passed_over(void **state)
{
    struct play *play = *state;
    size_t manifests = 9, left_out = 9;
    struct err err = {0};
    play->answer = list_one_good;
    assert_true(list_once(play, &play->served->cast->stranger, &manifests, &left_out, &err));
    assert_int_equal(manifests, 0);
}

static void lists_end(void **state)
{
    struct play *play = *state;
    size_t manifests = 0, left_out = 0;
    struct err err = {0};
    play->answer = list_endlessly;
    expect(list_once(play, agency(play), &manifests, &left_out, &err), &err, ERR_UNAVAILABLE,
           "an endless list");
    play->answer = answer_unsigned; /* a receipt */
    expect(list_once(play, agency(play), &manifests, &left_out, &err), &err, ERR_UNAVAILABLE,
           "something else than a list");
}

/* ---- a hub at the matcher ---- */

static void tell_passed(struct rpc_stream *stream, const struct signed_bytes *contribution,
                        const struct certificate *certificate)
{
    Hearth__V1__Signed raw = signed_message_of(contribution),
                       sender = signed_message_of(&certificate->raw);
    Hearth__V1__FiguresPassed body = HEARTH__V1__FIGURES_PASSED__INIT;
    body.contribution = &raw;
    body.certificate = &sender;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_PASSED, &body);
}

static void tell_missing(struct rpc_stream *stream, const uint8_t *hash)
{
    Hearth__V1__FiguresMissing missing = HEARTH__V1__FIGURES_MISSING__INIT;
    ProtobufCBinaryData one = wire_data(hash, HASH_BYTES);
    missing.contributions = &one;
    missing.n_contributions = hash ? 1 : 0;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_MISSING, &missing);
}

/* Invents a contribution, passes a stranger's on, then one that is good; refuses the half. */
static void pass_some(struct play *play, struct rpc_stream *stream,
                      const Hearth__V1__FromFigures *message)
{
    const struct cast *cast = play->served->cast;
    const struct party *senders[] = {&cast->stranger, &cast->agencies[1]};
    if (message->kind_case == HEARTH__V1__FROM_FIGURES__KIND_RELEASE) {
        refuse_with(stream, message->release->set_hash.data, "budget");
        return;
    }
    struct signed_bytes forged =
        served_contribution(&play->agreement, &cast->agencies[2], "capacity_status", 1);
    forged.signature[5] ^= 1;
    tell_passed(stream, &forged, identity_certificate(cast->agencies[2].identity));
    signed_bytes_free(&forged);
    for (size_t i = 0; i < 2; i++) {
        struct signed_bytes raw =
            served_contribution(&play->agreement, senders[i], "capacity_status", 1);
        tell_passed(stream, &raw, identity_certificate(senders[i]->identity));
        signed_bytes_free(&raw);
    }
    tell_missing(stream, NULL);
}

static void miss_what_was_not_offered(struct play *play, struct rpc_stream *stream,
                                      const Hearth__V1__FromFigures *message)
{
    const uint8_t hash[HASH_BYTES] = {1};
    (void)play;
    (void)message;
    tell_missing(stream, hash);
}

static void open_malformed(struct play *play, struct rpc_stream *stream,
                           const Hearth__V1__FromFigures *message)
{
    Hearth__V1__FiguresOpened body = HEARTH__V1__FIGURES_OPENED__INIT;
    Hearth__V1__Signed raw = signed_message_of(&play->agreement.release_key_raw);
    if (message->kind_case == HEARTH__V1__FROM_FIGURES__KIND_OFFER) {
        tell_missing(stream, NULL);
        return;
    }
    body.release = &raw;
    tell(stream, HEARTH__V1__TO_FIGURES__KIND_OPENED, &body);
}

static bool release_once(struct play *play, size_t *taken, size_t *passed, struct err *err)
{
    struct dial *dial = dial_as(play, &play->served->cast->hub);
    struct opened opened;
    bool ok = dial_release(dial, play->served->hub.collection, play->agreement.manifest.hash,
                           figures_table_find("capacity_status"), &opened, taken, passed, err);
    dial_close(dial);
    return ok;
}

static void what_a_matcher_passes_on_is_checked(void **state)
{
    struct play *play = *state;
    size_t taken = 0, passed = 0;
    struct figures_release set;
    struct err err = {0};
    play->answer = pass_some;
    expect(release_once(play, &taken, &passed, &err), &err, ERR_BUDGET, "the window");
    assert_int_equal(taken, 1);
    assert_true(collection_set(play->served->hub.collection, play->agreement.manifest.hash,
                               figures_table_find("capacity_status"), &set, &err));
    assert_int_equal(set.count, 1);
    figures_release_free(&set);
    play->answer = miss_what_was_not_offered;
    expect(release_once(play, &taken, &passed, &err), &err, ERR_UNAVAILABLE, "was not offered");
    play->answer = open_malformed;
    expect(release_once(play, &taken, &passed, &err), &err, ERR_UNAVAILABLE, "a half");
    assert_int_equal(passed, 0);
}

static void a_proposal_is_answered_by_a_key(void **state)
{
    struct play *play = *state;
    struct dial *dial = dial_as(play, &play->served->cast->hub);
    struct signed_bytes key = {0};
    struct err err = {0};
    play->answer = answer_end;
    expect(dial_propose(dial, &play->agreement.manifest_raw, &key, &err), &err, ERR_UNAVAILABLE,
           "something else");
    dial_close(dial);
}

#define PLAYED(test) cmocka_unit_test_setup_teardown(test, play_make, play_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAYED(a_welcome_is_checked),
        PLAYED(only_the_role_that_is_wanted),
        PLAYED(receipts_are_checked),
        PLAYED(a_refusal_is_told_as_it_is),
        PLAYED(silence_ends),
        PLAYED(what_does_not_check_is_passed_over),
        PLAYED(manifests_without_oneself_are_passed_over),
        PLAYED(lists_end),
        PLAYED(what_a_matcher_passes_on_is_checked),
        PLAYED(a_proposal_is_answered_by_a_key),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
