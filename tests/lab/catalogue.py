# SPDX-License-Identifier: Apache-2.0
"""The project's catalogue of criteria, as the generator and the tests read it."""

import csv
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOMAIN = ROOT / "proto" / "domain"

# Codes that requests and offers may not name, because a field of the carer or of the request stands for them.
FIELD_GROUPS = {"age", "placement_type", "availability"}
FIELD_CODES = {"SEX_M", "SEX_F", "NUM_1", "NUM_2", "NUM_3", "NUM_4", "NUM_5P"}


def current_version():
    """The version that the programs are built for."""
    header = (DOMAIN / "catalogue.h").read_text(encoding="utf-8")
    return int(re.search(r"\bCATALOGUE_VERSION = (\d+)", header)[1])


def read_version(version):
    """What one version adds to the ones before it."""
    with open(DOMAIN / f"catalogue-{version}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


class Catalogue:
    """Carer-scope criteria by code, in the order of their slots."""

    def __init__(self):
        rows = [row for version in range(1, current_version() + 1) for row in read_version(version)
                if row["scope"] == "carer"]
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
