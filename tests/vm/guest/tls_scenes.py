#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tls_scenes.py FANLIGHT FOLDER [unittest's arguments]: the kernel makes the records of TLS, and
clients get the same bytes as without it, which are those of the JPEGs in FOLDER. Runs in a machine
with the module tls."""
import json
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/smoke"))
import certificate  # noqa: E402
import harness  # noqa: E402

FRAMES = 12
FOLDER = None
# The kernel makes the records of TLS 1.3 only.
VERSIONS = {ssl.TLSVersion.TLSv1_2: 0, ssl.TLSVersion.TLSv1_3: 1}
CIPHERS = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]


def kernel_connections():
    """How many connections the kernel was ever given for sending (tls(7) of its documentation)."""
    text = pathlib.Path("/proc/net/tls_stat").read_text()
    return int(re.search(r"TlsTxSw\s+(\d+)", text)[1])


def ask(address, context, target):
    """The whole answer; it must end with close_notify."""
    with socket.create_connection(address, 200) as connection:
        with context.wrap_socket(connection, server_hostname="localhost",
                                 suppress_ragged_eofs=False) as tls:
            tls.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = b""
            while data := tls.recv(1 << 16):
                answer += data
            return answer


def jpegs_of(answer):
    """The pictures of a stream, by their lengths."""
    found = []
    at = 0
    while head := re.compile(rb"Content-Length: (\d+)\r\n.*?\r\n\r\n", re.DOTALL).search(answer,
                                                                                        at):
        at = head.end() + int(head[1])
        found.append(answer[head.end():at])
    return found


class KernelTlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = certificate.Pair()
        cls.pictures = [file.read_bytes() for file in sorted(FOLDER.iterdir())]

    def serve(self, *flags, backend):
        return harness.Fanlight("--source", f"files:{FOLDER}", "--fps", "20",
                                "--admin-listen", "127.0.0.1:0", *self.pair.flags, *flags,
                                backend=backend)

    def check(self, answer):
        got = jpegs_of(answer)
        self.assertEqual(len(got), FRAMES)
        for jpeg in got:
            self.assertIn(jpeg, self.pictures)
        self.assertGreater(len(set(got)), 1)
        self.assertTrue(answer.endswith(b"--boundarydonotcross--\r\n"))

    def test_frames_are_the_same_bytes(self):
        for backend in ("uring", "epoll"):
            for zero_copy in ("auto", "on"):
                with self.serve("--zero-copy", zero_copy, backend=backend) as fanlight:
                    for version, by_kernel in VERSIONS.items():
                        with self.subTest(backend=backend, zero_copy=zero_copy, version=version):
                            context = self.pair.context
                            context.minimum_version = context.maximum_version = version
                            before = kernel_connections()
                            self.check(ask(fanlight.address, context,
                                           f"/stream?frames={FRAMES}"))
                            self.assertEqual(kernel_connections() - before, by_kernel)

    def test_every_cipher(self):
        with self.serve(backend="uring") as fanlight:
            for cipher in CIPHERS:
                with self.subTest(cipher):
                    before = kernel_connections()
                    done = subprocess.run(
                        ["curl", "-sS", "--http1.1", "--tlsv1.3", "--tls13-ciphers", cipher,
                         "--cacert", self.pair.certificate,
                         f"{fanlight.url}/stream?frames={FRAMES}"], check=True,
                        capture_output=True, timeout=200)
                    self.check(done.stdout)
                    self.assertEqual(kernel_connections() - before, 1)

    def test_the_seeds_boundary_has_several_slices(self):
        for backend in ("uring", "epoll"):
            with self.subTest(backend), self.serve(backend=backend) as fanlight:
                answer = ask(fanlight.address, self.pair.context, f"/video_feed?frames={FRAMES}")
                self.assertEqual(len(jpegs_of(answer)), FRAMES)
                self.assertTrue(all(jpeg in self.pictures for jpeg in jpegs_of(answer)))
                self.assertTrue(answer.endswith(b"--frame--\r\n"))

    def test_the_state_counts_them_and_the_flag_turns_it_off(self):
        for flag, kernel in (("on", 1), ("off", 0)):
            with self.subTest(flag), self.serve("--kernel-tls", flag, "--shards", "1",
                                                backend="uring") as fanlight:
                before = kernel_connections()
                snapshot = ask(fanlight.address, self.pair.context, "/snapshot")
                self.assertIn(snapshot.partition(b"\r\n\r\n")[2], self.pictures)
                self.assertEqual(kernel_connections() - before, kernel)
                admin = fanlight.wait_for_line(r"listening on (\S+) for administration")[1]
                with urllib.request.urlopen(f"{admin}api/v1/state") as answer:
                    shard = json.load(answer)["shards"][0]
                self.assertEqual(shard["tls_handshakes"], 1)
                self.assertEqual(shard["tls_kernel"], kernel)

    def test_an_idle_connection_ends_with_close_notify(self):
        with self.serve("--idle-timeout", "1s", backend="uring") as fanlight:
            with socket.create_connection(fanlight.address, 200) as connection:
                with self.pair.context.wrap_socket(connection, server_hostname="localhost",
                                                   suppress_ragged_eofs=False) as tls:
                    self.assertEqual(tls.recv(1), b"")


if __name__ == "__main__":
    harness.DEADLINE_SECONDS = 200  # the processor is emulated
    harness.options.binary = sys.argv.pop(1)
    FOLDER = pathlib.Path(sys.argv.pop(1))
    unittest.main(verbosity=2)
