#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How bench/segments judges what it received: a search for a number of viewers, and recordings."""
import io
import pathlib
import sys
import tempfile
import unittest

import numpy
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
import segments_frames  # noqa: E402
import segments_recording as recording  # noqa: E402
import segments_relay  # noqa: E402
import segments_wire  # noqa: E402
from segments_recording import Frame, compare  # noqa: E402
from servers import Failed  # noqa: E402

SECOND = 1_000_000
INTERVAL = SECOND // 10
SIZE = (128, 32)
# Where the scan header of Pillow's JPEGs gets four segments of 64x16: an interval of four MCUs.
RESTART_INTERVAL = b"\xff\xdd\x00\x04\x00\x04"
GOOD = {"fps_min": 30, "age_p95": 20, "lost": 0, "drops": 0, "broken": 0}


class SearchTest(unittest.TestCase):
    def test_the_largest_number_is_found(self):
        for largest in range(20):
            tried = []

            def holds(number):
                tried.append(number)
                return number <= largest
            self.assertEqual(segments_wire.most(holds, 1000), largest)
            self.assertLess(len(tried), 11)
            self.assertEqual(len(set(tried)), len(tried))
        self.assertEqual(segments_wire.most(lambda number: True, 100), 100)

    def test_whatever_a_viewer_misses_counts(self):
        scale = segments_wire.Scale()
        self.assertEqual(segments_wire.misses_of(GOOD, scale), [])
        for key, value, missed in (("fps_min", 29, "rate"), ("age_p95", 60.1, "age"),
                                   ("age_p95", None, "age"), ("lost", 1, "viewers lost"),
                                   ("drops", 1, "drops"), ("broken", 1, "broken frames")):
            self.assertEqual(segments_wire.misses_of({**GOOD, key: value}, scale), [missed])


def divided(*greys):
    """A JPEG of four segments, two in a row, each of one grey."""
    pictures = []
    for grey in greys:
        file = io.BytesIO()
        Image.new("RGB", SIZE, (grey, grey, grey)).save(file, "JPEG", subsampling="4:2:0")
        jpeg = file.getvalue()
        scan = jpeg.index(b"\xff\xda")
        start = scan + 2 + int.from_bytes(jpeg[scan + 2:scan + 4], "big")
        pictures.append((jpeg[:scan] + RESTART_INTERVAL + jpeg[scan:start], alone(grey)))
    head = pictures[0][0]
    segments = [segment for _, segment in pictures]
    ends = [b"\xff%c" % (0xd0 + number) for number in range(len(segments) - 1)] + [b"\xff\xd9"]
    return head + b"".join(segment + end for segment, end in zip(segments, ends))


def alone(grey):
    """The entropy-coded bytes of a segment of this grey."""
    file = io.BytesIO()
    Image.new("RGB", (64, 16), (grey, grey, grey)).save(file, "JPEG", subsampling="4:2:0")
    jpeg = file.getvalue()
    scan = jpeg.index(b"\xff\xda")
    return jpeg[scan + 2 + int.from_bytes(jpeg[scan + 2:scan + 4], "big"):-2]


def frames_of(*pictures):
    return [Frame(number * INTERVAL, number, picture)
            for number, picture in enumerate(pictures)]


