"""How alike two signals over time are, and at which lag."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike
from styletalker.core.errors import InputError, compose

__all__ = ["Lag", "best_lag", "pearson"]

_FEWEST = 3
"""A correlation of fewer values says nothing."""


@attrs.frozen(kw_only=True)
class Lag:
    """Where two signals fit best."""

    frames: int
    """How many frames the first signal comes after the second; negative if it comes before."""
    correlation: float
    """Pearson's r there, -1 to 1."""


def pearson(first: ArrayLike, second: ArrayLike) -> float:
    """Pearson's correlation of two signals [T], -1 to 1.

    cov(a, b) / (std(a) std(b)) over the values that are finite in both. NaN if one of them is
    constant or fewer than three values remain: it is not known then, which is not 0.

    Raises:
        InputError: the signals differ in length.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        problem = "two signals of one length are needed"
        raise InputError(compose(problem, expected=f"[{len(a)}]", given=b.shape))
    good = np.isfinite(a) & np.isfinite(b)
    if good.sum() < _FEWEST:
        return float("nan")
    a, b = a[good] - a[good].mean(), b[good] - b[good].mean()
    scale = float(np.sqrt((a**2).sum() * (b**2).sum()))
    if scale < 1e-12 * max(1.0, float(np.abs(np.concatenate([a, b])).max())):
        return float("nan")
    return float(np.clip((a * b).sum() / scale, -1, 1))


def best_lag(first: ArrayLike, second: ArrayLike, most: int = 12) -> Lag:
    """The lag of at most *most* frames at which two signals [T] correlate best.

    At lag k, first[t + k] is compared with second[t] where both exist: the further the shift,
    the fewer values, so *most* must be well below T.

    Raises:
        InputError: the signals differ in length, or no lag has a correlation.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    found: list[Lag] = []
    for lag in range(-min(most, len(a) - 1), min(most, len(a) - 1) + 1):
        ahead, behind = (a[lag:], b[: len(b) - lag]) if lag >= 0 else (a[:lag], b[-lag:])
        value = pearson(ahead, behind)
        if np.isfinite(value):
            found.append(Lag(frames=lag, correlation=value))
    if not found:
        raise InputError(compose("no lag has a correlation: a signal is constant or too short"))
    return max(found, key=lambda one: (one.correlation, -abs(one.frames)))
