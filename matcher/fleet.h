/* SPDX-License-Identifier: Apache-2.0
 * The agents that are attached: one stream an agency.
 */
#ifndef HEARTH_MATCHER_FLEET_H
#define HEARTH_MATCHER_FLEET_H

#include <stdatomic.h>

#include "keys/identity.h"
#include "proto/rpc/rpc.h"

struct matcher;

enum {
    AGENT_UNANSWERED_MAX =
        512,                 /* queries that one agent may leave unanswered before it is let go */
    AGENT_NONSENSE_MAX = 16, /* refused messages after which it is let go */
    AGENT_STALLED_MS = 60000 /* in which it has to take the message that is sent to it */
};

/* One attachment, reference counted. id, certificate and catalogue do not change once it is
 * attached. */
struct agent {
    atomic_uint refs;
    struct matcher *matcher;
    struct rpc_stream *stream; /* one reference */
    char id[ID_MAX + 1];
    struct certificate certificate;
    uint32_t catalogue;  /* the version that its hello named */
    atomic_bool greeted; /* its hello was accepted */
    atomic_uint unanswered, nonsense;
};
struct agent *agent_new(struct matcher *matcher, struct rpc_stream *stream);
struct agent *agent_ref(struct agent *agent);
void agent_unref(struct agent *agent);

struct fleet;
struct fleet *fleet_new(void);
void fleet_free(struct fleet *fleet);
/* Adds; returns the older attachment of the same agency, which it replaces, with a reference, or
 * NULL. */
struct agent *fleet_attach(struct fleet *fleet, struct agent *agent);
/* Removes exactly this attachment; false where it is not (or no longer) in. */
bool fleet_detach(struct fleet *fleet, struct agent *agent);
size_t fleet_count(struct fleet *fleet);
/* All attachments, ascending by id, with a reference each; fleet_list_free. */
struct agent **fleet_list(struct fleet *fleet, size_t *count);
void fleet_list_free(struct agent **agents, size_t count);

#endif
