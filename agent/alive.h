/* SPDX-License-Identifier: Apache-2.0
 * Which parts of a serving agent the service manager's watchdog watches: those that answer queries
 * and take messages. Not the threads that clean up and contribute figures, which may be at one
 * thing for long.
 */
#ifndef HEARTH_AGENT_ALIVE_H
#define HEARTH_AGENT_ALIVE_H

#include "agent/answer.h"
#include "agent/post.h"
#include "proto/base/watchdog.h"

struct alive_parts {
    struct answerer *answerer;
    struct keeper *keeper;
    struct sender *sender;
    struct post *post;
};
/* watchdog_free after all of them have been stopped. */
struct watchdog *alive_start(const struct alive_parts *parts);

#endif
