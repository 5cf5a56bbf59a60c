/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/metrics/metrics_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#include "proto/base/clock.h"
#include "proto/base/mem.h"
#include "proto/metrics/loopback.h"

enum {
    LOOK_MS = 1000,           /* between looks at what takes too long */
    CONNECTION_MEMORY = 16384 /* request and headers */
};

struct connection {
    struct MHD_Connection *handle; /* NULL: this place is free */
    int fd;
    int64_t until_ms; /* steady */
};

struct metrics_server {
    const struct metrics *metrics;
    char *address;
    int stop_fd;
    struct MHD_Daemon *daemon;
    struct connection connections[METRICS_CONNECTIONS_MAX]; /* the thread's own */
    pthread_t thread;
    pthread_mutex_t lock; /* guards the picture */
    struct buf picture;
    int64_t taken_ms; /* steady */
    bool well;
};

/* ---- answers ---- */

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
                               const void *body, size_t len)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(len, (void *)(uintptr_t)body, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED) {
        (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
    }
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result say(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return respond(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result send_picture(struct metrics_server *server,
                                    struct MHD_Connection *connection)
{
    (void)pthread_mutex_lock(&server->lock);
    enum MHD_Result result =
        respond(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
                server->picture.data, server->picture.len);
    (void)pthread_mutex_unlock(&server->lock);
    return result;
}

static enum MHD_Result send_health(struct metrics_server *server, struct MHD_Connection *connection)
{
    (void)pthread_mutex_lock(&server->lock);
    bool fresh = clock_steady_ms() - server->taken_ms <= METRICS_HEALTH_MS;
    bool well = server->well;
    (void)pthread_mutex_unlock(&server->lock);
    if (!fresh) return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "does not respond\n");
    if (!well) return say(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "trouble\n");
    return say(connection, MHD_HTTP_OK, "ok\n");
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **state)
{
    struct metrics_server *server = cls;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)state;
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");
    if (host && !loopback_is_host(host)) {
        return say(connection, MHD_HTTP_MISDIRECTED_REQUEST, "not a name of this machine\n");
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        return say(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    }
    if (strcmp(url, "/metrics") == 0) return send_picture(server, connection);
    if (strcmp(url, "/healthz") == 0) return send_health(server, connection);
    return say(connection, MHD_HTTP_NOT_FOUND, "/metrics and /healthz are here\n");
}

/* ---- connections: all on the thread ---- */

static void on_connection(void *cls, struct MHD_Connection *handle, void **state,
                          enum MHD_ConnectionNotificationCode code)
{
    struct metrics_server *server = cls;
    bool begins = code == MHD_CONNECTION_NOTIFY_STARTED;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(handle, MHD_CONNECTION_INFO_CONNECTION_FD);
    (void)state;
    for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
        struct connection *place = &server->connections[i];
        if (begins && !place->handle && info) {
            *place = (struct connection){handle, info->connect_fd,
                                         clock_steady_ms() + METRICS_REQUEST_MS};
            return;
        }
        if (!begins && place->handle == handle) {
            *place = (struct connection){0};
            return;
        }
    }
}

/* The library's own limit is one of silence, which a peer that sends a byte now and then escapes.
 * A connection that is shut down is found closed by the next MHD_run. */
static void cut_off(struct metrics_server *server)
{
    int64_t now_ms = clock_steady_ms();
    for (size_t i = 0; i < METRICS_CONNECTIONS_MAX; i++) {
        struct connection *place = &server->connections[i];
        if (place->handle && now_ms >= place->until_ms) (void)shutdown(place->fd, SHUT_RDWR);
    }
}

static void *serve(void *arg)
{
    struct metrics_server *server = arg;
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[] = {{.fd = info->epoll_fd, .events = POLLIN},
                           {.fd = server->stop_fd, .events = POLLIN}};
    while (fds[1].revents == 0) {
        MHD_UNSIGNED_LONG_LONG wait_ms = 0;
        if (MHD_get_timeout(server->daemon, &wait_ms) != MHD_YES || wait_ms > LOOK_MS) {
            wait_ms = LOOK_MS;
        }
        (void)poll(fds, 2, (int)wait_ms);
        (void)MHD_run(server->daemon);
        cut_off(server);
    }
    return NULL;
}

/* ---- life ---- */

static bool start_daemon(struct metrics_server *server, int fd, struct err *err)
{
    server->daemon =
        MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET,
                         fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)METRICS_CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(METRICS_REQUEST_MS / 1000),
                         MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
                         MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
    if (server->daemon) return true;
    (void)close(fd);
    return err_set(err, ERR_IO, "metrics_listen", "the HTTP server could not be started");
}

static void free_server(struct metrics_server *server)
{
    if (server->daemon) MHD_stop_daemon(server->daemon); /* closes the socket that listens */
    if (server->stop_fd >= 0) (void)close(server->stop_fd);
    (void)pthread_mutex_destroy(&server->lock);
    buf_free(&server->picture);
    free(server->address);
    free(server);
}

bool metrics_server_start(const char *address, const struct metrics *metrics,
                          struct metrics_server **out, struct err *err)
{
    int fd = -1;
    uint16_t port = 0;
    *out = NULL;
    if (address[0] == '\0') return true;
    if (!loopback_listen(address, &fd, &port, err)) return false;
    struct metrics_server *server = mem_new(struct metrics_server);
    server->metrics = metrics;
    server->address =
        mem_format("%.*s:%u", (int)(strrchr(address, ':') - address), address, (unsigned)port);
    server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    REQUIRE(pthread_mutex_init(&server->lock, NULL) == 0);
    if (server->stop_fd < 0) {
        (void)close(fd);
        (void)err_set_errno(err, errno, "metrics_listen", "cannot make an eventfd");
        free_server(server);
        return false;
    }
    metrics_server_publish(server, true);
    if (!start_daemon(server, fd, err)) {
        free_server(server);
        return false;
    }
    REQUIRE(pthread_create(&server->thread, NULL, serve, server) == 0);
    *out = server;
    return true;
}

void metrics_server_publish(struct metrics_server *server, bool well)
{
    struct buf fresh = {0};
    if (!server) return;
    metrics_render(server->metrics, &fresh);
    (void)pthread_mutex_lock(&server->lock);
    struct buf old = server->picture;
    server->picture = fresh;
    server->taken_ms = clock_steady_ms();
    server->well = well;
    (void)pthread_mutex_unlock(&server->lock);
    buf_free(&old);
}

const char *metrics_server_address(const struct metrics_server *server)
{
    return server ? server->address : "";
}

void metrics_server_stop(struct metrics_server *server)
{
    if (!server) return;
    (void)eventfd_write(server->stop_fd, 1);
    (void)pthread_join(server->thread, NULL);
    free_server(server);
}
