# SPDX-License-Identifier: Apache-2.0
"""Looking for what must not be there: markers in every form that a program might give them, in files, in cores of
processes, and in bytes that travelled."""

import array
import base64
import os
import pathlib
import re
import signal
import tempfile
import zlib

from support import BUILD

CHUNK = 1 << 20
PAGE = os.sysconf("SC_PAGE_SIZE")
OVERLAP = 512  # longer than any marker in any form
ZLIB_HEADERS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
INFLATED_MOST = 1 << 20


def base64_forms(data):
    """What of `data` is the same in base64 whatever stands before and after it, at each of the three
    alignments."""
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
    """A reason why the memory of processes cannot be read here, or None."""
    if os.geteuid() != 0:
        return "reading the memory of a process that is not dumpable needs root"
    if any(re.search(b"__[at]san_init", (BUILD / name).read_bytes()) for name in ("hearth", "hearth-matcher")):
        return "a sanitizer's shadow memory is too large for a core"
    return None


def core_of(test, pid):
    """A file with all that a process can write to or has written, mappings that are excluded from dumps or may not
    be read among it; gone when the test ends. The process stands still meanwhile."""
    folder = tempfile.TemporaryDirectory(prefix="hearth-core-")
    test.addCleanup(folder.cleanup)
    path = pathlib.Path(folder.name) / "core"
    os.kill(pid, signal.SIGSTOP)
    try:
        maps = pathlib.Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines()
        with open(f"/proc/{pid}/mem", "rb", 0) as memory, open(f"/proc/{pid}/pagemap", "rb", 0) as pages, \
                open(path, "wb") as out:
            for line in maps:
                span, rights, _, _, inode, *name = line.split(maxsplit=5)
                kernel = name and name[0] in ("[vvar]", "[vsyscall]", "[vdso]")
                if kernel or (inode != "0" and "w" not in rights):
                    continue
                for start, end in touched(pages, *(int(end, 16) for end in span.split("-"))):
                    copy_span(memory, out, start, end)
    finally:
        os.kill(pid, signal.SIGCONT)
    test.assertGreater(path.stat().st_size, 1 << 20)
    return path


def touched(pages, start, end):
    """Spans of pages that are in memory or swapped out; the others are zeros."""
    pages.seek(start // PAGE * 8)
    words = array.array("Q", pages.read((end - start) // PAGE * 8))
    began = None
    for number, word in enumerate([*words, 0]):
        if word >> 62 and began is None:
            began = number
        elif not word >> 62 and began is not None:
            yield start + began * PAGE, start + number * PAGE
            began = None


def copy_span(memory, out, start, end):
    memory.seek(start)
    while start < end:
        data = memory.read(min(CHUNK, end - start))
        if not data:
            raise OSError(f"nothing can be read at {start:#x}")
        start += out.write(data)
