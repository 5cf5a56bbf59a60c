/* SPDX-License-Identifier: Apache-2.0
 * What is told, and the messages.
 */
#include <string.h>

#include "client/refer.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"

/* ---- what is left out ---- */

static void leave_out(struct referring *referring, char *what)
{
    REQUIRE(referring->left_out_count < LEFT_OUT_MAX);
    referring->left_out[referring->left_out_count++] = what;
}

static void leave_out_places(struct referring *referring, const char *what,
                             const struct anchor *places, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct anchor *place = &places[i];
        leave_out(referring, place->name[0]
                                 ? mem_format("%s %zu, \"%s\": its name, where it is, %d km", what,
                                              i + 1, place->name, (int)place->within_km)
                                 : mem_format("%s %zu: where it is, %d km", what, i + 1,
                                              (int)place->within_km));
    }
}

static void leave_out_of_profile(struct referring *referring)
{
    const struct request *request = &referring->request;
    leave_out(referring, mem_format("the search reference, %s", request->search_ref));
    leave_out_places(referring, "anchor", request->anchors, request->anchor_count);
    leave_out_places(referring, "place to avoid", request->avoid, request->avoid_count);
    if (request->has_area) leave_out(referring, mem_string("the outline of the area"));
    if (referring->plan.quadrant_count > 0) {
        leave_out(referring, mem_string("which cells of 5 km are acceptable, and the points of "
                                        "each: only their quadrants of 50 km are told"));
    }
}

void refer_tell(struct referring *referring, enum referral_stage stage)
{
    struct content *content = &referring->content;
    REQUIRE(!content->referral && referring->left_out_count == 0);
    content->kind = CONTENT_REFERRAL;
    memcpy(content->query_hash, referring->run.head.query_hash, HASH_BYTES);
    content->referral = mem_new(struct referral);
    referral_make(&referring->request, &referring->plan, stage, content->referral);
    if (stage == STAGE_PROFILE) {
        REQUIRE(!content->text && content->attachment_count == 0);
        leave_out_of_profile(referring);
    } else {
        leave_out(referring, mem_format("the search reference, %s", referring->request.search_ref));
    }
}

/* ---- the messages ---- */

/* A further stage belongs to the thread that is there, unless that is over, or the last message in
 * it was refused: perhaps the matcher does not know it any more. */
static void address(const struct referring *referring, const struct threads *threads,
                    const struct decided_agency *agency, struct mail *mail)
{
    const struct thread *thread = threads_with(threads, referring->search.name, agency->id);
    bool goes_on = thread && !thread_is_closed(thread->state) && !thread->refusal[0];
    memcpy(mail->mail_id, agency->mail_id, MAIL_ID_BYTES);
    memcpy(mail->thread_id, goes_on ? thread->id : agency->mail_id, MAIL_ID_BYTES);
}

static bool write_one(struct desk *desk, const struct referring *referring,
                      const struct threads *threads, size_t i,
                      const struct certificate *certificate, struct err *err)
{
    struct entry entry = {0};
    address(referring, threads, &referring->decision.chosen[i], &entry.mail);
    return correspondence_write(desk->correspondence, desk->la.identity, certificate,
                                &referring->content, &entry, err);
}

static bool write_all(struct desk *desk, struct referring *referring, const struct threads *threads,
                      const struct certificate *certificates, struct err *err)
{
    struct decision *decision = &referring->decision;
    decision->at_ms = clock_wall_ms();
    bool ok = records_add_decision(desk->records, referring->search.name, decision, err);
    for (size_t i = 0; ok && i < decision->chosen_count; i++) {
        ok = write_one(desk, referring, threads, i, &certificates[i], err);
    }
    return ok;
}

bool refer_write(struct desk *desk, struct referring *referring, const struct threads *threads,
                 struct err *err)
{
    const struct decision *decision = &referring->decision;
    struct certificate certificates[RESULT_AGENCIES_MAX] = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < decision->chosen_count; i++) {
        ok = exchange_party(desk->exchange, ROLE_AGENT, decision->chosen[i].id, &certificates[i],
                            err);
    }
    ok = ok && write_all(desk, referring, threads, certificates, err);
    for (size_t i = 0; i < decision->chosen_count; i++) certificate_free(&certificates[i]);
    return ok;
}
