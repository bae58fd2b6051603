"""A drawn face that talks: for components that look for faces in the kit's clips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn_face"]

_SOFT = 0.02
"""Width of an edge, as a part of the picture."""


def drawn_face(size: int, *, shift: float = 0.0, opened: float = 0.0, closed: float = 0.0
               ) -> NDArray[np.uint8]:  # fmt: skip
    """A frontal face [size, size, 3] that common detectors find.

    Args:
        size: height and width, px; 96 or more to be found.
        shift: of the face to the right, as a part of the picture.
        opened: how far the lips are apart, 0 to 1.
        closed: how far the lids are closed, 0 to 1.
    """
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    x = x - 0.5 - shift
    picture = np.full((size, size, 3), (0.55, 0.6, 0.65))

    def paint(colour: tuple[float, float, float], centre: tuple[float, float],
              radii: tuple[float, float], strength: float = 1.0) -> None:  # fmt: skip
        away = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
        cover = np.clip((1 - away) * min(radii) / _SOFT + 0.5, 0, 1)[..., None] * strength
        picture[:] += cover * (np.array(colour) - picture)

    skin, shade, dark = (0.85, 0.68, 0.56), (0.62, 0.45, 0.36), (0.2, 0.14, 0.1)
    paint((0.2, 0.25, 0.4), (0, 1.05), (0.45, 0.25))
    paint(shade, (0, 0.8), (0.13, 0.2))
    paint(dark, (0, 0.40), (0.29, 0.32))
    paint(skin, (0, 0.5), (0.25, 0.34))
    for side in (-1, 1):
        paint(shade, (side * 0.1, 0.43), (0.075, 0.05), 0.8)
        paint(dark, (side * 0.105, 0.372), (0.075, 0.014))
        paint((0.95, 0.95, 0.95), (side * 0.1, 0.435), (0.05, 0.024 - 0.019 * closed))
        paint(dark, (side * 0.1, 0.435), (0.021, 0.024 - 0.018 * closed))
        paint(shade, (side * 0.03, 0.585), (0.022, 0.012))
        paint((0.9, 0.74, 0.62), (side * 0.13, 0.57), (0.06, 0.05), 0.7)
    paint((0.93, 0.78, 0.68), (0, 0.51), (0.02, 0.09), 0.8)
    gap = 0.035 * opened
    paint((0.66, 0.32, 0.3), (0, 0.68), (0.09, 0.026 + gap))
    paint((0.22, 0.08, 0.08), (0, 0.68), (0.075, 0.007 + gap))
    paint(shade, (0, 0.765), (0.06, 0.012), 0.5)
    return np.asarray(np.round(picture * 255), np.uint8)
