# SPDX-License-Identifier: Apache-2.0
"""What the daemons tell about themselves, over real processes: metrics that agree with what happened and name
nobody, the status commands and their exit status, logs in both forms."""

import datetime
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import exposition
import log_lines
from support import ANYBODY, SLOW, lab, without_sanitizers
from test_hub import HUB, TABLES, HubCase, next_month

REASONS = {"invalid", "not_found", "exists", "unauthenticated", "denied", "expired", "budget", "version",
           "unavailable", "corrupt", "io", "internal"}
CALLS = {"Search", "Attach", "Mail", "Figures", "other"}
EVERYBODY = {
    "process_cpu_seconds_total": {}, "process_resident_memory_bytes": {}, "process_open_fds": {},
    "process_max_fds": {}, "process_start_time_seconds": {}, "hearth_build_info": {"version": {"0.1.0"}},
    "hearth_log_lines_total": {"level": {"error", "warn", "info", "debug"}},
    "hearth_certificate_expiry_time_seconds": {}}
# All that may be told: each family, its labels, and every value that they may have.
STORES = {"store": {"audit", "mail", "figures"}}
ALLOWED = {
    "matcher": EVERYBODY | {
        "hearth_matcher_searches_started_total": {"kind": {"search", "member"}},
        "hearth_matcher_searches_finished_total": {"outcome": {"completed", "refused", "abandoned", "failed"}},
        "hearth_matcher_searches_open": {}, "hearth_matcher_searches_limit": {},
        "hearth_matcher_searches_waiting": {},
        "hearth_matcher_search_seconds": {},
        "hearth_matcher_search_phase_seconds": {"phase": {"check", "fan_out", "replies", "shares", "result"}},
        "hearth_matcher_opening_seconds": {},
        "hearth_matcher_answers_total":
            {"outcome": {"in_time", "declined", "refused", "left", "none", "late"}},
        "hearth_matcher_declines_total": {"reason": {
            "not_allowed", "budget", "expired", "epoch", "signature", "proof", "replay", "version", "invalid",
            "busy", "unavailable", "unknown"}},
        "hearth_matcher_refusals_total": {"call": CALLS, "reason": REASONS},
        "hearth_matcher_limited_total":
            {"limit": {"connections", "handshakes", "streams", "messages", "bytes", "cut"}},
        "hearth_matcher_streams": {},
        "hearth_matcher_streams_ended_total": {"call": CALLS, "end": {"finished", "lost"}},
        "hearth_matcher_agents_attached": {}, "hearth_matcher_agents_listed": {},
        "hearth_matcher_attachments_total": {"event": {"attached", "replaced", "detached"}},
        "hearth_matcher_epoch_start_time_seconds": {}, "hearth_matcher_epoch_end_time_seconds": {},
        "hearth_matcher_epochs_total": {},
        "hearth_matcher_budget_used": {}, "hearth_matcher_budget_limit": {}, "hearth_matcher_budget_las": {},
        "hearth_matcher_budget_las_at_limit": {},
        "hearth_matcher_mail_total": {"event": {"accepted", "delivered", "unreadable", "expired"}},
        "hearth_matcher_mail_waiting": {}, "hearth_matcher_mail_bytes": {},
        "hearth_matcher_mail_oldest_seconds": {},
        "hearth_matcher_audit_entries_total": {}, "hearth_matcher_audit_works": {},
        "hearth_matcher_store_bytes": STORES, "hearth_matcher_store_file_bytes": STORES,
        "hearth_matcher_store_limit_bytes": STORES,
        "hearth_matcher_figures_total": {"event": {"agreed", "taken", "late", "half_opened"}},
        "hearth_matcher_figures_open": {}, "hearth_matcher_queue_jobs": {"queue": {"ordinary", "members"}},
        "hearth_matcher_catalogue_version": {}},
    "agent": EVERYBODY | {
        "hearth_agent_attached": {}, "hearth_agent_attached_time_seconds": {},
        "hearth_agent_connections_total": {"event": {"attempt", "welcomed", "lost"}},
        "hearth_agent_answered_total": {}, "hearth_agent_repeated_total": {},
        "hearth_agent_declined_total": {"reason": {
            "none", "not_allowed", "budget", "expired", "epoch", "signature", "proof", "replay", "version",
            "invalid", "busy", "unavailable"}},
        "hearth_agent_reply_seconds": {}, "hearth_agent_reply_items": {},
        "hearth_agent_budget_used": {}, "hearth_agent_budget_limit": {}, "hearth_agent_budget_las": {},
        "hearth_agent_budget_las_at_limit": {}, "hearth_agent_receipts_total": {},
        "hearth_agent_inbox_unread": {}, "hearth_agent_mailbox_connected": {},
        "hearth_agent_mail_total": {"event": {"received", "changed", "unreadable"}},
        "hearth_agent_figures_total": {"event": {"made", "taken_by_matcher", "taken_by_hub", "late", "no_budget"}},
        "hearth_agent_catalogue_version": {}},
    "hub": EVERYBODY | {
        "hearth_hub_streams": {}, "hearth_hub_contributions_total": {"event": {"taken", "late"}},
        "hearth_hub_refusals_total": {"reason": REASONS},
        "hearth_hub_tables_total": {"state": {"released", "given_up", "refused", "wrong"}},
        "hearth_hub_periods": {"state": {"proposed", "taking", "closed", "released"}},
        "hearth_hub_next_close_time_seconds": {}, "hearth_hub_store_bytes": {}, "hearth_hub_store_file_bytes": {},
        "hearth_hub_store_limit_bytes": {}}}
