/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hub/enrolled.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/hub/table_file.h"
#include "proto/base/csv_cell.h"
#include "proto/base/file.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"
#include "proto/domain/shown.h"

void enrolled_free(struct enrolled *enrolled)
{
    free(enrolled->parties);
    *enrolled = (struct enrolled){0};
}

/* ---- one party ---- */

static int compare(const struct enrolled_party *party, enum role role, const char *id)
{
    if (party->role != role) return party->role < role ? -1 : 1;
    return strcmp(party->id, id);
}

/* Where a party is, or would have to be put. */
static size_t place_of(const struct enrolled *enrolled, enum role role, const char *id)
{
    size_t low = 0, high = enrolled->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(&enrolled->parties[middle], role, id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_at(const struct enrolled *enrolled, size_t place, enum role role, const char *id)
{
    return place < enrolled->count && compare(&enrolled->parties[place], role, id) == 0;
}

const struct enrolled_party *enrolled_find(const struct enrolled *enrolled, enum role role,
                                           const char *id)
{
    size_t place = place_of(enrolled, role, id);
    return is_at(enrolled, place, role, id) ? &enrolled->parties[place] : NULL;
}

static bool check_party(enum role role, const char *id, const char *code, struct err *err)
{
    char seen[SHOWN_MAX];
    if (!text_is_id(id)) {
        return err_set(err, ERR_INVALID, "id",
                       "\"%s\": an organisation id ([a-z0-9-]{1,32}) is wanted", shown(id, seen));
    }
    if (role == ROLE_AGENT) {
        return !code || !code[0] ||
               err_set(err, ERR_INVALID, "code", "\"%s\": an agency has no authority of its own",
                       shown(code, seen));
    }
    REQUIRE(role == ROLE_LA);
    if (code && code[0] && strlen(code) < GEOGRAPHY_CODE) return true;
    return err_set(err, ERR_INVALID, "code",
                   "\"%s\": the code of the LA's authority is wanted, such as E10000016",
                   shown(code ? code : "", seen));
}

bool enrolled_add(struct enrolled *enrolled, enum role role, const char *id, const char *code,
                  struct err *err)
{
    if (!check_party(role, id, code, err)) return false;
    size_t place = place_of(enrolled, role, id);
    if (!is_at(enrolled, place, role, id)) {
        if (enrolled->count == MANIFEST_ENROLLED_MAX) {
            return err_set(err, ERR_BUDGET, "", "%d are enrolled: more cannot be",
                           MANIFEST_ENROLLED_MAX);
        }
        enrolled->parties =
            mem_resize(enrolled->parties, enrolled->count + 1, sizeof *enrolled->parties);
        memmove(&enrolled->parties[place + 1], &enrolled->parties[place],
                (enrolled->count - place) * sizeof *enrolled->parties);
        enrolled->count++;
    }
    struct enrolled_party *party = &enrolled->parties[place];
    *party = (struct enrolled_party){.role = role};
    (void)snprintf(party->id, sizeof party->id, "%s", id);
    (void)snprintf(party->code, sizeof party->code, "%s", code ? code : "");
    return true;
}

bool enrolled_remove(struct enrolled *enrolled, enum role role, const char *id, struct err *err)
{
    char seen[SHOWN_MAX];
    size_t place = place_of(enrolled, role, id);
    if (!is_at(enrolled, place, role, id)) {
        return err_set(err, ERR_NOT_FOUND, "party", "%s:%s is not enrolled", role_name(role),
                       shown(id, seen));
    }
    enrolled->count--;
    memmove(&enrolled->parties[place], &enrolled->parties[place + 1],
            (enrolled->count - place) * sizeof *enrolled->parties);
    return true;
}

size_t enrolled_count(const struct enrolled *enrolled, enum role role)
{
    size_t count = 0;
    for (size_t i = 0; i < enrolled->count; i++) count += enrolled->parties[i].role == role;
    return count;
}

/* ---- the file ---- */

static enum role role_of(const char *text)
{
    enum role role = strcmp(text, "agency") == 0 ? ROLE_AGENT : role_from_name(text);
    return role == ROLE_AGENT || role == ROLE_LA ? role : ROLE_NONE;
}

static bool add_row(char *const values[], void *ctx, struct err *err)
{
    struct enrolled *enrolled = ctx;
    char seen[SHOWN_MAX];
    enum role role = role_of(values[0]);
    if (role == ROLE_NONE) {
        return err_set(err, ERR_INVALID, "role", "\"%s\": agent or la is wanted",
                       shown(values[0], seen));
    }
    if (enrolled_find(enrolled, role, values[1])) {
        return err_set(err, ERR_INVALID, "id", "%s %s stands twice", values[0],
                       shown(values[1], seen));
    }
    return enrolled_add(enrolled, role, values[1], values[2], err);
}

bool enrolled_parse(const void *csv, size_t len, struct enrolled *out, struct err *err)
{
    static const char *const columns[] = {"role", "id", "code"};
    struct enrolled enrolled = {0};
    if (!table_file_read(csv, len, columns, 3, 2, add_row, &enrolled, err)) {
        enrolled_free(&enrolled);
        return false;
    }
    *out = enrolled;
    return true;
}

void enrolled_csv(const struct enrolled *enrolled, struct buf *out)
{
    buf_text(out, "role,id,code\n");
    for (size_t i = 0; i < enrolled->count; i++) {
        const struct enrolled_party *party = &enrolled->parties[i];
        buf_format(out, "%s,", role_name(party->role));
        csv_cell(out, party->id);
        buf_text(out, ",");
        csv_cell(out, party->code);
        buf_text(out, "\n");
    }
}

bool enrolled_read(const char *home, struct enrolled *out, struct err *err)
{
    char *path = file_join(home, HOME_ENROLLED);
    struct buf text = {0};
    bool ok = true;
    *out = (struct enrolled){0};
    if (file_exists(path) && (ok = file_read(path, TABLE_FILE_MAX, &text, err)) &&
        !(ok = enrolled_parse(text.data, text.len, out, err))) {
        struct err why = *err;
        (void)err_set(err, ERR_CORRUPT, HOME_ENROLLED, "%s cannot be read: %s: %s", path, why.field,
                      why.text);
    }
    buf_free(&text);
    free(path);
    return ok;
}

bool enrolled_write(const char *home, const struct enrolled *enrolled, struct err *err)
{
    char *path = file_join(home, HOME_ENROLLED);
    struct buf text = {0};
    enrolled_csv(enrolled, &text);
    bool ok = file_write(path, text.data, text.len, 0600, err);
    buf_free(&text);
    free(path);
    return ok;
}

/* ---- as a manifest has them ---- */

bool enrolled_check(const struct enrolled *enrolled, const struct geography *geography,
                    struct err *err)
{
    char seen[SHOWN_MAX];
    for (size_t i = 0; i < enrolled->count; i++) {
        const struct enrolled_party *party = &enrolled->parties[i];
        if (party->role != ROLE_LA ||
            geography_authority_find(geography, party->code) != AREA_NONE) {
            continue;
        }
        return err_set(err, ERR_INVALID, "code",
                       "\"%s\" of la %s is none of the areas' authorities ('hearth hub areas' "
                       "lists them)",
                       shown(party->code, seen), party->id);
    }
    return true;
}

struct manifest_party *enrolled_parties(const struct enrolled *enrolled, enum role role,
                                        const struct geography *geography, size_t *count)
{
    struct manifest_party *parties = mem_array(enrolled->count, sizeof *parties);
    *count = 0;
    for (size_t i = 0; i < enrolled->count; i++) {
        const struct enrolled_party *from = &enrolled->parties[i];
        struct manifest_party *party = &parties[*count];
        if (role != ROLE_NONE && from->role != role) continue;
        party->role = from->role;
        memcpy(party->organisation, from->id, sizeof party->organisation);
        party->authority = from->role == ROLE_LA ? geography_authority_find(geography, from->code)
                                                 : (uint16_t)AREA_NONE;
        REQUIRE(from->role != ROLE_LA || party->authority != AREA_NONE);
        (*count)++;
    }
    return parties;
}
