/* SPDX-License-Identifier: Apache-2.0
 * One contribution put, and its receipt.
 */
#include <string.h>

#include "proto/base/text.h"
#include "proto/crypto/wire.h"
#include "proto/figures/dial_internal.h"

static void send_put(struct dial *dial, const struct signed_bytes *contribution,
                     const struct certificate *contributor)
{
    Hearth__V1__Signed raw = signed_message_of(contribution);
    Hearth__V1__Signed sender = HEARTH__V1__SIGNED__INIT;
    Hearth__V1__FiguresPut put = HEARTH__V1__FIGURES_PUT__INIT;
    Hearth__V1__FromFigures message = HEARTH__V1__FROM_FIGURES__INIT;
    put.contribution = &raw;
    if (contributor) {
        sender = signed_message_of(&contributor->raw);
        put.certificate = &sender;
    }
    message.kind_case = HEARTH__V1__FROM_FIGURES__KIND_PUT;
    message.put = &put;
    dial_send(dial, &message);
}

/* One for another contribution would have that taken for delivered. */
static bool check_receipt(const struct dial *dial, const uint8_t hash[HASH_BYTES],
                          const struct signed_bytes *raw, struct err *err)
{
    const struct certificate *peer = &dial->peer;
    struct figures_receipt receipt;
    if (!certificate_verify(peer, TAG_FIGURES_RECEIPT, raw->body.data, raw->body.len,
                            raw->signature, SIGNATURE_BYTES, err) ||
        !figures_receipt_decode(raw->body.data, raw->body.len, &receipt, err)) {
        return dial_nonsense(dial, "a receipt that does not verify", err);
    }
    if (receipt.role != peer->role || strcmp(receipt.organisation, peer->organisation) != 0 ||
        sodium_memcmp(receipt.contribution_hash, hash, HASH_BYTES) != 0) {
        return dial_nonsense(dial, "a receipt for something else", err);
    }
    return true;
}

static bool take_receipt(const struct dial *dial, const uint8_t hash[HASH_BYTES],
                         const Hearth__V1__Signed *message, struct signed_bytes *out,
                         struct err *err)
{
    struct signed_bytes receipt;
    if (!signed_bytes_of_message(message, "receipt", &receipt, err)) {
        return dial_nonsense(dial, "a receipt without a signature", err);
    }
    if (!check_receipt(dial, hash, &receipt, err)) {
        signed_bytes_free(&receipt);
        return false;
    }
    *out = receipt;
    return true;
}

bool dial_put_for(struct dial *dial, const struct signed_bytes *contribution,
                  const struct certificate *contributor, struct signed_bytes *receipt,
                  struct err *err)
{
    uint8_t hash[HASH_BYTES];
    bool refused = false;
    hash_once(hash, TAG_CONTRIBUTION, contribution->body.data, contribution->body.len);
    send_put(dial, contribution, contributor);
    Hearth__V1__ToFigures *message = dial_answer(dial, hash, &refused, err);
    if (!message) {
        /* The status of a stream that has ended says nothing of this contribution. */
        if (!refused) err->code = ERR_UNAVAILABLE;
        return false;
    }
    bool ok = message->kind_case == HEARTH__V1__TO_FIGURES__KIND_RECEIPT
                  ? take_receipt(dial, hash, message->receipt, receipt, err)
                  : dial_nonsense(dial, "something else than a receipt", err);
    hearth__v1__to_figures__free_unpacked(message, NULL);
    return ok;
}

bool dial_put(struct dial *dial, const struct signed_bytes *contribution,
              struct signed_bytes *receipt, struct err *err)
{
    return dial_put_for(dial, contribution, NULL, receipt, err);
}
