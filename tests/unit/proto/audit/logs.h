/* SPDX-License-Identifier: Apache-2.0
 * A matcher's log in memory, and exports of it, for the tests of this room.
 */
#ifndef HEARTH_TESTS_AUDIT_LOGS_H
#define HEARTH_TESTS_AUDIT_LOGS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "keys/certificate.h"
#include "proto/audit/log_line.h"
#include "proto/base/clock.h"
#include "tests/unit/support_keys/parties.h"

enum { LOG_ENTRIES_MAX = 64 };

/* lines[n] is the line of entry n, heads[n] the head after it; both from 1. */
struct fake_log {
    struct buf lines[LOG_ENTRIES_MAX + 1];
    struct log_head heads[LOG_ENTRIES_MAX + 1];
    uint64_t length;
};

/* Takes fields over. */
static inline void fake_log_add(struct fake_log *log, enum audit_kind kind, struct buf *fields,
                                bool shown)
{
    struct buf stored = {0};
    struct audit_entry entry;
    struct err err = {0};
    uint64_t number = ++log->length;
    REQUIRE(number <= LOG_ENTRIES_MAX);
    audit_entry_make(&stored, number, log->heads[number - 1].hash, clock_wall_ms(), kind, fields,
                     log->heads[number].hash);
    log->heads[number].length = number;
    parties_must(audit_entry_decode(stored.data, stored.len, &entry, &err), &err);
    log_line_write(&entry, shown, &log->lines[number]);
    buf_free(&stored);
    buf_free(fields);
}

/* `count` entries: every third is the LA's own. */
static inline void fake_log_fill(struct fake_log *log, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct buf fields = {0};
        bool own = log->length % 3 == 0;
        audit_text(&fields, "la", own ? "la-1" : "la-2");
        audit_number(&fields, "i", i);
        fake_log_add(log, AUDIT_REFUSED, &fields, own);
    }
}

static inline void fake_log_free(struct fake_log *log)
{
    for (size_t i = 0; i <= LOG_ENTRIES_MAX; i++) buf_free(&log->lines[i]);
}

/* The first line of an export for la-1 of entries from..length, signed by that matcher. */
static inline void fake_log_header(const struct fake_log *log, uint64_t from, uint64_t length,
                                   const struct identity *matcher, struct buf *out)
{
    const struct certificate *certificate = identity_certificate(matcher);
    struct log_header header = {
        .from = from, .head = log->heads[length], .certificate = *certificate};
    struct checkpoint checkpoint = {.head = header.head, .at_ms = clock_wall_ms()};
    memcpy(header.matcher, certificate->organisation, sizeof header.matcher);
    memcpy(checkpoint.matcher, certificate->organisation, sizeof checkpoint.matcher);
    (void)snprintf(header.party, sizeof header.party, "la/la-1");
    memcpy(header.previous, log->heads[from - 1].hash, HASH_BYTES);
    checkpoint_encode(&checkpoint, &header.checkpoint.body);
    identity_sign_body(matcher, TAG_CHECKPOINT, &header.checkpoint);
    log_header_write(&header, out);
    signed_bytes_free(&header.checkpoint);
}

static inline FILE *open_text(const struct buf *text)
{
    FILE *in = fmemopen(text->data, text->len, "r");
    REQUIRE(in != NULL);
    return in;
}

#endif
