"""Made-up landmarks: a generic face whose lips, lids and pose are set exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from styletalker.evaluation.head_pose import mean_face, rotation

__all__ = ["face_landmarks"]

IOD = 50.0
"""Distance of the outer eye corners of a frontal face, px."""


def face_landmarks(
    apertures: list[float] | NDArray[np.float64], *, pose: tuple[float, float, float] = (0, 0, 0)
) -> NDArray[np.float64]:
    """[T, 68, 2] of a face whose inner lips are apart by *apertures* (in eye distances)."""
    points = np.repeat(mean_face()[None], len(apertures), 0)
    half = np.asarray(apertures, float)[:, None] / 2
    points[:, [61, 62, 63], 1] = points[:, [61, 62, 63], 1] + half
    points[:, [67, 66, 65], 1] = points[:, [67, 66, 65], 1] - half
    turned = points @ rotation(np.radians([pose]))[0].T
    flat: NDArray[np.float64] = turned[..., :2] * (IOD, -IOD) + 64
    return flat
