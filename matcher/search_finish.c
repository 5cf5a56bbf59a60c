/* SPDX-License-Identifier: Apache-2.0
 * The end of a search: close, the LA's proof of all shares, ranking, the audit log, the signed
 * result and the agents' receipts. No score is looked at before the proof was checked.
 */
#include <stdlib.h>
#include <string.h>

#include "matcher/budget.h"
#include "matcher/rank.h"
#include "matcher/search_internal.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/domain/request.h"

/* ---- close ---- */

static void send_close(struct search *search)
{
    char **agents = mem_array(search->order_count, sizeof *agents);
    for (size_t i = 0; i < search->order_count; i++) {
        agents[i] = search->asked[search->order[i]].agent->id;
    }
    Hearth__V1__SearchClose body = HEARTH__V1__SEARCH_CLOSE__INIT;
    body.n_agents = search->order_count;
    body.agents = agents;
    body.answered = search_count_state(search, ASKED_OPENED);
    body.declined = search_count_state(search, ASKED_DECLINED);
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_CLOSE;
    message.close = &body;
    (void)envelope_send_la(search->stream, &message);
    free(agents);
}

/* What this side has to do itself is nobody's lateness: a reply that came in time is checked, and
 * opened, however long that takes a busy machine. */
static bool is_busy(const struct search *search, int64_t now_ms)
{
    if (search_count_state(search, ASKED_OPENING) > 0) return true;
    if (now_ms < search->deadline_ms && search_count_state(search, ASKED_WAITING) > 0) return true;
    if (now_ms >= search->deadline_ms + SHARES_LAST_MS) return false;
    return search_count_state(search, ASKED_CHECKING) > 0 ||
           (now_ms < search->grace_ms && search_count_state(search, ASKED_RELAYED) > 0);
}

void search_check_close(struct search *search)
{
    if (search->phase != PHASE_COLLECTING) return;
    int64_t now_ms = clock_steady_ms();
    if (is_busy(search, now_ms)) return;
    send_close(search);
    search_measure_answers(search);
    search_set_phase(search, PHASE_CLOSING);
}

/* ---- proof and ranking, on the pool ---- */

struct finish_job {
    struct search *search;
    Hearth__V1__FromLa *message;
    struct agent **agents; /* in the order of the proof, with references */
    struct blind_opened **opened;
    size_t count;
    struct result result;
    struct buf body; /* of the result */
};

static bool check_proof(struct finish_job *job, struct err *err)
{
    const struct search *search = job->search;
    const Hearth__V1__Signed *message = job->message->shares_proof;
    struct shares_proof proof = {0};
    bool ok =
        certificate_verify(&search->la, TAG_SHARES_PROOF, message->body.data, message->body.len,
                           message->signature.data, message->signature.len, err) &&
        shares_proof_decode(message->body.data, message->body.len, &proof, err);
    if (!ok) return false;
    ok = proof.agent_count == job->count;
    for (size_t i = 0; ok && i < job->count; i++) {
        ok = strcmp(proof.agents[i], job->agents[i]->id) == 0;
    }
    if (!ok) {
        (void)err_set(err, ERR_INVALID, "agents", "not those of the close, in its order");
    } else if (job->count > 0) {
        ok = blind_opened_check(job->opened, job->count, &search->query_key, search->hash,
                                proof.proof, search->matcher->pool, err);
    }
    shares_proof_free(&proof);
    return ok;
}

static void count_bands(const struct blind_opened *opened, struct rank_input *input)
{
    uint32_t count = blind_opened_count(opened);
    for (uint32_t i = 0; i < count; i++) {
        enum band band = score_band(blind_opened_score(opened, i));
        if (band != BAND_NONE) input->counts[band]++;
    }
}

