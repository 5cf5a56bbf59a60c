/* SPDX-License-Identifier: Apache-2.0 */
#include "client/commands.h"
#include "client/la.h"
#include "proto/domain/gazetteer_command.h"

int command_gazetteer_import(int argc, char **argv)
{
    return gazetteer_command_import(argc, argv, la_home);
}

int command_gazetteer_show(int argc, char **argv)
{
    return gazetteer_command_show(argc, argv, la_home);
}

int command_gazetteer_status(int argc, char **argv)
{
    return gazetteer_command_status(argc, argv, la_home);
}
