# SPDX-License-Identifier: Apache-2.0
"""Points on the National Grid once more, from docs/domain.md "Places" and published formulas alone: grid
references, latitude and longitude, postcodes from the files that a gazetteer is made of."""

import csv
import math
import re

CELL = 5000
COLUMNS, ROWS = 140, 260  # cells of the National Grid that exist
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # without I

UNIT_POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d)([A-Z]{2})")
LAT_LON = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*")

# Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes A to C: semi-axes in metres.
WGS84_AXES = (6378137.0, 6356752.314245)
AIRY_AXES = (6377563.396, 6356256.909)
ORIGIN_LAT, ORIGIN_LON = math.radians(49), math.radians(-2)
FALSE_EAST, FALSE_NORTH, SCALE = 400000.0, -100000.0, 0.9996012717
# EPSG:1314, from OSGB36 to WGS 84, position vector: metres, seconds of arc, parts per million.
SHIFT = (446.448, -125.157, 542.060)
TURN = tuple(math.radians(seconds / 3600) for seconds in (0.150, 0.247, 0.842))
GROWTH = 1 - 20.489e-6


def grid_point(text):
    """South-west corner, in metres, of a grid reference or of a cell's name."""
    compact = text.replace(" ", "").upper()
    first, second = (LETTERS.index(letter) for letter in compact[:2])
    east = (first % 5 - 2) * 500000 + second % 5 * 100000
    north = (3 - first // 5) * 500000 + (4 - second // 5) * 100000
    cell = re.fullmatch(r"(\d)(\d)([NS])([EW])", compact[2:])
    if cell:
        east += int(cell[1]) * 10000 + (CELL if cell[4] == "E" else 0)
        north += int(cell[2]) * 10000 + (CELL if cell[3] == "N" else 0)
        return east, north
    figures = compact[2:]
    half = len(figures) // 2
    return east + int(figures[:half].ljust(5, "0")), north + int(figures[half:].ljust(5, "0"))


def _cartesian(lat, lon):
    """A point at height 0 on the WGS84 ellipsoid, from its centre (annex B.1)."""
    a, b = WGS84_AXES
    squashed = 1 - b * b / (a * a)
    nu = a / math.sqrt(1 - squashed * math.sin(lat) ** 2)
    return (nu * math.cos(lat) * math.cos(lon), nu * math.cos(lat) * math.sin(lon),
            (1 - squashed) * nu * math.sin(lat))


def _to_osgb36(point):
    """EPSG:1314 backwards: its rotation matrix (small angles) is undone by its transpose."""
    x, y, z = ((value - shift) / GROWTH for value, shift in zip(point, SHIFT))
    rx, ry, rz = TURN
    return x + rz * y - ry * z, -rz * x + y + rx * z, ry * x - rx * y + z


def _geodetic(point):
    """Latitude and longitude on the Airy ellipsoid (annex B.2)."""
    a, b = AIRY_AXES
    squashed = 1 - b * b / (a * a)
    x, y, z = point
    from_axis = math.hypot(x, y)
    lat = math.atan2(z, from_axis * (1 - squashed))
    for _ in range(20):
        nu = a / math.sqrt(1 - squashed * math.sin(lat) ** 2)
        lat = math.atan2(z + squashed * nu * math.sin(lat), from_axis)
    return lat, math.atan2(y, x)


def _meridian(lat):
    """Length of the meridian from the true origin (annex C.1, equation C3)."""
    a, b = AIRY_AXES
    n = (a - b) / (a + b)
    less, more = lat - ORIGIN_LAT, lat + ORIGIN_LAT
    return b * SCALE * (
        (1 + n + 5 / 4 * n ** 2 + 5 / 4 * n ** 3) * less
        - (3 * n + 3 * n ** 2 + 21 / 8 * n ** 3) * math.sin(less) * math.cos(more)
        + (15 / 8 * n ** 2 + 15 / 8 * n ** 3) * math.sin(2 * less) * math.cos(2 * more)
        - 35 / 24 * n ** 3 * math.sin(3 * less) * math.cos(3 * more))


def _project(lat, lon):
    """Eastings and northings, in metres, of a point on the Airy ellipsoid (annex C.1)."""
    a, b = AIRY_AXES
    squashed = 1 - b * b / (a * a)
    sin, cos, tan = math.sin(lat), math.cos(lat), math.tan(lat)
    nu = a * SCALE / math.sqrt(1 - squashed * sin ** 2)
    rho = a * SCALE * (1 - squashed) * (1 - squashed * sin ** 2) ** -1.5
    eta = nu / rho - 1
    d = lon - ORIGIN_LON
    north = (_meridian(lat) + FALSE_NORTH + nu / 2 * sin * cos * d ** 2
             + nu / 24 * sin * cos ** 3 * (5 - tan ** 2 + 9 * eta) * d ** 4
             + nu / 720 * sin * cos ** 5 * (61 - 58 * tan ** 2 + tan ** 4) * d ** 6)
    east = (FALSE_EAST + nu * cos * d + nu / 6 * cos ** 3 * (nu / rho - tan ** 2) * d ** 3
            + nu / 120 * cos ** 5 * (5 - 18 * tan ** 2 + tan ** 4 + 14 * eta - 58 * tan ** 2 * eta) * d ** 5)
    return east, north


def project(lat, lon):
    """WGS84 degrees to metres of the National Grid, not rounded."""
    return _project(*_geodetic(_to_osgb36(_cartesian(math.radians(lat), math.radians(lon)))))


def nearest_metre(value):
    return math.floor(value + 0.5)


def degrees_point(lat, lon):
    east, north = project(lat, lon)
    return nearest_metre(east), nearest_metre(north)


def degrees_at(east, north, digits=7):
    """Latitude and longitude of a point on the grid, by Newton's method; rounded so that degrees_point
    gives exactly this point again."""
    lat, lon = 52.0 + (north - 233000) / 111200, -2 + (east - 400000) / 68000
    for _ in range(30):
        at, up, right = project(lat, lon), project(lat + 1e-4, lon), project(lat, lon + 1e-4)
        a, b = (right[0] - at[0]) / 1e-4, (up[0] - at[0]) / 1e-4
        c, d = (right[1] - at[1]) / 1e-4, (up[1] - at[1]) / 1e-4
        off_east, off_north = east - at[0], north - at[1]
        determinant = a * d - b * c
        lon += (off_east * d - off_north * b) / determinant
        lat += (off_north * a - off_east * c) / determinant
    lat, lon = round(lat, digits), round(lon, digits)
    assert degrees_point(lat, lon) == (east, north)
    return lat, lon


def read_code_point_open(path):
    """{postcode: point} of a file of Code-Point Open: no headings; postcode, quality, east, north, ..."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if row]
    compact = [(row[0].replace(" ", ""), row) for row in rows]
    return {f"{code[:-3]} {code[-3:]}": (int(row[2]), int(row[3])) for code, row in compact}


def read_onspd(path):
    """{postcode: point} of those in use and of those that have ended, in a file with ONSPD's columns."""
    in_use, ended = {}, {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["osgrdind"] != "9":  # no grid reference
                point = int(row["oseast1m"]), int(row["osnrth1m"])
                (ended if row["doterm"] else in_use)[row["pcds"]] = point
    return in_use, ended


def with_means(in_use, ended):
    """All of them, and their sectors (AB10 1) and districts (AB10): each the mean of those in use, or of those
    that have ended where none is, in whole metres, rounded down."""
    means = {}
    for units in (ended, in_use):
        groups = {}
        for code, point in units.items():
            for name in (code[:-2], code[:-4]):
                groups.setdefault(name, []).append(point)
        means |= {name: tuple(sum(values) // len(values) for values in zip(*points))
                  for name, points in groups.items()}
    return means | ended | in_use


class Places:
    """The forms of a place. gazetteer: {postcode, sector or district with single spaces: point}."""

    def __init__(self, gazetteer=None):
        self.gazetteer = gazetteer or {}

    def point(self, text):
        degrees = LAT_LON.fullmatch(text)
        if degrees:
            return degrees_point(float(degrees[1]), float(degrees[2]))
        known = self.postcode(text)
        return known if known else grid_point(text)

    def postcode(self, text):
        """The point of a postcode that the gazetteer holds, else None."""
        upper = " ".join(text.upper().split())
        unit = UNIT_POSTCODE.fullmatch(upper)
        return self.gazetteer.get(f"{unit[1]} {unit[2]}{unit[3]}" if unit else upper)

    def household(self, row):
        """Where a row of a carers' file lives."""
        if row.get("grid_ref"):
            return grid_point(row["grid_ref"])
        if row.get("lat"):
            return degrees_point(float(row["lat"]), float(row["lon"]))
        return self.postcode(row["postcode"])
