# SPDX-License-Identifier: Apache-2.0
"""Viewers who stay, whatever becomes of the camera."""
import contextlib
import re
import sys

from decoder import problem_of

import harness
import viewers
from client import expect, jpeg_size

VIEWERS = 3
PATIENCE_SECONDS = 90  # an emulated processor, of which other programs have a part
FRAME_COMMENT = re.compile(rb"\xff\xfe..frame (\d+)", re.DOTALL)  # the emulated camera's


class Witness(viewers.Viewer):
    """A viewer that remembers what it saw. Every frame is decoded, once for all who get it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.pictures = []  # JPEGs that are no slates, the newest ones
        self.picture_count = 0
        self.slates = []    # reasons, in order, each once in a row

    def check(self, sequence, jpeg):
        is_repeat = sequence == self.last  # a sign of life
        is_new = sequence not in self.known
        super().check(sequence, jpeg)
        if is_new:
            expect(not problem_of(jpeg), f"frame {sequence} is broken: {problem_of(jpeg)}")
        if is_repeat:
            return
        if not self.slate:
            self.pictures = [*self.pictures[-9:], jpeg]
            self.picture_count += 1
        elif self.slates[-1:] != [self.slate]:
            self.slates.append(self.slate)


class Audience(viewers.Crowd):
    viewer_type = Witness

    def watch(self, satisfied, seconds=PATIENCE_SECONDS):
        """Everybody goes on watching until `satisfied()`."""
        super().watch(satisfied, seconds)

    def see_pictures(self, count=3, like=lambda jpeg: True):
        """Until everybody has got `count` more pictures; the last one must be `like` that."""
        enough = [viewer.picture_count + count for viewer in self.viewers]
        self.watch(lambda: all(viewer.picture_count >= least and like(viewer.pictures[-1])
                               for viewer, least in zip(self.viewers, enough)))

    def see_slate(self, pattern):
        """Until everybody sees a slate whose reason matches, also one that is there already."""
        self.watch(lambda: all(viewer.slate and re.search(pattern, viewer.slate)
                               for viewer in self.viewers))

    def newest(self):
        """The newest picture of the first viewer."""
        return self.viewers[0].pictures[-1]


def frame_number(jpeg):
    """What the emulated camera wrote into an MJPEG frame; None when it is not one of those."""
    found = FRAME_COMMENT.search(jpeg)
    return int(found[1]) if found else None


def has_size(width, height):
    return lambda jpeg: jpeg_size(jpeg) == (width, height)


@contextlib.contextmanager
def serving(*flags, viewers_count=VIEWERS):
    """A server and its audience; the server's log is shown when something fails."""
    with harness.Fanlight(*flags) as server:
        try:
            with Audience(server.address, viewers_count) as audience:
                yield server, audience
            code, _ = server.stop()
            expect(code == 0, f"exit code {code}")
        except BaseException:
            print("--- the server's log", *filter(None, server.lines), "---", sep="\n",
                  file=sys.stderr)
            raise
