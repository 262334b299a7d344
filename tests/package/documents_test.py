#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""documents_test.py --binary FANLIGHT --load FANLIGHT-LOAD: the pages and completions in packaging/
list exactly the existing flags; the sample configuration is valid."""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PACKAGING = pathlib.Path(__file__).resolve().parent.parent.parent / "packaging"
COMPLETIONS = PACKAGING / "completions"
FLAG = r"(?<![\w-])--?[a-zA-Z][\w-]*"
# Literal values, as in "auto|on|off".
WORD = re.compile(r"[a-z0-9]+")

options = argparse.Namespace(binary="", load="")


def read_help(program):
    """{flag: (type, help)}; a flag and its other names are one entry each."""
    text = subprocess.run([*program.split(), "--help"], check=True, stdout=subprocess.PIPE,
                          text=True, timeout=10).stdout
    flags = {}
    for entry in re.split(r"\n  (?=-)", text)[1:]:
        names, kind, rest = re.match(r"(\S+) ?(\S.*?)?(?:  +|\n)(.*)", entry, re.DOTALL).groups()
        # The text after the last flag is the next group's title.
        help_text = " ".join(rest.split("\n\n")[0].split())
        for name in names.split(","):
            flags[name] = (kind or "", help_text)
    return flags


def choices_of(kind):
    """The literal values among a flag's alternatives: {auto, off} for RATE|auto|off."""
    return {word for word in kind.split("|") if WORD.fullmatch(word) and "|" in kind}


def manual_entries(program):
    """{flags: text} of a program's paragraphs on flags, in its page or its command's section."""
    name, _, command = program.partition(" ")
    text = (PACKAGING / "man" / f"{name}.1").read_text().replace(r"\-", "-")
    section = f".SH OPTIONS OF {command.upper()}\n" if command else ".SH OPTIONS\n"
    options_section = text.split(section)[1].split(".SH ")[0]
    entries = {}
    for paragraph in options_section.split(".TP\n")[1:]:
        tag, _, body = paragraph.partition("\n")
        if flags := re.findall(FLAG, re.sub(r"\\f.", "", tag)):
            entries[tuple(flags)] = " ".join(re.sub(r"^\.\w+ *", "", body, flags=re.M).split())
    return entries


def ask_bash(program, before, word=""):
    """The completions that bash offers after `PROGRAM BEFORE WORD`."""
    line = [*program.split(), *([before] if before else []), word]
    name = line[0]
    script = (f"source {COMPLETIONS / name}.bash; COMP_WORDS=(\"$@\"); "
              f"COMP_CWORD={len(line) - 1}; _{name.replace('-', '_')}; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    # compopt(1) works only during a completion by bash itself.
    script = "compopt() { :; }; " + script
    return set(subprocess.run(["bash", "-c", script, "bash", *line], check=True, text=True,
                              stdout=subprocess.PIPE, timeout=10).stdout.split())


def of_program(program, lines, is_of_command):
    """The lines about a program, or about its command `plan`."""
    return [line for line in lines if is_of_command(line) == program.endswith(" plan")]


class FlagsTest(unittest.TestCase):
    def setUp(self):
        self.programs = {"fanlight": read_help(options.binary),
                         "fanlight plan": read_help(f"{options.binary} plan"),
                         "fanlight-load": read_help(options.load)}
        self.assertIn("--max-viewers-per-address", self.programs["fanlight"])
        self.assertIn("--receive-buffer", self.programs["fanlight-load"])

    def test_manual_pages(self):
        for program, flags in self.programs.items():
            entries = manual_entries(program)
            self.assertEqual({name for names in entries for name in names}, set(flags))
            for names, text in entries.items():
                default = re.search(r"\(default: ([^),]+)", flags[names[-1]][1])
                if default:
                    self.assertIn(f"(default: {default[1]}", text, names)

    def test_bash(self):
        for program, flags in self.programs.items():
            self.assertEqual(ask_bash(program, "", "-"), set(flags))
            for name, (kind, _) in flags.items():
                offered = ask_bash(program, name)
                if kind:
                    self.assertLessEqual(choices_of(kind), offered, name)
                    self.assertFalse(offered & set(flags), f"{name} takes a value")
                elif name not in ("-h", "--help", "-v", "--version", "--features"):
                    self.assertIn("--help", offered, f"{name} takes no value")

    def test_zsh(self):
        for program, flags in self.programs.items():
            found = {}
            lines = (COMPLETIONS / f"_{program.split()[0]}").read_text().splitlines()
            for line in of_program(program, lines, lambda line: line.startswith("    ")):
                names, bracket, rest = line.partition("[")
                if line.startswith("  ") and bracket:
                    names = re.sub(r"\(.*?\)", "", names)
                    found.update(dict.fromkeys(re.findall(FLAG, names), rest))
            self.assert_complete(flags, found, lambda rest: "]:" in rest)

    def test_fish(self):
        for program, flags in self.programs.items():
            found = {}
            text = (COMPLETIONS / f"{program.split()[0]}.fish").read_text().replace("\\\n", "")
            for line in of_program(program, text.splitlines(), lambda line: " -n $plan " in line):
                names = [f"--{name}" for name in re.findall(r" -l (\S+)", line)]
                names += [f"-{name}" for name in re.findall(r" -s (\S)", line)]
                found.update(dict.fromkeys(names, line))
            self.assert_complete(flags, found, lambda line: " -x " in line or " -r " in line)

    def assert_complete(self, flags, found, takes_value):
        self.assertEqual(set(found), set(flags))
        for name, (kind, _) in flags.items():
            self.assertEqual(takes_value(found[name]), bool(kind), name)
            self.assertLessEqual(choices_of(kind), set(WORD.findall(found[name])), name)


class SampleTest(unittest.TestCase):
    """packaging/fanlight.toml, as it is, and with its commented lines enabled."""

    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return subprocess.run([options.binary, "--config", file.name, "--check-config"],
                                  text=True, capture_output=True, timeout=10)

    def assert_right(self, text):
        result = self.check(text)
        self.assertEqual(result.returncode, 0, result.stderr + text)

    def test_shipped_file_is_valid(self):
        self.assert_right((PACKAGING / "fanlight.toml").read_text())

    def test_all_settings_uncommented_are_valid(self):
        text = (PACKAGING / "fanlight.toml").read_text()
        everything = re.sub(r"^#(?=[a-z\[])", "", text, flags=re.MULTILINE)
        one, cameras = everything.split("# Several cameras")
        self.assert_right(one)
        several = re.sub(r"^(source|size|fps|quality|rotate|mirror|ladder|publish) =.*", "", one,
                         flags=re.MULTILINE)
        self.assert_right(several + "# Several cameras" + cameras)
        # Otherwise this would prove nothing.
        self.assertEqual(self.check(one + "no-such-key = 1\n").returncode, 78)

    def test_examples_of_the_manual_are_valid(self):
        page = (PACKAGING / "man/fanlight.toml.5").read_text().replace(r"\-", "-")
        camera, cameras, other = re.findall(r"\.EX\n(.*?)\.EE", page, re.DOTALL)
        self.assert_right(camera)
        self.assert_right(cameras)
        self.assert_right(other + camera)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--load", required=True)
    _, rest = parser.parse_known_args(namespace=options)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
