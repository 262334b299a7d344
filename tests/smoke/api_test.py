# SPDX-License-Identifier: Apache-2.0
"""docs/api.md is correct: it lists exactly the keys and metrics that a running server has."""
import json
import pathlib
import re
import unittest

import harness
from client import fetch, open_stream

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "api.md"
# Their contents are documented elsewhere: flags by their own names, devices as in --list-devices,
# controls by the camera.
OPAQUE = {"flags", "devices", "cameras[].controls"}


def section(heading):
    """The text below a heading of the document, up to the next one."""
    return DOCUMENT.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]


def documented(heading):
    """First column -> second column of the tables in that section."""
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section(heading), re.MULTILINE))


def paths(value, path=""):
    """The paths of all keys in a JSON value."""
    if isinstance(value, dict) and path not in OPAQUE:
        for key, inner in value.items():
            inner_path = f"{path}.{key}" if path else key
            is_rows = isinstance(inner, list) and inner_path not in OPAQUE
            if not is_rows:
                yield inner_path
            yield from paths(inner, inner_path + "[]" if is_rows else inner_path)
    elif isinstance(value, list) and path not in OPAQUE:
        for inner in value:
            yield from paths(inner, path)


class ApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fanlight = harness.Fanlight("--camera", "front=pattern,fps=10", "--camera",
                                        "back=emulator", "--max-egress", "100Mbit")
        cls.address = cls.fanlight.address

    @classmethod
    def tearDownClass(cls):
        cls.fanlight.__exit__()

    def keys(self, target):
        stream = open_stream(self.address, "/stream")
        stream.part()  # it is counted and has a row
        response = fetch(self.address, target)
        stream.connection.socket.close()
        self.assertEqual(response.header("Content-Type"), "application/json")
        return set(paths(json.loads(response.body)))

    def test_keys_match_the_document(self):
        for target in ("/api/v1/summary", "/api/v1/state"):
            with self.subTest(target):
                self.assertEqual(self.keys(target), set(documented(target)))

    def test_metrics_match_the_document(self):
        text = fetch(self.address, "/metrics").body.decode()
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        self.assertEqual(types, documented("/metrics"))

    def test_every_documented_url_exists(self):
        table = re.findall(r"^\| (.*?) \|", DOCUMENT.read_text().split("\n## ")[0], re.MULTILINE)
        urls = re.findall(r"`(/[a-zA-Z0-9/]+)`", " ".join(table))
        self.assertGreater(len(urls), 6)
        for url in urls:
            with self.subTest(url):
                response = fetch(self.address, url.replace("NAME", "front"))
                self.assertIn(response.status, (200, 503) if url == "/readyz" else (200,))

    def test_the_summary_is_small_and_short_lived(self):
        response = fetch(self.address, "/api/v1/summary")
        self.assertLess(len(response.body), 4096)
        self.assertEqual(response.header("Cache-Control"), "no-cache")
        self.assertEqual(response.header("Content-Length"), str(len(response.body)))


if __name__ == "__main__":
    harness.main()
