"""Diversity: how different the motions are that several seeds give to one speech."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["pose_diversity", "trajectory_distance"]

FloatArray = NDArray[np.float64]


def trajectory_distance(first: ArrayLike, second: ArrayLike) -> float:
    """Root mean square difference of two heads' angles [T, 3] in degrees, over the common frames.

    Over the frames in which both are known, the mean over yaw, pitch and roll. Each angle's own
    mean stays in: heads that look elsewhere differ. NaN if no frame is known in both.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    count = min(len(a), len(b))
    gap = a[:count] - b[:count]
    gap = gap[np.isfinite(gap).all(1)]
    return float(np.sqrt((gap**2).mean(0)).mean()) if len(gap) else float("nan")


def pose_diversity(trajectories: Sequence[ArrayLike]) -> float:
    """Mean distance over all pairs of trajectories [T, 3] of one speech; NaN if there is no pair.

    See :func:`trajectory_distance`. 0: every seed moves the head alike.
    """
    pairs = itertools.combinations(trajectories, 2)
    found = [value for a, b in pairs if np.isfinite(value := trajectory_distance(a, b))]
    return float(np.mean(found)) if found else float("nan")
