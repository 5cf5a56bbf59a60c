# SPDX-License-Identifier: Apache-2.0
"""The cases of one module whose names have a word in them: one.py MODULE WORD."""

import signal
import sys
import unittest

import stage  # noqa: F401  finds the end-to-end tests' modules
from results import Results, on_alarm, on_terminate


def cases(suite, word):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item, word)
        elif word in item.id():
            yield item


def main():
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_terminate)
    module, word = sys.argv[1:]
    results = Results()
    suite = unittest.TestSuite(cases(unittest.TestLoader().loadTestsFromName(module), word))
    try:
        suite.run(results)
    except KeyboardInterrupt:
        results.failed += 1
        print("FAIL interrupted")
    print(f"{results.passed} passed, {results.failed} failed")


main()
