# SPDX-License-Identifier: Apache-2.0
"""The lab's own promises."""

import csv
import json
import os
import pathlib
import socket
import stat
import subprocess
import tempfile
import unittest

import support
from support import ANYBODY, BUILD, SchemeCase, generate, lab, wait_until

from daemons import Daemon, boot_id, read_json, start_time, write_json  # from tests/lab
from scheme import Scheme


def daemons_of(state):
    """Processes whose command line names something in this state directory."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if any(word.startswith(os.fsencode(state)) for word in words) and start_time(int(entry.name)):
                found.append(int(entry.name))
    return found


class Lab(SchemeCase):
    agencies, households = 3, 45

    def test_status(self):
        code, status = self.status()
        self.assertEqual(code, 0)
        self.assertEqual(list(status), ["matcher", "agents"])
        self.assertEqual(status["matcher"], "up")
        self.assertEqual([agent["id"] for agent in status["agents"]], ["ifa-001", "ifa-002", "ifa-003"])
        for agent in status["agents"]:
            self.assertEqual(list(agent), ["id", "attached", "carers"])
            self.assertIs(agent["attached"], True)
            with open(self.directory / "carers" / f"{agent['id']}.csv", encoding="utf-8", newline="") as file:
                self.assertEqual(agent["carers"], len(list(csv.DictReader(file))))
        table = lab("status", self.directory)
        self.assertEqual(table.returncode, 0)
        self.assertIn("3 of 3 agents attached", table.stdout)

    def test_up_again_changes_nothing(self):
        before = [self.pid(party) for party in ("matcher", "ifa-001", "ifa-002", "ifa-003")]
        certificates = {path: path.read_bytes() for path in self.directory.rglob("identity.cert")}
        self.up()
        self.assertEqual([self.pid(party) for party in ("matcher", "ifa-001", "ifa-002", "ifa-003")], before)
        for path, content in certificates.items():
            self.assertEqual(path.read_bytes(), content)

    def test_everything_is_under_state(self):
        self.assertEqual(sorted(os.listdir(self.directory)),
                         ["agencies.csv", "carers", "hubs.csv", "las.csv", "state"])

    def test_passphrases_are_guarded(self):
        phrases = list((self.directory / "state" / "passphrases").iterdir())
        self.assertEqual(len(phrases), 1 + 1 + 3 + 2 + 1)
        secrets = [path.read_bytes() for path in phrases]
        self.assertEqual(len(set(secrets)), len(secrets))
        for path in phrases:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        for pid in daemons_of(self.directory / "state"):
            for name in ("cmdline", "environ"):
                seen = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
                self.assertFalse([secret for secret in secrets if secret in seen])

    def test_key_files_are_private(self):
        for path in (self.directory / "state").rglob("identity.key"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_daemons_stand_alone(self):
        """No terminal, no descriptor of the lab's, nor the passphrase file once it has been read."""
        pids = daemons_of(self.directory / "state")
        self.assertEqual(len(pids), 4)
        for pid in pids:
            self.assertEqual(os.getsid(pid), pid)
            for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
                number, target = int(link.name), os.readlink(link)
                if number == 0:
                    self.assertEqual(target, "/dev/null")
                elif number in (1, 2):
                    self.assertTrue(target.endswith(".log"), target)
                else:
                    self.assertNotIn("passphrases", target)
                    self.assertFalse(target.startswith(("pipe:", "/dev/pts")), f"{pid} holds {number}: {target}")

    def test_unknown_names(self):
        for arguments, code in ((("search", "request.json", "--la", "la-9"), 2),
                                (("search", "request.json", "--la", "ifa-001"), 2),
                                (("score", "la-1", "request.json"), 2), (("start", "nobody"), 2),
                                (("stop", "la-1"), 2), (("run", "nobody", "--", "list"), 2)):
            done = lab(arguments[0], self.directory, *arguments[1:])
            self.assertEqual(done.returncode, code, arguments)
            self.assertIn("lab:", done.stderr)
        self.assertEqual(lab("up", "/nonexistent").returncode, 2)
        done = lab("search", self.directory, "request.json", "--la", "la-9", "--json")
        self.assertIn("la-9", json.loads(done.stdout)["error"]["message"])

    def test_run(self):
        with open(self.directory / "carers" / "ifa-001.csv", encoding="utf-8", newline="") as file:
            ref = next(csv.DictReader(file))["ref"]
        done = lab("run", self.directory, "ifa-001", "--", "show", ref)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(ref, done.stdout)
        self.assertNotEqual(lab("run", self.directory, "ifa-001", "--", "show", "NO-SUCH").returncode, 0)
        done = lab("run", self.directory, "authority", "--", "list")
        self.assertEqual(done.returncode, 0, done.stderr)
        for party in ("matcher", "ifa-001", "ifa-002", "ifa-003", "la-1", "la-2", "hub-1"):
            self.assertIn(party, done.stdout)
        self.assertEqual(lab("run", self.directory, "matcher", "--", "--version").returncode, 0)
        self.assertEqual(lab("run", self.directory, "matcher", "--", "no-such").returncode, 2)


