#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Folders that other programs write to: files:DIR and latest:DIR."""
import os
import pathlib
import tempfile
import time
import unittest

import harness
from client import fetch, open_stream
from pictures import make_large_picture, make_pictures

PARTS_MAX = 200  # about as many as arrive within a test's time limit


def put(path, jpeg, written=None):
    """As well-behaved programs do: writes under another name, then renames."""
    hidden = path.with_name("." + path.name)
    hidden.write_bytes(jpeg)
    if written:
        os.utime(hidden, (written, written))
    hidden.rename(path)


class FolderTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        _, cls.pictures = make_pictures(cls, size="320x240")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def stream(self, fanlight):
        stream = open_stream(fanlight.address, "/stream")
        self.addCleanup(stream.connection.socket.close)
        return stream

    def part(self, stream, wanted):
        """The next part for which `wanted` is true."""
        for _ in range(PARTS_MAX):
            part = stream.parts(1)[0]
            if wanted(part):
                return part
        raise AssertionError("no such part arrived")

    def is_picture(self, number):
        return lambda part: part.jpeg == self.pictures[number]

    def test_the_latest_is_waited_for_and_followed(self):
        folder = self.folder / "later"
        with harness.Fanlight("--source", f"latest:{folder}") as fanlight:
            answer = fetch(fanlight.address, "/snapshot")
            self.assertEqual((answer.status, answer.header("X-Slate")),
                             (503, "camera lost: not there"))
            stream = self.stream(fanlight)
            self.assertNotEqual(stream.parts(1)[0].slate, "")
            folder.mkdir()
            put(folder / "0.jpg", self.pictures[0], time.time())
            last = self.part(stream, self.is_picture(0))
            for number in (1, 2, 3):
                path = folder / f"{number}.jpg"
                path.write_bytes(self.pictures[number][:-100])  # not whole yet
                put(path, self.pictures[number])
                newer = self.part(stream, lambda part: part.sequence != last.sequence)
                self.assertTrue(newer.jpeg == self.pictures[number])
                self.assertAlmostEqual(newer.timestamp, os.stat(path).st_mtime, delta=0.02)
                last = newer
            # A repeat is sent as a repeat: the same picture, with the same number.
            again = stream.parts(1)[0]
            self.assertEqual((again.sequence, again.timestamp), (last.sequence, last.timestamp))

    def test_an_old_picture_keeps_its_old_time(self):
        written = int(time.time()) - 3600
        put(self.folder / "live.jpg", self.pictures[0], written)
        with harness.Fanlight("--source", f"latest:{self.folder}/live.jpg") as fanlight:
            snapshot = fetch(fanlight.address, "/snapshot")
            self.assertTrue(snapshot.body == self.pictures[0])
            self.assertEqual(float(snapshot.header("X-Timestamp")), written)
            stream = self.stream(fanlight)
            self.assertEqual(stream.parts(1)[0].timestamp, written)
            (self.folder / "live.jpg").write_bytes(self.pictures[1])
            self.assertGreater(self.part(stream, self.is_picture(1)).timestamp, written + 3000)

    def test_pictures_may_grow(self):
        large = make_large_picture()
        for source in ("latest", "files"):
            put(self.folder / "1.jpg", self.pictures[0], time.time() - 60)
            with self.subTest(source), \
                    harness.Fanlight("--source", f"{source}:{self.folder}", "--fps", "1",
                                     "--frame-memory", "200M") as fanlight:
                stream = self.stream(fanlight)
                self.part(stream, self.is_picture(0))
                put(self.folder / "1.jpg", large)
                grown = self.part(stream, lambda part: len(part.jpeg) > 1e6)
                self.assertTrue(grown.jpeg == large)
                newcomer = self.stream(fanlight)
                self.assertTrue(newcomer.parts(1)[0].jpeg == large)

    def test_pictures_beyond_the_frame_memory_are_refused(self):
        put(self.folder / "1.jpg", self.pictures[0], time.time() - 60)
        with harness.Fanlight("--source", f"latest:{self.folder}",
                              "--frame-memory", "10M") as fanlight:
            stream = self.stream(fanlight)
            self.part(stream, self.is_picture(0))
            put(self.folder / "1.jpg", make_large_picture())
            reason = "camera gives pictures of more than 10240 KB (see --frame-memory)"
            self.assertEqual(self.part(stream, lambda part: part.slate).slate, reason)
            put(self.folder / "1.jpg", self.pictures[1])
            self.part(stream, self.is_picture(1))

    def test_with_little_address_space_pictures_may_not_grow(self):
        put(self.folder / "1.jpg", self.pictures[0], time.time() - 60)
        with harness.Fanlight("--source", f"latest:{self.folder}",
                              restrict=["--addresses", str(3 << 30)]) as fanlight:
            stream = self.stream(fanlight)
            self.part(stream, self.is_picture(0))
            put(self.folder / "1.jpg", make_large_picture())
            self.assertIn("see --frame-memory", self.part(stream, lambda part: part.slate).slate)

    def test_with_exit_on_no_source_an_empty_folder_is_an_error(self):
        for name in (self.folder, self.folder / "missing"):
            code, lines = harness.run_to_exit("--listen", "127.0.0.1:0", "--exit-on-no-source",
                                              "--source", f"latest:{name}")
            self.assertEqual((code, len(lines)), (66, 1), lines)
            self.assertIn(str(name), lines[0])

    def test_files_that_are_added_replaced_and_removed_are_followed(self):
        put(self.folder / "1.jpg", self.pictures[0])
        with harness.Fanlight("--source", f"files:{self.folder}", "--fps", "20") as fanlight:
            stream = self.stream(fanlight)
            self.part(stream, self.is_picture(0))
            (self.folder / "2.jpg").write_bytes(self.pictures[1])
            self.part(stream, self.is_picture(1))
            put(self.folder / "2.jpg", self.pictures[2])
            self.part(stream, self.is_picture(2))
            (self.folder / "1.jpg").unlink()
            before = self.part(stream, self.is_picture(2))
            two = [self.part(stream, lambda part: part.sequence > before.sequence)
                   for _ in range(2)]
            self.assertTrue(two[-1].jpeg == self.pictures[2])
            # An empty folder gives a slate that states this; a new file ends it.
            (self.folder / "2.jpg").unlink()
            self.assertEqual(self.part(stream, lambda part: part.slate).slate,
                             "camera lost: not there")
            put(self.folder / "3.jpg", self.pictures[3])
            self.part(stream, self.is_picture(3))

    def test_a_name_with_escapes_does_not_reach_the_terminal(self):
        put(self.folder / "1.jpg", self.pictures[0])
        (self.folder / "a\x1b]0;mine\x07\n<3>b.jpg").write_text("no picture")
        with harness.Fanlight("--source", f"files:{self.folder}") as fanlight:
            fanlight.wait_for_line("a\ufffd\\]0;mine\ufffd <3>b.jpg skipped: not a JPEG$")


if __name__ == "__main__":
    harness.main()
