/* SPDX-License-Identifier: Apache-2.0
 * Checking a package that anybody may have written: what is cheap and signed first, then the query
 * is recomputed.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/audit/package_internal.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

struct audit {
    struct package_parts parts;
    json_t *chain;
    struct certificate la, matcher;
    struct package_report report;
    struct plan *plan;
};

void package_report_free(struct package_report *report)
{
    if (report->request) request_wipe(report->request);
    free(report->request);
    buf_wipe(&report->query);
    sodium_memzero(report, sizeof *report);
}

/* ---- who signed ---- */

static bool open_certificate(const struct signed_bytes *raw, struct trust *trust, enum role role,
                             int64_t at_ms, struct certificate *out, struct err *err)
{
    return certificate_of_bytes(raw, out, err) && trust_check_at(trust, out, role, at_ms, err);
}

static bool check_parties(struct audit *audit, struct trust *trust, struct err *err)
{
    const struct package_parts *parts = &audit->parts;
    if (parts->expires_at <= parts->issued_at ||
        parts->expires_at - parts->issued_at > QUERY_LIFETIME_MS) {
        return err_set(err, ERR_CORRUPT, "expires_at",
                       "is not within %d s after issued_at: no such query is accepted",
                       QUERY_LIFETIME_MS / 1000);
    }
    if (!open_certificate(&parts->la_certificate, trust, ROLE_LA, parts->issued_at, &audit->la,
                          err)) {
        return err_in(err, "la_certificate");
    }
    if (!open_certificate(&parts->matcher_certificate, trust, ROLE_MATCHER, parts->issued_at,
                          &audit->matcher, err)) {
        return err_in(err, "matcher_certificate");
    }
    struct package_report *report = &audit->report;
    memcpy(report->la, audit->la.organisation, sizeof report->la);
    memcpy(report->la_name, audit->la.name, sizeof report->la_name);
    memcpy(report->matcher, audit->matcher.organisation, sizeof report->matcher);
    report->issued_at = parts->issued_at;
    return true;
}

static bool is_signed(const struct certificate *signer, const char *tag,
                      const struct signed_bytes *s, struct err *err)
{
    return certificate_verify(signer, tag, s->body.data, s->body.len, s->signature, SIGNATURE_BYTES,
                              err);
}

static bool check_epoch(struct audit *audit, struct err *err)
{
    const struct signed_bytes *raw = &audit->parts.epoch;
    struct epoch_record *record = &audit->report.epoch_record;
    if (!is_signed(&audit->matcher, TAG_EPOCH, raw, err) ||
        !epoch_decode(raw->body.data, raw->body.len, record, err)) {
        return err_in(err, "epoch");
    }
    return strcmp(record->matcher, audit->matcher.organisation) == 0 ||
           err_set(err, ERR_CORRUPT, "epoch", "is one of the matcher %s, not %s", record->matcher,
                   audit->matcher.organisation);
}

static bool check_options(struct audit *audit, struct err *err)
{
    const struct signed_bytes *raw = &audit->parts.options;
    struct search_options *options = &audit->report.options;
    if (!is_signed(&audit->la, TAG_OPTIONS, raw, err) ||
        !search_options_decode(raw->body.data, raw->body.len, options, err)) {
        return err_in(err, "options");
    }
    return sodium_memcmp(options->query_hash, audit->parts.query_hash, HASH_BYTES) == 0 ||
           err_set(err, ERR_CORRUPT, "options", "were signed for another query");
}

/* ---- what was asked ---- */

static bool same_filters(const struct request *request, const struct search_options *options)
{
    if (request->min_judgement != options->min_judgement ||
        request->framework_count != options->framework_count) {
        return false;
    }
    for (size_t i = 0; i < request->framework_count; i++) {
        if (strcmp(request->frameworks[i], options->frameworks[i]) != 0) return false;
    }
    return true;
}

static bool read_request(struct audit *audit, struct err *err)
{
    const struct package_parts *parts = &audit->parts;
    struct package_report *report = &audit->report;
    struct request_rules rules = {.catalogue = catalogue_get(parts->catalogue),
                                  .max = REQUEST_RESOLVED_MAX};
    if (!rules.catalogue) {
        return err_set(err, ERR_VERSION, "catalogue",
                       "version %u is not known here: update this program", parts->catalogue);
    }
    report->catalogue = parts->catalogue;
    report->request = mem_new(struct request);
    audit->plan = mem_new(struct plan);
    if (!request_parse(parts->request.data, parts->request.len, &rules, report->request, err) ||
        !plan_make(report->request, rules.catalogue, audit->plan, err)) {
        return err_in(err, "request");
    }
    memcpy(report->search_ref, report->request->search_ref, sizeof report->search_ref);
    return same_filters(report->request, &report->options) ||
           err_set(err, ERR_CORRUPT, "request.provider",
                   "is not what the LA signed in the options of the search");
}

/* plan_values takes no other. */
static bool check_footprint(const struct audit *audit, struct err *err)
{
    const struct package_parts *parts = &audit->parts;
    const struct plan *plan = audit->plan;
    size_t found = 0;
    for (size_t i = 0; i < parts->footprint_count && found < plan->quadrant_count; i++) {
        found += parts->footprint[i] == plan->quadrants[found];
    }
    return found == plan->quadrant_count ||
           err_set(err, ERR_CORRUPT, "footprint",
                   "does not hold all quadrants in which the request has acceptable places");
}

