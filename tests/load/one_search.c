/* SPDX-License-Identifier: Apache-2.0
 * One search by the real protocol, as a thread of the LAs' process runs it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/pack.h"
#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/domain/catalogue.h"
#include "proto/domain/request.h"
#include "proto/rpc/inbox.h"
#include "tests/load/load.h"

/* All that the matcher may take: its own queue, the agents' deadline, a busy machine. */
enum { MESSAGE_MS = 300000 };

struct course {
    struct la_line *line;
    struct search_figures *figures;
    struct inbox *inbox;
    struct rpc_stream *stream;
    struct certificate matcher;
    struct point key;
    struct scalar a;
    uint8_t hash[HASH_BYTES], seed[SEED_BYTES];
    uint8_t shares[LOAD_ITEMS * POINT_BYTES];
};

static bool fail(struct course *course, enum rpc_status status, const char *why)
{
    course->figures->status = status;
    (void)snprintf(course->figures->detail, sizeof course->figures->detail, "%s", why);
    return false;
}

static Hearth__V1__ToLa *receive(struct course *course)
{
    struct buf bytes = {0};
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX] = "";
    switch (inbox_wait(course->inbox, MESSAGE_MS, &bytes, &status, detail)) {
    case INBOX_MESSAGE: break;
    case INBOX_CLOSED:
        course->figures->retry_ms = inbox_retry_ms(course->inbox);
        (void)fail(course, status == RPC_OK ? RPC_UNKNOWN : status, detail);
        return NULL;
    case INBOX_TIMEOUT: (void)fail(course, RPC_DEADLINE_EXCEEDED, "no message"); return NULL;
    }
    Hearth__V1__ToLa *message = unpack_to_la(bytes.data, bytes.len);
    buf_free(&bytes);
    if (!message) (void)fail(course, RPC_INTERNAL, "a malformed message");
    return message;
}

static Hearth__V1__ToLa *receive_kind(struct course *course, Hearth__V1__ToLa__KindCase kind)
{
    Hearth__V1__ToLa *message = receive(course);
    if (message && message->kind_case != kind) {
        hearth__v1__to_la__free_unpacked(message, NULL);
        (void)fail(course, RPC_INTERNAL, "a message out of order");
        return NULL;
    }
    return message;
}

static bool send_packed(struct course *course, struct buf *bytes)
{
    bool sent = rpc_stream_send_bytes(course->stream, bytes->data, bytes->len);
    buf_free(bytes);
    return sent; /* if not, the stream's end says why */
}

static bool greet(struct course *course, struct epoch_record *epoch)
{
    struct buf hello = {0};
    struct err err = {0};
    pack_hello(identity_certificate(course->line->party.identity), CATALOGUE_VERSION, &hello);
    (void)send_packed(course, &hello);
    Hearth__V1__ToLa *message = receive_kind(course, HEARTH__V1__TO_LA__KIND_WELCOME);
    if (!message) return false;
    const ProtobufCBinaryData *record = &message->welcome->epoch->body;
    bool ok = certificate_of_message(message->welcome->certificate, &course->matcher, &err) &&
              epoch_decode(record->data, record->len, epoch, &err);
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok || fail(course, RPC_INTERNAL, err.text);
}

/* One criterion that must be and none that should, over the first quadrants. */
static void make_query(struct course *course, const struct epoch_record *epoch,
                       struct signed_bytes *query)
{
    uint16_t footprint[FOOTPRINT_MAX];
    uint8_t query_id[QUERY_ID_BYTES];
    unsigned quadrants = course->line->plan->quadrants;
    struct blind_layout layout = catalogue_layout(catalogue_get(CATALOGUE_VERSION), quadrants);
    int16_t *values = mem_array(blind_layout_count(&layout), sizeof *values);
    int64_t now_ms = clock_wall_ms();
    for (unsigned i = 0; i < quadrants; i++) footprint[i] = (uint16_t)i;
    values[blind_position_hard(&layout, 0)] = 1;
    values[blind_position_gate(&layout)] = -1;
    randombytes_buf(course->seed, sizeof course->seed);
    randombytes_buf(query_id, sizeof query_id);
    const struct query_plain plain = {
        .catalogue = CATALOGUE_VERSION,
        .la = identity_certificate(course->line->party.identity)->organisation,
        .query_id = query_id,
        .issued_at = now_ms,
        .expires_at = now_ms + QUERY_LIFETIME_MS,
        .footprint = footprint,
        .footprint_count = quadrants,
        .layout = layout,
        .values = values,
    };
    query_make(&plain, epoch, course->seed, &course->a, &query->body);
    point_mul_base(&course->key, &course->a);
    free(values);
    query_hash(course->hash, query->body.data, query->body.len);
    identity_sign_body(course->line->party.identity, TAG_QUERY, query);
}

static bool ask(struct course *course, const struct epoch_record *epoch)
{
    struct signed_bytes query = {0}, options = {0};
    struct search_options plain = {0};
    struct buf bytes = {0};
    make_query(course, epoch, &query);
    memcpy(plain.query_hash, course->hash, HASH_BYTES);
    randombytes_buf(plain.search_tag, sizeof plain.search_tag);
    search_options_encode(&plain, &options.body);
    identity_sign_body(course->line->party.identity, TAG_OPTIONS, &options);
    pack_query(&query, &options, NULL, &bytes);
    (void)send_packed(course, &bytes);
    signed_bytes_free(&query);
    signed_bytes_free(&options);
    prepared_shares(course->line->prepared, &course->key, course->shares);
    Hearth__V1__ToLa *message = receive_kind(course, HEARTH__V1__TO_LA__KIND_ACCEPTED);
    if (!message) return false;
    course->figures->asked = message->accepted->asked;
    course->figures->accepted_ms = clock_steady_ms();
    hearth__v1__to_la__free_unpacked(message, NULL);
    return true;
}

