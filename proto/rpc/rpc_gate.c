/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/rpc/rpc_gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sodium.h>

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/rpc/rpc_bucket.h"

enum {
    BUCKETS = 4096,       /* a power of two; addresses that fall into one share it */
    SWEEP_MS = 50,        /* looking which connections have ended, not more often than that */
    FILES_RESERVED = 256, /* descriptors for all but connections */
    LOG_MS = 1000
};

struct connection {
    int fd;
    ino_t inode;   /* a descriptor's number is used again, this is not for long */
    uint64_t site; /* IPv4 address, or what one site has of IPv6 at least: a /64 */
    char peer[INET6_ADDRSTRLEN + 16];
};

struct rpc_gate {
    struct rpc_gate *next;
    int port;
    struct rpc_limits limits;
    struct connection *connections; /* limits.connections of them; some may have ended */
    size_t count;
    struct rpc_bucket buckets[BUCKETS];
    uint8_t key[crypto_shorthash_KEYBYTES];
    int64_t swept_ms, logged_ms;
    struct rpc_refused refused;
};

/* accept4 comes without a context. */
static struct {
    pthread_mutex_t lock;
    struct rpc_gate *first;
} gates = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- who it is ---- */

uint64_t rpc_gate_site(const struct sockaddr_storage *from)
{
    /* No site has a network of ff00::/8: those are multicast. */
    uint8_t site[8] = {0xff, 0xff, 0xff, 0xff};
    const struct sockaddr_in *in = (const void *)from;
    const struct sockaddr_in6 *in6 = (const void *)from;
    uint64_t out = 0;
    if (from->ss_family == AF_INET) {
        memcpy(site + 4, &in->sin_addr, 4);
    } else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        memcpy(site + 4, in6->sin6_addr.s6_addr + 12, 4);
    } else {
        memcpy(site, &in6->sin6_addr, sizeof site);
    }
    memcpy(&out, site, sizeof out);
    return out;
}

static bool read_peer(const struct sockaddr_storage *from, struct connection *out)
{
    char host[INET6_ADDRSTRLEN];
    if (from->ss_family != AF_INET && from->ss_family != AF_INET6) return false;
    out->site = rpc_gate_site(from);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)from;
        (void)snprintf(out->peer, sizeof out->peer, "ipv4:%s:%u",
                       inet_ntop(AF_INET, &in->sin_addr, host, sizeof host), ntohs(in->sin_port));
        return true;
    }
    const struct sockaddr_in6 *in6 = (const void *)from;
    bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
    const uint8_t *address = in6->sin6_addr.s6_addr + (mapped ? 12 : 0);
    (void)snprintf(out->peer, sizeof out->peer, mapped ? "ipv4:%s:%u" : "ipv6:%%5B%s%%5D:%u",
                   inet_ntop(mapped ? AF_INET : AF_INET6, address, host, sizeof host),
                   ntohs(in6->sin6_port));
    return true;
}

static int port_of(int listener)
{
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    if (getsockname(listener, (struct sockaddr *)&at, &len) != 0) return -1;
    if (at.ss_family == AF_INET) return ntohs(((const struct sockaddr_in *)(void *)&at)->sin_port);
    if (at.ss_family != AF_INET6) return -1;
    return ntohs(((const struct sockaddr_in6 *)(void *)&at)->sin6_port);
}

/* ---- what is open ---- */

static bool is_open(const struct connection *connection)
{
    struct stat now;
    return fstat(connection->fd, &now) == 0 && S_ISSOCK(now.st_mode) &&
           now.st_ino == connection->inode;
}

static void sweep(struct rpc_gate *gate, int64_t now_ms)
{
    size_t kept = 0;
    if (gate->swept_ms > 0 && now_ms < gate->swept_ms + SWEEP_MS) return;
    gate->swept_ms = now_ms;
    for (size_t i = 0; i < gate->count; i++) {
        if (is_open(&gate->connections[i])) gate->connections[kept++] = gate->connections[i];
    }
    gate->count = kept;
}

static bool has_room(const struct rpc_gate *gate, const struct connection *fresh)
{
    size_t own = 0;
    if (gate->count >= gate->limits.connections) return false;
    for (size_t i = 0; i < gate->count; i++) {
        own += gate->connections[i].site == fresh->site;
    }
    return own < gate->limits.connections_a_site;
}

static bool is_too_fast(struct rpc_gate *gate, const struct connection *fresh, int64_t now_ms)
{
    uint8_t hash[crypto_shorthash_BYTES];
    (void)crypto_shorthash(hash, (const uint8_t *)&fresh->site, sizeof fresh->site, gate->key);
    size_t place = (hash[0] | (size_t)hash[1] << 8) % BUCKETS;
    return !rpc_bucket_take(&gate->buckets[place], gate->limits.handshakes_per_s, 1, now_ms);
}

static void note_refusal(struct rpc_gate *gate, const struct connection *fresh, const char *why,
                         int64_t now_ms)
{
    if (gate->logged_ms > 0 && now_ms < gate->logged_ms + LOG_MS) return;
    gate->logged_ms = now_ms;
    log_warn("connection_refused", "from=%s reason=\"%s\" connections=%zu", fresh->peer, why,
             gate->count);
}

