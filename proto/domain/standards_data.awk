# SPDX-License-Identifier: Apache-2.0
# Turns standards.csv into a C table: awk -f csv.awk -f standards_data.awk catalogue-1.csv ... standards.csv. The
# catalogue files are read for the codes of criteria that standards.csv may name.

BEGIN {
    print "/* Made by standards_data.awk from standards.csv; do not edit. */"
    print "#include \"proto/domain/standards.h\"\n"
    print "const struct standard_code standard_codes[] = {"
}

FILENAME ~ /catalogue-[0-9]+\.csv$/ {
    split_csv($0, f)
    known[f[1]] = 1
    next
}

FNR == 1 {
    first_line("list,code,label,criterion")
    next
}

{
    if (split_csv($0, f) != 4) fail("four fields are needed")
    if (f[1] !~ /^[A-Za-z0-9_.]+$/) fail("list must be letters, digits, _ and full stops: " f[1])
    if (f[2] == "") fail("a code is needed")
    for (i in f) if (length(f[i]) > 120) fail("longer than WORDS_MAX: " f[i])
    if (!(f[4] in known)) fail("not a criterion of any catalogue: " f[4])
    if ((f[1], f[2], f[4]) in seen) fail("stands twice: " f[1] " " f[2] " " f[4])
    seen[f[1], f[2], f[4]] = 1
    printf "    {%s, %s, %s, %s},\n", c_string(f[1]), c_string(f[2]), c_string(f[3] == "" ? f[2] : f[3]), c_string(f[4])
    count++
}

END {
    if (failed) exit 1
    if (count == 0) { print "no standards file" > "/dev/stderr"; exit 1 }
    printf "};\nconst size_t standard_code_count = %d;\n", count
}
