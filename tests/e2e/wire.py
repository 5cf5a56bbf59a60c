# SPDX-License-Identifier: Apache-2.0
"""What travels inside of TLS, taken apart: HTTP/2 frames, gRPC messages, and the fields of proto/*.proto, signed
bodies included. Whatever has no place in those files is an error."""

import collections
import dataclasses
import re

from support import ROOT

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, CONTINUATION = 0, 1, 9
# Which body a Signed holds, by the message and field that it stands in; certificates by the field's name.
BODIES = {("SearchQuery", "query"): "QueryBody", ("SearchQuery", "options"): "SearchOptionsBody",
          ("SearchQuery", "group"): "GroupBody", ("FromLa", "shares_proof"): "SharesProofBody",
          ("SearchWelcome", "epoch"): "EpochBody", ("SearchReply", "reply"): "ReplyBody",
          ("ToLa", "result"): "ResultBody", ("AgentReply", "reply"): "ReplyBody",
          ("AgentQuery", "query"): "QueryBody", ("AgentQuery", "epoch"): "EpochBody",
          ("AgentQuery", "group"): "GroupBody", ("ToAgent", "receipt"): "ReceiptBody",
          ("MailPut", "mail"): "MailBody", ("MailDelivery", "mail"): "MailBody"}
NUMBERS = {"uint32", "uint64", "int64", "bool"}


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    kind: str


def read_schema():
    """{message: {number: Field}} of every .proto file."""
    found = collections.defaultdict(dict)
    for path in (ROOT / "proto").glob("*.proto"):
        text = re.sub(r"//[^\n]*", "", path.read_text(encoding="utf-8"))
        for message, body in re.findall(r"\bmessage (\w+) \{((?:[^{}]|\{[^{}]*\})*)\}", text):
            for kind, name, number in re.findall(r"(?:repeated )?(\w+) (\w+) = (\d+);", body):
                found[message][int(number)] = Field(name, kind)
    return found


SCHEMA = read_schema()


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each: a number, or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            if at + value > len(data):
                raise ValueError("a field is cut off")
            value, at = bytes(data[at:at + value]), at + value
        elif tag & 7:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def leaves(message, data, path=""):
    """(path, value) of all that a message holds, signed bodies opened."""
    for number, value in fields(data):
        field = SCHEMA[message].get(number)
        if field is None:
            raise ValueError(f"{path or message}: field {number} is in no .proto file")
        here = f"{path}.{field.name}" if path else field.name
        if field.kind == "Signed":
            body = "CertificateBody" if field.name == "certificate" else BODIES[message, field.name]
            parts = dict(fields(value))
            yield from leaves(body, parts[1], here)
            yield f"{here}.signature", parts[2]
        elif field.kind in SCHEMA:
            yield from leaves(field.kind, value, here)
        else:
            yield here, value


def frames(data):
    """(type, flags, stream, payload) of one direction."""
    at = len(PREFACE) if data.startswith(PREFACE) else 0
    while at + 9 <= len(data):
        length = int.from_bytes(data[at:at + 3], "big")
        if at + 9 + length > len(data):
            return  # the rest is still on its way
        stream = int.from_bytes(data[at + 5:at + 9], "big") & 0x7fffffff
        yield data[at + 3], data[at + 4], stream, bytes(data[at + 9:at + 9 + length])
        at += 9 + length


def messages(data):
    """{stream: [message]} of one direction: what gRPC carries, unframed."""
    streams = collections.defaultdict(bytearray)
    for kind, flags, stream, payload in frames(data):
        if kind == DATA:
            if flags & 8:
                raise ValueError("padded frames are not expected")
            streams[stream] += payload
    found = {}
    for stream, body in streams.items():
        at, parts = 0, []
        while at + 5 <= len(body):
            length = int.from_bytes(body[at + 1:at + 5], "big")
            if body[at]:
                raise ValueError("compressed messages are not expected")
            if at + 5 + length > len(body):
                break  # the rest is still on its way
            parts.append(bytes(body[at + 5:at + 5 + length]))
            at += 5 + length
        found[stream] = parts
    return found


def header_blocks(data):
    """The blocks of headers of one direction, compressed as they are."""
    return [payload for kind, _, _, payload in frames(data) if kind in (HEADERS, CONTINUATION)]


# The two types of a stream, by the party's role and whether its hello names a catalogue.
KINDS = {("la", True): ("FromLa", "ToLa"), ("agent", True): ("FromAgent", "ToAgent"),
         ("la", False): ("FromParty", "ToParty"), ("agent", False): ("FromParty", "ToParty")}


# way: tap.UP or tap.DOWN; leaves: [(path, value)]; size: bytes that gRPC carries.
Message = collections.namedtuple("Message", "way kind leaves size")


def opened(connection, role):
    """All messages of a connection."""
    up, down = (messages(bytes(data)) for data in connection.plain)
    found = []
    for stream, parts in up.items():
        hello = dict(fields(dict(fields(parts[0]))[1]))
        kinds = KINDS[role, isinstance(hello[2], int)]
        for way, side in enumerate((parts, down.get(stream, []))):
            found += [Message(way, kinds[way], list(leaves(kinds[way], part)), len(part)) for part in side]
    return found
