/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/base/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/json_wipe.h"
#include "proto/base/log.h"
#include "proto/base/mem.h"
#include "proto/base/text.h"

enum { EXIT_USAGE = 2 };

static void print_usage(const struct cli_program *program, FILE *out)
{
    (void)fprintf(out, "%s: %s\n\nUsage: %s COMMAND [OPTION...] [ARGUMENT...]\n\nCommands:\n",
                  program->name, program->summary, program->name);
    for (size_t i = 0; i < program->count; i++) {
        (void)fprintf(out, "  %-20s %s\n", program->commands[i].name, program->commands[i].summary);
    }
    (void)fprintf(out, "\n'%s COMMAND --help' explains one command.\n", program->name);
    if (program->epilogue) (void)fprintf(out, "\n%s\n", program->epilogue);
}

/* How many arguments the command's name takes, or 0 where it does not match. */
static int words_matched(const char *name, int argc, char **argv)
{
    const char *space = strchr(name, ' ');
    if (!space) return argc > 1 && strcmp(name, argv[1]) == 0 ? 1 : 0;
    size_t first = (size_t)(space - name);
    bool match = argc > 2 && strlen(argv[1]) == first && strncmp(name, argv[1], first) == 0 &&
                 strcmp(space + 1, argv[2]) == 0;
    return match ? 2 : 0;
}

/* What was printed may not have arrived: a full disk is no success. */
static int with_output(const char *title, int code)
{
    struct err err = {0};
    if (fflush(stdout) != 0) {
        (void)err_set_errno(&err, errno, "", "cannot write standard output");
    } else if (ferror(stdout)) { /* earlier, and the reason is forgotten */
        (void)err_set(&err, ERR_IO, "", "cannot write standard output");
    } else {
        return code;
    }
    cli_print_error(title, false, &err);
    return EXIT_FAILURE;
}

static void confine(const struct cli_program *program, const struct cli_command *command, int argc,
                    char **argv)
{
    struct confine_rights rights = {.needs = command->needs, .writes = command->writes};
    if (!program->confined) return;
    memcpy(rights.homes, program->homes, sizeof rights.homes);
    confine_start(&rights, argc, argv);
}

static int run_command(const struct cli_program *program, const struct cli_command *command,
                       int words, int argc, char **argv)
{
    char title[128];
    (void)snprintf(title, sizeof title, "%s %s", program->name, command->name);
    char *saved = argv[words];
    argv[words] = title;
    confine(program, command, argc - words, argv + words);
    int code = command->run(argc - words, argv + words);
    argv[words] = saved;
    return with_output(title, code);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Letters to insert, remove or change to make one of the other (Levenshtein). */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t row[LONGEST + 1], len = strlen(b);
    if (len > LONGEST || strlen(a) > LONGEST) return LONGEST;
    for (size_t j = 0; j <= len; j++) row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t above = row[j + 1];
            row[j + 1] = smallest(above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1));
            diagonal = above;
        }
    }
    return row[len];
}

/* Whether the command's name is `word` and another word behind it. */
static bool is_of_family(const struct cli_command *command, const char *word)
{
    size_t len = strlen(word);
    return strncmp(command->name, word, len) == 0 && command->name[len] == ' ';
}

static bool asks_for_help(const char *word)
{
    static const char *const words[] = {"--help", "-h", "-?", "help"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) return true;
    }
    return false;
}

/* The first of two words alone, or with --help behind it: the commands that begin with it. False
 * where it is something else. */
static bool explain_family(const struct cli_program *program, int argc, char **argv, int *code)
{
    bool help = argc > 2 && asks_for_help(argv[2]), found = false;
    FILE *out = help ? stdout : stderr;
    if (argc > 2 && !help) return false;
    for (size_t i = 0; i < program->count; i++) {
        const struct cli_command *command = &program->commands[i];
        if (!is_of_family(command, argv[1])) continue;
        if (!found) (void)fprintf(out, "%s %s: one of these is wanted:\n", program->name, argv[1]);
        found = true;
        (void)fprintf(out, "  %-20s %s\n", command->name, command->summary);
    }
    if (found) (void)fprintf(out, "'%s COMMAND --help' explains one command.\n", program->name);
    *code = help ? EXIT_SUCCESS : EXIT_USAGE;
    return found;
}

static int unknown_command(const struct cli_program *program, int argc, char **argv)
{
    enum { NEAR = 3 };
    const char *best = NULL;
    size_t best_distance = NEAR + 1;
    char two[128];
    (void)snprintf(two, sizeof two, "%s %s", argv[1], argc > 2 ? argv[2] : "");
    for (size_t i = 0; i < program->count; i++) {
        const char *name = program->commands[i].name;
        size_t distance = edit_distance(strchr(name, ' ') ? two : argv[1], name);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = name;
    }
    (void)fprintf(stderr, "%s: unknown command \"%s\"; ", program->name, argv[1]);
    if (best) (void)fprintf(stderr, "did you mean \"%s\"? ", best);
    (void)fprintf(stderr, "'%s --help' lists the commands\n", program->name);
    return EXIT_USAGE;
}

/* `PROGRAM --check-config` is the command of that name, as with other daemons; so is that of a
 * command of two words, `hearth hub --check-config`. */
