# SPDX-License-Identifier: Apache-2.0
"""Who takes part in a scheme, as its directory says, and how each party's program is run."""

import csv
import dataclasses
import os
import pathlib
import re
import subprocess

ID = re.compile(r"[a-z0-9-]{1,32}")
PROGRAMS = {"authority": "hearth-keys", "matcher": "hearth-matcher", "agent": "hearth-agent",
            "la": "hearth", "hub": "hearth"}
ROOT = pathlib.Path(__file__).resolve().parents[2]


class LabError(Exception):
    """Something that the user should read; code is the exit status."""

    def __init__(self, text, code=1):
        super().__init__(text)
        self.code = code


def bad_input(text):
    return LabError(text, code=2)


@dataclasses.dataclass(frozen=True)
class Party:
    role: str
    id: str
    name: str
    home: pathlib.Path
    passphrase: pathlib.Path
    program: pathlib.Path
    urn: str = ""
    code: str = ""  # of an LA's authority

    @property
    def label(self):
        return f"{self.role}-{self.id}"

    def run(self, *arguments):
        """Runs the party's own program to its end: `arguments -C HOME --passphrase-fd N`. LabError where it
        fails."""
        secret = os.open(self.passphrase, os.O_RDONLY)
        try:
            done = subprocess.run(
                [str(self.program), *map(str, arguments), *self.options(secret)], pass_fds=(secret,),
                stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace")
        except OSError as error:
            raise LabError(f"{self.program}: {error.strerror}; build the programs with `make`") from error
        finally:
            os.close(secret)
        if done.returncode != 0:
            raise LabError(f"{self.id}: {self.program.name} {arguments[0]} failed with exit status "
                           f"{done.returncode}:\n{(done.stderr or done.stdout).strip()}")
        return done.stdout

    def become(self, arguments):
        """Replaces this process by the party's program, with its configuration."""
        words = list(arguments)
        secret = os.open(self.passphrase, os.O_RDONLY)
        os.set_inheritable(secret, True)
        if words and not words[0].startswith("-") and words[0] != "help":
            place = words.index("--") if "--" in words else len(words)
            words[place:place] = self.options(secret)
        try:
            os.execv(self.program, [str(self.program), *words])
        except OSError as error:
            raise LabError(f"{self.program}: {error.strerror}; build the programs with `make`") from error

    def options(self, descriptor):
        return ["-C", str(self.home), "--passphrase-fd", str(descriptor)]


def read_table(path, columns, required=True):
    """Rows of a CSV file as dictionaries with lower-case headings."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
            missing = [name for name in columns if name not in reader.fieldnames]
            if missing:
                raise bad_input(f"{path}: no column \"{missing[0]}\"; it needs {', '.join(columns)}")
            return [row for row in reader if any(row.values())]
    except FileNotFoundError:
        if required:
            raise bad_input(f"{path}: not found; a scheme's directory holds agencies.csv and carers/*.csv"
                            ) from None
        return []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise bad_input(f"{path}: {error}") from error


class Parties:
    """The parties of the scheme in `directory`; their homes and passphrases are under directory/state."""

    def __init__(self, directory, build):
        self.directory = directory
        self.state = directory / "state"
        self.build = build
        self.authority = self._party("authority", "authority", "Lab Authority", "authority")
        self.matcher = self._party("matcher", "matcher", "Lab Match Service", "matcher")
        self.agents = self._table("agencies.csv", "agent", "agents", required=True)
        default = [{"id": "la-1", "name": "Lab Council"}]
        self.las = self._table("las.csv", "la", "las", default)
        default = [{"id": "hub-1", "name": "Lab Hub"}]
        self.hubs = self._table("hubs.csv", "hub", "hubs", default)
        self._by_id = {}  # an organisation may have several roles: an LA with a fostering service of its own
        for party in self.all():
            same = self._by_id.setdefault(party.id, [])
            if party.role in (other.role for other in same):
                raise bad_input(f"id {party.id} is used twice; every {party.role} needs its own")
            same.append(party)

    def _party(self, role, party_id, name, home, urn="", code=""):
        return Party(role, party_id, name, self.state / home,
                     self.state / "passphrases" / f"{role}-{party_id}", self.build / PROGRAMS[role], urn, code)

    def _table(self, file, role, folder, default=(), required=False):
        path = self.directory / file
        rows = read_table(path, ["id", "name"], required) or list(default)
        for row in rows:
            row["id"] = row["id"].strip()
            if not ID.fullmatch(row["id"]):
                raise bad_input(f"{path}: id \"{row['id']}\": 1 to 32 of a-z, 0-9 and - are wanted")
        return [self._party(role, row["id"], row["name"], f"{folder}/{row['id']}", row.get("urn") or "",
                            (row.get("code") or "").strip()) for row in rows]

    def all(self):
        return [self.authority, self.matcher, *self.agents, *self.las, *self.hubs]

    def certified(self):
        """Everyone who holds a certificate of the Authority's."""
        return self.all()[1:]

    @property
    def areas_file(self):
        """Boundaries of authorities: a scheme that has them has hubs that take figures."""
        return self.directory / "areas.geojson"

    def serving_hubs(self):
        return self.hubs if self.areas_file.exists() else []

    def daemons(self):
        return [self.matcher, *self.agents, *self.serving_hubs()]

    def get(self, name):
        """The party that is meant by an id, or by role/id where several have that id."""
        role, _, party_id = name.rpartition("/")
        found = [party for party in self._by_id.get(party_id, []) if role in ("", party.role)]
        if not found:
            raise bad_input(f"no party \"{name}\"; there are matcher, authority and the ids of agencies.csv, "
                            "las.csv and hubs.csv")
        if len(found) > 1:
            names = " or ".join(f"{party.role}/{party.id}" for party in found)
            raise bad_input(f"\"{name}\" has several roles; say {names}")
        return found[0]

    def get_daemon(self, name):
        """The same of the parties that have a daemon, which settles most doubts."""
        found = [party for party in self._by_id.get(name, []) if party in self.daemons()]
        return found[0] if len(found) == 1 else self.get(name)

    def get_of_role(self, party_id, role, what):
        found = [party for party in self._by_id.get(party_id, []) if party.role == role]
        if not found:
            raise bad_input(f"\"{party_id}\" is not {what}")
        return found[0]

    def carers_file(self, agent):
        return self.directory / "carers" / f"{agent.id}.csv"

    def mapping_file(self, agent):
        """What the headings and values of its file stand for; there is often none."""
        return self.directory / "carers" / f"{agent.id}.mapping.json"
