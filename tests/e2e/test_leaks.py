# SPDX-License-Identifier: Apache-2.0
"""What travels between the parties, read inside of TLS with the test's own keys, and the records outside: the
table "Who can learn what" of docs/protocol.md, row by row."""

import base64
import collections
import contextlib
import csv
import json
import re
import zlib

import support
import wire
from markers import found_in_bytes, forms_of, inflated
from support import SLOW, SchemeCase
from tap import DOWN, UP, Tap

COMMON = {"ages": "0-17", "sexes": "M;F", "places": "2", "approved_places": "2",
          "placement_types": "PT_SHORT;PT_LONG", "status": "unknown", "status_date": "", "grid_ref": "",
          "lat": "", "lon": "", "offers": "DS_AUT;CS_SIM;LN_PL"}
EVERYBODY, NOBODY = "ifa-001", "ifa-002"  # of whose carers qualify; as many each
CARERS = {
    EVERYBODY: [{"ref": "MRKREF-7731-QX", "name": "Zylphia Quorndon-Vex", "grid_ref": "SE 29713 33871"},
                {"ref": "MRKREF-8842-JW", "name": "Obadiah Yttringham", "lat": "53.817341", "lon": "-1.549212"}],
    NOBODY: [{"ref": "MRKREF-1159-ZD", "name": "Peregrine Vosslebury", "grid_ref": "SE 31187 34903",
              "ages": "16-17"},
             {"ref": "MRKREF-2268-PL", "name": "Hepzibah Drumquhar", "grid_ref": "SE 32951 35527",
              "ages": "16-17"}]}
# Two searches that differ in everything but the footprint: the four quadrants of SE, which get no decoys.
FIRST = {"search_ref": "MRKSEARCH-5519-KV", "children": [{"age": 9, "sex": "F"}],
         "placement": {"type": "PT_LONG", "needed_by": "later"}, "must": ["DS_AUT"], "prefer": {"LN_PL": 3},
         "location": {"anchors": [{"name": "mrkanchor-school-2207", "at": "SE 50113 49091", "within_km": 45,
                                   "weight": 3}]}}
SECOND = {"search_ref": "MRK-77", "children": [{"age": 3, "sex": "M"}, {"age": 5, "sex": "M"}],
          "placement": {"type": "PT_SHORT", "needed_by": "today"},
          "prefer": {"CS_SIM": 5, "ET_WBRI": 1, "DS_AUT": 2, "SIB_TOG": 4},
          "location": {"squares": ["SE"], "avoid": [{"name": "mrkavoid-3391", "at": "SE 11731 12290",
                                                     "within_km": 7}]},
          "provider": {"min_judgement": "good", "frameworks": ["NORTH", "SOUTH"]}}
NOTE = "mrknote she sleeps with the lamp lit"
ANSWER = "mrkanswer two dogs and a quiet lane"
CHILD = ["MRKSEARCH-5519-KV", "mrkanchor-school-2207", "SE 50113 49091", "mrkavoid-3391", "SE 11731 12290"]
CARER = [row[column] for rows in CARERS.values() for row in rows for column in ("ref", "name", "grid_ref", "lat")
         if row.get(column)]
MESSAGES = [NOTE, ANSWER]


# What travels, by type of message: field (as a pattern) and what it gives away, in the table's words.
QUERY = {r"query\.query\.(protocol|catalogue|hard_slots|soft_slots)": "version of the catalogue",
         r"query\.query\.la": "which LA", r"query\.query\.(epoch|issued_at|expires_at)": "when",
         r"query\.query\.(query_id|key|proof|signature)": "random, keys, proofs",
         r"query\.query\.footprint": "footprint", r"query\.query\.ciphertexts": "footprint, by their number"}
WELCOME = {r"welcome\.(protocol|catalogue|deadline_ms|keep_days)": "versions, settings",
           r"(welcome|hello|reply|query|item\.delivery)\.certificate": "who, public"}
EPOCH = {r"(welcome|query)\.epoch\.\w+": "the epoch, public"}
REPLY = {r"reply\.reply\.(query_hash|epoch|agent)": "which agency, to which query",
         r"reply\.reply\.count": "size class",
         r"reply\.reply\.(c1_hash|c2_hash|slots_commitment|seed_commitment|signature)": "hashes, signature",
         r"reply\.c1": "size class, by its length"}
