# SPDX-License-Identifier: Apache-2.0
"""RFC 9112 section 6: where the body of a request ends. A request that hides another one behind its
body must never have it answered."""
from case import BAD, OK, Answer, Bytewise, End, Finish, case, kept, refused, request

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"
EMPTY = b"0\r\n\r\n"

LENGTHS = [
    case("a body is read and not taken for a request", "6.2", request(body=HIDDEN), OK),
    case("a request follows the body", "6.2", request(body=b"hello") + request(), OK, OK),
    case("an empty body", "6.2", request(body=b""), OK),
    case("a body in pieces of one byte", "6.2", Bytewise(request(body=b"hello")), OK),
    case("a body that comes after its head", "6.2", request("/healthz", "Content-Length: 5"),
         b"he", b"llo", OK),
    case("a body with HEAD", "6.2", request(method="HEAD", body=b"hello"),
         kept(200, method="HEAD")),
    case("a body with OPTIONS", "6.2", request(method="OPTIONS", body=b"hello"), kept(204)),
    case("a body with PUT", "6.2", request(method="PUT", body=b"hello"), kept(405)),
    case("a body with DELETE", "6.2", request(method="DELETE", body=b"hello"), kept(405)),
    case("a body for an unknown path", "6.2", request("/nothing", body=b"hello"), kept(404)),
    case("a body of 64 KiB", "6.2", request(body=b"x" * 65536), OK),
    case("a body longer than is read", "6.2", request("/healthz", "Content-Length: 65537"),
         refused(413)),
    case("a body longer than is read, half of it sent", "6.2",
         request("/healthz", "Content-Length: 1000000") + b"x" * 100000, refused(413)),
    case("HEAD with a body longer than is read", "6.2",
         request("/healthz", "Content-Length: 1000000", method="HEAD"),
         refused(413, method="HEAD")),
    case("leading zeros", "6.2", request("/healthz", "Content-Length: 0005") + b"hello", OK),
    case("the same length twice", "6.3",
         request("/healthz", "Content-Length: 5", "Content-Length: 5") + b"hello", OK),
    case("the client ends within the body", "6.3",
         request("/healthz", "Content-Length: 5") + b"he", Finish(), End()),
    case("the client ends within the head", "8", b"GET /healthz HTTP/1.1\r\nHo", Finish(), End()),
] + [
    case(f"Content-Length: {value!r}", "6.3",
         request("/healthz", f"Content-Length: {value}") + b"hello", BAD)
    for value in ("", "-5", "+5", "5 5", "5,5", "5, 5", "5,6", "0x5", "5x", "x", "5.0", "5e0",
                  "\"5\"", "5;", "18446744073709551616", "99999999999999999999999999", "5\t5", "_5",
                  "5\xb2")
] + [
    case("lengths that differ", "6.3",
         request("/healthz", "Content-Length: 5", "Content-Length: 6") + b"hello", BAD),
    case("lengths that differ, the first one 0", "6.3",
         request("/healthz", "Content-Length: 0", "Content-Length: 44") + HIDDEN, BAD),
    case("a length and an empty one", "6.3",
         request("/healthz", "Content-Length: 5", "Content-Length:") + b"hello", BAD),
]

BOTH = [
    case("a length and a coding", "6.3", request("/healthz", "Content-Length: 5", CHUNKED) + EMPTY,
         BAD),
    case("a coding and a length", "6.3", request("/healthz", CHUNKED, "Content-Length: 5") + EMPTY,
         BAD),
    case("a length of 0 and a coding", "6.3",
         request("/healthz", "Content-Length: 0", CHUNKED) + EMPTY, BAD),
    case("a length and an unknown coding", "6.3",
         request("/healthz", "Content-Length: 5", "Transfer-Encoding: x") + b"hello", BAD),
    case("CL.TE: the length covers a hidden request", "11.2",
         request("/healthz", f"Content-Length: {len(EMPTY + HIDDEN)}", CHUNKED) + EMPTY + HIDDEN,
         BAD),
    case("TE.CL: the coding covers a hidden request", "11.2",
         request("/healthz", "Content-Length: 4", CHUNKED) + b"%x\r\n%b\r\n" % (len(HIDDEN), HIDDEN)
         + EMPTY, BAD),
    case("POST with both", "11.2",
         request("/stream", "Content-Length: 5", CHUNKED, method="POST") + EMPTY + HIDDEN, BAD),
    case("HEAD with both", "11.2",
         request("/healthz", "Content-Length: 5", CHUNKED, method="HEAD") + EMPTY,
         refused(400, method="HEAD")),
]

CODINGS = [
    case(f"Transfer-Encoding: {value!r}", "6.1",
         request("/healthz", f"Transfer-Encoding: {value}") + EMPTY + HIDDEN, refused(501))
    for value in ("gzip", "identity", "gzip, chunked", "xchunked", "chunkedx",
                  "chunked x", "chunked;q=1", "\"chunked\"", "chunked\xa0", "'chunked'",
                  "x, chunked")
] + [
    case(f"Transfer-Encoding: {value!r}", "6.3",
         request("/healthz", f"Transfer-Encoding: {value}") + EMPTY + HIDDEN, BAD)
    for value in ("", ",", "chunked, chunked", "chunked,chunked", "chunked, gzip",
                  "chunked, identity", "\x0bchunked", "chunked\0",
                  "chunked\rX: a", "chunked\nX: a")
] + [
    case("chunked twice on two lines", "6.1",
         request("/healthz", CHUNKED, CHUNKED) + EMPTY + HIDDEN, BAD),
    case("chunked and another coding on two lines", "6.1",
         request("/healthz", CHUNKED, "Transfer-Encoding: gzip") + EMPTY + HIDDEN, BAD),
    case("another coding and chunked on two lines", "6.1",
         request("/healthz", "Transfer-Encoding: gzip", CHUNKED) + EMPTY + HIDDEN, refused(501)),
    case("a coding in HTTP/1.0", "6.1",
         request("/healthz", CHUNKED, version="HTTP/1.0") + EMPTY + HIDDEN, BAD),
    case("a coding in HTTP/1.0 that is to be kept", "6.1",
         request("/healthz", CHUNKED, "Connection: keep-alive", version="HTTP/1.0") + EMPTY, BAD),
    case("an unknown coding with HEAD", "6.1",
         request("/healthz", "Transfer-Encoding: gzip", method="HEAD"),
         refused(501, method="HEAD")),
] + [
    case(f"Transfer-Encoding: {value!r}", "6.1",
         request("/healthz", f"Transfer-Encoding: {value}") + EMPTY, OK)
    for value in ("CHUNKED", "Chunked", "\tchunked \t", ", chunked,", "chunked, ,")
]

RESPONSES = [
    case("to HTTP/1.0 no coding is sent", "6.1",
         request("/metrics", version="HTTP/1.0"),
         Answer(200, minor=0, framing="close", lacks=("Transfer-Encoding",), closes=True)),
    case("to HTTP/1.0 the end of the connection ends the body, whatever it asks for", "6.3",
         request("/metrics", "Connection: keep-alive", version="HTTP/1.0"),
         Answer(200, minor=0, framing="close", closes=True)),
    case("the table to HTTP/1.0", "6.1", request("/stock-table", version="HTTP/1.0"),
         Answer(200, minor=0, framing="close", closes=True)),
    case("two chunked responses in a row", "7.1", request("/metrics") + request("/cameras"),
         kept(200, framing="chunked"), kept(200, framing="chunked")),
]

CASES = LENGTHS + BOTH + CODINGS + RESPONSES
