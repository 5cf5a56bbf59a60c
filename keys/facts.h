/* SPDX-License-Identifier: Apache-2.0
 * A description as a list of named facts, printed for people or as JSON: said once, rendered twice.
 */
#ifndef HEARTH_KEYS_FACTS_H
#define HEARTH_KEYS_FACTS_H

#include <jansson.h>
#include <stdio.h>

#include "keys/issued.h"
#include "keys/pins.h"
#include "keys/request.h"
#include "keys/revocations.h"

enum { FACTS_MAX = 24 };
struct facts {
    json_t *object; /* the JSON rendering */
    const char *labels[FACTS_MAX];
    char *words[FACTS_MAX];
    size_t count;
};

struct facts facts_new(void);
void facts_free(struct facts *facts);
/* One fact: `key` and `value` (taken over) for JSON, `label` and the formatted words for people. */
void facts_add(struct facts *facts, const char *key, json_t *value, const char *label,
               const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The same text in both renderings. */
void facts_text(struct facts *facts, const char *key, const char *label, const char *text);
/* Two spaces, label, words; one line a fact. Control characters never occur: all texts are checked
 * before. */
void facts_print(const struct facts *facts, FILE *out);

/* What a file of each kind says. */
void facts_of_certificate(struct facts *facts, const struct certificate *certificate,
                          int64_t now_ms);
void facts_of_request(struct facts *facts, const struct certificate_request *request);
void facts_of_key_file(struct facts *facts, const struct key_file_header *header);
void facts_of_revocations(struct facts *facts, const struct revocations *list);
void facts_of_issued(struct facts *facts, const struct issued *issued);
void facts_of_pins(struct facts *facts, const struct pins *pins);
/* "addresses", for requests and TLS certificates that have any. */
void facts_of_addresses(struct facts *facts, const struct x509_addresses *addresses);
/* "valid", "expired" or "not yet valid". */
const char *validity_name(const struct certificate *certificate, int64_t now_ms);

#endif
