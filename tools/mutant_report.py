# SPDX-License-Identifier: Apache-2.0
"""The results of tools/mutate, and its list of equivalent mutants."""
import json
import pathlib

LIST = "tools/mutate_equivalent.txt"
KEYS = ("file", "line", "change", "reason")
VERDICTS = ("invalid", "equal", "killed", "slow", "equivalent", "alive")


class EquivalentsError(Exception):
    pass


class Equivalents:
    """tools/mutate_equivalent.txt: mutants that behave as the original does, each with the reason.

    An entry that no longer names exactly one place is an error, so that none outlives its code.
    """

    def __init__(self, tree):
        self.tree, self.path = tree, tree / LIST
        self.entries = parse_entries(self.path.read_text()) if self.path.exists() else []
        self.places = {(entry["file"], self.line_of(entry), entry["change"])
                       for entry in self.entries}

    def line_of(self, entry):
        """The number of the entry's last line: its lines follow each other once in the file."""
        wanted = entry["line"]
        path = self.tree / entry["file"]
        lines = ([line.strip() for line in path.read_text().splitlines()] if path.exists() else [])
        found = [number + len(wanted) for number in range(len(lines))
                 if is_like(lines[number:number + len(wanted)], wanted)]
        if len(found) != 1:
            raise EquivalentsError(
                f"{LIST}: {entry['file']} has {len(found)} places like `{wanted[-1]}`; "
                "remove the entry, or give the lines before it as well")
        return found[0]

    def check(self, name, found):
        """EquivalentsError if the file has no such mutant as an entry names."""
        there = {(name, mutant.line, mutant.change) for mutant in found}
        for place in self.places:
            if place[0] == name and place not in there:
                raise EquivalentsError(f"{LIST}: {name}:{place[1]} has no mutant {place[2]}")

    def has(self, path, mutant):
        return (str(path.relative_to(self.tree)), mutant.line, mutant.change) in self.places


def is_like(lines, wanted):
    """Whether they are the entry's lines, of which a long one may end with ` ...`."""
    return len(lines) == len(wanted) and all(
        line.startswith(text.removesuffix("...")) if text.endswith(" ...") else line == text
        for line, text in zip(lines, wanted))


def parse_entries(text):
    """Entries are separated by empty lines: `file:`, one `line:` or several, `change:`, `reason:`,
    whose text may go on in lines that begin with spaces."""
    entries = []
    for number, line in enumerate(text.splitlines(), 1):
        key, _, value = line.partition(": ")
        if line.startswith("#") or not line:
            continue
        if line.startswith(" ") and entries and "reason" in entries[-1]:
            entries[-1]["reason"] += " " + line.strip()
        elif key not in KEYS or not value:
            raise EquivalentsError(f"{LIST}:{number}: not one of {', '.join(KEYS)}")
        elif key == "file":
            entries.append({"file": value, "line": []})
        elif not entries or key in entries[-1] and key != "line":
            raise EquivalentsError(f"{LIST}:{number}: `{key}` belongs to no entry")
        elif key == "line":
            entries[-1]["line"].append(value)
        else:
            entries[-1][key] = value
    for entry in entries:
        if not entry["line"] or "change" not in entry or "reason" not in entry:
            raise EquivalentsError(f"{LIST}: an entry of {entry['file']} is not complete")
    return entries


class Report:
    """The verdicts on one file's mutants; save() writes them to build/mutate/reports/."""

    def __init__(self, tree, path):
        self.name = str(path.relative_to(tree))
        self.path = tree / "build/mutate/reports" / f"{self.name}.json"
        self.lines = path.read_text().splitlines()
        self.data = (json.loads(self.path.read_text()) if self.path.exists()
                     else {"mutants": []})
        self.is_retried = True  # verdicts replace those of the last run

    def begin(self, found, options, programs):
        """Forgets the last run."""
        self.is_retried = False
        self.data = {"file": self.name, "found": found, "seed": options.seed,
                     "sample": options.sample, "programs": programs, "mutants": []}

    def place(self, mutant):
        return f"{self.name}:{mutant.line}"

    def code(self, mutant):
        return self.lines[mutant.line - 1].strip()

    def key(self, mutant):
        """What stays when lines before it change."""
        return [self.code(mutant), mutant.change]

    def is_alive(self, mutant):
        return any(entry["key"] == self.key(mutant) and entry["verdict"] == "alive"
                   for entry in self.data["mutants"])

    def add(self, mutant, verdict):
        """A verdict takes the place of an earlier one on the same mutant."""
        entry = {"line": mutant.line, "key": self.key(mutant), "verdict": verdict}
        same = [index for index, other in enumerate(self.data["mutants"])
                if other["key"] == entry["key"] and self.is_retried]
        # Equal lines with equal changes: the one that was nearest.
        same.sort(key=lambda index: abs(self.data["mutants"][index]["line"] - entry["line"]))
        if same:
            self.data["mutants"][same[0]] = entry
        else:
            self.data["mutants"].append(entry)

    def count(self, *verdicts):
        return sum(entry["verdict"] in verdicts for entry in self.data["mutants"])

    def killed_share(self):
        """Of those that count, in percent."""
        killed, alive = self.count("killed", "slow"), self.count("alive")
        return 100 * killed / (killed + alive) if killed + alive else 100.0

    def save(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.data, indent=1) + "\n")

    def summary(self):
        tried = len(self.data["mutants"])
        return (f"{self.name}: {tried} of {self.data['found']} mutants, seed {self.data['seed']}: "
                f"{self.count('invalid')} do not compile, {self.count('equal')} equal, "
                f"{self.count('killed', 'slow')} killed ({self.count('slow')} by a limit), "
                f"{self.count('equivalent')} equivalent, {self.count('alive')} alive; "
                f"{self.killed_share():.1f} % killed")


def table(tree):
    """All reports, as a table in Markdown."""
    lines = ["| file | mutants | tried (seed) | not compiled, equal "
             "| killed | equivalent | alive |",
             f"|---{'|---:' * 6}|"]
    for path in sorted((tree / "build/mutate/reports").rglob("*.json")):
        name = str(path.relative_to(tree / "build/mutate/reports")).removesuffix(".json")
        report = Report(tree, tree / pathlib.PurePosixPath(name))
        data = report.data
        lines.append(
            f"| `{name}` | {data['found']} | {len(data['mutants'])} ({data['seed']}) "
            f"| {report.count('invalid')}, {report.count('equal')} "
            f"| {report.count('killed', 'slow')}, {report.killed_share():.1f} % "
            f"| {report.count('equivalent')} | {report.count('alive')} |")
    return "\n".join(lines)
