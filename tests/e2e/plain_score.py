# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/domain.md "Score, exactly" once more, from the text alone: who is eligible for a request,
and with what score."""

import datetime
import math

from plain_area import Area
from plain_places import CELL, COLUMNS, ROWS, Places, grid_point

from enquiry import UNBORN, ages_of, codes_of  # from tests/lab

UNIT = 1000000
FRESH_DAYS = 28
AVAILABLE = {"today": ["AVL_TODAY"], "within_5_days": ["AVL_TODAY", "AVL_5D"],
             "later": ["AVL_TODAY", "AVL_5D", "AVL_LATER"]}


def age_code(age):
    return "AGE_UB" if age == UNBORN else f"AGE_{age:02d}"


def number_code(count):
    return f"NUM_{count}" if count < 5 else "NUM_5P"


def availability(household, today):
    """The AVL code; None for a household that is left out."""
    status, date = household["status"], household["status_date"]
    if not status or status == "unknown" or not date:
        return "AVL_UNCONF"
    if (today - datetime.date.fromisoformat(date)).days > FRESH_DAYS:
        return "AVL_UNCONF"
    if status == "available":
        return "AVL_TODAY"
    if status == "available_from":
        ahead = (datetime.date.fromisoformat(household["available_from"]) - today).days
        return "AVL_TODAY" if ahead <= 0 else "AVL_5D" if ahead <= 5 else "AVL_LATER"
    return None


def slots(household, today, places=Places()):
    """Codes held, and the cell; None for a household that is left out. places: plain_places.Places."""
    available = availability(household, today)
    if available is None:
        return None
    vacancies = int(household["places"] or household["approved_places"])
    held = {age_code(age) for age in ages_of(household)}
    held |= {f"SEX_{sex}" for sex in household["sexes"].split(";")}
    held |= {number_code(count) for count in range(1, vacancies + 1)}
    held |= set(codes_of(household, "placement_types")) | set(codes_of(household, "offers")) | {available}
    east, north = places.household(household)
    return held, (east // CELL, north // CELL)


def span(low, high, most):
    """Numbers of the cells that may have their centre between these metres, in one direction."""
    return range(max(0, low // CELL), min(most, high // CELL + 1))


class PlainRequest:
    """places: plain_places.Places; folder: where the request's file is, for an area in another file."""

    def __init__(self, request, places=Places(), folder=None):
        self.places, self.folder = places, folder
        self.prefer = dict(request.get("prefer", {}))
        placement = request["placement"]
        self.available = set(AVAILABLE[placement["needed_by"]])
        confirmed = 0
        if placement.get("accept_unconfirmed", True):
            confirmed = 1
            self.prefer |= dict.fromkeys(self.available, 1)
            self.available |= {"AVL_UNCONF"}
        children = request["children"]
        self.musts = {age_code(child["age"]) for child in children}
        self.musts |= {f"SEX_{child['sex']}" for child in children if child["sex"] != "U"}
        self.musts |= {number_code(len(children)), placement["type"], *request.get("must", [])}
        self._place(request.get("location", {}))
        weights = sum(request.get("prefer", {}).values()) + confirmed
        self.best = UNIT * weights + max(self.cells.values(), default=0)

    def _place(self, location):
        """cells: {acceptable cell: loc}, empty without a location."""
        self.anchors = [(self.places.point(a["at"]), 1000 * a["within_km"], a.get("weight", 0))
                        for a in location.get("anchors", [])]
        self.avoid = [(self.places.point(a["at"]), 1000 * a["within_km"]) for a in location.get("avoid", [])]
        self.squares = [grid_point(square + "0000") for square in location.get("squares", [])]
        self.area = Area(location["area"], self.folder) if "area" in location else None
        self.combine = any if location.get("combine") == "any" else all
        self.anywhere = not self.anchors and not self.squares and not self.area
        self.cells = {}
        if self.anywhere:
            return
        columns, rows = self._search_box()
        for column in columns:
            for row in rows:
                centre = (column * CELL + CELL // 2, row * CELL + CELL // 2)
                if self._acceptable(centre):
                    self.cells[column, row] = sum(
                        UNIT * weight * max(0, reach - self._distance(centre, at)) // reach
                        for at, reach, weight in self.anchors)

    def _search_box(self):
        """Columns and rows that all acceptable cells are in."""
        boxes = [(at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach) for at, reach, _ in self.anchors]
        boxes += [(east, north, east + 100000, north + 100000) for east, north in self.squares]
        if self.area and not self.anchors:
            boxes += [corner + corner for corner in self.area.corners()]
        west, south, east, north = zip(*boxes)
        return span(min(west), max(east), COLUMNS), span(min(south), max(north), ROWS)

    def _acceptable(self, centre):
        if self.anchors and not self.combine(self._within(centre, at, reach) for at, reach, _ in self.anchors):
            return False
        if self.squares and not any(0 <= centre[0] - east < 100000 and 0 <= centre[1] - north < 100000
                                    for east, north in self.squares):
            return False
        if any(self._within(centre, at, reach) for at, reach in self.avoid):
            return False
        return self.area is None or self.area.holds(centre)

    @staticmethod
    def _within(centre, at, reach):
        return (centre[0] - at[0]) ** 2 + (centre[1] - at[1]) ** 2 <= reach * reach

    @staticmethod
    def _distance(centre, at):
        return math.isqrt((centre[0] - at[0]) ** 2 + (centre[1] - at[1]) ** 2)

    def score(self, held, cell):
        """0..1000, or None where a must does not hold."""
        if not self.musts <= held or not self.available & held:
            return None
        if not self.anywhere and cell not in self.cells:
            return None
        if self.best == 0:
            return 1000
        score = sum(1000 * UNIT * weight // self.best for code, weight in self.prefer.items() if code in held)
        return score + 1000 * self.cells.get(cell, 0) // self.best
