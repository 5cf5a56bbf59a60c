/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/peer.h"

#include <string.h>

#include "keys/signed.h"
#include "proto/base/clock.h"
#include "proto/crypto/wire.h"

bool peer_send(struct rpc_stream *stream, const ProtobufCMessage *message)
{
    struct buf bytes = {0};
    wire_pack(message, &bytes);
    bool sent = rpc_stream_send_bytes(stream, bytes.data, bytes.len);
    buf_free(&bytes);
    return sent;
}

bool peer_check_role(const struct rpc_stream *stream, enum role role, struct err *err)
{
    enum role peer = rpc_stream_peer_role(stream);
    if (peer == ROLE_NONE || !rpc_stream_peer_id(stream)[0]) {
        return err_set(err, ERR_UNAUTHENTICATED, "certificate",
                       "the TLS certificate names no organisation of the scheme");
    }
    if (peer != role) {
        return err_set(err, ERR_DENIED, "certificate",
                       "this call is for the role %s; the TLS certificate says %s", role_name(role),
                       role_name(peer));
    }
    return true;
}

static bool check_connection(const struct rpc_stream *stream, const struct certificate *certificate,
                             const char *organisation, struct err *err)
{
    if (strcmp(certificate->organisation, organisation) != 0) {
        return err_set(err, ERR_UNAUTHENTICATED, "certificate", "is %s's, but %s is wanted",
                       certificate->organisation, organisation);
    }
    return certificate->serial == rpc_stream_peer_serial(stream) ||
           err_set(err, ERR_UNAUTHENTICATED, "certificate",
                   "is of another issue than the connection's: serial %llu, not %llu",
                   (unsigned long long)certificate->serial,
                   (unsigned long long)rpc_stream_peer_serial(stream));
}

bool peer_certificate(const struct rpc_stream *stream, struct trust *trust, enum role role,
                      const char *organisation, const Hearth__V1__Signed *message,
                      struct certificate *out, struct err *err)
{
    struct certificate certificate = {0};
    if (!message) return err_set(err, ERR_UNAUTHENTICATED, "certificate", "is missing");
    if (!certificate_of_message(message, &certificate, err)) return err_in(err, "certificate");
    if (trust_check(trust, &certificate, role, clock_wall_ms(), err) &&
        check_connection(stream, &certificate, organisation, err)) {
        *out = certificate;
        return true;
    }
    certificate_free(&certificate);
    return false;
}
