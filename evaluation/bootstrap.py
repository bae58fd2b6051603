"""Confidence intervals over clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose

__all__ = ["Interval", "bootstrap"]

Measurement = TypeVar("Measurement")


@attrs.frozen(kw_only=True)
class Interval:
    """A value and where it would lie for other clips of the same kind."""

    value: float
    """Over all clips."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""
    level: float
    """The part of intervals made like this that hold the true value, such as 0.95."""


def bootstrap(
    measurements: Sequence[Measurement],
    summarise: Callable[[Sequence[Measurement]], float],
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap over clips (Efron 1979): clips are drawn with repetition.

    Clips are the unit because the frames of a clip are alike. Resamples in which the summary is
    not finite do not count. The same seed gives the same interval.

    **Pitfall.** Some clips show the same person: with few people the interval is too narrow.
    Summaries that depend on the number of clips (a Frechet distance) are shifted by repetition.

    Args:
        measurements: one for each clip.
        summarise: measurements -> the value, such as ``Metric.summarise``.
        resamples: how often to draw.
        level: of the interval, between 0 and 1.
        seed: of the random draws.

    Raises:
        InputError: there are no measurements, or *level* or *resamples* makes no sense.
    """
    if not measurements:
        raise InputError(compose("nothing was measured: there is no interval"))
    if not 0 < level < 1 or resamples < 1:
        expected = "a level between 0 and 1 and at least one resample"
        raise InputError(compose("no such interval", expected=expected, given=(level, resamples)))
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(measurements), (resamples, len(measurements)))
    values = np.array([summarise([measurements[k] for k in draw]) for draw in draws], float)
    values = values[np.isfinite(values)]
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail]) if len(values) else (np.nan, np.nan)
    return Interval(
        value=float(summarise(measurements)), low=float(low), high=float(high), level=level
    )
