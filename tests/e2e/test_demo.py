# SPDX-License-Identifier: Apache-2.0
"""`make demo` at its smallest: it ends well, shows what it promises, and nothing of the requests is in any log."""

import signal
import subprocess
import unittest

import support
from support import ROOT, SLOW


@support.without_sanitizers
class Demo(unittest.TestCase):
    def test_demo(self):
        command = [ROOT / "tests" / "lab" / "demo", "--build", support.BUILD, "--agencies", "3",
                   "--households", "120"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8") as demo:
            try:
                told, errors = demo.communicate(timeout=200 * SLOW)
            except subprocess.TimeoutExpired:
                demo.send_signal(signal.SIGTERM)  # it then stops everything that it has started
                raise
        self.assertEqual(demo.returncode, 0, told + errors)
        for words in ("What the agencies import", "One child near a school", "Two siblings",
                      "An emergency tonight", "The first search explained", "From the list to a placement",
                      "stage profile", "Own carers: ", "offer (1 unread)", "placed with ifa-",
                      "recomputes byte for byte", "What each party has seen", " ZZ",
                      "The matcher has agreed.",
                      "tables made: 7; taken by the matcher: 7, by hubs: 7",
                      "18 tables released, 0 given up", "(capacity_age)", "too uncertain to say", "missing: la-4"):
            self.assertIn(words, told)
        self.assertIn("Run    2 within 28 days", told[told.index("The first search explained"):])
        self.assertNotIn("warning", told)
        self.assertRegex(told, r"Of the \d+ references, criteria and places of the three requests, 0 are in")


if __name__ == "__main__":
    unittest.main()
