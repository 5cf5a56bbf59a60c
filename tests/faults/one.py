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
    chosen = list(cases(unittest.TestLoader().loadTestsFromName(module), word))
    try:
        unittest.TestSuite(chosen).run(results)
    except KeyboardInterrupt:
        for case in dict.fromkeys(type(one) for one in chosen):
            case.doClassCleanups()
        results.failed += 1
        print("FAIL interrupted")
    print(f"{results.passed} passed, {results.failed} failed")


main()
