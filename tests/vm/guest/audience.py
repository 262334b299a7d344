# SPDX-License-Identifier: Apache-2.0
"""Viewers that stay, whatever happens to the camera."""
import contextlib
import re
import sys

from decoder import problem_of

import harness
import viewers
from client import expect, jpeg_size

VIEWERS = 3
PATIENCE_SECONDS = 90  # an emulated processor, shared with other programs
FRAME_COMMENT = re.compile(rb"\xff\xfe..frame (\d+)", re.DOTALL)  # the emulated camera's


class Witness(viewers.Viewer):
    """A viewer that records what it received. Every frame is decoded, once for all viewers."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.pictures = []  # the newest JPEGs that are not slates
        self.picture_count = 0
        self.slates = []    # reasons, in order, without consecutive duplicates

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
        """All viewers continue watching until `satisfied()`."""
        super().watch(satisfied, seconds)

    def see_pictures(self, count=3, like=lambda jpeg: True):
        """Until every viewer has `count` more pictures; `like` must be true for the last one."""
        enough = [viewer.picture_count + count for viewer in self.viewers]
        self.watch(lambda: all(viewer.picture_count >= least and like(viewer.pictures[-1])
                               for viewer, least in zip(self.viewers, enough)))

    def see_slate(self, pattern):
        """Until every viewer sees a slate whose reason matches, possibly one already shown."""
        self.watch(lambda: all(viewer.slate and re.search(pattern, viewer.slate)
                               for viewer in self.viewers))

    def newest(self):
        """The newest picture of the first viewer."""
        return self.viewers[0].pictures[-1]


def frame_number(jpeg):
    """The number that the emulated camera wrote into an MJPEG frame; None for other frames."""
    found = FRAME_COMMENT.search(jpeg)
    return int(found[1]) if found else None


def has_size(width, height):
    return lambda jpeg: jpeg_size(jpeg) == (width, height)


@contextlib.contextmanager
def serving(*flags, viewers_count=VIEWERS):
    """A server and its audience; the server's log is printed on a failure."""
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
