/* SPDX-License-Identifier: Apache-2.0
 * From what a document says, and what only a person can add, to a request.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "client/convert.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/shown.h"

enum { PREFER_WEIGHT = 3 }; /* the middle of 1 to 5: a document does not say how much */

bool convert_child(const char *text, struct convert_options *options, struct err *err)
{
    char seen[SHOWN_MAX];
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    char age[8] = "";
    int64_t years = AGE_UNBORN;
    if (len > 0 && len < sizeof age) memcpy(age, text, len);
    bool good = strcmp(age, "unborn") == 0 || text_integer(age, 0, AGE_MAX, &years);
    char sex = colon && colon[1] && !colon[2] ? colon[1] : '\0';
    if (sex >= 'a' && sex <= 'z') sex = (char)(sex - 'a' + 'A');
    if (!good || (sex != 'M' && sex != 'F' && sex != 'U')) {
        return err_set(err, ERR_INVALID, "child",
                       "'%s' is not AGE:SEX: 0 to %d or unborn, then M, F or U, such as 11:F",
                       shown(text, seen), AGE_MAX);
    }
    if (options->child_count == CHILDREN_MAX) {
        return err_set(err, ERR_INVALID, "child", "a request is for at most %d children",
                       CHILDREN_MAX);
    }
    options->children[options->child_count++] = (struct child){(int)years, sex};
    return true;
}

static void missing_children(const struct conversion *said, size_t given, struct buf *missing)
{
    const char *before = missing->len ? "; " : "";
    if (said->siblings < 0) {
        if (given == 0) buf_format(missing, "%s--child=AGE:SEX, once for each child", before);
        return;
    }
    if (given == (size_t)said->siblings + 1) return;
    buf_format(
        missing,
        "%s--child=AGE:SEX %d times (siblingCount is %d: the child and %d siblings), not %zu",
        before, said->siblings + 1, said->siblings, said->siblings, given);
}

/* Everything at once: nobody wants to be asked four times. */
static bool nothing_missing(const struct conversion *said, const struct convert_options *options,
                            struct err *err)
{
    struct buf missing = {0};
    if (!options->search_ref) buf_text(&missing, "--search-ref=REF, your own reference");
    missing_children(said, options->child_count, &missing);
    if (!options->type) {
        buf_format(
            &missing,
            "%s--type=PT_..., the kind of fostering (hearth criteria --group placement_type)",
            missing.len ? "; " : "");
    }
    if (!options->needed_by && !said->needed_by) {
        buf_format(&missing, "%s--needed-by=today, within_5_days or later",
                   missing.len ? "; " : "");
    }
    buf_u8(&missing, 0);
    bool complete = missing.len == 1;
    if (!complete) {
        (void)err_set(err, ERR_INVALID, "options", "the document does not say: give %s",
                      (const char *)missing.data);
    }
    buf_free(&missing);
    return complete;
}

static json_t *children_json(const struct convert_options *options)
{
    json_t *children = json_array();
    for (size_t i = 0; i < options->child_count; i++) {
        const struct child *child = &options->children[i];
        const char sex[2] = {child->sex, '\0'};
        json_t *age = child->age == AGE_UNBORN ? json_string("unborn") : json_integer(child->age);
        json_t *one = json_pack("{s:o,s:s}", "age", age, "sex", sex);
        REQUIRE(one != NULL);
        (void)json_array_append_new(children, one);
    }
    return children;
}

static json_t *put_together(const struct conversion *said, const struct convert_options *options,
                            const struct criterion *type)
{
    const char *needed_by = options->needed_by ? options->needed_by : said->needed_by;
    json_t *must = json_array(), *prefer = json_object();
    for (size_t i = 0; i < said->must_count; i++) {
        (void)json_array_append_new(must, json_string(said->must[i]->code));
    }
    for (size_t i = 0; i < said->prefer_count; i++) {
        (void)json_object_set_new(prefer, said->prefer[i]->code, json_integer(PREFER_WEIGHT));
    }
    json_t *request = json_pack("{s:s,s:o,s:{s:s,s:s},s:o,s:o}", "search_ref", options->search_ref,
                                "children", children_json(options), "placement", "type", type->code,
                                "needed_by", needed_by, "must", must, "prefer", prefer);
    REQUIRE(request != NULL);
    return request;
}

/* What is written is what `hearth check` would accept, or nothing is written. */
static bool is_valid(json_t *request, const struct catalogue *catalogue, struct err *err)
{
    char *text = json_dumps(request, JSON_COMPACT);
    struct request *parsed = mem_new(struct request);
    REQUIRE(text != NULL);
    bool good = request_parse(text, strlen(text), &(struct request_rules){.catalogue = catalogue},
                              parsed, err);
    request_wipe(parsed);
    free(parsed);
    sodium_memzero(text, strlen(text));
    free(text);
    return good;
}

/* JSON holds UTF-8 only; the rest is request_parse's to check. */
static bool is_printable(const char *text, const char *field, struct err *err)
{
    return text_is_printable_utf8(text, strlen(text)) ||
           err_set(err, ERR_INVALID, field, "must be printable text");
}

bool convert_request(const struct conversion *conversion, const struct convert_options *options,
                     json_t **out, struct err *err)
{
    const struct criterion *type = NULL;
    if (conversion->siblings >= CHILDREN_MAX) {
        return err_set(err, ERR_INVALID, "siblingCount",
                       "%d siblings: a request is for at most %d children together",
                       conversion->siblings, CHILDREN_MAX);
    }
    if (!nothing_missing(conversion, options, err)) return false;
    if (!is_printable(options->search_ref, "search_ref", err)) return false;
    if (options->needed_by && !is_printable(options->needed_by, "placement.needed_by", err)) {
        return false;
    }
    if (!catalogue_match(conversion->catalogue, "placement_type", options->type, &type, err)) {
        return err_in(err, "type");
    }
    json_t *request = put_together(conversion, options, type);
    if (!is_valid(request, conversion->catalogue, err)) {
        json_decref(request);
        return false;
    }
    *out = request;
    return true;
}