MAIL = r"(put|item\.delivery)\.mail\."
LETTER = {MAIL + "(from|to)(_role|_serial)?": "who to whom", MAIL + "sent_at": "when",
          MAIL + "(mail_id|thread_id|signature)": "random, signature", MAIL + "sealed": "one of six sizes"}
TRAVELS = {
    "FromLa": {r"hello\.(protocol|catalogue)": "versions", r"hello\.certificate": "who, public"} | QUERY | {
        r"query\.options\.(query_hash|signature)": "hash, signature",
        r"query\.options\.search_tag": "re-runs of one search",
        r"query\.options\.(min_judgement|frameworks)": "provider filters", "padding": "nothing",
        r"shares\.agent": "which agency", r"shares\.shares": "size class, by their length",
        r"shares_proof\.(agents|proof|signature)": "which agencies, proof"},
    "ToLa": WELCOME | EPOCH | REPLY | {
        r"accepted\.(query_hash|asked)": "how many agencies are attached",
        r"close\.(agents|answered)": "which agencies answered",
        r"result\.(query_hash|asked|answered|run|budget_renews_at|signature)": "counts, budget",
        r"result\.agencies\.\w+": "the ranked agencies with bands",
        r"result\.log_(head|length)": "head of the log, how busy the matcher is", "padding": "nothing"},
    "FromAgent": {r"hello\.(protocol|catalogue)": "versions", r"hello\.certificate": "who, public"} | REPLY | {
        r"reply\.c2": "size class, by its length"},
    "ToAgent": WELCOME | QUERY | EPOCH | {
        r"receipt\.(query_hash|agent|signature)": "that its reply was opened",
        r"receipt\.log_(head|length)": "head of the log, how busy the matcher is"},
    "FromParty": LETTER | {
        r"hello\.protocol": "versions", r"hello\.certificate": "who, public", "fetch": "nothing",
        r"ack\.item": "what was taken", r"lookup\.(role|organisation)": "who is to be written to"},
    "ToParty": WELCOME | LETTER | {
        r"accepted\.(mail_id|at)": "when it was accepted", "empty": "nothing", r"item\.item": "a number",
        r"item\.delivery\.accepted_at": "when", r"item\.notice\.(mail_id|state|at)": "that it was taken",
        r"party\.(role|organisation|certificate)": "who, public"}}
ENVELOPE_MORE = 48  # bytes of a sealed content beyond what it is padded to