AGENT = "ifa-001"
BUDGET = 2


def listeners(pid):
    """Addresses that a process listens at, as the kernel writes them."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
        except FileNotFoundError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1])
    return found


class WatchCase(HubCase):
    households = 80
    up_options = ("--budget", str(BUDGET))
    watched = ("matcher", AGENT, HUB)

    @classmethod
    def up(cls, *options):
        super().up(*options)

    def setUp(self):
        self.texts = []

    def watch(self, **more):
        """Has the daemons tell, from a new start on."""
        for name in self.watched:
            party = self.party(name)
            self.scheme.set_config(party, {"metrics_listen": "127.0.0.1:0", **more})
            self.launch(name)
        self.wait_all_attached()

    def address(self, name):
        return self.scheme.own_status(self.party(name))["metrics"]

    def get(self, name, path="/metrics", **headers):
        host, port = self.address(name).rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        finally:
            connection.close()

    def kind(self, name):
        return self.party(name).role

    def scrape(self, name):
        """{name or (name, label value...): value}; whatever is told has to be allowed."""
        status, text = self.get(name)
        self.assertEqual(status, 200)
        self.texts.append(text)
        samples, families = exposition.parse(text)
        allowed = ALLOWED[self.kind(name)]
        self.assertEqual(set(families), set(allowed))
        found = {}
        for (sample, labels), value in samples.items():
            base = re.sub(r"_(bucket|sum|count)\Z", "", sample) if sample not in allowed else sample
            for label, chosen in labels:
                if label == "le" and families[base] == "histogram":
                    continue
                self.assertIn(chosen, allowed[base].get(label, ()), f"{sample}{{{label}}}")
            others = dict(label for label in labels if label[0] != "le")
            self.assertEqual(set(others), set(allowed[base]), sample)
            if not sample.endswith("_bucket"):
                found[(sample, *[others[label] for label in allowed[base]]) if others else sample] = value
        return found

    def wait_values(self, name, expected):
        """The first picture in which all of them are so: one may be taken between two of them."""
        pictures = [{}]

        def there():
            pictures[0] = self.scrape(name)
            return all(pictures[0].get(key) == value for key, value in expected.items())
        try:
            self.wait_for(there, f"{name}: {expected}", 30)
        except AssertionError as failure:
            raise AssertionError(f"{failure}; but {({key: pictures[0].get(key) for key in expected})}") from None
        return pictures[0]

    def wait_value(self, name, key, value):
        return self.wait_values(name, {key: value})


class Watch(WatchCase):
    seconds = 400

    @without_sanitizers
    def test_a_day(self):
        self.assertEqual(listeners(self.pid(AGENT)), set(), "an agent opens no port unless it is told to")
        self.watch()
        self.at_rest()
        found = self.a_search()
        self.a_referral(found)
        self.past_the_budget()
        self.bad_callers()
        if SLOW == 1:  # the same code as above: once is enough
            self.figures()
        self.nobody_is_named(found)

    def at_rest(self):
        told = self.scrape("matcher")
        self.assertEqual(told["hearth_matcher_agents_listed"], self.agencies)
        self.wait_value("matcher", "hearth_matcher_agents_attached", self.agencies)
        self.assertEqual(told["hearth_matcher_searches_started_total", "search"], 0)
        self.assertEqual(told["hearth_matcher_audit_works"], 1)
        self.assertEqual(told["hearth_matcher_budget_limit"], BUDGET)
        self.assertGreater(told["hearth_certificate_expiry_time_seconds"], time.time() + 300 * 86400)
        told = self.wait_value(AGENT, "hearth_agent_attached", 1)
        for name in ("process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"):
            self.assertGreater(told[name], 0)  # read behind what the process has given up
        for name in self.watched:
            self.assertEqual(self.get(name, "/healthz"), (200, "ok\n"))
            self.assertEqual(self.get(name, "/")[0], 404)
            self.assertEqual(self.get(name, Host="hearth.example")[0], 421)
            ports = listeners(self.pid(name))
            mine = f"0100007F:{int(self.address(name).rsplit(':', 1)[1]):04X}"
            self.assertIn(mine, ports)
            self.assertTrue(all(re.search("0100007F:....$", port) for port in ports), ports)

    def a_search(self):
        found = self.search(ANYBODY)
        phases = ("check", "fan_out", "replies", "shares", "result")
        told = self.wait_values("matcher", {
            ("hearth_matcher_searches_finished_total", "completed"): 1,
            ("hearth_matcher_searches_started_total", "search"): 1,
            "hearth_matcher_search_seconds_count": 1,
            "hearth_matcher_opening_seconds_count": found["answered"],
            "hearth_matcher_budget_used": 1, "hearth_matcher_budget_las": 1,
            **{("hearth_matcher_search_phase_seconds_count", phase): 1 for phase in phases}})
        answers = {key[1]: value for key, value in told.items() if key[0] == "hearth_matcher_answers_total"}
        self.assertEqual(answers["in_time"], found["answered"])
        self.assertEqual(answers["declined"], found["declined"])
        self.assertEqual(sum(answers.values()), found["asked"])
        self.assertGreater(told["hearth_matcher_search_seconds_sum"], 0)
        parts = sum(told["hearth_matcher_search_phase_seconds_sum", phase] for phase in phases)
        # Rounded up to 1 ms each, and to 10 ms; fan_out is a part of replies.
        self.assertAlmostEqual(parts, told["hearth_matcher_search_seconds_sum"],
                               delta=0.02 + told["hearth_matcher_search_phase_seconds_sum", "fan_out"])
        own = self.wait_values(AGENT, {"hearth_agent_answered_total": 1, "hearth_agent_receipts_total": 1,
                                       "hearth_agent_reply_seconds_count": 1, "hearth_agent_budget_used": 1})
        logged = [line for line in self.log(AGENT) if line["event"] == "reply"]
        self.assertEqual([int(line["items"]) for line in logged], [own["hearth_agent_reply_items"]])
        return found

    def a_referral(self, found):
        """The matcher has it until its receiver has come."""
        lab("stop", self.directory, AGENT)
        note = self.file("note.txt", "MRKNOTE-77\n")
        told = self.tell("la-1", "refer", ANYBODY["search_ref"], "--to", AGENT, "--stage", "full", "--note",
                         note, "--reason", "near")
        self.threads = [one["thread"] for one in told["referrals"]]
        told = self.wait_values("matcher", {"hearth_matcher_mail_waiting": 1,
                                            ("hearth_matcher_mail_total", "accepted"): 1,
                                            "hearth_matcher_agents_attached": self.agencies - 1})
        self.assertEqual(told["hearth_matcher_mail_total", "delivered"], 0)
        self.assertGreater(told["hearth_matcher_mail_bytes"], 500)
        self.assertLess(told["hearth_matcher_mail_oldest_seconds"], 60)
        self.launch(AGENT)
        self.wait_value("matcher", ("hearth_matcher_mail_total", "delivered"), 1)
        self.wait_value("matcher", "hearth_matcher_mail_waiting", 0)
        self.wait_value(AGENT, ("hearth_agent_mail_total", "received"), 1)
        self.wait_value(AGENT, "hearth_agent_inbox_unread", 1)
        self.wait_all_attached()

    def past_the_budget(self):
        self.search(ANYBODY)
        refused = self.search(ANYBODY, codes=(5,))
        self.assertEqual(refused["error"]["code"], "budget")
        self.wait_values("matcher", {("hearth_matcher_refusals_total", "Search", "budget"): 1,
                                     ("hearth_matcher_searches_finished_total", "refused"): 1,
                                     ("hearth_matcher_searches_started_total", "search"): 2,
                                     ("hearth_matcher_streams_ended_total", "Search", "finished"): 3,
                                     "hearth_matcher_budget_las_at_limit": 1})

    def bad_callers(self):
        """Who connects to the port and says nothing, or little, keeps nobody else from it for long."""
        host, port = self.address("matcher").rsplit(":", 1)
        callers = [socket.create_connection((host, int(port)), 20) for _ in range(30)]
        for i, caller in enumerate(callers):
            self.addCleanup(caller.close)
            if i % 2:
                caller.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        self.assertEqual(self.get("matcher", "/healthz")[0], 200)
        self.assertEqual(self.tell("matcher", "status")["searches_open"], 0)

    def figures(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.go_on(int((next_month(now) - now).total_seconds()), "matcher", HUB)
        self.now(HUB, "hub", "open")
        self.wait_value("matcher", ("hearth_matcher_figures_total", "agreed"), 1)
        self.wait_value("matcher", "hearth_matcher_figures_open", 1)
        self.wait_value(HUB, ("hearth_hub_periods", "taking"), 1)
        self.now(AGENT, "figures", "send")
        self.now(AGENT, "figures", "join", HUB)
        self.launch(AGENT)
        taken = TABLES["agent"]
        self.wait_value("matcher", ("hearth_matcher_figures_total", "taken"), taken)
        told = self.wait_value(HUB, ("hearth_hub_contributions_total", "taken"), taken)
        closes = told["hearth_hub_next_close_time_seconds"]
        self.assertGreater(closes, time.time() + self.later)
        self.wait_values(AGENT, {("hearth_agent_figures_total", "made"): taken,
                                 ("hearth_agent_figures_total", "taken_by_hub"): taken})
        self.assertEqual(self.tell(HUB, "hub", "status")["taken"], taken)

    def nobody_is_named(self, found):
        """No id, reference, hash or thread, nor a part of one, in all that was ever told."""
        forbidden = [party.id for party in self.scheme.parties.all() if party.role not in ("matcher", "authority")]
        forbidden += [ANYBODY["search_ref"], found["query_hash"][:12], "MRKNOTE", *self.threads]
        for agency in self.scheme.parties.agents:
            rows = self.scheme.parties.carers_file(agency).read_text(encoding="utf-8").splitlines()[1:]
            forbidden += [row.split(",")[0] for row in rows[:20]]
        whole = "\n".join(self.texts)
        self.assertGreater(len(self.texts), 20)
        for name in forbidden:
            self.assertNotIn(name, whole)
        self.assertIsNone(re.search(r"[0-9a-f]{16}", whole), "something like a hash")

    def log(self, name):
        return log_lines.read_all(self.scheme.daemon(self.party(name)).log.read_text(encoding="utf-8"))


class Status(WatchCase):
    def ask(self, name, code):
        """As JSON, and that the words say it too."""
        words = ("hub", "status") if name == HUB else ("status",)
        told = self.tell(name, *words, codes=(code,))
        said = self.say(name, *words, codes=(code,))
        for finding in told.get("findings", ()):
            pattern = re.sub(r"\d+", r"\\d+", re.escape(finding["text"]))  # seconds go on
            self.assertRegex(said, rf"(?m)^{finding['kind']} +{pattern}$")
        return told, said

    def kinds(self, told):
        return [finding["kind"] for finding in told["findings"]]

    def test_status(self):
        self.watch()
        for name in self.watched:
            with self.subTest(name):
                self.runs_well(name)
        told, said = self.ask("matcher", 0)
        self.assertEqual(told["agents"], sorted(agent.id for agent in self.scheme.parties.agents))
        self.assertEqual((told["agents_listed"], told["searches_open"], told["mail_waiting"]), (4, 0, 0))
        self.assertIn("4 attached, 4 listed", said)
        head = f"{told['audit']['entries']}:{told['audit']['head']}"
        self.assertTrue(self.tell("matcher", "audit", "verify", "--at", head)["intact"])
        self.assertEqual(set(told["stores"]), {"audit", "mail", "figures"})
        told, said = self.ask(AGENT, 0)
        self.assertEqual(told["budget"], {"limit": BUDGET, "used": 0, "las": 0, "las_at_limit": 0})
        self.assertEqual(set(told["stores"]), {"vault", "replies", "correspondence"})
        self.assertIn("certificate", said)
        self.the_home_of_another()
        self.a_daemon_that_hangs()
        self.the_matcher_goes()

    def runs_well(self, name):
        told, said = self.ask(name, 0)
        self.assertEqual((told["running"], told["well"], told["findings"]), (True, True, []))
        self.assertEqual((told["id"], told["pid"], told["version"]), (name, self.pid(name), "0.1.0"))
        self.assertEqual(told["certificate_days"], 364)
        self.assertIsNone(told["last_error"])
        self.assertEqual(told["metrics"], self.address(name))
        began = datetime.datetime.fromisoformat(told["started_at"].replace("Z", "+00:00")).timestamp()
        self.assertLess(abs(time.time() - began), 120)
        for store in told["stores"].values():
            self.assertTrue(0 < store["bytes"] <= store["file_bytes"] <= store["limit_bytes"], store)
        for word in (name, f"process {told['pid']}", "364 days left", "last error   none"):
            self.assertIn(word, said)

    def the_home_of_another(self):
        done = subprocess.run([self.party(AGENT).program, "status", "-C", self.party("matcher").home],
                              capture_output=True, encoding="utf-8", timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("what runs with this home is hearth-matcher, not hearth-agent", done.stderr)

    def a_daemon_that_hangs(self):
        """It cannot write its status any more; that it is old is made up here, so that nobody has to wait."""
        pid = self.pid(AGENT)
        path = self.party(AGENT).home / "status.json"
        os.kill(pid, signal.SIGSTOP)
        try:
            self.wait_for(lambda: pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] == "T", "it stands")
            status = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps(status | {"steady_ms": status["steady_ms"] - 100_000}), encoding="utf-8")
            told, _ = self.ask(AGENT, 1)
            self.assertEqual(self.kinds(told), ["trouble"])
            self.assertRegex(told["findings"][0]["text"], r"has not written its status for 1\d\d s")
            path.write_text("[1, 2]", encoding="utf-8")
            broken = self.tell(AGENT, "status", codes=(1,))
            self.assertEqual(broken["error"]["code"], "corrupt")
        finally:
            path.write_text(json.dumps(status), encoding="utf-8")
            os.kill(pid, signal.SIGCONT)

    def the_matcher_goes(self):
        lab("stop", self.directory, "matcher")
        told = self.tell("matcher", "status", codes=(3,))
        self.assertEqual(told, {"running": False, "well": False})
        self.assertIn("not running", self.say("matcher", "status", codes=(3,)))
        self.wait_for(lambda: self.run_party(self.party(AGENT), "status").returncode == 1, "the agent has noticed")
        told, said = self.ask(AGENT, 1)
        self.assertIn("not attached", told["findings"][0]["text"])
        self.assertRegex(said, r"(?m)^matcher .*, not attached$")
        self.assertIsNone(told["attached_since"])
        lab("start", self.directory, "matcher")
        self.wait_for(lambda: self.run_party(self.party(AGENT), "status").returncode == 0, "attached again")

    def test_addresses_that_others_reach_are_refused(self):
        for name in self.watched:
            party = self.party(name)
            config = json.loads((party.home / "config.json").read_text(encoding="utf-8"))
            lab("stop", self.directory, name)
            for address in ("0.0.0.0:9464", "[::]:9464", "192.0.2.1:80", "9464", 9464):
                with self.subTest(name, address=address):
                    text = json.dumps(config | {"metrics_listen": address})
                    (party.home / "config.json").write_text(text, encoding="utf-8")
                    words = ("hub", "serve") if name == HUB else ("serve",)
                    done = self.run_party(party, *words)
                    self.assertIn(done.returncode, (1, 2))
                    self.assertRegex(done.stderr, r"metrics_listen: .*wanted")
            (party.home / "config.json").write_text(json.dumps(config), encoding="utf-8")
            lab("start", self.directory, name)
        self.wait_all_attached()


class Logs(WatchCase):
    """Everything at its most talkative, as JSON."""

    def test_json(self):
        self.watch(log_format="json", log_level="debug")
        found = self.search(ANYBODY)
        self.wait_for(lambda: self.events(AGENT, "receipt"), "the receipt is logged")
        for name, event in (("matcher", "query"), ("matcher", "result"), (AGENT, "query"), (AGENT, "reply"),
                            (AGENT, "receipt")):
            self.assertEqual([line["query"] for line in self.events(name, event)], [found["query_hash"]], event)
        for name in self.watched:
            text = self.scheme.daemon(self.party(name)).log.read_text(encoding="utf-8")
            lines = [line for line in text.splitlines() if line.startswith("{")]
            self.assertTrue(lines)
            allowed = log_lines.may_write({"agent": "agent"}.get(self.kind(name), self.kind(name)))
            for line in lines:
                event = log_lines.parse_json(line)
                self.assertLessEqual(set(event) - {"time", "level", "event"}, allowed[event["event"]], line)
        number = json.loads(next(line for line in text.splitlines() if '"serving"' in line))["port"]
        self.assertIsInstance(number, int)

    def test_options_win(self):
        """The client, verbose, says which query a reply is to; the form is the option's."""
        party = self.party("la-1")
        request = self.request_file(ANYBODY)
        done = self.run_party(party, "search", request, "--json", "--verbose", "--log-format", "json")
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        lines = [log_lines.parse_json(line) for line in done.stderr.splitlines() if line.startswith("{")]
        replies = [line for line in lines if line["event"] == "reply"]
        self.assertEqual({line["query"] for line in replies}, {answer["query_hash"]})
        self.assertEqual(len(replies), answer["answered"])
        done = self.run_party(party, "search", request, "--log-format", "xml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("text or json", done.stderr)

    def events(self, name, event):
        text = self.scheme.daemon(self.party(name)).log.read_text(encoding="utf-8")
        return [line for line in log_lines.read_all(text) if line["event"] == event]
