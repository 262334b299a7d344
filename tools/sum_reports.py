#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sum_reports.py FOLDER strict|lenient NAME...: adds up ctest's JUnit reports FOLDER/NAME.xml.

Prints the last lines of each failed test, then the names of the failed tests, and finally
`N passed, N failed[, N skipped]`: the end of a long log is read first. Exits with 1 if a test
failed, if none ran, or, if strict, if one was skipped. A missing report is a
failure: its tree did not build, as FOLDER/NAME.log shows.

A test that is a whole program of GoogleTest's counts as the tests in it, which the program's own
report lists, FOLDER/NAME/PROGRAM.xml.
"""
import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

TAIL_LINES = 40
TAIL_COLUMNS = 300


def outcome(test):
    """The outcome of one <testcase> of ctest."""
    if test.get("status") == "run":
        return "passed"
    # ctest reports "notrun" for tests that skip themselves and for tests that it could not start.
    skipped = test.find("skipped")
    if skipped is not None and skipped.get("message", "").startswith("SKIP_"):
        return "skipped"
    return "skipped" if test.get("status") == "disabled" else "failed"


def outcome_within(test):
    """The outcome of one <testcase> of GoogleTest."""
    if test.find("failure") is not None:
        return "failed"
    return "passed" if test.get("result") == "completed" else "skipped"


def outcomes(test, folder):
    """(name, outcome, output) of a <testcase> of ctest, or of each test in it."""
    name, whole = test.get("name"), outcome(test)
    report = pathlib.Path(folder, f"{name}.xml")
    inner = []
    if report.exists():
        inner = [(f"{each.get('classname')}.{each.get('name')}", outcome_within(each),
                  "\n".join(failure.get("message") for failure in each.iter("failure")))
                 for each in ElementTree.parse(report).iter("testcase")]
    # A program may fail after its last test: a sanitizer reports leaks at the end.
    if not inner or (whole == "failed" and all(result != "failed" for _, result, _ in inner)):
        inner.append((name, whole, test.findtext("system-out") or ""))
    return inner


def print_end(title, text):
    print(f"-- {title}")
    for line in text.splitlines()[-TAIL_LINES:]:
        print(line[:TAIL_COLUMNS])


def main(folder, strictness, *names):
    counts = collections.Counter()
    summary = []
    for name in names:
        report = pathlib.Path(folder, f"{name}.xml")
        if not report.exists():
            print_end(name, report.with_suffix(".log").read_text(errors="replace"))
            summary.append(f"{name}: did not build")
            counts["failed"] += 1
            continue
        for test in ElementTree.parse(report).iter("testcase"):
            for test_name, result, output in outcomes(test, report.with_suffix("")):
                counts[result] += 1
                if result == "failed":
                    print_end(f"{name}: {test_name}", output)
                if result != "passed":
                    summary.append(f"{name}: {test_name}: {result}")
    for line in summary:
        print(line)
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    print(line + (f", {counts['skipped']} skipped" if counts["skipped"] else ""))
    bad = counts["failed"] or not counts["passed"] or (strictness == "strict" and counts["skipped"])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
