# SPDX-License-Identifier: Apache-2.0
"""Looking for what must not be there: markers in every form that a program might give them, in files, in cores of
processes, and in bytes that travelled."""

import base64
import os
import pathlib
import shutil
import subprocess
import tempfile
import zlib

from support import BUILD, SLOW

CHUNK = 1 << 20
OVERLAP = 512  # longer than any marker in any form
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
INFLATED_MOST = 1 << 20


def base64_forms(data):
    """What of `data` is the same in base64 whatever stands before and after it, at each of the three alignments."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        yield text[(0, 2, 3)[before]:len(text) // 4 * 4 - 4]


def forms_of(marker):
    """{form: bytes} of a text."""
    data = marker.encode()
    forms = {"UTF-8": data, "UTF-16": marker.encode("utf-16-le").rstrip(b"\0"),
             "UTF-16 BE": marker.encode("utf-16-be").lstrip(b"\0"), "hex": data.hex().encode(),
             "HEX": data.hex().upper().encode()}
    return forms | {f"base64 {i}": form for i, form in enumerate(base64_forms(data))}


def found_in_bytes(data, markers):
    """The markers that are in there in any form."""
    return [marker for marker in markers if any(form in data for form in forms_of(marker).values())]


def found_in(path, markers):
    """The markers that a file holds in any form. Cores are mostly zeros, which are passed over."""
    forms = {marker: list(forms_of(marker).values()) for marker in markers}
    found = set()
    tail = b""
    with open(path, "rb") as file:
        while block := file.read(CHUNK):
            if block.count(0) == len(block):
                tail = b""
                continue
            block = tail + block
            found |= {marker for marker in forms.keys() - found if any(form in block for form in forms[marker])}
            tail = block[-OVERLAP:]
    return [marker for marker in markers if marker in found]


def inflated(data):
    """What in there can be decompressed, from wherever zlib or gzip may begin, and as a bare stream from the first
    byte on."""
    starts = [(0, -15)]
    for header, bits in [*((header, 15) for header in ZLIB_HEADERS), (b"\x1f\x8b", 31)]:
        at = data.find(header)
        while at >= 0:
            starts.append((at, bits))
            at = data.find(header, at + 1)
    for at, bits in starts:
        try:
            yield zlib.decompressobj(bits).decompress(data[at:], INFLATED_MOST)
        except zlib.error:
            pass


def why_no_cores():
    """A reason why cores cannot be taken here, or None."""
    if shutil.which("gcore") is None:
        return "gcore (package gdb) is not installed"
    if os.geteuid() != 0:
        return "taking the core of a process that is not dumpable needs root"
    if any(b"__asan_init" in (BUILD / name).read_bytes() for name in ("hearth", "hearth-matcher")):
        return "a sanitizer's shadow memory is too large for a core"
    return None


def core_of(test, pid):
    """A core with every mapping, those that are excluded from dumps too; gone when the test ends."""
    folder = tempfile.TemporaryDirectory(prefix="hearth-core-")
    test.addCleanup(folder.cleanup)
    done = subprocess.run(["gcore", "-a", "-o", f"{folder.name}/core", str(pid)], stdin=subprocess.DEVNULL,
                          capture_output=True, encoding="utf-8", timeout=120 * SLOW, check=False)
    path = pathlib.Path(f"{folder.name}/core.{pid}")
    test.assertTrue(path.exists(), done.stdout + done.stderr)
    return path
