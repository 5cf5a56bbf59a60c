# SPDX-License-Identifier: Apache-2.0
"""Synthetic agencies and fostering households: nobody real, proportions as published, the same for the same
seed. Each table of proportions names its source."""

import csv
import datetime
import json
import math
import random

import bad_rows
import places
import postcodes
import untidy
import wording

AGENCY_COLUMNS = ["id", "name", "urn", "judgement", "frameworks", "sector", "contact"]
CARER_COLUMNS = [
    "ref", "name", "grid_ref", "lat", "lon", "ages", "sexes", "places", "approved_places",
    "placement_types", "status", "status_date", "available_from", "offers",
]

# Overall judgements and sectors of the 339 independent fostering agencies on Ofsted's list of 31 March 2025
# ("Children's social care data in England 2025, provider level", OGL v3.0).
JUDGEMENTS = {"good": 230, "outstanding": 78, "requires_improvement": 14, "not_inspected": 14,
              "inadequate": 3}
SECTORS = {"private": 284, "voluntary": 55}

# Households by the number of children that they are approved for, England (Ofsted, "Fostering in England
# 1 April 2018 to 31 March 2019", OGL v3.0).
APPROVED_PLACES = {1: 14535, 2: 15470, 3: 13075, 4: 870}

# Places of independent agencies: 62% filled, 16% vacant, 22% not available (Ofsted, "Fostering in England").
# A household that is not available has none of its places available, so that the shares of places follow.
NOT_AVAILABLE = 0.22
VACANT_OF_THE_REST = 0.16 / (0.16 + 0.62)

# Carers' ethnic groups (same Ofsted release: White, Mixed, Asian, Black, other), spread over the codes of
# each group.
ETHNICITY = {
    "ET_WBRI": 58000, "ET_WIRI": 1500, "ET_WOTH": 2800, "ET_WIRT": 95, "ET_WROM": 90,
    "ET_MWBC": 400, "ET_MWBA": 180, "ET_MWAS": 185, "ET_MOTH": 170,
    "ET_AIND": 1100, "ET_APKN": 1700, "ET_ABAN": 600, "ET_AOTH": 495,
    "ET_BCRB": 2700, "ET_BAFR": 2500, "ET_BOTH": 410, "ET_CHNE": 90, "ET_OOTH": 565,
}
# Religion, ONS Census 2021, England, per cent.
RELIGION = {"RE_NONE": 36.7, "RE_CHR": 46.3, "RE_MUS": 6.7, "RE_HIN": 1.8, "RE_SIK": 0.9,
            "RE_JEW": 0.5, "RE_BUD": 0.5, "RE_OTH": 0.6}

# No count of these by household is published, nor of AGE_RANGES; the figures are plausible, not measured.
PLACEMENT_TYPE = {"PT_SHORT": 0.85, "PT_LONG": 0.75, "PT_EMERG": 0.4, "PT_RESP": 0.4, "PT_BRIDGE": 0.2,
                  "PT_PC": 0.08, "PT_UASC": 0.12, "PT_THER": 0.1, "PT_BREAK": 0.1}
OTHER_PLACEMENT_TYPE = 0.04
OFFER_BY_GROUP = {"education": 0.5, "education_sen": 0.2, "family_time": 0.5, "household": 0.25,
                  "pets": 0.3, "bedroom": 0.5, "home_access": 0.05, "language": 0.03,
                  "communication": 0.05, "culture": 0.25, "disability": 0.15, "health": 0.15,
                  "risk_to_child": 0.2, "risk_to_others": 0.08, "need": 0.25, "support": 0.2,
                  "legal": 0.1, "carer_skill": 0.4, "number_siblings": 0.3, "sex_gender": 0.3}
OFFER_BY_CODE = {"LN_EN": 0.99, "BD_OWN": 0.95, "CS_DRIVE": 0.9, "CS_TSD": 0.85, "HH_NOSMOKE": 0.8,
                 "SU_DOL": 0.02, "HE_FEED": 0.03, "HE_LIFE": 0.02, "LS_J1": 0.03, "LS_J2": 0.03}
