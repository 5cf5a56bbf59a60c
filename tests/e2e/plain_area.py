# SPDX-License-Identifier: Apache-2.0
"""Areas of requests once more, from docs/domain.md alone: GeoJSON (RFC 7946) polygons with holes, projected to
whole metres of the National Grid; from there on all arithmetic is on integers."""

import json

import plain_places


def polygons(geojson):
    """Lists of rings of all polygons in a geometry, a feature or a collection, however deep."""
    kind = geojson["type"]
    if kind == "Polygon":
        return [geojson["coordinates"]]
    if kind == "MultiPolygon":
        return list(geojson["coordinates"])
    if kind == "Feature":
        return polygons(geojson["geometry"])
    members = geojson["features"] if kind == "FeatureCollection" else geojson["geometries"]
    return [polygon for member in members for polygon in polygons(member)]


def cross(a, b, at):
    return (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])


def on_edge(a, b, at):
    return (cross(a, b, at) == 0 and min(a[0], b[0]) <= at[0] <= max(a[0], b[0])
            and min(a[1], b[1]) <= at[1] <= max(a[1], b[1]))


def place_in_ring(ring, at):
    """1 inside, 0 on the boundary, -1 outside: a ray to the east crosses the boundary an odd number of times."""
    inside = False
    for a, b in zip(ring, ring[1:]):
        if on_edge(a, b, at):
            return 0
        if (a[1] > at[1]) != (b[1] > at[1]):
            low, high = (a, b) if a[1] < b[1] else (b, a)
            if cross(low, high, at) > 0:  # the edge passes east of the point
                inside = not inside
    return 1 if inside else -1


class Area:
    """area: GeoJSON as Python values, or the path of a file, looked up in folder."""

    def __init__(self, area, folder=None):
        if isinstance(area, str):
            with open(folder / area, encoding="utf-8") as file:
                area = json.load(file)
        self.polygons = [[self._projected(ring) for ring in polygon] for polygon in polygons(area)]

    @staticmethod
    def _projected(ring):
        return [plain_places.degrees_point(lat, lon) for lon, lat, *_ in ring]

    def corners(self):
        return [corner for polygon in self.polygons for ring in polygon for corner in ring]

    def holds(self, at):
        """Inside or on the boundary of any polygon; a hole's boundary belongs to the polygon."""
        return any(place_in_ring(shell, at) >= 0 and all(place_in_ring(hole, at) <= 0 for hole in holes)
                   for shell, *holes in self.polygons)
