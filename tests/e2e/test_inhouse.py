# SPDX-License-Identifier: Apache-2.0
"""A local authority's own fostering service: one organisation id in two roles, la and agent, found like any
other agency, and each role with a certificate of its own (docs/keys.md)."""

import csv
import subprocess

import support
from support import ANYBODY, SchemeCase, lab

from daemons import read_json, write_json  # from tests/lab

OWN, OTHER = "exampleshire", "otherborough"


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class InHouseCase(SchemeCase):
    """Three independent agencies, and two LAs of which one has a service of its own."""

    agencies, households = 3, 90

    @classmethod
    def prepare(cls):
        super().prepare()
        rows = read(cls.directory / "agencies.csv")
        rows.append({"id": OWN, "name": "Exampleshire Fostering", "urn": "", "judgement": "good", "frameworks": "",
                     "sector": "local_authority", "contact": "fostering@exampleshire.example"})
        with open(cls.directory / "agencies.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        carers = (cls.directory / "carers" / "ifa-001.csv").read_bytes()
        (cls.directory / "carers" / f"{OWN}.csv").write_bytes(carers)
        las = f"id,name\n{OWN},Exampleshire Council\n{OTHER},Otherborough Council\n"
        (cls.directory / "las.csv").write_text(las, encoding="utf-8")

    def found(self, la):
        answer = self.search(ANYBODY, "--la", la)
        return answer, {agency["id"]: agency for agency in answer["agencies"]}


class InHouse(InHouseCase):
    def test_own_service_is_found_among_the_others(self):
        for la in (OWN, OTHER):
            answer, agencies = self.found(la)
            self.assertEqual((answer["asked"], answer["answered"], answer["declined"]), (4, 4, 0))
            self.assertEqual(agencies[OWN]["sector"], "local_authority")
            self.assertEqual(agencies[OWN]["name"], "Exampleshire Fostering")
            self.assertEqual(agencies[OWN]["band"], agencies["ifa-001"]["band"])  # the same carers
            self.assertEqual({agency["sector"] for agency in agencies.values()} - {"local_authority"},
                             {row["sector"] for row in read(self.directory / "agencies.csv")
                              if row["id"] in agencies and row["id"] != OWN})

    def test_each_role_has_its_own_keys_and_certificate(self):
        state = self.directory / "state"
        homes = {"la": state / "las" / OWN, "agent": state / "agents" / OWN}
        shown = {}
        for role, home in homes.items():
            done = subprocess.run([support.BUILD / "hearth-keys", "show", "--json", home / "identity.cert"],
                                  capture_output=True, encoding="utf-8", check=False, stdin=subprocess.DEVNULL,
                                  timeout=support.COMMAND_SECONDS)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f'"role":"{role}"', done.stdout.replace(" ", ""))
            self.assertIn(f'"{OWN}"', done.stdout)
            shown[role] = done.stdout
        self.assertNotEqual(shown["la"], shown["agent"])
        self.assertNotEqual(*((home / "identity.key").read_bytes() for home in homes.values()))

    def test_a_role_cannot_be_played_with_the_other_ones_keys(self):
        """The LA's home opens no vault, and the service's home searches nowhere."""
        state = self.directory / "state"
        for program, home, passphrase, words in (
                ("hearth", state / "agents" / OWN, f"agent-{OWN}", ["search", self.request_file(ANYBODY)]),
                ("hearth-agent", state / "las" / OWN, f"la-{OWN}", ["list"])):
            with open(state / "passphrases" / passphrase, encoding="ascii") as secret:
                done = subprocess.run([support.BUILD / program, *words, "-C", home, "--passphrase-fd", "0"],
                                      stdin=secret, capture_output=True, encoding="utf-8", check=False,
                                      timeout=support.COMMAND_SECONDS)
            self.assertNotIn(done.returncode, (0, 3), done.stdout)
            self.assertTrue(done.stderr)

    def test_allow_list_of_the_service(self):
        """A service for its own LA only: another LA's search is declined, which it sees as a count."""
        path = self.directory / "state" / "agents" / OWN / "config.json"
        config = read_json(path)
        self.addCleanup(lab, "start", self.directory, OWN)
        self.addCleanup(write_json, path, config)
        self.addCleanup(lab, "stop", self.directory, OWN)
        self.assertEqual(lab("stop", self.directory, OWN).returncode, 0)
        write_json(path, config | {"allow": [OWN]})
        self.assertEqual(lab("start", self.directory, OWN).returncode, 0)
        answer, agencies = self.found(OWN)
        self.assertIn(OWN, agencies)
        self.assertEqual(answer["declined"], 0)
        answer, agencies = self.found(OTHER)
        self.assertNotIn(OWN, agencies)
        self.assertEqual((answer["asked"], answer["answered"], answer["declined"]), (4, 3, 1))


class ServiceRevoked(InHouseCase):
    def test_the_la_goes_on_without_its_service(self):
        self.assertEqual(lab("revoke", self.directory, f"agent/{OWN}").returncode, 0)
        self.wait_for(lambda: self.status()[0] == 1, "the matcher lets go of the service")
        for la in (OWN, OTHER):
            answer, agencies = self.found(la)
            self.assertNotIn(OWN, agencies)
            self.assertEqual((answer["asked"], answer["answered"]), (3, 3))


class AuthorityRevoked(InHouseCase):
    def test_the_service_goes_on_without_the_la(self):
        self.assertEqual(lab("revoke", self.directory, f"la/{OWN}").returncode, 0)
        path = self.request_file(ANYBODY)
        self.wait_for(lambda: lab("search", self.directory, path, "--la", OWN).returncode == 5,
                      "the LA is refused")
        answer, agencies = self.found(OTHER)
        self.assertIn(OWN, agencies)
        self.assertEqual((answer["asked"], answer["answered"], answer["declined"]), (4, 4, 0))
