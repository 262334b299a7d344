# SPDX-License-Identifier: Apache-2.0
"""RFC 9112 section 7: bodies of requests in chunks."""
from case import BAD, OK, Answer, Bytewise, End, Finish, case, kept, refused, request

CHUNKED = "Transfer-Encoding: chunked"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def chunked(coding, *fields, **more):
    return request("/healthz", CHUNKED, *fields, **more) + coding


def chunk(data, extension=b""):
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


LAST = b"0\r\n\r\n"

GOOD = [
    case(name, "7.1", chunked(coding), OK) for name, coding in (
        ("an empty body", LAST),
        ("one chunk", chunk(b"hello") + LAST),
        ("two chunks", chunk(b"hello") + chunk(b"world") + LAST),
        ("a chunk that looks like a request", chunk(HIDDEN) + LAST),
        ("a chunk that looks like chunks", chunk(chunk(b"x") + LAST) + LAST),
        ("a chunk of line ends", chunk(b"\r\n\r\n") + LAST),
        ("chunks of one byte", b"".join(chunk(b"%c" % (97 + n % 26)) for n in range(100)) + LAST),
        ("a size in small letters", b"a\r\n0123456789\r\n" + LAST),
        ("a size in capital letters", b"A\r\n0123456789\r\n" + LAST),
        ("a size with leading zeros", b"0005\r\nhello\r\n" + LAST),
        ("a last chunk of several zeros", chunk(b"hello") + b"0000\r\n\r\n"),
        ("a body of 64 KiB in one chunk", chunk(b"x" * 65536) + LAST),
        ("a body of 64 KiB in many chunks", chunk(b"x" * 1024) * 64 + LAST))
] + [
    case("in pieces of one byte", "7.1",
         Bytewise(chunked(chunk(b"hello", b";a=b") + b"0\r\nX: a\r\n\r\n")), OK),
    case("after its head", "7.1", chunked(b""), b"5", b"\r", b"\nhel", b"lo\r\n0\r\n", b"\r\n", OK),
    case("a request follows", "7.1", chunked(chunk(b"hello") + LAST) + request(), OK, OK),
    case("a chunked request follows", "7.1", chunked(LAST) + chunked(LAST), OK, OK),
    case("a request with a length follows", "7.1", chunked(LAST) + request(body=b"hello"), OK, OK),
    case("with HEAD", "7.1", chunked(chunk(b"hello") + LAST, method="HEAD"),
         kept(200, method="HEAD")),
    case("with POST to what does not take it", "7.1",
         chunked(chunk(b"hello") + LAST, method="POST"), kept(405)),
    case("for an unknown path", "7.1",
         request("/nothing", CHUNKED) + chunk(b"hello") + LAST, kept(404)),
    case("100 Continue, then chunks", "7.1", chunked(b"", "Expect: 100-continue"), Answer(100),
         chunk(b"hello") + LAST, OK),
]

EXTENSIONS = [
    case(f"the extension {extension.decode()!r} is ignored", "7.1.1",
         chunked(chunk(b"hello", extension) + LAST), OK)
    for extension in (b";a", b";a=b", b";a=\"b c\"", b" ; a = b", b"\t;a", b";a=b;c=d",
                      b";a=\"\\\"\"", b";" + b"a" * 1000)
] + [
    case("an extension of the last chunk", "7.1.1",
         chunked(chunk(b"hello") + b"0;a=b\r\n\r\n"), OK),
    case("an extension that ends in LF", "7.1.1", chunked(b"5;a\nhello\r\n" + LAST), BAD),
    case("an extension with a bare CR", "7.1.1", chunked(b"5;a\rb\r\nhello\r\n" + LAST), BAD),
    case("an extension with a NUL", "7.1.1", chunked(b"5;a\0\r\nhello\r\n" + LAST), BAD),
    case("extensions without an end", "7.1.1", chunked(b"5;" + b"a" * 70000), refused(413)),
    case("an extension hides a chunk from who takes LF for a line end", "7.1.1",
         chunked(b"2;\nxx\r\n4c\r\n0\r\n\r\n" + HIDDEN), BAD),
]

