# SPDX-License-Identifier: Apache-2.0
"""Compares what a relay shows with what the camera's server showed: of which frame each segment is,
byte for byte, and how far each frame is from the camera's of the same time.
"""
import collections
import io
import itertools
import re
from dataclasses import dataclass, field

import numpy
from PIL import Image

from servers import Failed

PART_HEAD = re.compile(rb"Content-Type: image/jpeg\r\nContent-Length: (\d+)\r\n"
                       rb"X-Timestamp: (\d+)\.(\d{6})\r\nX-Sequence: (\d+)\r\n"
                       rb"(X-Slate: [^\r]*\r\n)?\r\n")
RESTART = re.compile(rb"\xff[\xd0-\xd7]")  # a marker: 00 follows ff in a segment (T.81 F.1.2.3)
SOF0, SOS, DRI = 0xc0, 0xda, 0xdd
BAD_SEGMENT = 25  # dB
PSNR_MAX = 99


@dataclass(frozen=True)
class Frame:
    captured: int  # microseconds; a relay passes it on, so it identifies a frame
    sequence: int  # the server's own
    jpeg: bytes


def read_stream(path):
    """The frames of a stream as it was received, without slates and without what was cut off."""
    data = path.read_bytes()
    at = 0
    while head := PART_HEAD.search(data, at):
        size, seconds, micros, sequence = map(int, head.groups()[:4])
        at = head.end() + size
        if at <= len(data) and not head[5]:
            yield Frame(seconds * 1_000_000 + micros, sequence, data[head.end():at])


@dataclass(frozen=True)
class Division:
    """A JPEG's head, how that divides it, and the bytes of each segment."""
    head: bytes
    width: int  # of a segment, pixels
    height: int
    segments: list = field(repr=False)


def divide(jpeg):
    """Raises Failed if it is not divided."""
    at, marker, interval, mcu = 2, None, 0, (0, 0)
    while marker != SOS:
        marker, content = jpeg[at + 1], jpeg[at + 4:]
        if marker == DRI:
            interval = int.from_bytes(content[:2], "big")
        if marker == SOF0:
            factors = [content[7 + 3 * component] for component in range(content[5])]
            mcu = 8 * max(f >> 4 for f in factors), 8 * max(f & 15 for f in factors)
        at += 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
    if not interval:
        raise Failed("a frame without restart intervals")
    return Division(jpeg[:at], interval * mcu[0], mcu[1], RESTART.split(jpeg[at:-2]))


@dataclass
class Origin:
    """Which segments the camera's server showed, and when last."""
    head: bytes = b""
    shown: list = field(default_factory=list)  # for each segment: {its bytes: captured}

    def show(self, frame, division):
        if division.head != self.head or len(division.segments) != len(self.shown):
            self.head = division.head
            self.shown = [{} for _ in division.segments]
        for known, segment in zip(self.shown, division.segments):
            known[segment] = frame.captured

    def oldest(self, frame, division):
        """(seconds, how many segments are of no frame)"""
        if division.head != self.head or len(division.segments) != len(self.shown):
            return 0, len(division.segments)
        seen = [known.get(segment) for known, segment in zip(self.shown, division.segments)]
        ages = [frame.captured - captured for captured in seen if captured is not None]
        return max(ages, default=0) / 1e6, seen.count(None)


def luma(jpeg):
    picture = Image.open(io.BytesIO(jpeg))
    picture.draft("L", picture.size)  # the decoder leaves the colours out
    return numpy.asarray(picture.convert("L"), numpy.int16)


def psnr(mean_square):
    with numpy.errstate(divide="ignore"):
        return numpy.minimum(PSNR_MAX, 10 * numpy.log10(255 ** 2 / numpy.asarray(mean_square)))


def mean_squares(one, other, width, height):
    """(of the whole picture, of each of its segments)"""
    squares = (one.astype(numpy.int32) - other) ** 2
    down, across = (numpy.arange(0, all_of, step)
                    for all_of, step in zip(squares.shape, (height, width)))

    def by_segment(values):
        return numpy.add.reduceat(numpy.add.reduceat(values, down, axis=0), across, axis=1)
    return squares.mean(), by_segment(squares) / by_segment(numpy.ones_like(squares))


class Quality:
    """PSNR of luma, of frames in the order of capture."""

    def __init__(self):
        self.frames = []
        self.segment_min = PSNR_MAX
        self.longest_bad_seconds = 0
        self.bad_since = None  # of each segment: captured; 0: it is not bad

    def add(self, frame, of_origin, division, interval):
        whole, segments = mean_squares(luma(frame.jpeg), luma(of_origin.jpeg), division.width,
                                       division.height)
        self.frames.append(float(psnr(whole)))
        quality = psnr(segments)
        self.segment_min = min(self.segment_min, float(quality.min()))
        if self.bad_since is None:
            self.bad_since = numpy.zeros(quality.shape, numpy.int64)
        bad = quality < BAD_SEGMENT
        self.bad_since[~bad] = 0
        self.bad_since[bad & (self.bad_since == 0)] = frame.captured
        if bad.any():
            longest = frame.captured - int(self.bad_since[bad].min()) + interval
            self.longest_bad_seconds = max(self.longest_bad_seconds, longest / 1e6)


def compare(origin, relay, since, until, interval):
    """`origin`, `relay`: their frames, in the order of capture. Those captured within `since` and
    `until` are compared, the camera's before serve as what a segment may be of. `interval`: between
    two of the camera's frames. Microseconds."""
    if any(later.sequence != earlier.sequence + 1
           for earlier, later in itertools.pairwise(origin)):
        raise Failed("the recording of the origin has gaps")
    relayed = {frame.captured: frame for frame in relay}
    shown, quality, counts = Origin(), Quality(), collections.Counter()
    oldest = 0
    for frame in origin:
        if frame.captured > until:
            break
        counts["window"] += frame.captured >= since
        shown.show(frame, divide(frame.jpeg))
        mine = relayed.pop(frame.captured, None)
        if mine is None or mine.captured < since:
            continue
        division = divide(mine.jpeg)
        age, foreign = shown.oldest(mine, division)
        oldest = max(oldest, age)
        counts["frames"] += 1
        counts["foreign"] += foreign
        quality.add(mine, frame, division, interval)
    if not counts["frames"]:
        raise Failed("no frame of the relay is one of the origin's")
    unknown = sum(since <= captured <= until for captured in relayed)
    return {"frames": counts["frames"], "of": counts["window"], "unknown": unknown,
            "foreign": counts["foreign"], "oldest": oldest,
            "psnr_mean": float(numpy.mean(quality.frames)), "psnr_min": min(quality.frames),
            "segment_min": quality.segment_min,
            "longest_bad_seconds": quality.longest_bad_seconds}
