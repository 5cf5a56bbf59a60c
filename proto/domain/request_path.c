/* SPDX-License-Identifier: Apache-2.0
 * jansson says at which byte a repeated field stands, but not in which object: this walks there.
 */
#include "proto/domain/request_path.h"

#include <stdio.h>
#include <string.h>

#include "proto/domain/shown.h"

enum { DEPTH_MAX = 16 };

struct level {
    bool list;
    size_t index;     /* of the element, in a list */
    const char *name; /* of the field, in an object */
    size_t name_len;
    bool expects_name;
};

struct walk {
    struct level levels[DEPTH_MAX];
    size_t depth; /* may exceed DEPTH_MAX; levels beyond are not kept */
};

static struct level *top(struct walk *walk)
{
    return walk->depth > 0 && walk->depth <= DEPTH_MAX ? &walk->levels[walk->depth - 1] : NULL;
}

static void step(struct walk *walk, char c)
{
    struct level *level = top(walk);
    if (c == '{' || c == '[') {
        walk->depth++;
        level = top(walk);
        if (level) *level = (struct level){.list = c == '[', .expects_name = c == '{'};
    } else if ((c == '}' || c == ']') && walk->depth > 0) {
        walk->depth--;
    } else if (c == ',' && level) {
        if (level->list) level->index++;
        level->expects_name = !level->list;
    }
}

/* The index after the closing quote of the text that starts at `start`, its opening quote. */
static size_t after_text(const char *text, size_t len, size_t start)
{
    size_t i = start + 1;
    while (i < len && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
    return i < len ? i + 1 : len;
}

/* ".name" or "[3]" of one level into part. */
static void write_level(const struct level *level, bool first, char part[SHOWN_MAX + 24])
{
    if (level->list) {
        (void)snprintf(part, SHOWN_MAX + 24, "[%zu]", level->index);
        return;
    }
    char name[SHOWN_MAX], clean[SHOWN_MAX];
    size_t len = level->name_len < sizeof name ? level->name_len : sizeof name - 1;
    if (len > 0) memcpy(name, level->name, len);
    name[len] = '\0';
    (void)snprintf(part, SHOWN_MAX + 24, "%s%s", first ? "" : ".", shown(name, clean));
}

static void write_path(const struct walk *walk, char out[ERR_FIELD_MAX])
{
    size_t used = 0;
    out[0] = '\0';
    if (walk->depth > DEPTH_MAX) return;
    for (size_t i = 0; i < walk->depth; i++) {
        char part[SHOWN_MAX + 24];
        write_level(&walk->levels[i], used == 0, part);
        size_t len = strlen(part);
        if (used + len >= ERR_FIELD_MAX) return;
        memcpy(out + used, part, len + 1);
        used += len;
    }
}

void request_path_at(const char *text, size_t len, size_t position, char out[ERR_FIELD_MAX])
{
    struct walk walk = {.depth = 0};
    size_t end = position < len ? position : len;
    for (size_t i = 0; i < end;) {
        if (text[i] != '"') {
            step(&walk, text[i++]);
            continue;
        }
        size_t next = after_text(text, len, i);
        struct level *level = top(&walk);
        if (level && level->expects_name) {
            level->name = text + i + 1;
            level->name_len = next > i + 2 ? next - i - 2 : 0;
            level->expects_name = false;
        }
        i = next;
    }
    write_path(&walk, out);
}
