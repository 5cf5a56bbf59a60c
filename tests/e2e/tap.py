# SPDX-License-Identifier: Apache-2.0
"""A party's connections to the matcher, opened: a proxy on this machine that ends TLS on both sides with the
test's own keys (the matcher's towards the party, the party's towards the matcher) and keeps what passes: the
bytes inside of TLS each way, and the records outside. What it passes on it can hold back."""

import os
import pathlib
import select
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from support import BUILD
from daemons import read_json, write_json  # from tests/lab

UP, DOWN = 0, 1  # from the party to the matcher, and back
APPLICATION_DATA = 23


def tls_files(party, folder):
    """PEM files (key, certificate, CA) of a party's TLS identity."""
    secret = os.open(party.passphrase, os.O_RDONLY)
    try:
        done = subprocess.run([BUILD / "leaks" / "tls_keys", party.home, str(secret), party.role, "127.0.0.1:1"],
                              pass_fds=(secret,), stdin=subprocess.DEVNULL, capture_output=True, encoding="ascii",
                              check=True, timeout=60)
    finally:
        os.close(secret)
    parts = done.stdout.split("\n\n")
    names = [pathlib.Path(folder) / f"{party.label}.{part}" for part in ("key", "cert", "ca")]
    for name, text in zip(names, parts, strict=True):
        name.write_text(text, encoding="ascii")
    return names


def context(files, server):
    key, certificate, authority = files
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
    made.load_cert_chain(certificate, key)
    made.load_verify_locations(authority)
    made.verify_mode = ssl.CERT_REQUIRED
    made.set_alpn_protocols(["h2"])
    return made


class End:
    """One side of a connection: a socket, and TLS over memory."""

    def __init__(self, sock, tls_context, **options):
        self.sock, self.raw = sock, bytearray()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls_context.wrap_bio(self.incoming, self.outgoing, **options)
        self.ready = self.over = False

    def receive(self):
        """What is there from the socket, into TLS."""
        data = self.sock.recv(1 << 16)
        self.raw += data
        if data:
            self.incoming.write(data)
        else:
            self.over = True

    def read(self):
        """What TLS has opened so far; shakes hands before that."""
        found = bytearray()
        try:
            if not self.ready:
                self.tls.do_handshake()
                self.ready = True
            while data := self.tls.read(1 << 16):
                found += data
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        return bytes(found)

    def flush(self):
        if data := self.outgoing.read():
            self.sock.sendall(data)


class Connection:
    """plain: bytes inside of TLS each way; raw: the TLS records as they came."""

    def __init__(self, near, far):
        self.ends = (near, far)
        self.plain = (bytearray(), bytearray())
        self.waiting = [b"", b""]

    @property
    def raw(self):
        return self.ends[UP].raw, self.ends[DOWN].raw

    def step(self, held):
        """Moves what can be moved; False when the connection is over."""
        sockets = [end.sock for end in self.ends]
        for sock in select.select(sockets, [], [], 0.02)[0]:
            self.ends[sockets.index(sock)].receive()
        for way, end in enumerate(self.ends):
            data = end.read()
            self.plain[way].extend(data)
            self.waiting[way] += data
            other = self.ends[1 - way]
            if other.ready and self.waiting[way] and way not in held:
                other.tls.write(self.waiting[way])
                self.waiting[way] = b""
        for end in self.ends:
            end.flush()
        return not any(end.over for end in self.ends)

    def records(self, way):
        """Lengths of the records of application data, as anybody on the network sees them."""
        data, at, found = bytes(self.raw[way]), 0, []
        while at + 5 <= len(data):
            length = int.from_bytes(data[at + 3:at + 5], "big")
            if data[at] == APPLICATION_DATA:
                found.append(length)
            at += 5 + length
        return found


class Tap:
    """While it is a context, the party's configuration names it as the matcher. held: which ways are held back."""

    def __init__(self, scheme, party):
        self.scheme, self.party = scheme, party
        self.connections, self.held, self.errors = [], set(), []
        self.config = party.home / "config.json"

    def __enter__(self):
        with tempfile.TemporaryDirectory(prefix="hearth-tap-") as folder:
            self.towards_party = context(tls_files(self.scheme.parties.matcher, folder), True)
            self.towards_matcher = context(tls_files(self.party, folder), False)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()
        self.before = read_json(self.config)
        address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        write_json(self.config, self.before | {"matcher": address})
        return self

    def __exit__(self, *_):
        write_json(self.config, self.before)
        self.stopped.set()
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _accept(self):
        while not self.stopped.is_set():
            if not select.select([self.listener], [], [], 0.1)[0]:
                continue
            near = self.listener.accept()[0]
            self.threads.append(threading.Thread(target=self._serve, args=(near,)))
            self.threads[-1].start()

    def _serve(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.scheme.memory["port"]))
        except ConnectionRefusedError:  # the matcher is stopped
            near.close()
            return
        with near, far:
            made = Connection(End(near, self.towards_party, server_side=True),
                              End(far, self.towards_matcher, server_hostname="matcher"))
            self.connections.append(made)
            try:
                while made.step(self.held) and not self.stopped.is_set():
                    pass
                made.step(())
            except OSError as error:  # TLS errors are some of these
                self.errors.append((time.time(), str(error)))
