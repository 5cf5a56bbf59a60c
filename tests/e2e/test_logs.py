# SPDX-License-Identifier: Apache-2.0
"""Every log line in the sources has a form that programs can read, and stands in the operator's table."""

import re
import unittest

import log_lines
from log_lines import ROOT

SHARED = "all"


def table():
    """{(program, event): keys} of docs/operations.md."""
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    part = text.split("\n## Logs\n", 1)[1].split("\n## ", 1)[0]
    found = {}
    for line in part.splitlines():
        row = re.fullmatch(r"\| ([a-z, ]+) \| `(\w+)` \| ((?:`\w+`(?:, )?)*) \| (.+) \|", line)
        if row:
            for program in row[1].split(", "):
                found.setdefault((program, row[2]), set()).update(re.findall(r"`(\w+)`", row[3]))
    return found


def row(program, event, keys):
    return f"| {program} | `{event}` | {', '.join(f'`{key}`' for key in sorted(keys))} |"


class Table(unittest.TestCase):
    def test_the_table_is_what_the_sources_say(self):
        """A failure gives the rows as they have to be; what an event says is for a person to write."""
        told, there = table(), log_lines.in_sources()
        self.assertEqual([], [row(*key, there[key]) for key in there if there[key] != told.get(key)])
        self.assertEqual([], [row(*key, told[key]) for key in told if key not in there])

    def test_no_key_could_carry_a_person(self):
        keys = set().union(*log_lines.in_sources().values())
        self.assertFalse(keys & {"ref", "carer", "household", "child", "postcode", "name", "place", "note", "text",
                                 "score", "passphrase"})


class Parser(unittest.TestCase):
    """That the strict parser is strict."""

    def test_good(self):
        line = '2026-11-22T05:46:34Z warn refused call=Search query=- reason="two \\"words\\" \\\\ x=1"'
        self.assertEqual(log_lines.parse(line)["reason"], 'two "words" \\ x=1')
        line = '{"time":"2026-11-22T05:46:34Z","level":"info","event":"a","n":3}'
        self.assertEqual(log_lines.parse(line)["n"], "3")

    def test_bad(self):
        start = "2026-11-22T05:46:34Z info thing"
        for rest in (" a", " a=", " a=b c", ' a="b', " a=b=c", " a=b a=c", '  a=b', ' a="b"', " a=b ", ' a="\\n"',
                     " A=b", " time=x"):
            with self.subTest(rest), self.assertRaises(log_lines.Malformed):
                log_lines.parse(start + rest)
        for line in ("", "thing a=b", "2026-11-22T05:46:34Z loud thing a=b", '{"event":"a"}',
                     '{"time":"2026-11-22T05:46:34Z","level":"info","event":"a","n":1,"n":2}',
                     '{"time":"2026-11-22T05:46:34Z","level":"info","event":"a","n":1.5}',
                     '{"time":"2026-11-22T05:46:34Z","level":"info","event":"a","n":null}'):
            with self.subTest(line), self.assertRaises(log_lines.Malformed):
                log_lines.parse(line)


if __name__ == "__main__":
    unittest.main()
