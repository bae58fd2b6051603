"""The camera: where it stands and how it frames a head."""

from __future__ import annotations

import attrs
import numpy as np
from styletalker.core.errors import InputError, compose
from styletalker.plugins.puppet.compiled import compiled
from styletalker.plugins.puppet.fields import FloatArray

__all__ = ["Framing", "Projection", "project"]

_DISTANCE = 95.0
"""From the camera to the head's origin, cm: arm's length plus a half, little distortion."""


@attrs.frozen(kw_only=True)
class Projection:
    """A camera for one picture size: screen = centre + focal * position / depth."""

    focal: float
    """Focal length, px."""
    centre_x: float
    """Column the camera looks at, px."""
    centre_y: float
    """Row the camera looks at, px."""
    eye_height: float
    """Height of the camera, cm."""
    distance: float
    """From the camera to the head's origin, cm."""


def _check_share(_framing: Framing, attribute: attrs.Attribute[float], value: float) -> None:
    low, high = attribute.metadata["low"], attribute.metadata["high"]
    if not low <= value <= high:
        expected = f"{low:g} to {high:g}"
        raise InputError(
            compose(f"framing {attribute.name} is out of range", expected=expected, given=value)
        )


@attrs.frozen(kw_only=True)
class Framing:
    """How large and where the head is in the picture; the default is FFHQ's alignment."""

    eye_row: float = attrs.field(
        default=0.40, validator=_check_share, metadata={"low": 0.1, "high": 0.9}
    )
    """Height of the eyes at rest from the top, as a part of the picture's height."""
    eye_distance: float = attrs.field(
        default=0.22, validator=_check_share, metadata={"low": 0.05, "high": 0.5}
    )
    """Distance between the eyes' centres at rest, as a part of the picture's width."""

    def projection(self, eyes: FloatArray, size: int) -> Projection:
        """The camera that puts the eye centres [2, 3] in place in a picture of *size* px."""
        middle = eyes.mean(0)
        between = float(np.linalg.norm(eyes[1] - eyes[0]))
        return Projection(
            focal=self.eye_distance * size * float(_DISTANCE - middle[2]) / between,
            centre_x=size / 2,
            centre_y=self.eye_row * size,
            eye_height=float(middle[1]),
            distance=_DISTANCE,
        )


@compiled
def project(
    points: np.ndarray,
    focal: float,
    centre_x: float,
    centre_y: float,
    eye_height: float,
    distance: float,
    screen: np.ndarray,
) -> None:
    """Fill *screen* [V, 3] with column, row (px, down) and depth (cm, larger is nearer)."""
    for v in range(points.shape[0]):
        scale = focal / (distance - points[v, 2])
        screen[v, 0] = centre_x + points[v, 0] * scale
        screen[v, 1] = centre_y - (points[v, 1] - eye_height) * scale
        screen[v, 2] = points[v, 2]
