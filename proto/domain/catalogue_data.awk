# SPDX-License-Identifier: Apache-2.0
# Turns the catalogue files into one C table: awk -f csv.awk -f catalogue_data.awk catalogue-1.csv catalogue-2.csv ...
# Each line of a file is one criterion. A file holds only what its version adds, so that every version begins with
# the earlier one: all share one table, and slot numbers, which follow from the order of lines, never change.

function close_version() {
    if (version == 0) return
    versions = versions sprintf("    {%d, criteria, %d, %d, %d, %d},\n", version, count, slots, hard, soft)
}

function open_version(name) {
    close_version()
    if (!match(name, /catalogue-[0-9]+\.csv$/)) fail("the file name must be catalogue-N.csv")
    if (substr(name, RSTART + 10, RLENGTH - 14) != version + 1) fail("version " (version + 1) " is to come next")
    version++
}

BEGIN {
    print "/* Made by catalogue_data.awk from the catalogue-N.csv files; do not edit. */"
    print "#include \"proto/domain/catalogue_data.h\"\n"
    print "static const struct criterion criteria[] = {"
}

FNR == 1 {
    open_version(FILENAME)
    first_line("code,group,label,scope,kind,arity,special,standard,standard_code")
    next
}

{
    if (split_csv($0, f) != 9) fail("nine fields are needed")
    if (f[1] !~ /^[A-Z][A-Z0-9_]*$/) fail("code must be A-Z, 0-9 and _: " f[1])
    if (f[1] in seen) fail("code stands twice: " f[1])
    seen[f[1]] = 1
    if (f[2] !~ /^[a-z][a-z_]*$/) fail("group must be a-z and _: " f[2])
    for (i in f) if (length(f[i]) > 120) fail("longer than WORDS_MAX: " f[i])
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
    if (version == 0) { print "no catalogue file" > "/dev/stderr"; exit 1 }
    printf "};\n\nconst struct catalogue catalogue_versions[] = {\n%s};\n", versions
    printf "const size_t catalogue_version_count = %d;\n", version
}
