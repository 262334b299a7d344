#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A takeover that goes wrong, on either side and at any moment: the running server goes on."""
import os
import subprocess
import unittest

from case import EX_CONFIG, EX_NOINPUT, EX_OSERR, EX_UNAVAILABLE, TakeoverCase
import harness
import peer
from viewers import Crowd


class SuccessorThatFailsTest(TakeoverCase):
    """The running server goes on, and its viewers notice nothing."""

    def setUp(self):
        super().setUp()
        self.address = self.serve()
        self.instance = self.summary(self.address)["instance_id"]
        self.crowd = self.enterContext(Crowd(self.address, 20))
        self.expect_continues(self.crowd)

    def expect_nothing(self):
        self.expect_nothing_happened(self.address, self.crowd, self.instance)

    def test_it_cannot_start(self):
        socket_only = self.flags[:2]
        taken = self.address
        for own, expected in (
                ([*socket_only, "--source", "files:/nonexistent", "--exit-on-no-source"],
                 EX_NOINPUT),
                ([*self.flags, "--tls-cert", "/nonexistent"], EX_CONFIG),
                ([*self.flags, "--config", "/nonexistent"], EX_CONFIG),
                ([*self.flags, "--listen", f"127.0.0.1:{taken[1]}"], EX_OSERR)):
            code, log = self.run_command("--take-over", own=own)
            self.assertEqual(code, expected, log)
            self.expect_nothing()
        self.service.wait_for(self.service.lines, "this server goes on")

    def test_it_is_not_fanlight(self):
        with peer.Peer.successor(self.path) as other:
            other.say(b"GET / HTTP/1.1\r\n\r\n")
            other.expect_end()
        self.expect_nothing()

    def test_it_has_another_format(self):
        with peer.Peer.successor(self.path) as later:
            later.say(peer.hello(9))
            self.assertEqual(later.hear()[:11], peer.welcome()[:11])
        self.expect_nothing()

    def test_it_ends_before_it_is_ready(self):
        with peer.Peer.successor(self.path) as successor:
            successor.say(peer.hello())
            successor.hear_until(peer.WELCOME)
            successor.say(bytes([peer.TAKE]))
            successor.hear_until(peer.OFFER)
            self.assertGreater(len(successor.descriptors), 2)
        self.service.wait_for(self.service.lines, "the successor failed: it has ended")
        self.expect_nothing()

    def test_it_ends_with_the_viewers_in_its_hands(self):
        for _ in range(3):
            with peer.Peer.successor(self.path) as successor:
                successor.become_ready("camera")
                successor.hear_until(peer.COMPLETE)
                self.assertGreater(len(successor.descriptors), 20)
            self.expect_nothing()

    def test_it_hangs_before_it_is_ready(self):
        """Others may try again after half a minute; until then they are turned away."""
        with peer.Peer.successor(self.path) as successor:
            successor.say(peer.hello())
            successor.hear_until(peer.WELCOME)
            successor.say(bytes([peer.TAKE]))
            successor.hear_until(peer.OFFER)
            given_up = "the successor failed: it does not get ready"
            self.crowd.watch(lambda: any(given_up in line for line in self.service.lines), 60)
            successor.expect_end()
        self.expect_nothing()

    def test_it_hangs_with_the_viewers_in_its_hands(self):
        with peer.Peer.successor(self.path) as successor:
            successor.become_ready("camera")
            self.service.wait_for(self.service.lines, "this server goes on")
            self.expect_nothing()

    def test_it_has_not_received_all(self):
        with peer.Peer.successor(self.path) as successor:
            successor.become_ready("camera")
            successor.hear_until(peer.COMPLETE)
            successor.say(peer.received(19))
            successor.expect_end()
        self.service.wait_for(self.service.lines, "this server goes on")
        self.expect_nothing()

    def test_it_says_what_it_should_not(self):
        for message in (peer.ready("Not a name"), peer.received(3), b"\xff" * 1000, b"\0"):
            with peer.Peer.successor(self.path) as successor:
                successor.say(peer.hello())
                successor.hear_until(peer.WELCOME)
                successor.say(bytes([peer.TAKE]))
                successor.hear_until(peer.OFFER)
                successor.say(message)
                successor.expect_end()
        self.expect_nothing()

    def test_two_at_once(self):
        with peer.Peer.successor(self.path) as first:
            first.say(peer.hello())
            first.hear_until(peer.WELCOME)
            code, log = self.run_command("--take-over")
            self.assertEqual(code, EX_UNAVAILABLE, log)
        self.expect_nothing()
        self.take_over()
        self.expect_continues(self.crowd)

    def test_after_failures_one_succeeds(self):
        self.test_it_ends_with_the_viewers_in_its_hands()
        self.take_over()
        self.assertEqual(self.service.wait(), 0)
        self.expect_continues(self.crowd)
        self.assertEqual(self.summary(self.address)["viewers"], 20)


class PredecessorThatFailsTest(TakeoverCase):
    """A start that is told nonsense ends with a reason."""

    def take_over_from(self, answers):
        """The exit code and the log of a start whose predecessor says this, and no more."""
        with peer.Predecessor(self.path) as predecessor:
            with subprocess.Popen(
                    [harness.options.binary, "--backend", harness.options.backend, *self.flags,
                     "--take-over"], stderr=subprocess.PIPE, text=True) as process:
                with predecessor.meet() as other:
                    for answer in answers:
                        other.hear()
                        if answer and answer[0] == peer.OFFER:
                            other.say(peer.listener(2, self.path), predecessor.listener)
                        if answer:
                            other.say(answer)
                return process.wait(harness.DEADLINE_SECONDS), process.stderr.read()

    def test_another_format(self):
        code, log = self.take_over_from([peer.welcome(9)])
        self.assertEqual(code, EX_UNAVAILABLE)
        self.assertIn("Fanlight 9.9 passes its viewers on in format 9, this version takes 1", log)

    def test_not_fanlight(self):
        code, log = self.take_over_from([b"HTTP/1.1 400 Bad Request\r\n\r\n"])
        self.assertEqual(code, EX_UNAVAILABLE)
        self.assertIn("is not Fanlight", log)

    def test_a_listener_without_a_socket(self):
        code, log = self.take_over_from([peer.welcome(), peer.listener(0, "x")])
        self.assertEqual(code, EX_UNAVAILABLE)
        self.assertIn("its listeners make no sense", log)

    def test_it_breaks_off(self):
        """When the other one is ready, and after it has the viewers."""
        for last in (b"", peer.cameras(("camera", 7, 7)), peer.complete(1)):
            code, log = self.take_over_from([peer.welcome(), peer.offer(), last])
            self.assertEqual(code, EX_UNAVAILABLE, log)
            self.assertIn("the running server goes on", log)
            self.assertTrue(os.path.exists(self.path))


if __name__ == "__main__":
    harness.main()
