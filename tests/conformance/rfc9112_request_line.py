# SPDX-License-Identifier: Apache-2.0
"""RFC 9112 sections 2 and 3: the request line, its target and its version."""
from case import BAD, OK, Answer, Bytewise, case, kept, refused, request

FIELDS = b"Host: 127.0.0.1\r\n\r\n"
SNAPSHOT = Answer(200, has={"Content-Type": "image/jpeg"}, framing="length", closes=False)


def line(text):
    """A request whose request line is `text`, with its line end."""
    return (text if isinstance(text, bytes) else text.encode("latin-1")) + FIELDS


LINE_ENDS = [
    case("an empty line before the request line is ignored", "2.2", b"\r\n" + request(), OK),
    case("several empty lines before the request line are ignored", "2.2",
         b"\r\n\r\n\r\n" + request(), OK),
    case("an empty line between two requests is ignored", "2.2", request() + b"\r\n" + request(),
         OK, OK),
    case("the request line ends in LF", "2.2", line("GET /healthz HTTP/1.1\n"), BAD),
    case("the request line ends in CR", "2.2", line("GET /healthz HTTP/1.1\r"), BAD),
    case("the request line ends in CR CR LF", "2.2", line("GET /healthz HTTP/1.1\r\r\n"), BAD),
    case("the request line ends in LF CR", "2.2", line("GET /healthz HTTP/1.1\n\r"), BAD),
    case("every line ends in LF", "2.2", b"GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n", BAD),
    case("the head ends in CR LF LF", "2.2", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\n",
         BAD),
    case("the head ends in LF CR LF", "2.2", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\n\r\n",
         BAD),
    case("a bare LF before the request line", "2.2", b"\n" + request(), BAD),
    case("a bare CR before the request line", "2.2", b"\r" + request(), BAD),
    case("a blank before the request line", "2.2", b" " + request(), BAD),
    case("white space before the first field", "2.2",
         b"GET /healthz HTTP/1.1\r\n Host: 127.0.0.1\r\n\r\n", BAD),
    case("a tab before the first field", "2.2",
         b"GET /healthz HTTP/1.1\r\n\tHost: 127.0.0.1\r\n\r\n", BAD),
    case("a NUL in the request line", "2.2", line("GET /heal\0thz HTTP/1.1\r\n"), BAD),
    case("a control character in the request line", "2.2", line("GET /heal\x01thz HTTP/1.1\r\n"),
         BAD),
    case("a byte order mark before the request", "2.2", b"\xef\xbb\xbf" + request(), BAD),
    case("a TLS client hello", "2.2", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", BAD),
    case("a request in pieces of one byte", "2.2",
         Bytewise(b"\r\n" + request("/healthz", "X-Empty:")), OK),
    case("two requests in pieces of one byte", "2.2", Bytewise(request() + request()), OK, OK),
    case("a request cut within CRLF", "2.2", b"GET /healthz HTTP/1.1\r",
         b"\nHost: 127.0.0.1\r\n\r", b"\n", OK),
]

PARTS = [
    case(f"the request line {text!r}", "3", line(text + "\r\n"), BAD) for text in (
        "GET", "GET ", "GET /healthz", "GET /healthz ", "GET  HTTP/1.1",
        "GET  /healthz HTTP/1.1", "GET /healthz  HTTP/1.1", "GET /healthz HTTP/1.1 ",
        "GET\t/healthz HTTP/1.1", "GET /healthz\tHTTP/1.1", "GET /healthz HTTP/1.1\t",
        "GET /heal thz HTTP/1.1", "GET /healthz HTTP/1.1 HTTP/1.1", "/healthz HTTP/1.1",
        "HTTP/1.1 200 OK", "GET /healthz\x0bHTTP/1.1", "GET\x0c/healthz HTTP/1.1",
        "GET\xa0/healthz\xa0HTTP/1.1", "GET /healthz, HTTP/1.1 x")
]

METHODS = [
    case(f"the method {method!r}, which is no token", "3.1", line(method + " / HTTP/1.1\r\n"), BAD)
    for method in ("G(T", "GET,", "G\x7fT", "G\xe4T", "\"GET\"", "GET:", "G/T", "{GET}", "G@T")
] + [
    case(f"the method {method}, which is unknown", "3.1", line(method + " / HTTP/1.1\r\n"),
         refused(501)) for method in ("BREW", "get", "Get", "GETS", "G", "M-SEARCH", "PROPFIND",
                                      "!#$%&'*+-.^_`|~", "PRI", "X" * 300)
] + [
    case("a method longer than any implemented one", "3", line("G" * 4000 + " / HTTP/1.1\r\n"),
         refused(501)),
]

ORIGIN_FORM = [
    case("a path and a query", "3.2.1", request("/healthz?a=b&c"), OK),
    case("a path and an empty query", "3.2.1", request("/healthz?"), OK),
    case("a question mark within the query", "3.2.1", request("/healthz?a?b"), OK),
    case("a query without a path", "3.2.1", request("?action=snapshot"), BAD),
    case("a path without its slash", "3.2.1", request("healthz"), BAD),
    case("a fragment", "3.2.1", request("/healthz#top"), BAD),
    case("a fragment behind the query", "3.2.1", request("/healthz?a#top"), BAD),
    case("a byte beyond ASCII in the path", "3.2.1", request("/h\xe4lthz"), BAD),
    case("a byte beyond ASCII in the query", "3.2.1", request("/healthz?\xe4"), BAD),
    case("DEL in the path", "3.2.1", request("/health\x7f"), BAD),
    case("a path without its slash, with PUT", "3.2.1", request("healthz", method="PUT"), BAD),
    case("a path without its slash, with DELETE", "3.2.1", request("healthz", method="DELETE"),
         BAD),
    case("a request line of 8000 octets", "3",
         request("/healthz?" + "a" * (8000 - len("GET /healthz? HTTP/1.1"))), OK),
    case("a target that is too long", "3", request("/" + "a" * 9000), refused(414)),
    case("a query that is too long", "3", request("/?" + "a" * 70000), refused(414)),
]

ABSOLUTE_FORM = [
    case("a whole URI", "3.2.2", request("http://127.0.0.1/healthz"), OK),
    case("a whole URI with a port", "3.2.2", request("http://127.0.0.1:81/healthz"), OK),
    case("a whole URI without a path", "3.2.2", request("http://127.0.0.1"),
         Answer(200, has={"Content-Type": "text/html.*"})),
    case("a whole URI with a query and no path", "3.2.2",
         request("http://127.0.0.1?action=snapshot"), SNAPSHOT),
    case("a scheme in capitals", "3.2.2", request("HTTP://127.0.0.1/healthz"), OK),
    case("an IPv6 address", "3.2.2", request("http://[::1]:80/healthz"), OK),
    case("a whole URI with PUT", "3.2.2", request("http://127.0.0.1/healthz", method="PUT"),
         kept(405)),
    case("a whole URI with HTTP/1.0", "3.2.2",
         request("http://127.0.0.1/healthz", version="HTTP/1.0", host=None),
         Answer(200, body=b"ok\n", closes=True)),
    case("a whole URI without Host", "3.2.2", request("http://127.0.0.1/healthz", host=None), BAD),
    case("a whole URI with a malformed Host", "3.2.2",
         request("http://127.0.0.1/healthz", host="a b"), BAD),
    case("Host differs from the URI's authority", "3.2.2",
         request("http://127.0.0.1/healthz", host="localhost"), OK),
] + [
    case(f"the authority {authority!r}", "3.2.2", request(f"http://{authority}/healthz"), BAD)
    for authority in ("", ":80", "a b", "user@127.0.0.1", "user:word@127.0.0.1", "[::1", "::1",
                      "127.0.0.1:x", "127.0.0.1:80:80", "a%zz", "a\\b", "<a>")
] + [
    case("a scheme without an authority", "3.2.2", request("http:/healthz"), BAD),
    case("a URI of another scheme", "3.2.2", request("ftp://127.0.0.1/healthz"), BAD),
]

OTHER_FORMS = [
    case("CONNECT with an authority is not for an origin server", "3.2.3",
         request("127.0.0.1:443", method="CONNECT"), kept(405)),
    case("CONNECT without a port", "3.2.3", request("127.0.0.1", method="CONNECT"), BAD),
    case("CONNECT with a path", "3.2.3", request("/healthz", method="CONNECT"), BAD),
    case("GET with an authority", "3.2.3", request("127.0.0.1:443"), BAD),
    case("OPTIONS *", "3.2.4", request("*", method="OPTIONS"),
         kept(204, has={"Allow": ".+"}, framing="none")),
    case("OPTIONS with a whole URI and no path", "3.2.4",
         request("http://127.0.0.1", method="OPTIONS"), kept(204)),
    case("OPTIONS * with a query", "3.2.4", request("*?a", method="OPTIONS"), BAD),
    case("OPTIONS **", "3.2.4", request("**", method="OPTIONS"), BAD),
] + [
    case(f"{method} *", "3.2.4", request("*", method=method), BAD)
    for method in ("GET", "POST", "PUT", "DELETE", "TRACE")
] + [
    case("HEAD *", "3.2.4", request("*", method="HEAD"), refused(400, method="HEAD")),
]

VERSIONS = [
    case(f"the version {version!r}", "2.3", request(version=version), BAD) for version in (
        "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10", "HTTP/01.1", "http/1.1", "Http/1.1",
        "HTTP 1.1", "HTTPS/1.1", "HTTP/1,1", "HTTP/x.y", "HTTP/1.1a", "HTTP/-1.1", "ICY/1.1",
        "HTTP/1 .1", "1.1")
] + [
    case(f"the version {version}", "2.3", request(version=version), refused(505))
    for version in ("HTTP/0.9", "HTTP/2.0", "HTTP/3.0", "HTTP/9.9")
] + [
    case("the preface of HTTP/2", "2.3", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused(505)),
    case("HTTP/1.2 is answered as HTTP/1.1", "2.3", request(version="HTTP/1.2"),
         Answer(200, minor=1, body=b"ok\n", closes=False)),
    case("HTTP/1.9 without Host", "2.3", request(version="HTTP/1.9", host=None), BAD),
    case("a simple request of HTTP/0.9", "2.3", b"GET /healthz\r\n", BAD),
]

CASES = (LINE_ENDS + PARTS + METHODS + ORIGIN_FORM + ABSOLUTE_FORM + OTHER_FORMS + VERSIONS)
