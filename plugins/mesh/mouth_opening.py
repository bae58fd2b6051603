"""The opening between the lips on the screen: its outline and its own coordinates.

Along the mouth runs ``s``, -1 at the left corner of the image to 1 at the right one; across
it runs the distance below the line between the corners, in cm.
"""

from __future__ import annotations

import attrs
import numpy as np
from numpy.typing import NDArray
from styletalker.plugins.mesh.fitted import FittedHead, Posed
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["SAMPLES", "Opening", "opening_of", "own_opening", "tapered", "thickness"]

SAMPLES = 65
"""Samples of an edge from corner to corner."""
_ALONG = np.linspace(-1, 1, SAMPLES)
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
    half = 0.5 * opening.gap.astype(np.float64) + 1e-6
    most = 0.5 * opening.gap.max() * 1.10 * np.clip(1 - _ALONG**2, 0, 1) ** 0.85 + 1e-6
    free = (half**-_BLEND + most**-_BLEND) ** (-1 / _BLEND)
    middle = 0.5 * (opening.upper + opening.lower)
    return (middle - free).astype(np.float32), (middle + free).astype(np.float32)


def _height(frame: FloatArray, points: FloatArray) -> NDArray[np.float32]:
    """Samples [SAMPLES] of a curve through *points* [n, 2] from left to right."""
    offset = points - frame[:2]
    along = offset @ frame[2:4] / frame[4]
    across = (offset[:, 1] * frame[2] - offset[:, 0] * frame[3]) / frame[5]
    return np.asarray(np.interp(_ALONG, np.maximum.accumulate(along), across), np.float32)


def opening_of(upper: FloatArray, lower: FloatArray, px_per_cm: float) -> Opening:
    """The opening between the edges *upper* and *lower* [n, 2] px, both from left to right."""
    left, right = upper[0], upper[-1]
    span = right - left
    half = max(float(np.hypot(*span)) / 2, 1e-3)
    direction = span / (2 * half)
    centre = (left + right) / 2

    frame = np.array([*centre, *direction, half, px_per_cm])
    return Opening(
        outline=np.concatenate([upper, lower[-2:0:-1]]),
        frame=frame,
        upper=_height(frame, upper),
        lower=_height(frame, lower),
    )


def thickness(opening: Opening, upper: FloatArray, lower: FloatArray) -> NDArray[np.float32]:
    """[2, SAMPLES] cm from an opening's edges to the outer borders *upper* and *lower* [n, 2]."""
    above = opening.upper - _height(opening.frame, upper)
    below = _height(opening.frame, lower) - opening.lower
    return np.asarray(np.maximum(np.stack([above, below]), 0.0), np.float32)


def own_opening(head: FittedHead, rest: Posed) -> Opening:
    """The photo's own mouth: *head* where it stands in the photo."""
    ring = rest.screen[head.topology.lips[0], :2].astype(float)
    half = len(ring) // 2
    lower = np.concatenate([ring[half:], ring[:1]])
    return opening_of(ring[half::-1], lower, float(head.camera.scale))
