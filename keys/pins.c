/* SPDX-License-Identifier: Apache-2.0 */
#include "keys/pins.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keys/lock.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

static struct pin *find(const struct pins *pins, enum role role, const char *organisation)
{
    for (size_t i = 0; i < pins->count; i++) {
        struct pin *pin = &pins->list[i];
        if (pin->role == role && strcmp(pin->organisation, organisation) == 0) return pin;
    }
    return NULL;
}

uint64_t pins_serial(const struct pins *pins, enum role role, const char *organisation)
{
    const struct pin *pin = find(pins, role, organisation);
    return pin ? pin->serial : 0;
}

static void raise_in_memory(struct pins *pins, enum role role, const char *organisation,
                            uint64_t serial)
{
    struct pin *pin = find(pins, role, organisation);
    if (!pin) {
        if (pins->count == pins->cap) {
            pins->cap = pins->cap ? pins->cap * 2 : 16;
            pins->list = mem_resize(pins->list, pins->cap, sizeof *pins->list);
        }
        pin = &pins->list[pins->count++];
        *pin = (struct pin){.role = role};
        memcpy(pin->organisation, organisation, strlen(organisation) + 1);
    }
    if (pin->serial < serial) pin->serial = serial;
}

static bool parse_number(const char *text, uint64_t *out)
{
    int64_t number = 0;
    if (!text_integer(text, 1, INT64_MAX, &number)) return false;
    *out = (uint64_t)number;
    return true;
}

/* "ROLE ID SERIAL" or "revocations NUMBER". */
static bool parse_line(char *line, void *context)
{
    struct pins *pins = context;
    char *rest = NULL;
    uint64_t number = 0;
    const char *first = strtok_r(line, " ", &rest);
    const char *second = strtok_r(NULL, " ", &rest);
    const char *third = strtok_r(NULL, " ", &rest);
    if (first && second && !third && strcmp(first, "revocations") == 0) {
        if (!parse_number(second, &number)) return false;
        if (number > pins->revocation_number) pins->revocation_number = number;
        return true;
    }
    enum role role = first ? role_from_name(first) : ROLE_NONE;
    if (role == ROLE_NONE || !second || !text_is_id(second) || !third || *rest ||
        !parse_number(third, &number) || pins->count >= PINS_MAX) {
        return false;
    }
    raise_in_memory(pins, role, second, number);
    return true;
}

static bool parse(struct pins *pins, struct buf *text)
{
    size_t first = sizeof PINS_FIRST_LINE - 1;
    if (text->len < first || sodium_memcmp(text->data, PINS_FIRST_LINE, first) != 0 ||
        text->data[text->len - 1] != '\n' || memchr(text->data, '\0', text->len)) {
        return false;
    }
    text->data[text->len - 1] = '\0';
    return text->len == first || text_split((char *)text->data + first, '\n', parse_line, pins);
}

static void merge(struct pins *pins, const struct pins *stored)
{
    if (stored->revocation_number > pins->revocation_number) {
        pins->revocation_number = stored->revocation_number;
    }
    for (size_t i = 0; i < stored->count; i++) {
        const struct pin *pin = &stored->list[i];
        raise_in_memory(pins, pin->role, pin->organisation, pin->serial);
    }
}

bool pins_load(struct pins *pins, struct err *err)
{
    uint64_t stamp = pins->path ? file_stamp(pins->path) : 0;
    if (stamp == 0 || stamp == pins->stamp) return true;
    struct buf text = {0};
    struct pins stored = {0};
    bool ok = file_read(pins->path, PINS_FILE_MAX, &text, err);
    if (ok && !parse(&stored, &text)) {
        ok = err_set(err, ERR_CORRUPT, "pins",
                     "%s does not parse; restore it, or remove it to trust on first sight again",
                     pins->path);
    }
    if (ok) {
        merge(pins, &stored);
        pins->stamp = stamp;
    }
    pins_free(&stored);
    buf_free(&text);
    return ok;
}

void pins_free(struct pins *pins)
{
    free(pins->path);
    free(pins->list);
    *pins = (struct pins){0};
}

static bool write_file(struct pins *pins, struct err *err)
{
    struct buf text = {0};
    buf_text(&text, PINS_FIRST_LINE);
    if (pins->revocation_number > 0) {
        buf_format(&text, "revocations %" PRIu64 "\n", pins->revocation_number);
    }
    for (size_t i = 0; i < pins->count; i++) {
        const struct pin *pin = &pins->list[i];
        buf_format(&text, "%s %s %" PRIu64 "\n", role_name(pin->role), pin->organisation,
                   pin->serial);
    }
    bool ok = file_write(pins->path, text.data, text.len, 0600, err);
    if (ok) pins->stamp = file_stamp(pins->path);
    buf_free(&text);
    return ok;
}

/* Locks the directory that the file lies in. */
static bool lock_file(const char *path, int *lock, struct err *err)
{
    char *copy = mem_string(path);
    bool ok = lock_directory(dirname(copy), lock, err);
    free(copy);
    return ok;
}

bool pins_flush(struct pins *pins, struct err *err)
{
    int lock = -1;
    if (!pins->dirty) return true;
    bool ok = lock_file(pins->path, &lock, err) && pins_load(pins, err) && write_file(pins, err);
    if (lock >= 0) (void)close(lock);
    pins->dirty = !ok;
    pins->stuck = !ok;
    return ok;
}

bool pins_raise(struct pins *pins, enum role role, const char *organisation, uint64_t serial,
                struct err *err)
{
    if (serial <= pins_serial(pins, role, organisation)) return true;
    if (pins->count >= PINS_MAX) {
        return err_set(err, ERR_BUDGET, "pins", "%d organisations are pinned already", PINS_MAX);
    }
    if (pins->stuck) {
        return err_set(err, ERR_IO, "pins", "%s cannot be written, so nobody new is accepted",
                       pins->path);
    }
    raise_in_memory(pins, role, organisation, serial);
    pins->dirty = pins->path != NULL;
    return true;
}

void pins_raise_revocation(struct pins *pins, uint64_t number)
{
    if (number <= pins->revocation_number) return;
    pins->revocation_number = number;
    pins->dirty = pins->path != NULL;
}
