/* SPDX-License-Identifier: Apache-2.0
 * The Authority of the seeds in corpus/audit_export and corpus/audit_package, made for them alone.
 */
#ifndef TESTS_FUZZ_AUDIT_ROOT_H
#define TESTS_FUZZ_AUDIT_ROOT_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "keys/identity.h"

static const char audit_root_text[] =
    "-----BEGIN HEARTH ROOT-----\n"
    "CrcBCnMIARABGAEiCWF1dGhvcml0eSoOVGVzdCBBdXRob3JpdHk4gNya4KE0QIDM\n"
    "yce4PUogFtdWB3NHjRLVYVUQHw2zjCbEIdEogkOOeGVCr+9ONLtSIJi36ZxD2qkh\n"
    "e7S9FG+yiIoPpBLCXKNOzle/h6IMAH4lEkC0cqGQHbdV0mwUPmuZ/EQLariG4dbI\n"
    "CK3BqqxI0AS7OnGJWIm0kVp38LDotAYA7aoO2SLB6bwayDx/WQf4rlQCEpADMIIB\n"
    "jDCCATKgAwIBAgIBATAKBggqhkjOPQQDAjAsMSowKAYDVQQDDCFIZWFydGggQXV0\n"
    "aG9yaXR5IGRhMTQ4Yzk3ZjNiNGVkYmQwHhcNMjYxMTI3MDgwMDA5WhcNMzYxMTI0\n"
    "MDgwMjA5WjAsMSowKAYDVQQDDCFIZWFydGggQXV0aG9yaXR5IGRhMTQ4Yzk3ZjNi\n"
    "NGVkYmQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATa5iR2LcjlNS6sXMq0+aT7\n"
    "RzQhaPFXyDMmC9uXUGvSWCrl+MlV1zZu1Gz6iNs3NcQGegRzlcF0fUb7gBFbcGOx\n"
    "o0UwQzASBgNVHRMBAf8ECDAGAQH/AgEAMA4GA1UdDwEB/wQEAwIBBjAdBgNVHQ4E\n"
    "FgQUvzvLFpN4xVbLowft2+1x7jycSXowCgYIKoZIzj0EAwIDSAAwRQIhAMqwIcW6\n"
    "8/9HgpyiA7qOEPe1getwAQvwA2f9KcDFwCQDAiBaBGmOTeO+HAcbV60jnNO60SP0\n"
    "J2zuyE3/t5r4VTn+AA==\n"
    "-----END HEARTH ROOT-----\n";

/* Opened once, for the life of the process. */
static inline struct trust *audit_root_trust(void)
{
    static struct trust *trust;
    if (trust) return trust;
    char path[64];
    struct err err = {0};
    int fd = memfd_create("authority.root", 0);
    REQUIRE(sodium_init() >= 0 && fd >= 0);
    REQUIRE(write(fd, audit_root_text, strlen(audit_root_text)) ==
            (ssize_t)strlen(audit_root_text));
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    REQUIRE(trust_open(path, NULL, NULL, &trust, &err));
    (void)close(fd);
    return trust;
}

#endif
