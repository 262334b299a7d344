# SPDX-License-Identifier: Apache-2.0
"""RFC 6455 sections 5, 7 and 8: frames, control frames, closing."""
from case import Bytewise, End, Finish, case
from web_socket import (BINARY, CLOSE, CONTINUATION, OPENED, PING, PONG, TEXT, Closed, Pictures,
                        Pong, close, frame, handshake)

NORMAL, GOING_AWAY, PROTOCOL_ERROR, BAD_TEXT, TOO_BIG = 1000, 1001, 1002, 1007, 1009
MAX = 65536


def on(name, section, *steps, server="calm"):
    """A case on an open WebSocket."""
    return case(name, section, handshake(), OPENED, *steps, server=server)


def fails(name, section, *steps, code=PROTOCOL_ERROR):
    return on(name, section, *steps, Closed(code))


def after(name, section, *steps):
    """The connection goes on after these frames."""
    return on(name, section, *steps, frame(PING, b"after"), Pong(b"after"))


MESSAGES = [
    after(f"a {kind} message of {size} bytes is taken", "5.2", frame(opcode, b"x" * size))
    for kind, opcode in (("text", TEXT), ("binary", BINARY))
    for size in (0, 1, 125, 126, 127, 128, 65535, MAX)
] + [
    on("a message in pieces of one byte", "5.2",
       Bytewise(frame(TEXT, b"hello") + frame(PING, b"x")), Pong(b"x")),
    on("a long message in pieces of one byte", "5.2",
       Bytewise(frame(BINARY, b"y" * 200) + frame(PING, b"x")), Pong(b"x")),
    after("many messages at once", "5.2", frame(TEXT, b"hello") * 1000),
    after("a mask of zeros", "5.3", frame(TEXT, b"hello", mask=bytes(4))),
    after("a mask of ones", "5.3", frame(TEXT, b"hello", mask=b"\xff" * 4)),
    on("a message longer than is taken", "10.4", frame(BINARY, b"x" * (MAX + 1)), Closed(TOO_BIG)),
    on("the longest length", "10.4", frame(BINARY, length=b"\x7f\x7f" + b"\xff" * 7),
       Closed(TOO_BIG)),
]

