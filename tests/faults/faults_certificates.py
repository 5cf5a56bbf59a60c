# SPDX-License-Identifier: Apache-2.0
"""Certificates run out, are renewed or revoked while everybody is at work."""

import dataclasses
import os
import time

from stage import DAY, Stage
from support import wait_until

AGENT = "ifa-002"


class Renewals(Stage):
    def renew(self, name, seconds):
        """A certificate for the same keys that runs out after so long, or after a year, put where it belongs."""
        party, authority = self.party(name), self.scheme.parties.authority
        days, offset = ("365", "0") if seconds is None else ("1", str(seconds - DAY))
        issued = self.directory / "renewed"
        issued.mkdir(exist_ok=True)
        os.environ["HEARTH_CLOCK_OFFSET"] = offset
        try:
            authority.run("issue", "--days", days, "--out", issued, party.home / "identity.req")
        finally:
            os.environ.pop("HEARTH_CLOCK_OFFSET", None)
        keys = dataclasses.replace(party, program=authority.program)
        keys.run("install", "--root", authority.home / "authority.root", issued / f"{party.label}.cert")
        return time.monotonic() + (seconds or 0)


class Certificates(Renewals):
    """TLS looks at the machine's clock: short certificates are issued with one that is behind."""

    def past(self, instant):
        wait_until(lambda: time.monotonic() > instant, 60)

    def test_agent(self):
        pids = self.stays_up("matcher", AGENT)
        ends = self.renew(AGENT, 6)
        self.recovered(lambda: time.monotonic() > ends and AGENT not in self.scheme.attached(),
                       "an agency whose certificate is over is let go")
        self.assertEqual(self.answered(), self.agencies - 1)
        log = self.daemon(AGENT).log
        self.wait_for(lambda: "expired" in log.read_text(encoding="utf-8"), "the agency's log says why")
        self.renew(AGENT, None)
        took = self.recovered(self.all_answer, "the renewed one is taken up")
        self.assertEqual(self.stays_up(*pids), pids)
        self.note("certificate runs out", "agency, attached", longest_s=took)

    def test_renewal_in_time(self):
        pids = self.stays_up("matcher", AGENT)
        for name in (AGENT, "matcher"):
            ends = self.renew(name, 6)
            wait_until(lambda name=name: "certificate" in self.daemon(name).log_tail(30), 5)
            self.renew(name, None)
            self.past(ends + 1)
            took = self.recovered(self.all_answer, "nobody has noticed")
            self.note("certificate renewed", "agency" if name == AGENT else name, longest_s=took)
        self.assertEqual(self.stays_up(*pids), pids)

    def test_la(self):
        """In a search and before one: what is over is told, and nothing hangs."""
        ends = self.renew("la-2", 10)
        answered = self.answered(la="la-2")
        if time.monotonic() < ends:
            self.assertEqual(answered, self.agencies)
        self.past(ends + 1)
        answer = self.ask(la="la-2", bound=20)
        self.assertIn("expired", answer["error"]["message"], answer)
        self.renew("la-2", None)
        took = self.recovered(lambda: self.answered(la="la-2") == self.agencies, "searches work again")
        self.note("certificate runs out", "LA", accepted=1, longest_s=took)

    def test_matcher(self):
        pids = self.stays_up("matcher", AGENT)
        ends = self.renew("matcher", 6)
        self.past(ends + 1)
        answer = self.ask()
        self.assertEqual(answer["error"]["code"], "unavailable", answer)
        self.assertIn("certificate", answer["error"]["message"])
        self.renew("matcher", None)
        took = self.recovered(self.all_answer, "the renewed one is taken up")
        self.assertEqual(self.stays_up(*pids), pids)
        self.note("certificate runs out", "matcher", longest_s=took)
