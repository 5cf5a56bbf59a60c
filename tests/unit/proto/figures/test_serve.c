/* SPDX-License-Identifier: Apache-2.0
 * The answering side against parties that do what they may not, over real TLS.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/proto/figures/served.h"

/* ---- roles ---- */

static void only_their_roles_are_let_in(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    hear_end(call(&served->matcher, &cast->matcher), ERR_DENIED, "agencies, LAs and hubs");
    hear_end(call(&served->hub, &cast->other_hub), ERR_DENIED, "the TLS certificate says hub");
    hear_end(call(&served->hub, &cast->matcher), ERR_DENIED, "the TLS certificate says matcher");
    assert_int_equal(served_count(&served->matcher, &served->matcher.refused), 1);
    assert_int_equal(served_count(&served->hub, &served->hub.refused), 2);
}

static void roles_do_not_do_what_others_may(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    uint8_t hash[HASH_BYTES] = {1};
    const struct signed_bytes *any = &identity_certificate(cast->la.identity)->raw;
    struct talk *talk = begin(&served->matcher, &cast->la);
    say_propose(talk, any);
    hear_end(talk, ERR_DENIED, "a proposal is not for the role la");
    talk = begin(&served->matcher, &cast->agencies[0]);
    say_release(talk, hash, "capacity_status", hash);
    hear_end(talk, ERR_DENIED, "a release is not for the role agent");
    talk = begin(&served->matcher, &cast->agencies[0]);
    say_offer(talk, hash, "capacity_status");
    hear_end(talk, ERR_DENIED, "an offer is not for the role agent");
    talk = begin(&served->matcher, &cast->hub);
    say_list(talk);
    hear_end(talk, ERR_DENIED, "a list is not for the role hub");
    talk = begin(&served->hub, &cast->agencies[0]);
    say_list(talk);
    hear_end(talk, ERR_DENIED, "a list is not for the role agent at a hub");
    talk = begin(&served->hub, &cast->la);
    say_propose(talk, any);
    hear_end(talk, ERR_DENIED, "a proposal is not for the role la at a hub");
}

/* ---- order ---- */

static void order_is_kept(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    struct talk *talk = call(&served->matcher, agency);
    say_list(talk);
    hear_end(talk, ERR_EXPIRED, "out of order before the hello");
    talk = begin(&served->matcher, agency);
    say_hello(talk, identity_certificate(agency->identity));
    hear_end(talk, ERR_EXPIRED, "a hello is out of order");
    talk = begin(&served->matcher, agency);
    say_list(talk);
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_END);
    say_list(talk);
    hear_end(talk, ERR_EXPIRED, "a list is out of order");
}

static void bytes_that_are_no_message(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    Hearth__V1__FromFigures nothing = HEARTH__V1__FROM_FIGURES__INIT;
    Hearth__V1__ToFigures other = HEARTH__V1__TO_FIGURES__INIT;
    Hearth__V1__FiguresRefused refused = HEARTH__V1__FIGURES_REFUSED__INIT;
    struct talk *talk = begin(&served->matcher, agency);
    talk_send(talk, &nothing.base); /* no bytes at all */
    hear_end(talk, ERR_INVALID, "0 bytes that are no message");
    talk = begin(&served->matcher, agency);
    other.kind_case = HEARTH__V1__TO_FIGURES__KIND_PASSED + 2; /* opened: a number not used here */
    other.refused = &refused;
    talk_send(talk, &other.base);
    hear_end(talk, ERR_INVALID, "no message");
}

static void silence_is_not_waited_for(void **state)
{
    struct served *served = *state;
    struct talk *talk = call(&served->matcher, &served->cast->agencies[0]);
    struct talk *greeted = begin(&served->matcher, &served->cast->agencies[1]);
    struct figures_server *figures = served->matcher.figures;
    size_t open = 0;
    while (open < 2) { /* the call may not have come in yet */
        (void)pthread_mutex_lock(&figures->mutex);
        open = figures->count;
        (void)pthread_mutex_unlock(&figures->mutex);
    }
    int64_t now_ms = clock_steady_ms();
    figures_look_at_streams(figures, now_ms + 5000);
    (void)pthread_mutex_lock(&figures->mutex);
    assert_int_equal(figures->count, 2);
    (void)pthread_mutex_unlock(&figures->mutex);
    figures_look_at_streams(figures, now_ms + FIGURES_HELLO_MS + 1);
    hear_end(talk, ERR_UNAVAILABLE, "no hello within 10 s");
    say_list(greeted);
    hear_only(greeted, HEARTH__V1__TO_FIGURES__KIND_END);
    talk_close(greeted);
}

