/* SPDX-License-Identifier: Apache-2.0 */
#include "client/notes.h"

#include "proto/base/err.h"

enum { FIELD_BYTES = 64 };

typedef void (*note_fn)(const char *field, const char *note, void *ctx);

static void each_of(const char *list, const struct anchor *anchors, size_t count, note_fn tell,
                    void *ctx)
{
    for (size_t i = 0; i < count; i++) {
        char field[FIELD_BYTES];
        if (anchors[i].place.note[0] == '\0') continue;
        (void)snprintf(field, sizeof field, "location.%s[%zu].at", list, i);
        tell(field, anchors[i].place.note, ctx);
    }
}

static void each_note(const struct request *request, note_fn tell, void *ctx)
{
    each_of("anchors", request->anchors, request->anchor_count, tell, ctx);
    each_of("avoid", request->avoid, request->avoid_count, tell, ctx);
}

struct printing {
    FILE *out;
    const char *program;
};

static void print_one(const char *field, const char *note, void *ctx)
{
    const struct printing *printing = ctx;
    (void)fprintf(printing->out, "%s: note: %s: %s\n", printing->program, field, note);
}

void notes_print(FILE *out, const char *program, const struct request *request)
{
    struct printing printing = {out, program};
    each_note(request, print_one, &printing);
}

static void append_one(const char *field, const char *note, void *ctx)
{
    json_t *item = json_pack("{s:s,s:s}", "field", field, "note", note);
    REQUIRE(item != NULL && json_array_append_new(ctx, item) == 0);
}

json_t *notes_json(const struct request *request)
{
    json_t *list = json_array();
    REQUIRE(list != NULL);
    each_note(request, append_one, list);
    return list;
}
