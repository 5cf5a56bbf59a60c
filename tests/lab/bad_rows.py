# SPDX-License-Identifier: Apache-2.0
"""Rows of carers that an import must report, one for each way to be wrong in turn."""

import datetime

# (what is changed, the column that the report names)
CHANGES = [
    ({"ages": "0-18"}, "ages"),
    ({"sexes": "X"}, "sexes"),
    ({"placement_types": "PT_NOWHERE"}, "placement_types"),
    ({"places": "12"}, "places"),
    ({"status": "perhaps"}, "status"),
    ({"status_date": "31/02/2026"}, "status_date"),
    ({"status_date": "TOMORROW"}, "status_date"),
    ({"status": "full", "available_from": "2026-12-01"}, "available_from"),
    ({"grid_ref": "XX 12", "lat": "", "lon": "", "postcode": ""}, "grid_ref"),
    ({"grid_ref": "", "lat": "", "lon": "", "postcode": ""}, ""),
    ({"grid_ref": "SE 297 338", "lat": "53.8", "lon": "-1.5", "postcode": ""}, "grid_ref"),
    ({"offers": "DS_AUT;NOT_A_CODE"}, "offers"),
    ({"ref": ""}, "ref"),
]
GOOD = {"ref": "", "name": "", "postcode": "", "grid_ref": "SE 297 338", "lat": "", "lon": "", "ages": "0-17",
        "sexes": "M;F", "places": 1, "approved_places": 1, "placement_types": "PT_LONG", "status": "available",
        "status_date": "", "available_from": "", "offers": "CS_DRIVE"}


def make(rng, count, columns, today):
    """[(row, column)]: rows with the columns of a tidy file, each wrong in one column. Their references are in no
    good row."""
    start = rng.randrange(len(CHANGES))
    made = []
    for number in range(count):
        change, column = CHANGES[(start + number) % len(CHANGES)]
        row = GOOD | {"ref": f"WRONG-{number + 1}", "status_date": today.isoformat()} | change
        if row["status_date"] == "TOMORROW":
            row["status_date"] = (today + datetime.timedelta(days=1)).isoformat()
        # Where the whole location is missing, the report names the first column that could hold one.
        column = column or ("postcode" if "postcode" in columns else "grid_ref")
        made.append(({name: row[name] for name in columns}, column))
    return made
