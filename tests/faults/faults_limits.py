# SPDX-License-Identifier: Apache-2.0
"""No descriptor is left to the matcher: new connections fail, open ones go on, and when there are some again it
takes connections without a hand. The store of the audit log has reached its limit: the error says which and
what to set."""

import os
import resource
import subprocess
import time

from daemons import read_json, write_json
from stage import LONG, SLOW, Stage
from support import BUILD, wait_until


class Limits(Stage):
    @staticmethod
    def first_free(pid):
        """The lowest number that is not in use, once the last connections are gone: numbers are limited."""
        seen = []

        def quiet():
            time.sleep(0.3)  # between two looks
            seen.append(sorted(map(int, os.listdir(f"/proc/{pid}/fd"))))
            return len(seen) > 1 and seen[-1] == seen[-2]
        wait_until(quiet, 20 * SLOW)
        return next(number for number in range(len(seen[-1]) + 1) if number not in seen[-1])

    def test_none_left(self):
        pid = self.pid("matcher")
        for _ in range(self.times(1, 6)):
            before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            spare = self.chance.choice((0, 0, 1, 2)) if LONG else 0
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (self.first_free(pid) + spare, before[1]))
            try:
                answers = [self.ask(bound=60 * SLOW) for _ in range(self.times(1, 2))]
                if spare == 0:
                    self.assertEqual({answer["error"]["code"] for answer in answers}, {"unavailable"}, answers)
                self.assertEqual(len(self.scheme.attached()), self.agencies, "open connections go on")
            finally:
                resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
            took = self.recovered(self.all_answer, "searches are answered again")
            self.assertEqual(self.pid("matcher"), pid)
            self.note("no descriptor left", "matcher", longest_s=took)

    def test_full_audit_log(self):
        """The least that audit_max_mib may be, filled by a program of the tests."""
        matcher, home = self.party("matcher"), self.party("matcher").home
        config = read_json(home / "config.json")
        self.scheme.stop(matcher)
        write_json(home / "config.json", config | {"audit_max_mib": 16})
        subprocess.run([BUILD / "faults" / "fill_store", home, "16"], check=True, capture_output=True)
        size = os.stat(home / "audit" / "data.mdb").st_size
        self.assertLessEqual(size, 16 << 20)
        self.start("matcher")
        answer = wait_until(lambda: (found := self.ask()) and "error" in found and found, 30)
        self.assertTrue(answer)
        self.assertIn(answer["error"]["code"], ("unavailable", "budget"), answer)
        log = self.daemon("matcher").log.read_text(encoding="utf-8")
        self.assertIn("limit of 16 MiB (audit_max_mib in config.json)", log)
        # What the error says is done, and all is well.
        self.scheme.stop(matcher)
        write_json(home / "config.json", config)
        self.start("matcher")
        took = self.recovered(self.all_answer, "searches are answered again")
        self.verify_log()
        self.note("store at its limit", "audit log", longest_s=took)
