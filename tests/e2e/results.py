# SPDX-License-Identifier: Apache-2.0
"""One line for each test, and a limit on its time."""

import signal
import sys
import time
import traceback
import unittest

from support import SLOW

TEST_SECONDS = 240


def seconds_for(test):
    """A case may set `seconds` where it does much in one test."""
    return SLOW * getattr(test, "seconds", TEST_SECONDS)


class TimeUp(Exception):
    pass


def on_alarm(_number, _frame):
    raise TimeUp("took longer than it may")


def on_terminate(_number, _frame):
    raise KeyboardInterrupt


class Results(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = self.failed = 0
        self.started = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        signal.alarm(seconds_for(test))

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def line(self, word, test, text=""):
        seconds = time.monotonic() - self.started
        print(f"{word:<4} {test.id()} ({seconds:.1f} s){text}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.line("ok", test)

    def addSkip(self, test, reason):
        self.line("skip", test, f": {reason}")

    def fail(self, test, error):
        self.failed += 1
        self.line("FAIL", test)
        traceback.print_exception(*error, file=sys.stdout)
        sys.stdout.flush()

    def addFailure(self, test, err):
        self.fail(test, err)

    def addError(self, test, err):
        self.fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self.fail(subtest, err)
