# SPDX-License-Identifier: Apache-2.0
"""Invented local authorities: rectangles around the places where synthetic agencies have their offices, with
codes that do not exist, and what they searched for in some months. Nobody in it is real."""

import datetime
import json
import math
import random

import places
import population

NAME_FIRST = ["Lark", "Wren", "Alder", "Bracken", "Cinder", "Dun", "Elm", "Fallow", "Gorse", "Heron", "Iris",
              "Jay", "Kestrel", "Linden",
              "Mallow", "Nettle", "Otter", "Pebble", "Quill", "Rush", "Sorrel", "Teasel",
              "Under", "Vetch", "Willow", "Yarrow"]
NAME_SECOND = ["shire County Council", "borough Council", "wick Council", "combe Council", "moor Council",
               "ham Metropolitan Council", "ford Council"]
FIRST_CODE = 99000001
ENGLAND_KM2 = 170000  # with its coasts, so that rectangles of this size cover the offices' surroundings
KM_A_DEGREE = 111.2
NORTHERNMOST, SOUTHERNMOST, WESTERNMOST, EASTERNMOST = 55.8, 49.9, -5.8, 1.8
EDGE = 2.0  # further east lies outside the National Grid

# Plausible, not measured: nothing is published by search.
CHILDREN = {1: 80, 2: 15, 3: 5}
TYPES = {"PT_SHORT": 45, "PT_LONG": 25, "PT_EMERG": 12, "PT_BRIDGE": 3, "PT_PC": 3, "PT_UASC": 4, "PT_THER": 4,
         "PT_RESP": 2, "PT_REMAND": 1, "PT_FFA": 1}
NEEDED_BY = {"today": 25, "within_5_days": 40, "later": 35}
NEEDS = {"DS_AUT": 0.1, "RC_MISS": 0.08, "RC_CSE": 0.05, "RC_CCE": 0.06, "RC_SH": 0.07, "ND_MH": 0.1,
         "RO_PHYS": 0.06, "RO_FIRE": 0.01, "HE_MEDS": 0.03, "HE_FEED": 0.01, "DS_MOB": 0.02, "DS_LD": 0.05,
         "RC_SUB": 0.03}
OUTCOMES = {("placed", ""): 52, ("placed_elsewhere", "in_house"): 12, ("placed_elsewhere", "ifa"): 8,
            ("placed_elsewhere", "residential"): 6, ("placed_elsewhere", "supported"): 4,
            ("placed_elsewhere", "kinship"): 3, ("placed_elsewhere", "other"): 2, ("none_found", ""): 8,
            ("withdrawn", ""): 2, ("", ""): 3}
SEARCH_COLUMNS = ["la", "search_ref", "asked", "children", "type", "needed_by", "must", "outcome", "elsewhere",
                  "agency", "days", "fee"]


def rectangles(count):
    """[(distance to the next office, region, west, south, east, north)], the nearest `count` of a grid."""
    side_km = math.sqrt(ENGLAND_KM2 / max(count, 12))
    height = side_km / KM_A_DEGREE
    width = side_km / (KM_A_DEGREE * math.cos(math.radians(52.8)))
    offices = [(region, lat, lon) for region, (_, centres) in places.REGIONS.items() for _, _, lat, lon in centres]
    found = []
    for row in range(math.ceil((NORTHERNMOST - SOUTHERNMOST) / height)):
        for column in range(math.ceil((EASTERNMOST - WESTERNMOST) / width)):
            south, west = SOUTHERNMOST + row * height, WESTERNMOST + column * width
            lat, lon = south + height / 2, west + width / 2
            distance, region = min((math.hypot(lat - a, (lon - b) * 0.6), name) for name, a, b in offices)
            found.append((distance, region, west, south, min(west + width, EDGE), south + height))
    return sorted(found)[:count]


def make(seed, count, regions=()):
    """[{"id", "name", "code", "region", "ring"}], the same for the same seed;
    of `count`, those in these regions."""
    rng = random.Random(f"hearth {seed} authorities")
    names = [first + second for second in NAME_SECOND for first in NAME_FIRST]
    rng.shuffle(names)
    made = []
    wanted = [one for one in rectangles(count) if not regions or one[1] in regions]
    for i, (_, region, west, south, east, north) in enumerate(wanted):
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        again = f" {i // len(names) + 1}" if i >= len(names) else ""
        made.append({"id": f"la-{i + 1}", "name": names[i % len(names)] + again,
                     "code": f"E{FIRST_CODE + i:08d}", "region": region,
                     "ring": [[round(x, 5), round(y, 5)] for x, y in ring]})
    return made


def write(directory, made, las=None):
    """las.csv, of the first `las` or of all, and areas.geojson."""
    population.write_csv(directory / "las.csv", ["id", "name", "code"],
                         [{key: one[key] for key in ("id", "name", "code")} for one in made[:las]])
    features = [{"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [one["ring"]]},
                 "properties": {"ons": one["code"], "name": one["name"], "region": one["region"]}} for one in made]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (directory / "areas.geojson").write_text(text + "\n", encoding="utf-8")


def weekly_fee(rng, ages):
    """Pounds; independent agencies' fees lie around 900 and are higher for older children."""
    return max(350, round(rng.gauss(820 + 15 * max(ages), 170)))


def make_search(rng, la, number, asked, agencies):
    ages = [population.choose(rng, population.CHILD_AGES) for _ in range(population.choose(rng, CHILDREN))]
    ages = [rng.randint(first, last) for first, last in ages]
    outcome, elsewhere = population.choose(rng, OUTCOMES)
    fee = outcome == "placed" or elsewhere == "ifa"
    return {
        "la": la["id"], "search_ref": f"{la['id'].upper()}-{number:05d}", "asked": asked.isoformat(),
        "children": ";".join(f"{age} {rng.choice('MF')}" for age in ages), "type": population.choose(rng, TYPES),
        "needed_by": population.choose(rng, NEEDED_BY),
        "must": ";".join(code for code, chance in NEEDS.items() if rng.random() < chance),
        "outcome": outcome, "elsewhere": elsewhere, "agency": rng.choice(agencies) if outcome == "placed" else "",
        "days": min(int(rng.expovariate(1 / 5)), 60) if outcome else "",
        "fee": weekly_fee(rng, ages) if fee and rng.random() < 0.9 else "",
    }


def month_start(today, back):
    month = today.year * 12 + today.month - 1 - back
    return datetime.date(month // 12, month % 12 + 1, 1)


def write_searches(directory, seed, made, agencies, a_month, months, today):
    """searches.csv: `a_month` searches of all authorities together in each of the last `months` whole months."""
    rng = random.Random(f"hearth {seed} searches")
    weights = [1 / (1 + i % 10) for i in range(len(made))]
    numbers = {one["id"]: 0 for one in made}
    rows = []
    for back in range(months, 0, -1):
        first, after = month_start(today, back), month_start(today, back - 1)
        for la in rng.choices(made, weights, k=a_month):
            numbers[la["id"]] += 1
            asked = first + datetime.timedelta(days=rng.randrange((after - first).days))
            rows.append(make_search(rng, la, numbers[la["id"]], asked, agencies))
    population.write_csv(directory / "searches.csv", SEARCH_COLUMNS, rows)
