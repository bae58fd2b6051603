"""The page of a report."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from styletalker.evaluation.harness.summary import NOT_ASKED, NOT_FOLLOWING, without_clip
from styletalker.evaluation.report.shown import Shown
from styletalker.evaluation.report.tables import (
    ARROWS,
    Column,
    best_of,
    columns_of,
    figure,
    missing_of,
)

__all__ = ["page"]

_STYLE = Path(__file__).with_name("page.css")
_FILES = (
    'Files: <a href="summary.json">summary.json</a>, <a href="clips.csv">clips.csv</a>, '
    '<a href="table.md">table.md</a>, <a href="table.tex">table.tex</a>.'
)
_MOST_FAILURES = 200
"""Lines of the list of failures; the rest stands in ``clips.csv``."""
_DOTS = "A dot is a clip; the upright line is the value over all clips, the bar its interval."
_MOST_NAMES = 12
"""Names in one cell of a list."""
_LEGEND = (
    "↑ higher is better, ↓ lower is better, ≈ nearer to the ground truth is better. Below each "
    "value its {level:.0f} % interval over clips. n is the number of clips that could be measured, "
    "where some could not."
)


def page(
    title: str, summary: Mapping[str, Any], shown: Sequence[Shown], plots: Sequence[str] = ()
) -> str:
    """The HTML of a report: numbers, clips, failures and how it was measured.

    *plots* are figures of the values' distributions.
    """
    protocol = summary["protocol"]
    name = f"{protocol['name']} {protocol['version']}"
    version = html.escape(str(summary["version"]))
    legend = _LEGEND.format(level=100 * protocol["level"])
    body = [
        f"<h1>{html.escape(title)}</h1>",
        f'<p class="soft">Protocol {html.escape(name)}, styletalker {version}. {_FILES}</p>',
        "<h2>Results</h2>",
        _table(summary),
        f'<p class="soft">{html.escape(legend)}</p>',
        _notes(summary),
    ]
    if shown:
        body.append("<h2>Clips</h2>")
        body += [f"<h3>{html.escape(one.name)}</h3>{one.markup}" for one in shown]
    if plots:
        body.append(
            f"<details><summary><h2>Distributions</h2></summary><p>{_DOTS}</p>"
            f'<div class="plots">{"".join(plots)}</div></details>'
        )
    body += [_missing(summary), *_not_computed(summary)]
    body += ["<h2>What could not be measured</h2>", _failures(summary), *_remarks(summary)]
    body += ["<h2>Protocol</h2>", _protocol(summary)]
    style = _STYLE.read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _table(summary: Mapping[str, Any]) -> str:
    """Metrics as rows: there are more of them than methods, and phones are narrow."""
    methods = list(summary["methods"])
    heads = "".join(_head(method, summary) for method in methods)
    rows = []
    for column in columns_of(summary):
        unit = (
            "" if column.unit == "1" else f' <span class="soft">{html.escape(column.unit)}</span>'
        )
        label = f"{html.escape(column.title)} {ARROWS[column.direction]}{unit}"
        best = best_of(summary, column)
        cells = "".join(_cell(summary, method, column, method in best) for method in methods)
        rows.append(f'<tr><th scope="row">{label}</th>{cells}</tr>')
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">metric</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _head(method: str, summary: Mapping[str, Any]) -> str:
    kind = summary["kinds"][method]
    under = "" if kind == "method" else '<br><small class="soft">control</small>'
    return f'<th scope="col">{html.escape(method)}{under}</th>'


def _cell(summary: Mapping[str, Any], method: str, column: Column, best: bool) -> str:
    entry = summary["methods"][method][column.name]
    value = figure(entry["value"])
    if entry["value"] is None:
        return f'<td><span class="soft" title="{html.escape(entry["reason"])}">{value}</span></td>'
    interval = entry["interval"]
    under = [] if interval is None else [f"{figure(interval[0])} to {figure(interval[1])}"]
    if entry["failures"]:
        total = entry["clips"] + len(entry["failures"])
        under.append(f"n = {entry['clips']} of {total}")
    small = "".join(f"<small>{line}</small>" for line in under)
    if best:
        return f'<td class="best"><b>{value}</b>{small}</td>'
    return f"<td>{value}{small}</td>"


def _notes(summary: Mapping[str, Any]) -> str:
    lines = [
        f"<li>{html.escape(method)}: {html.escape(note)}</li>"
        for method, note in summary["notes"].items()
        if note
    ]
    return f'<ul class="soft">{"".join(lines)}</ul>' if lines else ""


def _missing(summary: Mapping[str, Any]) -> str:
    """Metrics without their weights: a heading and a list, or nothing."""
    rows = [
        f"<li>{html.escape(title)}: {html.escape(reason)}</li>"
        for title, reason in missing_of(summary)
    ]
    return f"<h2>Metrics not computed</h2><ul>{''.join(rows)}</ul>" if rows else ""


def _not_computed(summary: Mapping[str, Any]) -> list[str]:
    """Metrics without any value for a judged method, with the reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for method, entries in summary["methods"].items():
        if summary["kinds"][method] not in ("method", "truth"):
            continue
        for entry in entries.values():
            if entry["value"] is None and not entry.get("missing"):
                reason = without_clip(str(entry["reason"]))
                found.setdefault((entry["title"], reason), []).append(method)
    if not found:
        return []
    rows = [(title, ", ".join(methods), reason) for (title, reason), methods in found.items()]
    return ["<h2>What was not computed</h2>", _rows(("metric", "method", "reason"), rows)]


