/* SPDX-License-Identifier: Apache-2.0
 * A message from its content to the bytes that travel.
 */
#include <string.h>

#include "proto/base/clock.h"
#include "proto/mail/correspondence.h"

bool correspondence_write(struct correspondence *correspondence, const struct identity *sender,
                          const struct certificate *receiver, const struct content *content,
                          struct entry *entry, struct err *err)
{
    struct buf encoded = {0};
    struct signed_bytes mail = {0};
    entry->mail.sent_at = clock_wall_ms();
    memcpy(entry->peer_name, receiver->name, sizeof entry->peer_name);
    content_encode(content, &encoded);
    bool ok = mail_write(&entry->mail, sender, receiver, &encoded, &mail, err) &&
              correspondence_put(correspondence, entry, content, &mail, err);
    buf_wipe(&encoded);
    signed_bytes_free(&mail);
    return ok;
}
