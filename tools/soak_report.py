# SPDX-License-Identifier: Apache-2.0
"""The figures of a soak: a table, JSON, samples for a spreadsheet, a plot, and the limits."""
import collections
import json
import shutil
import signal
import sqlite3
import subprocess

Sample = collections.namedtuple("Sample", "at figures age worst_age frames lost")

SLOPE_SAMPLES_MIN = 10
# A server that has just started touches memory for the first time: buffers, stacks, tables.
WARM_UP = 1 / 3
EVICTIONS = ("evicted_stalled", "evicted_memory", "evicted_idle")
PLOT = """\
set terminal svg size 1000,1000 background "white"
set output "soak.svg"
set datafile separator "\\t"
set multiplot layout 4,1
set grid
set key left top
set xlabel "minutes"
set ylabel "MB"
set yrange [0:*]
plot "samples.tsv" using ($1/60):($2/1024) with lines title "RSS", \\
     "" using ($1/60):($3/1024) with lines title "PSS"
set ylabel "number"
plot "samples.tsv" using ($1/60):4 with lines title "descriptors"
set ylabel "ms"
set logscale y
set yrange [0.1:*]
plot "samples.tsv" using ($1/60):($7*1000) with lines title "age of frames: median", \\
     "" using ($1/60):($8*1000) with lines title "worst"
unset logscale y
set yrange [0:*]
set ylabel "per second"
plot "samples.tsv" using ($1/60):9 with lines title "frames received", \\
     "" using ($1/60):10 with lines title "frames lost"
"""


def make_table(path, rows):
    """A stock table for the server (docs/stock-table.md)."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE stock(symbol, name, price, volume)")
        database.executemany("INSERT INTO stock VALUES (?, ?, ?, ?)",
                             ((f"S{i}", f"name {i}", i / 7, i) for i in range(rows)))
    database.close()


def slope_per_hour(points):
    """Of a straight line through (seconds, value), by least squares; 0 for too few points."""
    if len(points) < SLOPE_SAMPLES_MIN:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    square = sum((x - mean_x) ** 2 for x, _ in points)
    return 3600 * sum((x - mean_x) * (y - mean_y) for x, y in points) / square


class Samples:
    """Owns: samples.tsv, which has each sample as soon as it was taken, whatever ends the run."""

    def __init__(self, folder):
        self.taken = []
        self.file = open(folder / "samples.tsv", "w")

    def add(self, sample):
        before = self.taken[-1] if self.taken else Sample(0, None, 0, 0, 0, 0)
        took = sample.at - before.at
        rates = [(sample.frames - before.frames) / took, (sample.lost - before.lost) / took]
        print(round(sample.at, 1), *sample.figures, round(sample.age, 6),
              round(sample.worst_age, 6), *(round(rate, 2) for rate in rates), sep="\t",
              file=self.file, flush=True)
        self.taken.append(sample)

    def close(self):
        self.file.close()


class Result:
    """`interrupted`: the signal that ended the run early, or None."""

    def __init__(self, options, samples, events, tally, state, descriptors, baseline, interrupted):
        self.options, self.samples, self.events, self.tally = options, samples, events, tally
        self.descriptors, self.baseline = descriptors, baseline
        self.interrupted = interrupted and signal.Signals(interrupted).name
        self.exit_code = None
        self.evictions = {name: sum(shard[name] for shard in state["shards"])
                          for name in EVICTIONS}
        self.errors = sum(shard["connection_errors"] for shard in state["shards"])

    def warm(self):
        return self.samples[int(len(self.samples) * WARM_UP):]

    def slope(self, name):
        """MB an hour."""
        return slope_per_hour([(sample.at, getattr(sample.figures, name) / 1024)
                               for sample in self.warm()])

    def figures(self):
        last = self.samples[-1].figures
        tally = self.tally
        duration = self.samples[-1].at
        return {
            "seed": self.options.seed,
            "seconds": round(duration),
            "interrupted": self.interrupted,
            "viewers": self.options.viewers,
            "connections": tally.connections,
            "handshakes": tally.handshakes,
            "renewals": tally.renewals,
            "strangers": tally.strangers,
            "kinds": dict(sorted(tally.kinds.items())),
            "frames": tally.frames,
            "slates": tally.slates,
            "updates": tally.updates,
            "replies": tally.replies,
            "megabytes": round(tally.bytes / 1e6, 1),
            "refused": tally.refused,
            "ended_by_the_server": tally.ended_early,
            "torn": len(tally.torn),
            "torn_first": tally.torn[:10],
            "lost": tally.lost,
            "evictions": self.evictions,
            "socket_errors": self.errors,
            "age_ms": {"median": round(1000 * sorted(s.age for s in self.samples)
                                       [len(self.samples) // 2], 1),
                       "worst": round(1000 * tally.worst_age, 1)},
            "rss_mb": {"first": round(self.samples[0].figures.rss_kb / 1024, 2),
                       "last": round(last.rss_kb / 1024, 2),
                       "slope_per_hour": round(self.slope("rss_kb"), 3)},
            "pss_mb": {"first": round(self.samples[0].figures.pss_kb / 1024, 2),
                       "last": round(last.pss_kb / 1024, 2),
                       "slope_per_hour": round(self.slope("pss_kb"), 3)},
            "descriptors": {"before": self.descriptors,
                            "most": max(s.figures.descriptors for s in self.samples)},
            "seconds_to_baseline": self.baseline and round(self.baseline, 2),
            "cpu_percent": round(100 * last.cpu_seconds / duration, 2),
            "events": dict(collections.Counter(name for _, name in self.events)),
            "exit_code": self.exit_code,
        }

    def violations(self):
        found = [f"torn at {at} s: {text}" for at, text in self.tally.torn[:10]]
        if self.baseline is None:
            found.append(f"not back to {self.descriptors} descriptors and no viewer within "
                         f"{self.options.baseline_max} s")
        if self.slope("pss_kb") > self.options.slope_max:
            found.append(f"PSS grew by {self.slope('pss_kb'):.2f} MB/h, "
                         f"limit {self.options.slope_max}")
        if self.evictions["evicted_memory"]:
            found.append("viewers were closed for lack of frame memory")
        if self.exit_code != 0:
            found.append(f"the server ended with {self.exit_code}")
        return found

    def table(self):
        lines = []
        for name, value in self.figures().items():
            if isinstance(value, dict):
                value = ", ".join(f"{key} {number}" for key, number in value.items())
            lines.append(f"| {name.replace('_', ' ')} | {value} |")
        return "\n".join(["| figure | value |", "|---|---|", *lines])

    def write(self):
        out = self.options.out
        (out / "soak.json").write_text(json.dumps(
            {**self.figures(), "violations": self.violations(), "event_times": self.events},
            indent=1) + "\n")
        (out / "soak.md").write_text(self.table() + "\n")
        if not shutil.which("gnuplot"):
            print("no plot, because gnuplot is missing: tools/install-packages bench")
            return
        # It draws no line through a single sample.
        subprocess.run(["gnuplot"], input=PLOT, text=True, cwd=out, timeout=120,
                       check=len(self.samples) > 1)