static void take_check_config(const struct cli_program *program, int argc, char **argv)
{
    static char command[] = "check-config", option[] = "--check-config";
    if (argc > 1 && strcmp(argv[1], option) == 0) argv[1] = command;
    if (argc < 3 || strcmp(argv[2], option) != 0) return;
    char *two[] = {argv[0], argv[1], command};
    for (size_t i = 0; i < program->count; i++) {
        if (words_matched(program->commands[i].name, 3, two) == 2) argv[2] = command;
    }
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
    json_wipe_setup();
    take_check_config(program, argc, argv);
    if (argc < 2) {
        print_usage(program, stderr);
        return EXIT_USAGE;
    }
    if (asks_for_help(argv[1])) {
        print_usage(program, stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("%s %s\n", program->name, HEARTH_VERSION);
        return EXIT_SUCCESS;
    }
    /* "inbox show" is not "inbox" with an argument, whichever stands first in the table. */
    for (int wanted = 2; wanted > 0; wanted--) {
        for (size_t i = 0; i < program->count; i++) {
            const struct cli_command *command = &program->commands[i];
            if (words_matched(command->name, argc, argv) != wanted) continue;
            return run_command(program, command, wanted, argc, argv);
        }
    }
    int code = EXIT_USAGE;
    if (explain_family(program, argc, argv, &code)) return code;
    return unknown_command(program, argc, argv);
}

enum { OPTION_PASSPHRASE_FD = 0x1001, OPTION_JSON, OPTION_LOG_FORMAT };

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
    struct cli_common *common = state->input;
    enum log_format format = LOG_FORMAT_TEXT;
    struct err err;
    int64_t number = 0;
    switch (key) {
    case 'C': common->home = arg; return 0;
    case 'v': common->verbose = true; return 0;
    case 'q': common->quiet = true; return 0;
    case OPTION_JSON: common->json = true; return 0;
    case OPTION_PASSPHRASE_FD:
        if (!text_integer(arg, 0, 1023, &number)) {
            argp_error(state, "--passphrase-fd %s: a descriptor number 0 to 1023 is wanted", arg);
            return EINVAL;
        }
        common->passphrase_fd = (int)number;
        return 0;
    case OPTION_LOG_FORMAT:
        if (!log_format_find(arg, &format, &err)) {
            argp_error(state, "--log-format %s", err.text);
            return EINVAL;
        }
        common->log_format = arg;
        return 0;
    case ARGP_KEY_INIT: common->passphrase_fd = -1; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option common_options[] = {
    {"home", 'C', "DIR", 0, "Directory with this party's keys, configuration and stores", 90},
    {"passphrase-fd", OPTION_PASSPHRASE_FD, "N", 0,
     "Read the key file's passphrase from descriptor N (default: ask on the terminal)", 90},
    {"json", OPTION_JSON, NULL, 0, "Print JSON on standard output", 90},
    {"verbose", 'v', NULL, 0, "Log more", 90},
    {"quiet", 'q', NULL, 0, "Log warnings and errors only", 90},
    {"log-format", OPTION_LOG_FORMAT, "FORMAT", 0, "Log as text or json, one line an event", 90},
    {0}};

const struct argp cli_common_argp = {.options = common_options, .parser = parse_common};

static void print_usage_error(int status, void *parsing)
{
    if (status == EXIT_SUCCESS || !*(const bool *)parsing) return;
    struct err err = {0};
    (void)err_set(&err, ERR_INVALID, "arguments",
                  "not a valid command line; standard error says why, --help lists what is");
    cli_print_error("", true, &err);
}

/* Scripts get their object for usage errors too. argp writes its text to stderr and ends the
 * process, so that it is printed on exit, while `*parsing`. What is registered stays until the end;
 * hence nothing frees it. */
static bool *promise_json(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") != 0) continue;
        bool *parsing = mem_new(bool);
        *parsing = on_exit(print_usage_error, parsing) == 0;
        return parsing;
    }
    return NULL;
}

/* One that was checked when the options were read. */
static void set_log_format(const char *name)
{
    enum log_format format = LOG_FORMAT_TEXT;
    struct err err;
    REQUIRE(log_format_find(name, &format, &err));
    log_set_format(format);
}

int cli_parse(const struct argp *argp, int argc, char **argv, void *input,
              const struct cli_common *common)
{
    const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
    struct argp whole = *argp;
    whole.children = children;
    argp_err_exit_status = EXIT_USAGE;
    bool *parsing = promise_json(argc, argv);
    if (argp_parse(&whole, argc, argv, 0, NULL, input) != 0) return EXIT_USAGE;
    if (parsing) *parsing = false;
    if (common->verbose) log_set_level(LOG_LEVEL_DEBUG);
    if (common->quiet) log_set_level(LOG_LEVEL_WARN);
    if (common->log_format) set_log_format(common->log_format);
    return 0;
}

static error_t parse_nothing(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != ARGP_KEY_INIT) return ARGP_ERR_UNKNOWN;
    state->child_inputs[0] = state->input;
    return 0;
}

int cli_parse_common(const char *doc, int argc, char **argv, struct cli_common *common)
{
    const struct argp argp = {.parser = parse_nothing, .doc = doc};
    return cli_parse(&argp, argc, argv, common, common);
}
