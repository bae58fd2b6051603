"""Tables of methods and metrics: for the page, as Markdown and as LaTeX."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

__all__ = [
    "ARROWS",
    "LATEX_ARROWS",
    "Column",
    "best_of",
    "columns_of",
    "escaped",
    "figure",
    "latex",
    "markdown",
    "missing_of",
]

ARROWS: Mapping[str, str] = {"higher": "↑", "lower": "↓", "none": "≈"}
"""Which way is better; ``≈``: near the ground truth."""
LATEX_ARROWS: Mapping[str, str] = {
    "higher": r"$\uparrow$",
    "lower": r"$\downarrow$",
    "none": r"$\approx$",
}
"""The same for LaTeX."""
_MISSING = "-"
_DIGITS = 3
_NOTHING = 5e-7
"""Smaller numbers would be written as 0.000000, or -0.000000."""


@attrs.frozen(kw_only=True)
class Column:
    """A metric, as a column of a table."""

    name: str
    title: str
    unit: str
    direction: str


def columns_of(summary: Mapping[str, Any]) -> list[Column]:
    """The metrics of a summary, without those whose weights are missing."""
    first: Mapping[str, Any] = next(iter(summary["methods"].values()), {})
    return [
        Column(name=name, **{key: entry[key] for key in ("title", "unit", "direction")})
        for name, entry in first.items()
        if not entry.get("missing")
    ]


def missing_of(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Title and reason of each metric that was not computed, since its weights are missing."""
    first: Mapping[str, Any] = next(iter(summary["methods"].values()), {})
    return [(e["title"], e["reason"]) for e in first.values() if e.get("missing")]


def figure(value: float | None) -> str:
    """A number with three digits that mean something; a dash for none."""
    if value is None or not math.isfinite(value):
        return _MISSING
    if abs(value) < _NOTHING:
        return "0"
    places = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(places, 6)}f}"


def best_of(summary: Mapping[str, Any], column: Column) -> set[str]:
    """The judged methods with the best value; none if there is just one, or all are equal.

    Without a direction, the best is the one nearest to the ground truth, if that was scored.
    """
    kinds = summary["kinds"]
    values = {
        method: entries[column.name]["value"]
        for method, entries in summary["methods"].items()
        if kinds[method] == "method" and entries[column.name]["value"] is not None
    }
    judged = [method for method, kind in kinds.items() if kind == "method"]
    if len(judged) < 2 or not values:
        return set()
    distance = {"higher": lambda v: -v, "lower": lambda v: v}.get(column.direction)
    if distance is None:
        truth = _truth(summary, column.name)
        if truth is None:
            return set()
        distance = lambda v: abs(v - truth)  # noqa: E731
    least = min(distance(value) for value in values.values())
    best = {method for method, value in values.items() if distance(value) == least}
    return best if len(best) < len(judged) else set()


def _truth(summary: Mapping[str, Any], metric: str) -> float | None:
    names = [method for method, kind in summary["kinds"].items() if kind == "truth"]
    value: float | None = summary["methods"][names[0]][metric]["value"] if names else None
    return value


def markdown(summary: Mapping[str, Any]) -> str:
    """A table with one row per method: value and interval, the best in bold."""
    columns = columns_of(summary)
    heads = [f"{c.title}{_unit(c)} {ARROWS[c.direction]}" for c in columns]
    lines = [_row(["method", *heads]), _row(["---"] + ["---:"] * len(columns))]
    for method, entries in summary["methods"].items():
        cells = [_markdown_name(method, summary["kinds"][method])]
        for column in columns:
            entry = entries[column.name]
            text = figure(entry["value"])
            if method in best_of(summary, column):
                text = f"**{text}**"
            cells.append(text + _interval(entry["interval"]))
        lines.append(_row(cells))
    return "\n".join(lines) + "\n"


def latex(summary: Mapping[str, Any]) -> str:
    """The same for LaTeX, with booktabs; intervals are left to the report."""
    columns = columns_of(summary)
    heads = [escaped(c.title + _unit(c)) + " " + LATEX_ARROWS[c.direction] for c in columns]
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{l{'r' * len(columns)}}}",
        r"\toprule",
        " & ".join(["Method", *heads]) + r" \\",
        r"\midrule",
    ]
    controls = False
    for method, entries in _judged_first(summary):
        if summary["kinds"][method] != "method" and not controls:
            controls = True
            lines.append(r"\midrule")
        cells = [escaped(method)]
        for column in columns:
            text = figure(entries[column.name]["value"])
            text = "--" if text == _MISSING else text
            cells.append(rf"\textbf{{{text}}}" if method in best_of(summary, column) else text)
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _judged_first(summary: Mapping[str, Any]) -> list[tuple[str, Any]]:
    kinds = summary["kinds"]
    return sorted(summary["methods"].items(), key=lambda item: kinds[item[0]] != "method")


def _unit(column: Column) -> str:
    return "" if column.unit == "1" else f" [{column.unit}]"


def _interval(interval: Sequence[float] | None) -> str:
    return "" if interval is None else f" [{figure(interval[0])}, {figure(interval[1])}]"


def _markdown_name(method: str, kind: str) -> str:
    name = method.replace("|", r"\|")
    return name if kind == "method" else f"*{name}*"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def escaped(text: str) -> str:
    """*text* with what LaTeX takes as commands made harmless."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return re.sub(r"[\\~^&%$#_{}]", lambda m: special.get(m[0], "\\" + m[0]), text)
