# SPDX-License-Identifier: Apache-2.0
"""What was broken, where, how often, and what came of it: rows that are added up over cases and seeds."""

import json
import os

COLUMNS = ("fault", "where", "tried", "accepted", "lost", "longest_s")
HEADINGS = ("Fault", "Where", "Tried", "Accepted", "Lost", "Recovery, longest")


class Table:
    def __init__(self):
        self.rows = {}  # (fault, where) -> the row, in the order in which they first came

    def add(self, fault, where, tried=1, accepted=0, lost=0, longest_s=0.0):
        row = self.rows.setdefault((fault, where), dict(zip(COLUMNS, (fault, where, 0, 0, 0, 0.0))))
        row["tried"] += tried
        row["accepted"] += accepted
        row["lost"] += lost
        row["longest_s"] = round(max(row["longest_s"], longest_s), 2)

    def add_all(self, rows):
        for row in rows:
            self.add(**row)

    def list(self):
        return list(self.rows.values())

    def text(self):
        lines = [HEADINGS] + [(row["fault"], row["where"], str(row["tried"]), str(row["accepted"]),
                               str(row["lost"]), f"{row['longest_s']:.1f} s") for row in self.list()]
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEADINGS))]
        return "\n".join("  ".join(cell.ljust(width) if i < 2 else cell.rjust(width)
                                   for i, (cell, width) in enumerate(zip(line, widths))) for line in lines)


def note(**row):
    """Hands one row to the process that prints the table."""
    path = os.environ.get("HEARTH_FAULTS_TABLE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