OTHER_OFFER = 0.2
AGE_RANGES = {(0, 17): 30, (0, 4): 8, (0, 8): 10, (0, 12): 10, (5, 12): 14, (8, 17): 12, (11, 17): 12,
              (16, 17): 4}

# Children looked after in England on 31 March 2025 by age group (DfE, "Children looked after in England", OGL
# v3.0): (first year, last year): children. A household's ages are drawn around one of these children.
CHILD_AGES = {(0, 0): 3630, (1, 4): 10030, (5, 9): 15110, (10, 15): 30930, (16, 17): 22060}
FRAMEWORKS = ["NORTH", "SOUTH", "EAST", "WEST", "CENTRAL"]

FRESH_DAYS = 28

# Made of words that no registered agency's name begins with.
NAME_FIRST = ["Quillmere", "Thistledown", "Fernhollow", "Larkspindle", "Wrenbarrow", "Applethorn", "Mossgate",
              "Otterbrook", "Copperfinch", "Hazelwick", "Inkwell Lane", "Juniper Steps", "Kestrelby",
              "Lanternfold", "Marrowdale", "Nettlecombe", "Oatmeadow", "Pebblecroft", "Russetfield",
              "Saffron Weir", "Tansyford", "Underhay", "Violet Yard", "Willowmarch", "Yarrowby"]
NAME_SECOND = ["Hearthside", "Homes for Children", "Family Placements", "Foster Families", "Fostering",
               "Foster Care Collective", "Foster Circle", "Placements Trust", "Kinhouse", "Open Doors",
               "Fostering North", "Fostering South", "Care at Home"]
GIVEN_NAMES = ["Ada", "Bram", "Cerys", "Dilip", "Edda", "Femi", "Greta", "Hamza", "Iona", "Joss", "Kezia",
               "Lorcan", "Mina", "Nils", "Oona", "Priya", "Quentin", "Rosa", "Samir", "Tilda", "Una", "Viggo",
               "Wanda", "Xanthe", "Yusuf", "Zelda"]
FAMILY_NAMES = ["Ashgrove", "Birchall-Kane", "Crowsfoot", "Dunnock", "Elderquist", "Foxwhistle", "Gannetby",
                "Hollowell", "Ivinghay", "Jessamy", "Kittering", "Lindenrow", "Mallowfield", "Nightjar",
                "Oxlipman", "Plumtree-Osei", "Quaverly", "Rookhope", "Sorrelson", "Tealwater"]


def choose(rng, weights):
    """One key of {key: weight}."""
    return rng.choices(list(weights), list(weights.values()))[0]


def household_counts(rng, agencies, households):
    """How many households each agency has: Zipf's law, which gives the largest of 300 agencies about 2,400 of
    15,000, as in England; the sum is exact."""
    weights = [1 / rank for rank in range(1, agencies + 1)]
    rng.shuffle(weights)
    total = sum(weights)
    exact = [households * weight / total for weight in weights]
    counts = [int(share) for share in exact]
    by_remainder = sorted(range(agencies), key=lambda i: exact[i] - counts[i], reverse=True)
    for i in by_remainder[:households - sum(counts)]:
        counts[i] += 1
    return counts


def make_agency(rng, number, name):
    frameworks = sorted(rng.sample(FRAMEWORKS, rng.choices([0, 1, 2, 3], [1, 5, 3, 1])[0]))
    return {
        "id": f"ifa-{number:03d}", "name": name, "urn": f"ZZ{number:06d}",
        "judgement": choose(rng, JUDGEMENTS), "frameworks": ";".join(frameworks),
        "sector": choose(rng, SECTORS), "contact": f"referrals@ifa-{number:03d}.example",
    }


def agency_names(rng, count):
    """Different invented names; numbered past the number of combinations."""
    names = [f"{first} {second}" for first in NAME_FIRST for second in NAME_SECOND]
    rng.shuffle(names)
    return [names[i % len(names)] + (f" {i // len(names) + 1}" if i >= len(names) else "")
            for i in range(count)]


