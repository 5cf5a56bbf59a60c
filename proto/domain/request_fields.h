/* SPDX-License-Identifier: Apache-2.0
 * Inside proto/domain: the parts that the request parser is put together from. Every function that
 * returns bool fills `err` with the field's path relative to the JSON value that it was given.
 */
#ifndef HEARTH_DOMAIN_REQUEST_FIELDS_H
#define HEARTH_DOMAIN_REQUEST_FIELDS_H

#include <jansson.h>

#include "proto/domain/request.h"

/* The text, of at most `max` bytes, as a JSON object; UTF-8 with or without BOM. A repeated field
 * is named by its path. The caller owns *out (json_decref). */
MUST_CHECK bool fields_load(const void *json, size_t len, size_t max, json_t **out,
                            struct err *err);

/* `value` is an object and all its fields are among `known` (NULL-terminated). `hint` (may be NULL)
 * is added to the error on an unknown one. */
MUST_CHECK bool fields_known(json_t *value, const char *const *known, const char *hint,
                             struct err *err);
/* The field's value; ERR_INVALID ("is missing: `what`") where there is none. Borrowed. */
MUST_CHECK bool fields_get(json_t *object, const char *name, const char *what, json_t **out,
                           struct err *err);
/* An array of min..max elements; `what` names the elements in errors. */
MUST_CHECK bool fields_array(json_t *value, size_t min, size_t max, const char *what,
                             struct err *err);
/* A whole number in [min, max], not a real and not text. */
MUST_CHECK bool fields_integer(json_t *value, int64_t min, int64_t max, int32_t *out,
                               struct err *err);
/* A printable text of 1..cap-1 bytes that is not blank, copied. */
MUST_CHECK bool fields_text(json_t *value, char *out, size_t cap, struct err *err);
/* One of the NULL-terminated choices; *out is its index. */
MUST_CHECK bool fields_choice(json_t *value, const char *const *choices, size_t *out,
                              struct err *err);
/* err_in for element `index` of the array in field `name`: "name[3].rest". Returns false. */
bool fields_in(struct err *err, const char *name, size_t index);

/* Runs `each` over the elements of an array (already checked) and puts "name[i]" before its errors.
 */
typedef bool (*fields_each)(json_t *element, void *ctx, struct err *err);
MUST_CHECK bool fields_for_each(json_t *array, const char *name, fields_each each, void *ctx,
                                struct err *err);

/* The sections of a request; `value` is the field's value. */
MUST_CHECK bool request_parse_codes(json_t *must, json_t *prefer, const struct catalogue *catalogue,
                                    struct request *out, struct err *err);
MUST_CHECK bool request_parse_location(json_t *value, const struct request_rules *rules,
                                       struct request *out, struct err *err);
/* The criterion with that code, or an error that suggests what was meant. */
MUST_CHECK bool request_find_code(const struct catalogue *catalogue, const char *code,
                                  const struct criterion **out, struct err *err);

#endif
