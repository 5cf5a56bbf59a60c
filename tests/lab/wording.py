# SPDX-License-Identifier: Apache-2.0
"""Other ways to write a criterion than its code: its label, and the codes and words of the standards. Only those
that mean one criterion and no other."""

import csv
import functools
import re

import catalogue

STANDARDS = catalogue.DOMAIN / "standards.csv"
SAY_NOTHING = {"yes", "no", "none", "other", "na", "true", "required", "false", "present", "y", "n", "uk",
               "riskpresent"}
LONGEST = 250


def fold(text):
    """Letters and figures in lower case; & is "and"."""
    return re.sub(r"[^a-z0-9<>]", "", text.lower().replace("&", "and"))


def _rows(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _of_brackets(label):
    return [label, label.partition("(")[0].strip()] if "(" in label else [label]


class Wording:
    """For the criteria of all versions of the catalogue."""

    def __init__(self):
        self.labels, self.others, self._meanings = {}, {}, {}
        for path in sorted(catalogue.DOMAIN.glob("catalogue-*.csv")):
            for row in _rows(path):
                self._add(row["code"], self.labels, [row["code"].lower(), *_of_brackets(row["label"])])
                self._add(row["code"], self.others, [row["standard_code"]])
        for row in _rows(STANDARDS):
            self._add(row["criterion"], self.others, [row["code"], *_of_brackets(row["label"] or "")])

    def _add(self, code, table, texts):
        for text in filter(None, texts):
            self._meanings.setdefault(fold(text), set()).add(code)
            table.setdefault(code, []).append(text)

    def _is_clear(self, text):
        folded = fold(text)
        return (len(self._meanings[folded]) == 1 and folded not in SAY_NOTHING and not folded.isdigit()
                and text.isascii() and len(text) <= LONGEST and not re.search(r"[;|\r\n]", text))

    @functools.cache
    def headings(self, code):
        """What may stand over a column of yes and no."""
        return [code] + [text for text in self.labels[code] if self._is_clear(text) and len(fold(text)) > 4]

    @functools.cache
    def values(self, code):
        """What may stand in a list."""
        return [code] + [text for text in self.labels[code] + self.others.get(code, []) if self._is_clear(text)]
