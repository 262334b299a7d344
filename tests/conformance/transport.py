# SPDX-License-Identifier: Apache-2.0
"""Transports: how the bytes of a case reach the server.

Every case runs over every transport of TRANSPORTS. A transport names the flags that the server
needs for it, makes a connected socket ready for the first byte of HTTP, and ends its own half.
"""
import pathlib
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import certificate  # noqa: E402


class Plain:
    """TCP, without anything around it."""

    def flags(self):
        return ()

    def ready(self, connected):
        """The object to send and receive with; it takes over the connected socket."""
        return connected

    def finish(self, connection):
        """Tells the server that nothing more will be sent, and goes on reading."""
        connection.shutdown(socket.SHUT_WR)


class TlsConnection:
    """As much of a socket as a Peer needs. Unlike SSLSocket it can end its own half and go on
    reading; and the end of the stream is the server's close_notify, not just its FIN, which anyone
    on the way can forge (RFC 8446 section 6.1)."""

    def __init__(self, connected, context):
        self.socket = connected
        self.opened = b""
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.complete(self.tls.do_handshake)

    def complete(self, action, *arguments):
        """The result of `action`, after as many receives as it takes."""
        while True:
            try:
                result = action(*arguments)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.receive_records()

    def receive_records(self):
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionResetError("FIN without close_notify")
        self.incoming.write(data)

    def flush(self):
        records = self.outgoing.read()
        if records:
            self.socket.sendall(records)

    def sendall(self, data):
        # A record for each piece that the case sends: its bytes arrive as separately as in plain.
        if data:
            self.tls.write(data)
            self.flush()

    def recv(self, size):
        if self.opened:
            data, self.opened = self.opened, b""
            return data
        try:
            return self.complete(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""

    def end_writing(self):
        """unwrap() also reads, and fails at what has arrived already: so that is read before."""
        try:
            while True:
                self.opened += self.tls.read(1 << 16)
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
            pass
        try:
            self.tls.unwrap()
        except ssl.SSLWantReadError:
            pass  # close_notify is written; the server's has not arrived
        self.flush()
        self.socket.shutdown(socket.SHUT_WR)

    def settimeout(self, seconds):
        self.socket.settimeout(seconds)

    def setsockopt(self, *arguments):
        self.socket.setsockopt(*arguments)

    def close(self):
        self.socket.close()


class Tls:
    """TLS, with a certificate of the tests' own, which is verified."""

    def __init__(self):
        self.pair = None

    def flags(self):
        self.pair = self.pair or certificate.Pair()
        return self.pair.flags

    def ready(self, connected):
        return TlsConnection(connected, self.pair.context)

    def finish(self, connection):
        connection.end_writing()


TRANSPORTS = {"plain": Plain(), "tls": Tls()}
