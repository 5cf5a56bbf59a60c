/* SPDX-License-Identifier: Apache-2.0
 * Look-ups in the catalogue, remembered during one import: a file says the same few words thousands
 * of times, and a suggestion for a misspelt one takes longest.
 */
#ifndef HEARTH_AGENT_CODE_CACHE_H
#define HEARTH_AGENT_CODE_CACHE_H

#include "proto/domain/catalogue.h"

struct code_cache;
struct code_cache *code_cache_new(const struct catalogue *catalogue);
void code_cache_free(struct code_cache *cache); /* wipes; NULL is fine */

/* As catalogue_match. group: NULL or a text that lives as long as the cache. */
MUST_CHECK bool code_cache_match(struct code_cache *cache, const char *group, const char *text,
                                 const struct criterion **out, struct err *err);

#endif
