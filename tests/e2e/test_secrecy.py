# SPDX-License-Identifier: Apache-2.0
"""Carers' names, references and places are on no disk in the clear, and nowhere in the memory of the matcher or of
the client; what a search is about is not with the matcher or an agent."""

import csv
import os
import signal
import subprocess
import sys

import support
from markers import core_of, found_in, why_no_cores
from support import BUILD, LAB, SLOW, SchemeCase, wait_until

ROWS = [
    {"ref": "MRKREF-7731-QX", "name": "Zylphia Quorndon-Vex", "grid_ref": "SE 29713 33871", "lat": "",
     "lon": ""},
    {"ref": "MRKREF-8842-JW", "name": "Obadiah Yttringham", "grid_ref": "", "lat": "53.817341",
     "lon": "-1.549212"},
]
COMMON = {"ages": "0-17", "sexes": "M;F", "places": "2", "approved_places": "2",
          "placement_types": "PT_SHORT;PT_LONG", "status": "unknown", "status_date": "",
          "offers": "DS_AUT;CS_SIM;LN_PL"}
REQUEST = {"search_ref": "MRKSEARCH-5519-KV", "children": [{"age": 9, "sex": "F"}],
           "placement": {"type": "PT_LONG", "needed_by": "later"}, "must": ["DS_AUT"], "prefer": {"LN_PL": 3},
           "location": {"anchors": [{"name": "mrkanchor-school-2207", "at": "SE 30113 34091", "within_km": 12,
                                     "weight": 3}]}}

CARER_MARKERS = [row[column] for row in ROWS for column in ("ref", "name", "grid_ref", "lat", "lon")
                 if row[column]] + ["SE2971333871", "Quorndon", "Yttringham"]
SEARCH_MARKERS = [REQUEST["search_ref"], "mrkanchor-school-2207", "SE 30113 34091"]


# Reads a marker byte by byte into one page, and guards the page. No other copy of the whole is made.
HOLDER = """
import ctypes, mmap, os
libc = ctypes.CDLL(None)
libc.prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
page = mmap.mmap(-1, mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
page.madvise(mmap.MADV_DONTDUMP)
while (byte := os.read(0, 1)) != b"\\n":
    page.write(byte)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
assert libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE), 0) == 0  # PROT_NONE
print("ready", flush=True)
os.read(0, 1)
os._exit(0)
"""

class Secrecy(SchemeCase):
    agencies = 2

    @classmethod
    def prepare(cls):
        support.generate(cls.directory, 2, 10)
        with open(cls.directory / "carers" / "ifa-001.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(ROWS[0] | COMMON))
            writer.writeheader()
            writer.writerows(row | COMMON for row in ROWS)

    up_options = ("--deadline-ms", 6000 * SLOW)

    def search_and_score(self):
        answer = self.search(REQUEST)
        self.assertIn("ifa-001", [agency["id"] for agency in answer["agencies"]])
        self.assertEqual({household["ref"] for household in self.score("ifa-001", REQUEST)["eligible"]},
                         {row["ref"] for row in ROWS})

    def test_no_file_tells(self):
        self.search_and_score()
        source = self.directory / "carers" / "ifa-001.csv"
        self.assertGreaterEqual(len(found_in(source, CARER_MARKERS)), 8, "the markers must be found here")
        leaks = {}
        for path in (self.directory / "state").rglob("*"):
            if path.is_file():
                found = found_in(path, CARER_MARKERS + SEARCH_MARKERS)
                if found:
                    leaks[str(path)] = found
        self.assertEqual(leaks, {})

    def require_cores(self):
        reason = why_no_cores()
        if reason:
            self.skipTest(reason)

    def test_control(self):
        """The same search finds a marker in a process that holds it as guarded memory holds secrets: in pages that
        are left out of dumps and may not be read, in a process that is not dumpable."""
        self.require_cores()
        with subprocess.Popen([sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              encoding="utf-8") as holder:
            try:
                holder.stdin.write(CARER_MARKERS[0] + "\n")
                holder.stdin.flush()
                self.assertEqual(holder.stdout.readline(), "ready\n")
                self.assertEqual(found_in(core_of(self, holder.pid), CARER_MARKERS), CARER_MARKERS[:1])
            finally:
                holder.kill()

    def test_memory_of_the_matcher(self):
        self.require_cores()
        self.search_and_score()
        core = core_of(self, self.pid("matcher"))
        self.assertEqual(found_in(core, CARER_MARKERS + SEARCH_MARKERS), [])
        self.assertEqual(found_in(core, ["ifa-001"]), ["ifa-001"], "the core is one of the matcher's memory")

    def test_memory_of_an_agent(self):
        """What it was asked for is not in an agent's memory; its own carers may be."""
        self.require_cores()
        self.search_and_score()
        self.assertEqual(found_in(core_of(self, self.pid("ifa-001")), SEARCH_MARKERS), [])

    def test_memory_of_the_client(self):
        """Taken while the client waits for an agent that hangs, after the other's reply."""
        self.require_cores()
        hanging = self.pid("ifa-002")
        self.addCleanup(self.wait_for, lambda: self.counts() == (2, 2, 0), "the agent answers again", 60)
        self.addCleanup(os.kill, hanging, signal.SIGCONT)
        os.kill(hanging, signal.SIGSTOP)
        with subprocess.Popen([LAB, "search", self.directory, self.request_file(REQUEST), "--build", BUILD],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as client:
            os.set_blocking(client.stderr.fileno(), False)
            seen = bytearray()

            def one_answered():
                seen.extend(client.stderr.read() or b"")
                return b"1 of 2" in seen or client.poll() is not None
            wait_until(one_answered, 6 * SLOW)
            self.assertIsNone(client.poll(), seen.decode())
            core = core_of(self, client.pid)
            client.communicate(timeout=60 * SLOW)
        self.assertEqual(found_in(core, CARER_MARKERS), [])
        self.assertEqual(found_in(core, ["la-1"]), ["la-1"], "the core is one of the client's memory")
