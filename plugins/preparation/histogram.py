"""Histograms as SVG, coloured by the page's own style."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

import numpy as np
from styletalker.evaluation.report.svg import steps

__all__ = ["bars", "histogram"]

_WIDTH, _HEIGHT = 420, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 8, 24
_BINS = 20
_NEAR_END = 0.95
_LABELS = 190
_ROW = 24


def histogram(values: Sequence[float], *, title: str, whole: bool = False) -> str:
    """A figure of how many of *values* lie where; an empty text if there are none.

    Args:
        values: not finite ones are left out.
        title: with the unit.
        whole: the values are whole numbers: one bar for each.
    """
    known = np.array([value for value in values if math.isfinite(value)])
    if not len(known):
        return ""
    low, high = float(known.min()), float(known.max())
    if whole:
        edges = np.arange(low - 0.5, high + 1.0)
    else:
        room = 0.0 if high > low else (abs(high) * 0.05 or 0.5)
        edges = np.linspace(low - room, high + room, _BINS + 1)
    counts, _ = np.histogram(known, edges)
    most = int(counts.max())
    label = html.escape(title)
    parts = [
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
    ]
    for value in steps(0.0, float(most)):
        y = _y(value / most)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'
        )
    first, last = float(edges[0]), float(edges[-1])
    for k, count in enumerate(counts):
        left, right = (_x((float(edges[k + m]) - first) / (last - first)) for m in (0, 1))
        top = _y(count / most)
        tip = f"{edges[k]:.4g} to {edges[k + 1]:.4g}: {count}"
        tip = f"{(edges[k] + edges[k + 1]) / 2:.4g}: {count}" if whole else tip
        parts.append(
            f'<rect class="pile" x="{left + 0.5:.1f}" y="{top:.1f}" '
            f'width="{max(right - left - 1, 0.5):.1f}" '
            f'height="{_HEIGHT - _BOTTOM - top:.1f}"><title>{tip}</title></rect>'
        )
    for value in steps(first, last):
        x = _x((value - first) / (last - first))
        parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{value:.4g}</text>')
    middle = f"median {np.median(known):.4g}, {len(known)} value{'' if len(known) == 1 else 's'}"
    return (
        f'<figure class="plot"><figcaption>{label} <span class="soft">{middle}</span>'
        f"</figcaption>{''.join(parts)}</svg></figure>"
    )


def bars(rows: Sequence[tuple[str, float, str]], *, title: str) -> str:
    """A figure of a bar for each (label, value, text beside it); empty without rows."""
    if not rows:
        return ""
    most = max(value for _, value, _ in rows) or 1.0
    height = _TOP + _ROW * len(rows)
    width = 2 * _WIDTH
    label = html.escape(title)
    parts = [f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{label}">']
    for k, (name, value, text) in enumerate(rows):
        top = _TOP + _ROW * k
        length = value / most * (width - _LABELS - 150)
        parts.append(
            f'<text x="{_LABELS - 8}" y="{top + 15}" text-anchor="end">{html.escape(name)}</text>'
            f'<rect class="pile lost" x="{_LABELS}" y="{top + 3}" width="{max(length, 1):.1f}" '
            f'height="{_ROW - 7}"/>'
            f'<text x="{_LABELS + length + 6:.1f}" y="{top + 15}">{html.escape(text)}</text>'
        )
    return (
        f'<figure class="plot wide"><figcaption>{label}</figcaption>{"".join(parts)}</svg></figure>'
    )


def _x(part: float) -> float:
    return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)


def _y(part: float) -> float:
    return _TOP + (1 - part) * (_HEIGHT - _TOP - _BOTTOM)
