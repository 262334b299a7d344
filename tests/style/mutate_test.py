#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/mutate, on a small project of its own: mutants that are killed, and mutants that live."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MUTATE = ROOT / "tools/mutate"
FIND = f"""
import json, pathlib, sys
sys.path.insert(0, "{ROOT}/tools")
sys.dont_write_bytecode = True
import mutants
found = mutants.find(pathlib.Path(sys.argv[1]), ["-std=c++20"])
print(json.dumps([[mutant.line, mutant.change] for mutant in found]))
"""

PROJECT = {
    "CMakePresets.json": """{"version": 6, "configurePresets": [{"name": "release",
        "generator": "Ninja", "cacheVariables": {"CMAKE_BUILD_TYPE": "RelWithDebInfo"}}]}""",
    "CMakeLists.txt": """
cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_STANDARD 20)
find_package(GTest REQUIRED)
include_directories(${CMAKE_SOURCE_DIR})
add_library(room STATIC room/age.cpp)
add_executable(room_test tests/room/age_test.cpp)
set_target_properties(room_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/room)
target_link_libraries(room_test PRIVATE room GTest::gtest_main)
add_executable(script_test tests/room/script_test.cpp)
set_target_properties(script_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/room)
""",
    "room/age.h": """
#include <string>
bool is_adult(int age);
unsigned whole(unsigned value);
void wait(unsigned steps, void (*step)(unsigned&));
std::string sentence(const std::string& name);
""",
    "room/age.cpp": """// The file under test.
#include "room/age.h"

bool is_adult(int age) { return age >= 18; }

unsigned whole(unsigned value) { return value / 1; }

void wait(unsigned steps, void (*step)(unsigned&)) {
  while (steps != 0) step(steps);
}

std::string sentence(const std::string& name) { return "I am " + name; }
""",
    "tests/room/age_test.cpp": """
#include <gtest/gtest.h>

#include "room/age.h"

TEST(Age, DividesChildrenFromAdults) {
  EXPECT_FALSE(is_adult(10));
  EXPECT_TRUE(is_adult(30));
}
TEST(Other, CallsTheRest) {
  EXPECT_EQ(whole(7), 7u);
  static int steps = 0;
  wait(3, [](unsigned& left) { --left, ++steps; });
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(sentence("me"), "I am me");
}
""",
    # It tests the room from outside, without the file.
    "tests/room/script_test.cpp": "int main() {}\n",
    "tools/mutate_equivalent.txt": """# A comment
file: room/age.cpp
line: bool is_adult(int age) { return age >= 18; }
change: `18` -> `17`
reason: Not true: it stands here
  for the test.
""",
}
# What becomes of some mutants of room/age.cpp.
EXPECTED = {
    (4, "`>=` -> `>`"): "alive",
    (4, "`>=` -> `<`"): "killed",
    (4, "`18` -> `19`"): "alive",
    (4, "`18` -> `17`"): "equivalent",
    (4, "`18` -> `0`"): "killed",
    (6, "`/` -> `*`"): "equal",
    (6, "`value / 1` -> `{}`"): "killed",
    (9, "delete `step(steps)`"): "slow",
    (12, "`+` -> `-`"): "invalid",
    (12, '`"I am "` -> `""`'): "killed",
}

KINDS = """#include <vector>
#define CHECK(x) ((x) ? 1 : 0)
static_assert(1 + 1 == 2);
struct Text { bool operator==(const Text&) const = default; };
void call(int);
int value(const int* from, std::vector<int> list, Text one, Text other) {
  CHECK(list.size() > 3);
  int sum = *from * 2;
  if (one != other && !list.empty()) call(sum);
  for (int i = 0; i < sum; ++i) sum += i;
  while (bool(sum)) { sum--; }
  if (sum & 6) return -sum;
  const char letter = 'a';
  return letter == '\\n' ? sum : 0x10;
}
bool flag() { return true; }
"""
KINDS_FOUND = {
    8: ["`*` -> `/`", "`2` -> `0`", "`2` -> `1`", "`2` -> `3`"],
    9: ["`one != other && !list.empty()` -> `!(one != other && !list.empty())`", "`!=` -> `==`",
        "`&&` -> `||`", "delete `!`", "delete `call(sum)`"],
    10: ["`0` -> `-1`", "`0` -> `1`", "`<` -> `<=`", "`<` -> `>=`", "`++` -> `--`",
         "delete `sum += i`", "`+=` -> `-=`"],
    11: ["`bool(sum)` -> `!(bool(sum))`", "delete `sum--`", "`--` -> `++`"],
    12: ["`sum & 6` -> `!(sum & 6)`", "`&` -> `|`", "`6` -> `0`", "`6` -> `5`", "`6` -> `7`",
         "delete `-`", "`-sum` -> `{}`"],
    13: ["`'a'` -> `'`'`", "`'a'` -> `'b'`"],
    14: ["`letter == '\\n' ? sum : 0x10` -> `{}`", "`==` -> `!=`", "`'\\n'` -> `'\\x09'`",
         "`'\\n'` -> `'\\x0b'`", "`0x10` -> `0x0`", "`0x10` -> `0x11`", "`0x10` -> `0xf`"],
    16: ["`true` -> `false`"],
}