static bool admit(struct rpc_gate *gate, int fd, const struct sockaddr_storage *from)
{
    struct connection fresh = {.fd = fd};
    struct stat socket;
    int64_t now_ms = clock_steady_ms();
    if (!read_peer(from, &fresh) || fstat(fd, &socket) != 0) return false;
    fresh.inode = socket.st_ino;
    if (is_too_fast(gate, &fresh, now_ms)) {
        gate->refused.handshakes++;
        note_refusal(gate, &fresh, "too many in too short a time", now_ms);
        return false;
    }
    if (!has_room(gate, &fresh)) sweep(gate, now_ms);
    if (!has_room(gate, &fresh)) {
        gate->refused.connections++;
        note_refusal(gate, &fresh, "too many are open", now_ms);
        return false;
    }
    gate->connections[gate->count++] = fresh;
    return true;
}

/* ---- in the place of libc's ---- */

static bool admit_on(int listener, int fd, const struct sockaddr_storage *from)
{
    int port = port_of(listener);
    bool admitted = true;
    (void)pthread_mutex_lock(&gates.lock);
    struct rpc_gate *gate = gates.first;
    while (gate && gate->port != port) gate = gate->next;
    if (gate) admitted = admit(gate, fd, from);
    (void)pthread_mutex_unlock(&gates.lock);
    return admitted;
}

/* The peer learns at once, and nothing of it stays in the kernel. */
static void reset(int fd)
{
    const struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    (void)close(fd);
}

/* gRPC 1.51 takes any error but EINTR and EAGAIN for the end of its listener: a server that was out
 * of descriptors for a moment would never take a connection again. Told EAGAIN, it leaves the
 * connection with the kernel and accepts all that wait when the next one comes. */
static bool passes(int code)
{
    switch (code) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ECONNABORTED: return true;
    default: return false;
    }
}

int rpc_gate_accept(int listener, struct sockaddr *from, socklen_t *len,
                    int flags) __asm__("accept4");

int rpc_gate_accept(int listener, struct sockaddr *from, socklen_t *len, int flags)
{
    for (;;) {
        struct sockaddr_storage peer = {0};
        socklen_t size = sizeof peer;
        int fd = (int)syscall(SYS_accept4, listener, &peer, &size, flags);
        if (fd < 0) {
            if (passes(errno)) errno = EAGAIN;
            return fd;
        }
        if (!admit_on(listener, fd, &peer)) {
            reset(fd);
            continue;
        }
        if (from && len) {
            memcpy(from, &peer, size < *len ? size : *len);
            *len = size;
        }
        return fd;
    }
}

/* ---- opening and closing ---- */

static uint32_t affordable(uint32_t wanted)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return wanted;
    rlim_t most = files.rlim_cur > 2 * (rlim_t)FILES_RESERVED ? files.rlim_cur - FILES_RESERVED
                                                              : files.rlim_cur / 2;
    if (most >= wanted) return wanted;
    log_warn("few_files", "connections=%llu wanted=%u reason=\"the limit of open files\"",
             (unsigned long long)most, wanted);
    return (uint32_t)most;
}

struct rpc_gate *rpc_gate_open(int port, const struct rpc_limits *limits)
{
    struct rpc_gate *gate = mem_new(struct rpc_gate);
    gate->port = port;
    gate->limits = *limits;
    gate->limits.connections = affordable(limits->connections);
    gate->connections = mem_array(gate->limits.connections, sizeof *gate->connections);
    randombytes_buf(gate->key, sizeof gate->key);
    (void)pthread_mutex_lock(&gates.lock);
    gate->next = gates.first;
    gates.first = gate;
    (void)pthread_mutex_unlock(&gates.lock);
    return gate;
}

void rpc_gate_close(struct rpc_gate *gate)
{
    if (!gate) return;
    (void)pthread_mutex_lock(&gates.lock);
    struct rpc_gate **place = &gates.first;
    while (*place != gate) place = &(*place)->next;
    *place = gate->next;
    (void)pthread_mutex_unlock(&gates.lock);
    free(gate->connections);
    free(gate);
}

void rpc_gate_cut(struct rpc_gate *gate, const char *peer)
{
    (void)pthread_mutex_lock(&gates.lock);
    for (size_t i = 0; i < gate->count; i++) {
        const struct connection *connection = &gate->connections[i];
        if (strcmp(connection->peer, peer) != 0 || !is_open(connection)) continue;
        (void)shutdown(connection->fd, SHUT_RDWR); /* gRPC closes it */
    }
    (void)pthread_mutex_unlock(&gates.lock);
}

void rpc_gate_refused(struct rpc_gate *gate, struct rpc_refused *out)
{
    (void)pthread_mutex_lock(&gates.lock);
    out->connections += gate->refused.connections;
    out->handshakes += gate->refused.handshakes;
    (void)pthread_mutex_unlock(&gates.lock);
}
