# SPDX-License-Identifier: Apache-2.0
"""Exports of carers as case systems make them: the same households as a tidy file says, in other words. Every
agency has a system of its own, with its habits; some need a mapping file."""

import csv
import datetime
import io
import re

HEADINGS = {
    "ref": ["ref", "carer id", "household ref", "reference number", "foster carer reference"],
    "name": ["name", "carer names", "foster carer(s)", "household name"],
    "postcode": ["postcode", "post code", "home postcode"],
    "grid_ref": ["grid ref", "os grid reference", "ngr"],
    "lat": ["lat", "latitude"],
    "lon": ["lon", "longitude", "long"],
    "ages": ["ages", "age range", "approved age range", "age band"],
    "age_from": ["min age", "age from", "minimum age"],
    "age_to": ["max age", "age to", "maximum age"],
    "sexes": ["sexes", "gender", "approved gender", "sex of children"],
    "SEX_M": ["boys", "takes boys", "males"],
    "SEX_F": ["girls", "takes girls", "females"],
    "places": ["places", "vacancies", "available places"],
    "approved_places": ["approved places", "approved for number of children", "capacity"],
    "placement_types": ["placement types", "type of placement", "approval types"],
    "status": ["status", "availability", "vacancy status"],
    "status_date": ["status date", "status last updated", "availability confirmed"],
    "available_from": ["available from", "next vacancy date", "date available"],
    "offers": ["offers", "skills and experience", "matching criteria"],
}
# What only a mapping file explains.
OWN_HEADINGS = {"ref": "HH no. (system)", "places": "Vac now?", "status": "Cur. stat", "offers": "Tick list",
                "approved_places": "Appr. no."}
OWN_STATUS = {"available": "Live", "full": "Matched", "on_hold": "Paused", "not_available": "Closed to referrals",
              "unknown": "Not asked"}
EXTRA = {"Supervising social worker": ["A. Nobody", "B. Nobody, senior", ""],
         "Phone": ["01632 960001", "07700 900123", ""],  # numbers that Ofcom keeps for fiction
         "Case notes": ["Called twice, \"out\"", "Likes dogs;\nhas a garden, shared", "=SUM(A1)", ""]}
YES_NO = [("Y", "N"), ("Yes", "No"), ("TRUE", "FALSE"), ("1", "0"), ("y", ""), ("yes", "no")]
OWN_YES_NO = ("Tick", "x")
SEXES = {"M;F": ["M;F", "Both", "Male/Female", "either", "Boys | Girls", "m\nf", "Female; Male"],
         "M": ["M", "Male", "boys", "male"], "F": ["F", "Female", "girls", "FEMALE"]}
STATUS = {"available": ["Available", "AVAILABLE"], "available_from": ["Available from", "available-from"],
          "full": ["Full", "FULL"], "on_hold": ["On hold", "on-hold", "ON_HOLD"],
          "not_available": ["Not available", "Unavailable"], "unknown": ["Unknown", "unknown"], "": [""]}
DATES = ["%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y", "%Y-%m-%dT00:00:00",
         "%d/%m/%Y 09:30"]


def respelt(rng, heading):
    """Case, spaces and punctuation do not matter."""
    forms = [str.upper, str.lower, str.title, lambda text: text.replace(" ", "_"), lambda text: f" {text} ",
             lambda text: text.title().replace(" ", ""), lambda text: text.replace(" ", "-").capitalize()]
    return rng.choice(forms)(heading)


