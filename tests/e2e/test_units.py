# SPDX-License-Identifier: Apache-2.0
"""The systemd units: valid, as closed as docs/confinement.md says, and not so closed that the programs do not run:
a whole scheme is run with the system calls, the capabilities and the limits of the units."""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import ANYBODY, BUILD, ROOT, SchemeCase

THRESHOLD = 1.1  # of `systemd-analyze security`, which goes from 0 (closed) to 10
SOURCES = sorted(path for folder in ("matcher", "agent", "client") for path in (ROOT / folder).glob("*.service"))
NOT_HARDENING = {"Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "TimeoutStartSec", "TimeoutStopSec",
                 "WatchdogSec", "NotifyAccess", "User", "StateDirectory", "LoadCredentialEncrypted", "LimitNOFILE",
                 "TasksMax", "MemoryMax", "SuccessExitStatus", "StandardOutput"}


def settings(path):
    """(key, value) of [Service], in their order."""
    section = path.read_text(encoding="utf-8").split("[Service]\n", 1)[1].split("\n[", 1)[0]
    return [tuple(line.split("=", 1)) for line in section.splitlines() if "=" in line and not line.startswith("#")]


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("systemd-analyze"):
            raise unittest.SkipTest("systemd-analyze (package systemd) is not installed")
        folder = tempfile.TemporaryDirectory(prefix="hearth-units-")
        cls.addClassCleanup(folder.cleanup)
        cls.prefix = pathlib.Path(folder.name)
        (cls.prefix / "bin").symlink_to(BUILD)
        cls.units = cls.prefix / "lib" / "systemd" / "system"
        subprocess.run(["make", "-s", "-C", ROOT, "install-units", f"PREFIX={cls.prefix}"], check=True, timeout=60)

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", timeout=60, check=False)

    def instances(self):
        """The installed units, templates under the name of an instance."""
        for path in sorted(self.units.iterdir()):
            if "@." in path.name:
                instance = path.with_name(path.name.replace("@.", "@leeds."))
                if not instance.exists():
                    instance.symlink_to(path.name)
                path = instance
            yield path

    def test_all_are_installed(self):
        self.assertEqual({path.name for path in self.units.glob("*.*") if "@leeds" not in path.name},
                         {"hearth-matcher.service", "hearth-agent@.service", "hearth-hub@.service",
                          "hearth-figures@.service", "hearth-figures@.timer", "hearth-inbox@.service",
                          "hearth-inbox@.timer"})

    def test_they_are_valid(self):
        done = self.analyze("verify", "--man=no", *self.instances())
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_they_are_closed(self):
        text = (ROOT / "docs" / "confinement.md").read_text(encoding="utf-8")
        measured = self.analyze("--version").stdout.startswith("systemd 252 ")  # others weigh otherwise
        for path in self.instances():
            if path.suffix != ".service":
                continue
            done = self.analyze("security", "--offline=true", path)
            level = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout).group(1)
            print(f"     {path.name}: exposure {level}", flush=True)
            with self.subTest(unit=path.name):
                self.assertLessEqual(float(level), THRESHOLD, done.stdout)
                name = path.name.replace("@leeds", "@")
                if measured:
                    self.assertIn(f"| `{name}` | {level} |", text, "as docs/confinement.md says")

    def test_one_part_is_the_same_in_all(self):
        first = [pair for pair in settings(SOURCES[0]) if pair[0] not in NOT_HARDENING]
        self.assertIn(("LimitCORE", "0"), first)
        for path in SOURCES[1:]:
            with self.subTest(unit=path.name):
                self.assertEqual([pair for pair in settings(path) if pair[0] not in NOT_HARDENING], first)


def system_calls(group, known):
    """What `systemd-analyze syscall-filter` says that a name of SystemCallFilter= stands for."""
    if not group.startswith("@"):
        return {group}
    if group not in known:
        done = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", group], capture_output=True,
                              encoding="utf-8", timeout=60, check=True)
        words = [line.strip() for line in done.stdout.splitlines()[1:]]
        known[group] = set().union(*(system_calls(word, known) for word in words if word and word[0] != "#"))
    return known[group]


def filter_of(unit):
    known, calls = {}, set()
    for key, value in settings(unit):
        if key != "SystemCallFilter":
            continue
        for group in value.removeprefix("~").split():
            if value.startswith("~"):
                calls -= system_calls(group, known)
            else:
                calls |= system_calls(group, known)
    return sorted(calls)


# Becomes the program, closed in as its unit would: argv holds the program, the limits and the system calls.
WRAPPER = """#!{python}
import ctypes, os, resource, sys
libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
seccomp.seccomp_init.restype = ctypes.c_void_p
for limit, value in {limits!r}:
    resource.setrlimit(limit, (value, value))
if os.geteuid() == 0:
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; those that the kernel does not know fail
libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
context = ctypes.c_void_p(seccomp.seccomp_init(0x00050000 | 38))  # ENOSYS
for name in {calls!r}:
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    if number >= 0:
        assert seccomp.seccomp_rule_add(context, 0x7fff0000, number, 0) == 0, name
assert seccomp.seccomp_load(context) == 0
os.execv({program!r}, [{program!r}, *sys.argv[1:]])
"""


class Filtered(SchemeCase):
    """Every program of the scheme through a wrapper, with what is shared by all units."""

    agencies, households = 2, 40

    @classmethod
    def setUpClass(cls):
        if not shutil.which("systemd-analyze"):
            raise unittest.SkipTest("systemd-analyze (package systemd) is not installed")
        if any(word in (BUILD / "hearth-matcher").read_bytes() for word in (b"__asan_init", b"__tsan_init")):
            raise unittest.SkipTest("sanitizers call what a service does not")
        super().setUpClass()

    @classmethod
    def prepare(cls):
        super().prepare()
        wrapped = cls.directory / "wrapped"
        wrapped.mkdir()
        calls = filter_of(ROOT / "matcher" / "hearth-matcher.service")
        limits = [(4, 0), (8, 8 << 20), (7, 1024)]  # CORE, MEMLOCK, NOFILE
        for name in ("hearth", "hearth-agent", "hearth-matcher", "hearth-keys"):
            path = wrapped / name
            path.write_text(WRAPPER.format(python=sys.executable, limits=limits, calls=calls,
                                           program=str(BUILD / name)), encoding="utf-8")
            path.chmod(0o755)
        cls.up_options = ("--build", wrapped)

    def test_everything_works(self):
        self.wait_all_attached()
        self.assertEqual(self.counts(ANYBODY), (2, 2, 0))
        for party in ("matcher", "ifa-001"):
            status = pathlib.Path(f"/proc/{self.pid(party)}/status").read_text(encoding="ascii")
            # The unit's filter, the program's own, and what it takes away once it serves.
            self.assertRegex(status, r"(?m)^Seccomp_filters:\s+3$")
            self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
            self.assertRegex(status, r"(?m)^CapEff:\s+0+$")
        logs = "".join(path.read_text(encoding="utf-8") for path in
                       (self.directory / "state" / "logs").glob("*.log"))
        self.assertNotIn("unconfined", logs)
        self.assertNotIn("memory_not_locked", logs)


if __name__ == "__main__":
    unittest.main()
