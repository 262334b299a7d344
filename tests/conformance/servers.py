# SPDX-License-Identifier: Apache-2.0
"""The servers that cases ask for by name."""

SERVERS = {
    # The picture stays the same for longer than any case takes.
    "calm": ("--source", "emulator", "--fps", "0.01"),
    # A new picture every 50 ms; scripts of one other origin may read and change.
    "lively": ("--camera", "first=emulator,fps=20", "--camera", "second=emulator,fps=20",
               "--allow-control", "--cors-origin", "https://named.example"),
    # There never is a picture.
    "lost": ("--source", "latest:/nonexistent/picture.jpg"),
    # There is place for one viewer.
    "full": ("--source", "emulator", "--max-viewers", "1"),
    # Everything has an end soon: only for cases in which the server ends the connection.
    "hasty": ("--source", "emulator", "--header-timeout", "500ms", "--idle-timeout", "2s"),
}