class RecordingTest(unittest.TestCase):
    def compare(self, origin, relay, since=0, until=SECOND):
        return compare(origin, relay, since, until, INTERVAL)

    def test_a_divided_picture_is_what_it_claims(self):
        division = recording.divide(divided(0, 80, 160, 240))
        self.assertEqual((division.width, division.height, len(division.segments)), (64, 16, 4))
        picture = recording.luma(divided(0, 80, 160, 240))
        self.assertEqual([picture[y, x] for y in (8, 24) for x in (32, 96)], [0, 80, 160, 240])
        with self.assertRaisesRegex(Failed, "without restart intervals"):
            recording.divide(divided(0, 80, 160, 240).replace(RESTART_INTERVAL, b""))

    def test_the_age_is_that_of_the_newest_frame_with_the_segment(self):
        origin = frames_of(*(divided(10 + number, 50, 100 + number, 200) for number in range(5)))
        relay = [Frame(4 * INTERVAL, 77, divided(14, 50, 101, 200))]
        figures = self.compare(origin, relay)
        self.assertEqual((figures["frames"], figures["of"], figures["foreign"]), (1, 5, 0))
        self.assertAlmostEqual(figures["oldest"], 0.3)
        # Of the whole frame, one of four segments differs by three levels.
        self.assertAlmostEqual(figures["psnr_min"], 10 * numpy.log10(255 ** 2 / (9 / 4)), places=3)

    def test_a_segment_of_another_place_or_of_a_later_frame_is_foreign(self):
        origin = frames_of(divided(0, 50, 100, 200), divided(1, 50, 100, 200))
        for shown, foreign in (((0, 50, 100, 200), 0), ((50, 0, 100, 200), 2),
                               ((1, 50, 100, 99), 2)):
            figures = self.compare(origin, [Frame(0, 1, divided(*shown))])
            self.assertEqual(figures["foreign"], foreign, shown)
        other_tables = divided(0, 50, 100, 200).replace(b"JFIF", b"JFIX")
        self.assertEqual(self.compare(origin, [Frame(0, 1, other_tables)])["foreign"], 4)

    def test_a_bad_segment_is_bad_until_it_is_good(self):
        origin = frames_of(*[divided(0, 50, 100, 200)] * 8)
        relay = [Frame(frame.captured, 1,
                       divided(0, 99 if 2 <= frame.sequence < 6 else 50, 100, 200))
                 for frame in origin]
        figures = self.compare(origin, relay)
        self.assertAlmostEqual(figures["longest_bad_seconds"], 0.4)
        self.assertLess(figures["segment_min"], 20)
        self.assertEqual(self.compare(origin, origin)["longest_bad_seconds"], 0)
        self.assertEqual(self.compare(origin, origin)["psnr_mean"], recording.PSNR_MAX)

    def test_only_the_window_counts(self):
        origin = frames_of(*[divided(0, 50, 100, 200)] * 8)
        figures = self.compare(origin, origin[3:], since=2 * INTERVAL, until=5 * INTERVAL)
        self.assertEqual((figures["frames"], figures["of"], figures["unknown"]), (3, 4, 0))
        invented = [*origin, Frame(INTERVAL + 1, 1, origin[0].jpeg)]
        self.assertEqual(self.compare(origin, invented)["unknown"], 1)
        with self.assertRaisesRegex(Failed, "gaps"):
            self.compare(origin[:2] + origin[3:], origin)
        with self.assertRaisesRegex(Failed, "no frame"):
            self.compare(origin, [])

    def test_segments_at_the_edges_are_smaller(self):
        one = numpy.zeros((20, 100), numpy.int16)
        other = one.copy()
        other[16:, 64:] = 5
        whole, segments = recording.mean_squares(one, other, 64, 16)
        self.assertAlmostEqual(whole, 25 * 4 * 36 / 2000)
        self.assertEqual(segments.tolist(), [[0, 0], [0, 25]])

    def test_a_stream_is_read_up_to_where_it_was_cut_off(self):
        def part(sequence, extra=b"", jpeg=b"jpeg"):
            return (b"--b\r\nContent-Type: image/jpeg\r\nContent-Length: 4\r\n"
                    b"X-Timestamp: 7.000005\r\nX-Sequence: %d\r\n%s\r\n%s\r\n"
                    % (sequence, extra, jpeg))
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "stream")
            path.write_bytes(part(1) + part(2, b"X-Slate: lost\r\n") + part(3) + part(4)[:-4])
            self.assertEqual(list(recording.read_stream(path)),
                             [Frame(7_000_005, number, b"jpeg") for number in (1, 3)])

    def test_every_target_of_a_relay_counts(self):
        good = {"frames": 100, "of": 100, "foreign": 0, "unknown": 0, "oldest": 4,
                "psnr_mean": 37, "psnr_min": 34, "longest_bad_seconds": 0.5}
        self.assertTrue(segments_relay.is_reached(good))
        for key, value in (("frames", 98), ("foreign", 1), ("unknown", 1), ("oldest", 4.1),
                           ("psnr_mean", 36.9), ("psnr_min", 33.9), ("longest_bad_seconds", 0.6)):
            self.assertFalse(segments_relay.is_reached({**good, key: value}), key)


class FramesTest(unittest.TestCase):
    def test_the_noise_is_new_in_each_picture(self):
        planes = numpy.full((3, 64, 64), 128, numpy.uint8)
        noise = numpy.random.default_rng(1)
        with tempfile.TemporaryDirectory() as folder:
            pictures = []
            for number in range(2):
                path = pathlib.Path(folder, f"{number}.jpg")
                segments_frames.write_jpeg(planes, noise, path)
                pictures.append(recording.luma(path.read_bytes()))
        self.assertTrue(0.5 < pictures[0].std() < 2.5, "the coefficients are quantized")
        self.assertFalse((pictures[0] == pictures[1]).all())


if __name__ == "__main__":
    unittest.main(verbosity=2)
