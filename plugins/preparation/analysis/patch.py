"""The face as models like it best: upright, in the middle, of one size."""

from __future__ import annotations

import attrs
import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Patch", "Pose2d", "patch_of", "pose_of"]

FloatArray = NDArray[np.float64]

_STABLE = slice(27, 48)
"""Nose and eyes: the points by which a face is placed; speech and the jaw do not move them."""
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_SHRINK_FIRST = 1.5
"""Regions that are more than so many times too large are shrunk before they are turned: bilinear
sampling alone would skip pixels."""


@attrs.frozen(eq=False)
class Pose2d:
    """Where a face is in a picture."""

    middle: FloatArray
    """[2]: mean of the nose's and the eyes' landmarks, pixels."""
    size: float
    """Spread of those landmarks, pixels."""
    tilt: float
    """Of the line between the eyes, radians, clockwise."""


@attrs.frozen(eq=False)
class Patch:
    """A square piece of a picture, turned, and where it comes from."""

    image: NDArray[np.uint8]
    """[side, side, 3]."""
    centre: FloatArray
    """[2]: its middle, in pixels of the picture."""
    turn: FloatArray
    """[2, 2]: a step in the patch as a step in the picture."""

    @property
    def side(self) -> int:
        """Height and width."""
        return len(self.image)

    def to_picture(self, points: NDArray[np.float32] | FloatArray) -> FloatArray:
        """Points [K, 2] of the patch as points of the picture."""
        off = np.asarray(points, np.float64) - self.side / 2
        return np.asarray(off @ self.turn.T + self.centre)

    def to_patch(self, points: FloatArray) -> FloatArray:
        """Points [K, 2] of the picture as points of the patch."""
        off = np.asarray(points, np.float64) - self.centre
        return np.asarray(off @ np.linalg.inv(self.turn).T + self.side / 2)


def pose_of(landmarks: FloatArray) -> Pose2d:
    """Where the face with these landmarks [68, 2] is."""
    stable = landmarks[_STABLE]
    across = landmarks[_RIGHT_EYE].mean(0) - landmarks[_LEFT_EYE].mean(0)
    return Pose2d(
        middle=np.asarray(stable.mean(0), np.float64),
        size=float(stable.std(0).sum()),
        tilt=float(np.arctan2(across[1], across[0])),
    )


def patch_of(
    picture: NDArray[np.uint8],
    centre: FloatArray,
    width: float,
    tilt: float,
    side: int,
    *,
    fine: bool = False,
) -> Patch:
    """The square of *width* pixels around *centre*, turned by *tilt*, as [side, side, 3].

    Beyond the picture its outermost pixels are repeated. With *fine* it is made to be looked at:
    bicubic, and mirrored beyond the picture.
    """
    scale = width / side
    turn = scale * np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    source, at, shrunk = picture, np.asarray(centre, np.float64), turn
    if scale > (1.0 if fine else _SHRINK_FIRST):
        source, corner, factor = _shrunk(picture, at, width, scale)
        at, shrunk = (at - corner) / factor, turn / factor[:, None]
    start = at - shrunk @ np.full(2, side / 2)  # pixel centres are at .5
    start = start + shrunk @ np.full(2, 0.5) - 0.5
    image = cv2.warpAffine(
        source,
        np.column_stack([shrunk, start]),
        (side, side),
        flags=(cv2.INTER_CUBIC if fine else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101 if fine else cv2.BORDER_REPLICATE,
    )
    return Patch(np.asarray(image, np.uint8), np.asarray(centre, np.float64), turn)


def _shrunk(
    picture: NDArray[np.uint8], centre: FloatArray, width: float, scale: float
) -> tuple[NDArray[np.uint8], FloatArray, FloatArray]:
    """The region around a square at the scale of its patch, its corner, and the factors (x, y)."""
    reach = 0.75 * width + 2  # half a diagonal
    rows, columns = picture.shape[:2]
    left, top = (max(0, int(v - reach)) for v in centre)
    right = min(columns, int(centre[0] + reach) + 1)
    bottom = min(rows, int(centre[1] + reach) + 1)
    if right - left < 1 or bottom - top < 1:
        return picture, np.zeros(2), np.ones(2)
    region = picture[top:bottom, left:right]
    size = (max(1, round((right - left) / scale)), max(1, round((bottom - top) / scale)))
    small = cv2.resize(region, size, interpolation=cv2.INTER_AREA)
    factor = np.array([(right - left) / size[0], (bottom - top) / size[1]])
    return np.asarray(small, np.uint8), np.array([left, top], np.float64), factor