/* ---- certificates ---- */

static void a_hello_is_checked_against_the_connection(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct talk *talk = call(&served->matcher, &cast->agencies[0]);
    say_hello(talk, identity_certificate(cast->agencies[1].identity));
    hear_end(talk, ERR_UNAUTHENTICATED, "agency-2's, but agency-1 is wanted");
    talk = call(&served->matcher, &cast->agencies[0]);
    say_hello(talk, identity_certificate(cast->la.identity));
    hear_end(talk, ERR_DENIED, "certificate");
}

static void who_is_revoked_is_let_go(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    bool changed = false;
    struct err err = {0};
    struct party leaver = parties_add(cast->parties, ROLE_AGENT, "agency-leaver");
    struct talk *talk = begin(&served->matcher, &leaver);
    parties_revoke(cast->parties, &leaver, &cast->matcher);
    assert_true(trust_reload(cast->matcher.trust, &changed, &err));
    figures_server_tick(served->matcher.figures);
    hear_end(talk, ERR_DENIED, "revoked");
    talk = call(&served->matcher, &leaver);
    say_hello(talk, identity_certificate(leaver.identity));
    hear_end(talk, ERR_DENIED, "revoked");
    party_close(&leaver);
}

static void an_agency_that_left_the_directory_is_let_go(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    struct talk *talk = begin(&served->matcher, agency);
    (void)pthread_mutex_lock(&served->mutex);
    served->removed = "agency-1";
    (void)pthread_mutex_unlock(&served->mutex);
    figures_server_tick(served->matcher.figures);
    hear_end(talk, ERR_DENIED, "not in the directory");
    talk = call(&served->matcher, agency);
    say_hello(talk, identity_certificate(agency->identity));
    hear_end(talk, ERR_DENIED, "not in the directory");
}

/* ---- bounds ---- */

static void streams_are_few(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    struct talk *talks[FIGURES_STREAMS_PER_PARTY];
    for (size_t i = 0; i < FIGURES_STREAMS_PER_PARTY; i++) {
        talks[i] = begin(&served->matcher, agency);
    }
    hear_end(call(&served->matcher, agency), ERR_BUDGET, "4 streams of agency-1");
    talk_close(begin(&served->matcher, &served->cast->agencies[1])); /* others are not kept out */
    for (size_t i = 0; i < FIGURES_STREAMS_PER_PARTY; i++) talk_close(talks[i]);
}

/* While the figures' thread is busy, a party sends and sends. */
static void queues_are_bounded(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    struct signed_bytes small = {0}, large = {0};
    buf_append(&small.body, "x", 1);
    memset(buf_reserve(&large.body, FIGURES_MESSAGE_MAX - 1024), 'x', FIGURES_MESSAGE_MAX - 1024);
    struct talk *many = begin(&served->matcher, agency);
    struct talk *heavy = begin(&served->matcher, &served->cast->agencies[1]);
    served_hold(served, true);
    for (size_t i = 0; i < FIGURES_QUEUE + 1; i++) say_put(many, &small, NULL);
    hear_end(many, ERR_BUDGET, "more than 64 messages");
    for (size_t i = 0; i < FIGURES_QUEUE_BYTES / FIGURES_MESSAGE_MAX + 1; i++) {
        say_put(heavy, &large, NULL);
    }
    hear_end(heavy, ERR_BUDGET, "16 MiB");
    served_hold(served, false);
    struct talk *talk = begin(&served->matcher, agency); /* it goes on for others */
    memset(buf_reserve(&large.body, 2048), 'x', 2048);
    say_put(talk, &large, NULL);
    hear_end(talk, ERR_INVALID, "at most 2097152");
    signed_bytes_free(&small);
    signed_bytes_free(&large);
}

