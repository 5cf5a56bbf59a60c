/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/metrics/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/text.h"

enum { BACKLOG = 8, LOOPBACK_NET = 127 };

/* An address as the socket calls take it. */
struct place {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    socklen_t len;
};

static bool set_v4(const char *host, uint16_t port, struct place *out)
{
    struct in_addr address;
    if (strcasecmp(host, "localhost") == 0) host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address) != 1) return false;
    if (ntohl(address.s_addr) >> 24 != LOOPBACK_NET) return false;
    out->address.v4 =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = address};
    out->len = sizeof out->address.v4;
    return true;
}

static bool set_v6(const char *host, uint16_t port, struct place *out)
{
    struct in6_addr address;
    if (inet_pton(AF_INET6, host, &address) != 1 || !IN6_IS_ADDR_LOOPBACK(&address)) return false;
    out->address.v6 = (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address};
    out->len = sizeof out->address.v6;
    return true;
}

/* The host alone, with [ ] of an IPv6 address still around it. */
static bool set_host(const char *host, uint16_t port, struct place *out)
{
    char bare[METRICS_LISTEN_MAX];
    size_t len = strlen(host);
    if (len >= sizeof bare) return false;
    if (len < 2 || host[0] != '[' || host[len - 1] != ']') return set_v4(host, port, out);
    memcpy(bare, host + 1, len - 2);
    bare[len - 2] = '\0';
    return set_v6(bare, port, out);
}

static bool parse(const char *text, struct place *out, struct err *err)
{
    char host[METRICS_LISTEN_MAX];
    int64_t port = 0;
    const char *colon = strrchr(text, ':');
    bool ok = strlen(text) < sizeof host && text_is_address(text, 0) &&
              text_integer(colon + 1, 0, UINT16_MAX, &port);
    if (ok) {
        (void)snprintf(host, sizeof host, "%.*s", (int)(colon - text), text);
        ok = set_host(host, (uint16_t)port, out);
    }
    return ok || err_set(err, ERR_INVALID, "metrics_listen",
                         "\"%.100s\": an address of this machine alone and a port are wanted, such "
                         "as 127.0.0.1:9464 or [::1]:9464, or \"\" for none",
                         text);
}

bool metrics_listen_check(const char *text, struct err *err)
{
    struct place place = {.len = 0};
    return text[0] == '\0' || parse(text, &place, err);
}

static bool bind_to(int fd, struct place *place, struct err *err)
{
    const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, &place->address.any, place->len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, &place->address.any, &place->len) != 0) {
        return err_set_errno(err, errno, "metrics_listen", "cannot listen there");
    }
    return true;
}

bool loopback_listen(const char *text, int *fd, uint16_t *port, struct err *err)
{
    struct place place = {.len = 0};
    if (!parse(text, &place, err)) return false;
    *fd = socket(place.address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0) return err_set_errno(err, errno, "metrics_listen", "cannot make a socket");
    if (!bind_to(*fd, &place, err)) {
        (void)close(*fd);
        *fd = -1;
        return false;
    }
    *port = ntohs(place.address.any.sa_family == AF_INET ? place.address.v4.sin_port
                                                         : place.address.v6.sin6_port);
    return true;
}

bool loopback_is_host(const char *host)
{
    char name[METRICS_LISTEN_MAX];
    struct place place = {.len = 0};
    const char *end = strrchr(host, ':');
    /* The colons inside of [ ] are the address's. */
    size_t len = end && !strchr(end, ']') ? (size_t)(end - host) : strlen(host);
    if (len >= sizeof name) return false;
    memcpy(name, host, len);
    name[len] = '\0';
    return set_host(name, 0, &place);
}
