# SPDX-License-Identifier: Apache-2.0
"""Postcodes and their points: read from a file of those that are published, or invented."""

import csv
import datetime

import places

# Headings of the point's columns: ONSPD, then tables of districts or sectors.
COLUMNS = [("pcds", "oseast1m", "osnrth1m"), ("pcd", "oseast1m", "osnrth1m"), ("code", "easting", "northing"),
           ("postcode", "easting", "northing")]
SQUARE = 5000
INWARD = "ABDEFGHJLNPQRSTUWXYZ"  # letters that stand in the second half of a postcode


class Gazetteer:
    """points: {"LS6 3AA": (east, north)}."""

    def __init__(self, points):
        self.points = points
        self._squares = {}
        for code, point in sorted(points.items()):
            self._squares.setdefault(self._square(point), []).append(code)

    @staticmethod
    def _square(point):
        return point[0] // SQUARE, point[1] // SQUARE

    def near(self, rng, point):
        """A postcode in the same 5 km square, or None."""
        codes = self._squares.get(self._square(point))
        return rng.choice(codes) if codes else None


def read(path):
    """ONSPD (live postcodes only), or a table of districts or sectors with eastings and northings. ValueError."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        names = {name.strip().lower(): name for name in reader.fieldnames or []}
        found = [columns for columns in COLUMNS if set(columns) <= set(names)]
        if not found:
            raise ValueError(f"{path}: no columns {' or '.join('/'.join(columns) for columns in COLUMNS)}")
        code, east, north = (names[name] for name in found[0])
        ended = names.get("doterm")
        return Gazetteer({
            row[code].strip(): (round(float(row[east])), round(float(row[north])))
            for row in reader if row[east] and row[north] and not (ended and row[ended])})


def invent(rng):
    """Postcodes of an area ZZ that does not exist, at points of our own around each place of places.REGIONS: a
    district a place, a sector a square of 5 km."""
    points = {}
    centres = [centre for _share, some in places.REGIONS.values() for centre in some]
    for district, (east, north, _lat, _lon) in enumerate(centres, 1):
        for sector in range(9):
            corner = (east // SQUARE + sector % 3 - 1) * SQUARE, (north // SQUARE + sector // 3 - 1) * SQUARE
            for _ in range(12):
                code = f"ZZ{district} {sector}{rng.choice(INWARD)}{rng.choice(INWARD)}"
                points[code] = corner[0] + rng.randrange(SQUARE), corner[1] + rng.randrange(SQUARE)
    return Gazetteer(points)


def write(gazetteer, path, today):
    """In the format of ONSPD, as far as anybody needs it."""
    month = (today - datetime.timedelta(days=400)).strftime("%Y%m")
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["pcd", "pcd2", "pcds", "dointr", "doterm", "oseast1m", "osnrth1m", "osgrdind", "ctry"])
        for code, (east, north) in sorted(gazetteer.points.items()):
            outward, inward = code.split()
            writer.writerow([f"{outward:<4}{inward}", f"{outward:<4} {inward}", code, month, "", east, north, 1,
                             "E92000001"])
