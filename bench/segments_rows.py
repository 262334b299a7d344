# SPDX-License-Identifier: Apache-2.0
"""The markdown tables of bench/segments."""


def table_line(cells):
    return "| " + " | ".join(cells) + " |\n"


def result_row(what, measured, reach, is_reached):
    return table_line([what, measured, reach, "yes" if is_reached else "**no**"])


def table(title, columns, rows):
    """A section of its own."""
    return (f"\n## {title}\n\n" + table_line(columns) + "|---" * len(columns) + "|\n"
            + "".join(map(table_line, rows)))
