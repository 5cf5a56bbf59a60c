/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/domain/gazetteer.h"

bool gazetteer_open(const char *path, struct gazetteer **out, struct err *err)
{
    (void)path;
    *out = NULL;
    return err_set(err, ERR_NOT_FOUND, "gazetteer", "there is none");
}

bool gazetteer_open_home(const char *home, struct gazetteer **out, struct err *err)
{
    (void)home;
    (void)err;
    *out = NULL;
    return true;
}

void gazetteer_close(struct gazetteer *gazetteer)
{
    (void)gazetteer;
}
