# SPDX-License-Identifier: Apache-2.0
"""A whole scheme on this machine: makes it under DIR/state, starts it, stops it, tells how it is."""

import concurrent.futures
import contextlib
import dataclasses
import fcntl
import functools
import hashlib
import os
import pathlib
import random
import re
import secrets
import socket
import sys
import time

from daemons import Daemon, read_json, stop_all, wait_until, write_json
from parties import ROOT, LabError, Parties, bad_input

HOST = "127.0.0.1"
CARER_HEADING = "ref,grid_ref,lat,lon,ages,sexes,places,approved_places,placement_types,status,status_date\n"
DEADLINE_MS = 5000
DEADLINE_MS_MOST = 60000
CORES = os.cpu_count() or 1
START_SECONDS = 60
RELOAD_SECONDS = 1.5  # a running matcher looks for a new directory once a second; until then agents are refused


def say(text):
    print(f"lab: {text}", file=sys.stderr, flush=True)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port():
    """Below the range that the system gives to outgoing connections, so that it is still free later."""
    chooser = random.SystemRandom()
    for _ in range(1000):
        port = chooser.randrange(20000, 32000)
        if port_is_free(port):
            return port
    raise LabError("no free TCP port between 20000 and 32000")


def file_digest(path):
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def replace_file(path, data):
    """Atomically; nothing happens where the file holds that already. True where it changed."""
    if path.exists() and path.read_bytes() == data:
        return False
    temporary = path.with_name(path.name + ".new")
    temporary.write_bytes(data)
    temporary.chmod(0o600)
    temporary.replace(path)
    return True


