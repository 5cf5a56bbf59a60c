# SPDX-License-Identifier: Apache-2.0
"""What programs cannot do any more once they run, tried from inside each command and from another process of the
same user; passphrases from a service manager; signs of life."""

import collections
import ctypes
import errno
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import support
from support import ANYBODY, BUILD, SLOW, SchemeCase, lab, wait_until
from test_documents import PROGRAMS, commands_of
from test_hub import boundaries

SANITIZED = any(word in (BUILD / "hearth-keys").read_bytes() for word in (b"__asan_init", b"__tsan_init"))

# All that may open a connection, or take one. Everything else has no sockets.
DIALS = {
    "hearth": {"search", "refer", "referrals", "withdraw", "inbox show", "inbox", "answer", "outcome",
               "figures send", "hub open", "hub serve", "hub fetch"},
    "hearth-agent": {"serve", "inbox", "inbox show", "reply", "figures send"},
    "hearth-matcher": {"serve"},
    "hearth-keys": set()}
SERVES = {("hearth", "hub serve"), ("hearth-agent", "serve"), ("hearth-matcher", "serve")}
NOBODY = 65534


def has_landlock():
    return ctypes.CDLL(None).syscall(444, None, 0, 1) >= 1


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if SANITIZED:
            raise unittest.SkipTest("a sanitizer wants to be loaded first")
        folder = tempfile.TemporaryDirectory(prefix="hearth-confine-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.library, cls.victim = cls.folder / "probe.so", cls.folder / "victim"
        cls.victim.write_text("not to be read\n", encoding="ascii")
        cls.here = cls.folder / "here"
        cls.here.mkdir()
        subprocess.run(["cc", "-shared", "-fPIC", "-o", cls.library, f"{support.HERE}/confine_probe.c"],
                       check=True, timeout=60)

    def probe(self, program, command):
        """name: errno, as found at the end of `program command --help`."""
        found, end = os.pipe()
        saved = os.dup2(end, 9, inheritable=True)
        os.close(end)
        try:
            environment = os.environ | {"LD_PRELOAD": str(self.library), "PROBE_FILE": str(self.victim),
                                        "HOME": str(self.here)}
            environment.pop("HEARTH_ALLOW_CORES", None)
            done = subprocess.run([BUILD / program, *command.split(), "--help"], pass_fds=(saved,), cwd=self.here,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False,
                                  env=environment)
        finally:
            os.close(saved)
        with open(found, encoding="ascii") as text:
            results = dict(line.strip().split("=") for line in text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {name: int(code) for name, code in results.items()}

    def test_every_command_is_confined(self):
        landlock, counted = has_landlock(), collections.Counter()
        for program in PROGRAMS:
            for command in commands_of(program):
                dials, serves = command in DIALS[program], (program, command) in SERVES
                counted["serve" if serves else "dial" if dials else "have no network"] += 1
                no_socket = 0 if dials else errno.EAFNOSUPPORT
                expected = {"dumpable": 0, "cores": 0, "inet": no_socket, "local": no_socket,
                            "packet": errno.ENOSYS if dials else errno.EAFNOSUPPORT,
                            "listen": errno.EBADF if serves else errno.ENOSYS, "fork": errno.ENOSYS,
                            **{name: errno.EACCES if landlock else 0 for name in ("root", "read", "write")}}
                if os.geteuid() != 0:
                    expected["root"] = errno.EACCES
                with self.subTest(program=program, command=command):
                    self.assertEqual(self.probe(program, command), expected)
        print("     of all commands", ", ".join(f"{n} {what}" for what, n in sorted(counted.items())), flush=True)


# Another process of the same user: what it gets at.
INTRUDER = """
import ctypes, os, sys
pid = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
print("ptrace", "yes" if libc.ptrace(16, pid, None, None) == 0 else "no")  # PTRACE_ATTACH
for name in ("mem", "maps", "environ", "fd", "auxv"):
    path = f"/proc/{pid}/{name}"
    try:
        os.listdir(path) if name == "fd" else os.close(os.open(path, os.O_RDONLY))
        print(name, "yes")
    except OSError:
        print(name, "no")
"""
# A process that guards nothing, for comparison.
CONTROL = "import sys; sys.stdin.readline()"


class SameUser(unittest.TestCase):
    """A program that holds a passphrase, and somebody else's process of the same user."""

    def run_as(self, command, **options):
        if os.geteuid() == 0:
            options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                encoding="utf-8", **options)

    def reach(self, pid):
        with self.run_as([sys.executable, "-c", INTRUDER, str(pid)]) as intruder:
            out, err = intruder.communicate(timeout=60)
        self.assertEqual(intruder.returncode, 0, err)
        return dict(line.split() for line in out.splitlines())

    def dump(self, pid, directory):
        with self.run_as(["gcore", "-o", f"{directory}/core", str(pid)], cwd=directory) as process:
            process.communicate(timeout=120)
        return [path.name for path in pathlib.Path(directory).glob("core*")]

    def test_nothing_is_reached(self):
        folder = tempfile.TemporaryDirectory(prefix="hearth-same-user-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o777)
        program = pathlib.Path(folder.name) / "hearth-keys"
        shutil.copy(BUILD / "hearth-keys", program)
        environment = {key: value for key, value in os.environ.items() if key != "HEARTH_ALLOW_CORES"}
        with self.run_as([program, "request", "-C", f"{folder.name}/home", "--role", "la", "--id", "la-1",
                          "--name", "Leeds", "--passphrase-fd", "0"], env=environment) as victim, \
                self.run_as([sys.executable, "-c", CONTROL]) as control:
            status = pathlib.Path(f"/proc/{victim.pid}/status")

            def waits_for_its_passphrase():
                text = status.read_text(encoding="ascii")
                return "\nNoNewPrivs:\t1" in text and "\nState:\tS" in text
            try:
                self.assertTrue(wait_until(waits_for_its_passphrase, 30 * SLOW))
                if self.reach(control.pid)["mem"] != "yes":
                    self.skipTest("here no process reaches another of the same user")
                if not SANITIZED:
                    self.assertEqual(set(self.reach(victim.pid).values()), {"no"})
                limits = pathlib.Path(f"/proc/{victim.pid}/limits").read_text(encoding="ascii")
                self.assertRegex(limits, r"Max core file size +0 +0 ")
                if shutil.which("gcore"):
                    self.assertTrue(self.dump(control.pid, folder.name))
                    for path in pathlib.Path(folder.name).glob("core*"):
                        path.unlink()
                    self.assertEqual(self.dump(victim.pid, folder.name), [])
                # A signal that makes others leave a core leaves none.
                victim.send_signal(signal.SIGQUIT)
                victim.communicate(timeout=60)
                self.assertEqual([p.name for p in pathlib.Path(folder.name).iterdir() if "core" in p.name], [])
            finally:
                victim.kill()
                control.kill()


# Holds the writer's lock of an LMDB environment, given by its path, until its input ends.
HOLDER = """
import ctypes, sys
lmdb = ctypes.CDLL("liblmdb.so.0")
env, txn = ctypes.c_void_p(), ctypes.c_void_p()
def call(name, *arguments):
    code = getattr(lmdb, "mdb_" + name)(*arguments)
    assert code == 0, (name, code)
call("env_create", ctypes.byref(env))
call("env_open", env, sys.argv[1].encode(), ctypes.c_uint(0x200000), 0o600)
call("txn_begin", env, None, ctypes.c_uint(0), ctypes.byref(txn))
print("held", flush=True)
sys.stdin.read()
getattr(lmdb, "mdb_txn_abort")(txn)
"""


class Manager(threading.Thread):
    """Takes the place of systemd: hears who says what, and when."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind(str(path))
        self.heard = []  # (pid, line, time)

    def run(self):
        while True:
            data, control, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
            if data == b"end":
                return
            pid = struct.unpack("3i", control[0][2])[0]
            self.heard += [(pid, line, time.monotonic()) for line in data.decode().splitlines()]

    def lines(self, pid):
        return [line for by, line, _ in list(self.heard) if by == pid]

    def pings(self, pid):
        return [at for by, line, at in list(self.heard) if by == pid and line == "WATCHDOG=1"]


@support.without_sanitizers
class SignsOfLife(SchemeCase):
    agencies, households = 1, 20
    watchdog_seconds = 4 * SLOW

    @classmethod
    def prepare(cls):
        super().prepare()
        (cls.directory / "las.csv").write_text("id,name,code\nla-1,Council,E99000001\n", encoding="ascii")
        (cls.directory / "areas.geojson").write_text(json.dumps(boundaries()), encoding="utf-8")
        cls.manager = Manager(cls.directory / "notify")
        cls.manager.start()
        for name, value in (("NOTIFY_SOCKET", str(cls.directory / "notify")),
                            ("WATCHDOG_USEC", str(cls.watchdog_seconds * 1000000))):
            os.environ[name] = value
            cls.addClassCleanup(os.environ.pop, name)

    def wait_for_pings(self, pid, more):
        before = len(self.manager.pings(pid))
        self.wait_for(lambda: len(self.manager.pings(pid)) >= before + more, f"{more} signs of life", 60)

    def test_states_and_pings(self):
        for party, status in (("matcher", "STATUS=1 agents attached, 0 searches open, 0 messages wait"),
                              ("ifa-001", "STATUS=attached to the matcher, 0 messages unread"),
                              ("hub-1", "STATUS=0 streams open")):
            with self.subTest(party=party):
                pid = self.pid(party)
                self.wait_for(lambda: "READY=1" in self.manager.lines(pid), "ready")
                self.wait_for(lambda: status in self.manager.lines(pid), status)
                self.wait_for_pings(pid, 2)
                lines = len(self.manager.lines(pid))
                os.kill(pid, signal.SIGHUP)
                self.wait_for(lambda: "RELOADING=1" in self.manager.lines(pid)[lines:] and
                              "READY=1" in self.manager.lines(pid)[lines:], "reloaded")

    def test_stopping(self):
        pid = self.pid("ifa-001")
        lab("stop", self.directory, "ifa-001")
        self.assertIn("STOPPING=1", self.manager.lines(pid))
        lab("start", self.directory, "ifa-001")
        self.wait_all_attached()

    def test_a_log_that_cannot_be_written(self):
        """Another process sits on the audit store: all threads but one do their work, and yet there is no sign of
        life until it lets go."""
        matcher, agent = self.pid("matcher"), self.pid("ifa-001")
        log = self.scheme.daemon(self.scheme.parties.get("matcher")).log
        self.wait_for_pings(matcher, 1)
        with subprocess.Popen([sys.executable, "-c", HOLDER, self.scheme.parties.matcher.home / "audit"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              encoding="utf-8") as holder:
            try:
                self.assertEqual(holder.stdout.readline(), "held\n")
                self.wait_for(lambda: "stalled part=audit" in log.read_text(encoding="utf-8"), "it is noticed", 60)
                before = len(self.manager.pings(matcher))
                self.wait_for_pings(agent, 3)
                self.assertEqual(len(self.manager.pings(matcher)), before)
                holder.communicate(timeout=60)
            finally:
                holder.kill()
        self.wait_for_pings(matcher, 3)
        self.assertIn("goes_on part=audit", log.read_text(encoding="utf-8"))
        self.assertEqual(self.counts(ANYBODY), (1, 1, 0))

    def test_credentials(self):
        """Where there is no terminal and no descriptor, the passphrase is what the service manager holds."""
        party = self.scheme.parties.get("ifa-001")
        folder = tempfile.TemporaryDirectory(prefix="hearth-credentials-")
        self.addCleanup(folder.cleanup)
        shutil.copy(party.passphrase, f"{folder.name}/passphrase")

        def listed(**more):
            return subprocess.run([party.program, "list", "-C", party.home], stdin=subprocess.DEVNULL,
                                  capture_output=True, encoding="utf-8", timeout=60 * SLOW, check=False,
                                  start_new_session=True, env=os.environ | more)
        self.assertNotEqual(listed().returncode, 0)
        done = listed(CREDENTIALS_DIRECTORY=folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        pathlib.Path(folder.name, "passphrase").write_text("another\n", encoding="ascii")
        self.assertNotEqual(listed(CREDENTIALS_DIRECTORY=folder.name).returncode, 0)


if __name__ == "__main__":
    unittest.main()
