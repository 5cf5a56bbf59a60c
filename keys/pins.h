/* SPDX-License-Identifier: Apache-2.0
 * What has been seen and must not go backwards: the highest certificate serial of each (role,
 * organisation) and the highest number of a revocation list. A plain text file, because it only
 * ever makes its owner stricter: it is as trustworthy as the home directory that it lies in.
 */
#ifndef HEARTH_KEYS_PINS_H
#define HEARTH_KEYS_PINS_H

#include "keys/identity.h"

#define PINS_FIRST_LINE "hearth pins 1\n"
enum { PINS_MAX = 100000, PINS_FILE_MAX = 8 << 20 };

struct pin {
    uint64_t serial;
    enum role role;
    char organisation[ID_MAX + 1];
};

/* Zero-initialise with the path set (or NULL: memory only), then pins_load. */
struct pins {
    char *path; /* owned */
    uint64_t stamp;
    struct pin *list;
    size_t count, cap;
    uint64_t revocation_number;
    bool dirty; /* something has risen since the file was written */
    bool stuck; /* the last attempt to write it failed */
};

/* Merges the file, where it exists and has changed, into the pins: each keeps the higher value.
 * ERR_CORRUPT where it does not parse. */
MUST_CHECK bool pins_load(struct pins *pins, struct err *err);
void pins_free(struct pins *pins);
/* The highest serial seen, 0 where none. */
uint64_t pins_serial(const struct pins *pins, enum role role, const char *organisation);
/* Raises (never lowers) a pin, in memory at once, in the file with the next pins_flush. ERR_IO
 * where the last flush failed: what cannot be kept is not accepted. */
MUST_CHECK bool pins_raise(struct pins *pins, enum role role, const char *organisation,
                           uint64_t serial, struct err *err);
void pins_raise_revocation(struct pins *pins, uint64_t number);
/* Writes what has risen. Other processes with the same file are waited for and merged. Waits for
 * the disk, which is why raising does not write: hundreds of parties may be met within a second. */
MUST_CHECK bool pins_flush(struct pins *pins, struct err *err);

#endif