static void rank(struct finish_job *job)
{
    const struct search *search = job->search;
    struct rank_input *inputs = mem_array(job->count, sizeof *inputs);
    struct reliability *reliability = answering_now(search->matcher->answering);
    size_t used = 0;
    for (size_t i = 0; i < job->count; i++) {
        const struct agency *agency = directory_find(search->directory, job->agents[i]->id);
        if (!agency) continue; /* it has left the directory since it attached */
        inputs[used] = (struct rank_input){.agency = agency,
                                           .reliability = reliability_of(reliability, agency->id)};
        count_bands(job->opened[i], &inputs[used++]);
    }
    if (search->is_member) {
        job->result.choice = choice_of(rank_count(inputs, used, &search->options));
    } else {
        rank_agencies(inputs, used, &search->options, search->epoch->tie_seed.data, search->hash,
                      &job->result);
    }
    reliability_unref(reliability);
    sodium_memzero(inputs, job->count * sizeof *inputs);
    free(inputs);
}

static void free_opened(struct finish_job *job)
{
    for (size_t i = 0; job->opened && i < job->count; i++) blind_opened_free(job->opened[i]);
    free(job->opened);
    job->opened = NULL;
}

static void free_job(struct finish_job *job)
{
    free_opened(job);
    for (size_t i = 0; i < job->count; i++) agent_unref(job->agents[i]);
    free(job->agents);
    buf_free(&job->body);
    if (job->message) hearth__v1__from_la__free_unpacked(job->message, NULL);
    search_unref(job->search);
    free(job);
}

/* ---- the log, on its own thread ---- */

static void build_entry(struct buf *fields, const struct log_head *before, void *ctx)
{
    struct finish_job *job = ctx;
    struct result *result = &job->result;
    uint8_t hash[HASH_BYTES];
    memcpy(result->log_head, before->hash, HASH_BYTES);
    result->log_length = before->length;
    result_encode(result, &job->body);
    hash_once(hash, TAG_RESULT, job->body.data, job->body.len);
    audit_bytes(fields, "query", result->query_hash, HASH_BYTES);
    audit_text(fields, "la", job->search->la.organisation);
    audit_number(fields, "answered", result->answered);
    audit_number(fields, "declined", result->declined);
    if (job->search->is_member) {
        audit_bytes(fields, "group", job->search->group_hash, HASH_BYTES);
        audit_number(fields, "choice", result->choice);
    } else {
        audit_number(fields, "agencies", result->agency_count);
    }
    audit_bytes(fields, "result", hash, HASH_BYTES);
}

/* Results with no agency and with as many as are listed have one size, unless names are very long:
 * on the network it would tell how many qualified. */
enum { RESULT_STEP = 8192 };

static void send_result(struct finish_job *job)
{
    struct search *search = job->search;
    uint8_t signature[SIGNATURE_BYTES];
    identity_sign(search->matcher->identity, TAG_RESULT, job->body.data, job->body.len, signature);
    Hearth__V1__Signed body = signed_message(job->body.data, job->body.len, signature);
    Hearth__V1__ToLa message = HEARTH__V1__TO_LA__INIT;
    message.kind_case = HEARTH__V1__TO_LA__KIND_RESULT;
    message.result = &body;
    struct buf packed = {0};
    wire_pack(&message.base, &packed);
    wire_pad(&packed,
             (packed.len + WIRE_PADDING_LEAST + RESULT_STEP - 1) / RESULT_STEP * RESULT_STEP);
    (void)rpc_stream_send_bytes(search->stream, packed.data, packed.len);
    buf_free(&packed);
}

static void send_receipt(const struct finish_job *job, struct agent *agent,
                         const struct log_head *head)
{
    const struct search *search = job->search;
    struct receipt receipt = {.log_length = head->length};
    memcpy(receipt.query_hash, search->hash, HASH_BYTES);
    memcpy(receipt.log_head, head->hash, HASH_BYTES);
    memcpy(receipt.agent, agent->id, sizeof receipt.agent);
    struct buf body = {0};
    uint8_t signature[SIGNATURE_BYTES];
    receipt_encode(&receipt, &body);
    identity_sign(search->matcher->identity, TAG_RECEIPT, body.data, body.len, signature);
    Hearth__V1__Signed sealed = signed_message(body.data, body.len, signature);
    Hearth__V1__ToAgent message = HEARTH__V1__TO_AGENT__INIT;
    message.kind_case = HEARTH__V1__TO_AGENT__KIND_RECEIPT;
    message.receipt = &sealed;
    (void)envelope_send_agent(agent->stream, &message);
    buf_free(&body);
}

