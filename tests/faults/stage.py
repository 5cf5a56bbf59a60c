# SPDX-License-Identifier: Apache-2.0
"""What the faults share: a small scheme, commands with a bound on their time, a seed, and a clock that can
step."""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import support  # noqa: E402
from support import SLOW, wait_until  # noqa: E402
from table import note  # noqa: E402
from test_story import StoryCase  # noqa: E402

SEED = int(os.environ.get("HEARTH_FAULTS_SEED", "1"))
LONG = os.environ.get("HEARTH_FAULTS_LONG") == "1"
DEADLINE_MS = 4000 * SLOW
# A command may take so long at the most: what it waits for by itself (docs/resilience.md), and the key file.
SEARCH_SECONDS = (DEADLINE_MS / 1000 + 45) * SLOW
MAIL_SECONDS = 60 * SLOW
RECOVERY_SECONDS = 60 * SLOW
DAY = 86400
ANYBODY = support.ANYBODY


class Stage(StoryCase):
    agencies, households = 3, 45
    up_options = ("--deadline-ms", DEADLINE_MS)
    seconds = 900
    clock = False  # whether the daemons' clock can be stepped
    base = 3 * DAY  # what is 0 for `step`: certificates have to be good when it is a day behind

    @classmethod
    def setUpClass(cls):
        if cls.clock:
            # Before anything starts, and outside the scheme's directory, which is made later.
            folder = pathlib.Path(support.tempfile.mkdtemp(prefix="hearth-clock-"))
            cls.addClassCleanup(support.subprocess.run, ["rm", "-r", str(folder)], check=True)
            cls.link = folder / "clock"
            os.environ["HEARTH_CLOCK_LINK"] = str(cls.link)
            cls.addClassCleanup(os.environ.pop, "HEARTH_CLOCK_LINK", None)
            cls.step(-cls.base)
        super().setUpClass()
        if cls.clock:
            cls.step(0)
            cls.scheme.wait_attached(cls.scheme.parties.agents, 60)

    @classmethod
    def up(cls, *options):
        """Again where another program of the machine has taken a port since it was chosen."""
        try:
            return super().up(*options)
        except AssertionError as error:
            if "cannot listen" not in str(error):
                raise
            return super().up(*options)

    @classmethod
    def step(cls, seconds):
        """Sets the clock of every program of this case, those that run too, so far from the case's own."""
        fresh = cls.link.with_name("next")
        fresh.symlink_to(str(int(cls.base + seconds)))
        fresh.replace(cls.link)

    def setUp(self):
        super().setUp()
        self.chance = random.Random(f"{SEED} {self.id()}")

    def times(self, short, long):
        return long if LONG else short

    # ---- commands ----
    def command(self, party, *arguments, bound=MAIL_SECONDS, kill_after=None):
        """A party's program; (exit status, output, seconds). It must end within `bound`. kill_after: SIGKILL after
        that time, where it still runs."""
        party = self.party(party) if isinstance(party, str) else party
        secret = os.open(party.passphrase, os.O_RDONLY)
        began = time.monotonic()
        try:
            with subprocess.Popen([party.program, *map(str, arguments), *party.options(secret)],
                                  pass_fds=(secret,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, encoding="utf-8") as process:
                try:
                    out, err = process.communicate(timeout=bound if kill_after is None else kill_after)
                except subprocess.TimeoutExpired:
                    process.kill()
                    out, err = process.communicate()
                    if kill_after is None:
                        self.fail(f"{party.id} {arguments}: not over within {bound:.0f} s\n{out}{err}")
        finally:
            os.close(secret)
        return process.returncode, out + err, time.monotonic() - began

    def ask(self, request=ANYBODY, la="la-1", bound=SEARCH_SECONDS):
        """A search: its answer, {"error": ...} where it failed."""
        path = request if isinstance(request, str) else self.request_file(request)
        code, out, _seconds = self.command(la, "search", path, "--json", bound=bound)
        self.assertIn(code, (0, 1, 3, 4, 5), out)
        # A signal would be a negative code.
        return self.json_in(out)

    @staticmethod
    def json_in(out):
        """Beside it there may be words for a person."""
        return next(json.loads(line) for line in out.splitlines() if line.startswith("{"))

    def answered(self, **options):
        """How many agencies have answered a search; -1 where it failed."""
        answer = self.ask(**options)
        return -1 if "error" in answer else answer["answered"]

    def all_answer(self, agencies=None):
        return self.answered() == (agencies or self.agencies)

    def told(self, party, *arguments):
        code, out, _seconds = self.command(party, *arguments, "--json")
        self.assertEqual(code, 0, f"{party} {arguments}: {out}")
        return self.json_in(out)

    # ---- daemons ----
    def daemon(self, name):
        return self.scheme.daemon(self.party(name))

    def kill(self, name, number=signal.SIGKILL):
        daemon = self.daemon(name)
        daemon.signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.wait_for(daemon.ended, f"{name} has ended", 10)

    def start(self, name):
        self.scheme.launch(self.party(name))

    def stays_up(self, *names):
        """The same processes as before still run: {name: pid}."""
        return {name: self.pid(name) for name in names}

    # ---- telling ----
    def recovered(self, condition, what, seconds=RECOVERY_SECONDS):
        """Until everything is as before, by itself; how long it took."""
        began = time.monotonic()
        self.assertTrue(wait_until(condition, seconds), f"not within {seconds:.0f} s: {what}")
        return time.monotonic() - began

    def verify_log(self):
        code, out, _seconds = self.command("matcher", "audit", "verify")
        self.assertEqual(code, 0, out)

    @staticmethod
    def note(fault, where, **counts):
        note(fault=fault, where=where, **{key: round(value, 2) if key == "longest_s" else value
                                          for key, value in counts.items()})


class Searching(threading.Thread):
    """A search that goes on while something is broken."""

    def __init__(self, case, **options):
        super().__init__()
        self.case, self.options, self.answer, self.seconds, self.failure = case, options, None, 0.0, None
        self.start()

    def run(self):
        began = time.monotonic()
        try:
            self.answer = self.case.ask(**self.options)
        except AssertionError as failure:
            self.failure = failure
        self.seconds = time.monotonic() - began

    def ended(self):
        """Its answer. Fails where it did not end in time."""
        self.join()
        if self.failure:
            raise self.failure
        return self.answer