@support.without_sanitizers
class Restarts(unittest.TestCase):
    """Each test makes its own scheme."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-lab-")
        self.addCleanup(folder.cleanup)
        self.directory = pathlib.Path(folder.name) / "scheme"
        generate(self.directory, 2, 20)
        self.addCleanup(lab, "down", self.directory)

    def lab(self, *arguments):
        return lab(arguments[0], self.directory, *arguments[1:])

    def up(self, code=0):
        done = self.lab("up")
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def carers(self):
        return {agent["id"]: agent["carers"]
                for agent in json.loads(self.lab("status", "--json").stdout)["agents"]}

    def test_before_up(self):
        done = self.lab("status", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["matcher"]), (3, "down"))
        self.assertEqual(self.lab("down").returncode, 0)
        self.assertEqual(self.lab("search", "request.json").returncode, 1)

    def test_down_leaves_nothing_and_up_restarts(self):
        self.up()
        state = self.directory / "state"
        self.assertEqual(len(daemons_of(state)), 3)
        for _ in range(2):
            self.assertEqual(self.lab("down").returncode, 0)
            self.assertEqual(daemons_of(state), [])
        self.assertEqual(self.lab("status").returncode, 3)
        certificates = {path: path.read_bytes() for path in state.rglob("identity.cert")}
        port = read_json(state / "lab.json")["port"]
        first = self.directory / "carers" / "ifa-001.csv"
        lines = first.read_text(encoding="utf-8").splitlines(keepends=True)
        first.write_text("".join(lines[:-1]), encoding="utf-8")
        (self.directory / "carers" / "ifa-002.csv").unlink()
        self.up()
        self.assertEqual({path: path.read_bytes() for path in state.rglob("identity.cert")}, certificates)
        self.assertEqual(read_json(state / "lab.json")["port"], port)
        self.assertEqual(self.carers(), {"ifa-001": len(lines) - 2, "ifa-002": 0})

    def test_new_agency_and_no_households(self):
        self.up()
        with open(self.directory / "agencies.csv", "a", encoding="utf-8") as file:
            file.write("nobody,Empty Fostering,ZZ9,good,,private,x@example.org\n")
        self.up()
        carers = self.carers()
        self.assertEqual(carers["nobody"], 0)
        self.assertEqual(sum(carers.values()), 20)
        self.assertEqual(self.lab("status").returncode, 0)
        request = self.directory / "request.json"
        request.write_text(json.dumps(ANYBODY), encoding="utf-8")
        answer = json.loads(self.lab("search", request, "--json").stdout)
        self.assertEqual((answer["asked"], answer["answered"]), (3, 3))

    def test_up_after_a_change_of_carers(self):
        """While everything runs: the new number is told when `up` ends."""
        self.up()
        path = self.directory / "carers" / "ifa-001.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for kept in (1, 0):
            path.write_text("".join(lines[:1 + kept]), encoding="utf-8")
            self.up()
            self.assertEqual(self.carers()["ifa-001"], kept)

    def test_agencies_that_are_gone(self):
        """An agency that the directory no longer names is stopped; and what runs without a list too."""
        self.up()
        state = self.directory / "state"
        path = self.directory / "agencies.csv"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text("".join(lines[:-1]), encoding="utf-8")
        self.up()
        self.assertEqual(list(self.carers()), ["ifa-001"])
        self.assertEqual(self.lab("status").returncode, 0)
        self.assertEqual(len(daemons_of(state)), 2)
        path.unlink()
        self.assertEqual(self.lab("down").returncode, 0)
        self.assertEqual(daemons_of(state), [])

    def test_one_organisation_in_two_roles(self):
        """An LA may run a fostering service of its own, under its own id."""
        with open(self.directory / "agencies.csv", "a", encoding="utf-8") as file:
            file.write("la-1,Our Own Fostering,,good,,local_authority,x@example.org\n")
        (self.directory / "carers" / "ifa-002.csv").rename(self.directory / "carers" / "la-1.csv")
        self.up()
        held = self.carers()["la-1"]
        self.assertGreater(held, 0)
        request = self.directory / "request.json"
        request.write_text(json.dumps(ANYBODY), encoding="utf-8")
        answer = json.loads(self.lab("search", request, "--json", "--la", "la-1").stdout)
        self.assertEqual((answer["asked"], answer["answered"]), (3, 3))
        done = self.lab("score", "la-1", request, "--json")
        self.assertEqual(json.loads(done.stdout)["agency"], "la-1")
        ranked = [agency["id"] for agency in answer["agencies"]]
        self.assertEqual(bool(json.loads(done.stdout)["eligible"]), "la-1" in ranked)
        self.assertEqual(self.lab("stop", "la-1").returncode, 0)
        self.assertEqual(self.lab("status").returncode, 1)
        self.assertEqual(self.lab("start", "la-1").returncode, 0)
        self.assertEqual(self.lab("status").returncode, 0)
        done = self.lab("run", "la-1", "--", "list")
        self.assertEqual(done.returncode, 2)
        self.assertIn("agent/la-1 or la/la-1", done.stderr)
        self.assertEqual(len(self.lab("run", "agent/la-1", "--", "list").stdout.splitlines()), held)
        self.assertEqual(self.lab("run", "la/la-1", "--", "check", request).returncode, 0)

    def test_port_taken_meanwhile(self):
        self.up()
        port = read_json(self.directory / "state" / "lab.json")["port"]
        self.lab("down")
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port))
            other.listen()
            self.up()
            self.assertNotEqual(read_json(self.directory / "state" / "lab.json")["port"], port)

    def test_bad_carers_file(self):
        """Told with the agency, line and column; nothing is left running."""
        path = self.directory / "carers" / "ifa-002.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("M;F", "M;Q"), encoding="utf-8")
        done = self.up(code=1)
        self.assertIn("ifa-002", done.stderr)
        self.assertIn("sexes", done.stderr)
        self.assertEqual(daemons_of(self.directory / "state"), [])

    def test_bad_agencies_file(self):
        path = self.directory / "agencies.csv"
        good = path.read_text(encoding="utf-8")
        for old, new in (("ifa-002", "ifa-001"), ("ifa-002", "IFA 2"), ("id,", "key,")):
            path.write_text(good.replace(old, new), encoding="utf-8")
            self.assertEqual(self.lab("up").returncode, 2)
        path.unlink()
        done = self.lab("up")
        self.assertEqual(done.returncode, 2)
        self.assertIn("agencies.csv", done.stderr)

    def test_defaults_without_las_and_hubs(self):
        (self.directory / "las.csv").unlink()
        (self.directory / "hubs.csv").unlink()
        self.up()
        self.assertEqual(os.listdir(self.directory / "state" / "las"), ["la-1"])
        self.assertEqual(os.listdir(self.directory / "state" / "hubs"), ["hub-1"])

    def test_programs_missing(self):
        done = self.lab("up", "--build", "/nonexistent")
        self.assertEqual(done.returncode, 1)
        self.assertIn("make", done.stderr)


class Strangers(unittest.TestCase):
    def test_only_own_processes_are_stopped(self):
        """A pid that belongs to somebody else by now is left alone."""
        with tempfile.TemporaryDirectory(prefix="hearth-lab-") as folder:
            directory = pathlib.Path(folder)
            generate(directory / "scheme", 1, 1)
            scheme = Scheme(directory / "scheme", BUILD)
            (scheme.state / "pids").mkdir(parents=True)
            with subprocess.Popen(["sleep", "600"]) as stranger:
                try:
                    began = start_time(stranger.pid)
                    record = scheme.state / "pids" / "agent-ifa-001.json"
                    for wrong in ({"start": began - 1, "boot": boot_id()}, {"start": began, "boot": "another"},
                                  {"start": None, "boot": boot_id()}):
                        write_json(record, {"pid": stranger.pid} | wrong)
                        self.assertEqual(lab("down", directory / "scheme").returncode, 0)
                        self.assertIsNone(stranger.poll())
                    write_json(record, {"pid": stranger.pid, "start": began, "boot": boot_id()})
                    self.assertEqual(Daemon(record).pid(), stranger.pid)
                    self.assertEqual(lab("down", directory / "scheme").returncode, 0)
                    self.assertTrue(wait_until(lambda: stranger.poll() is not None, 10 * support.SLOW))
                finally:
                    stranger.kill()


if __name__ == "__main__":
    unittest.main()
