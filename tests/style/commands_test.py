#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/install-packages, tools/build and tools/sum_reports.py, with a fake distribution."""
import os
import pathlib
import subprocess
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"
REAL_PROGRAMS = ["bash", "dirname", "grep", "env", "cat"]

DPKG_QUERY = """#!/usr/bin/bash
grep -qx "${@: -1}" {installed} && echo -n installed
"""
APT_GET = """#!/usr/bin/bash
echo "$DEBIAN_FRONTEND $*" >> {log}
"""
# It has every package except those with "gone" in their name, and no network if `offline` exists.
SMALL_APT_GET = """#!/usr/bin/bash
if [[ "$*" == *gone* ]]; then exit 100; fi
if [[ "$*" == *" -s "* ]]; then exit 0; fi
words=$*
echo "${words#*Timeout=300 }" >> {log}
[[ ! -e {log}.offline ]]
"""
SUDO = """#!/usr/bin/bash
echo sudo >> {log}
"$@"
"""


class InstallPackagesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.bin = pathlib.Path(folder.name, "bin")
        self.bin.mkdir()
        self.log = pathlib.Path(folder.name, "log")
        self.installed = pathlib.Path(folder.name, "installed")
        self.installed.write_text("")
        os.chmod(folder.name, 0o777)
        for name in REAL_PROGRAMS:
            os.symlink(f"/usr/bin/{name}", self.bin / name)
        self.program("dpkg-query", DPKG_QUERY)

    def program(self, name, script="#!/usr/bin/bash\n"):
        for name_of, path in (("{log}", self.log), ("{installed}", self.installed)):
            script = script.replace(name_of, str(path))
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def install(self, *groups, user=None):
        script = (TOOLS / "install-packages").read_text().replace('$(dirname "$0")', str(self.bin))
        # Through standard input, since another user may not be allowed into this tree.
        return subprocess.run(
            ["/usr/bin/bash", "-s", *groups], input=script,
            env={"PATH": str(self.bin)}, user=user, text=True, capture_output=True, timeout=30)

    def list(self, text):
        (self.bin / "packages.txt").write_text(text)

    def calls(self):
        return self.log.read_text().splitlines() if self.log.exists() else []

    def test_silent_when_nothing_is_missing(self):
        self.list("# a comment\nrun libfoo-dev\nrun g++ g++\ntest libbar-dev\n")
        self.installed.write_text("libfoo-dev\n")
        self.program("g++")
        result = self.install("run")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.assertEqual(self.calls(), [])

    @unittest.skipIf(os.geteuid() != 0, "not root")
    def test_root_installs_missing_packages_without_prompts(self):
        self.list("run libfoo-dev\nrun g++ g++\ntest libbar-dev\nall chromium chromium\n")
        self.installed.write_text("libfoo-dev\n")
        self.program("apt-get", APT_GET)
        self.program("sudo", SUDO)
        result = self.install("run", "test")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls(), [
            "noninteractive -q -y -o DPkg::Lock::Timeout=300 update",
            "noninteractive -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "
            "g++ libbar-dev"])

    def other_user(self):
        return 65534 if os.geteuid() == 0 else None

    def test_another_user_needs_sudo(self):
        self.list("run libfoo-dev\n")
        self.program("apt-get", APT_GET)
        self.program("sudo", SUDO)
        result = self.install("run", user=self.other_user())
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.calls()[::2], ["sudo", "sudo"])

    def test_without_root_and_sudo_it_prints_one_line(self):
        self.list("run libfoo-dev\n")
        self.program("apt-get", APT_GET)
        result = self.install("run", user=self.other_user())
        self.assertEqual(result.returncode, 69)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn("neither root nor sudo", result.stderr)
        self.assertIn("libfoo-dev", result.stderr)

    def test_an_optional_package_is_installed_too(self):
        self.list("run? libextra-dev\nrun libfoo-dev\n")
        self.program("apt-get", SMALL_APT_GET)
        self.program("sudo", SUDO)
        result = self.install("run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual([call for call in self.calls() if call != "sudo"],
                         ["update", "install --no-install-recommends libfoo-dev libextra-dev"])
        self.installed.write_text("libfoo-dev\nlibextra-dev\n")
        result = self.install("run", user=self.other_user())
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_an_unavailable_optional_package_prints_one_line(self):
        self.list("run? libgone-dev\nrun libfoo-dev\n")
        self.program("apt-get", SMALL_APT_GET)
        self.program("sudo", SUDO)
        result = self.install("run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("going on without libgone-dev", result.stderr)
        self.assertEqual(self.calls()[-1], "install --no-install-recommends libfoo-dev")
        # Printing the message again does not require root.
        self.log.unlink()
        self.installed.write_text("libfoo-dev\n")
        result = self.install("run", user=self.other_user())
        self.assertEqual((result.returncode, result.stderr.count("\n")), (0, 1), result.stderr)
        self.assertEqual(self.calls(), [])

    def test_failing_to_install_only_an_optional_package_is_no_error(self):
        self.list("run? libextra-dev\n")
        self.program("apt-get", SMALL_APT_GET)
        result = self.install("run", user=self.other_user())
        self.assertEqual((result.returncode, result.stderr.count("\n")), (0, 1), result.stderr)
        self.assertIn("going on without libextra-dev", result.stderr)
        self.assertIn("sudo", result.stderr)
        self.program("sudo", SUDO)
        pathlib.Path(f"{self.log}.offline").touch()
        result = self.install("run")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("going on without libextra-dev: apt-get update failed", result.stderr)

    def test_outside_debian_it_prints_one_line(self):
        self.list("run libfoo-dev\n")
        result = self.install("run")
        self.assertEqual(result.returncode, 69)
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertIn("libfoo-dev", result.stderr)


CMAKE = """#!/bin/bash
echo "$*" >> {folder}/log
if [[ $1 == --preset ]]; then
  mkdir -p build/$2
  touch build/$2/build.ninja
  touch build/$2/CMakeCache.txt
  {{ echo "LIBCAMERA_VERSION:INTERNAL=$(cat {folder}/libcamera)"
     printf '%s\\n' "$@" | sed -n 's/^-D//p'
     cat build/$2/CMakeCache.txt; }} | sort -s -u -t : -k 1,1 > {folder}/cache
  mv {folder}/cache build/$2/CMakeCache.txt
fi
"""


class BuildTest(unittest.TestCase):
    """The flags and targets that tools/build passes to CMake."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "tools").mkdir()
        (self.folder / "bin").mkdir()
        (self.folder / "tools/build").write_text((TOOLS / "build").read_text())
        self.program("cmake", CMAKE)
        self.program("pkg-config", "#!/bin/sh\ncat {folder}/libcamera\n")
        self.libcamera("")

    def program(self, name, script):
        (self.folder / "bin" / name).write_text(script.format(folder=self.folder))
        (self.folder / "bin" / name).chmod(0o755)

    def libcamera(self, version):
        (self.folder / "libcamera").write_text(version)

    def configured(self, *targets, **environment):
        """The flags with which CMake configures; None if it does not. Without ccache, unless the
        environment requests it."""
        environment = {"CMAKE_CXX_COMPILER_LAUNCHER": "another", **environment}
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        subprocess.run(["bash", self.folder / "tools/build", "release", *targets], check=True,
                       env={"PATH": f"{self.folder}/bin:/usr/bin:/bin", **environment}, timeout=30)
        lines = log.read_text().splitlines()
        self.assertRegex(lines[-1], f"^--build --preset release .*--target {' '.join(targets)}$")
        return lines[0].removeprefix("--preset release ") if len(lines) > 1 else None

    def test_a_tree_is_configured_once(self):
        self.assertEqual(self.configured("fanlight"), "-DFANLIGHT_TESTS:BOOL=OFF")
        self.assertIsNone(self.configured("fanlight", "fanlight-load"))
        self.assertEqual(self.configured("all"), "-DFANLIGHT_TESTS:BOOL=ON"
                         " -DFANLIGHT_WHOLE_PROGRAMS:BOOL=OFF")
        self.assertIsNone(self.configured("fanlight"))

    def test_a_tree_changes_between_single_tests_and_whole_programs(self):
        for wanted in ("ON", "OFF"):
            self.assertIn(f"-DFANLIGHT_WHOLE_PROGRAMS:BOOL={wanted}",
                          self.configured("all", WHOLE_PROGRAMS=wanted))
        self.assertIsNone(self.configured("all"))

    def test_ccache_is_used_if_installed(self):
        self.program("ccache", "#!/bin/sh\n")
        wanted = ("-DFANLIGHT_TESTS:BOOL=OFF -DCMAKE_CXX_COMPILER_LAUNCHER:STRING=ccache"
                  " -DCMAKE_DISABLE_PRECOMPILE_HEADERS:BOOL=ON")
        self.assertEqual(self.configured("fanlight", CMAKE_CXX_COMPILER_LAUNCHER=""), wanted)
        self.assertIsNone(self.configured("fanlight", CMAKE_CXX_COMPILER_LAUNCHER=""))

    def test_libcamera_installed_changed_or_removed_later_is_detected(self):
        self.configured("all")
        plugin = self.folder / "build/release/tools/fanlight-libcamera.so"
        for version in ("0.0.3", "0.4.0", ""):
            plugin.parent.mkdir(parents=True, exist_ok=True)
            plugin.touch()
            self.libcamera(version)
            self.assertIn("-U LIBCAMERA_*", self.configured("fanlight") or "", version)
            self.assertFalse(plugin.exists(), version)
            self.assertIsNone(self.configured("fanlight"), version)

    def test_disabled_libcamera_stays_disabled(self):
        self.configured("fanlight", FANLIGHT_LIBCAMERA="OFF")
        self.libcamera("0.4.0")
        self.assertIsNone(self.configured("fanlight", FANLIGHT_LIBCAMERA="OFF"))
        self.assertIsNone(self.configured("fanlight"))


RUN = '<testcase name="a" status="run"/>'
FAIL = '<testcase name="b" status="fail"><failure message=""/>' \
       '<system-out>why it failed</system-out></testcase>'
SKIP = '<testcase name="c" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'
GONE = '<testcase name="d" status="notrun"><skipped message="Unable to find it"/></testcase>'


class SumReportsTest(unittest.TestCase):
    def sum_programs(self, test, tests_within):
        """The sum of one test, a whole program of the name a_test."""
        return self.sum("lenient", tests_within, release=[test])

    def sum(self, strictness, tests_within=None, **reports):
        with tempfile.TemporaryDirectory() as folder:
            if tests_within:
                pathlib.Path(folder, "release").mkdir()
                report = f"<testsuites><testsuite>{tests_within}</testsuite></testsuites>"
                pathlib.Path(folder, "release/a_test.xml").write_text(report)
            for name, tests in reports.items():
                if tests is None:
                    pathlib.Path(folder, f"{name}.log").write_text("no such header\n")
                else:
                    report = f"<testsuite>{''.join(tests)}</testsuite>"
                    pathlib.Path(folder, f"{name}.xml").write_text(report)
            result = subprocess.run(["python3", TOOLS / "sum_reports.py", folder, strictness,
                                     *reports], text=True, capture_output=True, timeout=30)
        self.lines = result.stdout.splitlines()
        return result.returncode, self.lines[-1]

    def test_outcomes_are_added_up(self):
        self.assertEqual(self.sum("strict", release=[RUN, RUN], debug=[RUN]),
                         (0, "3 passed, 0 failed"))

    def test_failures_and_tests_that_could_not_start_count_as_failed(self):
        self.assertEqual(self.sum("lenient", release=[RUN, FAIL, GONE]), (1, "1 passed, 2 failed"))
        self.assertEqual(self.lines[:-1], [
            "-- release: b", "why it failed", "-- release: d",
            "release: b: failed", "release: d: failed"])

    def test_skips_count_when_strict(self):
        self.assertEqual(self.sum("lenient", release=[RUN, SKIP]),
                         (0, "1 passed, 0 failed, 1 skipped"))
        self.assertEqual(self.sum("strict", release=[RUN, SKIP]),
                         (1, "1 passed, 0 failed, 1 skipped"))

    def test_a_tree_that_did_not_build_counts_as_failed(self):
        self.assertEqual(self.sum("lenient", release=[RUN], debug=None), (1, "1 passed, 1 failed"))
        self.assertEqual(self.lines[:-1], ["-- debug", "no such header", "debug: did not build"])

    def test_a_whole_program_counts_as_its_tests(self):
        self.sum_programs(RUN.replace('"a"', '"a_test"'), """
            <testcase classname="S" name="Passes" status="run" result="completed"/>
            <testcase classname="S" name="Skips" status="run" result="skipped"><skipped/></testcase>
            <testcase classname="S" name="IsDisabled" status="notrun" result="suppressed"/>""")
        self.assertEqual(self.lines, ["release: S.Skips: skipped", "release: S.IsDisabled: skipped",
                                      "1 passed, 0 failed, 2 skipped"])

    def test_a_failure_in_a_whole_program_is_named(self):
        self.sum_programs(FAIL.replace('"b"', '"a_test"'), """
            <testcase classname="S" name="Passes" status="run" result="completed"/>
            <testcase classname="S" name="Fails" status="run" result="completed">
            <failure message="1 is not 2"/></testcase>""")
        self.assertEqual(self.lines, ["-- release: S.Fails", "1 is not 2",
                                      "release: S.Fails: failed", "1 passed, 1 failed"])

    def test_a_program_that_fails_behind_its_tests_counts_as_one_more(self):
        self.sum_programs(FAIL.replace('"b"', '"a_test"'), """
            <testcase classname="S" name="Passes" status="run" result="completed"/>""")
        self.assertEqual(self.lines, ["-- release: a_test", "why it failed",
                                      "release: a_test: failed", "1 passed, 1 failed"])

    def test_running_no_tests_is_a_failure(self):
        self.assertEqual(self.sum("lenient", release=[]), (1, "0 passed, 0 failed"))


if __name__ == "__main__":
    unittest.main()
