"""Steady landmarks: noise goes, the speed of lips and lids stays.

A plain average over time that holds a head still also slows lips down. So the landmarks are taken
apart first:

1. **The head**: a similarity (place, size, tilt) per frame, fitted to the nose, the eyes' corners
   and the jaw. It is slow and its noise is small.
2. **The face** in the head's own frame, by groups (lips, eyes, brows, nose, jaw). The points of a
   group move together: a few principal components hold the motion, while the noise, which differs
   from point to point, is spread over all of them. Keeping a few components takes most noise away
   without any average over time.
3. What is left is filtered over time by a local Wiener filter (Lee 1980): a value is pulled to its
   neighbours' mean by as much as its noise explains their spread. Where nothing moves, that is all
   the way; where a lid shuts, hardly at all. The filter is symmetric: nothing lags.
"""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

__all__ = ["Similarity", "fit_similarity", "jitter", "steady"]

FloatArray = NDArray[np.float64]

_HEAD = np.concatenate(
    [np.full(17, 0.15), np.full(10, 0.1), np.full(9, 1.0), np.full(12, 0.15), np.full(20, 0.0)]
)
_HEAD[[36, 39, 42, 45]] = 1.0
"""What a point counts in the fit of the head: lips, lids and brows move by themselves."""
_ROUNDS = 3
_MEDIAN_OF_NORMAL, _MEDIAN_OF_RAYLEIGH = 0.6745, 0.8326
"""Median size of normal noise, real and complex, in standard deviations."""
_SECOND_DIFFERENCE = np.sqrt(1.5)
"""Standard deviation of x[t] - (x[t-1] + x[t+1]) / 2 for white noise of deviation one."""


@attrs.frozen
class _Group:
    """Points that move together."""

    points: slice
    components: int
    """How many directions of motion are kept."""
    frames: float
    """Standard deviation of the neighbourhood over time, in frames."""


_GROUPS = (
    _Group(slice(0, 17), 4, 2.0),
    _Group(slice(17, 27), 3, 2.0),
    _Group(slice(27, 36), 2, 2.5),
    _Group(slice(36, 48), 4, 1.2),
    _Group(slice(48, 68), 6, 1.0),
)
_HEAD_FRAMES = 2.0


@attrs.frozen(kw_only=True, eq=False)
class Similarity:
    """Where a head is in every frame: size and tilt as one complex factor, and its place."""

    factor: NDArray[np.complex128]
    """[T]: scale * exp(i * tilt)."""
    place: NDArray[np.complex128]
    """[T]: x + i y of the origin, in pixels."""

    def apart(self, points: FloatArray) -> FloatArray:
        """*points* [T, K, 2] in the head's own frame."""
        return _plain((_complex(points) - self.place[:, None]) / self.factor[:, None])

    def together(self, points: FloatArray) -> FloatArray:
        """The inverse of :meth:`apart`."""
        return _plain(_complex(points) * self.factor[:, None] + self.place[:, None])


def steady(landmarks: FloatArray) -> FloatArray:
    """Landmarks [T, 68, 2] without their noise; no frame may be unknown.

    A clip of fewer than five frames is returned as it is: it does not tell noise from motion.
    """
    if len(landmarks) < 5:
        return np.array(landmarks, np.float64)
    head = fit_similarity(landmarks)
    face = head.apart(landmarks)
    calm = Similarity(
        factor=_filtered(head.factor, _HEAD_FRAMES),
        place=_filtered(head.place, _HEAD_FRAMES),
    )
    moved = np.empty_like(face)
    for group in _GROUPS:
        moved[:, group.points] = _calmed(face[:, group.points], group)
    return calm.together(moved)


def fit_similarity(landmarks: FloatArray) -> Similarity:
    """The head's similarity in each frame, to the clip's own mean face (of unit size)."""
    points = _complex(landmarks)
    weights = _HEAD / _HEAD.sum()
    place = points @ weights
    centred = points - place[:, None]
    mean = centred[len(centred) // 2]
    for _ in range(_ROUNDS):
        mean = mean / np.sqrt((weights * np.abs(mean) ** 2).sum())
        factor = (centred * mean.conj() * weights).sum(1)
        mean = (centred / factor[:, None]).mean(0)
    return Similarity(factor=factor, place=place)


def jitter(landmarks: FloatArray) -> float:
    """How much landmarks [T, K, 2] tremble, in pixels: what is faster than a head can move.

    The root mean square of x[t] - (x[t-1] + x[t+1]) / 2, scaled so that white noise gives its own
    standard deviation (of the distance). Real motion adds to it: measure it in a still stretch.
    NaN for fewer than three frames.
    """
    if len(landmarks) < 3:
        return float("nan")
    rest = landmarks[1:-1] - (landmarks[:-2] + landmarks[2:]) / 2
    return float(np.sqrt((rest**2).sum(-1).mean())) / float(_SECOND_DIFFERENCE)


def _calmed(points: FloatArray, group: _Group) -> FloatArray:
    """One group's points [T, K, 2], in the head's frame."""
    flat = points.reshape(len(points), -1)
    mean = flat.mean(0)
    _, _, directions = np.linalg.svd(flat - mean, full_matrices=False)
    kept = directions[: group.components]
    values = (flat - mean) @ kept.T
    calm = np.stack([_filtered(value, group.frames) for value in values.T], -1)
    return np.asarray(calm @ kept + mean).reshape(points.shape)


def _filtered(values: NDArray[Any], frames: float) -> NDArray[Any]:
    """The local Wiener filter of one signal [T], real or complex."""
    mean = _averaged(values, frames)
    spread = _averaged(np.abs(values - mean) ** 2, frames)
    real = np.maximum(spread - _noise(values) ** 2, 0.0) / np.maximum(spread, 1e-18)
    return np.asarray(mean + real * (values - mean))


def _averaged(values: NDArray[Any], frames: float) -> NDArray[Any]:
    if np.iscomplexobj(values):
        return np.asarray(_averaged(values.real, frames) + 1j * _averaged(values.imag, frames))
    return np.asarray(gaussian_filter1d(values, frames, mode="nearest"))


def _noise(values: NDArray[Any]) -> float:
    """Standard deviation of the noise in a signal that also moves: a robust guess."""
    rest = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2)
    usual = _MEDIAN_OF_RAYLEIGH if np.iscomplexobj(values) else _MEDIAN_OF_NORMAL
    return float(np.median(rest)) / usual / float(_SECOND_DIFFERENCE)


def _complex(points: FloatArray) -> NDArray[np.complex128]:
    return np.asarray(points[..., 0] + 1j * points[..., 1], np.complex128)


def _plain(points: NDArray[np.complex128]) -> FloatArray:
    return np.stack([points.real, points.imag], -1)
