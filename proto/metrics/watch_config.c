/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/metrics/watch_config.h"

#include <string.h>

#include "proto/base/clock.h"
#include "proto/base/config_file.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

enum { WATCH_KEYS = 3 };
static const char *const keys[WATCH_KEYS] = {"metrics_listen", "log_level", "log_format"};

struct watch_config watch_config_default(void)
{
    return (struct watch_config){.log_level = LOG_LEVEL_INFO, .log_format = LOG_FORMAT_TEXT};
}

bool watch_config_knows(const char *key)
{
    bool known = false;
    for (size_t i = 0; i < WATCH_KEYS; i++) known |= strcmp(key, keys[i]) == 0;
    return known;
}

bool watch_config_set(struct watch_config *config, const char *key, const char *text,
                      struct err *err)
{
    if (!text) return err_set(err, ERR_INVALID, key, "text is wanted");
    if (strcmp(key, keys[1]) == 0) return log_level_find(text, &config->log_level, err);
    if (strcmp(key, keys[2]) == 0) return log_format_find(text, &config->log_format, err);
    REQUIRE(strcmp(key, keys[0]) == 0);
    if (!metrics_listen_check(text, err)) return false;
    text_copy_cut(config->metrics_listen, sizeof config->metrics_listen, text);
    return true;
}

void watch_config_help(struct buf *out)
{
    config_help_text(out, keys[0], "none", "127.0.0.1:port or [::1]:port");
    config_help_text(out, keys[1], "info", "error, warn, info or debug");
    config_help_text(out, keys[2], "text", "text or json");
}

void watch_config_apply(const struct watch_config *config, const struct cli_common *options)
{
    if (!options->verbose && !options->quiet) log_set_level(config->log_level);
    if (!options->log_format) log_set_format(config->log_format);
    if (clock_is_moved())
        log_warn("clock_moved", "reason=\"HEARTH_CLOCK_OFFSET or HEARTH_CLOCK_LINK is set\"");
}
