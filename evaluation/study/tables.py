"""The analysis of a study for people and for papers."""

from __future__ import annotations

import html

from rich.table import Table
from styletalker.evaluation.study.findings import Contrast, Findings, Score

__all__ = ["as_markdown", "as_tables"]

_HEADS = {"pairwise": "strength (Bradley-Terry)", "opinion": "mean opinion (1 to 5)"}
_VALUES = {"pairwise": "preferred", "opinion": "difference"}


def as_tables(found: Findings) -> list[Table]:
    """For a terminal: two tables for each question."""
    tables = []
    for question, scores, contrasts in found.questions:
        table = Table(title=question, title_justify="left", box=None, pad_edge=False)
        for head in ("method", _HEADS[found.kind], "answers"):
            table.add_column(head)
        for score in scores:
            table.add_row(score.method, _score(score), str(score.answers))
        pairs = Table(box=None, pad_edge=False)
        for head in ("method", "against", _VALUES[found.kind], "n", "p (Holm)", "verdict"):
            pairs.add_column(head)
        for one in contrasts:
            pairs.add_row(*_contrast(one, found.kind))
        tables += [table, pairs]
    return tables


def as_markdown(found: Findings) -> str:
    """The same as Markdown, with who was left out."""
    people = f"{found.people} people; {found.left_out} left out by the attention checks."
    lines = ["# Study", "", people, ""]
    if found.left_share is not None:
        share = f"{100 * found.left_share:.0f} % of the comparisons without a tie"
        lines += [f"The left video was preferred in {share}.", ""]
    for question, scores, contrasts in found.questions:
        lines += [f"## {html.escape(question, quote=False)}", ""]
        lines += [f"| method | {_HEADS[found.kind]} | answers |", "| --- | ---: | ---: |"]
        lines += [_row(score.method, _score(score), str(score.answers)) for score in scores]
        lines += ["", f"| method | against | {_VALUES[found.kind]} | n | p (Holm) | verdict |",
                  "| --- | --- | ---: | ---: | ---: | --- |"]  # fmt: skip
        lines += [_row(*_contrast(one, found.kind)) for one in contrasts]
        lines.append("")
    lines += [f"Note: {note}." for note in found.notes]
    return "\n".join(lines).rstrip() + "\n"


def _score(score: Score) -> str:
    return f"{score.value:.2f} [{score.low:.2f}, {score.high:.2f}]"


def _contrast(one: Contrast, kind: str) -> tuple[str, ...]:
    scale, unit = (100, " %") if kind == "pairwise" else (1, "")
    places = 0 if kind == "pairwise" else 2
    value, low, high = (f"{scale * v:.{places}f}" for v in (one.value, one.low, one.high))
    text = f"{value}{unit} [{low}, {high}]"
    return (one.method, one.other, text, str(one.count), f"{one.p_corrected:.3g}", one.verdict)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
