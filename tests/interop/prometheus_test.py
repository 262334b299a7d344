# SPDX-License-Identifier: Apache-2.0
"""Debian's Prometheus scrapes a running server, and the dashboard uses only existing figures.

    prometheus_test.py --binary FANLIGHT --backend epoll
"""
import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "smoke"))
import harness  # noqa: E402
from client import Connection, fetch, open_stream  # noqa: E402

DASHBOARD = ROOT / "packaging" / "grafana" / "fanlight.json"
DOCUMENT = ROOT / "docs" / "metrics.md"
DEADLINE_SECONDS = 60
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: fanlight
    static_configs: [{{targets: ["{}"]}}]
"""
# Grafana's values for the variables when all servers and cameras are shown.
VARIABLES = {"$instance": ".*", "$camera": ".*", "$__rate_interval": "4s"}
# RFC 6455 section 4.1.
UPDATES = ("GET /cameras/front/ws?segments=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")


def until(condition, what):
    """Polls the condition until it is true; returns its value."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if value := condition():
                return value
        if time.monotonic() > deadline:
            raise AssertionError(f"timed out after {DEADLINE_SECONDS} s: {what}")
        threading.Event().wait(0.2)  # it scrapes once a second, without notification


class Prometheus:
    """A Prometheus that scrapes `target`; a context manager."""

    def __init__(self, target):
        self.folder = tempfile.TemporaryDirectory()
        config = pathlib.Path(self.folder.name) / "prometheus.yml"
        config.write_text(CONFIG.format(target))
        self.reservation = harness.reserve_port()
        self.url = f"http://127.0.0.1:{self.reservation.getsockname()[1]}"
        self.log = open(config.with_name("log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", "--log.level=warn",
             f"--storage.tsdb.path={self.folder.name}/data",
             f"--web.listen-address={self.url.removeprefix('http://')}"],
            stdout=self.log, stderr=subprocess.STDOUT)

    def query(self, expression):
        """The instant vector: [(labels, value)], or an AssertionError for bad PromQL."""
        parameters = urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?{parameters}", timeout=10) as got:
                answer = json.load(got)
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return []  # it is starting
            raise AssertionError(f"{expression}: {error.read().decode()}") from error
        return [(row["metric"], float(row["value"][1])) for row in answer["data"]["result"]]

    def wait_for_scrape(self, after):
        until(lambda: any(value > after for _, value in self.query("timestamp(up)")), "a scrape")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(DEADLINE_SECONDS)
        self.log.close()
        self.reservation.close()
        self.folder.cleanup()


def samples(text):
    """{(name, labels): value} of the text format."""
    found = {}
    for name, labels, value in re.findall(r"^(\w+)(?:\{(.*)\})? (\S+)$", text, re.MULTILINE):
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)
        found[name, frozenset(pairs)] = float(value)
    return found


def panels():
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"]
            if panel["type"] != "row"]


class PrometheusTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--camera", "front=pattern,fps=10", "--camera",
                                        "back=emulator", "--max-egress", "100Mbit")
        cls.address = cls.fanlight.address
        cls.prometheus = Prometheus("{}:{}".format(*cls.address))

    @classmethod
    def tearDownClass(cls):
        cls.prometheus.__exit__()
        cls.fanlight.__exit__()

    def watch(self, frames):
        stream = open_stream(self.address, f"/cameras/front/stream?frames={frames}")
        stream.parts(frames)
        stream.connection.socket.close()

    def metrics(self):
        return fetch(self.address, "/metrics").body.decode()

    def test_promtool_reports_no_problems(self):
        self.watch(3)
        result = subprocess.run(["promtool", "check", "metrics"], input=self.metrics(), text=True,
                                capture_output=True, timeout=DEADLINE_SECONDS)
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))

    def test_values_match_the_servers(self):
        self.watch(20)
        # A counter that did not change from before a scrape until after it is the scraped one. A
        # gauge may have gone and come back.
        text = self.metrics()
        counters = set(re.findall(r"^# TYPE (\w+) counter$", text, re.MULTILINE))
        for name in re.findall(r"^# TYPE (\w+) histogram$", text, re.MULTILINE):
            counters |= {f"{name}_{part}" for part in ("bucket", "count", "sum")}
        before, began = samples(text), time.time()
        self.prometheus.wait_for_scrape(began)
        scraped = self.prometheus.query('{job="fanlight"}')
        after = samples(self.metrics())
        compared = 0
        for labels, value in scraped:
            key = (labels.pop("__name__"), frozenset(
                (name, text.replace("\\", "\\\\").replace('"', '\\"'))
                for name, text in labels.items() if name not in ("job", "instance")))
            if key[0] in counters and key in before and before[key] == after.get(key):
                self.assertEqual(value, before[key], key)
                compared += 1
        self.assertGreater(compared, 100)
        sent = after["fanlight_frames_sent_total", frozenset({("camera", "front")})]
        self.assertGreaterEqual(sent, 20)

    def test_every_panel_of_the_dashboard_shows_data(self):
        stream, updates = self.open_stream_and_updates()
        for panel in panels():
            for target in panel["targets"]:
                expression = target["expr"]
                for variable, value in VARIABLES.items():
                    expression = expression.replace(variable, value)
                with self.subTest(panel=panel["title"], expression=expression):
                    until(lambda query=expression: self.prometheus.query(query), expression)
        for connection, reader in (stream, updates):
            connection.socket.shutdown(socket.SHUT_RDWR)
            reader.join(DEADLINE_SECONDS)
            connection.socket.close()

    def open_stream_and_updates(self):
        """Two viewers: [(connection, thread that reads from it)]."""
        connections = [open_stream(self.address, "/cameras/front/stream").connection,
                       Connection(self.address)]
        connections[1].send(UPDATES)
        readers = [threading.Thread(target=self.read_on, args=(one.socket,), daemon=True)
                   for one in connections]
        for reader in readers:
            reader.start()
        return list(zip(connections, readers))

    @staticmethod
    def read_on(connection):
        with contextlib.suppress(OSError):
            while connection.recv(65536):
                pass

    def test_the_dashboard_uses_existing_metrics(self):
        text = self.metrics()
        names = set(re.findall(r"^(\w+)", text, re.MULTILINE))
        used = set(re.findall(r"\b(?:fanlight|process)_\w+", DASHBOARD.read_text()))
        self.assertGreater(len(used), 20)
        self.assertLessEqual(used, names)
        self.assertEqual([panel["title"] for panel in panels()
                          if not panel["fieldConfig"]["defaults"].get("unit")
                          or not panel["description"]], [])

    def test_the_documented_alerts_are_valid(self):
        blocks = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
        kinds = {"scrape_configs": ["check", "config", "--syntax-only"],
                 "groups": ["check", "rules"]}
        self.assertEqual([block.split(":")[0] for block in blocks], list(kinds))
        for block in blocks:
            with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
                file.write(block)
                file.flush()
                result = subprocess.run(["promtool", *kinds[block.split(":")[0]], file.name],
                                        text=True, capture_output=True, timeout=DEADLINE_SECONDS)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)


if __name__ == "__main__":
    harness.main()
