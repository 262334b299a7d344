#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What RFC 9110, 9112 and 6455 and the contract require, case by case, over raw sockets against
the real binary.

    conformance_test.py --binary FANLIGHT --backend uring|epoll [--transport plain] [TEXT]

With TEXT only the cases whose section, name or table contains it. A table is a module with a list
CASES; case.py says what a case is made of, message.py and web_socket.py what is checked of every
response and frame.
"""
import argparse
import faulthandler
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "smoke"))
import harness  # noqa: E402
from case import request  # noqa: E402
from message import read_response  # noqa: E402
from peer import Peer, expect  # noqa: E402
from runner import run  # noqa: E402
from servers import SERVERS  # noqa: E402
from tables import TABLES, cases_of  # noqa: E402
from transport import TRANSPORTS  # noqa: E402


def wait_for_pictures(address, transport):
    """A snapshot waits for the first picture, or slate."""
    with Peer(address, transport) as peer:
        peer.send(request("/snapshot", "Connection: close"))
        expect(read_response(peer).field("Content-Type") == "image/jpeg", "no picture")


def run_all(chosen, transport):
    """Prints what fails; returns how many."""
    failures = 0
    for name, flags in SERVERS.items():
        here = [one for one in chosen if one.server == name]
        if not here:
            continue
        with harness.Fanlight(*transport.flags(), *flags) as fanlight:
            wait_for_pictures(fanlight.address, transport)
            for one in here:
                failure = run(one, fanlight.address, transport)
                if failure:
                    failures += 1
                    print(failure, flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--backend", choices=["uring", "epoll"], required=True)
    parser.add_argument("--transport", choices=TRANSPORTS, default="plain")
    parser.add_argument("text", nargs="?", default="")
    parser.parse_args(namespace=harness.options)
    faulthandler.dump_traceback_later(270, exit=True)
    chosen = [one for table in TABLES for one in cases_of(table)
              if harness.options.text in f"{table} {one.section} {one.name}"]
    failures = run_all(chosen, TRANSPORTS[harness.options.transport])
    print(f"{len(chosen)} cases, {failures} failed")
    return 1 if failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