def _remarks(summary: Mapping[str, Any]) -> list[str]:
    """What a reader must know of clips that were measured: one line for each method and remark."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in summary.get("remarks", ()):
        found.setdefault((one["method"], one["remark"]), []).append(one["clip"])
    if not found:
        return []
    rows = [(method, ", ".join(clips), text) for (method, text), clips in found.items()]
    return [
        "<h2>Remarks</h2>",
        "<p>These clips were measured; read their values with this in mind.</p>",
        _rows(("method", "clips", "remark"), rows[:_MOST_FAILURES]),
    ]


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in heads)
    lines = "".join(
        "<tr>" + "".join(f"<td>{html.escape(_short(cell))}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll wrap"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def _short(text: str) -> str:
    """A long list of clips, cut: ``clips.csv`` has all."""
    names = text.split(", ")
    if len(names) <= _MOST_NAMES:
        return text
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} more"


_QUIET = (NOT_ASKED, NOT_FOLLOWING)
"""Reasons that are no faults."""


def _failures(summary: Mapping[str, Any]) -> str:
    """One line for each method and reason: a broken video fails in all metrics alike."""
    found: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    for method, entries in summary["methods"].items():
        for entry in entries.values():
            if entry.get("missing"):
                continue
            faults = [(one["clip"], one["reason"]) for one in entry["failures"]]
            if entry["reason"] and not faults and entry["reason"] not in _QUIET:
                faults = [("all", entry["reason"])]
            for clip, text in faults:
                reason = without_clip(text)
                clips, titles = found.setdefault((method, reason), ([], []))
                clips += [clip] if clip not in clips else []
                titles += [entry["title"]] if entry["title"] not in titles else []
    if not found:
        return "<p>Every clip was measured by every metric that was asked.</p>"
    rows = [
        (method, ", ".join(clips), ", ".join(titles), reason)
        for (method, reason), (clips, titles) in found.items()
    ]
    more = len(rows) - _MOST_FAILURES
    after = f'<p>And {more} more: see <a href="clips.csv">clips.csv</a>.</p>' if more > 0 else ""
    table = _rows(("method", "clips", "metrics", "reason"), rows[:_MOST_FAILURES])
    return f"<p>These count in no value.</p>{table}{after}"


def _protocol(summary: Mapping[str, Any]) -> str:
    protocol = summary["protocol"]
    rules = "".join(f"<li>{html.escape(rule)}</li>" for rule in protocol["rules"])
    facts = (
        f"<li>{100 * protocol['level']:.0f} % intervals from {protocol['resamples']} resamples; "
        f"lengths may differ by {protocol['tolerance_frames']} frames.</li>"
    )
    hashes = "".join(
        f"<li>{html.escape(name)}: <code>{html.escape(digest)}</code></li>"
        for name, digest in summary["weights"].items()
    )
    return f"<ul>{rules}{facts}</ul><p>SHA-256 of the networks that measured:</p><ul>{hashes}</ul>"
