#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS as others see it: players and libraries that people use, each of which checks the
certificate; a browser; and a scanner for what is offered."""
import base64
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import certificate  # noqa: E402
import harness  # noqa: E402
from client import wait_for_picture  # noqa: E402

SECONDS = 60
OPENCV = """
import cv2, sys
capture = cv2.VideoCapture(sys.argv[1], cv2.CAP_FFMPEG)
pictures = [capture.read() for _ in range(10)] if capture.isOpened() else []
sizes = {picture.shape for ok, picture in pictures if ok}
sys.exit(0 if sizes == {(480, 640, 3)} and all(ok for ok, _ in pictures) else 1)
"""
CIPHERS_OF_TLS12 = {
    f"ECDHE-{kind}-{cipher}" for kind in ("ECDSA", "RSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")}
CIPHERS_OF_TLS13 = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                    "TLS_CHACHA20_POLY1305_SHA256"}


def run(*command, **options):
    return subprocess.run(command, capture_output=True, timeout=SECONDS, **options)


class TlsCase(unittest.TestCase):
    kind = certificate.ECDSA

    @classmethod
    def setUpClass(cls):
        cls.pair = certificate.Pair(cls.kind)
        cls.fanlight = harness.Fanlight("--source", "pattern", "--fps", "30", "--size", "640x480",
                                        "--admin-listen", "127.0.0.1:0", *cls.pair.flags)
        cls.addClassCleanup(cls.fanlight.__exit__)
        cls.ca = str(cls.pair.certificate)
        cls.stream = f"{cls.fanlight.url}/stream"

    def state(self):
        admin = self.fanlight.wait_for_line(r"listening on (\S+) for administration")[1]
        with urllib.request.urlopen(f"{admin}api/v1/state", timeout=SECONDS) as answer:
            return json.load(answer)


class ClientsTest(TlsCase):
    def check(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_curl(self):
        for version in ("--tlsv1.3", "--tls-max=1.2"):
            done = run("curl", "-sS", *version.split("="), "--cacert", self.ca,
                       f"{self.stream}?frames=10")
            self.check(done)
            self.assertEqual(done.stdout.count(b"Content-Type: image/jpeg"), 10)
            self.assertTrue(done.stdout.endswith(b"--boundarydonotcross--\r\n"))

    def test_openssl(self):
        host, port = self.fanlight.address
        done = run("openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", self.ca,
                   "-connect", f"{host}:{port}", "-alpn", "http/1.1",
                   input=b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        self.check(done)
        self.assertTrue(done.stdout.endswith(b"ok\n"), done.stdout)

    def test_ffmpeg(self):
        self.check(run("ffmpeg", "-nostdin", "-loglevel", "error", "-tls_verify", "1",
                       "-ca_file", self.ca, "-i", self.stream, "-frames:v", "10", "-f", "null",
                       "-"))

    def test_gstreamer(self):
        self.check(run(
            "gst-launch-1.0", "-q", "souphttpsrc", f"location={self.stream}", "timeout=5",
            "is-live=true", f"ssl-ca-file={self.ca}", "!", "multipartdemux", "single-stream=true",
            "!", "image/jpeg", "!", "jpegdec", "!", "identity", "eos-after=10", "!", "fakesink",
            "sync=false"))

    def test_opencv(self):
        settings = f"rw_timeout;5000000|tls_verify;1|ca_file;{self.ca}"
        self.check(run("/usr/bin/python3", "-c", OPENCV, self.stream,
                       env={**os.environ, "OPENCV_FFMPEG_CAPTURE_OPTIONS": settings}))

    def test_wget(self):
        done = run("wget", "--quiet", "--tries=1", "--timeout=10", f"--ca-certificate={self.ca}",
                   "-O", "-", f"{self.stream}?frames=10")
        self.check(done)
        self.assertEqual(done.stdout.count(b"Content-Type: image/jpeg"), 10)

    def test_a_relay_of_fanlight(self):
        os.environ["SSL_CERT_FILE"] = self.ca
        try:
            with harness.Fanlight("--source", self.stream) as relay:
                wait_for_picture(relay.address)
                done = run("curl", "-sS", f"{relay.url}/stream?frames=10")
        finally:
            del os.environ["SSL_CERT_FILE"]
        self.check(done)
        self.assertEqual(done.stdout.count(b"Content-Type: image/jpeg"), 10)
        self.assertNotIn(b"X-Slate", done.stdout)

    def test_the_load_generator(self):
        done = run(harness.options.load, "--viewers", "20", "--duration", "2s", self.stream,
                   text=True)
        self.check(done)
        self.assertIn("20", done.stdout)

    def test_chromium(self):
        """The page, with its WebSocket. It trusts the certificate by the hash of its key."""
        key = run("openssl", "x509", "-in", self.ca, "-noout", "-pubkey").stdout
        key = run("openssl", "pkey", "-pubin", "-outform", "der", input=key).stdout
        pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
        # Chromium's other processes may still write there when they are killed.
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            browser = subprocess.Popen(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
                 f"--user-data-dir={folder}", f"--ignore-certificate-errors-spki-list={pin}",
                 "--remote-debugging-port=0", f"{self.fanlight.url}/"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                self.wait_for_frames(browser, 10)
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.wait()

    def wait_for_frames(self, browser, count):
        before = self.frames_sent()
        for _ in range(SECONDS * 5):
            if self.frames_sent() >= before + count:
                return
            try:
                browser.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                pass
        self.fail(f"{self.frames_sent() - before} frames were sent")

    def frames_sent(self):
        return sum(shard["frames_sent"] for shard in self.state()["shards"])


class ScanTest(TlsCase):
    """sslscan offers whatever was ever in use."""

    def scan(self):
        host, port = self.fanlight.address
        done = run("sslscan", "--xml=-", "--no-colour", f"{host}:{port}")
        self.assertEqual(done.returncode, 0, done.stderr)
        return xml.etree.ElementTree.fromstring(done.stdout).find("ssltest")

    def test_what_is_offered(self):
        found = self.scan()
        protocols = {f"{one.get('type')}{one.get('version')}" for one in found.iter("protocol")
                     if one.get("enabled") == "1"}
        self.assertEqual(protocols, {"tls1.2", "tls1.3"})
        for cipher in found.iter("cipher"):
            allowed = CIPHERS_OF_TLS13 if cipher.get("sslversion") == "TLSv1.3" \
                else CIPHERS_OF_TLS12
            self.assertIn(cipher.get("cipher"), allowed)
        self.assertGreaterEqual(len(list(found.iter("cipher"))), 6)
        self.assertEqual(found.find("renegotiation").get("supported"), "0")
        # Not tried if the scanner's OpenSSL has none.
        self.assertFalse([one for one in found.iter("compression") if one.get("supported") == "1"])
        self.assertFalse([one for one in found.iter("heartbleed") if one.get("vulnerable") == "1"])
        for group in found.iter("group"):
            self.assertIn(group.get("name"), ("x25519", "secp256r1 (NIST P-256)",
                                              "secp384r1 (NIST P-384)"))


class RsaTest(ScanTest):
    kind = certificate.RSA


if __name__ == "__main__":
    harness.main()
