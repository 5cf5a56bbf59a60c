/* SPDX-License-Identifier: Apache-2.0 */
#include "client/report_explain.h"

static const char *reason_of(const struct explained *explained)
{
    return explained->variant.too_wide ? "too wide to ask" : "no answer";
}

static void print_question(FILE *out, const struct variant *variant,
                           const struct catalogue *catalogue)
{
    if (variant->kind == VARIANT_WITHOUT) {
        (void)fprintf(out, "Without %s: ", catalogue_slot(catalogue, variant->slot)->label);
    } else {
        (void)fprintf(
            out, "With every distance a %s longer: ", variant->quarters == 1 ? "quarter" : "half");
    }
}

static void print_choice(FILE *out, enum choice choice)
{
    (void)fprintf(out, "%s%s", choice_name(choice), choice == CHOICE_NONE ? "" : " agencies");
}

static void print_answer(FILE *out, const struct explanation *explanation,
                         const struct explained *explained)
{
    if (explained->choice == CHOICE_UNTOLD) {
        (void)fprintf(out, "%s\n", reason_of(explained));
        return;
    }
    print_choice(out, explained->choice);
    if (explained->choice == explanation->base) {
        (void)fprintf(out, ", as now");
    } else {
        (void)fprintf(out, " instead of %s", choice_name(explanation->base));
    }
    if (explained->answered != explanation->base_answered) {
        (void)fprintf(out, " (%u agencies answered this, %u the search)", explained->answered,
                      explanation->base_answered);
    }
    (void)fputc('\n', out);
}

void report_explain_table(FILE *out, const struct explanation *explanation,
                          const struct catalogue *catalogue)
{
    (void)fprintf(out, "\nHow much wider the choice would be (%.1f s)\n",
                  (double)explanation->elapsed_ms / 1000);
    if (explanation->count == 0) {
        (void)fprintf(out, "The request has neither musts nor distances that could be relaxed.\n");
    }
    for (size_t i = 0; i < explanation->count; i++) {
        print_question(out, &explanation->list[i].variant, catalogue);
        print_answer(out, explanation, &explanation->list[i]);
    }
}

static json_t *question_json(const struct explained *explained, const struct catalogue *catalogue)
{
    const struct variant *variant = &explained->variant;
    json_t *object = NULL;
    if (variant->kind == VARIANT_WITHOUT) {
        const struct criterion *criterion = catalogue_slot(catalogue, variant->slot);
        object = json_pack("{s:s,s:s}", "without", criterion->code, "label", criterion->label);
    } else {
        object = json_pack("{s:f}", "within", 1 + variant->quarters / 4.0);
    }
    if (explained->choice == CHOICE_UNTOLD) {
        (void)json_object_set_new(object, "agencies", json_null());
        (void)json_object_set_new(object, "reason", json_string(reason_of(explained)));
    } else {
        (void)json_object_set_new(object, "agencies", json_string(choice_name(explained->choice)));
        (void)json_object_set_new(object, "answered",
                                  json_integer((json_int_t)explained->answered));
    }
    return object;
}

void report_explain_json(json_t *object, const struct explanation *explanation,
                         const struct catalogue *catalogue)
{
    json_t *list = json_array();
    for (size_t i = 0; i < explanation->count; i++) {
        (void)json_array_append_new(list, question_json(&explanation->list[i], catalogue));
    }
    (void)json_object_set_new(object, "choice", json_string(choice_name(explanation->base)));
    (void)json_object_set_new(object, "explain", list);
}

void report_explain_error_json(json_t *object, const struct err *err)
{
    json_t *error = json_pack("{s:s,s:s,s:s}", "code", err_code_name(err->code), "field",
                              err->field, "message", err->text);
    (void)json_object_set_new(object, "explain", json_null());
    (void)json_object_set_new(object, "explain_error", error);
}