def location(rng, centre):
    """Columns grid_ref or lat and lon, some kilometres from the agency's office."""
    east, north, lat, lon = centre
    distance = min(rng.expovariate(1 / 12000), 60000)
    angle = rng.uniform(0, 2 * math.pi)
    d_east, d_north = distance * math.cos(angle), distance * math.sin(angle)
    if rng.random() < 0.85:
        reference = places.grid_reference(round(east + d_east), round(north + d_north))
        return {"grid_ref": reference, "lat": "", "lon": ""}
    return {
        "grid_ref": "", "lat": f"{lat + d_north / 111200:.5f}",
        "lon": f"{lon + d_east / (111200 * math.cos(math.radians(lat))):.5f}",
    }


def ages_and_sexes(rng):
    first, last = choose(rng, CHILD_AGES)
    child = rng.randint(first, last)
    low, high = choose(rng, {(low, high): weight for (low, high), weight in AGE_RANGES.items()
                             if low <= child <= high})
    ages = f"{low}-{high}"
    if low == 0 and rng.random() < 0.3:
        ages = "unborn;" + ages
    return {"ages": ages, "sexes": rng.choices(["M;F", "M", "F"], [86, 7, 7])[0]}


def vacancies(rng, today):
    """Columns places, approved_places, status, status_date and available_from."""
    approved = choose(rng, APPROVED_PLACES)
    age_days = rng.randrange(FRESH_DAYS) if rng.random() < 0.85 else rng.randrange(FRESH_DAYS, 150)
    columns = {"approved_places": approved, "places": 0, "available_from": "",
               "status_date": (today - datetime.timedelta(days=age_days)).isoformat()}
    if rng.random() < NOT_AVAILABLE:
        return columns | {"status": rng.choice(["on_hold", "not_available"])}
    vacant = sum(rng.random() < VACANT_OF_THE_REST for _ in range(approved))
    if vacant == 0:
        return columns | {"status": "full"}
    columns["places"] = vacant
    kind = rng.random()
    if kind < 0.7:
        return columns | {"status": "available"}
    if kind < 0.9:
        start = today + datetime.timedelta(days=rng.randrange(-3, 30))
        return columns | {"status": "available_from", "available_from": start.isoformat()}
    blank = rng.random() < 0.5
    return columns | {"status": "unknown" if blank else "", "status_date": "",
                      "places": "" if blank else vacant}


def placement_types(rng, catalogue):
    chosen = [code for code in catalogue.placement_types
              if rng.random() < PLACEMENT_TYPE.get(code, OTHER_PLACEMENT_TYPE)]
    return chosen or ["PT_SHORT"]


def offers(rng, catalogue):
    chosen = []
    for code in catalogue.offers:
        group = catalogue.group[code]
        if group not in ("ethnicity", "religion"):
            chance = OFFER_BY_CODE.get(code, OFFER_BY_GROUP.get(group, OTHER_OFFER))
            if rng.random() < chance:
                chosen.append(code)
    chosen.append(choose(rng, ETHNICITY))
    if rng.random() < 0.2:  # two carers of different groups
        chosen.append(choose(rng, ETHNICITY))
    chosen.append(choose(rng, RELIGION))
    return sorted(set(chosen) & set(catalogue.offers))


def make_household(rng, number, prefix, centre, catalogue, today):
    return {
        "ref": f"{prefix}-{number:05d}",
        "name": f"{rng.choice(GIVEN_NAMES)} {rng.choice(FAMILY_NAMES)}",
        "placement_types": ";".join(placement_types(rng, catalogue)),
        "offers": ";".join(offers(rng, catalogue)),
    } | location(rng, centre) | ages_and_sexes(rng) | vacancies(rng, today)


