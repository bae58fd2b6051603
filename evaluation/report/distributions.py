"""How the clips' values are spread: a row of dots for each method, as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from styletalker.evaluation.harness.measure import Outcome
from styletalker.evaluation.harness.tool import Tool
from styletalker.evaluation.report.svg import steps
from styletalker.evaluation.report.tables import ARROWS

__all__ = ["distributions"]

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 170, 12, 6, 22
_ROW = 26
_FEWEST = 3
"""Fewer clips are no distribution."""
_LABEL = 26
"""Characters of a method's name that fit."""
_GOLDEN = 0.618
"""Dots are spread over their row by this, so that equal values can be told apart."""


def distributions(
    summary: Mapping[str, Any], tools: Sequence[Tool], outcomes: Sequence[Outcome]
) -> list[str]:
    """One figure for each metric: a dot is a clip, the bar is the interval of the value.

    Metrics with fewer than three clips in every method have none.
    """
    found: dict[tuple[str, str], list[float]] = {}
    known = {tool.name: tool.metric for tool in tools}
    for one in outcomes:
        if one.measurement is not None and not known[one.tool].pooled:
            value = float(known[one.tool].summarise([one.measurement]))
            if math.isfinite(value):
                found.setdefault((one.tool, one.method), []).append(value)
    figures = []
    for tool in tools:
        rows = {m: v for m in summary["methods"] if (v := found.get((tool.name, m)))}
        if max(map(len, rows.values()), default=0) >= _FEWEST:
            entries = {m: summary["methods"][m][tool.name] for m in rows}
            figures.append(_figure(rows, entries))
    return figures


def _figure(rows: Mapping[str, Sequence[float]], entries: Mapping[str, Any]) -> str:
    entry = next(iter(entries.values()))
    unit = "" if entry["unit"] == "1" else f" [{entry['unit']}]"
    label = html.escape(f"{entry['title']}{unit} {ARROWS[entry['direction']]}")
    values = [value for row in rows.values() for value in row]
    low, high = min(values), max(values)
    margin = 0.04 * (high - low) or abs(high) * 0.1 or 1.0
    low, high = low - margin, high + margin
    height = _TOP + _ROW * len(rows) + _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    parts = [
        f'<line class="grid" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{_TOP}" '
        f'y2="{height - _BOTTOM}"/><text x="{x(value):.1f}" y="{height - 6}" '
        f'text-anchor="middle">{value:.4g}</text>'
        for value in steps(low, high)
    ]
    for k, (method, row) in enumerate(rows.items()):
        top = _TOP + _ROW * k
        name = method if len(method) <= _LABEL else method[: _LABEL - 1] + "…"
        parts.append(
            f'<text x="{_LEFT - 8}" y="{top + 17}" text-anchor="end">{html.escape(name)}</text>'
        )
        parts += [
            f'<circle class="dot" cx="{x(value):.1f}" '
            f'cy="{top + 6 + (n * _GOLDEN % 1) * (_ROW - 12):.1f}" r="2.2"/>'
            for n, value in enumerate(row)
        ]
        parts.append(_summary_of(entries[method], x, top, low, high))
    return (
        f'<figure class="plot"><figcaption>{label}</figcaption><svg class="chart" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label} of each clip">'
        f"{''.join(parts)}</svg></figure>"
    )


def _summary_of(entry: Mapping[str, Any], x: Any, top: float, low: float, high: float) -> str:
    """The value and its interval, where they lie within the picture."""
    value, interval = entry["value"], entry["interval"]
    if value is None or not low <= value <= high:
        return ""
    first, last = (value, value) if interval is None else interval
    first, last = max(first, low), min(last, high)
    return (
        f'<line class="bar" x1="{x(first):.1f}" x2="{x(last):.1f}" y1="{top + _ROW / 2}" '
        f'y2="{top + _ROW / 2}"/><line class="bar" x1="{x(value):.1f}" x2="{x(value):.1f}" '
        f'y1="{top + 4}" y2="{top + _ROW - 4}"/>'
    )
