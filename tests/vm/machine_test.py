#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A machine reports its command's exit status, and a command that does not end. Without this, no
test that runs in a machine could fail."""
import io
import unittest

from machine import DIED, TIMED_OUT, Machine, run


class MachineTest(unittest.TestCase):
    def run_in(self, command, timeout_seconds=300):
        console = io.StringIO()
        machine = Machine(modules=(), timeout_seconds=timeout_seconds)
        return run(machine, ["/bin/sh", "-c", command], console), console.getvalue()

    def test_status_and_output_of_the_command_are_returned(self):
        status, console = self.run_in("echo This is $(uname -n); exit 7")
        self.assertEqual(status, 7, console)
        self.assertIn("This is machine", console)
        self.assertIn("the kernel's last messages", console)

    def test_a_kernel_panic_is_shown(self):
        status, console = self.run_in("echo c >/proc/sysrq-trigger")
        self.assertEqual(status, DIED, console)
        self.assertIn("Kernel panic", console)

    def test_a_command_that_does_not_end_times_out(self):
        # Shorter than the start of the machine itself.
        status, console = self.run_in("exec sleep 1000", timeout_seconds=1)
        self.assertEqual(status, TIMED_OUT, console)
        self.assertIn("no end after 1 s", console)


if __name__ == "__main__":
    unittest.main(verbosity=2)
