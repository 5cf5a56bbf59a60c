# SPDX-License-Identifier: Apache-2.0
"""Small file systems in memory under a party's home, that can be filled and made read-only. They need root and
a mount namespace of their own (run); elsewhere the cases are left out, and say so."""

import contextlib
import errno
import os
import pathlib
import shutil
import subprocess

FILLER = "filler"
BLOCK = bytes(1 << 16)


def permitted():
    return os.environ.get("HEARTH_FAULTS_MOUNTS") == "1"


def run(*words):
    subprocess.run(words, check=True, capture_output=True)


class SmallDisk:
    """The home of a party that does not run, on a tmpfs of `kib` KiB."""

    def __init__(self, home, kib):
        self.home = pathlib.Path(home)
        aside = self.home.with_name(self.home.name + ".aside")
        shutil.copytree(self.home, aside, symlinks=True)
        run("mount", "-t", "tmpfs", "-o", f"size={kib}k,mode=0700", "none", str(self.home))
        shutil.copytree(aside, self.home, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)

    def fill(self, spare=0):
        """Nothing is left but `spare` bytes, rounded up to pages."""
        path = self.home / FILLER
        with open(path, "ab", buffering=0) as file:
            for block in (BLOCK, BLOCK[:4096]):
                with contextlib.suppress(OSError):
                    while file.write(block):
                        pass
            size = file.tell()
            os.truncate(path, max(0, size - spare))

    def free(self):
        with contextlib.suppress(FileNotFoundError):
            (self.home / FILLER).unlink()

    def is_full(self):
        try:
            with open(self.home / "probe", "wb", buffering=0) as file:
                file.write(BLOCK[:4096])
        except OSError as error:
            return error.errno == errno.ENOSPC
        finally:
            with contextlib.suppress(FileNotFoundError):
                (self.home / "probe").unlink()
        return False

    def read_only(self, yes):
        run("mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self.home))

    def close(self):
        """Back onto the disk below, with what it holds."""
        self.free()
        aside = self.home.with_name(self.home.name + ".aside")
        shutil.copytree(self.home, aside, symlinks=True)
        run("umount", str(self.home))
        shutil.copytree(aside, self.home, symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(aside)
