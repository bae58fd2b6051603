"""A drawn face that talks: for components that look for faces in the kit's clips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["drawn_face", "drawn_landmarks"]

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


def drawn_landmarks(
    size: int, *, shift: float = 0.0, opened: float = 0.0, turned: float = 0.0
) -> NDArray[np.float32]:
    """Landmarks [68, 2] of that face in pixels, in iBUG order.

    Args:
        size: height and width, px.
        shift: as for the face.
        opened: as for the face.
        turned: of the nose's tip to the right, as a part of the picture.
    """

    def around(centre: tuple[float, float], radii: tuple[float, float], angles: NDArray[np.float64]
               ) -> NDArray[np.float64]:  # fmt: skip
        return np.stack([centre[0] + radii[0] * np.cos(angles),
                         centre[1] + radii[1] * np.sin(angles)], -1)  # fmt: skip

    full = np.pi + np.arange(6) * np.pi / 3
    gap, lips = 0.035 * opened, np.pi + np.arange(12) * np.pi / 6
    jaw = around((0, 0.5), (0.25, 0.34), np.linspace(np.pi, 0, 17))
    brows = [[side * 0.105 + at, 0.372] for side in (-1, 1) for at in np.linspace(-0.07, 0.07, 5)]
    bridge = [[turned * k / 3, 0.43 + 0.05 * k] for k in range(4)]
    nostrils = [[turned + at, 0.6] for at in np.linspace(-0.04, 0.04, 5)]
    eyes = [around((side * 0.1, 0.435), (0.05, 0.02), full) for side in (-1, 1)]
    outer = around((0, 0.68), (0.09, 0.026 + gap), lips)
    inner = around((0, 0.68), (0.075, 0.007 + gap), np.pi + np.arange(8) * np.pi / 4)
    points = np.concatenate([jaw, brows, bridge, nostrils, *eyes, outer, inner])
    moved = points + np.array([0.5 + shift, 0.0])
    return np.asarray(moved * size, np.float32)
