# SPDX-License-Identifier: Apache-2.0
"""A TCP relay on loopback that spoils connections while it is wild: delays what passes, holds it back from a
random byte on, or cuts both sides with a reset at a random byte, in either direction."""

import asyncio
import random
import socket
import threading

HOST = "127.0.0.1"
KINDS = ("delay", "hold", "cut")
FARTHEST = 40_000  # byte at which a connection is spoilt at the latest
CHUNK = 1 << 16


class Plan:
    """What becomes of one connection."""

    def __init__(self, chance, kinds):
        self.kind = chance.choice(kinds) if kinds and chance.random() < 0.7 else "clean"
        self.towards = chance.choice(("server", "client"))
        self.at = int(FARTHEST ** chance.random())  # as likely in the handshake as in a reply
        self.delay = chance.uniform(0.05, 0.6)


class Proxy(threading.Thread):
    def __init__(self, target_port, seed):
        super().__init__(daemon=True)
        self.target_port = target_port
        self.chance = random.Random(f"proxy {seed}")
        self.kinds = ()
        self.counts = dict.fromkeys(KINDS, 0)
        self.loop = asyncio.new_event_loop()
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.calm = None
        self.writers = set()
        self.ready = threading.Event()
        self.start()
        self.ready.wait()

    def run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.serve())
        self.loop.run_forever()

    async def serve(self):
        self.calm = asyncio.Event()
        self.calm.set()
        await asyncio.start_server(self.relay, sock=self.listener)
        self.ready.set()

    # ---- from the test's thread ----
    def set_wild(self, kinds=KINDS):
        """From now on new connections are spoilt, and what passes now may be."""
        def change():
            self.kinds = kinds
            self.calm.clear()
        self.loop.call_soon_threadsafe(change)

    def set_calm(self):
        """What was held back goes on; nothing more is spoilt."""
        def change():
            self.kinds = ()
            self.calm.set()
        self.loop.call_soon_threadsafe(change)

    def cut_all(self):
        def change():
            for writer in list(self.writers):
                writer.transport.abort()
        self.loop.call_soon_threadsafe(change)

    def total(self):
        return sum(self.counts.values())

    # ---- on the loop ----
    async def relay(self, reader, writer):
        plan = Plan(self.chance, self.kinds)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target_port)
        except OSError:
            writer.transport.abort()
            return
        both = (writer, far_writer)
        self.writers.update(both)
        try:
            await asyncio.gather(self.pump(reader, far_writer, "server", plan, both),
                                 self.pump(far_reader, writer, "client", plan, both))
        finally:
            self.writers.difference_update(both)

    async def pump(self, reader, writer, towards, plan, both):
        passed = 0
        try:
            while data := await reader.read(CHUNK):
                if plan.towards == towards and not self.calm.is_set():
                    data, passed = await self.spoil(data, passed, writer, plan, both)
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def spoil(self, data, passed, writer, plan, both):
        """What of the data is to go on, and how many bytes have passed then."""
        after = passed + len(data)
        if plan.kind == "delay":
            self.counts["delay"] += passed == 0
            await asyncio.sleep(plan.delay)
        elif plan.kind != "clean" and passed <= plan.at < after:
            self.counts[plan.kind] += 1
            writer.write(data[:plan.at - passed])
            data = data[plan.at - passed:]
            if plan.kind == "cut":
                for one in both:
                    one.transport.abort()
                raise ConnectionResetError
            await self.calm.wait()
        return data, after