def write_carers(directory):
    for agency, rows in CARERS.items():
        with open(directory / "carers" / f"{agency}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0] | COMMON))
            writer.writeheader()
            writer.writerows(COMMON | row for row in rows)


def size(value):
    """Of what travels: bytes of a text or data, of a number as it is encoded."""
    return len(value) if isinstance(value, bytes) else max(1, (value.bit_length() + 6) // 7)


class LeakCase(SchemeCase):
    """Two agencies whose carers and searches are known by their marks, one that is not looked at, and taps on the
    links of the LA and of the two."""

    agencies, households = 3, 30
    up_options = ("--deadline-ms", min(20000 * SLOW, 60000))

    @classmethod
    def prepare(cls):
        support.generate(cls.directory, cls.agencies, cls.households)
        write_carers(cls.directory)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.taken = contextlib.ExitStack()
        cls.addClassCleanup(cls.taken.close)
        parties = cls.scheme.parties
        cls.la, cls.agents = parties.get("la-1"), [parties.get(name) for name in CARERS]
        cls.taps = {party.id: cls.taken.enter_context(Tap(cls.scheme, party)) for party in [cls.la, *cls.agents]}
        for agent in cls.agents:
            cls.scheme.stop_party(agent)
            cls.scheme.start(agent)

    # ---- what passed ----
    def messages(self, party_id, since=0):
        """Of a party's connections, the first `since` left out: wire.Message each."""
        role = self.scheme.parties.get(party_id).role
        found = []
        for connection in self.taps[party_id].connections[since:]:
            found += wire.opened(connection, role)
        return found

    def attached(self, party_id):
        """Of an agent's stream of queries: what went up, what came down."""
        messages = self.messages(party_id)
        return [[message for message in messages if message.kind == kind] for kind in ("FromAgent", "ToAgent")]

    def converse(self, answer):
        """A referral at the full stage and its answer; its thread."""
        def say(party, *arguments):
            done = self.run_party(self.scheme.parties.get(party), *map(str, arguments), "--json")
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
            return json.loads(done.stdout)

        def text(name, body):
            path = self.directory / name
            path.write_text(body + "\n", encoding="utf-8")
            return path
        say("la-1", "refer", answer["query_hash"], "--to", EVERYBODY, "--stage", "full", "--note", text("n", NOTE))
        self.wait_for(lambda: say(EVERYBODY, "inbox", "--offline")["referrals"], "the referral is there")
        referral = say(EVERYBODY, "inbox", "--offline")["referrals"][0]["id"]
        say(EVERYBODY, "reply", referral, "offer", "--text", text("o", ANSWER))
        self.wait_for(lambda: say("la-1", "referrals")["referrals"][0]["state"] == "offer", "the answer is there")
        return say("la-1", "referrals")["referrals"][0]["thread"]


class Traffic(LeakCase):
    def searched(self, request):
        """What a search makes pass on the LA's link (a connection of its own) and on those of the agents."""
        begun = {party: self.attached(party) for party in CARERS}
        connections = len(self.taps["la-1"].connections)
        answer = self.search(request)
        self.assertEqual((answer["asked"], answer["answered"]), (3, 3))

        def passed(party):
            return [message for way in (UP, DOWN) for message in
                    self.attached(party)[way][len(begun[party][way]):]]
        for party in CARERS:  # the receipt is the last
            self.wait_for(lambda party=party: any(message.leaves[0][0].startswith("receipt")
                                                  for message in passed(party)), "the receipt")
        return answer, {party: passed(party) for party in CARERS} | {"la-1": self.messages("la-1", connections)}

    def test_everything_that_travels(self):
        answer, first = self.searched(FIRST)
        self.assertEqual([agency["id"] for agency in answer["agencies"]], [EVERYBODY])
        _, second = self.searched(SECOND)
        self.converse(answer)
        self.no_marker_in_any_form()
        self.nothing_but_what_the_table_names()
        self.only_the_footprint_gives_a_query_its_size(first, second)
        self.who_qualifies_gives_nothing_its_size(first)
        self.ciphertexts_are_fresh(first, second)
        self.messages_have_one_of_six_sizes()
        for tap in self.taps.values():
            self.assertEqual(tap.errors, [])

    def no_marker_in_any_form(self):
        """Neither as text of any kind nor compressed; ids, which may be there, are found by the same search."""
        markers = CHILD + CARER + MESSAGES
        print(f"\n{'link':<16}{'connections':>12}{'bytes up':>10}{'bytes down':>12}{'markers':>9}  found, as "
              "it may be")
        for party, tap in self.taps.items():
            found, named, totals = set(), set(), [0, 0]
            for connection in tap.connections:
                for way in (UP, DOWN):
                    data = bytes(connection.plain[way])
                    totals[way] += len(data)
                    parts = [data, *(part for body in wire.messages(data).values() for one in body
                                     for part in inflated(one))]
                    for part in parts:
                        found |= set(found_in_bytes(part, markers))
                        named |= set(found_in_bytes(part, ["la-1", *CARERS]))
            print(f"{party:<16}{len(tap.connections):>12}{totals[UP]:>10,}{totals[DOWN]:>12,}{len(found):>9}  "
                  f"{', '.join(sorted(named))}")
            self.assertEqual(found, set(), party)
            self.assertLessEqual({"la-1", party}, named)

    def test_markers_are_found_in_every_form(self):
        """So that finding none means something."""
        for marker in CHILD + CARER + MESSAGES:
            for form, data in forms_of(marker).items():
                planted = bytes(range(256)) + data + bytes(reversed(range(256)))
                self.assertEqual(found_in_bytes(planted, [marker]), [marker], form)
            for before in (b"", b"x", b"xy"):
                text = base64.b64encode(before + marker.encode() + b" and more")
                self.assertEqual(found_in_bytes(text, [marker]), [marker])
            for wbits in (15, 31, -15):
                packer = zlib.compressobj(wbits=wbits)
                packed = packer.compress(b"before " + marker.encode()) + packer.flush()
                planted = packed if wbits < 0 else b"\1\2\3" + packed
                self.assertTrue(any(found_in_bytes(part, [marker]) for part in inflated(planted)), wbits)

    def nothing_but_what_the_table_names(self):
        """Each field that travels is one of TRAVELS, and each of those was seen, so that the list says no more
        than there is."""
        seen = collections.Counter()
        for party in self.taps:
            for _, kind, leaves, _ in self.messages(party):
                for path, value in leaves:
                    path = re.sub(r"certificate\.\w+$", "certificate", path)
                    rule = next((rule for rule in TRAVELS[kind] if re.fullmatch(rule, path)), None)
                    self.assertIsNotNone(rule, f"{kind} {path} = {value}")
                    if rule == "padding":
                        self.assertEqual(set(value), {0})
                    seen[kind, rule] += 1
        for kind, rules in TRAVELS.items():
            print(f"{kind}: " + "; ".join(f"{rule} ({what})" for rule, what in rules.items()))
        self.assertEqual({(kind, rule) for kind, rules in TRAVELS.items() for rule in rules} - seen.keys(), set())

    def only_the_footprint_gives_a_query_its_size(self, first, second):
        print(f"\n{'bytes of messages in one search':<34}{'first':>10}{'second':>10}")
        for party in self.taps:
            for way, name in ((UP, "up"), (DOWN, "down")):
                totals = [self.message_bytes(one[party], way) for one in (first, second)]
                print(f"{party + ', ' + name:<34}{sum(totals[0]):>10,}{sum(totals[1]):>10,}")
                self.assertEqual(*totals, f"{party}, {name}")
        # Outside of TLS: the same but for frames of HTTP/2 of its own (settings, pings, windows).
        blocks, records = [], []
        for connection in self.taps["la-1"].connections[:2]:
            blocks.append([wire.header_blocks(bytes(connection.plain[way])) for way in (UP, DOWN)])
            records.append([sum(connection.records(way)) for way in (UP, DOWN)])
        print(f"{'la-1, records of TLS, up and down':<34}{str(records[0]):>18}{str(records[1]):>18}")
        self.assertEqual(*blocks)
        for way in (UP, DOWN):
            self.assertLess(abs(records[0][way] - records[1][way]), 500)
            self.assertGreater(records[0][way], sum(self.message_bytes(first["la-1"], way)))

    @staticmethod
    def message_bytes(messages, way):
        """The size of each message, ascending, since replies come in any order."""
        return sorted(message.size for message in messages if message.way == way)

    def who_qualifies_gives_nothing_its_size(self, first):
        """Two agencies with as many carers: all of one's qualify and none of the other's."""
        everybody, nobody = (self.sizes(one for one in first[party] if one.way == UP) for party in CARERS)
        self.assertEqual(everybody, nobody)
        self.assertEqual([(key, len(value)) for key, value in everybody.items()], [(("FromAgent", "reply"), 1)])

    def ciphertexts_are_fresh(self, first, second):
        """No half of any ciphertext, reply or share comes twice: nothing repeats what it is made of."""
        halves = []
        for passed in (first, second):
            shares = [one for one in passed["la-1"] if one.leaves[0][0] == "shares.agent"]
            for message in passed[EVERYBODY] + shares:
                for path, value in message.leaves:
                    if path in ("query.query.ciphertexts", "reply.c1", "reply.c2", "shares.shares"):
                        halves += [value[at:at + 32] for at in range(0, len(value), 32)]
        self.assertGreater(len(halves), 4000)
        self.assertEqual(len(set(halves)), len(halves))

    def messages_have_one_of_six_sizes(self):
        sizes = {len(value) for party in self.taps for message in self.messages(party)
                 for path, value in message.leaves if path.endswith("mail.sealed")}
        self.assertTrue(sizes)
        self.assertLessEqual(sizes, {ENVELOPE_MORE + 4096 * 4 ** power for power in range(6)})

    @staticmethod
    def sizes(messages):
        """{type and kind: sizes of each field of each such message}."""
        found = collections.defaultdict(list)
        for message in messages:
            found[message.kind, message.leaves[0][0].split(".")[0]].append(
                sorted((path, size(value)) for path, value in message.leaves))
        return found
