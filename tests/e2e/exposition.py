# SPDX-License-Identifier: Apache-2.0
"""Prometheus' text format 0.0.4, read strictly and without a library."""

import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (-?\d+(?:\.\d+)?|\+Inf|NaN)")
KINDS = ("counter", "gauge", "histogram")


class Malformed(Exception):
    """What no Prometheus would take, or what it would take for something else."""


def labels_of(text, line):
    found, place = {}, 0
    while place < len(text):
        label = LABEL.match(text, place)
        if not label or label[1] in found:
            raise Malformed(line)
        found[label[1]] = re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), label[2])
        place = label.end()
        if place < len(text):
            if text[place] != ",":
                raise Malformed(line)
            place += 1
    return found


def family_of(name, families):
    for ending in ("", "_bucket", "_sum", "_count"):
        base = name[:len(name) - len(ending)] if ending else name
        if name.endswith(ending) and base in families and (families[base] == "histogram") == bool(ending):
            return base
    raise Malformed(f"{name} belongs to no family")


def check_histogram(name, samples):
    """Buckets grow, end with +Inf, and agree with _count."""
    series = {}
    for (sample, labels), value in samples.items():
        if sample.startswith(name) and sample in (f"{name}_bucket", f"{name}_count", f"{name}_sum"):
            others = frozenset(pair for pair in labels if pair[0] != "le")
            one = series.setdefault(others, {"buckets": []})
            if sample == f"{name}_bucket":
                one["buckets"].append((float(dict(labels)["le"]), value))
            else:
                one[sample[len(name):]] = value
    for one in series.values():
        bounds = [bound for bound, _ in one["buckets"]]
        counts = [count for _, count in one["buckets"]]
        if bounds != sorted(bounds) or counts != sorted(counts) or bounds[-1] != float("inf"):
            raise Malformed(f"{name}: buckets {one['buckets']}")
        if counts[-1] != one["_count"] or (one["_sum"] == 0) < (one["_count"] == 0):
            raise Malformed(f"{name}: {one}")


def parse(text):
    """{(name, frozenset of labels): value} and {family: kind}."""
    if not text.endswith("\n"):
        raise Malformed("the last line has no end")
    families, helped, samples, present = {}, set(), {}, None
    for line in text[:-1].split("\n"):
        note = re.fullmatch(rf"# (HELP|TYPE) ({NAME}) (.+)", line)
        if note and note[1] == "HELP" and note[2] not in helped:
            helped.add(note[2])
        elif note and note[1] == "TYPE" and note[2] in helped and note[2] not in families and note[3] in KINDS:
            families[note[2]] = note[3]
            present = note[2]
        else:
            sample = SAMPLE.fullmatch(line)
            if not sample or family_of(sample[1], families) != present:
                raise Malformed(line)
            key = sample[1], frozenset(labels_of(sample[2] or "", line).items())
            if key in samples:
                raise Malformed(f"twice: {line}")
            samples[key] = float(sample[3])
    for name, kind in families.items():
        if kind == "histogram":
            check_histogram(name, samples)
        if kind == "counter" and not name.endswith("_total"):
            raise Malformed(f"{name} is a counter")
    return samples, families
