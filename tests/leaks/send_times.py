# SPDX-License-Identifier: Apache-2.0
"""When replies of real agents leave, over TLS: for queries that all of their carers qualify for and for queries
that none does, side by side (tests/leaks/asker.c stands in for the matcher)."""

import collections
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess
import tempfile

from population import AGENCY_COLUMNS
from scheme import Scheme

CARERS = {"ifa-001": 14, "ifa-002": 14, "ifa-003": 30}  # size classes 16, 16, 32
BASE_US, ITEM_US = 50000, 250  # docs/protocol.md "Evaluation by the agent"
KEEP, T_DIFFERENT, TRIES = 0.5, 4.5, 3
CARER = {"ages": "0-17", "sexes": "M;F", "places": "2", "approved_places": "2", "placement_types": "PT_LONG",
         "status": "unknown", "status_date": "", "grid_ref": "SE 29 33", "lat": "", "lon": "", "offers": "CS_SIM"}
WHO = ["nobody", "everybody"]
REQUESTS = [{"search_ref": "LEAKS-NOBODY", "children": [{"age": 9, "sex": "M"}],
             "placement": {"type": "PT_SHORT", "needed_by": "today"}, "must": ["DS_AUT"]},
            {"search_ref": "LEAKS-EVERYBODY", "children": [{"age": 9, "sex": "U"}],
             "placement": {"type": "PT_LONG", "needed_by": "later"}}]


def write_scheme(directory):
    (directory / "carers").mkdir()
    with open(directory / "agencies.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, AGENCY_COLUMNS)
        writer.writeheader()
        writer.writerows({"id": agency, "name": f"Agency {agency}", "urn": f"ZZ{i:06d}", "judgement": "good",
                          "frameworks": "", "sector": "private", "contact": f"{agency}@example.org"}
                         for i, agency in enumerate(CARERS))
    for agency, count in CARERS.items():
        with open(directory / "carers" / f"{agency}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, ["ref", *CARER])
            writer.writeheader()
            writer.writerows({"ref": f"R-{i:03d}"} | CARER for i in range(count))
    for who, request in zip(WHO, REQUESTS):
        (directory / f"{who}.json").write_text(json.dumps(request), encoding="utf-8")


def ask(scheme, build, directory, queries):
    """{(agency, who): [microseconds after the time that the size class sets]}, and the items of each agency."""
    parties = scheme.parties
    secrets = [os.open(party.passphrase, os.O_RDONLY) for party in (parties.matcher, parties.las[0])]
    try:
        done = subprocess.run(
            [build / "leaks" / "asker", parties.matcher.home, str(secrets[0]), parties.las[0].home,
             str(secrets[1]), f"127.0.0.1:{scheme.memory['port']}", str(len(CARERS)), str(queries),
             *(directory / f"{who}.json" for who in WHO)], pass_fds=secrets, stdout=subprocess.PIPE,
            encoding="ascii", check=True, timeout=60 + queries)
    finally:
        for secret in secrets:
            os.close(secret)
    found, items = collections.defaultdict(list), {}
    for line in done.stdout.splitlines():
        agency, which, count, micros = line.split()
        items[agency] = int(count)
        found[agency, WHO[int(which)]].append(int(micros) - BASE_US - ITEM_US * int(count))
    return found, items


def fastest(values):
    """What this machine's other work has not made late."""
    return sorted(values)[:int(KEEP * len(values))]


def compare(first, second):
    """Means of the earliest half of each, Welch's t, and the standard error of the difference."""
    kept = [fastest(first), fastest(second)]
    means = [statistics.fmean(values) for values in kept]
    error = math.sqrt(sum(statistics.variance(values) / len(values) for values in kept))
    return means, (means[0] - means[1]) / error, error


def show(found, items, tries):
    print(f"{'agency':<10}{'items':>6}{'replies':>9}{'early':>7}  "
          f"{'us after its time, nobody / everybody':<40}{'t':>7}{'would show':>14}")
    worst = 0
    for agency in CARERS:
        first, second = (found[agency, who] for who in WHO)
        means, t, error = compare(first, second)
        early = sum(value < 0 for value in first + second)
        print(f"{agency:<10}{items[agency]:>6}{len(first) + len(second):>9,}{early:>7}  "
              f"{means[0]:>12.0f} / {means[1]:<24.0f}{t:>7.2f}{T_DIFFERENT * error:>11.0f} us")
        worst = max(worst, abs(t), T_DIFFERENT + 1 if early else 0)
    # The control: two size classes differ by what protocol.md says, and that is seen.
    raw = [[value + ITEM_US * items[agency] for who in WHO for value in found[agency, who]]
           for agency in ("ifa-001", "ifa-003")]
    means, t, _ = compare(*raw)
    print(f"control: classes {items['ifa-001']} and {items['ifa-003']} differ by {means[1] - means[0]:.0f} us, "
          f"t = {t:.1f} (try {tries})", flush=True)
    return worst, abs(t) > T_DIFFERENT and means[1] - means[0] > 2000


def send_times(build, queries):
    """What differs by chance differs once; what leaks differs each time."""
    with tempfile.TemporaryDirectory(prefix="hearth-leaks-") as folder:
        directory = pathlib.Path(folder)
        write_scheme(directory)
        scheme = Scheme(directory, build)
        try:
            scheme.up()
            scheme.stop(scheme.parties.matcher)
            print(f"\nWhen replies leave, {len(CARERS)} agents over TLS; Welch's t of the earliest half, "
                  f"different from |t| > {T_DIFFERENT} in each of {TRIES} tries")
            for tries in range(1, TRIES + 1):
                worst, control = show(*ask(scheme, build, directory, queries), tries)
                if not control:
                    return "the control was not seen"
                if worst <= T_DIFFERENT:
                    return None
            return f"|t| = {worst:.1f}, or a reply left early"
        finally:
            scheme.down()
