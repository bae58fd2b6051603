"""What of 68 landmarks moves with speech: ten measures of the lips and the chin.

They are lengths along the axes of the face, in units of the distance between the eyes. A turned
head changes them slowly; what is slow is taken away, and each is divided by how much it moves, so
that a mumbler and a shouter look alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["MEASURES", "lip_measures"]

_STEADY_FRAMES = 3.0
"""The axes of the face are averaged over so many frames (standard deviation of a Gaussian)."""
_SLOW_FRAMES = 15.0
"""What changes more slowly than this is pose, age or a smile, not speech."""
_STILL = 0.01
"""Movement that counts as noise, in eye distances: half a pixel of a face of 256 px."""
_LEAST_SCALE = 1e-3
"""Pixels between the eyes, at least: landmarks that all lie in one point give zeros."""

MEASURES = (
    "inner gap", "outer gap", "outer width", "inner width", "upper lip", "lower lip", "corners",
    "chin", "upper thickness", "lower thickness",
)  # fmt: skip
"""The measures, in their order; heights count from the nostrils downwards."""


def lip_measures(landmarks: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Measures [..., T, 10] of landmarks [..., T, 68, 2] (iBUG order, any pixels).

    There is no lag: every filter is symmetric in time. Frames without a face (not finite) are
    bridged by straight lines.
    """
    points = _bridged(np.asarray(landmarks, np.float64))
    left, right = points[..., 36:42, :].mean(-2), points[..., 42:48, :].mean(-2)
    across = gaussian_filter1d(right - left, _STEADY_FRAMES, axis=-2, mode="nearest")
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    scale = np.maximum(np.median(length, axis=-2, keepdims=True), _LEAST_SCALE)
    x_axis = across / np.maximum(length, _LEAST_SCALE)
    y_axis = np.stack([-x_axis[..., 1], x_axis[..., 0]], -1)
    x = (points * x_axis[..., None, :]).sum(-1) / scale
    y = (points * y_axis[..., None, :]).sum(-1) / scale  # [..., T, 68], down

    nose, upper, lower = _mean(y, 31, 36), _mean(y, 50, 53), _mean(y, 56, 59)
    inner_upper, inner_lower = _mean(y, 61, 64), _mean(y, 65, 68)
    measures = np.stack(
        [
            inner_lower - inner_upper,
            lower - upper,
            x[..., 54] - x[..., 48],
            x[..., 64] - x[..., 60],
            upper - nose,
            lower - nose,
            (y[..., 48] + y[..., 54]) / 2 - nose,
            _mean(y, 7, 10) - nose,
            inner_upper - upper,
            lower - inner_lower,
        ],
        -1,
    )
    measures -= gaussian_filter1d(measures, _SLOW_FRAMES, axis=-2, mode="reflect")
    moves = np.sqrt(np.square(measures).mean(-2, keepdims=True) + _STILL**2)
    found: NDArray[np.float32] = (measures / moves).astype(np.float32)
    return found


def _mean(values: NDArray[np.float64], first: int, last: int) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = values[..., first:last].mean(-1)
    return mean


def _bridged(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """*points* [..., T, 68, 2] with straight lines where a frame has some that are not finite."""
    known: NDArray[np.bool_] = np.asarray(np.isfinite(points).all((-2, -1)))
    if known.all():
        return points
    bridged = np.zeros_like(points)
    times = np.arange(points.shape[-3])
    for index in np.ndindex(points.shape[:-3]):
        there = known[index]
        if there.any():
            flat = points[index][there].reshape(there.sum(), -1)
            columns = [np.interp(times, times[there], column) for column in flat.T]
            bridged[index] = np.stack(columns, 1).reshape(points.shape[-3:])
    return bridged
