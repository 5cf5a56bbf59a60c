# SPDX-License-Identifier: Apache-2.0
"""The clock of all programs steps a day ahead and back while they run: nobody is locked out, no budget is had
twice, mail flows."""

import time

from daemons import read_json, write_json
from stage import ANYBODY, DAY, SLOW, Searching, Stage
from support import wait_until

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
