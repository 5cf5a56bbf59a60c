# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: schemes in temporary directories, run by the lab's own commands."""

import csv
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

HERE = str(pathlib.Path(__file__).resolve().parent)
ROOT = pathlib.Path(HERE).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lab"))

import log_lines  # noqa: E402
from daemons import wait_until  # noqa: E402,F401  for the tests
from scheme import Scheme  # noqa: E402

LAB = ROOT / "tests" / "lab" / "lab"
GENERATE = ROOT / "tests" / "lab" / "generate"
BUILD = pathlib.Path(os.environ.get("HEARTH_BUILD", ROOT / "build")).resolve()
REQUESTS = int(os.environ.get("HEARTH_E2E_REQUESTS", "500"))
SLOW = int(os.environ.get("HEARTH_E2E_SLOW", "1"))
COMMAND_SECONDS = 120 * SLOW
# For tests that mostly wait, or are about the lab.
without_sanitizers = unittest.skipIf(os.environ.get("HEARTH_E2E_SHORT") == "1",
                                     "mostly waits: `make soak` has it with sanitizers, `make check` without")

# A request that nearly every scheme has somebody for.
ANYBODY = {"search_ref": "E2E-ANYBODY", "children": [{"age": 9, "sex": "U"}],
           "placement": {"type": "PT_SHORT", "needed_by": "later"}}
# One that nobody fits.
NOBODY = {"search_ref": "E2E-NOBODY",
          "children": [{"age": age, "sex": "M"} for age in ("unborn", 3, 8, 13, 17)],
          "placement": {"type": "PT_MTFC", "needed_by": "today", "accept_unconfirmed": False},
          "must": ["HE_LIFE", "SU_DOL", "HE_FEED", "AC_HOIST", "CM_BSL", "LS_J1", "LS_J2"]}


def generate(directory, agencies, households, seed=1):
    subprocess.run([GENERATE, "--seed", str(seed), "--agencies", str(agencies), "--households",
                    str(households), directory], check=True, capture_output=True, timeout=COMMAND_SECONDS)


def bring_together(directory):
    """All carers of a generated scheme live around SE 35 35, so that every agency has somebody near."""
    chance = random.Random(4)
    for path in (pathlib.Path(directory) / "carers").glob("*.csv"):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.update({column: "" for column in ("lat", "lon", "postcode") if column in row})
            row["grid_ref"] = f"SE {chance.randrange(20, 50)} {chance.randrange(20, 50)}"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def lab(*arguments, **options):
    """Runs the lab; the finished process, with its output as text."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "encoding": "utf-8",
               "timeout": COMMAND_SECONDS, "env": os.environ | {"HEARTH_BUILD": str(BUILD)}} | options
    return subprocess.run([LAB, *map(str, arguments)], check=False, **options)


class SchemeCase(unittest.TestCase):
    """A scheme for all tests of a class; it is up when the first one begins. Every test leaves it as it was."""

    agencies, households, seed = 4, 120, 1
    up_options = ()

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="hearth-e2e-")
        cls.addClassCleanup(folder.cleanup)
        cls.directory = pathlib.Path(folder.name) / "scheme"
        cls.prepare()
        cls.addClassCleanup(cls.finish)
        cls.up(*cls.up_options)
        cls.scheme = Scheme(cls.directory, BUILD)

    @classmethod
    def finish(cls):
        """Stops everything; nothing may have to be killed, nor may a sanitizer have complained."""
        done = lab("down", cls.directory)
        if done.returncode != 0 or done.stderr:
            raise AssertionError(f"lab down: exit status {done.returncode}\n{done.stderr}")
        for log in (cls.directory / "state" / "logs").glob("*.log"):
            text = log.read_text(encoding="utf-8", errors="replace")
            if re.search(r"Sanitizer|runtime error:", text):
                raise AssertionError(f"{log.name}:\n{text[-8000:]}")
            log_lines.read_all(text)  # every line of every daemon has the form that is documented

    @classmethod
    def prepare(cls):
        generate(cls.directory, cls.agencies, cls.households, cls.seed)

    @classmethod
    def up(cls, *options):
        done = lab("up", cls.directory, *options)
        if done.returncode != 0:
            raise AssertionError(f"lab up: exit status {done.returncode}\n{done.stderr}")
        return done

    def request_file(self, request):
        """The request as a file that is gone when the test ends."""
        descriptor, name = tempfile.mkstemp(suffix=".json", dir=self.directory)
        self.addCleanup(os.unlink, name)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(request, file)
        return name

    def search(self, request, *options, codes=(0, 3)):
        """The JSON that a search prints."""
        path = request if isinstance(request, str) else self.request_file(request)
        done = lab("search", self.directory, path, "--json", *options)
        self.assertIn(done.returncode, codes, done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual("error" in answer, done.returncode not in (0, 3))
        return answer

    def run_party(self, party, *arguments, clock_offset=None, stdout=subprocess.PIPE):
        """A party's own program with its configuration, without the lab around it: the finished process. Its clock
        is clock_offset seconds ahead where one is given."""
        offset = {} if clock_offset is None else {"HEARTH_CLOCK_OFFSET": str(round(clock_offset))}
        secret = os.open(party.passphrase, os.O_RDONLY)
        try:
            return subprocess.run([party.program, *arguments, *party.options(secret)], pass_fds=(secret,),
                                  stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
                                  encoding="utf-8", env=os.environ | offset,
                                  timeout=COMMAND_SECONDS, check=False)
        finally:
            os.close(secret)

    def score(self, agency, request):
        path = request if isinstance(request, str) else self.request_file(request)
        done = lab("score", self.directory, agency, path, "--json")
        self.assertIn(done.returncode, (0, 3), done.stdout + done.stderr)
        answer = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if answer["eligible"] else 3)
        return answer

    def counts(self, request=None, *options):
        """asked, answered, declined of a search."""
        answer = self.search(request or ANYBODY, *options)
        return answer["asked"], answer["answered"], answer["declined"]

    def status(self):
        """Exit status of `lab status`, and what it tells."""
        done = lab("status", self.directory, "--json")
        return done.returncode, json.loads(done.stdout)

    def wait_for(self, condition, what, seconds=30):
        self.assertTrue(wait_until(condition, seconds * SLOW), f"not within {seconds * SLOW} s: {what}")

    def wait_all_attached(self):
        self.wait_for(lambda: self.status()[0] == 0, "all agents attached", 60)

    def pid(self, party_id):
        pid = self.scheme.daemon(self.scheme.parties.get(party_id)).pid()
        self.assertIsNotNone(pid, f"{party_id} does not run")
        return pid