TRAILERS = [
    case(name, "7.1.2", chunked(chunk(b"hello") + b"0\r\n" + trailer + b"\r\n"), OK)
    for name, trailer in (
        ("a trailer is ignored", b"X: a\r\n"),
        ("two trailers", b"X: a\r\nY:\r\n"),
        ("a trailer that would change the framing", b"Content-Length: 50\r\n"),
        ("a trailer that would change the coding", b"Transfer-Encoding: gzip\r\n"),
        ("a trailer that would change Host", b"Host: other.example\r\n"),
        ("a trailer that would end the connection", b"Connection: close\r\n"))
] + [
    case(name, "7.1.2", chunked(chunk(b"hello") + b"0\r\n" + trailer + b"\r\n"), BAD)
    for name, trailer in (
        ("a trailer without a colon", b"X\r\n"), ("a trailer without a name", b": a\r\n"),
        ("a blank before the colon of a trailer", b"X : a\r\n"),
        ("a folded trailer", b"X: a\r\n b\r\n"), ("a trailer that ends in LF", b"X: a\n"),
        ("a bare CR in a trailer", b"X: a\rb\r\n"), ("a NUL in a trailer", b"X: \0\r\n"),
        ("a request line as a trailer", HIDDEN[:-2]))
] + [
    case("trailers without an end", "7.1.2", chunked(b"0\r\n" + b"X: a\r\n" * 12000), refused(413)),
]

BROKEN = [
    case(name, "7.1", chunked(coding), BAD) for name, coding in (
        ("no size", b"\r\nhello\r\n" + LAST),
        ("a size that is no number", b"x\r\nhello\r\n" + LAST),
        ("a negative size", b"-5\r\nhello\r\n" + LAST),
        ("a size with a sign", b"+5\r\nhello\r\n" + LAST),
        ("a size with a prefix", b"0x5\r\nhello\r\n" + LAST),
        ("a size with a dot", b"5.0\r\nhello\r\n" + LAST),
        ("a size in quotes", b"\"5\"\r\nhello\r\n" + LAST),
        ("a blank before the size", b" 5\r\nhello\r\n" + LAST),
        ("a blank behind the size", b"5 \r\nhello\r\n" + LAST),
        ("two sizes", b"5 5\r\nhello\r\n" + LAST),
        ("a size that ends in LF", b"5\nhello\r\n" + LAST),
        ("a size that ends in CR", b"5\rhello\r\n" + LAST),
        ("a size beyond 64 bits", b"10000000000000005\r\nhello\r\n" + LAST),
        ("a size of 64 bits", b"ffffffffffffffff\r\nhello\r\n" + LAST),
        ("a size that a signed number cannot hold", b"8000000000000000\r\nhello\r\n" + LAST),
        ("a size that 32 bits cannot hold twice", b"fffffffffffffffff\r\nhello\r\n" + LAST),
        ("a chunk longer than its size", b"4\r\nhello\r\n" + LAST),
        ("a chunk shorter than its size", b"6\r\nhello\r\n" + LAST),
        ("a chunk that ends in LF", b"5\r\nhello\n" + LAST),
        ("a chunk that ends in CR", b"5\r\nhello\r0\r\n\r\n"),
        ("a chunk without a line end", b"5\r\nhello" + LAST),
        ("a last chunk that ends in LF", b"0\n\r\n" + HIDDEN),
        ("LF behind the last chunk", b"0\r\n\n" + HIDDEN),
        ("a NUL as size", b"\0\r\nhello\r\n" + LAST))
] + [
    case("a body of more than 64 KiB in chunks", "7.1", chunked(chunk(b"x" * 1024) * 65 + LAST),
         refused(413)),
    case("a body of more than 64 KiB in one chunk", "7.1", chunked(chunk(b"x" * 70000) + LAST),
         refused(413)),
    case("the client ends within a chunk", "8", chunked(b"5\r\nhe"), Finish(), End()),
    case("the client ends before the last chunk", "8", chunked(chunk(b"hello")), Finish(), End()),
]

CASES = GOOD + EXTENSIONS + TRAILERS + BROKEN
