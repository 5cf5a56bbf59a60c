# SPDX-License-Identifier: Apache-2.0
"""The clock of all programs steps a day ahead and back while they run: nobody is locked out, no budget is had twice,
mail flows; and certificates that run out, are renewed or revoked while everybody is at work."""

import dataclasses
import os
import time

from daemons import read_json, write_json
from stage import ANYBODY, DAY, SLOW, Searching, Stage
from support import lab, wait_until

BUDGET = 6
AGENT = "ifa-002"


class Clock(Stage):
    clock = True

    def tearDown(self):
        self.step(0)
        super().tearDown()

    def works(self):
        return self.recovered(self.all_answer, "searches are answered", 20 * SLOW)

    def test_steps(self):
        pids = self.stays_up("matcher", AGENT)
        for ahead in (DAY, 0, -DAY, 0, *self.times((), (DAY, -DAY, 0, 2 * DAY, 0, -DAY, DAY, 0))):
            search = Searching(self, request=self.request_file(ANYBODY))
            time.sleep(self.chance.uniform(0, 0.5))  # the instant is what the seed chooses
            self.step(ahead)
            answer = search.ended()
            self.assertTrue(answer.get("answered", 0) or answer["error"]["code"], answer)
            took = self.works()
            ref = f"CLOCK-{self.chance.randrange(10 ** 9)}"
            self.ask(request=self.request_file(ANYBODY | {"search_ref": ref}))
            told = self.told("la-1", "refer", ref, "--to", AGENT)
            thread = told["referrals"][0]["thread"]
            took += self.recovered(lambda thread=thread: thread in self.threads_at(AGENT), "the referral is there")
            self.note("clock steps a day", "all programs", accepted=2, longest_s=took)
        self.assertEqual(self.stays_up(*pids), pids)
        self.verify_log()

    def threads_at(self, agency):
        return [one["id"] for one in self.told(agency, "inbox", "--all", "--offline")["referrals"]]

    def allowed(self, la):
        """Searches until the budget is used up."""
        count = 0
        while count <= 3 * BUDGET:
            answer = self.ask(la=la)
            if "error" in answer:
                self.assertEqual(answer["error"]["code"], "budget", answer)
                return count
            count += 1
        return count

    def test_budgets(self):
        """Each day, as the clock tells it, has its budget once."""
        config = self.party("matcher").home / "config.json"
        before = read_json(config)
        self.addCleanup(self.start, "matcher")
        self.addCleanup(write_json, config, before)
        self.addCleanup(self.scheme.stop, self.party("matcher"))
        self.scheme.stop(self.party("matcher"))
        write_json(config, before | {"budget": BUDGET})
        self.start("matcher")
        self.wait_all_attached()
        la = "la-2"
        for _ in range(2):
            self.assertNotIn("error", self.ask(la=la))
        self.step(DAY)
        for _ in range(3):
            self.assertNotIn("error", self.wait_answer(la))
        self.step(0)
        self.wait_answer(la)
        self.assertEqual(self.allowed(la), BUDGET - 3)
        self.step(DAY)
        self.assertEqual(self.allowed(la), BUDGET - 3, "tomorrow has what was left of it")
        self.note("clock steps a day", "budget of an LA", tried=3, accepted=2 * BUDGET)

    def wait_answer(self, la):
        """The first after a step may meet an epoch that is over; it is not charged."""
        return wait_until(lambda: "error" not in (answer := self.ask(la=la)) and answer, 20)


class Certificates(Stage):
    """TLS looks at the machine's clock: short certificates are issued with one that is behind."""

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
        ends = self.renew("la-2", 4)
        self.assertEqual(self.answered(la="la-2"), self.agencies)
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
        print(answer["error"]["message"])
        self.renew("matcher", None)
        took = self.recovered(self.all_answer, "the renewed one is taken up")
        self.assertEqual(self.stays_up(*pids), pids)
        self.note("certificate runs out", "matcher", longest_s=took)


class Revoked(Stage):
    def test_in_a_search(self):
        search = Searching(self, request=self.request_file(ANYBODY))
        time.sleep(self.chance.uniform(0, 0.5))  # the instant is what the seed chooses
        lab("revoke", self.directory, AGENT)
        answer = search.ended()
        self.assertGreaterEqual(answer.get("answered", 0), self.agencies - 1, answer)
        took = self.recovered(lambda: AGENT not in self.scheme.attached(), "it is let go")
        self.assertTrue(self.all_answer(self.agencies - 1))
        log = self.daemon(AGENT).log
        self.wait_for(lambda: "revoked" in log.read_text(encoding="utf-8"), "the agency's log says why")
        self.note("revoked", "agency, in a search", accepted=1, longest_s=took)
