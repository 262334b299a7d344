# SPDX-License-Identifier: Apache-2.0
"""Which tests `tools/test --changed` chooses for a change."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import changed_rooms  # noqa: E402  (found by the path above)
import tidy_rooms  # noqa: E402


class AffectedTest(unittest.TestCase):
    def test_a_room_affects_those_that_use_it(self):
        rooms, labels = changed_rooms.affected(["http/report/metrics.cpp"])
        self.assertEqual(rooms, {"http/report", "http/answer", "http/shard", "tools/server"})
        self.assertEqual(labels, {"sim", "style"})

    def test_rooms_that_no_shard_uses_are_not_simulated(self):
        self.assertEqual(changed_rooms.affected(["capture/jpeg/jpeg_check.cpp"])[1], {"style"})

    def test_the_lowest_room_affects_all(self):
        self.assertEqual(changed_rooms.affected(["core/log.h"])[0], set(tidy_rooms.ROOMS))

    def test_a_test_affects_only_its_room(self):
        rooms, _ = changed_rooms.affected(["tests/capture/jpeg/jpeg_check_test.cpp"])
        self.assertEqual(rooms, {"capture/jpeg"})

    def test_a_helper_of_a_floor_affects_its_rooms(self):
        rooms, _ = changed_rooms.affected(["tests/http/raw_client.h"])
        self.assertEqual(rooms, {room for room in tidy_rooms.ROOMS if room.startswith("http/")})

    def test_the_program_is_run_for_its_own_room(self):
        self.assertIn("smoke", changed_rooms.affected(["tools/server/fanlight.cpp"])[1])
        self.assertIn("smoke", changed_rooms.affected(["tests/smoke/api_test.py"])[1])
        conformance = changed_rooms.affected(["tests/conformance/case.py"])
        self.assertEqual(conformance, (set(), {"interop", "smoke", "style"}))

    def test_documents_and_scripts_affect_no_room(self):
        for path in ("docs/api.md", "tools/tidy.py", "tools/build"):
            self.assertEqual(changed_rooms.affected([path]), (set(), {"style"}))

    def test_the_build_configuration_affects_all(self):
        rooms, labels = changed_rooms.affected(["CMakePresets.json"])
        self.assertEqual(rooms, set(tidy_rooms.ROOMS))
        self.assertEqual(labels, {"sim", "smoke", "style"})


class FuzzTargetsTest(unittest.TestCase):
    def targets(self, path):
        rooms, _ = changed_rooms.affected([path])
        return changed_rooms.fuzz_targets({path}, rooms)

    def test_a_room_affects_the_targets_that_use_it(self):
        self.assertEqual(self.targets("capture/relay/multipart_reader.cpp"),
                         {"config_fuzz", "flags_fuzz", "multipart_fuzz", "nats_fuzz", "update_fuzz",
                          "upstream_fuzz"})
        self.assertIn("jpeg_fuzz", self.targets("core/segments/segments.cpp"))
        self.assertNotIn("jpeg_fuzz", self.targets("http/auth/rights.cpp"))

    def test_what_a_helper_includes_counts(self):
        self.assertIn("connection_fuzz", self.targets("http/shard/connection.cpp"))
        self.assertIn("handshake_fuzz", self.targets("io/tls/tls_session.cpp"))
        self.assertIn("handshake_fuzz", self.targets("tests/io/tls/tls_client.h"))

    def test_files_of_a_target_affect_it(self):
        for path in ("tests/fuzz/query_fuzz.cpp", "tests/fuzz/corpus/query/0123",
                     "tests/fuzz/crashes/query/0123"):
            self.assertEqual(self.targets(path), {"query_fuzz"})
        self.assertLess({"query_fuzz", "request_fuzz"}, self.targets("tests/fuzz/CMakeLists.txt"))
        self.assertEqual(self.targets("tests/fuzz/README.md"), set())


class ChangedFilesTest(unittest.TestCase):
    def test_edited_and_new_files_count_but_not_ignored_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            def git(*arguments):
                subprocess.run(["git", "-C", folder, "-c", "user.name=a", "-c", "user.email=a@a",
                                *arguments], check=True, capture_output=True)
            git("init")
            for name in ("kept", "edited", "ignored"):
                pathlib.Path(folder, name).write_text("before\n")
            pathlib.Path(folder, ".gitignore").write_text("ignored\n")
            git("add", ".")
            git("commit", "-m", "a")
            pathlib.Path(folder, "edited").write_text("after\n")
            pathlib.Path(folder, "new").write_text("new\n")
            self.assertEqual(changed_rooms.changed_files("HEAD", folder), {"edited", "new"})


if __name__ == "__main__":
    unittest.main()