static bool share(struct course *course, const Hearth__V1__SearchReply *message)
{
    struct reply reply;
    struct err err = {0};
    struct buf bytes = {0};
    if (!reply_decode(message->reply->body.data, message->reply->body.len, &reply, &err)) {
        return fail(course, RPC_INTERNAL, err.text);
    }
    pack_shares(reply.agent, course->shares, sizeof course->shares, &bytes);
    (void)send_packed(course, &bytes);
    return true;
}

/* Every reply holds the same points; the proof is over all of them nevertheless. */
static void prove(struct course *course, const Hearth__V1__SearchClose *close)
{
    size_t count = close->n_agents, items = count * LOAD_ITEMS;
    struct shares_proof proof = {.agents = mem_array(count, ID_MAX + 1), .agent_count = count};
    struct point *points = mem_array(items, sizeof *points);
    uint8_t *c1 = mem_array(items, POINT_BYTES), *shares = mem_array(items, POINT_BYTES);
    for (size_t i = 0; i < count; i++) {
        const struct prepared *prepared = course->line->prepared;
        (void)snprintf(proof.agents[i], ID_MAX + 1, "%s", close->agents[i]);
        memcpy(points + i * LOAD_ITEMS, prepared->points, sizeof prepared->points);
        memcpy(c1 + i * sizeof prepared->c1, prepared->c1, sizeof prepared->c1);
        memcpy(shares + i * sizeof course->shares, course->shares, sizeof course->shares);
    }
    proof_shares_make(proof.proof, course->hash, HASH_BYTES, &course->a, c1, shares, points, items,
                      course->seed, NULL);
    struct buf body = {0}, bytes = {0};
    uint8_t signature[SIGNATURE_BYTES];
    shares_proof_encode(&proof, &body);
    identity_sign(course->line->party.identity, TAG_SHARES_PROOF, body.data, body.len, signature);
    pack_shares_proof(&body, signature, &bytes);
    (void)send_packed(course, &bytes);
    buf_free(&body);
    free(shares);
    free(c1);
    free(points);
    shares_proof_free(&proof);
}

static bool share_all(struct course *course)
{
    for (;;) {
        Hearth__V1__ToLa *message = receive(course);
        bool ok = message != NULL, closed = false;
        if (message && message->kind_case == HEARTH__V1__TO_LA__KIND_REPLY) {
            ok = share(course, message->reply);
        } else if (message && message->kind_case == HEARTH__V1__TO_LA__KIND_CLOSE) {
            course->figures->closed_ms = clock_steady_ms();
            prove(course, message->close);
            closed = true;
        } else if (message) {
            ok = fail(course, RPC_INTERNAL, "a message out of order");
        }
        if (message) hearth__v1__to_la__free_unpacked(message, NULL);
        if (!ok || closed) return ok;
    }
}

/* All who answered have somebody: the list is as long as it may be. */
static bool check_result(struct course *course, const Hearth__V1__Signed *body)
{
    struct search_figures *figures = course->figures;
    struct result result;
    struct err err = {0};
    if (!certificate_verify(&course->matcher, TAG_RESULT, body->body.data, body->body.len,
                            body->signature.data, body->signature.len, &err) ||
        !result_decode(body->body.data, body->body.len, &result, &err)) {
        return fail(course, RPC_INTERNAL, err.text);
    }
    figures->answered = result.answered;
    figures->listed = (uint32_t)result.agency_count;
    uint32_t wanted = result.answered < RESULT_AGENCIES_MAX ? result.answered : RESULT_AGENCIES_MAX;
    bool right = result.agency_count == wanted && result.more == (result.answered > wanted) &&
                 memcmp(result.query_hash, course->hash, HASH_BYTES) == 0;
    return right || fail(course, RPC_INTERNAL, "the result is not what the agencies answered");
}

static bool conclude(struct course *course)
{
    Hearth__V1__ToLa *message = receive_kind(course, HEARTH__V1__TO_LA__KIND_RESULT);
    if (!message) return false;
    bool ok = check_result(course, message->result);
    hearth__v1__to_la__free_unpacked(message, NULL);
    return ok;
}

static void close_course(struct course *course)
{
    enum rpc_status status = RPC_OK;
    char detail[ERR_TEXT_MAX];
    struct buf bytes = {0};
    rpc_stream_finish(course->stream, RPC_OK, "");
    rpc_stream_cancel(course->stream, RPC_CANCELLED, "the LA is done");
    while (inbox_wait(course->inbox, MESSAGE_MS, &bytes, &status, detail) != INBOX_CLOSED) {
        buf_free(&bytes);
    }
    rpc_stream_unref(course->stream);
    inbox_free(course->inbox);
    certificate_free(&course->matcher);
}

void one_search(struct la_line *line, struct search_figures *out)
{
    struct course course = {.line = line, .figures = out, .inbox = inbox_new()};
    struct epoch_record epoch;
    *out = (struct search_figures){.began_ms = clock_steady_ms()};
    course.stream = rpc_channel_call(line->channel, METHOD_SEARCH, 0, inbox_events(), course.inbox);
    (void)(greet(&course, &epoch) && ask(&course, &epoch) && share_all(&course) &&
           conclude(&course));
    out->ended_ms = clock_steady_ms();
    close_course(&course);
}
