/* SPDX-License-Identifier: Apache-2.0
 * Inside of the calling side, for the files dial*.c, contribute.c, their tests and a fuzzer.
 */
#ifndef HEARTH_FIGURES_DIAL_INTERNAL_H
#define HEARTH_FIGURES_DIAL_INTERNAL_H

#include "keys/signed.h"
#include "proto/figures.pb-c.h"
#include "proto/figures/dial.h"
#include "proto/rpc/talk.h"

enum {
    DIAL_STEP_MS = 120000,  /* for each answer: others' contributions may be checked before it */
    DIAL_LIST_MS = 600000,  /* for a list as a whole */
    DIAL_MANIFESTS_MAX = 64 /* of a list; as many tables of each are released at most */
};

struct dial {
    struct dial_parts parts;
    struct talk *talk;
    struct certificate peer;
    int64_t step_ms; /* DIAL_STEP_MS */
    int stop_fd;
};
/* dial_open; stop_fd as in contribute_parts. */
MUST_CHECK bool dial_open_until(const struct dial_parts *parts, int stop_fd, struct dial **out,
                                struct err *err);
/* Whether that has become readable. */
bool dial_asked_to_stop(int stop_fd);

/* NULL where the bytes are no ToFigures of at most FIGURES_MESSAGE_MAX bytes with all parts that
 * its kind needs. hearth__v1__to_figures__free_unpacked frees. */
Hearth__V1__ToFigures *dial_unpack(const uint8_t *data, size_t len);
void dial_send(struct dial *dial, const Hearth__V1__FromFigures *message);
/* The next message, within step_ms; NULL with err, which for a refusal (*refused) is its reason.
 * hash: of the body that was sent, which a refusal must name; NULL: any. */
Hearth__V1__ToFigures *dial_answer(struct dial *dial, const uint8_t *hash, bool *refused,
                                   struct err *err);
/* The same, of that kind, any hash: any other is ERR_UNAVAILABLE. What ended the stream is told as
 * it is. */
Hearth__V1__ToFigures *dial_expect(struct dial *dial, Hearth__V1__ToFigures__KindCase kind,
                                   struct err *err);
/* ERR_UNAVAILABLE: "the matcher sent what makes no sense". Returns false. */
bool dial_nonsense(const struct dial *dial, const char *what, struct err *err);

/* A put, with the contributor's certificate where a hub passes it on (else NULL), and the check of
 * its receipt, as dial_put. */
MUST_CHECK bool dial_put_for(struct dial *dial, const struct signed_bytes *contribution,
                             const struct certificate *contributor, struct signed_bytes *receipt,
                             struct err *err);

#endif
