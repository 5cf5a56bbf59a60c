/* SPDX-License-Identifier: Apache-2.0
 * Errors: bad input and failed operations, one vocabulary for the whole project.
 *
 * A function that can fail returns bool (true = it worked), is marked MUST_CHECK, takes a
 * `struct err *` as its last argument (never NULL) and fills it before it returns false.
 * On false its outputs are untouched or freed: nothing is half done.
 * A caller's bug is not an error: it aborts through REQUIRE.
 */
#ifndef HEARTH_BASE_ERR_H
#define HEARTH_BASE_ERR_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,         /* a value that is wrong in itself: syntax, range, unknown code */
    ERR_NOT_FOUND,       /* what was named does not exist */
    ERR_EXISTS,          /* what was to be made is there already; also a replayed message */
    ERR_UNAUTHENTICATED, /* certificate, signature or proof missing or wrong */
    ERR_DENIED,          /* known peer, but role, allow list or revocation forbids it */
    ERR_EXPIRED,         /* outside its time of validity: query, epoch, certificate */
    ERR_BUDGET,          /* a budget or a size limit is used up */
    ERR_VERSION,         /* protocol, catalogue or file version not spoken here */
    ERR_UNAVAILABLE,     /* peer unreachable or stopping, no usable answer; retrying may help */
    ERR_CORRUPT,         /* stored bytes fail authentication or structure */
    ERR_IO,              /* the operating system said no: disk, network, permissions */
    ERR_INTERNAL         /* anything else */
};

enum { ERR_FIELD_MAX = 96, ERR_TEXT_MAX = 400 };

/* field: dotted path of the offending field ("children[0].age"), "" where there is none.
 * text: one sentence for a person that names the value and what would be valid. Never a secret. */
struct err {
    enum err_code code;
    char field[ERR_FIELD_MAX];
    char text[ERR_TEXT_MAX];
    int64_t retry_ms; /* 0, or after how long it is worth trying again */
};

/* Fills `err` and returns false, so that callers can `return err_set(...)`.
 * field may be NULL (= ""). Over-long texts are cut, never overrun. */
bool err_set(struct err *err, enum err_code code, const char *field, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Like err_set with ERR_IO, appending ": " and strerror of `errno_value`. Returns false. */
bool err_set_errno(struct err *err, int errno_value, const char *field, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Says after how long it is worth trying again, 1 ms or more; err_set and err_set_errno take that
 * back. Returns false: `return err_retry(err, 10000)`. */
bool err_retry(struct err *err, int64_t retry_ms);

/* Puts "prefix" and a dot (or nothing where the field starts with '[') before err->field. Returns
 * false, for use on the way up: `return err_in(err, "location")`. */
bool err_in(struct err *err, const char *prefix);

/* Stable lower-case name of a code ("invalid", "not_found", ...), for logs and --json. */
const char *err_code_name(enum err_code code);
/* And back; ERR_INTERNAL where there is none of that name. */
enum err_code err_code_find(const char *name);

/* A caller's bug or a broken invariant: prints expression, file and line on stderr and aborts.
 * The expression must not hold a secret in its text. */
#define REQUIRE(condition) ((condition) ? (void)0 : require_failed(#condition, __FILE__, __LINE__))
_Noreturn void require_failed(const char *expression, const char *file, int line);

#endif