static void refusals_are_counted(void **state)
{
    struct served *served = *state;
    struct signed_bytes nonsense = {0};
    struct talk *talk = begin(&served->matcher, &served->cast->agencies[0]);
    buf_append(&nonsense.body, "nonsense", 8);
    for (size_t i = 0; i + 1 < FIGURES_REFUSALS; i++) {
        say_put(talk, &nonsense, NULL);
        hear_refused(talk, ERR_INVALID, "contribution");
    }
    say_put(talk, &nonsense, NULL);
    hear_end(talk, ERR_BUDGET, "64 messages of this stream were refused");
    signed_bytes_free(&nonsense);
}

static void a_server_that_stops_says_so(void **state)
{
    struct served *served = *state;
    struct talk *talk = begin(&served->hub, &served->cast->agencies[0]);
    figures_server_drain(served->hub.figures);
    hear_end(talk, ERR_UNAVAILABLE, "stopping");
    hear_end(call(&served->hub, &served->cast->la), ERR_UNAVAILABLE, "stopping");
    assert_int_equal(served_count(&served->hub, &served->hub.refused), 0);
}

static void nothing_is_taken_that_cannot_be_noted(void **state)
{
    struct served *served = *state;
    struct agreement agreement = served_agree(served);
    struct signed_bytes own =
        served_contribution(&agreement, &served->cast->agencies[0], "capacity_status", 1);
    struct figures_release set;
    struct err err = {0};
    struct talk *talk = begin(&served->matcher, &served->cast->agencies[0]);
    (void)pthread_mutex_lock(&served->mutex);
    served->broken = true;
    (void)pthread_mutex_unlock(&served->mutex);
    say_put(talk, &own, NULL);
    hear_end(talk, ERR_UNAVAILABLE, "audit log");
    assert_true(collection_set(served->matcher.collection, agreement.manifest.hash,
                               figures_table_find("capacity_status"), &set, &err));
    assert_int_equal(set.count, 0);
    figures_release_free(&set);
    signed_bytes_free(&own);
    agreement_free(&agreement);
}

/* ---- list ---- */

static void lists_are_for_the_enrolled(void **state)
{
    struct served *served = *state;
    struct agreement agreement = served_agree(served);
    struct talk *talk = begin(&served->matcher, &served->cast->stranger);
    say_list(talk);
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_END);
    talk_close(talk);
    talk = begin(&served->matcher, &served->cast->agencies[2]);
    say_list(talk);
    Hearth__V1__ToFigures *message = hear(talk, HEARTH__V1__TO_FIGURES__KIND_MANIFEST);
    const Hearth__V1__Signed *manifest = message->manifest->manifest;
    assert_int_equal(manifest->body.len, agreement.manifest_raw.body.len);
    assert_memory_equal(manifest->body.data, agreement.manifest_raw.body.data, manifest->body.len);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_END);
    talk_close(talk);
    agreement_free(&agreement);
}

static void old_manifests_are_not_listed(void **state)
{
    struct served *served = *state;
    struct agreement agreement = served_agree(served);
    served_move_clock(served, FIGURES_KEEP_DAYS * 24 + 2);
    struct talk *talk = begin(&served->matcher, &served->cast->agencies[0]);
    say_list(talk);
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_END);
    talk_close(talk);
    agreement_free(&agreement);
}

/* ---- contributions ---- */

static void contributions_are_ones_own(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    struct signed_bytes own =
        served_contribution(&agreement, &cast->agencies[0], "capacity_status", 1);
    struct signed_bytes others =
        served_contribution(&agreement, &cast->agencies[1], "capacity_status", 1);
    struct signed_bytes strange =
        served_contribution(&agreement, &cast->stranger, "capacity_status", 1);
    const struct side *sides[] = {&served->matcher, &served->hub};
    for (size_t i = 0; i < 2; i++) {
        struct talk *talk = begin(sides[i], &cast->agencies[0]);
        say_put(talk, &others, NULL);
        hear_refused(talk, ERR_DENIED, "agency-2, but the connection is that of agent agency-1");
        /* Nor with that one's certificate: only a hub passes on. */
        say_put(talk, &others, identity_certificate(cast->agencies[1].identity));
        hear_refused(talk, ERR_DENIED, "organisation");
        say_put(talk, &own, NULL);
        hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_RECEIPT);
        talk_close(talk);
        talk = begin(sides[i], &cast->stranger);
        say_put(talk, &strange, NULL);
        hear_refused(talk, ERR_DENIED, "is not enrolled");
        talk_close(talk);
    }
    signed_bytes_free(&own);
    signed_bytes_free(&others);
    signed_bytes_free(&strange);
    agreement_free(&agreement);
}

