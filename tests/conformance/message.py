# SPDX-License-Identifier: Apache-2.0
"""Reads responses, and raises Violation for anything that the RFCs or the contract do not allow,
whatever the case is about."""
import email.utils
import re
import time
from dataclasses import dataclass

from peer import expect

STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-5]\d\d) ([\t -~\x80-\xff]*)")   # RFC 9112 4
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"                                         # RFC 9110 5.6.2
FIELD = re.compile(rf"({TOKEN}):[ \t]*(|[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)")
IMF_FIXDATE = re.compile(                                                      # RFC 9110 5.6.7
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"\d{4} \d\d:\d\d:\d\d GMT")
ETAG = re.compile(r'(W/)?"[!#-~\x80-\xff]*"')                                  # RFC 9110 8.8.3
DATE_SECONDS_OFF_MAX = 60


@dataclass
class Response:
    """`framing`: none, length, chunked or close: what ends the body."""
    minor: int
    status: int
    reason: str
    fields: dict
    framing: str = "none"
    closes: bool = False
    body: bytes = b""

    def field(self, name):
        return self.fields.get(name.lower())

    def options(self, name):
        """The elements of a comma-separated field, in lower case."""
        return [option.strip().lower() for option in (self.field(name) or "").split(",")]


def read_response(peer, method="GET", is_ours=True):
    """One response, final or interim, to a request with `method`. One that is not ours was made or
    changed by a proxy: only its syntax and its framing are checked."""
    status = STATUS_LINE.fullmatch(first := peer.line())
    expect(status, f"malformed status line {first!r}")
    response = Response(int(status[1]), int(status[2]), status[3].decode("latin-1"), {})
    while line := peer.line():
        field = FIELD.fullmatch(text := line.decode("latin-1"))
        expect(field, f"malformed field line {text!r}")
        name = field[1].lower()
        expect(name not in response.fields, f"{field[1]} comes twice")
        response.fields[name] = field[2]
    if is_ours:
        check_head(response)
    response.framing = framing_of(response, method)
    response.closes = closes(response)
    expect(response.framing != "close" or response.closes,
           "the body ends with the connection, but Connection does not say close")
    response.body = read_body(peer, response)
    expect(not response.body or response.field("Content-Type"), "a body without Content-Type")
    return response


def framing_of(response, method):
    """RFC 9112 section 6.3. Both framings at once, or one where none may be, are violations."""
    length, coding = response.field("Content-Length"), response.field("Transfer-Encoding")
    expect(length is None or coding is None, "both Content-Length and Transfer-Encoding")
    expect(length is None or re.fullmatch(r"\d+", length), f"Content-Length: {length}")
    expect(coding in (None, "chunked"), f"Transfer-Encoding: {coding}")
    expect(coding is None or response.minor == 1, "Transfer-Encoding in HTTP/1.0")
    if response.status < 200 or response.status == 204:
        expect(length is None and coding is None, f"a framing in a {response.status}")
        return "none"
    if method == "HEAD" or response.status == 304:
        return "none"
    if coding:
        return "chunked"
    return "close" if length is None else "length"


def closes(response):
    """RFC 9112 section 9.3."""
    options = response.options("Connection")
    if response.status < 200:
        return False
    return "close" in options or (response.minor == 0 and "keep-alive" not in options)


def read_body(peer, response):
    if response.framing == "length":
        return peer.exactly(int(response.field("Content-Length")))
    if response.framing == "close":
        return peer.to_end()
    return read_chunks(peer) if response.framing == "chunked" else b""


def read_chunks(peer):
    """RFC 9112 section 7.1; extensions and trailers are never sent here."""
    body = b""
    while True:
        size = peer.line()
        expect(re.fullmatch(rb"[0-9A-Fa-f]+", size), f"malformed size of a chunk: {size!r}")
        count = int(size, 16)
        body += peer.exactly(count)
        end = peer.exactly(2)
        expect(end == b"\r\n", f"{end!r} after a chunk of {count} bytes")
        if count == 0:
            return body


def check_head(response):
    """What a field requires, or a status requires of the fields."""
    status = response.status
    expect(response.reason, f"{status} without a reason")
    if status >= 200:
        check_date(response.field("Date"))
    etag = response.field("ETag")
    expect(etag is None or ETAG.fullmatch(etag), f"malformed ETag: {etag}")
    expect("upgrade" not in response.fields or "upgrade" in response.options("Connection"),
           "Upgrade, which Connection does not list")  # RFC 9110 7.8
    required = {101: ["Upgrade"], 301: ["Location"], 304: ["ETag"], 405: ["Allow"],
                426: ["Upgrade"], 503: ["Retry-After"]}
    for name in required.get(status, []):
        expect(response.field(name), f"{status} without {name}")
    for name in ("Allow", "Vary", "Connection"):
        elements = response.options(name) if response.field(name) is not None else []
        expect(all(re.fullmatch(TOKEN, element) for element in elements),
               f"malformed {name}: {response.field(name)}")


def check_date(date):
    """RFC 9110 section 6.6.1: every final response says when it was made."""
    expect(date and IMF_FIXDATE.fullmatch(date), f"Date: {date}")
    made = email.utils.parsedate_to_datetime(date)
    expect(made.strftime("%a") == date[:3], f"not that day of the week: {date}")
    expect(abs(made.timestamp() - time.time()) < DATE_SECONDS_OFF_MAX, f"Date is wrong: {date}")
