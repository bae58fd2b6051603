"""The opening between the lips on the screen: its outline and its own coordinates.

Along the mouth runs ``s``, -1 at the left corner of the image to 1 at the right one; across
it runs the distance below the line between the corners, in cm.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["SAMPLES", "Opening", "opening_of", "tapered"]

SAMPLES = 65
"""Samples of an edge from corner to corner."""
_BLEND = 4.0
"""Exponent of the smooth minimum of two widths."""


@attrs.frozen(kw_only=True, eq=False)
class Opening:
    """An opening between two edges that share their corners: lips or lids."""

    outline: FloatArray
    """[N, 2] px, clockwise as seen."""
    frame: NDArray[np.float64]
    """[6] centre column and row, direction from left to right (2), half length px, px per cm."""
    upper: NDArray[np.float32]
    """[SAMPLES] height of the upper edge below the line of the corners, cm."""
    lower: NDArray[np.float32]
    """[SAMPLES] the same of the lower edge."""

    @property
    def gap(self) -> NDArray[np.float32]:
        """[SAMPLES] cm between the edges, never below 0."""
        return np.asarray(np.maximum(self.lower - self.upper, 0.0), np.float32)


def tapered(opening: Opening) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Edges [SAMPLES] of the free opening: towards the corners the cheeks' inside closes it.

    Lips are sewn to a mesh that ends bluntly; a mouth's corner narrows to a point.
    """
    grid = np.linspace(-1, 1, SAMPLES)
    half = 0.5 * opening.gap.astype(np.float64) + 1e-6
    most = 0.5 * opening.gap.max() * 1.10 * np.clip(1 - grid**2, 0, 1) ** 0.85 + 1e-6
    free = (half**-_BLEND + most**-_BLEND) ** (-1 / _BLEND)
    middle = 0.5 * (opening.upper + opening.lower)
    return (middle - free).astype(np.float32), (middle + free).astype(np.float32)


def _height(along: FloatArray, across: FloatArray) -> NDArray[np.float32]:
    """Samples [SAMPLES] of a curve given at places that rise on the whole."""
    rising = np.maximum.accumulate(along)
    grid = np.linspace(-1, 1, SAMPLES)
    return np.interp(grid, rising, across).astype(np.float32)


def opening_of(upper: FloatArray, lower: FloatArray, px_per_cm: float) -> Opening:
    """The opening between the edges *upper* and *lower* [n, 2] px, both from left to right."""
    left, right = upper[0], upper[-1]
    span = right - left
    half = max(float(np.hypot(*span)) / 2, 1e-3)
    direction = span / (2 * half)
    centre = (left + right) / 2

    def local(points: FloatArray) -> tuple[FloatArray, FloatArray]:
        offset = points - centre
        along = offset @ direction / half
        across = (offset[:, 1] * direction[0] - offset[:, 0] * direction[1]) / px_per_cm
        return along, across

    return Opening(
        outline=np.concatenate([upper, lower[-2:0:-1]]),
        frame=np.array([*centre, *direction, half, px_per_cm]),
        upper=_height(*local(upper)),
        lower=_height(*local(lower)),
    )
