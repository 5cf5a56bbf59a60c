/* SPDX-License-Identifier: Apache-2.0
 * From a document of the national Children's Social Care Placements Standard (JSON-LD, draft PUB00)
 * to a request (docs/domain.md "Converting"). The values are mapped by standards.csv; here is only
 * which field asks for how much. Nothing that identifies a child, a member of staff or a provider
 * is ever carried over, and what is not carried over is listed.
 */
#ifndef HEARTH_CLIENT_CONVERT_H
#define HEARTH_CLIENT_CONVERT_H

#include <jansson.h>

#include "proto/base/buf.h"
#include "proto/domain/request.h"

enum { CONVERTED_MAX = 64, CONVERT_LEFT_MAX = 200 };

/* What a document says that a request can say too. */
struct conversion {
    const struct catalogue *catalogue;
    const struct criterion *must[CONVERTED_MAX], *prefer[CONVERTED_MAX];
    size_t must_count, prefer_count;
    const char
        *needed_by; /* "today", "within_5_days", "later"; NULL where the document does not say */
    int siblings;   /* to be placed with the child; -1 where the document does not say */
    json_t *left;   /* [{"field","value"?,"reason"}]: what was not carried over */
};

/* Reads a document: compact JSON-LD as the standard's examples have it, at most REQUEST_MAX bytes.
 * Unknown fields and values go to `left`. ERR_INVALID: not JSON, not an object, a field twice.
 * The caller ends with conversion_free. */
MUST_CHECK bool convert_read(const void *json, size_t len, const struct catalogue *catalogue,
                             struct conversion *out, struct err *err);
void conversion_free(struct conversion *conversion);

/* What a request needs and such a document does not have. */
struct convert_options {
    const char *search_ref, *type,
        *needed_by; /* NULL: not given. type: a code, words or 903 code */
    struct child children[CHILDREN_MAX];
    size_t child_count;
};

/* "11:F", "unborn:U" into the next place of `children`. ERR_INVALID: anything else, or too many. */
MUST_CHECK bool convert_child(const char *text, struct convert_options *options, struct err *err);

/* The request as JSON (*out is a new object for the caller), which request_parse accepts.
 * ERR_INVALID lists everything that is missing at once; the number of children has to be siblings
 * + 1. */
MUST_CHECK bool convert_request(const struct conversion *conversion,
                                const struct convert_options *options, json_t **out,
                                struct err *err);

#endif
