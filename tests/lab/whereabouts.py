# SPDX-License-Identifier: Apache-2.0
"""The location of random requests: around a household that can be placed with, in every form that docs/domain.md
"Requests" knows."""

import math

import places

KM = 1000
CELL = 5000
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # without I


def metres_of(reference):
    """South-west corner of a grid reference, "SE 297 338"."""
    letters, figures = reference[:2].upper(), reference[2:].replace(" ", "")
    first, second = (LETTERS.index(letter) for letter in letters)
    half = len(figures) // 2
    east = (first % 5 - 2) * 500 * KM + second % 5 * 100 * KM
    north = (3 - first // 5) * 500 * KM + (4 - second // 5) * 100 * KM
    return east + int(figures[:half].ljust(5, "0")), north + int(figures[half:].ljust(5, "0"))


def _nearest_office(distance_to):
    offices = [office for _, some in places.REGIONS.values() for office in some]
    return min(offices, key=distance_to)


def flat_map(east, north):
    """A function from metres of the grid to latitude and longitude, flat around the office nearest to this
    point: right within a few kilometres, and straight lines stay straight."""
    at = _nearest_office(lambda office: math.dist(office[:2], (east, north)))
    degree = 111200 * math.cos(math.radians(at[2]))
    return lambda e, n: (at[2] + (n - at[1]) / 111200, at[3] + (e - at[0]) / degree)


def metres_of_degrees(lat, lon):
    """The way back, as roughly."""
    at = _nearest_office(lambda office: math.dist((office[2] * 1.6, office[3]), (lat * 1.6, lon)))
    return (round(at[0] + (lon - at[3]) * 111200 * math.cos(math.radians(lat))),
            round(at[1] + (lat - at[2]) * 111200))


def inland(point):
    """Away from the edges of the grid, beyond which no position may lie."""
    return tuple(min(600 * KM, max(60 * KM, metres)) for metres in point)


class Whereabouts:
    """rng: random.Random; postcodes: {"LS6 3AA": (east, north)}, may be empty; areas: whether to draw polygons."""

    def __init__(self, rng, postcodes, areas):
        self.rng = rng
        self.areas = areas
        self.postcodes = {}  # by 10 km square
        for code, point in postcodes.items():
            self.postcodes.setdefault((point[0] // (10 * KM), point[1] // (10 * KM)), []).append(code)
        self.points = postcodes

    def location(self, household):
        """A request's location; None for everywhere."""
        rng = self.rng
        home = self._home(household)
        kind = rng.choices(["none", "squares", "anchors", "area", "both"],
                           [12, 10, 50, 16 if self.areas else 0, 12 if self.areas else 0])[0]
        if kind == "none":
            return None
        location = {}
        if kind == "squares":
            location["squares"] = self._squares(home)
        if kind in ("anchors", "both"):
            count = rng.choices([1, 2, 3, 6, 16], [55, 28, 10, 5, 2])[0]
            location["anchors"] = [self._anchor(f"place {i + 1}", home, 40) for i in range(count)]
            if rng.random() < 0.6:
                location["combine"] = rng.choice(["all", "any"])
        if kind in ("area", "both"):
            location["area"] = self._area(home)
        if rng.random() < 0.3:
            location["avoid"] = [self._anchor("risk", home, 8, weights=False)
                                 for _ in range(rng.choices([1, 2, 4], [70, 20, 10])[0])]
        return location

    def _home(self, household):
        if household["grid_ref"]:
            return metres_of(household["grid_ref"])
        if household["lat"]:
            return metres_of_degrees(float(household["lat"]), float(household["lon"]))
        return self.points[household["postcode"]]

    def _off(self, home, most):
        """A point up to `most` metres off in each direction."""
        return tuple(max(0, metres + self.rng.randint(-most, most)) for metres in home)

    def _squares(self, home):
        rng = self.rng
        around = {places.square_of(*self._off(home, 60 * KM)) for _ in range(rng.randrange(4))}
        return sorted(around | {places.square_of(*home)})

    # ---- points ----
    def _anchor(self, name, home, most_km, weights=True):
        rng = self.rng
        anchor = {"at": self._near(home), "within_km": rng.randint(min(15, most_km // 2), most_km)}
        if rng.random() < 0.8:
            anchor["name"] = name
        if weights and rng.random() < 0.6:
            anchor["weight"] = rng.randint(0, 5)
        return anchor

    def _near(self, home):
        """A place a few kilometres off, in any of the forms that a request may use."""
        rng = self.rng
        form = rng.random()
        point = self._off(home, 6 * KM)
        postcode = self._postcode_near(point) if form < 0.4 else None
        if postcode:
            return postcode
        if form < 0.6:
            lat, lon = flat_map(*point)(*point)
            return f"{lat:.4f},{lon:.5f}" if rng.random() < 0.8 else f"{lat:.3f}, {lon:.3f}"
        return self._reference(point)

    def _postcode_near(self, point):
        """A unit postcode, a sector or a district; None where there are none."""
        rng = self.rng
        codes = self.postcodes.get((point[0] // (10 * KM), point[1] // (10 * KM)))
        if not codes:
            return None
        unit = rng.choice(codes)
        form = rng.random()
        if form < 0.5:
            return unit
        if form < 0.6:
            return unit.lower()
        return unit[:-2] if form < 0.8 else unit[:-4]

    def _reference(self, point):
        """A grid reference of 2 to 10 figures, or the name of a 5 km cell."""
        rng = self.rng
        digits = rng.choice([2, 4, 6, 6, 8, 10, 0])
        if digits == 0:
            letters, east, north = places.grid_reference(*point, 2).split()
            halves = ["SN"[point[1] % (10 * KM) // CELL], "WE"[point[0] % (10 * KM) // CELL]]
            return "".join([letters, east, north, *halves])
        text = places.grid_reference(*point, digits)
        if digits == 2:
            return text.replace(" ", "").replace(text[:2], text[:2] + " ")
        return text if rng.random() < 0.7 else text.replace(" ", "").lower()

    # ---- areas ----
    def _area(self, home):
        rng = self.rng
        form = rng.randrange(5)
        if form == 0:
            return {"type": "MultiPolygon", "coordinates": self._apart(home)}
        if form == 1:
            some = [self._polygon(self._off(home, 25 * KM), 20) for _ in range(rng.randint(1, 4))]
            return {"type": "FeatureCollection", "features": list(map(self._feature, some))}
        polygon = self._polygon(self._off(home, 10 * KM), 40)
        return self._feature(polygon) if form == 2 else polygon

    @staticmethod
    def _feature(geometry):
        return {"type": "Feature", "properties": {"note": "drawn for a test"}, "geometry": geometry}

    def _polygon(self, centre, most_km):
        centre = inland(centre)
        return {"type": "Polygon", "coordinates": self._rings(centre, most_km, flat_map(*centre))}

    def _apart(self, home):
        """Two or three polygons that do not touch."""
        east, north = inland(self._off(home, 5 * KM))
        degrees = flat_map(east, north)
        step = 45 * KM if east < 400 * KM else -45 * KM
        return [self._rings((east + i * step, north), 20, degrees) for i in range(self.rng.randint(2, 3))]

    def _rings(self, centre, most_km, degrees):
        """The rings of a polygon around centre, some with a hole."""
        rng = self.rng
        least = rng.uniform(0.3, 0.6) * most_km * KM
        rings = [self._ring(centre, least, most_km * KM, degrees)]
        if rng.random() < 0.4:
            rings.append(self._ring(centre, least * 0.2, least * 0.5, degrees))
        return rings

    def _ring(self, centre, least, most, degrees):
        """A closed ring that has centre inside, its corners in the order of their directions."""
        rng = self.rng
        corners = rng.randint(5, 14)  # so many that no side comes nearer than half of `least` to the centre
        points = []
        for i in range(corners):
            angle = 2 * math.pi * (i + rng.uniform(-0.2, 0.2)) / corners
            reach = rng.uniform(least, most)
            lat, lon = degrees(centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle))
            points.append([round(lon, 6), round(lat, 6)])
        if rng.random() < 0.5:
            points.reverse()
        return [*points, points[0]]
