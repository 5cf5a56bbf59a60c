/* SPDX-License-Identifier: Apache-2.0
 * The version of the programs: what --version says, and what stores and backups are stamped with.
 */
#ifndef HEARTH_BASE_VERSION_H
#define HEARTH_BASE_VERSION_H

#define HEARTH_VERSION "0.1.0"

#endif
