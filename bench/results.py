# SPDX-License-Identifier: Apache-2.0
"""Turns the figures of all rounds into tables and a plot."""
import json
import pathlib
import statistics
import subprocess
import tempfile

from scenarios import METRICS, SCENARIOS
from servers import ALL, FLOORS

# The metric that the plot shows.
PLOTTED = "cpu"
HEADER = """<!-- Written by bench/compare. -->
# {title}

{how}

- machine: {machine}
- kernel: {kernel}; congestion control: {congestion}, for all servers
- {date}; {rounds} interleaved rounds; load average before the run: {load_average}
- command: `{command}`

Each figure is the best of the rounds (and the median); n× is the ratio to the best floor of the
same run.

"""


class Table:
    """The figures of a scenario: rows are servers, each with one entry for each round."""

    def __init__(self, name):
        self.scenario = SCENARIOS[name]
        self.name = name
        self.rounds = {label: [] for label in self.scenario.rows}

    def add(self, label, figures):
        """`figures` is {metric: number or None}, or a text that states what failed."""
        self.rounds[label].append(figures)

    def values(self, label, key):
        return [figures[key] for figures in self.rounds[label]
                if not isinstance(figures, str) and figures.get(key) is not None]

    def best(self, label, key):
        values = self.values(label, key)
        return METRICS[key].better(values) if values else None

    def floor(self, key):
        """The best figure of all bare kernels: the baseline of this run."""
        best = [self.best(label, key) for label, (server, _) in self.scenario.rows.items()
                if server in FLOORS]
        best = [value for value in best if value is not None]
        return METRICS[key].better(best) if best else None

    def ratio(self, label, key):
        best, floor = self.best(label, key), self.floor(key)
        return None if best is None or not floor else best / floor

    def cell(self, label, key):
        metric, values = METRICS[key], self.values(label, key)
        if not values:
            return "–"
        text = f"{self.best(label, key):.{metric.digits}f}"
        if len(values) > 1:
            text += f" ({statistics.median(values):.{metric.digits}f})"
        ratio = self.ratio(label, key) if metric.ratio else None
        return text if ratio is None else f"{text} {ratio:.2f}×"

    def failures(self, label):
        return [figures for figures in self.rounds[label] if isinstance(figures, str)]

    def markdown(self):
        keys = self.scenario.metrics
        lines = ["| server | " + " | ".join(METRICS[key].title for key in keys) + " |",
                 "|---" * (len(keys) + 1) + "|"]
        notes = []
        for label, rounds in self.rounds.items():
            if not rounds:
                continue
            lines.append(f"| {label} | " + " | ".join(self.cell(label, key) for key in keys) +
                         " |")
            failures = self.failures(label)
            for what in sorted(set(failures)):
                notes.append(f"- {label}, {failures.count(what)} of {len(rounds)} rounds: {what}")
        return "\n".join(lines + ([""] + notes if notes else [])) + "\n"

    def summary(self):
        """The summary kept for the table of all scenarios and the plot."""
        key = self.scenario.metrics[0]
        return {"key": key, "title": self.scenario.title,
                "cells": {label: "failed" if len(self.failures(label)) == len(rounds)
                          else self.cell(label, key)
                          for label, rounds in self.rounds.items() if rounds},
                "plot": {label: self.best(label, PLOTTED) for label in self.rounds
                         if PLOTTED in self.scenario.metrics and self.best(label, PLOTTED)}}


def write_scenario(table, folder, facts):
    text = HEADER.format(title=table.name, how=table.scenario.title + ".", **facts)
    (folder / f"{table.name}.md").write_text(text + table.markdown())


def write_overview(summaries, folder, facts):
    """One line for each scenario that was ever run, with its first metric for each server."""
    servers = [*ALL, *sorted({label.split(",")[0] for summary in summaries.values()
                              for label in summary["cells"]} - set(ALL))]
    lines = [HEADER.format(title="Fanlight, the bare kernel, and others",
                           how="One figure per scenario; the scenario's name links to the others. "
                               "The details below are those of the last run; each scenario's page "
                               "has its own.",
                           **facts)
             + "| scenario | measure | " + " | ".join(servers) + " |",
             "|---" * (len(servers) + 2) + "|"]
    for name in SCENARIOS:
        if name not in summaries:
            continue
        summary = summaries[name]
        cells = [", ".join(text for label, text in summary["cells"].items()
                           if label.split(",")[0] == server) or "–" for server in servers]
        lines.append(f"| [{name}]({name}.md): {summary['title']} | "
                     f"{METRICS[summary['key']].title} | " + " | ".join(cells) + " |")
    lines += ["", "![CPU time per frame](cpu.png)", ""]
    (folder / "README.md").write_text("\n".join(lines))


def gnuplot_script(plots, picture, data):
    columns = ", ".join(f'"{data}" using {number + 2}{":xtic(1)" if number == 0 else ""} '
                        f'title columnheader' for number in range(len(ALL)))
    top = max((value for values in plots.values() for value in values.values()), default=10)
    return f"""
set terminal pngcairo size 1200,640 font "sans,12"
set output "{picture}"
set title "CPU time of the server per delivered frame (best round; lower is better)"
set ylabel "µs per frame, logarithmic"
set logscale y
set yrange [1:{2 * top:.0f}]
set ytics (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
set grid ytics back linetype 1 linewidth 1 linecolor rgb "#cccccc"
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 border lc rgb "#ffffff"
set key outside right top
set linetype 1 lc rgb "#1b6ca8"
set linetype 2 lc rgb "#7fb2d9"
set linetype 3 lc rgb "#2f2f2f"
set linetype 4 lc rgb "#6f6f6f"
set linetype 5 lc rgb "#a0a0a0"
set linetype 6 lc rgb "#cfcfcf"
set linetype 7 lc rgb "#e3e3e3"
set linetype 8 lc rgb "#d1662c"
set linetype 9 lc rgb "#eab464"
plot {columns}
"""


def draw(plots, picture):
    """`plots` is {scenario: {server: µs}}."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "data"
        rows = [["scenario", *ALL]]
        rows += [[name, *(f"{values[server]:.3f}" if server in values else "?" for server in ALL)]
                 for name, values in plots.items()]
        data.write_text("\n".join(" ".join(f'"{cell}"' if cell[0].isalpha() else cell
                                           for cell in row) for row in rows) + "\n")
        subprocess.run(["gnuplot", "-"], input='set datafile missing "?"\n' +
                       gnuplot_script(plots, picture, data), text=True, check=True, timeout=60)


def write_all(tables, folder, facts):
    """Adds these tables to those of earlier runs in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "summaries.json"
    summaries = json.loads(kept.read_text()) if kept.exists() else {}
    for table in tables:
        summaries[table.name] = table.summary()
        write_scenario(table, folder, facts)
    kept.write_text(json.dumps(summaries, indent=1, ensure_ascii=False) + "\n")
    write_overview(summaries, folder, facts)
    plots = {name: summaries[name]["plot"] for name in SCENARIOS
             if summaries.get(name, {}).get("plot")}
    if plots:
        draw(plots, folder / "cpu.png")
