"""Identity drift: whether a video becomes somebody else as it goes on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from styletalker.core.errors import InputError, compose
from styletalker.evaluation.identity import cosine_similarity

__all__ = ["FEWEST", "identity_drift"]

FloatArray = NDArray[np.float64]

FEWEST = 6
"""Vectors; a slope through fewer says nothing."""
_FIRST = 3
"""Vectors whose mean is what the video began with: one alone may have an odd expression."""


def identity_drift(vectors: ArrayLike, seconds_apart: float) -> float:
    """How fast a video leaves the person it began with, in cosine similarity lost per minute.

    Minus the least-squares slope, over time, of the cosine similarity of each vector to the mean
    of the first three; those three do not count. About 0 for a person who stays.

    Args:
        vectors: [K, E], at equal distances in time; NaN where no face is known.
        seconds_apart: from one to the next.

    Raises:
        InputError: fewer than 6 vectors are known.
    """
    values = np.asarray(vectors, np.float64)
    known = np.flatnonzero(np.isfinite(values).all(1))
    if len(known) < FEWEST:
        problem = "the video is too short to tell whether its identity drifts"
        expected = f"a face in {FEWEST} of the frames that are looked at"
        raise InputError(compose(problem, expected=expected, given=len(known)))
    begin = values[known[:_FIRST]].mean(0)
    later = known[_FIRST:]
    alike = np.array([cosine_similarity(values[k], begin) for k in later])
    minutes = later * seconds_apart / 60
    slope = float(np.polyfit(minutes - minutes.mean(), alike, 1)[0])
    return -slope