static void the_same_again_is_taken_once(void **state)
{
    struct served *served = *state;
    const struct party *agency = &served->cast->agencies[0];
    struct agreement agreement = served_agree(served);
    struct signed_bytes one = served_contribution(&agreement, agency, "capacity_status", 1);
    struct signed_bytes two = served_contribution(&agreement, agency, "capacity_status", 1);
    struct talk *talk = begin(&served->matcher, agency);
    say_put(talk, &one, NULL);
    say_put(talk, &one, NULL);
    Hearth__V1__ToFigures *first = hear(talk, HEARTH__V1__TO_FIGURES__KIND_RECEIPT);
    Hearth__V1__ToFigures *second = hear(talk, HEARTH__V1__TO_FIGURES__KIND_RECEIPT);
    assert_int_equal(first->receipt->body.len, second->receipt->body.len);
    assert_memory_equal(first->receipt->body.data, second->receipt->body.data,
                        first->receipt->body.len);
    hearth__v1__to_figures__free_unpacked(first, NULL);
    hearth__v1__to_figures__free_unpacked(second, NULL);
    say_put(talk, &two, NULL);
    hear_refused(talk, ERR_EXISTS, "another contribution");
    talk_close(talk);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_TAKEN]), 1);
    signed_bytes_free(&one);
    signed_bytes_free(&two);
    agreement_free(&agreement);
}

/* After the window nobody is late without being told, and the hub passes on what it took in time.
 */
static void late_ones_are_refused_and_passed_on_ones_taken(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    struct signed_bytes one =
        served_contribution(&agreement, &cast->agencies[0], "capacity_status", 1);
    struct signed_bytes two =
        served_contribution(&agreement, &cast->agencies[1], "capacity_status", 1);
    served_move_clock(served, 2);
    struct talk *talk = begin(&served->matcher, &cast->agencies[0]);
    say_put(talk, &one, NULL);
    hear_refused(talk, ERR_EXPIRED, "closes_at");
    talk_close(talk);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_LATE]), 1);
    talk = begin(&served->matcher, &cast->hub);
    say_put(talk, &two, NULL); /* of whom? */
    hear_refused(talk, ERR_UNAUTHENTICATED, "certificate");
    say_put(talk, &two, identity_certificate(cast->agencies[0].identity));
    hear_refused(talk, ERR_DENIED, "the certificate of agent agency-1");
    say_put(talk, &two, identity_certificate(cast->agencies[1].identity));
    hear_only(talk, HEARTH__V1__TO_FIGURES__KIND_RECEIPT);
    talk_close(talk);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_TAKEN]), 1);
    signed_bytes_free(&one);
    signed_bytes_free(&two);
    agreement_free(&agreement);
}

/* ---- hubs ---- */

static void a_hub_has_its_own_manifests_only(void **state)
{
    struct served *served = *state;
    struct cast *cast = served->cast;
    struct agreement agreement = served_agree(served);
    const uint8_t *hash = agreement.manifest.hash;
    uint8_t none[HASH_BYTES] = {0};
    struct signed_bytes one =
        served_contribution(&agreement, &cast->agencies[0], "capacity_status", 1);
    served_move_clock(served, 2);
    struct talk *talk = begin(&served->matcher, &cast->other_hub);
    say_put(talk, &one, identity_certificate(cast->agencies[0].identity));
    hear_refused(talk, ERR_DENIED, "of another hub");
    say_offer(talk, hash, "capacity_status");
    hear_refused(talk, ERR_DENIED, "of another hub");
    say_release(talk, hash, "capacity_status", none);
    hear_refused(talk, ERR_DENIED, "of another hub");
    say_offer(talk, none, "capacity_status");
    hear_refused(talk, ERR_NOT_FOUND, "manifest_hash");
    say_propose(talk, &agreement.manifest_raw); /* the other's, word for word */
    Hearth__V1__ToFigures *message = hear(talk, HEARTH__V1__TO_FIGURES__KIND_REFUSED);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    talk_close(talk);
    signed_bytes_free(&one);
    agreement_free(&agreement);
}