class System:
    """One agency's case system. rng decides its habits; wording: wording.Wording."""

    def __init__(self, rng, wording, columns):
        self.rng, self.wording = rng, wording
        self.mapped = rng.random() < 0.5
        self.mapping = {"headings": {}, "values": {}}
        self.dates = rng.sample(DATES, rng.choice([1, 1, 2]))
        self.separator = rng.choice([";", "; ", "|", "\n"])
        self.yes_no = OWN_YES_NO if self.mapped else rng.choice(YES_NO)
        self.words = rng.choice(["codes", "labels", "anything"])
        self.split_ages = rng.random() < 0.4
        self.split_sexes = rng.random() < 0.3
        self.ticked = []  # criteria with a column of their own
        self.columns = self._columns(columns)
        self.headings = {column: self._heading(column) for column in self.columns}
        if self.mapped:
            self.mapping["values"] = {"status": {word: status for status, word in OWN_STATUS.items()},
                                      "yes_no": dict(zip(OWN_YES_NO, "YN"))}

    def mapping_file(self):
        """None where the importer needs no help."""
        return self.mapping if self.mapped else None

    # ---- headings ----
    def _columns(self, tidy):
        columns = list(tidy)
        if self.split_ages:
            columns.remove("ages")
            columns += ["age_from", "age_to"]
        if self.split_sexes:
            columns.remove("sexes")
            columns += ["SEX_M", "SEX_F"]
        if self.rng.random() < 0.6:
            self.ticked = self.rng.sample(["DS_AUT", "PE_NO", "BD_OWN", "CS_DRIVE", "HH_NOSMOKE", "RC_MISS"],
                                          self.rng.randint(1, 4))
        columns += self.ticked
        if self.mapped:
            columns += self.rng.sample(list(EXTRA), self.rng.randint(1, len(EXTRA)))
        self.rng.shuffle(columns)
        return columns

    def _heading(self, column):
        rng = self.rng
        if column in EXTRA:
            self.mapping["headings"][column] = None
            return column
        if self.mapped and column in OWN_HEADINGS and rng.random() < 0.7:
            self.mapping["headings"][OWN_HEADINGS[column]] = column
            return OWN_HEADINGS[column]
        if column in self.ticked:
            return rng.choice(self.wording.headings(column))
        return respelt(rng, rng.choice(HEADINGS[column]))

    # ---- cells ----
    def _date(self, text):
        try:
            day = datetime.date.fromisoformat(text)
        except ValueError:
            return text
        return day.strftime(self.rng.choice(self.dates))

    def _ages(self, text):
        form = self.rng.choice(["{}-{}", "{} to {}", "{} - {}", "{}-{} years", "{}\u2013{}"])
        parts = [re.sub(r"^(\d+)-(\d+)$", lambda match: form.format(*match.groups()), part)
                 for part in text.split(";")]
        return self.separator.join(part.capitalize() for part in parts)

    def _codes(self, codes):
        if self.words == "codes":
            texts = [self.rng.choice([code, code.lower()]) for code in codes]
        elif self.words == "labels":
            texts = [self.wording.labels.get(code, [code, code])[1] if self._label_is_clear(code) else code
                     for code in codes]
        else:
            texts = [self.rng.choice(self._values(code)) for code in codes]
        self.rng.shuffle(texts)
        return self.separator.join(texts)

    def _values(self, code):
        return self.wording.values(code) if code in self.wording.labels else [code]

    def _label_is_clear(self, code):
        return code in self.wording.labels and self.wording.labels[code][1] in self.wording.values(code)

    def _status(self, text):
        if self.mapped and text in OWN_STATUS:
            return OWN_STATUS[text]
        return self.rng.choice(STATUS.get(text, [text]))

    def cells(self, row):
        """The row's cells by column. What is wrong in a tidy row stays wrong."""
        yes, no = self.yes_no
        offers = [code for code in row["offers"].split(";") if code]
        cells = dict(row)
        cells["ages"] = self._ages(row["ages"])
        low, _, high = row["ages"].removeprefix("unborn;").partition("-")
        cells["age_from"], cells["age_to"] = "unborn" if row["ages"].startswith("unborn") else low, high or low
        cells["sexes"] = self.rng.choice(SEXES.get(row["sexes"], [row["sexes"]]))
        cells["SEX_M"], cells["SEX_F"] = (yes if sex in row["sexes"].split(";") else no for sex in "MF")
        cells["placement_types"] = self._codes(row["placement_types"].split(";"))
        cells["status"] = self._status(row["status"])
        cells["status_date"] = self._date(row["status_date"])
        cells["available_from"] = self._date(row["available_from"])
        for code in self.ticked:
            cells[code] = yes if code in offers else no
        cells["offers"] = self._codes([code for code in offers if code not in self.ticked])
        for column in EXTRA:
            cells[column] = self.rng.choice(EXTRA[column])
        return cells

    def column_of(self, column):
        """Which column a finding about this one names here."""
        return "age_to" if column == "ages" and self.split_ages else column

    # ---- the file ----
    def write(self, path, rows):
        """Gives the first and last line of each row."""
        rng = self.rng
        end = rng.choice(["\n", "\r\n"])
        quoting = rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])

        def line_of(cells):
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator=end, quoting=quoting).writerow(cells)
            return text.getvalue()

        parts = ["\ufeff"] if rng.random() < 0.5 else []
        if rng.random() < 0.3:
            parts += [f"# Exported for the matching service{end}", end]
        parts.append(line_of(self.headings[column] for column in self.columns))
        number = sum(part.count("\n") for part in parts) + 1
        lines = []
        for row in rows:
            blank = rng.choice([end, "," * (len(self.columns) - 1) + end]) if rng.random() < 0.1 else ""
            cells = self.cells(row)
            parts += [blank, line_of(cells[column] for column in self.columns)]
            first = number + blank.count("\n")
            number = first + parts[-1].count("\n")
            lines.append((first, number - 1))
        path.write_bytes("".join(parts).encode("utf-8"))
        return lines
