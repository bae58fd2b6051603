"""LMD: how far landmarks are from the ground truth's."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import ArrayLike, NDArray
from styletalker.core.errors import InputError, compose

__all__ = ["ALL", "MOUTH", "LandmarkDistance", "landmark_distance"]

ALL, MOUTH = slice(0, 68), slice(48, 68)
"""The points of LMD and of LMD-mouth."""


@attrs.frozen(kw_only=True)
class LandmarkDistance:
    """LMD in both units."""

    inter_ocular: float
    """In inter-ocular distances of the ground truth (points 36-45)."""
    pixels: float
    """In pixels: depends on the resolution; for comparison with papers that do the same."""


def landmark_distance(
    landmarks: ArrayLike, truth: ArrayLike, points: slice = ALL
) -> LandmarkDistance:
    """Mean distance of mean-centred landmarks [T, 68, 2] to the ground truth's, frame by frame.

    From each frame's chosen points their own mean is subtracted; then the Euclidean distances
    are averaged over points and frames (RAD-NeRF's LMDMeter, without the last step pixels). The
    normalised value divides by the ground truth's distance 36-45 of the same frame. Frames in
    which either has no landmarks (NaN) do not count.

    **Pitfall.** Neither scale nor rotation is removed: a sampled head motion counts as error.

    Raises:
        InputError: the shapes differ, or no frame has both.
    """
    ours, theirs = np.asarray(landmarks, np.float64), np.asarray(truth, np.float64)
    if ours.shape != theirs.shape or ours.shape[1:] != (68, 2):
        problem = "landmarks cannot be compared"
        raise InputError(compose(problem, expected=str(theirs.shape), given=ours.shape))
    both = np.isfinite(ours).all((1, 2)) & np.isfinite(theirs).all((1, 2))
    if not both.any():
        raise InputError(compose("no frame has landmarks in both clips"))
    unit: NDArray[np.float64] = np.linalg.norm(theirs[both, 45] - theirs[both, 36], axis=-1)
    difference = _centred(ours[both, points]) - _centred(theirs[both, points])
    distance = np.linalg.norm(difference, axis=-1).mean(1)
    return LandmarkDistance(
        inter_ocular=float((distance / unit).mean()), pixels=float(distance.mean())
    )


def _centred(points: NDArray[np.float64]) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = points - points.mean(1, keepdims=True)
    return centred