static void a_hub_waits_until_the_window_is_over(void **state)
{
    struct served *served = *state;
    struct agreement agreement = served_agree(served);
    uint8_t none[HASH_BYTES] = {0};
    struct talk *talk = begin(&served->matcher, &served->cast->hub);
    say_offer(talk, agreement.manifest.hash, "capacity_status");
    hear_refused(talk, ERR_EXPIRED, "closes_at");
    say_release(talk, agreement.manifest.hash, "capacity_status", none);
    hear_refused(talk, ERR_EXPIRED, "closes_at");
    talk_close(talk);
    served_move_clock(served, 2);
    talk = begin(&served->matcher, &served->cast->hub);
    say_offer(talk, agreement.manifest.hash, "no_such_table");
    hear_refused(talk, ERR_NOT_FOUND, "table");
    say_release(talk, agreement.manifest.hash, "capacity_status", none);
    hear_refused(talk, ERR_INVALID, "set_hash");
    say_release(talk, agreement.manifest.hash, "demand_age", none);
    hear_refused(talk, ERR_NOT_FOUND, "table");
    talk_close(talk);
    assert_int_equal(served_count(&served->matcher, &served->matcher.noted[FIGURES_HALF_OPENED]),
                     0);
    agreement_free(&agreement);
}

static void an_offer_is_ascending_hashes(void **state)
{
    struct served *served = *state;
    struct agreement agreement = served_agree(served);
    uint8_t hashes[2][HASH_BYTES] = {{2}, {1}};
    ProtobufCBinaryData list[] = {wire_data(hashes[0], HASH_BYTES),
                                  wire_data(hashes[1], HASH_BYTES)};
    Hearth__V1__FiguresOffer offer = HEARTH__V1__FIGURES_OFFER__INIT;
    served_move_clock(served, 2);
    struct talk *talk = begin(&served->matcher, &served->cast->hub);
    offer.manifest_hash = wire_data(agreement.manifest.hash, HASH_BYTES);
    offer.table = (char *)(uintptr_t) "capacity_status";
    offer.contributions = list;
    offer.n_contributions = 2;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_OFFER, &offer);
    hear_refused(talk, ERR_INVALID, "contributions");
    list[0].len = 31;
    offer.n_contributions = 1;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_OFFER, &offer);
    hear_refused(talk, ERR_INVALID, "contributions");
    list[0].len = HASH_BYTES;
    say(talk, HEARTH__V1__FROM_FIGURES__KIND_OFFER, &offer);
    Hearth__V1__ToFigures *message = hear(talk, HEARTH__V1__TO_FIGURES__KIND_MISSING);
    assert_int_equal(message->missing->n_contributions, 1);
    assert_memory_equal(message->missing->contributions[0].data, hashes[0], HASH_BYTES);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    talk_close(talk);
    agreement_free(&agreement);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, served_make, served_free)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(only_their_roles_are_let_in),
        SERVED(roles_do_not_do_what_others_may),
        SERVED(order_is_kept),
        SERVED(bytes_that_are_no_message),
        SERVED(silence_is_not_waited_for),
        SERVED(a_hello_is_checked_against_the_connection),
        SERVED(who_is_revoked_is_let_go),
        SERVED(an_agency_that_left_the_directory_is_let_go),
        SERVED(streams_are_few),
        SERVED(queues_are_bounded),
        SERVED(refusals_are_counted),
        SERVED(a_server_that_stops_says_so),
        SERVED(nothing_is_taken_that_cannot_be_noted),
        SERVED(lists_are_for_the_enrolled),
        SERVED(old_manifests_are_not_listed),
        SERVED(contributions_are_ones_own),
        SERVED(the_same_again_is_taken_once),
        SERVED(late_ones_are_refused_and_passed_on_ones_taken),
        SERVED(a_hub_has_its_own_manifests_only),
        SERVED(a_hub_waits_until_the_window_is_over),
        SERVED(an_offer_is_ascending_hashes),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
