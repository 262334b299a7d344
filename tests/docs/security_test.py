#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""security_test.py FANLIGHT: the limits in SECURITY.md are those of the flags and of the code."""
import pathlib
import re
import subprocess
import sys
import tomllib
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BINARY = ""

# (row of the table, file, [(constant, its value there)])
CONSTANTS = [
    ("connections", "http/shard/shard.cpp", [("kConnectionsSpare", 256)]),
    ("connections", "http/state/admission.h", [("kAdminPlaces", 16)]),
    ("reports, tables and replays, of one address", "http/state/admission.h",
     [("kBodiesPerAddress", 16)]),
    # A multiple of that of one address.
    ("replays of a shard", "http/delivery/replay_places.h", [("kMax", 64)]),
    ("TLS handshakes under way", "http/shard/tls_places.h",
     [("kHandshakesMax", 256), ("kHandshakesPerAddress", 16)]),
    ("head of a request", "http/protocol/request_reader.h", [("kInputSize", 8192)]),
    ("body of a request", "http/protocol/request_reader.h", [("kBodyBytesMax", 65536)]),
    ("message from a WebSocket's client", "http/protocol/web_socket_reader.h",
     [("kMessageBytesMax", 65536)]),
    ("reports that a shard writes at a time", "http/shard/shard.cpp", [("kReportsMax", 64)]),
    ("clients that read the table at a time", "database/table_desk.h", [("kPlacesMax", 64)]),
    ("requests to change controls, waiting for a camera", "core/camera_panel.h",
     [("kRequestsMax", 8), ("kBodyBytesMax", 2048)]),
    ("picture of an upstream", "capture/relay/relay_source.h", [("kPictureBytesMax", 33554432)]),
    ("frame on a NATS server", "capture/nats/frame_header.h",
     [("kNatsFrameBytesMax", 33554432), ("kNatsPartsMax", 4096)]),
    ("cameras of a directory on a NATS server", "tools/options/camera_options.h",
     [("kDirectoryCamerasMax", 256), ("max_cameras", 16)]),
    ("configuration file", "tools/options/config_file.h", [("kConfigBytesMax", 1048576)]),
    ("users", "http/auth/user_table.h", [("kUsersMax", 10000), ("kFileBytesMax", 1048576)]),
    ("logins that are remembered", "http/auth/credential_cache.h", [("kSets", 256), ("kWays", 4)]),
    ("passwords that wait to be verified", "http/auth/password_desk.h", [("kPlacesMax", 64)]),
    ("passwords that wait to be verified", "http/auth/password_pool.h", [("kThreads", 2)]),
    ("wrong passwords of an address without a pause", "http/auth/login_failures.h",
     [("kFree", 10), ("kSets", 1024), ("kWays", 4)]),
    ("keys of signed links", "http/auth/signed_link.h", [("kKeysMax", 2), ("kKeyBytesMax", 512)]),
    ("access log", "http/state/access_log.h",
     [("kLinesPerSecond", 1000), ("kBufferBytes", 262144)]),
]


def rows():
    """{what: (limit, flag)} of the table of limits."""
    text = (ROOT / "SECURITY.md").read_text().partition("## Limits")[2].partition("\n## ")[0]
    found = re.findall(r"^\| (.*?) \| (.*?) \| ?(?:`--(\S+)` )?\|$", text, re.MULTILINE)
    return {what: (limit, flag) for what, limit, flag in found if what not in ("what", "---")}


def value_of(constant, file):
    """`256 << 10`, `size_t{1} << 20`, `4 * kBodiesPerAddress` or a number."""
    text = re.search(rf"\b{constant} = (.*?);", (ROOT / file).read_text())[1]
    if factor := re.fullmatch(r"(\d+) \* (kBodiesPerAddress)", text):
        return int(factor[1]) * value_of(factor[2], "http/state/admission.h")
    numbers = [int(word) for word in re.findall(r"\d+", re.sub(r"size_t|'", "", text))]
    return numbers[0] << numbers[1] if "<<" in text else numbers[0]


class LimitsTest(unittest.TestCase):
    def test_flags_have_these_defaults(self):
        printed = subprocess.run([BINARY, "--source", "pattern", "--print-config"], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout
        defaults = tomllib.loads(printed)
        flags = {flag: limit for limit, flag in rows().values() if flag}
        self.assertGreater(len(flags), 5)
        for flag, limit in flags.items():
            # `--max-viewers` is a number only once descriptors have been counted.
            expected = "auto" if limit.startswith(("as descriptors allow", "auto")) else limit
            self.assertEqual(defaults[flag], expected, flag)

    def test_constants_have_these_values(self):
        table = rows()
        for what, file, constants in CONSTANTS:
            numbers = [int(number) for number in re.findall(r"\d+", table[what][0])]
            for constant, value in constants:
                self.assertEqual(value_of(constant, file), value, (what, constant))
                self.assertIn(value, numbers, what)
        named = {what for what, (_, flag) in table.items() if not flag}
        self.assertEqual(named, {what for what, _, _ in CONSTANTS})


if __name__ == "__main__":
    BINARY = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
