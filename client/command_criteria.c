/* SPDX-License-Identifier: Apache-2.0 */
#include "client/commands.h"
#include "proto/domain/criteria.h"

int command_criteria(int argc, char **argv)
{
    return criteria_command(argc, argv);
}