/* query_make takes no other: an epoch key that a matcher made to fit this seed. */
static bool check_joint_key(const struct audit *audit, struct err *err)
{
    struct scalar a;
    struct point key, joint;
    blind_query_key(&a, &key, audit->parts.seed.data, audit->parts.query_id);
    scalar_wipe(&a);
    return blind_joint_key(&joint, &key, &audit->report.epoch_record.key) ||
           err_set(err, ERR_CORRUPT, "epoch", "has a key that makes the query readable");
}

static void recompute(struct audit *audit)
{
    const struct package_parts *parts = &audit->parts;
    const struct catalogue *catalogue = audit->plan->catalogue;
    int16_t *values = plan_values(audit->plan, parts->footprint, parts->footprint_count);
    struct query_plain plain = {
        .catalogue = parts->catalogue,
        .la = audit->la.organisation,
        .query_id = parts->query_id,
        .issued_at = parts->issued_at,
        .expires_at = parts->expires_at,
        .footprint = parts->footprint,
        .footprint_count = parts->footprint_count,
        .layout = catalogue_layout(catalogue, parts->footprint_count),
        .values = values,
        .group_id = parts->is_member ? parts->group_id : NULL,
    };
    struct scalar a;
    query_make(&plain, &audit->report.epoch_record, parts->seed.data, &a, &audit->report.query);
    scalar_wipe(&a);
    sodium_memzero(values, blind_layout_count(&plain.layout) * sizeof *values);
    free(values);
}

static bool compare_query(struct audit *audit, struct err *err)
{
    const struct package_parts *parts = &audit->parts;
    struct package_report *report = &audit->report;
    query_hash(report->query_hash, report->query.data, report->query.len);
    if (sodium_memcmp(report->query_hash, parts->query_hash, HASH_BYTES) != 0) {
        char ours[2 * HASH_BYTES + 1], theirs[2 * HASH_BYTES + 1];
        return err_set(
            err, ERR_CORRUPT, "query_hash",
            "the query recomputed from request, seed, query id, times, footprint and "
            "epoch is %.16s..., and what was signed is %.16s...: one of them is not what "
            "was asked with",
            text_hex(report->query_hash, HASH_BYTES, ours),
            text_hex(parts->query_hash, HASH_BYTES, theirs));
    }
    return certificate_verify(&audit->la, TAG_QUERY, report->query.data, report->query.len,
                              parts->query_signature, SIGNATURE_BYTES, err) ||
           err_in(err, "query_signature");
}

/* As the matcher and the agents judged it. */
static bool judge_query(const struct audit *audit, struct err *err)
{
    const struct package_report *report = &audit->report;
    struct query query = {0};
    struct point joint;
    if (!query_decode(report->query.data, report->query.len, &query, err)) {
        return err_in(err, "query");
    }
    struct blind_layout layout = catalogue_layout(audit->plan->catalogue, query.footprint_count);
    bool ok = query_check(&query, &report->epoch_record, &layout, query.issued_at, &joint, err) ||
              err_in(err, "query");
    query_free(&query);
    return ok;
}

/* ---- what the matcher said of it ---- */

static bool check_result(struct audit *audit, struct err *err)
{
    const struct signed_bytes *raw = &audit->parts.result;
    struct package_report *report = &audit->report;
    if (raw->body.len == 0) return true;
    if (!is_signed(&audit->matcher, TAG_RESULT, raw, err) ||
        !result_decode(raw->body.data, raw->body.len, &report->result, err)) {
        return err_in(err, "result");
    }
    if (sodium_memcmp(report->result.query_hash, report->query_hash, HASH_BYTES) != 0) {
        return err_set(err, ERR_CORRUPT, "result", "belongs to another query");
    }
    if ((report->result.choice != CHOICE_UNTOLD) != audit->parts.is_member) {
        return err_set(err, ERR_CORRUPT, "result",
                       "is of the wrong kind: that of a search and of an explanation differ");
    }
    report->has_result = true;
    report->run = report->result.run;
    return true;
}

static bool check_all(struct audit *audit, struct trust *trust, struct err *err)
{
    if (!check_parties(audit, trust, err) || !check_epoch(audit, err) ||
        !check_options(audit, err) || !read_request(audit, err) || !check_footprint(audit, err) ||
        !check_joint_key(audit, err)) {
        return false;
    }
    recompute(audit);
    return compare_query(audit, err) && judge_query(audit, err) && check_result(audit, err) &&
           (!audit->chain || package_check_chain(&audit->parts, audit->chain, &audit->report, err));
}

bool package_check(const uint8_t *text, size_t len, struct trust *trust, struct package_report *out,
                   struct err *err)
{
    struct audit *audit = mem_new(struct audit); /* results are large */
    bool ok =
        package_read(text, len, &audit->parts, &audit->chain, err) && check_all(audit, trust, err);
    if (ok) {
        *out = audit->report;
    } else {
        package_report_free(&audit->report);
    }
    if (audit->plan) plan_wipe(audit->plan);
    free(audit->plan);
    certificate_free(&audit->la);
    certificate_free(&audit->matcher);
    json_decref(audit->chain);
    package_parts_free(&audit->parts);
    sodium_memzero(audit, sizeof *audit);
    free(audit);
    return ok;
}
