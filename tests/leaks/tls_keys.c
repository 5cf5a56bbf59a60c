/* SPDX-License-Identifier: Apache-2.0
 * tls_keys HOME PASSPHRASE_FD ROLE HOST:PORT: a party's TLS key, certificate and CA as PEM, an
 * empty line between them, for a test that listens in on that party. Nothing is connected to.
 */
#include "tests/e2e/hostile/hostile.h"

int main(int argc, char **argv)
{
    REQUIRE(argc == 5);
    struct peer peer = {0};
    secret_setup();
    peer_open(argv + 1, &peer);
    (void)printf("%s\n%s\n%s", (const char *)identity_tls_key_pem(peer.identity)->data,
                 identity_tls_certificate_pem(peer.identity), trust_tls_ca_pem(peer.trust));
    peer_close(&peer);
    return 0;
}
