/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/metrics/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "proto/base/cli.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"

const char *const process_versions[1] = {HEARTH_VERSION};
const char *const process_log_levels[4] = {"error", "warn", "info", "debug"};
static const enum log_level LEVELS[4] = {LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
                                         LOG_LEVEL_DEBUG};

struct process_figures {
    int statm_fd;
    DIR *fds;
    int64_t started_ms;
};

struct process_figures *process_figures_open(void)
{
    struct process_figures *figures = mem_new(struct process_figures);
    figures->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    figures->fds = opendir("/proc/self/fd");
    figures->started_ms = clock_wall_ms();
    return figures;
}

void process_figures_close(struct process_figures *figures)
{
    if (!figures) return;
    if (figures->statm_fd >= 0) (void)close(figures->statm_fd);
    if (figures->fds) (void)closedir(figures->fds);
    free(figures);
}

int64_t process_figures_started(const struct process_figures *figures)
{
    return figures->started_ms;
}

/* "size resident shared ...", in pages. */
static void set_memory(const struct process_figures *figures, struct metrics *metrics)
{
    char text[128];
    ssize_t len = pread(figures->statm_fd, text, sizeof text - 1, 0);
    if (len <= 0) return;
    text[len] = '\0';
    char *rest = NULL;
    (void)strtoull(text, &rest, 10);
    unsigned long long pages = strtoull(rest, NULL, 10);
    metrics_set(metrics, PROCESS_RSS, 0, 0, (int64_t)pages * sysconf(_SC_PAGESIZE));
}

static void set_descriptors(const struct process_figures *figures, struct metrics *metrics)
{
    struct rlimit limit;
    int64_t count = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metrics_set(metrics, PROCESS_FDS_MAX, 0, 0, (int64_t)limit.rlim_cur);
    }
    if (!figures->fds) return;
    rewinddir(figures->fds);
    for (const struct dirent *entry; (entry = readdir(figures->fds)) != NULL;) {
        if (entry->d_name[0] != '.') count++;
    }
    metrics_set(metrics, PROCESS_FDS, 0, 0, count);
}

void process_figures_set(struct process_figures *figures, struct metrics *metrics,
                         int64_t certificate_until_ms)
{
    metrics_set(metrics, PROCESS_CPU, 0, 0, clock_cpu_us() / 1000);
    metrics_set(metrics, PROCESS_STARTED, 0, 0, figures->started_ms);
    metrics_set(metrics, PROCESS_BUILD, 0, 0, 1);
    if (certificate_until_ms > 0) {
        metrics_set(metrics, PROCESS_CERTIFICATE, 0, 0, certificate_until_ms);
    }
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        metrics_set(metrics, PROCESS_LOG_LINES, i, 0, (int64_t)log_count(LEVELS[i]));
    }
    set_memory(figures, metrics);
    set_descriptors(figures, metrics);
}
