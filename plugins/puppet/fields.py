"""Small smooth functions that every part of the head is shaped and painted with.

Lengths are centimetres in head space: x to the right of the image, y up, z towards the
viewer, the eyes on y = 0. ``theta`` is the azimuth on the skull (0 = face, + = right of
the image, radians) and ``level`` the height coordinate that follows the skull's surface.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Curve",
    "Field",
    "FloatArray",
    "IntArray",
    "bump",
    "grid_triangles",
    "lerp",
    "noise",
    "ramp",
    "signed_power",
    "smooth_around",
    "unit",
]

FloatArray = NDArray[np.floating[Any]]
Field = float | FloatArray
"""A number, or an array of numbers that broadcasts against its neighbours."""
IntArray = NDArray[np.integer[Any]]


def bump(x: Field, centre: Field, width: Field) -> FloatArray:
    """Gaussian bell: 1 at *centre*, 1/e at *width* from it."""
    bell: FloatArray = np.exp(-np.square((x - centre) / width))
    return bell


def ramp(start: float, stop: float, x: Field) -> FloatArray:
    """Smooth step from 0 at *start* to 1 at *stop* (which may lie below *start*)."""
    t = np.clip((x - start) / (stop - start), 0.0, 1.0)
    smooth: FloatArray = t * t * (3.0 - 2.0 * t)
    return smooth


def lerp(a: Field, b: Field, t: Field) -> FloatArray:
    """Linear blend: *a* at t = 0, *b* at t = 1."""
    blended: FloatArray = np.add(a, np.multiply(np.subtract(b, a), t))
    return blended


def signed_power(x: Field, exponent: float) -> FloatArray:
    """``|x| ** exponent`` with the sign of *x*."""
    power: FloatArray = np.sign(x) * np.abs(x) ** exponent
    return power


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors [..., 3] scaled to length 1; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = vectors / np.maximum(length, 1e-9)
    return scaled


def noise(rng: np.random.Generator, shape: tuple[int, int], cells: tuple[int, int]) -> FloatArray:
    """Smooth noise [rows, columns] of unit spread with about *cells* features along each axis."""
    coarse = rng.standard_normal((max(cells[0], 2), max(cells[1], 2)), dtype=np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth, np.float32)


def smooth_around(values: FloatArray, sigma: float) -> FloatArray:
    """Gaussian smoothing along the last axis of a closed ring of values, *sigma* in samples."""
    reach = int(3 * sigma) + 1
    offsets = np.arange(-reach, reach + 1)
    weights = bump(offsets.astype(float), 0.0, sigma * np.sqrt(2.0))
    total = sum(w * np.roll(values, o, axis=-1) for w, o in zip(weights, offsets, strict=True))
    smoothed: FloatArray = np.asarray(total) / weights.sum()
    return smoothed


class Curve:
    """A monotone cubic through given knots, constant outside (Fritsch and Carlson, 1980)."""

    def __init__(self, knots: ArrayLike, values: ArrayLike) -> None:
        self._knots = np.asarray(knots, np.float64)
        self._values = np.asarray(values, np.float64)
        steps = np.diff(self._knots)
        secants = np.diff(self._values) / steps
        slopes = np.concatenate([secants[:1], np.zeros(len(steps) - 1), secants[-1:]])
        before, after = secants[:-1], secants[1:]
        rising = before * after > 0
        near, far = 2 * steps[1:] + steps[:-1], steps[1:] + 2 * steps[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            harmonic = (near + far) / (near / before + far / after)
        slopes[1:-1] = np.where(rising, harmonic, 0.0)
        self._slopes = slopes

    def __call__(self, x: Field) -> FloatArray:
        """Values at *x*, of the same shape."""
        position = np.clip(x, self._knots[0], self._knots[-1])
        cell = np.searchsorted(self._knots, position, side="right") - 1
        cell = np.clip(cell, 0, len(self._knots) - 2)
        step = self._knots[cell + 1] - self._knots[cell]
        t = (position - self._knots[cell]) / step
        left, right = self._values[cell], self._values[cell + 1]
        slope_left, slope_right = self._slopes[cell] * step, self._slopes[cell + 1] * step
        cubic = 2 * (left - right) + slope_left + slope_right
        square = 3 * (right - left) - 2 * slope_left - slope_right
        value: FloatArray = ((cubic * t + square) * t + slope_left) * t + left
        return value


def grid_triangles(rows: int, columns: int, *, closed: bool = False) -> NDArray[np.int32]:
    """Triangles [T, 3] of a grid of vertices stored row by row; *closed* joins its columns."""
    row, column = np.meshgrid(
        np.arange(rows - 1), np.arange(columns if closed else columns - 1), indexing="ij"
    )
    here = row * columns + column
    beside = row * columns + (column + 1) % columns
    first = np.stack([here, beside, here + columns], -1).reshape(-1, 3)
    second = np.stack([beside, beside + columns, here + columns], -1).reshape(-1, 3)
    return np.concatenate([first, second]).astype(np.int32)
