/* SPDX-License-Identifier: Apache-2.0
 * The registry of open searches: how many there are, and which one a query hash belongs to.
 */
#ifndef HEARTH_MATCHER_SEARCHES_H
#define HEARTH_MATCHER_SEARCHES_H

#include "proto/crypto/message.h"

struct search;
struct searches;

struct searches *searches_new(uint32_t max, uint32_t max_per_la);
void searches_free(struct searches *searches); /* must be empty */
/* Takes a reference of the search until searches_leave. ERR_BUDGET where too many are open. */
MUST_CHECK bool searches_enter(struct searches *searches, struct search *search, const char *la,
                               struct err *err);
/* The query's hash, from when on searches_find knows it. */
void searches_name(struct searches *searches, struct search *search,
                   const uint8_t hash[HASH_BYTES]);
/* Leaving twice is harmless. */
void searches_leave(struct searches *searches, struct search *search);
/* A reference to the search with that query hash, or NULL. */
struct search *searches_find(struct searches *searches, const uint8_t hash[HASH_BYTES]);
size_t searches_count(struct searches *searches);
/* All of them with a reference each; the caller lets each go and frees the array. */
struct search **searches_list(struct searches *searches, size_t *count);

#endif
