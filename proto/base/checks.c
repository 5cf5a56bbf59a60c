/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/cli.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { LEVELS = CHECK_NOTE + 1 };

void checks_free(struct checks *checks)
{
    free(checks->list);
    *checks = (struct checks){0};
}

static void add(struct checks *checks, enum check_level level, const struct err *what)
{
    checks->list = mem_resize(checks->list, checks->count + 1, sizeof *checks->list);
    struct check *check = &checks->list[checks->count++];
    *check = (struct check){.level = level, .what = *what};
    text_make_printable(check->what.field);
    text_make_printable(check->what.text);
    checks->faults += level == CHECK_FAULT;
    checks->warnings += level == CHECK_WARNING;
}

void checks_add(struct checks *checks, enum check_level level, const char *field, const char *fmt,
                ...)
{
    char text[ERR_TEXT_MAX];
    struct err what = {0};
    va_list arguments;
    va_start(arguments, fmt);
    (void)vsnprintf(text, sizeof text, fmt, arguments);
    va_end(arguments);
    (void)err_set(&what, ERR_INVALID, field, "%s", text);
    add(checks, level, &what);
}

bool checks_take(struct checks *checks, bool ok, const char *prefix, const struct err *err)
{
    if (ok) return true;
    struct err what = *err;
    if (prefix) (void)err_in(&what, prefix);
    add(checks, CHECK_FAULT, &what);
    return false;
}

static void print_lines(const struct checks *checks, enum check_level level, const char *word)
{
    for (size_t i = 0; i < checks->count; i++) {
        const struct check *check = &checks->list[i];
        if (check->level != level) continue;
        (void)printf("%s: %s%s%s\n", word, check->what.field, check->what.field[0] ? ": " : "",
                     check->what.text);
    }
}

static json_t *level_json(const struct checks *checks, enum check_level level)
{
    json_t *list = json_array();
    for (size_t i = 0; i < checks->count; i++) {
        if (checks->list[i].level != level) continue;
        json_t *object = cli_error_json(&checks->list[i].what);
        /* Codes are of faults: a warning has none. */
        if (level != CHECK_FAULT) (void)json_object_del(object, "code");
        (void)json_array_append_new(list, object);
    }
    return list;
}

int checks_print(const struct checks *checks, bool json)
{
    static const char *const words[LEVELS] = {"fault", "warning", "note"};
    if (json) {
        cli_print_json(json_pack("{s:b,s:o,s:o,s:o}", "ok", checks->faults == 0, "faults",
                                 level_json(checks, CHECK_FAULT), "warnings",
                                 level_json(checks, CHECK_WARNING), "notes",
                                 level_json(checks, CHECK_NOTE)));
        return checks->faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    for (int level = 0; level < LEVELS; level++) {
        print_lines(checks, (enum check_level)level, words[level]);
    }
    (void)printf("%zu fault%s, %zu warning%s\n", checks->faults, checks->faults == 1 ? "" : "s",
                 checks->warnings, checks->warnings == 1 ? "" : "s");
    return checks->faults == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
