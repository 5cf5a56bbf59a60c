# SPDX-License-Identifier: Apache-2.0
# Turns the catalogue files (catalogue-1.csv, catalogue-2.csv, ...) into C tables. Plain POSIX awk. Each line
# of a file is one criterion; slot numbers follow from the order of lines, so that they never change
# within a version. Anything unexpected stops the build with file and line.

function fail(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text > "/dev/stderr"
    failed = 1
    exit 1
}

# Splits one CSV line into field[1..]; quoted fields may hold commas and doubled quotes.
function split_csv(line, field,    count, value, c, i, quoted) {
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

function close_version() {
    if (version == "") return
    printf "};\n\n"
    versions[++version_count] = version
    totals = totals sprintf("    {%d, criteria_%d, %d, %d, %d, %d},\n", version, version, count, slots, hard, soft)
}

function open_version(name) {
    close_version()
    if (!match(name, /catalogue-[0-9]+\.csv$/)) fail("the file name must be catalogue-N.csv")
    version = substr(name, RSTART + 10, RLENGTH - 14) + 0
    count = slots = hard = soft = 0
    split("", seen)
    printf "static const struct criterion criteria_%d[] = {\n", version
}

BEGIN {
    header = "code,group,label,scope,kind,arity,special,standard,standard_code"
    print "/* Made by catalogue_data.awk from the catalogue-N.csv files; do not edit. */"
    print "#include \"proto/domain/catalogue_data.h\"\n"
}

FNR == 1 {
    open_version(FILENAME)
    sub(/\r$/, "")
    if ($0 != header) fail("the first line must be: " header)
    next
}

{
    sub(/\r$/, "")
    split("", f)
    if (split_csv($0, f) != 9) fail("nine fields are needed")
    if (f[1] !~ /^[A-Z][A-Z0-9_]*$/) fail("code must be A-Z, 0-9 and _: " f[1])
    if (f[1] in seen) fail("code stands twice: " f[1])
    seen[f[1]] = 1
    one_of(f[4], "carer provider", "scope")
    one_of(f[5], "hard soft both", "kind")
    one_of(f[6], "many one", "arity")
    if (f[7] != "none" && f[7] !~ /^article (9|10|9 by inference)$/) fail("special: " f[7])
    carer = f[4] == "carer"
    slot = hard_index = soft_index = "SLOT_NONE"
    if (carer) slot = slots++
    if (carer && f[5] != "soft") hard_index = hard++
    if (carer && f[5] != "hard") soft_index = soft++
    if (slots > 512) fail("more than SLOTS_MAX criteria of scope carer")
    printf "    {%s, %s, %s,\n     %s, %s,\n     %s, %s, %s, %s, %s, %s, %s},\n", c_string(f[1]), c_string(f[2]),
        c_string(f[3]), c_string(f[8]), c_string(f[9]), carer ? "SCOPE_CARER" : "SCOPE_PROVIDER",
        "KIND_" toupper(f[5]), f[6] == "one" ? "true" : "false", c_string(f[7]), slot, hard_index,
        soft_index
    count++
}

END {
    if (failed) exit 1
    close_version()
    if (version_count == 0) { print "no catalogue file" > "/dev/stderr"; exit 1 }
    printf "const struct catalogue catalogue_versions[] = {\n%s};\n", totals
    printf "const size_t catalogue_version_count = %d;\n", version_count
}
