# SPDX-License-Identifier: Apache-2.0
"""Runs one case on one connection."""
import contextlib
import dataclasses
import re

import case as kinds
from message import read_response
from peer import Peer, Violation, expect
from web_socket import OPENED, Awaited, Frames, close

SHOWN_BYTES_MAX = 500


def check(response, answer):
    """What the case, rather than every response, requires."""
    expect(response.status == answer.status,
           f"{response.status} {response.reason} instead of {answer.status}")
    for name, pattern in answer.has.items():
        value = response.field(name)
        expect(value is not None, f"{name} is missing")
        expect(re.fullmatch(pattern, value), f"{name} is {value!r} instead of {pattern!r}")
    for name in answer.lacks:
        value = response.field(name)
        expect(value is None, f"{name}: {value}, which must be absent")
    if answer.framing:
        expect(response.framing == answer.framing,
               f"the body is delimited by {response.framing} instead of {answer.framing}")
    if answer.closes is not None:
        expect(response.closes == answer.closes,
               "the connection is to be closed" if answer.closes else "the connection is not kept")
    if answer.minor is not None:
        expect(response.minor == answer.minor, f"HTTP/1.{response.minor}")
    if callable(answer.body):
        wrong = answer.body(response.body)
        expect(not wrong, f"the body: {wrong}")
    elif answer.body is not None:
        expect(response.body == answer.body, f"the body is {response.body[:300]!r}")


class Run:
    """The state of a case between its steps. `last`: the newest response."""

    def __init__(self, peer):
        self.peer = peer
        self.frames = Frames(peer)
        self.last = None
        self.remembered = ""
        self.ended = False
        self.beside = contextlib.ExitStack()

    def step(self, step):
        if isinstance(step, bytes):
            self.peer.send(step.replace(b"<it>", self.remembered.encode()))
        elif isinstance(step, kinds.Bytewise):
            for byte in step.data:
                self.peer.send(bytes([byte]))
        elif isinstance(step, kinds.Answer):
            self.last = read_response(self.peer, step.method)
            has = {name: value.replace("<it>", re.escape(self.remembered))
                   for name, value in step.has.items()}
            check(self.last, dataclasses.replace(step, has=has))
        elif isinstance(step, kinds.Remember):
            self.remembered = self.last.field(step.name)
        elif isinstance(step, kinds.Beside):
            self.open_beside(step)
        elif isinstance(step, kinds.Finish):
            self.peer.finish()
        elif isinstance(step, kinds.End):
            self.peer.expect_end()
            self.ended = True
        elif isinstance(step, Awaited):
            step.await_in(self.frames)
        else:
            raise TypeError(f"not a step: {step!r}")

    def open_beside(self, step):
        """Opens a WebSocket; it is closed in order, so that its place is free for the next case."""
        other = self.beside.enter_context(Peer(self.peer.address, self.peer.transport))
        other.send(step.handshake)
        check(read_response(other), OPENED)
        self.beside.callback(other.to_end)
        self.beside.callback(other.send, close(1000))

    def end(self):
        """Neither side has anything left."""
        if self.ended:
            return
        if self.frames.closed or (self.last and self.last.closes):
            return self.peer.expect_end()
        if self.last and self.last.status == 101:
            return self.frames.probe()
        self.peer.send(kinds.request("/healthz", "Connection: close"))
        last = read_response(self.peer)
        expect((last.status, last.body) == (200, b"ok\n"),
               f"a further request is answered {last.status}, {last.body[:200]!r}")
        self.peer.expect_end()


def run(one, address, transport):
    """None, or a text that says what is wrong."""
    with Peer(address, transport) as peer:
        try:
            progress = Run(peer)
            with progress.beside:
                for step in one.steps:
                    progress.step(step)
                progress.end()
            return None
        except Violation as violation:
            return (f"{one.section}: {one.name}\n  {violation}\n  sent     {shown(peer.sent)}\n"
                    f"  received {shown(peer.received)}")


def shown(data):
    rest = len(data) - SHOWN_BYTES_MAX
    return repr(data[:SHOWN_BYTES_MAX]) + (f" and {rest} bytes more" if rest > 0 else "")
