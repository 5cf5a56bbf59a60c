/* SPDX-License-Identifier: Apache-2.0
 * How a call is refused: told to the peer, logged, and written to the audit log, within bounds.
 */
#include "matcher/matcher.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

void matcher_audit_noise(struct matcher *matcher, const struct rpc_stream *stream,
                         enum audit_kind kind, struct buf *fields)
{
    bool last = false;
    if (!noise_admit(matcher->noise, rpc_stream_peer_role(stream), rpc_stream_peer_id(stream),
                     clock_steady_ms(), &last)) {
        buf_free(fields);
        return;
    }
    if (last) audit_text(fields, "further", "not recorded within this hour");
    audit_add(matcher->audit, kind, fields);
}

void matcher_note_refusal(struct matcher *matcher, const struct rpc_stream *stream,
                          const char *call, const uint8_t *hash, const struct err *err)
{
    const char *status = rpc_status_name(rpc_status_of(err->code));
    const char *role = role_name(rpc_stream_peer_role(stream));
    char hex[2 * HASH_BYTES + 1] = "-";
    struct buf fields = {0};
    audit_text(&fields, "call", call);
    audit_text(&fields, "role", role);
    audit_text(&fields, "peer", rpc_stream_peer_id(stream));
    audit_text(&fields, "address", rpc_stream_peer_address(stream));
    if (hash) audit_bytes(&fields, "query", hash, HASH_BYTES);
    audit_text(&fields, "status", status);
    audit_text(&fields, "field", err->field);
    audit_text(&fields, "reason", err->text);
    matcher_audit_noise(matcher, stream, AUDIT_REFUSED, &fields);
    measure_refusal(matcher, call, err);
    log_warn("refused", "call=%s role=%s peer=%s query=%s status=%s field=%s reason=\"%s\"", call,
             role, rpc_stream_peer_id(stream), hash ? text_hex(hash, HASH_BYTES, hex) : hex, status,
             err->field, err->text);
}

void matcher_refuse(struct matcher *matcher, struct rpc_stream *stream, const char *call,
                    const uint8_t *hash, const struct err *err)
{
    matcher_note_refusal(matcher, stream, call, hash, err);
    rpc_stream_fail(stream, err);
}