FRAGMENTS = [
    after("two fragments", "5.4", frame(TEXT, b"a", final=False) + frame(CONTINUATION, b"b")),
    after("many fragments", "5.4", frame(BINARY, b"a", final=False)
          + frame(CONTINUATION, b"b", final=False) * 100 + frame(CONTINUATION, b"c")),
    after("empty fragments", "5.4", frame(TEXT, final=False) + frame(CONTINUATION, final=False)
          + frame(CONTINUATION)),
    on("a ping between fragments", "5.4", frame(TEXT, b"a", final=False) + frame(PING, b"between"),
       Pong(b"between"), frame(CONTINUATION, b"b")),
    on("a close between fragments", "5.4", frame(TEXT, b"a", final=False) + close(NORMAL),
       Closed(NORMAL)),
    after("fragments of the longest message", "5.4",
          frame(BINARY, b"x" * (MAX // 2), final=False) + frame(CONTINUATION, b"x" * (MAX // 2))),
    on("fragments of a longer message", "10.4",
       frame(BINARY, b"x" * (MAX // 2), final=False) + frame(CONTINUATION, b"x" * (MAX // 2 + 1)),
       Closed(TOO_BIG)),
    fails("a continuation of nothing", "5.4", frame(CONTINUATION, b"x")),
    fails("an unfinished continuation of nothing", "5.4", frame(CONTINUATION, b"x", final=False)),
    fails("a continuation of a whole message", "5.4",
          frame(TEXT, b"a") + frame(CONTINUATION, b"b")),
    fails("a text within a text", "5.4", frame(TEXT, b"a", final=False) + frame(TEXT, b"b")),
    fails("a binary message within a text", "5.4",
          frame(TEXT, b"a", final=False) + frame(BINARY, b"b")),
    fails("an unfinished text within a text", "5.4", frame(TEXT, b"a", final=False) * 2),
]

HEADERS = [
    fails(f"reserved bits {bits:03b}", "5.2", frame(TEXT, b"x", reserved=bits))
    for bits in range(1, 8)
] + [
    fails(f"reserved bits {bits:03b} in a ping", "5.2", frame(PING, b"x", reserved=bits))
    for bits in (1, 2, 4)
] + [
    fails(f"opcode {opcode}", "5.2", frame(opcode, b"x"))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
] + [
    fails(f"an unmasked frame with opcode {opcode}", "5.1", frame(opcode, b"x", mask=None))
    for opcode in (TEXT, BINARY, PING, PONG)
] + [
    fails("an unmasked close", "5.1", frame(CLOSE, b"\x03\xe8", mask=None)),
    fails("an unmasked empty frame", "5.1", frame(TEXT, mask=None)),
    fails("125 bytes stated in 16 bits", "5.2", frame(BINARY, b"x" * 125, length=b"\x7e\x00\x7d")),
    fails("0 bytes stated in 16 bits", "5.2", frame(BINARY, length=b"\x7e\x00\x00")),
    fails("65535 bytes stated in 64 bits", "5.2",
          frame(BINARY, length=b"\x7f" + (65535).to_bytes(8, "big"))),
    fails("1 byte stated in 64 bits", "5.2",
          frame(BINARY, length=b"\x7f" + (1).to_bytes(8, "big"))),
    fails("the highest bit of the length", "5.2", frame(BINARY, length=b"\x7f\x80" + b"\x00" * 7)),
]

CONTROL = [
    on(f"a ping of {size} bytes", "5.5.2", frame(PING, b"p" * size), Pong(b"p" * size))
    for size in (0, 1, 124, 125)
] + [
    on("a ping of any bytes", "5.5.2", frame(PING, bytes(range(125))), Pong(bytes(range(125)))),
    on("a ping that is no UTF-8", "5.5.2", frame(PING, b"\xff\xfe"), Pong(b"\xff\xfe")),
    on("pings one after another", "5.5.3",
       *[step for n in range(20) for step in (frame(PING, b"%d" % n), Pong(b"%d" % n))]),
    on("a ping in pieces of one byte", "5.5.2", Bytewise(frame(PING, b"slow")), Pong(b"slow")),
    after("a pong that nobody asked for", "5.5.3", frame(PONG, b"x")),
    after("an empty pong", "5.5.3", frame(PONG)),
    after("many pongs", "5.5.3", frame(PONG, b"x") * 1000),
    fails("a ping of 126 bytes", "5.5", frame(PING, b"p" * 126)),
    fails("a pong of 126 bytes", "5.5", frame(PONG, b"p" * 126)),
    fails("a close of 126 bytes", "5.5", close(NORMAL, b"x" * 124)),
    fails("a ping of 65536 bytes", "5.5", frame(PING, length=b"\x7f" + MAX.to_bytes(8, "big"))),
    fails("a ping in fragments", "5.5", frame(PING, b"p", final=False)),
    fails("a pong in fragments", "5.5", frame(PONG, b"p", final=False)),
    fails("a close in fragments", "5.5", frame(CLOSE, b"\x03\xe8", final=False)),
    fails("a ping whose length is stated in 16 bits", "5.5",
          frame(PING, b"p", length=b"\x7e\x00\x01")),
]

CLOSING = [
    on(f"a close with {code} is answered with it", "7.4", close(code), Closed(code))
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
                 4000, 4999)
] + [
    fails(f"a close with {code}, which is never sent", "7.4", close(code))
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
] + [
    on("a close without a code", "5.5.1", close(), Closed(None)),
    fails("a close with half a code", "5.5.1", frame(CLOSE, b"\x03")),
    on("a close with a reason", "5.5.1", close(NORMAL, b"bye"), Closed(NORMAL)),
    on("a close with the longest reason", "5.5.1", close(NORMAL, b"x" * 123), Closed(NORMAL)),
    on("a close with a reason beyond ASCII", "5.5.1", close(NORMAL, "adiós".encode()),
       Closed(NORMAL)),
    fails("a close with a reason that is no UTF-8", "8.1", close(NORMAL, b"\xff"), code=BAD_TEXT),
    fails("a close with a reason that ends within a character", "8.1", close(NORMAL, b"\xe2\x82"),
          code=BAD_TEXT),
    on("a close in pieces of one byte", "5.5.1", Bytewise(close(NORMAL, b"bye")), Closed(NORMAL)),
    on("nothing is answered behind a close", "5.5.1", close(NORMAL) + frame(PING, b"late"),
       Closed(NORMAL)),
    on("two closes", "5.5.1", close(NORMAL) + close(GOING_AWAY), Closed(NORMAL)),
    on("a malformed frame behind a close", "7.1.1", close(NORMAL) + frame(3, b"x"), Closed(NORMAL)),
    on("the end behind a close", "7.1.1", close(NORMAL), Finish(), Closed(NORMAL), End()),
    on("the end without a close", "7.1.5", Finish(), Closed(PROTOCOL_ERROR), End()),
    on("the end within a frame", "7.1.5", frame(TEXT, b"hello")[:-2], Finish(),
       Closed(PROTOCOL_ERROR), End()),
]

TEXTS = [
    after(f"the text {text!r}", "5.6", frame(TEXT, text.encode())) for text in (
        "Grüße", "κόσμε", "\U0001f600", "\x00", "\x7f", "\u0080", "\u07ff", "\u0800", "\uffff",
        "\U00010000", "\U0010ffff", "\ud7ff", "\ue000", "\ufeff")
] + [
    fails(f"the text {text!r} is no UTF-8", "8.1", frame(TEXT, text), code=BAD_TEXT) for text in (
        b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3x", b"\xe0\x80\x80",
        b"\xe0\x9f\xbf", b"\xe2\x82", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
        b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xfe",
        b"\xff", b"hello \xe4", b"\xe2\x28\xa1")
] + [
    after("a character in two fragments", "5.6",
          frame(TEXT, b"\xe2\x82", final=False) + frame(CONTINUATION, b"\xac")),
    on("a character in two fragments with a ping between", "5.6",
       frame(TEXT, b"\xe2\x82", final=False) + frame(PING, b"\xff"), Pong(b"\xff"),
       frame(CONTINUATION, b"\xac")),
    on("a text in pieces of one byte", "5.6",
       Bytewise(frame(TEXT, "\U0001f600 κόσμε".encode()) + frame(PING)), Pong(b"")),
    fails("a text that ends within a character, in fragments", "8.1",
          frame(TEXT, b"\xe2\x82", final=False) + frame(CONTINUATION), code=BAD_TEXT),
    fails("a broken character in two fragments", "8.1",
          frame(TEXT, b"\xe2\x82", final=False) + frame(CONTINUATION, b"x"), code=BAD_TEXT),
    fails("a text fails at its first wrong byte", "8.1", frame(TEXT, b"\xff", final=False),
          code=BAD_TEXT),
    after("a binary message may be anything", "5.6", frame(BINARY, bytes(range(256)))),
    after("a binary message in fragments may be anything", "5.6",
          frame(BINARY, b"\xff", final=False) + frame(CONTINUATION, b"\xfe")),
    after("a text after a binary message", "5.6", frame(BINARY, b"\xe2") + frame(TEXT, b"x")),
]

PICTURES = [
    on("the newest picture comes at once", "5.6", Pictures(1)),
    on("pictures follow each other", "5.6", Pictures(5), server="lively"),
    on("pictures between pings", "5.4", Pictures(1), frame(PING, b"1"), Pong(b"1"), Pictures(1),
       frame(PING, b"2"), Pong(b"2"), server="lively"),
    on("pictures, then a close", "7.1.1", Pictures(2), close(NORMAL), Closed(NORMAL),
       server="lively"),
    on("a malformed frame between pictures", "7.1.7", Pictures(2), frame(3), Closed(PROTOCOL_ERROR),
       server="lively"),
    case("two cameras over one connection", "5.4", handshake("/ws?cameras=first,second"), OPENED,
         Pictures(6), close(NORMAL), Closed(NORMAL), server="lively"),
]

CASES = MESSAGES + FRAGMENTS + HEADERS + CONTROL + CLOSING + TEXTS + PICTURES
