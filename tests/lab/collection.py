# SPDX-License-Identifier: Apache-2.0
"""The demo's end: a hub collects figures of the month that is over in the demo, and shows what may be shown."""

import datetime
import os

from scheme import in_parallel

HUB = "hub-1"
DAY = 86400
SHOWN_LINES = 16


def next_month(now):
    """Noon of its first day."""
    return now.replace(year=now.year + now.month // 12, month=now.month % 12 + 1, day=1, hour=12)


class Collection:
    """One period of a demo whose scheme has areas, with clocks that are moved on."""

    def __init__(self, demo):
        self.demo, self.scheme = demo, demo.scheme
        now = datetime.datetime.now(datetime.timezone.utc)
        self.month = now.strftime("%B %Y")
        self.opens = int((next_month(now) - now).total_seconds())
        self.later = 0

    def move_clocks(self, later, *parties):
        """Stops everything and starts these again, with clocks that are so far ahead."""
        self.scheme.stop(*self.scheme.parties.daemons())
        os.environ["HEARTH_CLOCK_OFFSET"] = str(later)
        in_parallel(self.scheme.launch, parties)

    def show(self, party, *command, lines=SHOWN_LINES, codes=(0,)):
        program = "hearth-agent" if party.startswith("ifa-") else "hearth"
        print(f"\n$ {program} {' '.join(command)}    ({party})")
        printed = self.demo.lab("run", party, "--", *command, codes=codes).stdout.rstrip().splitlines()
        print("\n".join(printed[:lines]))
        if len(printed) > lines:
            print(f"... and {len(printed) - lines} lines more", flush=True)

    def take_part(self, party):
        """Nothing goes out before an operator has agreed."""
        self.demo.lab("run", party.id, "--", "figures", "send", "-q")
        self.demo.lab("run", party.id, "--", "figures", "join", HUB, "-q")
        self.demo.lab("run", party.id, "--", "figures", "send", "-q")

    def contribute(self):
        agents, las = self.scheme.parties.agents, self.scheme.parties.las
        first, last = agents[0], las[-1]
        for party in (first, last):
            self.demo.lab("run", party.id, "--", "figures", "send", "-q")
        print(f"\nNothing has gone out yet: {first.id} looks at what it would contribute, and agrees.")
        self.show(first.id, "figures", "preview", HUB, "--table", "capacity_age")
        self.show(first.id, "figures", "join", HUB)
        self.show(first.id, "figures", "send")
        print(f"\nThe others do the same, but for {last.id}, which has not agreed.", flush=True)
        in_parallel(self.take_part, [*agents[1:], *las[:-1]])

    def close(self):
        """The hub is not needed for fetching; the matcher is."""
        print("\nSeven days later the window is closed: both compare what they have, and open the sums.")
        self.move_clocks(self.opens + 8 * DAY, self.scheme.parties.matcher)
        self.show(HUB, "hub", "fetch", lines=4)
        self.show(HUB, "hub", "show", "capacity_age")
        print("\nThe authorities have asked for a handful of children: what follows is noise, and says so.\n"
              "One case in twenty stands out by chance; a real scheme has thousands of searches.",
              flush=True)
        self.show(HUB, "hub", "gaps", lines=12)
        self.show(HUB, "hub", "coverage")

    def run(self):
        print(f"The clocks are moved on to the month after {self.month}.", flush=True)
        matcher, hub = self.scheme.parties.matcher, self.scheme.parties.get(HUB)
        try:
            self.move_clocks(self.opens, matcher, hub)
            self.show(HUB, "hub", "open", lines=30)
            self.contribute()
            self.close()
        finally:
            os.environ.pop("HEARTH_CLOCK_OFFSET", None)