class FindTest(unittest.TestCase):
    def test_every_kind_and_nothing_in_macros_types_and_assertions(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "kinds.cpp")
            path.write_text(KINDS)
            # Debian's Python, as tools/mutate: clang's module is the distribution's.
            output = subprocess.run(["/usr/bin/python3", "-c", FIND, path], check=True, text=True,
                                    capture_output=True, timeout=60).stdout
        found = {}
        for line, change in json.loads(output):
            found.setdefault(line, []).append(change)
        self.assertEqual(sorted(found), sorted(KINDS_FOUND))
        for line, changes in KINDS_FOUND.items():
            self.assertEqual(sorted(found[line]), sorted(changes), f"line {line}")


class MutateTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name).resolve()
        for name, text in PROJECT.items():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_text(text)

    def mutate(self, *arguments):
        return subprocess.run([MUTATE, "--tree", self.tree, *arguments], text=True,
                              capture_output=True, timeout=600,
                              env=os.environ | {"CCACHE_DISABLE": "1"})

    def report(self):
        return json.loads((self.tree / "build/mutate/reports/room/age.cpp.json").read_text())

    def verdicts(self):
        return {(entry["line"], entry["key"][1]): entry["verdict"]
                for entry in self.report()["mutants"]}

    def files(self):
        return {str(path.relative_to(self.tree)): path.read_text()
                for path in self.tree.rglob("*")
                if path.is_file() and "build" not in path.relative_to(self.tree).parts}

    def test_from_the_first_mutants_to_the_last_one_killed(self):
        source = self.tree / "room/age.cpp"
        result = self.mutate(source, "--jobs", "2")
        self.assertEqual((result.returncode, result.stderr), (1, ""))
        verdicts = self.verdicts()
        for mutant, verdict in EXPECTED.items():
            self.assertEqual(verdicts.get(mutant), verdict, mutant)
        self.assertIn("room/age.cpp:4: `>=` -> `>`\n    bool is_adult(int age)", result.stdout)
        self.assertRegex(result.stdout, r"room/age.cpp: (\d+) of \1 mutants, seed 1: .*"
                                        r"1 equivalent, 2 alive; \d+\.\d % killed\n$")
        self.assertEqual(self.files(), PROJECT)
        self.assertEqual(self.report()["programs"], ["tests/room/room_test"])

        # A better test; only those that were alive are tried again.
        test = self.tree / "tests/room/age_test.cpp"
        test.write_text(test.read_text().replace("is_adult(30)", "is_adult(18)"))
        (self.tree / "tools/mutate_equivalent.txt").unlink()
        result = self.mutate(source, "--again")
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("0 alive; 100.0 % killed", result.stdout)
        self.assertEqual(len(self.verdicts()), len(verdicts))
        table = self.mutate("--table").stdout
        self.assertRegex(table, r"\| `room/age.cpp` \| \d+ \| \d+ \(1\) \|.*, 100.0 % \| 1 \| 0 \|")

        result = self.mutate(source, "--sample", "2", "--seed", "5")
        first = list(self.verdicts())
        self.assertEqual(len(first), 2)
        self.mutate(source, "--sample", "2", "--seed", "5")
        self.assertEqual(list(self.verdicts()), first)

    def test_an_entry_without_its_line_or_mutant_is_an_error(self):
        source, entries = self.tree / "room/age.cpp", self.tree / "tools/mutate_equivalent.txt"
        entry = entries.read_text()
        entries.write_text(entry.replace("age >= 18", "age > 20"))
        result = self.mutate(source)
        self.assertEqual(result.returncode, 2)
        self.assertIn("room/age.cpp has 0 places like `bool is_adult", result.stderr)
        entries.write_text(entry.replace("`17`", "`16`"))
        result = self.mutate(source)
        self.assertEqual(result.returncode, 2)
        self.assertIn("room/age.cpp:4 has no mutant `18` -> `16`", result.stderr)
        entries.write_text("file: room/age.cpp\nchange: `18` -> `17`\n")
        result = self.mutate(source)
        self.assertIn("an entry of room/age.cpp is not complete", result.stderr)

    def test_a_failing_original_is_an_error(self):
        test = self.tree / "tests/room/age_test.cpp"
        test.write_text(test.read_text().replace("is_adult(30)", "is_adult(3)"))
        result = self.mutate(self.tree / "room/age.cpp")
        self.assertEqual(result.returncode, 2)
        self.assertIn("tests/room/room_test fails with the original", result.stderr)


if __name__ == "__main__":
    unittest.main()