static void log_result(const struct finish_job *job)
{
    const struct result *result = &job->result;
    char hash[2 * HASH_BYTES + 1];
    log_info("result", "query=%s la=%s asked=%u answered=%u declined=%u agencies=%zu ms=%lld",
             text_hex(result->query_hash, HASH_BYTES, hash), job->search->la.organisation,
             result->asked, result->answered, result->declined, result->agency_count,
             (long long)(clock_steady_ms() - job->search->started_ms));
}

static void after_entry(bool ok, const struct log_head *after, void *ctx)
{
    struct finish_job *job = ctx;
    struct search *search = job->search;
    struct err err;
    (void)pthread_mutex_lock(&search->mutex);
    if (search->phase == PHASE_VERIFYING && !ok) {
        (void)err_set(&err, ERR_INTERNAL, NULL, "the audit log cannot be written");
        search_end(search, &err, false);
    } else if (search->phase == PHASE_VERIFYING) {
        send_result(job);
        log_result(job);
        search_end(search, NULL, false);
    }
    (void)pthread_mutex_unlock(&search->mutex);
    for (size_t i = 0; ok && i < job->count; i++) send_receipt(job, job->agents[i], after);
    free_job(job);
}

/* As it stands now: other searches of the LA may have used it meanwhile. */
static bool tell_budget(struct finish_job *job, struct err *err)
{
    const struct search *search = job->search;
    struct result *result = &job->result;
    int64_t now_ms = clock_wall_ms();
    result->budget_limit = search->matcher->config.budget;
    result->budget_renews_at = budget_renewal(now_ms);
    return budget_used(search->matcher->store, search->la.organisation, now_ms,
                       &result->budget_used, err);
}

static void run_finish_job(void *ctx)
{
    struct finish_job *job = ctx;
    struct search *search = job->search;
    struct err err = {0};
    bool proven = check_proof(job, &err);
    if (proven) rank(job);
    bool ok = proven && tell_budget(job, &err);
    free_opened(job);
    (void)pthread_mutex_lock(&search->mutex);
    if (!ok) search_end(search, &err, !proven);
    bool wanted = search->phase == PHASE_VERIFYING;
    (void)pthread_mutex_unlock(&search->mutex);
    if (!wanted) {
        free_job(job);
        return;
    }
    audit_ask(search->matcher->audit,
              &(struct audit_request){
                  .kind = AUDIT_RESULT, .build = build_entry, .done = after_entry, .ctx = job});
}

/* Those whose carers cannot hold the criteria that the query's catalogue has added. */
static uint32_t count_older(const struct search *search)
{
    uint32_t count = 0;
    for (size_t i = 0; i < search->asked_count; i++) {
        const struct asked *asked = &search->asked[i];
        if (asked->state == ASKED_OPENED && asked->agent->catalogue < search->catalogue) count++;
    }
    return count;
}

void search_on_shares_proof(struct search *search, Hearth__V1__FromLa *message)
{
    struct finish_job *job = mem_new(struct finish_job);
    job->search = search_ref(search);
    job->message = message;
    job->count = search->order_count;
    job->agents = mem_array(job->count, sizeof(struct agent *));
    job->opened = mem_array(job->count, sizeof(struct blind_opened *));
    for (size_t i = 0; i < job->count; i++) {
        struct asked *asked = &search->asked[search->order[i]];
        job->agents[i] = agent_ref(asked->agent);
        job->opened[i] = asked->opened; /* taken over */
        asked->opened = NULL;
    }
    memcpy(job->result.query_hash, search->hash, HASH_BYTES);
    job->result.older = count_older(search);
    job->result.run = search->run;
    job->result.asked = (uint32_t)search->asked_count;
    job->result.answered = search_count_state(search, ASKED_OPENED);
    job->result.declined = search_count_state(search, ASKED_DECLINED);
    search_set_phase(search, PHASE_VERIFYING);
    search_run_job(search, run_finish_job, job);
}
