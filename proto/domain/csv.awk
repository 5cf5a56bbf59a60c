# SPDX-License-Identifier: Apache-2.0
# What the generators of C tables share: reading CSV, writing C. Plain POSIX awk. Anything unexpected stops the
# build with file and line.

function fail(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    failed = 1
    exit 1
}

# Splits one CSV line into field[1..]; quoted fields may hold commas and doubled quotes.
function split_csv(line, field,    count, value, c, i, quoted) {
    sub(/\r$/, "", line)
    split("", field)
    count = 0; value = ""; quoted = 0
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        if (quoted && c == "\"" && substr(line, i + 1, 1) == "\"") { value = value c; i++ }
        else if (c == "\"") quoted = !quoted
        else if (c == "," && !quoted) { field[++count] = value; value = "" }
        else value = value c
    }
    if (quoted) fail("a quoted field does not end on its line")
    field[++count] = value
    return count
}

function c_string(text) {
    if (text ~ /[^ -~]/) fail("only printable ASCII is allowed: " text)
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "\"" text "\""
}

function one_of(value, choices, what) {
    if (index(" " choices " ", " " value " ") == 0) fail(what " must be one of: " choices)
}

function first_line(header) {
    sub(/\r$/, "")
    if ($0 != header) fail("the first line must be: " header)
}
