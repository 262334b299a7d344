# SPDX-License-Identifier: Apache-2.0
"""RFC 9112 section 5 and RFC 9110 sections 5 and 7.2: field lines, Host."""
from case import BAD, HOST, OK, Answer, case, kept, refused, request

LINES = [
    case(f"the field line {text!r}", "5", request("/healthz", text), OK) for text in (
        "X:", "X: ", "X:\t", "X:a", "X: a ", "X:\ta\t", "X:  a  b  ", "X: a:b", "X: :", "X::",
        "X: \"a, b\"", "X: a\tb", "X: \xe4\xff", "!#$%&'*+-.^_`|~: a", "0: a", "X-" + "y" * 200 +
        ": a")
] + [
    case(f"the field line {text!r}", "5", request("/healthz", text), BAD) for text in (
        "X", "X a", ": a", ":", " : a", "X Y: a", "X(: a", "X\xe4: a", "\"X\": a", "X/Y: a",
        "X@: a", "{X}: a", "X\x7f: a", "X,: a", "=X: a", "X[]: a", "X\\: a", "X;y: a",
        "GET / HTTP/1.1")
] + [
    case(f"{name} between a name and its colon", "5.1", request("/healthz", line), BAD)
    for name, line in (("a blank", "X : a"), ("a tab", "X\t: a"), ("two blanks", "X  : a"))
] + [
    case("a blank between Content-Length and its colon", "5.1",
         request("/healthz", "Content-Length : 5") + b"hello", BAD),
    case("a tab between Transfer-Encoding and its colon", "5.1",
         request("/healthz", "Transfer-Encoding\t: chunked") + b"0\r\n\r\n", BAD),
    case("a blank between Host and its colon", "5.1",
         request("/healthz", "Host : 127.0.0.1", host=None), BAD),
    case("a folded line", "5.2", request("/healthz", "X: a", " b"), BAD),
    case("a line folded by a tab", "5.2", request("/healthz", "X: a", "\tb"), BAD),
    case("a folded line of blanks", "5.2", request("/healthz", "X: a", "  "), BAD),
    case("a folded Host", "5.2", request("/healthz", "Host:", " 127.0.0.1", host=None), BAD),
    case("a folded Content-Length", "5.2",
         request("/healthz", "Content-Length:", " 5") + b"hello", BAD),
    case("a folded Transfer-Encoding", "5.2",
         request("/healthz", "Transfer-Encoding:", "\tchunked") + b"0\r\n\r\n", BAD),
]

CHARACTERS = [
    case(f"a {name} in a value", "RFC 9110 5.5", request("/healthz", f"X: a{character}b"), BAD)
    for name, character in (("NUL", "\0"), ("bare CR", "\r"), ("bare LF", "\n"), ("BEL", "\a"),
                            ("escape", "\x1b"), ("vertical tab", "\v"), ("form feed", "\f"),
                            ("DEL", "\x7f"), ("backspace", "\b"), ("unit separator", "\x1f"))
] + [
    case(f"a {name} in a name", "RFC 9110 5.1", request("/healthz", f"X{character}Y: a"), BAD)
    for name, character in (("NUL", "\0"), ("bare CR", "\r"), ("bare LF", "\n"))
] + [
    case("a bare LF hides a second field", "RFC 9110 5.5",
         request("/healthz", "X: a\nContent-Length: 5") + b"hello", BAD),
    case("a bare CR hides a second field", "RFC 9110 5.5",
         request("/healthz", "X: a\rTransfer-Encoding: chunked") + b"0\r\n\r\n", BAD),
    case("names in any case", "RFC 9110 5.1",
         request("/healthz", "hOST: 127.0.0.1", "CONNECTION: CLOSE", host=None),
         Answer(200, body=b"ok\n", closes=True)),
]

SIZES = [
    case("a hundred fields", "RFC 9110 5.4",
         request("/healthz", *(f"X-{n}: {n}" for n in range(100))), OK),
    case("a value of 7000 bytes", "RFC 9110 5.4", request("/healthz", "X: " + "a" * 7000), OK),
    case("more fields than are taken", "RFC 9110 5.4",
         request("/healthz", *(f"X-{n}: {'a' * 100}" for n in range(700))), refused(431)),
    case("a value longer than is taken", "RFC 9110 5.4", request("/healthz", "X: " + "a" * 70000),
         refused(431)),
    case("a name longer than is taken", "RFC 9110 5.4", request("/healthz", "X" * 70000 + ": a"),
         refused(431)),
    case("fields that never end", "RFC 9110 5.4", request("/healthz", "X: a" * 3000),
         refused(431)),
]

HOSTS = [
    case("Host is missing", "3.2", request(host=None), BAD),
    case("Host is missing, with HEAD", "3.2", request(host=None, method="HEAD"),
         refused(400, method="HEAD")),
    case("Host comes twice", "3.2", request("/healthz", "Host: localhost"), BAD),
    case("the same Host comes twice", "3.2", request("/healthz", "Host: " + HOST), BAD),
    case("Host comes twice, the second one empty", "3.2", request("/healthz", "Host:"), BAD),
    case("HTTP/1.0 needs no Host", "3.2", request(version="HTTP/1.0", host=None),
         Answer(200, minor=0, body=b"ok\n", closes=True)),
    case("Host comes twice in HTTP/1.0", "3.2",
         request("/healthz", "Host: localhost", version="HTTP/1.0"), BAD),
    case("Host is missing for an unknown path", "3.2", request("/nothing", host=None), BAD),
] + [
    case(f"Host: {host}", "RFC 9110 7.2", request(host=host), OK)
    for host in ("127.0.0.1:80", "127.0.0.1:", "localhost", "LOCALHOST:5000",
                 "[::1]", "[::1]:80", "  localhost  ")
] + [
    case(f"Host: {host!r}", "RFC 9110 7.2", request(host=host), BAD)
    for host in ("a b", "a/b", "a?b", "a#b", "user@localhost", "localhost:80:80", "localhost:http",
                 "localhost:-1", "[::1", "::1", "[1.2.3.4]", "[::g]", "[::1]80", "[]", "%zz", "%",
                 "a%4", "a\\b", "a,b\tc", "<a>", "l\xf6calhost", "http://localhost",
                 "\"localhost\"", "localhost, localhost")
]

LISTS = [
    case("options of Connection on two lines", "RFC 9110 5.3",
         request("/healthz", "Connection: x", "Connection: close"),
         Answer(200, closes=True)),
    case("empty elements in Connection", "RFC 9110 5.6.1",
         request("/healthz", "Connection: ,, ,close,"), Answer(200, closes=True)),
    case("Connection is empty", "RFC 9110 5.6.1", request("/healthz", "Connection:"), OK),
    case("blanks around the elements of Connection", "RFC 9110 5.6.1",
         request("/healthz", "Connection:x , \tclose\t , y"), Answer(200, closes=True)),
    case("an element that only begins with close", "RFC 9110 5.6.1",
         request("/healthz", "Connection: closed"), OK),
    case("an unknown field is ignored", "RFC 9110 5.1", request("/healthz", "Unheard-Of: a"), OK),
    case("an unknown field comes twice", "RFC 9110 5.3",
         request("/healthz", "Unheard-Of: a", "Unheard-Of: b"), OK),
    case("a second Origin", "RFC 6454 7.3",
         request("/healthz", "Origin: http://127.0.0.1", "Origin: http://127.0.0.1"), BAD),
    case("a 404 keeps the connection", "RFC 9110 5.1", request("/nothing", "X: a"), kept(404)),
]

CASES = LINES + CHARACTERS + SIZES + HOSTS + LISTS