def in_parallel(work, items, workers=CORES):
    """work(item) for each; the first failure is raised after the running ones have ended."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running = [pool.submit(work, item) for item in items]
        try:
            for future in concurrent.futures.as_completed(running):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


class Scheme:
    def __init__(self, directory, build=None):
        self.directory = pathlib.Path(directory).resolve()
        if not self.directory.is_dir():
            raise bad_input(f"{directory}: no such directory")
        self.state = self.directory / "state"
        self.memory = read_json(self.state / "lab.json") or {}
        chosen = build or os.environ.get("HEARTH_BUILD") or self.memory.get("build") or ROOT / "build"
        self.build = pathlib.Path(chosen).resolve()

    @functools.cached_property
    def parties(self):
        """Not read before it is needed: what runs can be stopped whatever has become of agencies.csv."""
        return Parties(self.directory, self.build)

    # ---- small things ----
    @contextlib.contextmanager
    def lock(self):
        """One lab command changes a scheme at a time."""
        self.state.mkdir(mode=0o700, exist_ok=True)
        with open(self.state / "lab.lock", "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def remember(self):
        write_json(self.state / "lab.json", self.memory)

    def daemon(self, party):
        return Daemon(self.state / "pids" / f"{party.label}.json", self.state / "logs" / f"{party.id}.log")

    def running(self, party):
        return self.daemon(party).pid() is not None

    def own_status(self, party):
        """What a running daemon says about itself in its status.json; {} where it does not run."""
        pid = self.daemon(party).pid()
        status = read_json(party.home / "status.json") or {}
        return status if pid and status.get("pid") == pid else {}

    def attached(self):
        return set(self.own_status(self.parties.matcher).get("agents", []))

    # ---- making ----
    def make_state(self):
        for folder in ("passphrases", "logs", "pids", "agents", "las", "hubs", "issued"):
            (self.state / folder).mkdir(mode=0o700, exist_ok=True)
        for party in self.parties.all():
            party.home.mkdir(mode=0o700, exist_ok=True)
            if not party.passphrase.exists():
                replace_file(party.passphrase, secrets.token_hex(16).encode())

    def make_authority(self):
        authority = self.parties.authority
        if not (authority.home / "authority.root").exists():
            authority.run("root", "--name", authority.name, "--argon2", "interactive")

    def make_certificates(self):
        """Requests in parallel, all issued in one go, installed in parallel."""
        missing = [p for p in self.parties.certified() if not (p.home / "identity.cert").exists()]
        if not missing:
            return
        say(f"keys and certificates for {len(missing)} parties")
        in_parallel(self.request_certificate, missing)
        requests = [party.home / "identity.req" for party in missing]
        self.parties.authority.run("issue", "--days", "365", "--out", self.state / "issued", *requests)
        in_parallel(self.install_certificate, missing)

    def keys(self, party, *arguments):
        """hearth-keys for a party's own home."""
        return dataclasses.replace(party, program=self.parties.authority.program).run(*arguments)

    def request_certificate(self, party):
        extra = ["--urn", party.urn] if party.urn else []
        if party.role in ("matcher", "hub"):
            extra += ["--address", HOST]
        self.keys(party, "request", "--role", party.role, "--id", party.id, "--name", party.name,
                  "--argon2", "interactive", *extra)

    def install_certificate(self, party):
        self.keys(party, "install", "--root", self.parties.authority.home / "authority.root",
                  self.state / "issued" / f"{party.label}.cert")

    def hand_out_revocations(self):
        current = (self.parties.authority.home / "revocations").read_bytes()
        for party in self.parties.certified():
            replace_file(party.home / "revocations", current)

    def households(self):
        """Rows in all carers' files, about: for the time that agents get."""
        total = 0
        for agent in self.parties.agents:
            with contextlib.suppress(FileNotFoundError):
                total += max(0, self.parties.carers_file(agent).read_bytes().count(b"\n") - 1)
        return total

    def set_config(self, party, wanted):
        """Lays `wanted` over what config.json holds, so that what else was set by hand there stays. A daemon that
        runs with other settings is stopped, to be started again."""
        path = party.home / "config.json"
        config = read_json(path) or {}
        if config | wanted != config:
            if self.running(party):
                self.stop(party)
            write_json(path, config | wanted)

    def choose_port(self, party, before):
        """The one that the party has had, unless somebody else has taken it since."""
        return before if before and (self.running(party) or port_is_free(before)) else free_port()

    def configure(self, budget, deadline_ms):
        deadline_ms = deadline_ms or min(DEADLINE_MS_MOST, max(DEADLINE_MS, self.households()))
        port = self.choose_port(self.parties.matcher, self.memory.get("port"))
        self.memory |= {"port": port, "build": str(self.build)}
        self.remember()
        address = f"{HOST}:{self.memory['port']}"
        here = {"matcher": address, "matcher_id": self.parties.matcher.id}
        self.set_config(self.parties.matcher,
                        {"listen": address, "deadline_ms": deadline_ms, "budget": budget})
        in_parallel(self.make_vault, self.parties.agents)
        for agent in self.parties.agents:
            self.set_config(agent, here | {"budget": budget})
        for party in [*self.parties.las, *self.parties.hubs]:
            self.set_config(party, here)
        for hub in self.parties.serving_hubs():
            self.set_up_hub(hub)

    def make_vault(self, agent):
        if not (agent.home / "vault").exists():
            agent.run("init", "--matcher", f"{HOST}:{self.memory['port']}",
                      "--matcher-id", self.parties.matcher.id)

    def set_up_hub(self, hub):
        """Areas from the scheme's boundaries; all agencies are enrolled, and LAs with a code in las.csv."""
        ports = self.memory.setdefault("hub_ports", {})
        ports[hub.id] = self.choose_port(hub, ports.get(hub.id))
        self.remember()
        address = f"{HOST}:{ports[hub.id]}"
        self.set_config(hub, {"listen": address, "address": address})
        hub.run("hub", "areas", self.parties.areas_file)
        rows = [f"agent,{agent.id}," for agent in self.parties.agents]
        rows += [f"la,{la.id},{la.code}" for la in self.parties.las if la.code]
        enrolled = self.state / "enrolled.csv"
        replace_file(enrolled, "\n".join(["role,id,code", *rows, ""]).encode())
        hub.run("hub", "enrol", enrolled)

    # ---- postcodes ----
    def gazetteer_file(self):
        """What the scheme's directory has of postcodes, or None."""
        for name in ("gazetteer.csv", "gazetteer.zip"):
            if (self.directory / name).exists():
                return self.directory / name
        return None

    def make_gazetteer(self):
        """One for all: a symbolic link in the home of every agency and LA."""
        path = self.gazetteer_file()
        if not path:
            return
        shared = self.state / "gazetteer"
        shared.mkdir(mode=0o700, exist_ok=True)
        users = [*self.parties.agents, *self.parties.las]
        for party in users:
            link = party.home / "gazetteer"
            if not link.is_symlink() and not link.exists():
                link.symlink_to(os.path.relpath(shared, party.home))
        digest = file_digest(path)
        if self.memory.get("gazetteer") != digest:
            say(f"importing {path.name}")
            users[0].run("gazetteer", "import", "--replace", path)
            self.memory["gazetteer"] = digest
            self.remember()

    def sign_directory(self):
        digest = file_digest(self.directory / "agencies.csv")
        if self.memory.get("directory") != digest:
            self.parties.matcher.run("directory", "sign", self.directory / "agencies.csv")
            self.memory["directory"] = digest
            self.remember()
            if self.running(self.parties.matcher):
                time.sleep(RELOAD_SECONDS)

    def carers_digest(self, agent):
        """Of an agency's file and what explains it; None where there is no file."""
        carers, mapping = (file_digest(path) for path in
                           (self.parties.carers_file(agent), self.parties.mapping_file(agent)))
        return carers and carers + (mapping or "")

    def import_carers(self):
        """Every file that is not as it was at the last import; how many households each of these agents holds."""
        done = self.memory.setdefault("imports", {})
        digests = {agent: self.carers_digest(agent) for agent in self.parties.agents}
        changed = [agent for agent, digest in digests.items() if done.get(agent.id) != digest]
        counts = {}
        if not changed:
            return counts
        say(f"importing the carers of {len(changed)} agencies")
        empty = self.state / "empty.csv"
        empty.write_text(CARER_HEADING, encoding="utf-8")

        def work(agent):
            path = self.parties.carers_file(agent)
            there = path.exists() and path.stat().st_size
            mapping = self.parties.mapping_file(agent)
            words = ["--mapping", mapping] if there and mapping.exists() else []
            told = agent.run("import", "--replace", *words, path if there else empty)
            counts[agent] = sum(map(int, re.findall(r"(\d+) (?:added|changed|unchanged)", told)))
            done[agent.id] = digests[agent]

        try:
            in_parallel(work, changed)
        finally:
            self.remember()
        return counts

    # ---- running ----
    def launch(self, party):
        """Starts a daemon and waits until it has told its status once."""
        daemon = self.daemon(party)
        if daemon.pid():
            return
        if not party.program.exists():
            raise LabError(f"{party.program}: not found; build the programs with `make`")
        words = ["hub", "serve"] if party.role == "hub" else ["serve"]
        command = [str(party.program), *words, "-C", str(party.home)]
        process = daemon.start(command, party.passphrase)
        wait_until(lambda: process.poll() is not None or self.own_status(party), START_SECONDS)
        if not self.own_status(party):
            code = process.poll()
            stop_all([daemon])
            how = f"ended with exit status {code}" if code is not None else f"was silent for {START_SECONDS} s"
            raise LabError(f"{party.id} {how}; the end of its log:\n{daemon.log_tail()}")

    def stop(self, *parties):
        return stop_all([self.daemon(party) for party in parties])

    def stop_former(self):
        """Agencies that the directory no longer names."""
        known = {party.label for party in self.parties.daemons()}
        stop_all([Daemon(record) for record in (self.state / "pids").glob("*.json") if record.stem not in known])

    def wait_attached(self, agents, seconds):
        """Until these agents are attached to the matcher."""
        wanted = {agent.id for agent in agents}
        wait_until(lambda: wanted <= self.attached() or not self.running(self.parties.matcher), seconds)
        missing = sorted(wanted - self.attached())
        if missing:
            first = self.daemon(self.parties.get_of_role(missing[0], "agent", "an agency"))
            shown = ", ".join(missing[:10]) + (" ..." if len(missing) > 10 else "")
            raise LabError(f"{len(missing)} of {len(wanted)} agents did not attach within {seconds:.0f} s: "
                           f"{shown}; the end of {missing[0]}'s log:\n{first.log_tail()}")

    def wait_counted(self, counts):
        """Until agents that have run through an import tell the new number in their status."""
        wait_until(lambda: all(self.own_status(agent).get("carers") == count for agent, count in counts.items()),
                   START_SECONDS)

    def up(self, budget=0, deadline_ms=None, wait_seconds=None):
        agents = self.parties.agents
        started = time.monotonic()
        with self.lock():
            before = [party for party in self.parties.daemons() if self.running(party)]
            self.stop_former()
            try:
                self.make_state()
                self.make_authority()
                self.make_certificates()
                self.hand_out_revocations()
                self.configure(budget, deadline_ms)
                self.make_gazetteer()
                self.sign_directory()
                imported = self.import_carers()
                say(f"starting the matcher and {len(agents)} agents")
                self.launch(self.parties.matcher)
                in_parallel(self.launch, [*self.parties.serving_hubs(), *agents], 2 * CORES)
                self.wait_attached(agents, wait_seconds or 60 + len(agents) / 2)
                self.wait_counted(imported)
            except BaseException:
                self.stop(*[party for party in self.parties.daemons() if party not in before])
                raise
        say(f"up: {len(agents)} agents attached after {time.monotonic() - started:.1f} s")

    def start(self, party):
        with self.lock():
            self.require_daemon(party)
            self.launch(party)
            if party.role == "agent" and self.running(self.parties.matcher):
                self.wait_attached([party], START_SECONDS)

    def stop_party(self, party):
        with self.lock():
            self.require_daemon(party)
            self.stop(party)

    def down(self):
        """Also stops daemons of agencies that the directory no longer names. True where none had to be killed."""
        if not self.state.is_dir():
            return True
        with self.lock():
            records = sorted((self.state / "pids").glob("*.json"))
            return stop_all([Daemon(record) for record in records])

    def require_daemon(self, party):
        if party not in self.parties.daemons():
            raise bad_input(f"{party.id} has no daemon; the matcher, the agents, and where there is areas.geojson "
                            "the hubs have")
        if not (party.home / "identity.cert").exists():
            raise LabError(f"{party.id} has not been set up; run `lab up` first")

    def revoke(self, party):
        """The Authority revokes a party's certificate; everyone gets the new list."""
        with self.lock():
            self.parties.authority.run("revoke", f"{party.role}/{party.id}")
            self.hand_out_revocations()

    # ---- telling ----
    def status(self):
        attached = self.attached()
        agents = []
        for agent in self.parties.agents:
            carers = (read_json(agent.home / "status.json") or {}).get("carers", 0)
            agents.append({"id": agent.id, "attached": agent.id in attached, "carers": carers})
        return {"matcher": "up" if self.own_status(self.parties.matcher) else "down", "agents": agents}
