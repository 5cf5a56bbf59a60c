/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/peer.h"

#include <string.h>

#include "keys/signed.h"
#include "proto/base/clock.h"

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
