/* SPDX-License-Identifier: Apache-2.0
 * The standard health service, unary half (grpc.health.v1.Health/Check).
 */
#include <stdlib.h>
#include <string.h>

#include "proto/base/mem.h"
#include "proto/health.pb-c.h"
#include "proto/rpc/rpc_internal.h"

static void reply(struct rpc_stream *stream, bool draining)
{
    Grpc__Health__V1__HealthCheckResponse response = GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__INIT;
    response.status = draining
                          ? GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__NOT_SERVING
                          : GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    size_t len = grpc__health__v1__health_check_response__get_packed_size(&response);
    uint8_t *bytes = mem_array(len, 1);
    (void)grpc__health__v1__health_check_response__pack(&response, bytes);
    (void)rpc_stream_send_bytes(stream, bytes, len);
    free(bytes);
    rpc_stream_finish(stream, RPC_OK, NULL);
}

static void on_message(struct rpc_stream *stream, const uint8_t *data, size_t len, void *ctx)
{
    const atomic_bool *draining = ctx;
    Grpc__Health__V1__HealthCheckRequest *request =
        grpc__health__v1__health_check_request__unpack(NULL, len, data);
    if (!request) {
        rpc_stream_finish(stream, RPC_INVALID_ARGUMENT, "request: not a HealthCheckRequest");
    } else if (request->service[0] != '\0' && strcmp(request->service, "hearth.v1.Matcher") != 0) {
        rpc_stream_finish(stream, RPC_NOT_FOUND, "service: unknown, this is hearth.v1.Matcher");
    } else {
        reply(stream, atomic_load(draining));
    }
    if (request) grpc__health__v1__health_check_request__free_unpacked(request, NULL);
}

static void on_half_closed(struct rpc_stream *stream, void *ctx)
{
    (void)ctx;
    rpc_stream_finish(stream, RPC_INVALID_ARGUMENT, "request: missing");
}

const struct rpc_events rpc_health_events = {.message = on_message, .half_closed = on_half_closed};
