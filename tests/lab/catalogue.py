# SPDX-License-Identifier: Apache-2.0
"""The project's catalogue of criteria, as the generator and the tests read it."""

import csv
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "proto" / "domain" / "catalogue-1.csv"

# Codes that requests and offers may not name, because a field of the carer or of the request stands for them.
FIELD_GROUPS = {"age", "placement_type", "availability"}
FIELD_CODES = {"SEX_M", "SEX_F", "NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"}


class Catalogue:
    """Carer-scope criteria by code, in the order of the file."""

    def __init__(self, path=CATALOGUE):
        with open(path, encoding="utf-8", newline="") as file:
            lines = (line for line in file if not line.startswith("#"))
            rows = [row for row in csv.DictReader(lines) if row["scope"] == "carer"]
        self.group = {row["code"]: row["group"] for row in rows}
        self.kind = {row["code"]: row["kind"] for row in rows}
        self.placement_types = [c for c, g in self.group.items() if g == "placement_type"]
        self.offers = [
            code for code, group in self.group.items()
            if group not in FIELD_GROUPS and code not in FIELD_CODES
        ]

    def can_be_must(self, code):
        return self.kind[code] in ("hard", "both")

    def can_be_preferred(self, code):
        return self.kind[code] in ("soft", "both")
