# SPDX-License-Identifier: Apache-2.0
"""Log lines, read strictly: both forms, and which events with which keys the sources can write."""

import functools
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEVELS = {"error", "warn", "info", "debug"}
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
KEY = r"[a-z][a-z0-9_]{0,31}"
HEAD = re.compile(rf"({TIME}) (\w+) ([a-z][a-z_]*)")
BARE = r'[!#-<>-\[\]-~]+'  # printable ASCII without quotation marks, = and backslashes
FIELD = re.compile(rf' ({KEY})=(?:({BARE})|("(?:[^"\\\x00-\x1f\x7f]|\\["\\])*"))(?= |\Z)', re.A)
# What a program prints on standard error, beside its log, before it ends with an error.
SPOKEN = re.compile(r"hearth(-agent|-matcher)?( [a-z]+)*: ")
CALL = re.compile(r"\blog_(info|warn|error|debug|line|err)\(")
STRING = re.compile(r'"((?:\\.|[^"\\])*)"')
CONVERSION = re.compile(r"%(?:\.\*s|[sc%]|(?:l|ll|z)?[diux])")
ERR_KEYS = ("code", "field", "reason")
# Events whose names stand in a table: the call that writes them, and those names.
NAMED_ELSEWHERE = {
    ("matcher/figures.c", "names[note->event]"):
        {"figures_agreed", "figures_taken", "figures_late", "figures_released"},
    ("proto/figures/dial_list.c", "what"): None,  # found below: what its callers give
}


class Malformed(Exception):
    """A line that is none."""


def parse_text(line):
    """{"time","level","event", and the fields}; all values are text."""
    head = HEAD.match(line)
    if not head or head[2] not in LEVELS:
        raise Malformed(line)
    found = {"time": head[1], "level": head[2], "event": head[3]}
    place = head.end()
    while place < len(line):
        field = FIELD.match(line, place)
        if not field or field[1] in found:
            raise Malformed(line)
        value = json.loads(field[3]) if field[3] is not None else field[2]
        if field[3] is not None and re.fullmatch(BARE, value):
            raise Malformed(f"quoted without need: {line}")
        found[field[1]] = value
        place = field.end()
    return found


def unique(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Malformed(f"a key twice: {pairs}")
    return found


def parse_json(line):
    try:
        found = json.loads(line, object_pairs_hook=unique)
    except ValueError as error:
        raise Malformed(line) from error
    if list(found)[:3] != ["time", "level", "event"] or not re.fullmatch(TIME, found["time"]) \
            or found["level"] not in LEVELS or not all(re.fullmatch(KEY, key) for key in found) \
            or not all(isinstance(value, str) or type(value) is int for value in found.values()):
        raise Malformed(line)
    return {key: str(value) for key, value in found.items()}


def parse(line):
    return parse_json(line) if line.startswith("{") else parse_text(line)


def read_all(text):
    """Every event of a log. Words of a program that could not be started are passed over."""
    return [parse(line) for line in text.splitlines() if not SPOKEN.match(line)]


# ---- the sources ----
def arguments_of(text, start):
    """The arguments of the call whose bracket opens before `start`, split at commas."""
    depth, place, begin, parts = 1, start, start, []
    while depth:
        if text[place] == '"':
            place = STRING.match(text, place).end()
            continue
        if text[place] == "'":
            place = re.compile(r"'(?:\\.|[^'\\])*'").match(text, place).end()
            continue
        if text[place] in "([{":
            depth += 1
        elif text[place] in ")]}":
            depth -= 1
        if (text[place] == "," and depth == 1) or depth == 0:
            parts.append(text[begin:place].strip())
            begin = place + 1
        place += 1
    return parts


def literal(expression):
    """The text of one or more string literals side by side; None where it is something else."""
    if STRING.sub("", expression).strip():
        return None
    return "".join(STRING.findall(expression)).replace('\\"', '"')


def events_of(path, expression):
    text = literal(expression)
    if text is not None:
        return {text}
    chosen = re.fullmatch(r'.*\?\s*("[^"]*")\s*:\s*("[^"]*")', expression, re.S)
    if chosen:
        return {literal(chosen[1]), literal(chosen[2])}
    return NAMED_ELSEWHERE[path, expression] or passed_on(path)


def passed_on(path):
    """The names that the callers of pass_over give."""
    text = (ROOT / path).read_text(encoding="utf-8")
    return set(re.findall(r'pass_over\("(\w+)"', text))


def keys_of(template, where):
    """The keys of a format, which has to be one that log_line takes."""
    keys = []
    for token in re.findall(r'(?:[^" ]|"[^"]*")+', template):
        field = re.fullmatch(rf"({KEY})=(.+)", token)
        if not field or token.count('"') % 2:
            raise Malformed(f'{where}: "{template}"')
        if "%" in CONVERSION.sub("", field[2]):
            raise Malformed(f'{where}: "{template}": a conversion that log_line does not know')
        keys.append(field[1])
    if len(set(keys)) != len(keys) or {"time", "level", "event"} & set(keys):
        raise Malformed(f'{where}: "{template}": a key twice')
    return keys


def program_of(path):
    for folder, program in (("matcher/", "matcher"), ("agent/", "agent"), ("client/hub/", "hub"),
                            ("client/", "client")):
        if path.startswith(folder):
            return program
    return "all"


@functools.cache
def in_sources():
    """{(program, event): {key}}: everything that a program of this tree can log."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.c"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split()
    found = {}
    for path in sorted(names):
        if path.startswith("tests/") or path == "proto/base/log.c" or not (ROOT / path).exists():
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        for call in CALL.finditer(text):
            parts = arguments_of(text, call.end())
            kind = call[1]
            if kind in ("line", "err"):
                parts = parts[1:]
            keys = ERR_KEYS if kind == "err" else keys_of(literal(parts[1]), path)
            for event in events_of(path, parts[0]):
                found.setdefault((program_of(path), event), set()).update(keys)
    return found


def may_write(program):
    """{event: keys} of what one program can log: its own room's and the shared ones'."""
    found = {}
    for (who, event), keys in in_sources().items():
        if who in (program, "all") or (program == "hub" and who == "client"):
            found.setdefault(event, set()).update(keys)
    return found
