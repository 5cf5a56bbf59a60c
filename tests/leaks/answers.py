# SPDX-License-Identifier: Apache-2.0
"""What an agent does for a reply, off line: sizes and instructions exactly, times by statistics, for nobody,
half and all of its carers qualifying (tests/leaks/answers.c)."""

import json
import pathlib
import re
import subprocess
import tempfile

QUESTIONS = ["nobody", "half", "everybody"]
SELF_COST = re.compile(r"^ *([0-9,]+) \([^)]*\) +(\S+:.+)$")
# What the allocator does depends on what was freed before, and the same question costs it more or less each time.
ALLOCATOR = re.compile(r"malloc\.c:|:(malloc|free|calloc|realloc|memalign)\b")
# Counting begins further in, so these have the whole sum and nothing of their own.
CALLERS = re.compile(r"\(below main\)|libc.start|/ld-linux|:(main|count|count_one) ")
T_DIFFERENT = 4.5  # statistics.h


def costs(path):
    """Instructions of each function on its own: without the allocator's, and the allocator's in all."""
    done = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", path], check=True,
                          capture_output=True, encoding="utf-8", errors="replace")
    own, allocator = {}, 0
    for match in filter(None, map(SELF_COST.match, done.stdout.splitlines())):
        count = int(match[1].replace(",", ""))
        if CALLERS.search(match[2]):
            continue
        if ALLOCATOR.search(match[2]):
            allocator += count
        else:
            own[match[2]] = own.get(match[2], 0) + count
    return own, allocator


def counted(program):
    """{label: costs} of one evaluation for each question, and of the control."""
    with tempfile.TemporaryDirectory(prefix="hearth-leaks-") as folder:
        subprocess.run(["valgrind", "--tool=callgrind", "--toggle-collect=work",
                        f"--callgrind-out-file={folder}/out", program, "count"], check=True,
                       capture_output=True, timeout=600)
        found = {}
        for path in pathlib.Path(folder).glob("out.*"):
            label = re.search(r"^desc: Trigger: Client Request: (.*)$", path.read_text(encoding="utf-8"), re.M)
            if label and label[1] != "warm":
                found[label[1]] = costs(path)
    return found


def instructions(program):
    """None where all is well, else what is not."""
    found = counted(program)
    print("\nInstructions of one evaluation, 14 carers (size class 16), under callgrind")
    print(f"{'who qualifies':<24}{'instructions':>14}{'allocator':>11}")
    for label in [*QUESTIONS, "control"]:
        own, allocator = found[label]
        print(f"{label:<24}{sum(own.values()):>14,}{allocator:>11,}")
    base = found["nobody"][0]
    if sum(base.values()) < 1000000:
        return "callgrind counted next to nothing"
    for label in QUESTIONS[1:]:
        own = found[label][0]
        other = {name for name in base.keys() | own.keys() if base.get(name) != own.get(name)}
        if other:
            return f"{label}: not the instructions of nobody in {sorted(other)[:5]}"
    return None if found["control"][0] != base else "the control was not found"


def times(program, rounds):
    done = subprocess.run([program, "time", str(rounds)], check=True, stdout=subprocess.PIPE, encoding="utf-8",
                          timeout=3600)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    print("\nProcessor time of one evaluation, 14 carers: Welch's t of the fastest 80 %; different from |t| > "
          f"{T_DIFFERENT} in each of 3 tries")
    print(f"{'compared':<24}{'replies':>9}{'bytes':>7}{'mean us':>18}{'t':>9}{'tries':>7}")
    for one in found:
        means = " / ".join(f"{mean:.1f}" for mean in one["mean_us"])
        print(f"{one['label']:<24}{one['replies']:>9,}{one['size']:>7}{means:>18}{one['t']:>9.2f}"
              f"{one['tries']:>7}")
    if len({one["size"] for one in found}) != 1:
        return "the size of a reply depends on who qualifies"
    for one in found:
        if (abs(one["t"]) > T_DIFFERENT) != (one["label"] == "control"):
            return f"{one['label']}: t = {one['t']}"
    return None