def write_csv(path, columns, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def near_postcode(rng, gazetteer, household):
    """The columns of where a household is, with a postcode near there instead, if there is one."""
    reference = household["grid_ref"]
    code = reference and gazetteer.near(rng, places.metres_of(reference))
    return {"postcode": code, "grid_ref": "", "lat": "", "lon": ""} if code else {"postcode": ""}


class Writer:
    """Writes one agency's households, tidy or not, with rows that are wrong among them."""

    def __init__(self, directory, seed, options):
        self.directory, self.seed, self.options = directory, seed, options
        self.wording = wording.Wording() if options.untidy else None
        self.bad = []

    def write(self, agency, columns, rows, bad_count):
        path = self.directory / "carers" / f"{agency}.csv"
        rng = random.Random(f"hearth {self.seed} {agency} writing")
        wrong = bad_rows.make(rng, bad_count, columns, self.options.today)
        everyone = list(rows)
        for row, _column in wrong:
            everyone.insert(rng.randint(0, len(everyone)), row)
        if self.options.untidy:
            system = untidy.System(rng, self.wording, columns)
            lines = system.write(path, everyone)
            if system.mapping_file():
                text = json.dumps(system.mapping_file(), indent=1)
                path.with_suffix(".mapping.json").write_text(text + "\n", encoding="utf-8")
        else:
            system = None
            write_csv(path, columns, everyone)
            lines = [(line, line) for line in range(2, len(everyone) + 2)]
        at = {id(row): line for row, line in zip(everyone, lines)}
        for row, column in wrong:
            first, last = at[id(row)]
            self.bad.append({"agency": agency, "line": first, "last_line": last, "ref": row["ref"],
                             "column": system.column_of(column) if system else column})


class Options:
    """How the files are written. gazetteer: postcodes.Gazetteer or None; bad_rows: how many in all."""

    def __init__(self, today, untidy=False, bad_rows=0, gazetteer=None, postcode_share=0.7):
        self.today, self.untidy, self.bad_rows = today, untidy, bad_rows
        self.gazetteer, self.postcode_share = gazetteer, postcode_share


def make_carers(agency, seed, count, catalogue, shares, options):
    """The households of one agency, the same however they are written."""
    own = random.Random(f"hearth {seed} {agency}")
    whereabouts = random.Random(f"hearth {seed} {agency} postcodes")
    centre = own.choice(places.REGIONS[choose(own, shares)][1])
    prefix = "".join(own.choices("BCDFGHJKLMNPQRSTVWXZ", k=3))
    for number in range(count):
        household = make_household(own, number + 1, prefix, centre, catalogue, options.today)
        if options.gazetteer:
            wanted = whereabouts.random() < options.postcode_share
            household |= near_postcode(whereabouts, options.gazetteer, household) if wanted else {"postcode": ""}
        yield household


def generate(directory, seed, agencies, households, catalogue, today, regions=(), options=None):
    """Writes agencies.csv, carers/*.csv, las.csv and hubs.csv into an existing directory (a pathlib.Path).
    regions: where the agencies are; none named: all of England, by its shares."""
    options = options or Options(today)
    rng = random.Random(f"hearth {seed}")
    counts = household_counts(rng, agencies, households)
    names = agency_names(rng, agencies)
    rows = [make_agency(rng, i + 1, names[i]) for i in range(agencies)]
    write_csv(directory / "agencies.csv", AGENCY_COLUMNS, rows)
    write_csv(directory / "las.csv", ["id", "name"],
              [{"id": "la-1", "name": "Larkshire County Council"},
               {"id": "la-2", "name": "Wrenborough Council"}])
    write_csv(directory / "hubs.csv", ["id", "name"], [{"id": "hub-1", "name": "Hub One"}])
    (directory / "carers").mkdir()
    shares = {region: places.REGIONS[region][0] for region in regions or places.REGIONS}
    columns = [*CARER_COLUMNS[:2], *(["postcode"] if options.gazetteer else []), *CARER_COLUMNS[2:]]
    writer = Writer(directory, seed, options)
    for i, agency in enumerate(rows):
        bad = options.bad_rows // agencies + (i < options.bad_rows % agencies)
        carers = make_carers(agency["id"], seed, counts[i], catalogue, shares, options)
        writer.write(agency["id"], columns, list(carers), bad)
    if options.bad_rows:
        write_csv(directory / "bad-rows.csv", ["agency", "line", "last_line", "ref", "column"], writer.bad)
