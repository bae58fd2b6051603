"""How open the eyes are, seen in the picture: the contrast of the eye's region."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import map_coordinates
from styletalker.core.errors import InputError, compose

__all__ = ["eye_contrast"]

FloatArray = NDArray[np.float64]

_HEIGHT = 0.7
"""Height of the region, in widths of the eye: the open eye of any person and its lashes."""
_ROWS, _COLUMNS = 12, 24
_LUMA = (0.299, 0.587, 0.114)
_CORNERS = ((36, 39), (42, 45))


def eye_contrast(frames: NDArray[np.uint8], landmarks: ArrayLike) -> FloatArray:
    """Contrast of the eye at the left and the right of the image: [T, 2].

    The standard deviation of the luma (0 to 255) in a region around each eye, as wide as its
    corners are apart (points 36-39, 42-45), 0.7 times as high, turned and scaled with them.
    White, iris and pupil differ much, a lid is even: closed eyes have about half the contrast.
    NaN where landmarks are.

    It needs the place of the eyes only, not the lids, on which landmark models fail in small
    pictures. Dark glasses and hard shadows make it useless; gaze changes it little.

    Args:
        frames: [T, H, W, 3] RGB.
        landmarks: [T, 68, 2] in pixels, a pixel's centre at .5.

    Raises:
        InputError: frames and landmarks do not belong together.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape != (len(frames), 68, 2):
        expected = f"[{len(frames)}, 68, 2]"
        problem = "landmarks do not belong to the frames"
        raise InputError(compose(problem, expected=expected, given=points.shape))
    contrast = np.full((len(frames), 2), np.nan)
    for t, frame in enumerate(frames):
        if np.isfinite(points[t]).all():
            luma = frame @ np.array(_LUMA)
            contrast[t] = [_region(luma, points[t, a], points[t, b]).std() for a, b in _CORNERS]
    return contrast


def _region(luma: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """The region between two corners of an eye, resampled."""
    middle, along = (first + second) / 2, second - first
    across = np.array([-along[1], along[0]])
    v, u = np.meshgrid(
        np.linspace(-_HEIGHT / 2, _HEIGHT / 2, _ROWS), np.linspace(-0.5, 0.5, _COLUMNS),
        indexing="ij",
    )  # fmt: skip
    places = middle + u[..., None] * along + v[..., None] * across - 0.5
    region: FloatArray = map_coordinates(
        luma, [places[..., 1], places[..., 0]], order=1, mode="nearest"
    )
    return region
