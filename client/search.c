/* SPDX-License-Identifier: Apache-2.0 */
#include "client/search.h"

#include "proto/base/clock.h"

bool search_open(const struct la *la, struct search_session *out, struct err *err)
{
    const struct rpc_channel_config config = {.target = la->matcher_address,
                                              .server_id = la->matcher_id,
                                              .message_max = REPLY_MAX,
                                              .queue_max = AGENTS_MAX + 8};
    *out = (struct search_session){.parts.la = la};
    if (!rpc_channel_open(&config, la->identity, la->trust, &out->parts.channel, err)) return false;
    out->parts.pool = pool_start(0);
    return true;
}

void search_close(struct search_session *session)
{
    rpc_channel_close(session->parts.channel);
    pool_stop(session->parts.pool);
}

static bool compose_checked(const struct conversation *conversation,
                            const struct conversation_parts *parts, const struct request *request,
                            const struct epoch_record *epoch, struct composed *out, struct err *err)
{
    const struct catalogue *catalogue = conversation_catalogue(conversation);
    bool by_matcher = catalogue->version < parts->la->catalogue->version;
    return added_none(request, catalogue, by_matcher ? "the matcher" : "this client", err) &&
           compose_query(parts->la, request, catalogue, epoch, parts->pool, out, err);
}

/* The network's own words do not say whose address it is. */
static bool greet(struct conversation *conversation, const struct la *la,
                  struct epoch_record *epoch, struct err *err)
{
    if (conversation_greet(conversation, epoch, err)) return true;
    struct err why = *err;
    if (why.code != ERR_UNAVAILABLE) return false;
    return err_set(err, why.code, why.field, "the matcher at %s gives no answer: %s",
                   la->matcher_address, why.text);
}

static bool tell_asking(const struct search_session *session,
                        const struct conversation *conversation, const struct composed *composed,
                        struct err *err)
{
    const struct search_keeper *keeper = session->keeper;
    if (!keeper) return true;
    const struct asked_query query = {.composed = composed,
                                      .matcher_certificate = conversation_matcher(conversation),
                                      .epoch = conversation_epoch(conversation)};
    return keeper->asking(&query, 1, keeper->ctx, err);
}

static void tell_ended(const struct search_session *session,
                       const struct conversation *conversation, const struct composed *composed,
                       bool ok, const struct err *err)
{
    const struct search_keeper *keeper = session->keeper;
    if (!keeper) return;
    keeper->ended(composed->query_hash, ok ? conversation_result(conversation) : NULL, err,
                  keeper->ctx);
}

bool search_ask(struct search_session *session, const struct request *request,
                search_progress_fn progress, void *progress_ctx, struct search_outcome *out,
                struct err *err)
{
    const struct conversation_parts *parts = &session->parts;
    struct composed composed = {0};
    int64_t start = clock_steady_ms();
    struct conversation *conversation = conversation_open(parts);
    bool ok = greet(conversation, parts->la, &session->epoch, err) &&
              compose_checked(conversation, parts, request, &session->epoch, &composed, err) &&
              tell_asking(session, conversation, &composed, err);
    out->sent = ok;
    ok = ok && conversation_ask(conversation, &composed, err) &&
         conversation_share(conversation, progress, progress_ctx, err) &&
         conversation_conclude(conversation, &out->result, err);
    if (out->sent) tell_ended(session, conversation, &composed, ok, err);
    out->elapsed_ms = clock_steady_ms() - start;
    if (ok) {
        session->catalogue = conversation_catalogue(conversation);
        out->catalogue = conversation_catalogue(conversation)->version;
        added_from(request, catalogue_first_added(conversation_catalogue(conversation)),
                   &out->added);
    }
    conversation_close(conversation);
    composed_free(&composed);
    return ok;
}

bool search_run(const struct la *la, const struct request *request, search_progress_fn progress,
                void *progress_ctx, struct search_outcome *out, struct err *err)
{
    struct search_session session;
    if (!search_open(la, &session, err)) return false;
    bool ok = search_ask(&session, request, progress, progress_ctx, out, err);
    search_close(&session);
    return ok;
}
