# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/domain.md "Score, exactly" once more, from the text alone: who is eligible for a request,
and with what score. Grid references only."""

import datetime
import math
import re

from enquiry import UNBORN, ages_of, codes_of  # from tests/lab

CELL = 5000
COLUMNS, ROWS = 140, 260  # cells of the National Grid that exist
UNIT = 1000000
FRESH_DAYS = 28
AVAILABLE = {"today": ["AVL_TODAY"], "within_5_days": ["AVL_TODAY", "AVL_5D"],
             "later": ["AVL_TODAY", "AVL_5D", "AVL_LATER"]}


def grid_point(text):
    """South-west corner, in metres, of a grid reference or of a cell's name."""
    compact = text.replace(" ", "").upper()
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
    first, second = (letters.index(letter) for letter in compact[:2])
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


def slots(household, today):
    """Codes held, and the cell; None for a household that is left out."""
    available = availability(household, today)
    if available is None:
        return None
    places = int(household["places"] or household["approved_places"])
    held = {age_code(age) for age in ages_of(household)}
    held |= {f"SEX_{sex}" for sex in household["sexes"].split(";")}
    held |= {number_code(count) for count in range(1, places + 1)}
    held |= set(codes_of(household, "placement_types")) | set(codes_of(household, "offers")) | {available}
    east, north = grid_point(household["grid_ref"])
    return held, (east // CELL, north // CELL)


def span(reaches, most):
    """Numbers of the cells that may lie within any of these reaches, in one direction."""
    low = min(metres - reach for metres, reach in reaches) // CELL
    high = max(metres + reach for metres, reach in reaches) // CELL
    return range(max(0, low), min(most, high + 1))


class PlainRequest:
    def __init__(self, request):
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
        anchors = [(grid_point(a["at"]), 1000 * a["within_km"], a.get("weight", 0))
                   for a in location.get("anchors", [])]
        avoid = [(grid_point(a["at"]), 1000 * a["within_km"]) for a in location.get("avoid", [])]
        squares = [grid_point(square + "0000") for square in location.get("squares", [])]
        combine = any if location.get("combine") == "any" else all
        self.anywhere = not anchors and not squares
        self.cells = {}
        if self.anywhere:
            return
        corners = [(east, north, reach) for (east, north), reach, _ in anchors]
        corners += [(east, north, 100000) for east, north in squares]
        for column in span([(east, reach) for east, _, reach in corners], COLUMNS):
            for row in span([(north, reach) for _, north, reach in corners], ROWS):
                centre = (column * CELL + CELL // 2, row * CELL + CELL // 2)
                if anchors and not combine(self._within(centre, at, reach) for at, reach, _ in anchors):
                    continue
                if squares and not any(0 <= centre[0] - east < 100000 and 0 <= centre[1] - north < 100000
                                       for east, north in squares):
                    continue
                if any(self._within(centre, at, reach) for at, reach in avoid):
                    continue
                self.cells[column, row] = sum(
                    UNIT * weight * max(0, reach - self._distance(centre, at)) // reach
                    for at, reach, weight in anchors)

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
