# SPDX-License-Identifier: Apache-2.0
"""Shapes of request smuggling (RFC 9112 section 11.2): messages in which two servers may see the
end of a request at different places, with a request hidden where only one of them would see it."""
from case import request

HIDDEN = request("/hidden")
CHUNKED = "Transfer-Encoding: chunked"
LAST = b"0\r\n\r\n"


def post(*fields, **more):
    return request("/healthz", *fields, method="POST", **more)


def chunk(data, extension=b"", line_end=b"\r\n"):
    return b"%x%b%b%b\r\n" % (len(data), extension, line_end, data)


def lengths():
    covering = len(LAST + HIDDEN)
    hidden = len(HIDDEN)
    yield "CL.TE", post(f"Content-Length: {covering}", CHUNKED) + LAST + HIDDEN
    yield "TE.CL", post(CHUNKED, "Content-Length: 4") + chunk(HIDDEN) + LAST
    yield "a length of 0 and a coding", post("Content-Length: 0", CHUNKED) + chunk(HIDDEN) + LAST
    yield "two lengths", post("Content-Length: 0", f"Content-Length: {hidden}") + HIDDEN
    yield "two lengths, the longer one first", post(f"Content-Length: {hidden}",
                                                    "Content-Length: 0") + HIDDEN
    yield "the same length twice", post(*[f"Content-Length: {hidden}"] * 2) + HIDDEN
    yield "a list of lengths", post(f"Content-Length: 0, {hidden}") + HIDDEN
    yield "a list of the same length", post(f"Content-Length: {hidden}, {hidden}") + HIDDEN
    for value in ("+{}", "-{}", " {} x", "{}\t1", "0x{:x}", "{}.0", "{}e0", "\"{}\"", "\v{}",
                  "{}\0", "{}_0", "18446744073709551616{}"):
        yield f"the length {value}", post("Content-Length: " + value.format(hidden)) + HIDDEN
    yield "a blank before the colon of a length", post(f"Content-Length : {hidden}") + HIDDEN
    yield "a folded length", post("Content-Length:", f" {hidden}") + HIDDEN
    yield "a length behind a bare LF", post(f"X: a\nContent-Length: {hidden}") + HIDDEN
    yield "a length behind a bare CR", post(f"X: a\rContent-Length: {hidden}") + HIDDEN
    yield "a length of GET", request("/healthz", f"Content-Length: {hidden}") + HIDDEN
    yield "a length of HEAD", request("/healthz", f"Content-Length: {hidden}",
                                      method="HEAD") + HIDDEN


def codings():
    both = f"Content-Length: {len(LAST + HIDDEN)}"
    for name, *fields in (
            ("a blank before the colon", "Transfer-Encoding : chunked"),
            ("a tab before the colon", "Transfer-Encoding\t: chunked"),
            ("a vertical tab", "Transfer-Encoding: \vchunked"),
            ("a folded coding", "Transfer-Encoding:", " chunked"),
            ("a coding folded behind another field", "X: a", " Transfer-Encoding: chunked"),
            ("an unknown coding", "Transfer-Encoding: xchunked"),
            ("identity", "Transfer-Encoding: identity"),
            ("chunked is not last", "Transfer-Encoding: chunked, identity"),
            ("chunked twice", "Transfer-Encoding: chunked, chunked"),
            ("two codings on two lines", CHUNKED, "Transfer-Encoding: identity"),
            ("two codings on two lines, chunked last", "Transfer-Encoding: identity", CHUNKED),
            ("a parameter", "Transfer-Encoding: chunked;a=b"),
            ("quotes", "Transfer-Encoding: \"chunked\""),
            ("a NUL", "Transfer-Encoding: chunked\0"),
            ("behind a bare LF", "X: a\nTransfer-Encoding: chunked"),
            ("behind a bare CR", "X: a\rTransfer-Encoding: chunked"),
            ("a letter beyond ASCII", "Transfer-Encoding: chun\xe7ked"),
            ("an empty coding", "Transfer-Encoding:")):
        yield f"{name}, and a length", post(*fields, both) + LAST + HIDDEN
    yield "a coding in HTTP/1.0", post(CHUNKED, version="HTTP/1.0") + chunk(HIDDEN) + LAST
    yield "a coding and a length in HTTP/1.0", post(CHUNKED, both,
                                                    version="HTTP/1.0") + LAST + HIDDEN


