"""Line charts as SVG, coloured by the page's own style: no plotting library, light and dark."""

from __future__ import annotations

import html
from collections.abc import Sequence

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Line", "chart", "steps"]

_WIDTH, _HEIGHT = 640, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 8, 24
_TICKS = 4
_OPENING = '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{} over time">'
_COLUMNS = 320
"""Columns in which a waveform is drawn: its envelope, not each sample."""


@attrs.frozen(kw_only=True, eq=False)
class Line:
    """A curve over time."""

    name: str
    """As the legend shows it."""
    values: ArrayLike
    """[T]; a gap where not finite."""
    style: int = 0
    """Which of the page's line styles, from 0."""


def chart(
    lines: Sequence[Line],
    *,
    fps: float,
    label: str,
    waveform: NDArray[np.float32] | None = None,
) -> str:
    """An ``<svg>`` of some curves, over the loudness of a sound [S] of the same time.

    Args:
        lines: of any lengths; time starts at 0 for all.
        fps: values per second.
        label: what the values are, with the unit.
        waveform: mono in [-1, 1]; drawn in grey behind.
    """
    curves = [np.asarray(line.values, np.float64) for line in lines]
    known = np.concatenate([curve[np.isfinite(curve)] for curve in curves] or [np.zeros(0)])
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    low, high = low - margin, high + margin
    seconds = max((len(curve) for curve in curves), default=1) / fps
    parts = [_OPENING.format(_WIDTH, _HEIGHT, html.escape(label))]
    if waveform is not None and len(waveform):
        parts.append(_envelope(waveform))
    parts += [*_grid(low, high, seconds)]
    for line, curve in zip(lines, curves, strict=True):
        path = _path(curve, low, high, max(len(c) for c in curves))
        parts.append(f'<path class="line line{line.style}" d="{path}"/>')
    parts.append("</svg>")
    legend = "".join(
        f'<span class="key key{line.style}">{html.escape(line.name)}</span>' for line in lines
    )
    return (
        f'<figure class="plot"><figcaption>{html.escape(label)} {legend}</figcaption>'
        f"{''.join(parts)}</figure>"
    )


def _x(part: float) -> float:
    return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)


def _y(part: float) -> float:
    return _TOP + (1 - part) * (_HEIGHT - _TOP - _BOTTOM)


def _path(curve: NDArray[np.float64], low: float, high: float, count: int) -> str:
    """Moves and lines; a gap begins a new piece."""
    text, pen = [], "M"
    for t, value in enumerate(curve):
        if not np.isfinite(value):
            pen = "M"
            continue
        x, y = _x((t + 0.5) / count), _y((float(value) - low) / (high - low))
        text.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return "".join(text)


def _envelope(waveform: NDArray[np.float32]) -> str:
    pieces = np.array_split(np.abs(waveform), min(_COLUMNS, len(waveform)))
    peaks = np.array([float(piece.max()) for piece in pieces])
    peaks = peaks / max(float(peaks.max()), 1e-6) * 0.45
    count = len(peaks)
    above = [f"{_x((k + 0.5) / count):.1f} {_y(0.5 + p):.1f}" for k, p in enumerate(peaks)]
    below = [f"{_x((k + 0.5) / count):.1f} {_y(0.5 - p):.1f}" for k, p in enumerate(peaks)]
    return f'<path class="sound" d="M{" L".join([*above, *below[::-1]])}Z"/>'


def _grid(low: float, high: float, seconds: float) -> list[str]:
    parts = []
    for value in steps(low, high):
        y = _y((value - low) / (high - low))
        parts.append(
            f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    for value in steps(0.0, seconds):
        x = _x(value / seconds)
        anchor = "end" if value > 0.95 * seconds else "middle"
        parts.append(
            f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">{value:.4g} s</text>'
        )
    return parts


def steps(low: float, high: float) -> list[float]:
    """Round numbers between *low* and *high*, which must differ."""
    rough = (high - low) / _TICKS
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough)
    first = int(np.ceil(low / step - 1e-9))
    return [k * step for k in range(first, int(np.floor(high / step + 1e-9)) + 1)]
