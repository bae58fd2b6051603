"""One face in one frame, as it is kept until its clip is cut."""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.preparation.analysis.holding import Held
from styletalker.plugins.preparation.analysis.quality import Looks

__all__ = ["Moment", "aperture", "bridged", "landmarks_of"]

FloatArray = NDArray[np.float64]


@attrs.define(eq=False)
class Moment:
    """What is known about a face in a frame."""

    t: int
    """The frame, at 25 a second."""
    landmarks: FloatArray
    """[68, 2], pixels of the decoded picture."""
    width: float
    """Of the face's box, in those pixels."""
    sure: bool
    """Whether the face was found."""
    plausible: bool
    """Whether it looks as before, though it may not have been found."""
    held: Held
    """The pixels around it."""
    rivals: tuple[int, ...]
    """Tracks of other faces of comparable size."""
    crowd: bool
    """Whether there were more such faces than are followed."""
    looks: Looks | None = None
    """In every few frames: what was measured."""
    angles: FloatArray | None = None
    """In the same frames: yaw, pitch and roll in degrees."""
    fault: str = ""
    """Why it cannot be used; empty if it can."""
    detail: str = ""
    """What was measured, in words."""


def landmarks_of(moments: list[Moment]) -> FloatArray:
    """[T, 68, 2], on straight lines over frames without a face.

    At least one frame must have one.
    """
    points = np.stack([one.landmarks for one in moments])
    return bridged(points, np.array([one.sure for one in moments]))


def bridged(points: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """*points* [T, K, 2] with the unknown frames on straight lines between their neighbours."""
    if known.all():
        return points
    times = np.arange(len(points))
    flat = points.reshape(len(points), -1).copy()
    for column in flat.T:
        column[~known] = np.interp(times[~known], times[known], column[known])
    return flat.reshape(points.shape)


def aperture(landmarks: FloatArray) -> float:
    """Opening of the lips in one frame's landmarks [68, 2], in distances of outer eye corners."""
    gap = np.linalg.norm(landmarks[[61, 62, 63]] - landmarks[[67, 66, 65]], axis=-1).mean()
    return float(gap / max(float(np.linalg.norm(landmarks[45] - landmarks[36])), 1e-6))
