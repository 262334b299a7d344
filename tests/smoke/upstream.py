# SPDX-License-Identifier: Apache-2.0
"""Substitutes for third-party servers, for relays to pull from: each connection is a thread that
runs a script, and the test can see how many there are."""
import contextlib
import pathlib
import socket
import ssl
import subprocess
import tempfile
import threading

DEADLINE_SECONDS = 20


class Client:
    """One connection as its script sees it. Writing to a client that has left ends the script."""

    def __init__(self, connection, stop):
        self.socket = connection
        self.stop = stop  # an Event: the test is over

    def read_head(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = self.socket.recv(1)
            if not data:
                raise ConnectionError("the client disconnected")
            head += data
        return head.decode("latin-1")

    def send(self, data):
        self.socket.sendall(data)

    def pause(self, seconds):
        """Waits, to pace a camera; returns early when the test ends."""
        if self.stop.wait(seconds):
            raise ConnectionError("the test is over")


class Upstream:
    """A listener on a free port. `script(client, request head)` runs for each connection. A context
    manager: leaving it ends all connections."""

    def __init__(self, script, tls=None):
        self.script = script
        self.tls = tls  # an ssl.SSLContext
        self.stop = threading.Event()
        self.changed = threading.Condition()
        self.requests = []  # the heads so far
        self.open = 0       # connections whose scripts are running
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def url(self, path="/", user=""):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://{user}{'@' if user else ''}127.0.0.1:{self.address[1]}{path}"

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.play, args=(connection,), daemon=True).start()

    def play(self, connection):
        self.note(1)
        try:
            connection.settimeout(DEADLINE_SECONDS)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            client = Client(connection, self.stop)
            head = client.read_head()
            self.requests.append(head)
            self.script(client, head)
        except (OSError, ssl.SSLError):
            pass  # the client has left, or the test is over
        finally:
            connection.close()
            self.note(-1)

    def note(self, change):
        with self.changed:
            self.open += change
            self.changed.notify_all()

    def wait_for_open(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.open == count, DEADLINE_SECONDS):
                raise AssertionError(f"{self.open} connections, not {count}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


def seed_stream(pictures, interval=0.05):
    """The tutorial's stream: HTTP/1.0, no Content-Length, a delimiter only with the next part."""
    def script(client, _head):
        client.send(b"HTTP/1.0 200 OK\r\n"
                    b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        while True:
            for picture in pictures:
                client.send(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n" + picture + b"\r\n")
                client.pause(interval)
    return script


def chunked_stream(pictures, interval=0.05):
    """HTTP/1.1, chunks not aligned to parts, and a quoted boundary other than the one in use."""
    def script(client, _head):
        client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
                    b"Content-Type: multipart/x-mixed-replace; boundary=\"--x y\"\r\n\r\n")
        while True:
            for picture in pictures:
                part = (b"--x y\r\nContent-type: image/jpeg\r\nContent-length:%d\r\n\r\n" %
                        len(picture) + picture + b"\r\n")
                for piece in (part[:11], part[11:]):
                    client.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
                client.pause(interval)
    return script


def one_by_one(pictures):
    """A camera that delivers each picture that the test puts into this queue, and ends at None."""
    def script(client, _head):
        client.send(b"HTTP/1.1 200 OK\r\n"
                    b"Content-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n")
        for picture in iter(pictures.get, None):
            client.send(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" %
                        len(picture) + picture + b"\r\n")
    return script


@contextlib.contextmanager
def configured(url, keys):
    """The flags for a file with one camera, whose table also has these keys."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(f'[camera.camera]\nsource = "{url}"\n{keys}\n')
        file.flush()
        yield "--config", file.name


def with_password(authorization, script):
    """Another script, protected by basic authentication."""
    def guarded(client, head):
        if f"Authorization: Basic {authorization}\r\n" in head:
            return script(client, head)
        client.send(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"camera\"\r\n"
                    b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    return guarded


def make_certificate(folder):
    """A new certificate for 127.0.0.1, and its key, as files in this folder; the server's side of
    TLS with both, and the certificate's path."""
    key, certificate = pathlib.Path(folder, "key"), pathlib.Path(folder, "certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                    "-days", "2", "-keyout", key, "-out", certificate,
                    "-subj", "/CN=camera", "-addext", "subjectAltName=IP:127.0.0.1"],
                   check=True, capture_output=True, timeout=60)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    return tls, certificate
