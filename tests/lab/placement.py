# SPDX-License-Identifier: Apache-2.0
"""The demo's way from a ranked list to a placement: a referral, an agency's inbox, an offer, the outcome, and
the audit of the search by somebody who has two files."""

import json
import os
import subprocess
import time

from parties import LabError

OFFER = "Two carers with a spare room and long evenings; both have looked after children with autism before.\n"
WAIT_SECONDS, SHOWN_LINES = 60, 24


class Placement:
    """Of one search of a demo, with one agency."""

    def __init__(self, demo, search_ref, agency):
        self.demo, self.search_ref, self.agency = demo, search_ref, agency
        self.la = demo.scheme.parties.las[0].id

    def told(self, party, *command):
        return json.loads(self.demo.lab("run", party, "--", *command, "--json").stdout)

    def show(self, party, *command, lines=SHOWN_LINES):
        print(f"\n$ {'hearth' if party == self.la else 'hearth-agent'} {' '.join(map(str, command))}    ({party})")
        done = self.demo.lab("run", party, "--", *command)
        # What is said before something is sent goes to standard error.
        printed = (done.stderr + done.stdout).rstrip().splitlines()
        print("\n".join(printed[:lines]))
        if len(printed) > lines:
            print(f"... and {len(printed) - lines} lines more")

    @staticmethod
    def wait(ready, what):
        until = time.monotonic() + WAIT_SECONDS
        while not ready():
            if time.monotonic() > until:
                raise LabError(f"waited {WAIT_SECONDS} s in vain until {what}")
            time.sleep(0.1)

    def run(self):
        agency = self.agency
        self.show(self.la, "refer", self.search_ref, "--to", agency)
        self.wait(lambda: self.told(agency, "inbox", "--offline")["referrals"], f"{agency} has the referral")
        self.show(agency, "inbox", "show", "1")
        offer = self.demo.directory / "offer.txt"
        offer.write_text(OFFER, encoding="utf-8")
        self.show(agency, "reply", "1", "offer", "--text", offer)
        self.wait(lambda: self.told(self.la, "referrals", self.search_ref)["referrals"][0]["state"] == "offer",
                  "the offer is here")
        self.show(self.la, "referrals", self.search_ref)
        self.show(self.la, "outcome", self.search_ref, "placed", "--with", agency)
        self.audit()

    def audit(self):
        package = self.demo.directory / "package.json"
        self.show(self.la, "audit", "open", self.search_ref, "--out", package)
        root = self.demo.directory / "state" / "authority" / "authority.root"
        command = [self.demo.scheme.build / "hearth", "audit", "check", package, "--root", root]
        print("\n$ hearth audit check package.json --root authority.root    (anybody who has these two files)")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                              check=False, env={"PATH": os.defpath, "HOME": "/nonexistent"})
        if done.returncode != 0:
            raise LabError(f"audit check: exit status {done.returncode}\n{done.stdout}{done.stderr}")
        print(done.stdout.rstrip(), flush=True)
