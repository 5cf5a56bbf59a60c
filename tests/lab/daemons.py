# SPDX-License-Identifier: Apache-2.0
"""Long-running programs of a scheme: started apart from the lab, found again by pid and start time, so that a
number that the system has given to somebody else since is never signalled."""

import json
import os
import pathlib
import signal
import subprocess
import time

STOP_SECONDS = 10
POLL_SECONDS = 0.02


def start_time(pid):
    """Clock ticks after boot at which a process began; None where it is gone or only a zombie is left."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name, in brackets, may hold spaces
    return None if fields[0] in "ZX" else int(fields[19])


def boot_id():
    return pathlib.Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def write_json(path, value):
    """Atomically, so that a reader never sees half a file."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(value), encoding="utf-8")
    temporary.replace(path)


def read_json(path):
    """None where there is no such file, or nothing sensible in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def wait_until(condition, seconds):
    """Polls; gives condition's last value, true or not."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(POLL_SECONDS)


class Daemon:
    """One party's daemon. record: where its pid is kept; log: where its output goes."""

    def __init__(self, record, log=None):
        self.record = record
        self.log = log

    def pid(self):
        """The running process, or None."""
        known = read_json(self.record)
        if not known or known["start"] is None or known["boot"] != boot_id():
            return None
        return known["pid"] if start_time(known["pid"]) == known["start"] else None

    def start(self, command, passphrase):
        """command gets `--passphrase-fd N` appended, with N open on the file `passphrase`. Nothing else is
        inherited: input is /dev/null, output goes to the log."""
        secret = os.open(passphrase, os.O_RDONLY)
        try:
            with open(self.log, "ab") as log:
                process = subprocess.Popen(
                    [*command, "--passphrase-fd", str(secret)], stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log, start_new_session=True, close_fds=True, pass_fds=(secret,), cwd="/")
        finally:
            os.close(secret)
        write_json(self.record, {"pid": process.pid, "start": start_time(process.pid), "boot": boot_id()})
        return process

    def signal(self, number):
        pid = self.pid()
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def ended(self):
        return self.pid() is None

    def log_tail(self, lines=8):
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def stop_all(daemons):
    """SIGTERM to each (and SIGCONT, so that a stopped process can act on it), SIGKILL to what is left after
    STOP_SECONDS. True where none had to be killed."""
    for daemon in daemons:
        daemon.signal(signal.SIGTERM)
        daemon.signal(signal.SIGCONT)
    gently = wait_until(lambda: all(daemon.ended() for daemon in daemons), STOP_SECONDS)
    if not gently:
        for daemon in daemons:
            daemon.signal(signal.SIGKILL)
        wait_until(lambda: all(daemon.ended() for daemon in daemons), STOP_SECONDS)
    for daemon in daemons:
        daemon.record.unlink(missing_ok=True)
    return gently
