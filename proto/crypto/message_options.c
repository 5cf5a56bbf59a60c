/* SPDX-License-Identifier: Apache-2.0
 * Search options: the clear facts that go with a query to the matcher alone. */
#include <string.h>

#include "proto/crypto/message.h"
#include "proto/crypto/wire.h"
#include "proto/match.pb-c.h"

enum { OPTIONS_BODY_MAX = 1024, JUDGEMENT_MAX = 3 };

void search_options_encode(const struct search_options *options, struct buf *out)
{
    REQUIRE(options->framework_count <= FRAMEWORKS_MAX);
    struct search_options copy = *options;
    char *frameworks[FRAMEWORKS_MAX];
    for (size_t i = 0; i < copy.framework_count; i++) frameworks[i] = copy.frameworks[i];
    Hearth__V1__SearchOptionsBody body = HEARTH__V1__SEARCH_OPTIONS_BODY__INIT;
    body.query_hash = wire_data(copy.query_hash, HASH_BYTES);
    body.search_tag = wire_data(copy.search_tag, HASH_BYTES);
    body.min_judgement = copy.min_judgement;
    body.frameworks = frameworks;
    body.n_frameworks = copy.framework_count;
    wire_pack(&body.base, out);
}

MUST_CHECK static bool read_fields(const void *message, void *to, struct err *err)
{
    const Hearth__V1__SearchOptionsBody *body = message;
    struct search_options *out = to;
    if (!wire_bytes(&body->query_hash, "query_hash", out->query_hash, HASH_BYTES, err) ||
        !wire_bytes(&body->search_tag, "search_tag", out->search_tag, HASH_BYTES, err))
        return false;
    if (body->min_judgement > JUDGEMENT_MAX) {
        return err_set(err, ERR_INVALID, "min_judgement", "%u; must be 0 to %d",
                       body->min_judgement, JUDGEMENT_MAX);
    }
    out->min_judgement = body->min_judgement;
    return wire_frameworks(body->frameworks, body->n_frameworks, out->frameworks,
                           &out->framework_count, err);
}

bool search_options_decode(const uint8_t *body, size_t len, struct search_options *out,
                           struct err *err)
{
    static const struct wire_kind kind = {.descriptor =
                                              &hearth__v1__search_options_body__descriptor,
                                          .max = OPTIONS_BODY_MAX,
                                          .out_size = sizeof *out,
                                          .read = read_fields};
    return wire_decode(&kind, body, len, out, err);
}
