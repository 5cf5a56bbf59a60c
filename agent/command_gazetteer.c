/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/commands.h"
#include "agent/home.h"
#include "proto/domain/gazetteer_command.h"

int command_gazetteer_import(int argc, char **argv)
{
    return gazetteer_command_import(argc, argv, home_path);
}

int command_gazetteer_show(int argc, char **argv)
{
    return gazetteer_command_show(argc, argv, home_path);
}

int command_gazetteer_status(int argc, char **argv)
{
    return gazetteer_command_status(argc, argv, home_path);
}
