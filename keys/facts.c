/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/facts.h"

#include <stdarg.h>
#include <stdlib.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"

static const int64_t DAY_MS = INT64_C(86400000);

struct facts facts_new(void)
{
    struct facts facts = {.object = json_object()};
    REQUIRE(facts.object != NULL);
    return facts;
}

void facts_free(struct facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) free(facts->words[i]);
    json_decref(facts->object);
    *facts = (struct facts){0};
}

void facts_add(struct facts *facts, const char *key, json_t *value, const char *label,
               const char *fmt, ...)
{
    va_list args;
    REQUIRE(facts->count < FACTS_MAX);
    va_start(args, fmt);
    int len = vasprintf(&facts->words[facts->count], fmt, args);
    va_end(args);
    REQUIRE(len >= 0 && value && json_object_set_new(facts->object, key, value) == 0);
    facts->labels[facts->count++] = label;
}

void facts_text(struct facts *facts, const char *key, const char *label, const char *text)
{
    facts_add(facts, key, json_string(text), label, "%s", text);
}

void facts_print(const struct facts *facts, FILE *out)
{
    for (size_t i = 0; i < facts->count; i++) {
        (void)fprintf(out, "  %-13s %s\n", facts->labels[i], facts->words[i]);
    }
}

const char *validity_name(const struct certificate *certificate, int64_t now_ms)
{
    if (now_ms > certificate->not_after) return "expired";
    return now_ms < certificate->not_before - CLOCK_SKEW_MS ? "not yet valid" : "valid";
}

static void add_validity(struct facts *facts, const struct certificate *certificate, int64_t now_ms)
{
    char from[CLOCK_TEXT], until[CLOCK_TEXT];
    int64_t days = (certificate->not_after - now_ms) / DAY_MS;
    const char *state = validity_name(certificate, now_ms);
    clock_format(certificate->not_before, from);
    clock_format(certificate->not_after, until);
    facts_text(facts, "not_before", "valid from", from);
    if (now_ms > certificate->not_after) {
        facts_add(facts, "not_after", json_string(until), "valid until",
                  "%s (expired %lld days ago)", until, (long long)-days);
    } else {
        facts_add(facts, "not_after", json_string(until), "valid until", "%s (%lld days left)",
                  until, (long long)days);
    }
    facts_text(facts, "state", "state", state);
    (void)json_object_set_new(facts->object, "days_left", json_integer(days));
}

static void add_who(struct facts *facts, enum role role, const char *organisation, const char *name,
                    const char *urn)
{
    facts_text(facts, "role", "role", role_name(role));
    facts_text(facts, "id", "id", organisation);
    facts_text(facts, "name", "name", name);
    if (urn[0]) facts_text(facts, "urn", "URN", urn);
}

static void add_keys(struct facts *facts, const uint8_t *sign_key, const uint8_t *seal_key)
{
    uint8_t fingerprint[FINGERPRINT_BYTES];
    char text[FINGERPRINT_TEXT];
    fingerprint_of_keys(sign_key, seal_key, fingerprint);
    fingerprint_text(fingerprint, text);
    facts_text(facts, "key_fingerprint", "keys", text);
}

void facts_of_certificate(struct facts *facts, const struct certificate *certificate,
                          int64_t now_ms)
{
    add_who(facts, certificate->role, certificate->organisation, certificate->name,
            certificate->urn);
    facts_add(facts, "serial", json_integer((json_int_t)certificate->serial), "serial", "%llu",
              (unsigned long long)certificate->serial);
    add_validity(facts, certificate, now_ms);
    add_keys(facts, certificate->sign_key, certificate->seal_key);
}

void facts_of_addresses(struct facts *facts, const struct x509_addresses *addresses)
{
    if (addresses->count == 0) return;
    struct buf words = {0};
    json_t *list = json_array();
    for (size_t i = 0; i < addresses->count; i++) {
        buf_format(&words, "%s%s", i > 0 ? ", " : "", addresses->text[i]);
        (void)json_array_append_new(list, json_string(addresses->text[i]));
    }
    buf_u8(&words, 0);
    facts_add(facts, "addresses", list, "addresses", "%s", (const char *)words.data);
    buf_free(&words);
}

void facts_of_request(struct facts *facts, const struct certificate_request *request)
{
    add_who(facts, request->role, request->organisation, request->name, request->urn);
    facts_of_addresses(facts, &request->addresses);
    add_keys(facts, request->sign_key, request->seal_key);
}

void facts_of_key_file(struct facts *facts, const struct key_file_header *header)
{
    add_keys(facts, header->sign_key, header->seal_key);
    facts_add(facts, "argon2_passes", json_integer((json_int_t)header->cost.operations),
              "passphrase", "Argon2id, %llu passes over %llu KiB",
              (unsigned long long)header->cost.operations,
              (unsigned long long)(header->cost.memory >> 10));
    facts_add(facts, "argon2_memory", json_integer((json_int_t)header->cost.memory), "encryption",
              "XChaCha20-Poly1305");
}

void facts_of_issued(struct facts *facts, const struct issued *issued)
{
    char when[CLOCK_TEXT] = "never";
    if (issued->count > 0) clock_format(issued->list[issued->count - 1].not_before, when);
    facts_add(facts, "count", json_integer((json_int_t)issued->count), "certificates", "%zu",
              issued->count);
    facts_text(facts, "last_issued_at", "last issued", when);
}

void facts_of_pins(struct facts *facts, const struct pins *pins)
{
    json_t *list = json_array();
    for (size_t i = 0; i < pins->count; i++) {
        const struct pin *pin = &pins->list[i];
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:I}", "role", role_name(pin->role),
                                                    "id", pin->organisation, "serial",
                                                    (json_int_t)pin->serial));
    }
    facts_add(facts, "pins", list, "highest", "serials of %zu parties", pins->count);
    facts_add(facts, "revocations", json_integer((json_int_t)pins->revocation_number),
              "revocations", "list %llu or newer", (unsigned long long)pins->revocation_number);
}

void facts_of_revocations(struct facts *facts, const struct revocations *list)
{
    char when[CLOCK_TEXT];
    struct buf words = {0};
    json_t *serials = json_array();
    clock_format(list->issued_at, when);
    for (size_t i = 0; i < list->count; i++) {
        buf_format(&words, "%s%llu", i > 0 ? ", " : "", (unsigned long long)list->serials[i]);
        (void)json_array_append_new(serials, json_integer((json_int_t)list->serials[i]));
    }
    buf_u8(&words, 0);
    facts_add(facts, "number", json_integer((json_int_t)list->number), "list number", "%llu",
              (unsigned long long)list->number);
    facts_text(facts, "issued_at", "issued at", when);
    facts_add(facts, "revoked", serials, "revoked", "%zu serials%s%s", list->count,
              list->count > 0 ? ": " : "", (const char *)words.data);
    buf_free(&words);
}
