/* SPDX-License-Identifier: Apache-2.0
 * The queries of each search, in HOME/records: written down before they are sent, completed with
 * what came of them.
 */
#ifndef HEARTH_CLIENT_RECORDS_RUNS_H
#define HEARTH_CLIENT_RECORDS_RUNS_H

#include "client/records.h"
#include "client/run.h"

/* Writes down runs of the search of that name, all or none; durable when it returns. numbers: gets
 * `count` of them, which are the search's next ones. */
MUST_CHECK bool records_add_runs(struct records *records, const uint8_t name[HASH_BYTES],
                                 const struct run *runs, size_t count, uint64_t *numbers,
                                 struct err *err);

/* What came of a run. */
struct run_ending {
    int64_t at_ms;
    const struct signed_bytes *result; /* NULL: none, because of `error` */
    enum err_code error;
};
/* ERR_NOT_FOUND where the run is no longer there. */
MUST_CHECK bool records_end_run(struct records *records, const uint8_t name[HASH_BYTES],
                                uint64_t number, const struct run_ending *ending, struct err *err);

/* One run whole; ERR_NOT_FOUND. run_free frees. */
MUST_CHECK bool records_get_run(struct records *records, const uint8_t name[HASH_BYTES],
                                uint64_t number, struct run *out, struct err *err);

/* A run as it is listed. */
struct run_ref {
    uint8_t name[HASH_BYTES]; /* of its search */
    uint64_t number;          /* within it, from 1 */
    struct run_head head;
};
/* All runs of one search, or of all (name NULL), those of a search in the order of asking. *out is
 * never NULL; records_list_free. */
MUST_CHECK bool records_list_runs(struct records *records, const uint8_t *name,
                                  struct run_ref **out, size_t *count, struct err *err);

/* Wipes and frees a list of this file or of records_kept.h: `count` entries of `size` bytes. NULL
 * is fine. */
void records_list_free(void *list, size_t count, size_t size);

#endif