def chunks():
    for name, coding in (
            ("a chunk", chunk(HIDDEN) + LAST),
            ("an extension", chunk(HIDDEN, b";a=b") + LAST),
            ("a quoted extension", chunk(HIDDEN, b";a=\"0\\\"\"") + LAST),
            ("an extension with LF", chunk(b"x", b";a", b"\n") + chunk(HIDDEN) + LAST),
            ("an extension that hides a size behind LF",
             b"2;\nxx\r\n%x\r\n%b" % (len(LAST + HIDDEN), LAST + HIDDEN) + LAST),
            ("a size that ends in LF", chunk(HIDDEN, line_end=b"\n") + LAST),
            ("a size that ends in CR", chunk(HIDDEN, line_end=b"\r") + LAST),
            ("a blank behind the size", chunk(HIDDEN, b" ") + LAST),
            ("a size with a prefix", b"0x" + chunk(HIDDEN) + LAST),
            ("a negative size", b"-1\r\n" + HIDDEN + LAST),
            ("a size beyond 32 bits", b"1%08x\r\n%b\r\n" % (len(HIDDEN), HIDDEN) + LAST),
            ("a size beyond 64 bits", b"1%016x\r\n%b\r\n" % (len(HIDDEN), HIDDEN) + LAST),
            ("a size of 64 bits", b"f" * 16 + b"\r\n" + HIDDEN),
            ("a chunk longer than its size", b"1\r\nxy\r\n" + HIDDEN),
            ("a chunk without a line end", b"1\r\nx" + LAST + HIDDEN),
            ("LF behind the last chunk", b"0\n\n" + HIDDEN),
            ("a trailer that is a length", chunk(b"x") + b"0\r\nContent-Length: 44\r\n\r\n"),
            ("a trailer that is a coding",
             chunk(b"x") + b"0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("a request line as a trailer", chunk(b"x") + b"0\r\n" + HIDDEN),
            ("a folded trailer", chunk(b"x") + b"0\r\nX: a\r\n b\r\n\r\n")):
        yield f"in chunks: {name}", post(CHUNKED) + coding


def heads():
    hidden = HIDDEN.decode()
    yield "a request behind a bare LF in a value", request("/healthz", "X: a\n" + hidden)
    yield "a request behind a bare CR in a value", request("/healthz", "X: a\r" + hidden)
    yield "a request in a folded line", request("/healthz", "X: a", " " + hidden)
    yield "a request in the target", b"GET /healthz HTTP/1.1\n" + HIDDEN
    yield "an empty line that ends in LF", request()[:-2] + b"\n" + HIDDEN
    yield "two Hosts", request("/healthz", "Host: localhost")
    yield "Host behind a blank", request("/healthz", " Host: localhost")
    yield "an upgrade that is refused", request(
        "/ws", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Content-Length: {len(HIDDEN)}") + HIDDEN
    yield "100 Continue", request("/healthz", "Expect: 100-continue",
                                  f"Content-Length: {len(HIDDEN)}") + HIDDEN
    yield "Connection names a length", post("Connection: Content-Length",
                                            f"Content-Length: {len(HIDDEN)}") + HIDDEN
    yield "Connection names a coding", post("Connection: Transfer-Encoding", CHUNKED) + chunk(
        HIDDEN) + LAST
    yield "Connection names Host", request("/healthz", "Connection: Host")


SHAPES = [*lengths(), *codings(), *chunks(), *heads()]
# A proxy may take LF for a line end (RFC 9112 section 2.2), and then sees two requests here.
TWO_REQUESTS = ("in chunks: LF behind the last chunk", "an empty line that ends in LF")
