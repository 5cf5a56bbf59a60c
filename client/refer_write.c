/* SPDX-License-Identifier: Apache-2.0
 * What is told, and the messages.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "client/refer.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
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

/* ---- files ---- */

static bool attach_file(struct content *content, const char *path, struct err *err)
{
    struct buf data = {0};
    const char *slash = strrchr(path, '/');
    bool ok = file_read(path, ATTACHMENTS_BYTES_MAX, &data, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "attachments");
    } else {
        ok = content_attach(content, slash ? slash + 1 : path, data.data, data.len, err);
    }
    buf_wipe(&data);
    return ok;
}

bool content_read_files(struct content *content, const char *text_path, const char *const *attach,
                        size_t attach_count, struct err *err)
{
    struct buf text = {0};
    bool ok = !text_path || file_read(text_path, 2 * CONTENT_TEXT_MAX, &text, err);
    if (!ok) {
        err->code = ERR_INVALID;
        (void)err_in(err, "text");
    }
    ok = ok && (!text_path || content_set_text(content, text.data, text.len, err));
    buf_wipe(&text);
    if (ok && text_path && !content->text) {
        ok = err_set(err, ERR_INVALID, "text", "%s is empty", text_path);
    }
    for (size_t i = 0; ok && i < attach_count; i++) ok = attach_file(content, attach[i], err);
    return ok;
}

/* ---- the messages ---- */

/* A further stage belongs to the thread that is there, unless that is over, or the last message in
 * it was refused: perhaps the matcher does not know it any more. */
static void address(const struct referring *referring, const struct threads *threads,
                    const struct decided_agency *agency, struct mail *mail)
{
    const struct thread *thread = threads_with(threads, referring->search.name, agency->id);
    bool goes_on = thread && !thread_is_closed(thread->state) && !thread->refusal[0];
    *mail = (struct mail){.sent_at = clock_wall_ms()};
    memcpy(mail->mail_id, agency->mail_id, MAIL_ID_BYTES);
    memcpy(mail->thread_id, goes_on ? thread->id : agency->mail_id, MAIL_ID_BYTES);
}

static bool write_one(struct desk *desk, const struct referring *referring,
                      const struct threads *threads, size_t i,
                      const struct certificate *certificate, const struct buf *encoded,
                      struct err *err)
{
    struct entry entry = {0};
    struct signed_bytes mail = {0};
    address(referring, threads, &referring->decision.chosen[i], &entry.mail);
    memcpy(entry.peer_name, certificate->name, sizeof entry.peer_name);
    memcpy(entry.query_hash, referring->run.head.query_hash, HASH_BYTES);
    bool ok = mail_write(&entry.mail, desk->la.identity, certificate, encoded, &mail, err) &&
              correspondence_put(desk->correspondence, &entry, &referring->content, &mail, err);
    signed_bytes_free(&mail);
    return ok;
}

static bool write_all(struct desk *desk, struct referring *referring, const struct threads *threads,
                      const struct certificate *certificates, struct err *err)
{
    struct buf encoded = {0};
    struct decision *decision = &referring->decision;
    decision->at_ms = clock_wall_ms();
    bool ok = records_add_decision(desk->records, referring->search.name, decision, err);
    content_encode(&referring->content, &encoded);
    for (size_t i = 0; ok && i < decision->chosen_count; i++) {
        ok = write_one(desk, referring, threads, i, &certificates[i], &encoded, err);
    }
    buf_wipe(&encoded);
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
