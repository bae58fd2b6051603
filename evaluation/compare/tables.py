"""A comparison for people: on the terminal, as Markdown, as LaTeX, as plain values."""

from __future__ import annotations

from typing import Any

import attrs
from rich.table import Table
from rich.text import Text
from styletalker.evaluation.compare.contrast import Cell, Comparison, Row
from styletalker.evaluation.report.tables import ARROWS, LATEX_ARROWS, escaped, figure

__all__ = ["as_latex", "as_markdown", "as_plain", "as_table"]


def as_table(comparison: Comparison) -> Table:
    """For a terminal; the best is bold, and starred for those who see no bold."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("metric", overflow="fold")
    for column in comparison.columns:
        table.add_column(column, overflow="fold", justify="right")
    several = len({row.method for row in comparison.rows}) > 1
    method = ""
    for row in comparison.rows:
        if several and row.method != method:
            method = row.method
            table.add_row(Text(method, style="bold underline"))
        cells = [
            Text(_text(cell) + ("*" if k in row.best else ""), "bold" if k in row.best else "")
            for k, cell in enumerate(row.cells)
        ]
        table.add_row(Text(_label(row)), *cells)
    return table


def as_markdown(comparison: Comparison) -> str:
    """A Markdown table with the best in bold, and the notes below."""
    lines = ["| method | metric | " + " | ".join(map(_cell_safe, comparison.columns)) + " |"]
    lines.append("| --- | --- |" + " ---: |" * len(comparison.columns))
    for row in comparison.rows:
        cells = [
            f"**{_text(cell)}**" if k in row.best else _text(cell)
            for k, cell in enumerate(row.cells)
        ]
        head = f"| {_cell_safe(row.method)} | {_cell_safe(_label(row))} | "
        lines.append(head + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"Note: {note}." for note in comparison.notes)]) + "\n"


def as_latex(comparison: Comparison) -> str:
    """A LaTeX table (booktabs) with the best in bold; verdicts stand in brackets."""
    lines = [
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{ll{'r' * len(comparison.columns)}}}",
        r"\toprule",
        " & ".join(["Method", "Metric", *map(escaped, comparison.columns)]) + r" \\",
        r"\midrule",
    ]
    for row in comparison.rows:
        unit = "" if row.unit == "1" else f" [{row.unit}]"
        cells = [escaped(row.method), f"{escaped(row.title + unit)} {LATEX_ARROWS[row.direction]}"]
        for k, cell in enumerate(row.cells):
            value = figure(cell.value) if cell.value is not None else "--"
            if cell.spread is not None:
                value += rf" $\pm$ {figure(cell.spread)}"
            value = rf"\textbf{{{value}}}" if k in row.best else value
            cells.append(value + (f" ({cell.verdict})" if cell.verdict else ""))
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def as_plain(comparison: Comparison) -> dict[str, Any]:
    """Everything, ready for JSON."""
    return attrs.asdict(comparison)


def _label(row: Row) -> str:
    unit = "" if row.unit == "1" else f" [{row.unit}]"
    return f"{row.title}{unit} {ARROWS[row.direction]}"


def _text(cell: Cell) -> str:
    """``0.81 [0.75, 0.86], better`` or ``0.81 ± 0.02``; the notes say what was not computed."""
    if cell.value is None:
        return "not computed"
    text = figure(cell.value)
    if cell.interval is not None:
        text += f" [{figure(cell.interval[0])}, {figure(cell.interval[1])}]"
    if cell.spread is not None:
        text += f" ± {figure(cell.spread)}"
    if cell.failures:
        text += f", {cell.failures} failed"
    if cell.verdict:
        text += f", {cell.verdict}"
        if cell.paired is not None:
            text += f" (n = {cell.paired.clips})"
    return text


def _cell_safe(text: str) -> str:
    return text.replace("|", r"\|")
